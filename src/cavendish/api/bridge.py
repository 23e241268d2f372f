"""The bridge: the only place where a request crosses from the event loop to a worker thread and its events cross back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from cavendish.api import edge
from cavendish.errors import CavendishError, InvalidValue
from cavendish.types import Event, ImageRequest, Result
from cavendish.work.run import Stop

T = TypeVar("T")
log = logging.getLogger("cavendish.runs")
MAX_SERVER_TIMEOUT_S = 86_400.0


def stop_for(http: Request) -> Stop:
    """Make the run's stop signal: the shorter of our deadline and the caller's X-Server-Timeout (seconds)."""
    limit = edge.core(http).settings.deadline_s
    asked = http.headers.get("x-server-timeout")
    if asked is None:
        return Stop(limit)
    try:
        seconds = float(asked)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_SERVER_TIMEOUT_S:
        raise InvalidValue("X-Server-Timeout is not a positive number of seconds", field="x_server_timeout",
                           hint=f"send 1 to {MAX_SERVER_TIMEOUT_S:g}, or leave the header out")
    return Stop(min(limit, seconds))


def _asked_by(http: Request, request: ImageRequest) -> ImageRequest:
    """The request with what is known of its caller."""
    return replace(request, commercial=edge.core(http).keys.is_commercial(_caller(http)))


def _caller(http: Request) -> str:
    """The id of who asks: runs of different callers take turns."""
    return str(http.scope.get("cavendish.caller", ""))


async def generate(http: Request, request: ImageRequest) -> Result:
    """Run a request to its end. Cancels it when the client goes away. Raises CavendishError."""
    stop = stop_for(http)
    core = edge.core(http)
    _log(http, request)
    asked = _asked_by(http, request)
    future = core.pool.submit(lambda: core.service.generate(asked, stop), caller=_caller(http), check=stop.check)
    watcher = asyncio.create_task(_watch(http, stop))
    try:
        return await _settled(future, stop)
    finally:
        watcher.cancel()


async def open_stream(http: Request, request: ImageRequest) -> AsyncIterator[Event | Result]:
    """Start a run and return its events, the Result last. Returns after the first item: early errors come before a 200."""
    stop = stop_for(http)
    core = edge.core(http)
    _log(http, request)
    asked = _asked_by(http, request)
    loop = asyncio.get_running_loop()
    items: asyncio.Queue[Event | Result | CavendishError] = asyncio.Queue()

    def on_event(event: Event) -> None:
        loop.call_soon_threadsafe(items.put_nowait, event)

    def run() -> None:
        item: Result | CavendishError
        try:
            item = core.service.generate(asked, stop, on_event)
        except CavendishError as exc:
            item = exc
        loop.call_soon_threadsafe(items.put_nowait, item)

    future = core.pool.submit(run, caller=_caller(http), check=stop.check)
    watcher = asyncio.create_task(_watch(http, stop))  # for the whole stream: a generator left while sending is closed late
    first = None
    try:
        first = await _next(items, future, stop)
    finally:
        if first is None:
            watcher.cancel()
    return _follow(first, lambda: _next(items, future, stop), stop, watcher)


def _log(http: Request, request: ImageRequest) -> None:
    """One line per run; the words only when the installation wants them logged."""
    words = {"prompt": request.prompt} if edge.core(http).settings.log_prompts else {}
    log.info("run", extra={"fields": {"request_id": edge.request_id(http), "model": request.model, "count": request.count,
                                      "references": len(request.references), **words}})


async def pooled(http: Request, work: Callable[[], T]) -> T:
    """Run work that is no drawing on the bounded pool: as many at once as the settings allow, 429 beyond the queue."""
    return await asyncio.wrap_future(edge.core(http).pool.submit(work, caller=_caller(http)))


async def offload(function: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401  any pure function
    """Run CPU-heavy pure work (a big parse) off the event loop."""
    return await asyncio.to_thread(function, *arguments)


async def json_reply(http: Request, work: Awaitable[tuple[object, dict[str, str]]],
                     render_error: Callable[[CavendishError], dict[str, Any]]) -> Response:
    """Answer with JSON and headers when they are ready soon, else send 200 early and blank lines until they are.

    Official clients skip leading white space. After an early 200 an error can only be told in the body.
    """
    task = asyncio.ensure_future(work)
    silence_s = edge.core(http).settings.keepalive_s
    try:
        value, headers = await asyncio.wait_for(asyncio.shield(task), silence_s)
        return edge.json_response(value, headers=headers)
    except TimeoutError:
        if task.done():
            raise
        return StreamingResponse(_kept_alive(task, silence_s, render_error), media_type="application/json")
    except asyncio.CancelledError:
        task.cancel()
        raise


async def _kept_alive(task: "asyncio.Future[tuple[object, dict[str, str]]]", silence_s: float,
                      render_error: Callable[[CavendishError], dict[str, Any]]) -> AsyncIterator[bytes]:
    try:
        while not task.done():
            yield b"\n"
            await asyncio.wait((task,), timeout=silence_s)
        try:
            value, _ = task.result()
        except CavendishError as exc:
            value = render_error(exc)
        yield edge.dump(value)
    finally:
        task.cancel()


async def _settled(future: "Future[T]", stop: Stop) -> T:
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        stop.cancel()
        raise


async def _watch(http: Request, stop: Stop) -> None:
    """Cancel the run when the client closes the connection (the body has been read, so only that can arrive)."""
    while True:
        message = await http.receive()
        if message["type"] == "http.disconnect":
            stop.cancel()
            return


async def _next(items: "asyncio.Queue[Event | Result | CavendishError]", future: "Future[None]", stop: Stop) -> Event | Result:
    """Return the next item; raise the run's error, or the defect that ended its thread."""
    getter = asyncio.ensure_future(items.get())
    ended = asyncio.ensure_future(asyncio.wrap_future(future))
    try:
        await asyncio.wait((getter, ended), return_when=asyncio.FIRST_COMPLETED)
        if not getter.done() and ended.exception() is not None:
            await ended  # a defect: it goes to the edge as it is
        item = await getter
    except asyncio.CancelledError:
        stop.cancel()
        raise
    finally:
        getter.cancel()
        ended.cancel()
    if isinstance(item, CavendishError):
        raise item
    return item


async def _follow(first: Event | Result, following: Callable[[], Awaitable[Event | Result]], stop: Stop,
                  watcher: "asyncio.Task[None]") -> AsyncIterator[Event | Result]:
    item = first
    try:
        while not isinstance(item, Result):
            yield item
            item = await following()
        yield item
    finally:
        stop.cancel()  # harmless after the end; the client left otherwise
        watcher.cancel()
