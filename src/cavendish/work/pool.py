"""The pool: a fixed number of worker threads behind a bounded queue that says honestly when it is full."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from cavendish.errors import QueueFull

T = TypeVar("T")
_SMOOTHING = 0.2  # weight of the newest duration in the running mean


class Pool:
    """Runs callables. At most `workers` run and `queue_size` wait; `submit` refuses the next one."""

    def __init__(self, workers: int, queue_size: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="cavendish")
        self._workers, self._room = workers, workers + queue_size
        self._inside = 0
        self._mean_s = 1.0
        self._lock = threading.Lock()

    @property
    def inside(self) -> int:
        """How many are running or waiting."""
        return self._inside

    @property
    def has_room(self) -> bool:
        """Whether the next `submit` would be taken."""
        return self._inside < self._room

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue work. Raises QueueFull with the seconds after which a place is likely."""
        with self._lock:
            if self._inside >= self._room:
                wait_s = max(1.0, round(self._mean_s * (self._inside - self._workers + 1) / self._workers, 1))
                raise QueueFull(f"the queue is full: {self._inside} requests are ahead",
                                hint=f"try again in {wait_s:g} s", retry_after_s=wait_s)
            self._inside += 1
        try:
            future = self._executor.submit(self._timed, work)
        except RuntimeError:
            self._leave()
            raise
        future.add_done_callback(lambda _: self._leave())
        return future

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.monotonic()
        try:
            return work()
        finally:
            self._mean_s += _SMOOTHING * (time.monotonic() - start - self._mean_s)

    def close(self) -> None:
        """Refuse new work, drop what waits, let what runs end."""
        self._executor.shutdown(wait=True, cancel_futures=True)
