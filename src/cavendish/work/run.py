"""A run's own stop signal: cancelled by its caller, or out of time. Never shared between runs."""

import threading
import time

from cavendish.errors import Cancelled, DeadlineExceeded


class Stop:
    """Asked between steps. Any thread may cancel."""

    def __init__(self, deadline_s: float) -> None:
        self._cancelled = threading.Event()
        self._until = time.monotonic() + deadline_s
        self._deadline_s = deadline_s

    def cancel(self) -> None:
        """Stop the run at its next step."""
        self._cancelled.set()

    def check(self) -> None:
        """Raise Cancelled or DeadlineExceeded when the run must stop."""
        if self._cancelled.is_set():
            raise Cancelled("the request was cancelled", hint="send it again when it is wanted")
        if time.monotonic() > self._until:
            raise DeadlineExceeded(f"the deadline of {self._deadline_s:g} s passed",
                                   hint="allow more time, or ask for a smaller picture")
