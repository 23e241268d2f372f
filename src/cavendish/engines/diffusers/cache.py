"""Encodings kept by content: the same words or the same reference are encoded once."""

from collections import OrderedDict
from collections.abc import Callable

import torch


class TensorCache:
    """Tensors by content digest, oldest out first, bounded by bytes on the device. For one thread: the device's."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: str, make: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Return what was made for the key before, else make and keep it. Tensors are shared: nobody writes into them."""
        if key in self._kept:
            self.hits += 1
            self._kept.move_to_end(key)
            return self._kept[key]
        self.misses += 1
        tensor = make()
        self._keep(key, tensor)
        return tensor

    def clear(self) -> None:
        """Forget everything: memory is needed elsewhere."""
        self._kept.clear()
        self._bytes = 0

    def _keep(self, key: str, tensor: torch.Tensor) -> None:
        size = _bytes(tensor)
        if size > self._max_bytes:
            return
        self._kept[key] = tensor
        self._bytes += size
        while self._bytes > self._max_bytes:
            _, old = self._kept.popitem(last=False)
            self._bytes -= _bytes(old)


def _bytes(tensor: torch.Tensor) -> int:
    return int(tensor.element_size() * tensor.nelement())
