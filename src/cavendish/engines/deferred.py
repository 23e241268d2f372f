"""An engine that is loaded when it is first asked: weights take seconds to minutes, and not every start draws."""

import threading
from collections.abc import Callable, Iterator

from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.errors import EngineUnavailable
from cavendish.types import ImageRequest, Picture


class Deferred:
    """Known by its profile before it is loaded; afterwards the loaded engine's own profile holds. Safe from many threads."""

    def __init__(self, profile: EngineProfile, load: Callable[[], Engine]) -> None:
        self._profile, self._load = profile, load
        self._loaded: Engine | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def profile(self) -> EngineProfile:
        return self._loaded.profile if self._loaded is not None else self._profile

    def ready(self) -> Engine:
        """Load the engine if nobody has. Raises CavendishError; the next call tries again."""
        with self._lock:
            self._check_open()
            if self._loaded is None:
                self._loaded = self._load()
                if self._closed:  # while it was loading, which nothing interrupts
                    self._loaded.close()
            self._check_open()
            return self._loaded

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        on_step(0, request.steps or 1)
        loaded = self.ready()
        on_step(0, request.steps or 1)  # who waited through the load may have left
        yield from loaded.generate(request, on_step)

    def _check_open(self) -> None:
        if self._closed:
            raise EngineUnavailable(f"{self._profile.name} is shutting down", hint="try again in a moment")

    def close(self) -> None:
        """Close what was loaded; what is still loading is closed when it is."""
        self._closed = True
        if self._loaded is not None:
            self._loaded.close()
