"""A loopback search service whose answers and faults a test scripts."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service sends."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False     # half the body, then the connection closes
    silent: bool = False  # nothing, until the test is over


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class SearchServer:
    """`replies` are given in turn, the last one for ever; `asked` keeps what came."""

    url: str
    replies: list[Reply]
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def reply(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


@contextmanager
def searched(*replies: Reply) -> Iterator[SearchServer]:
    """Serve on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, body: Any) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            server.asked.append(Asked(self.command, parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body))
            given = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
            if given.silent:
                server.over.wait(20)
                return
            with suppress(OSError):
                self.send_response(given.status)
                for name, value in ({"content-type": "application/json", "content-length": str(len(given.body))}
                                    | given.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(given.body[:len(given.body) // 2] if given.cut else given.body)
                self.close_connection = given.cut

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Http(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that went away is part of the tests."""

    http = Http(("127.0.0.1", 0), Handler)
    server = SearchServer(f"http://127.0.0.1:{http.server_port}", list(replies))
    running = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    running.start()
    try:
        yield server
    finally:
        server.over.set()
        http.shutdown()
        running.join()
        http.server_close()
