"""A circuit breaker: after several failures in a row an upstream is left alone for a while, then tried by one call."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

FAILURES = 5
REST_S = 30.0


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row. Safe from many threads; its clock counts seconds and never goes back."""

    failures: int = FAILURES
    rest_s: float = REST_S
    clock: Callable[[], float] = time.monotonic
    why: str = ""
    _count: int = 0
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open_s(self) -> float:
        """Seconds until the upstream may be tried again; 0 when it may be asked now."""
        with self._lock:
            return max(0.0, self._until - self.clock()) if self._count >= self.failures else 0.0

    def begin(self) -> None:
        """Tell that a call starts. After a rest it is the trial: everyone else waits another rest for its outcome."""
        with self._lock:
            if self._count >= self.failures:
                self._until = self.clock() + self.rest_s

    def succeeded(self) -> None:
        """Close: the upstream answers."""
        with self._lock:
            self._count, self.why = 0, ""

    def failed(self, why: str) -> None:
        """Count a failure; open when it is one too many."""
        with self._lock:
            self._count, self.why = self._count + 1, why
            if self._count >= self.failures:
                self._until = self.clock() + self.rest_s


@runtime_checkable
class Guarded(Protocol):
    """An engine with a breaker."""

    @property
    def breaker(self) -> Breaker: ...
