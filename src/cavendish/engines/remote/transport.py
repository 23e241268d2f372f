"""HTTP to one upstream: pooled connections, one exchange at a time per thread, each of which another thread can end.

urllib3 and not the vendors' SDKs: docs/log.md has the measurement. Nothing is retried or redirected here; keys live in headers
that no repr and no error shows.
"""

import socket
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError, TimeoutError

from cavendish.errors import Cancelled, ConfigError

MAX_ANSWER_BYTES = 512 * 2**20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, and of silence while the upstream draws."""

    connect_s: float = 10.0
    read_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is asked: a path under the base URL, a body, its type. Without a body it is a GET."""

    path: str
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes = field(repr=False)


class Unreachable(Exception):
    """No whole answer came. `again`: nothing was drawn that a repeat would pay for twice in vain."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.why = why
        self.again = again


class Abort:
    """Ends what one run has under way: its exchanges and its pauses. Any thread may call `stop`."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._open: set[Any] = set()

    def stop(self) -> None:
        """End every exchange by closing its socket, and every pause."""
        self._event.set()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def pause(self, seconds: float) -> None:
        """Wait. Raises Cancelled as soon as the run was stopped."""
        if self._event.wait(seconds):
            raise Cancelled("the request was cancelled", hint="send it again when it is wanted")

    @contextmanager
    def holding(self, connection: Any) -> Iterator[None]:  # noqa: ANN401  urllib3's two connection classes
        """Make a connection one that `stop` closes."""
        self.pause(0)
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)


class Transport:
    """Posts to one base URL. Safe from many threads; `headers` hold the key."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeouts: Timeouts | None = None, pool: int = 8, *,
                 max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._url = urllib3.util.parse_url(base_url.rstrip("/"))
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ConfigError("the base URL of a remote engine is not http:// or https://", hint="write it like https://host/v1")
        self._headers = {"user-agent": "cavendish", "accept-encoding": "identity", **headers}
        self._timeouts = timeouts or Timeouts()
        self._max_bytes = max_bytes
        self._current = threading.local()
        self._manager = _manager(self._url, pool)
        self._pool = self._manager.connection_from_url(self._url.url)
        self._pool.ConnectionCls = _watched(self._pool.ConnectionCls, self._current)

    @property
    def host(self) -> str:
        """For people."""
        return self._url.netloc or ""

    def post(self, message: Message, abort: Abort) -> Answer:
        """Send and read the whole answer. Raises Unreachable, Cancelled."""
        self._current.abort = abort
        timeout = urllib3.Timeout(connect=self._timeouts.connect_s, read=self._timeouts.read_s)
        try:
            response = self._pool.urlopen(
                "POST" if message.body else "GET", (self._url.path or "") + message.path, body=message.body or None,
                headers=self._headers | ({"content-type": message.content_type} if message.body else {}), timeout=timeout,
                retries=False, redirect=False, preload_content=False, assert_same_host=False)
            try:
                with abort.holding(response.connection):
                    body = _whole(response, self._max_bytes)
            finally:
                response.release_conn()
        except (HTTPError, OSError) as exc:
            abort.pause(0)
            raise _unreachable(exc, self._timeouts) from None
        return Answer(status=response.status, headers={k.lower(): v for k, v in response.headers.items()}, body=body)

    def close(self) -> None:
        """Close idle connections."""
        self._manager.clear()


def _manager(url: urllib3.util.Url, pool: int) -> urllib3.PoolManager:
    """Go through the proxy that the environment names, if any; loopback never does."""
    proxy = urllib.request.getproxies().get(url.scheme or "", "")
    if not proxy or urllib.request.proxy_bypass(url.host or ""):
        return urllib3.PoolManager(maxsize=pool)
    return urllib3.ProxyManager(proxy, maxsize=pool)


def _watched(kind: Any, current: threading.local) -> Any:  # noqa: ANN401  a class made from a class
    """Let the Abort of the calling thread hold each connection from the first byte sent to the first byte read."""

    class Watched(kind):  # type: ignore[misc]
        def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
            with current.abort.holding(self):
                super().request(*args, **kwargs)

        def getresponse(self) -> Any:  # noqa: ANN401
            with current.abort.holding(self):
                return super().getresponse()

    assert issubclass(kind, HTTPConnection | HTTPSConnection)
    return Watched


def _whole(response: urllib3.BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read everything: in one piece where the length is told."""
    told = response.headers.get("content-length", "")
    if told.isdigit() and int(told) <= max_bytes:
        return response.read(decode_content=False)
    parts: list[bytes] = []
    size = 0
    for part in response.stream(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise HTTPError("the answer is too large")
    return b"".join(parts)


def _unreachable(exc: Exception, timeouts: Timeouts) -> Unreachable:
    """Say what happened without the URL: a key may be part of it."""
    cause = exc.reason if isinstance(exc, MaxRetryError) and exc.reason is not None else exc
    if isinstance(cause, ReadTimeoutError):
        return Unreachable(f"it was silent for {timeouts.read_s:g} s", again=False)
    if isinstance(cause, NewConnectionError | TimeoutError):
        return Unreachable("it cannot be reached", again=True)
    return Unreachable(f"the connection broke ({type(cause).__name__})", again=True)
