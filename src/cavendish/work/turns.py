"""Turns: a fixed number of places that callers take one after another, so that no caller waits for all of another's runs."""

import threading
from collections import Counter, OrderedDict
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
    """`places` at once, and `spare` more for callers who hold none, so that a newcomer waits for nobody's long work.

    Callers who wait go round; among one caller's runs the oldest is first. Safe from many threads.
    """

    def __init__(self, places: int, spare: int = 0) -> None:
        self._places, self._spare = places, spare
        self._held: Counter[str] = Counter()  # by caller
        self._waiting: OrderedDict[str, list[_Waiter]] = OrderedDict()  # a heap per caller, callers in the order of their turns
        self._joined = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many places are held."""
        with self._lock:
            return self._held.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @contextmanager
    def place(self, turn: Turn) -> Iterator[None]:
        """Hold a place, as soon as it is free. Raises what `turn.check` raises while waiting."""
        self.enter(turn)
        try:
            yield
        finally:
            self.leave(turn)

    def enter(self, turn: Turn) -> None:
        """Wait for a place and take it; `leave` gives it back. Raises what `turn.check` raises, without a place."""
        waiter = self._join(turn)
        try:
            while not waiter.granted.wait(POLL_S):
                turn.check()
        except BaseException:
            self._withdraw(turn.caller, waiter)
            raise

    def enter_now(self, turn: Turn) -> bool:
        """Take a place if one is free for this caller; whether it was."""
        with self._lock:
            free = turn.caller not in self._waiting and self._may_enter(turn.caller)
            if free:
                self._held[turn.caller] += 1
        return free

    def leave(self, turn: Turn) -> None:
        """Give a place back."""
        with self._lock:
            self._free(turn.caller)

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
                self._free(caller)
                return
            rest = [other for other in self._waiting.pop(caller) if other is not waiter]
            if rest:
                heapify(rest)
                self._waiting[caller] = rest
                self._waiting.move_to_end(caller, last=False)

    def _free(self, caller: str) -> None:
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]
        self._grant()

    def _may_enter(self, caller: str) -> bool:
        taken = self._held.total()
        return taken < self._places or (taken < self._places + self._spare and caller not in self._held)

    def _grant(self) -> None:
        while (caller := next(filter(self._may_enter, self._waiting), None)) is not None:
            waiters = self._waiting.pop(caller)
            waiter = heappop(waiters)
            if waiters:
                self._waiting[caller] = waiters  # behind everyone else who waits
            self._held[caller] += 1
            waiter.granted.set()
