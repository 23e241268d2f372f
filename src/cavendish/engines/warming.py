"""Warming up: engines that load late are loaded and draw once, in the background, at the server's start."""

import logging
import threading
import time
from collections.abc import Mapping

from cavendish.engines.base import Engine
from cavendish.errors import Cancelled, CavendishError
from cavendish.types import ImageRequest, Pixels, Size

log = logging.getLogger("cavendish.engines")
_STATE_IDLE, _STATE_BUSY, _STATE_DONE = "not asked for", "warming", "done"


class Warmer:
    """Draws one picture of each size with each engine. What fails is logged: the first caller then gets the error."""

    def __init__(self, engines: Mapping[str, Engine], sizes: tuple[Size, ...]) -> None:
        self._engines, self._sizes = engines, sizes
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.state = _STATE_IDLE

    @property
    def done(self) -> bool:
        """Whether nobody waits for a warm-up any more: it ended, well or not, or there was nothing to do."""
        return self.state != _STATE_BUSY

    def start(self) -> None:
        """Begin in a thread of its own, where there is something to warm."""
        if self._engines and self._sizes:
            self.state = _STATE_BUSY
            self._thread = threading.Thread(target=self._run, name="warm-up", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop before the next load, step or picture. A load that is under way is not waited for: it is let go when it ends."""
        self._stopping.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it came."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.done

    def _run(self) -> None:
        for name, engine in self._engines.items():
            start = time.monotonic()
            try:
                for size in self._sizes:
                    self._check(0, 1)
                    request = ImageRequest(prompt="warming up", size=size, seed=0, urgent=False)
                    list(engine.generate(request, self._check))
            except Cancelled:
                log.info("%s: the warm-up was stopped", name)
                break
            except CavendishError as exc:
                log.error("%s: the warm-up failed: %s (%s)", name, exc, exc.hint)
            else:
                took = time.monotonic() - start
                log.info("%s is loaded and warm after %.1f s", name, took, extra={"fields": {"engine": name, "warm_s": took}})
        self.state = _STATE_DONE

    def _check(self, step: int, total: int, preview: Pixels | None = None, index: int = 0) -> None:
        if self._stopping.is_set():
            raise Cancelled("the server is stopping")
