"""The outermost layer of every answer: request id, allowed hosts and origins, CORS, log line, metrics, and the last catch.

Pure ASGI, so that streams pass through untouched. It is one of the two places that may catch every exception.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cavendish.api import edge
from cavendish.api.metrics import Metrics
from cavendish.errors import CavendishError, Forbidden, InternalError
from cavendish.settings import Settings

log = logging.getLogger("cavendish.access")
defects = logging.getLogger("cavendish.defects")

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1", "testserver")
EXPOSED = ("x-request-id, x-cavendish-engine, x-cavendish-seed, x-cavendish-note, x-cavendish-digest, retry-after, "
           "x-goog-upload-url, x-goog-upload-status, openai-processing-ms")
ErrorAnswer = Callable[[Request, CavendishError], Response]


@dataclass(slots=True)
class Edge:
    """Wraps the routes. `answer` renders an error in the dialect of the path."""

    app: ASGIApp
    settings: Settings
    metrics: Metrics
    answer: ErrorAnswer
    origins: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.origins = frozenset(o.strip() for o in self.settings.cors_origins.split(",") if o.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._cors_headers(Headers(scope=scope)))
        scope["cavendish.request_id"] = answer.request_id
        http = Request(scope, receive)
        try:
            await self._serve(http, receive, answer)
        except Exception:
            defects.exception("unhandled defect request_id=%s path=%s", answer.request_id, scope["path"])
            if answer.status:  # the answer has begun: all that is left is to cut it
                raise
            error = InternalError("an internal error has occurred", hint=f"report it with the id {answer.request_id}")
            await self.answer(http, error)(scope, receive, answer.send)
        finally:
            self._record(scope, answer)

    async def _serve(self, http: Request, receive: Receive, answer: "_Answer") -> None:
        problem = self._refusal(http)
        if problem is not None:
            await self.answer(http, problem)(http.scope, receive, answer.send)
        elif http.method == "OPTIONS" and "access-control-request-method" in http.headers:
            await Response(status_code=200, headers=_preflight(http))(http.scope, receive, answer.send)
        else:
            await self.app(http.scope, receive, answer.send)

    def _refusal(self, http: Request) -> Forbidden | None:
        """Refuse what a web page elsewhere could forge: a rebound host name, or an origin that is not allowed."""
        host = urlsplit("//" + http.headers.get("host", "localhost")).hostname or ""
        public = urlsplit(self.settings.public_url).hostname
        if self.settings.loopback and host not in LOOPBACK_NAMES and not host.startswith("127.") and host != public:
            return Forbidden(f"this server does not answer for the host {host[:80]!r}",
                             hint="use 127.0.0.1, or set CAVENDISH_PUBLIC_URL")
        origin = http.headers.get("origin")
        if origin is not None and not self._allows(origin, http.headers.get("host", "")):
            return Forbidden(f"the origin {origin[:80]!r} is not allowed", hint="add it to CAVENDISH_CORS_ORIGINS")
        return None

    def _allows(self, origin: str, host: str) -> bool:
        parts = urlsplit(origin)
        return ("*" in self.origins or origin in self.origins or parts.netloc == host
                or (not self.origins and parts.hostname in LOOPBACK_NAMES))

    def _cors_headers(self, headers: Headers) -> dict[str, str]:
        origin = headers.get("origin")
        if origin is None or not self._allows(origin, headers.get("host", "")):
            return {}
        return {"access-control-allow-origin": origin, "vary": "Origin", "access-control-expose-headers": EXPOSED}

    def _record(self, scope: Scope, answer: "_Answer") -> None:
        seconds = time.perf_counter() - answer.start
        route = str(getattr(scope.get("route"), "path", "other"))
        self.metrics.observe(route, answer.status, seconds)
        log.info("", extra={"fields": {
            "request_id": answer.request_id, "method": scope["method"], "path": scope["path"][:200], "status": answer.status,
            "ms": round(seconds * 1000, 1), "caller": scope.get("cavendish.caller", "")}})


class _Answer:
    """Sends messages on, adding our headers to the first."""

    def __init__(self, scope: Scope, send: Send, headers: dict[str, str]) -> None:
        self.request_id = edge.new_request_id()
        self.start = time.perf_counter()
        self.status = 0
        self._send = send
        self._headers = headers

    async def send(self, message: Message) -> None:
        """Pass an ASGI message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("cache-control", "no-store")
            for name, value in self._headers.items():
                headers[name] = value
        await self._send(message)


def _preflight(http: Request) -> dict[str, Any]:
    return {"access-control-allow-methods": "GET, POST, PATCH, DELETE, OPTIONS",
            "access-control-allow-headers": http.headers.get("access-control-request-headers", "*")[:2000],
            "access-control-max-age": "600"}
