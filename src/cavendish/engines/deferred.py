"""An engine that is loaded when it is first asked: weights take seconds to minutes, and not every start draws."""

import threading
from collections.abc import Callable, Iterator

from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.types import ImageRequest, Picture


class Deferred:
    """Known by its profile before it is loaded; afterwards the loaded engine's own profile holds. Safe from many threads."""

    def __init__(self, profile: EngineProfile, load: Callable[[], Engine]) -> None:
        self._profile, self._load = profile, load
        self._loaded: Engine | None = None
        self._lock = threading.Lock()

    @property
    def profile(self) -> EngineProfile:
        return self._loaded.profile if self._loaded is not None else self._profile

    def ready(self) -> Engine:
        """Load the engine if nobody has. Raises CavendishError; the next call tries again."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        on_step(0, request.steps or 1)
        yield from self.ready().generate(request, on_step)

    def close(self) -> None:
        """Close what was loaded."""
        if self._loaded is not None:
            self._loaded.close()
