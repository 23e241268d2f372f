"""Encodings kept by content: the same words or the same reference are encoded once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import torch

Kept = TypeVar("Kept", torch.Tensor, tuple[torch.Tensor, ...])


class TensorCache:
    """Tensors by content digest, oldest out first, bounded by bytes on the device. For one thread: the device's."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: str, make: Callable[[], Kept]) -> Kept:
        """Return what was made for the key before, else make and keep it. Tensors are shared: nobody writes into them."""
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            found: Kept = self._kept[key]
            return found
        self.misses += 1
        made = make()
        self._keep(key, made)
        return made

    @property
    def nbytes(self) -> int:
        """Of everything that is kept."""
        return self._bytes

    def clear(self) -> None:
        """Forget everything: memory is needed elsewhere."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, key: str, made: Any) -> None:  # noqa: ANN401  a tensor or some
        size = _bytes(made)
        if size > self._max_bytes:
            return
        self._kept[key] = made
        self._bytes += size
        while self._bytes > self._max_bytes:
            _, old = self._kept.popitem(last=False)
            self._bytes -= _bytes(old)


def _bytes(made: Any) -> int:  # noqa: ANN401  a tensor or some
    return sum(t.element_size() * t.nelement() for t in ((made,) if isinstance(made, torch.Tensor) else made))
