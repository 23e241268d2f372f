"""A loopback proxy that injects faults on the way to an upstream. One script of faults; after its end everything passes."""

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PASS, RESET, HALF, SLOW, GARBAGE = "pass", "reset", "half", "slow", "garbage"


@dataclass(frozen=True)
class Canned:
    """An answer instead of the upstream's."""

    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Proxy:
    url: str
    faults: list[object] = field(default_factory=list)
    seen: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    slow_s: float = 3.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> object:
        with self.lock:
            return self.faults.pop(0) if self.faults else PASS


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection; the server holds the script and the upstream."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None: ...

    def do_POST(self) -> None:
        made, upstream = self.server.script, self.server.upstream
        body = self.rfile.read(int(self.headers["content-length"]))
        made.seen.append((self.path, body, {k.lower(): v for k, v in self.headers.items()}))
        fault = made.take()
        if isinstance(fault, Canned):
            text = fault.body if isinstance(fault.body, bytes) else json.dumps(fault.body).encode()
            self._send(fault.status, text, {"content-type": "application/json", **fault.headers})
        elif fault in (RESET, SLOW):
            self._hang_up(0 if fault == RESET else made.slow_s)
        else:
            status, answer = self._forward(upstream, body)
            self._send(status, b"<html>hello</html>" if fault == GARBAGE else answer, {}, cut=fault == HALF)

    def _hang_up(self, after_s: float) -> None:
        time.sleep(after_s)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        self.close_connection = True

    def _forward(self, upstream: tuple[str, int], body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*upstream, timeout=30)
        try:
            connection.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            return  # the caller went away, which some tests want


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Serve on a free loopback port until the test is over."""
    target = urlsplit(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.upstream = (target.hostname, target.port)
    server.script = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
