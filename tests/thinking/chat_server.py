"""A loopback chat endpoint whose answers and faults a test scripts."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server sends: a status, a body, and how."""

    content: str = ""
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    finish: str = "stop"
    tokens: int | None = 21
    cut: bool = False  # half the body, then the connection closes


@dataclass(slots=True)
class ChatServer:
    """`reply` makes each answer from the body asked; `asked` keeps the bodies, `keys` the authorization headers."""

    url: str
    reply: Callable[[dict[str, Any]], Reply]
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


def words_of(body: dict[str, Any]) -> dict[str, Any]:
    """The user's message of a planning question."""
    content = body["messages"][1]["content"]
    return json.loads(content if isinstance(content, str) else content[0]["text"])


@contextmanager
def chatting(reply: Callable[[dict[str, Any]], Reply]) -> Iterator[ChatServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            server.asked.append(body)
            server.keys.append(self.headers["authorization"])
            answer = server.reply(body)
            time.sleep(answer.delay_s)
            usage = {} if answer.tokens is None else {"usage": {"completion_tokens": answer.tokens}}
            sent = answer.raw if answer.raw is not None else json.dumps(
                {"choices": [{"message": {"role": "assistant", "content": answer.content}, "finish_reason": answer.finish}], **usage}).encode()
            try:
                self.send_response(answer.status)
                for name, value in ({"content-type": "application/json", "content-length": str(len(sent))} | answer.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(sent[:len(sent) // 2] if answer.cut else sent)
                self.close_connection = answer.cut
            except OSError:
                self.close_connection = True  # who asked has left

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ChatServer(f"http://127.0.0.1:{http.server_port}/v1", reply)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)
