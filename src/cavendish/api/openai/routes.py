"""Routes of the OpenAI dialect: authenticate, read, parse, cross the bridge, render."""

import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from cavendish.api import bridge, edge
from cavendish.api.openai import chat, errors, forms, models, parse, render, stream
from cavendish.errors import CavendishError, Forbidden
from cavendish.types import Asset, Event, Result

T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]
GOOGLE = "/v1beta/openai"
VERTEX = tuple(f"/{v}/projects/{{project}}/locations/{{location}}/endpoints/openapi" for v in ("v1", "v1beta1"))
SMALL_BODY_BYTES = 64_000  # larger ones are parsed off the event loop
VERSION = "2020-10-01"     # OpenAI's API version, a header that clients print


def routes() -> list[BaseRoute]:
    """Every route of the dialect except the ones that both vendors share."""
    images = {f"/images/{name}": _images(name) for name in ("generations", "edits", "variations")}
    calls = images | {"/chat/completions": _chat}
    found = [Route(prefix + path, answering(call), methods=["POST"])
             for prefix in ("/v1", GOOGLE) for path, call in calls.items()]
    found += [Route(prefix + "/chat/completions", answering(_chat), methods=["POST"]) for prefix in VERTEX]
    found += [Route(GOOGLE + "/models", answering(_list_models), methods=["GET"]),
              Route(GOOGLE + "/models/{model:path}", answering(_one_model), methods=["GET"])]
    found += [Route(prefix + "/models/{model:path}", answering(_delete_model), methods=["DELETE"])
              for prefix in ("/v1", GOOGLE)]
    return list(found)


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn our errors into this dialect's answers, and time the call as OpenAI does."""
    @functools.wraps(endpoint)
    async def answer(http: Request) -> Response:
        start = time.perf_counter()
        try:
            response = await endpoint(http)
        except CavendishError as exc:
            response = answer_error(http, exc)
        response.headers["openai-processing-ms"] = str(round((time.perf_counter() - start) * 1000))
        response.headers["openai-version"] = VERSION
        response.headers.update(_room(http))
        return response

    return answer


def _room(http: Request) -> dict[str, str]:
    """OpenAI's rate limit headers, saying what limits here: the places in the queue."""
    core = edge.core(http)
    places = core.settings.workers + core.settings.queue_size
    return {"x-ratelimit-limit-requests": str(places),
            "x-ratelimit-remaining-requests": str(max(0, places - core.pool.inside)),
            "x-ratelimit-reset-requests": "0s" if core.pool.has_room else "1s"}


def answer_error(http: Request, error: CavendishError) -> Response:
    """Answer with an error in OpenAI's shape, or in Google's under its prefix."""
    status, body, headers = errors.render(error, http.url.path)
    return edge.json_response(body, status, headers)


def _images(route: str) -> Endpoint:
    async def endpoint(http: Request) -> Response:
        edge.authenticate(http)
        core = edge.core(http)
        call = await _read(http, lambda body: parse.parse(body, route, core.catalog))
        if call.stream:
            items = await bridge.open_stream(http, call.request)
            now = int(time.time())
            return _sse(http, items, lambda item: stream.encode(item, call, now), stream.failed)

        async def work() -> tuple[object, dict[str, str]]:
            result = await bridge.generate(http, call.request)
            base_url = str(http.base_url).rstrip("/")
            body = await bridge.offload(render.images, result, call, lambda asset: _url(http, base_url, asset))
            return body, render.headers(result)

        return await bridge.json_reply(http, work(), lambda exc: errors.render(exc, http.url.path)[1])

    endpoint.__name__ = f"images_{route}"
    return endpoint


async def _chat(http: Request) -> Response:
    edge.authenticate(http)
    core = edge.core(http)
    encoding = core.settings.default_mime.removeprefix("image/")
    call = await _read(http, lambda body: chat.read(body, core.catalog, encoding))
    request_id = edge.request_id(http)
    if call.stream:
        items = await bridge.open_stream(http, call.request)
        now = int(time.time())
        return _sse(http, items, lambda item: chat.chunks(item, call, request_id, now), chat.failed)

    async def work() -> tuple[object, dict[str, str]]:
        result = await bridge.generate(http, call.request)
        return await bridge.offload(chat.completion, result, request_id), render.headers(result)

    return await bridge.json_reply(http, work(), lambda exc: errors.render(exc, http.url.path)[1])


async def _list_models(http: Request) -> Response:
    edge.authenticate(http)
    return edge.json_response(models.render_list(edge.core(http).catalog.cards))


async def _one_model(http: Request) -> Response:
    edge.authenticate(http)
    name = http.path_params["model"]
    return edge.json_response(models.render_one(edge.core(http).catalog.model(name), name))


async def _delete_model(http: Request) -> Response:
    edge.authenticate(http)
    edge.core(http).catalog.model(http.path_params["model"])
    raise Forbidden("models of this server cannot be deleted", field="model", hint="there are no fine-tuned models here")


async def _read(http: Request, parsed: Callable[[forms.Body], T]) -> T:
    """Read the body and parse it; large ones off the event loop."""
    body = await edge.read_body(http)
    kind = http.headers.get("content-type", "")
    if len(body) < SMALL_BODY_BYTES:
        return parsed(forms.read(body, kind))
    return await bridge.offload(lambda: parsed(forms.read(body, kind)))


def _url(http: Request, base_url: str, asset: Asset) -> str:
    return edge.core(http).asset_url(base_url, asset)


def _sse(http: Request, items: AsyncIterator[Event | Result], encode: Callable[[Event | Result], bytes],
         failed: Callable[[object], bytes]) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        async with contextlib.AsyncExitStack() as stack:
            if hasattr(items, "aclose"):
                stack.push_async_callback(items.aclose)  # a client that left ends its run
            try:
                async for item in items:
                    data = await bridge.offload(encode, item)
                    if data:
                        yield data
            except CavendishError as exc:
                yield failed(errors.render(exc, http.url.path)[1])

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
