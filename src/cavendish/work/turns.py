"""Turns: a fixed number of places that callers take one after another, so that no caller waits for all of another's runs."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

POLL_S = 0.25  # how soon a stopped run leaves the queue


def never() -> None:
    """The check of who cannot be stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who waits: the caller, the run's number (older runs go first), and `check`, which raises when the run must stop."""

    caller: str = ""
    number: int = 0
    check: Callable[[], None] = never


@dataclass(frozen=True, slots=True, order=True)
class _Waiter:
    number: int
    tie: int
    granted: threading.Event = field(default_factory=threading.Event, compare=False)


class Turns:
    """`places` at once. Callers who wait go round; among one caller's runs the oldest is first. Safe from many threads."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: OrderedDict[str, list[_Waiter]] = OrderedDict()  # a heap per caller, callers in the order of their turns
        self._joined = 0
        self._lock = threading.Lock()

    @contextmanager
    def place(self, turn: Turn) -> Iterator[None]:
        """Hold a place, as soon as it is free. Raises what `turn.check` raises while waiting."""
        self.enter(turn)
        try:
            yield
        finally:
            self.leave()

    def enter(self, turn: Turn) -> None:
        """Wait for a place and take it; `leave` gives it back. Raises what `turn.check` raises, without a place."""
        waiter = self._join(turn)
        try:
            while not waiter.granted.wait(POLL_S):
                turn.check()
        except BaseException:
            self._withdraw(turn.caller, waiter)
            raise

    def enter_now(self) -> bool:
        """Take a place if one is free, which means that nobody waits; whether it was."""
        with self._lock:
            free = self._free > 0
            self._free -= free
        return free

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._free += 1
            self._grant()

    def _join(self, turn: Turn) -> _Waiter:
        with self._lock:
            self._joined += 1
            waiter = _Waiter(turn.number, self._joined)
            heappush(self._waiting.setdefault(turn.caller, []), waiter)
            self._grant()
        return waiter

    def _withdraw(self, caller: str, waiter: _Waiter) -> None:
        with self._lock:
            if waiter.granted.is_set():  # between its last look and now
                self._free += 1
                self._grant()
                return
            rest = [other for other in self._waiting.pop(caller) if other is not waiter]
            if rest:
                heapify(rest)
                self._waiting[caller] = rest
                self._waiting.move_to_end(caller, last=False)

    def _grant(self) -> None:
        while self._free and self._waiting:
            caller, waiters = self._waiting.popitem(last=False)
            waiter = heappop(waiters)
            if waiters:
                self._waiting[caller] = waiters  # behind everyone else who waits
            self._free -= 1
            waiter.granted.set()
