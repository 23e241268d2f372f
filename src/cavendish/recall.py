"""Recall: the same request seen before is answered from memory; one that is running now is joined. Charges nothing.

Only requests with a seed qualify: without one, every call is meant to differ.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, nullcontext

from cavendish.types import Result


class Recall:
    """Finished results by key, bounded by bytes, and the futures of those being made. Safe from many threads.

    Who joins a running request waits inside `aside`: the maker may need what the waiter holds.
    """

    def __init__(self, max_bytes: int, aside: Callable[[], AbstractContextManager[object]] = nullcontext) -> None:
        self._max_bytes = max_bytes
        self._aside = aside
        self._bytes = 0
        self._done: OrderedDict[str, Result] = OrderedDict()
        self._running: dict[str, Future[Result]] = {}
        self._lock = threading.Lock()

    def result(self, key: str, make: Callable[[], Result], check: Callable[[], None]) -> Result:
        """Return the result for a key, making it when nobody has.

        A failed or cancelled maker does not fail who joined it: the first of them makes it again. `check` is called
        while waiting and raises to leave.
        """
        while True:
            with self._lock:
                if key in self._done:
                    self._done.move_to_end(key)
                    return self._done[key]
                future = self._running.get(key)
                if future is None:
                    mine: Future[Result] = Future()
                    self._running[key] = mine
                    break
            with self._aside():
                made = _wait(future, check)
            if made:
                return future.result()
        return self._make(key, mine, make)

    def _make(self, key: str, mine: Future[Result], make: Callable[[], Result]) -> Result:
        result = None
        try:
            result = make()
            return result
        finally:
            with self._lock:
                del self._running[key]
                if result is not None:
                    self._keep(key, result)
            if result is None:
                mine.cancel()  # whoever joined makes it again
                mine.set_running_or_notify_cancel()  # wakes them
            else:
                mine.set_result(result)

    def _keep(self, key: str, result: Result) -> None:
        size = _bytes(result)
        if size > self._max_bytes or any(c.asset is None for c in result.candidates):
            return
        self._done[key] = result
        self._bytes += size
        while self._bytes > self._max_bytes:
            _, old = self._done.popitem(last=False)
            self._bytes -= _bytes(old)


def _wait(future: Future[Result], check: Callable[[], None]) -> bool:
    """Wait for somebody else's run; whether it succeeded."""
    while True:
        check()
        done, _ = wait((future,), timeout=0.1)
        if done:
            return not future.cancelled()


def _bytes(result: Result) -> int:
    return sum(len(c.asset.data) for c in result.candidates if c.asset is not None)
