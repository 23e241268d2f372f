"""Sessions of the page: a one-time token, printed at start, is exchanged for a cookie. In memory: a restart ends them."""

import hashlib
import secrets
import threading

MAX_SESSIONS = 1_000


class Sessions:
    """Issues one-time tokens and knows the sessions they became."""

    def __init__(self) -> None:
        self._tokens: set[bytes] = set()
        self._sessions: dict[bytes, None] = {}  # oldest first
        self._lock = threading.Lock()

    def issue(self) -> str:
        """Make a one-time token."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens.add(_hash(token))
        return token

    def redeem(self, token: str) -> str | None:
        """Exchange a token for a session, once. None for any other text."""
        session = secrets.token_urlsafe(32)
        with self._lock:
            if _hash(token) not in self._tokens:
                return None
            self._tokens.remove(_hash(token))
            self._sessions[_hash(session)] = None
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        return session

    def knows(self, session: str) -> bool:
        """Whether a cookie's value is a session of ours."""
        return bool(session) and _hash(session) in self._sessions


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
