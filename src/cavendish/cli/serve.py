"""`cavendish serve`: one process, one port, both APIs and the page."""

import errno
import json
import shlex
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn
from starlette.applications import Starlette

from cavendish import log
from cavendish.api.app import create_app
from cavendish.app import build
from cavendish.catalog import pack
from cavendish.cli.doctor import NO_ART
from cavendish.errors import ConfigError
from cavendish.ledger import keys
from cavendish.settings import read

BACKLOG = 2048
GRACE_S = 30  # what a stopping server gives to answers under way
_DECODE = "import base64,json,sys; open('{name}','wb').write(base64.b64decode(json.load(sys.stdin)['data'][0]['b64_json']))"


@click.command(short_help="Answer the Gemini and OpenAI image APIs over HTTP.")
@click.option("--host", help="Address to listen on; 127.0.0.1 unless set. Another one needs CAVENDISH_API_KEYS.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 8787 unless set, 0 picks a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as one JSON object.")
@click.pass_context
def serve(ctx: click.Context, /, as_json: bool, **options: Any) -> None:  # noqa: ANN401  parsed options
    """Answer the Gemini and OpenAI image APIs over HTTP.

    Prints the page's address, both base URLs and a line to try, then one JSON line per request on stderr. Ctrl-C or SIGTERM
    lets the answers under way end, then exits with 0.
    """
    settings = read(**options)
    keys.guard(settings)
    listener = listen(settings.host, settings.port)
    with listener, build(settings, ctx.obj) as core:
        log.setup(settings)
        core.intake.start()
        core.warmer.start()
        app = create_app(core)
        base = base_url(settings.host, listener.getsockname()[1])
        token = app.state.sessions.issue()
        _run(app, listener, Welcome(base=base, token=token, with_key=core.keys.required, as_json=as_json))


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a starting server says on stdout."""

    base: str
    token: str
    with_key: bool
    as_json: bool

    def facts(self) -> Mapping[str, str]:
        """The addresses, by what they are for."""
        return {"page": f"{self.base}/?token={self.token}", "gemini_base_url": self.base, "openai_base_url": f"{self.base}/v1",
                "try": self.curl()}

    def curl(self) -> str:
        """One line for a shell with curl and python3 that leaves a picture in the current folder."""
        body = json.dumps({"model": "comp", "prompt": "a red bicycle on a beach at sunset"})
        key = " -H \"authorization: Bearer $API_KEY\"" if self.with_key else ""
        return (f"curl -sS {self.base}/v1/images/generations -H 'content-type: application/json'{key} -d {shlex.quote(body)} "
                f"| python3 -c \"{_DECODE.format(name='bicycle.png')}\"")

    def text(self) -> str:
        """The same for people."""
        key = "" if not self.with_key else "\n  (with API_KEY set to one of this server's API keys)"
        return (f"Cavendish is listening on {self.base}\n\n"
                f"  Page             {self.base}/?token={self.token}   (opens once)\n"
                f"  Gemini base URL  {self.base}\n"
                f"  OpenAI base URL  {self.base}/v1\n\n"
                f"Draw a picture, bicycle.png:{key}\n\n  {self.curl()}\n"
                + ("" if pack.present() else f"\nThere is no art: {NO_ART}.\n"))

    def show(self) -> None:
        """Print it."""
        click.echo(json.dumps(self.facts()) if self.as_json else self.text())


class Server(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config, welcome: Welcome) -> None:
        super().__init__(config)
        self._welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the addresses."""
        await super().startup(sockets)
        if self.started:
            self._welcome.show()


def listen(host: str, port: int) -> socket.socket:
    """Bind a listening socket. Raises ConfigError when the address is taken or is not ours."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, proto)
    except OSError as exc:
        raise ConfigError(f"the address {host} is not known here: {exc.strerror}", hint="use 127.0.0.1") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise ConfigError(f"port {port} of {host} is in use",
                              hint="stop the other program, or choose another port: --port 0 picks a free one") from exc
        raise ConfigError(f"cannot listen on {host}:{port}: {exc.strerror}", hint="use 127.0.0.1 and a port over 1023") from exc
    return listener


def base_url(host: str, port: int) -> str:
    """Return the URL at which this machine reaches the server; the wildcard addresses are reached by loopback."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  compared, not bound
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _run(app: Starlette, listener: socket.socket, welcome: Welcome) -> None:
    config = uvicorn.Config(app, http="httptools", log_config=None, access_log=False, server_header=False,
                            timeout_graceful_shutdown=GRACE_S)
    server = Server(config, welcome)
    with _stopping(server):
        server.run(sockets=[listener])
    if not server.started:
        raise ConfigError("the server could not start", hint="the log above says why")


@contextmanager
def _stopping(server: uvicorn.Server) -> Iterator[None]:
    """Make both signals end in a clean exit: uvicorn raises again, when it is done, what it caught."""
    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
