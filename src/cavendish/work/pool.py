"""The pool: runs on threads, few of them computing at a time, and an honest answer when it is full.

A run computes in one of `workers` places, or in the one more that is kept for a caller who computes nowhere yet; callers take
turns (`work.turns`). While it waits for something that does
not compute here, such as a decoder's process, a device or an upstream, it steps `aside` and the place is somebody else's.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

from cavendish.errors import Cancelled, QueueFull
from cavendish.work.turns import Turn, Turns, never

T = TypeVar("T")
MAX_THREADS = 256  # of one pool; whoever comes when all are taken starts in order of arrival
SPARE = 1          # places for a caller who computes nowhere yet
_SMOOTHING = 0.2   # weight of the newest duration in the running mean


class Pool:
    """Runs callables. `workers` compute at once, one more when several callers do, and the rest of `queue_size` waits."""

    def __init__(self, workers: int, queue_size: int) -> None:
        self._room = workers + queue_size
        self._executor = ThreadPoolExecutor(min(self._room, MAX_THREADS), thread_name_prefix="cavendish")
        self._computing = Turns(workers, SPARE)
        self._numbers = count(1)
        self._here = _Here()
        self._inside = 0
        self._mean_s = 1.0
        self._closed = False
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """How many are running or waiting."""
        return self._inside

    @property
    def computing(self) -> int:
        """How many have a place to compute."""
        return self._computing.taken

    @property
    def has_room(self) -> bool:
        """Whether the next `submit` would be taken."""
        return self._inside < self._room

    def submit(self, work: Callable[[], T], *, caller: str = "", check: Callable[[], None] = never) -> Future[T]:
        """Queue work of a caller. `check` is called while it waits for a place and raises to leave.

        Raises QueueFull with the seconds after which all that is ahead is likely done.
        """
        with self._lock:
            if self._inside >= self._room:
                wait_s = max(1.0, round(self._mean_s, 1))
                raise QueueFull(f"the queue is full: {self._inside} requests are ahead",
                                hint=f"try again in {wait_s:g} s", retry_after_s=wait_s)
            self._inside += 1
            turn = Turn(caller=caller, number=next(self._numbers), check=check)
        try:
            future = self._executor.submit(self._run, work, turn, time.monotonic())
        except RuntimeError:
            self._left()
            raise
        future.add_done_callback(lambda _: self._left())
        return future

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others have this run's place while it waits. Nothing to give for a run that has none, or outside of the pool.

        Takes a place again at the end: raises what the run's check raises when it must stop instead.
        """
        if not self._here.placed:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(self._here.turn)

    def gate(self, places: int, spare: int = 0) -> "Gate":
        """Return places of another kind, which the runs of this pool take in the same turns; `spare` as in `Turns`."""
        return Gate(self, Turns(places, spare))

    @property
    def turn(self) -> Turn:
        """Whose turn this thread's run waits for."""
        return self._here.turn

    def close(self) -> None:
        """Refuse new work, drop what waits for its first place, let what runs end."""
        self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, work: Callable[[], T], turn: Turn, came: float) -> T:
        self._enter(replace(turn, check=lambda: self._check_start(turn)))
        self._here.turn = turn
        try:
            return work()
        finally:
            if self._here.placed:
                self._leave()
            with self._lock:
                self._mean_s += _SMOOTHING * (time.monotonic() - came - self._mean_s)

    def _check_start(self, turn: Turn) -> None:
        turn.check()
        if self._closed:
            raise Cancelled("the server is stopping", hint="send it again")

    def _enter(self, turn: Turn) -> None:
        self._computing.enter(turn)
        self._here.placed = True

    def _leave(self) -> None:
        self._here.placed = False
        self._computing.leave(self._here.turn)

    def _left(self) -> None:
        with self._lock:
            self._inside -= 1


@dataclass(frozen=True, slots=True)
class Gate:
    """Places that runs of a pool take in turn: of a device, of the decoders, of memory."""

    pool: Pool
    turns: Turns

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place. The run stands aside while it waits. Raises what the run's check raises."""
        with ExitStack() as held:
            turn = self.pool.turn
            if self.turns.enter_now(turn):
                held.callback(self.turns.leave, turn)
            else:
                with self.pool.aside():
                    held.enter_context(self.turns.place(turn))
            yield


class _Here(threading.local):
    """What this thread's run is, and whether it has a place to compute."""

    turn: Turn = Turn()
    placed: bool = False
