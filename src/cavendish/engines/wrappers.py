"""What cuts across engines, each with an Engine's face."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import dataclass

from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.types import ImageRequest, Picture

Held = Callable[[], AbstractContextManager[object]]  # makes a context that holds something while it is open


@dataclass(frozen=True, slots=True)
class Shared:
    """An Engine that lets as many calls in at a time as there are places of it, each until its pictures are taken.

    A call holds an engine's place instead of one of the places where runs compute, which it lets others have (`aside`) while
    it waits and while the engine draws.
    """

    inner: Engine
    place: Held
    aside: Held = nullcontext

    @property
    def profile(self) -> EngineProfile:
        return self.inner.profile

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        with ExitStack() as held:
            with self.aside():
                held.enter_context(self.place())
                pictures = held.enter_context(closing(iter_of(self.inner.generate(request, on_step))))
                picture = next(pictures, None)
            while picture is not None:
                yield picture
                with self.aside():
                    picture = next(pictures, None)

    def close(self) -> None:
        self.inner.close()


def iter_of(pictures: Iterable[Picture]) -> Generator[Picture, None, None]:
    """Make a generator of what an engine gave, so that it can be closed."""
    yield from pictures
