"""What cuts across engines, each with an Engine's face."""

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.types import ImageRequest, Picture

POLL_S = 0.25  # how soon a stopped run leaves the queue


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


@dataclass(frozen=True, slots=True)
class Limited:
    """An Engine that lets `places` calls in at a time: an upstream with its own queue, and a bill that somebody pays."""

    inner: Engine
    places: threading.BoundedSemaphore

    @property
    def profile(self) -> EngineProfile:
        return self.inner.profile

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        while not self.places.acquire(timeout=POLL_S):
            on_step(0, 1)
        try:
            with closing(iter_of(self.inner.generate(request, on_step))) as pictures:
                yield from pictures
        finally:
            self.places.release()

    def close(self) -> None:
        self.inner.close()


def iter_of(pictures: Iterable[Picture]) -> Generator[Picture, None, None]:
    """Make a generator of what an engine gave, so that it can be closed."""
    yield from pictures


def shared(engine: Engine) -> Exclusive | Limited:
    """Wrap an engine as its profile says: one call at a time, or several."""
    places = engine.profile.concurrency
    return Exclusive(engine) if places == 1 else Limited(engine, threading.BoundedSemaphore(places))
