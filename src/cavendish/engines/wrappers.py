"""What cuts across engines, each with an Engine's face."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.types import ImageRequest, Picture


@dataclass(frozen=True, slots=True)
class Exclusive:
    """An Engine that lets one call in at a time, until its pictures are taken: the device under it draws one batch at once."""

    inner: Engine
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def profile(self) -> EngineProfile:
        return self.inner.profile

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        with self.lock:
            yield from self.inner.generate(request, on_step)

    def close(self) -> None:
        self.inner.close()
