"""Fixtures that every test may use. A test that reaches beyond loopback fails."""

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from cavendish.api.app import create_app
from cavendish.app import App, build
from cavendish.engines.base import Engine
from cavendish.settings import Settings

KEY = "test-key-0123456789"
BAD_KEY = "wrong-key-0123456789"


def _is_loopback(host: object) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _no_network_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any connection to another address, and any look-up of another name, fail the test."""
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address}")

    def guarded_connect(self: socket.socket, address: object) -> None:
        refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        refuse(address)
        return connect_ex(self, address)

    def guarded_resolve(host: object, *args: object, **kwargs: object) -> object:
        refuse((host,))
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("CAVENDISH_", "GOOGLE_", "GEMINI_", "OPENAI_"))]:
        monkeypatch.delenv(name)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `url` without a trailing slash, a `key` it accepts, the App inside it, a page token."""

    url: str
    key: str
    core: App
    token: str


@contextmanager
def serving(data: Path, engines: dict[str, Engine] | None = None, **settings: object) -> Iterator[Server]:
    """Serve on a free loopback port in a thread; the comp engine unless `engines` are given.

    Input pictures are opened in the server unless a test asks for `intake_workers`: each costs a process its start.
    Pictures get no watermark unless a test asks for one: it takes 0.1 s each.
    """
    values = {"data": data, "port": 0, "api_keys": (KEY,), "log_level": "warning", "intake_workers": 0,
              "watermark": False} | settings
    with build(Settings(**values), engines) as core:
        app = create_app(core)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            key = core.settings.api_keys[0] if core.settings.api_keys else "any"
            yield Server(f"http://127.0.0.1:{port}", key, core, app.state.sessions.issue())
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The comp engine behind a key, shared by the whole test run."""
    with serving(tmp_path_factory.mktemp("data"), intake_workers=2, watermark=True) as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[object]:
    """A factory: `serve(engines={...}, **settings)` starts a server of the test's own, closed after it."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda engines=None, **settings: stack.enter_context(serving(tmp_path / "data", engines, **settings))
