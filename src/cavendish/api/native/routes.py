"""The routes of the native API and of the page. FastAPI describes them; the edge reads bodies, keys and errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import lru_cache
from typing import Any, cast

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from cavendish import __version__
from cavendish.api import bridge, edge
from cavendish.api.native import cards, page, parse, problems, render
from cavendish.api.native.problems import answer_error
from cavendish.api.native.schema import (
    CapabilitiesAnswer,
    ImageAnswer,
    ImageBody,
    ModelsAnswer,
    ProblemAnswer,
    VerifyAnswer,
    VerifyBody,
)
from cavendish.errors import CavendishError
from cavendish.types import Event, ImageRequest, Result

__all__ = ["answer_error", "routes"]

PREFIX = "/api/v1"
BIG_BODY_BYTES = 1 << 18  # parsing more than this would hold up everyone else
SSE_HEADERS = {"x-accel-buffering": "no"}
ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem (RFC 9457).", "model": ProblemAnswer,
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}}}
STREAM: dict[int | str, dict[str, Any]] = {200: {
    "description": "The pictures. With `stream`: events `thought`, `progress`, `partial`, `candidate` (a PictureAnswer), then "
                   "`result` (an ImageAnswer without picture data) or `error` (a problem).",
    "content": {"text/event-stream": {"schema": {"type": "string"}}}}}


class NativeRoute(APIRoute):
    """FastAPI describes the route; the endpoint itself reads the request, so that our limits and errors hold."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint without FastAPI's own reading of the body."""
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        kind = cast(type[BaseModel], self.body_field.field_info.annotation) if self.body_field is not None else None

        async def handler(http: Request) -> Response:
            try:
                edge.authenticate(http)
                return await endpoint(http, await _body(http, kind)) if kind is not None else await endpoint(http)
            except CavendishError as exc:
                return answer_error(http, exc)

        return handler


router = APIRouter(prefix=PREFIX, route_class=NativeRoute)


@router.post("/images", summary="Draw or edit", response_model=ImageAnswer, responses={**STREAM, **ERRORS})
async def draw(http: Request, body: ImageBody) -> Response:
    """Draw, or edit the reference whose role is `base`."""
    request = await bridge.offload(parse.request, body) if body.references else parse.request(body)
    if body.stream:
        events = await bridge.open_stream(http, request)
        return StreamingResponse(_events(http, events), media_type="text/event-stream", headers=SSE_HEADERS)
    return await bridge.json_reply(http, _answer(http, request), lambda error: problems.body_of(error, http))


@router.post("/verify", summary="Say where a picture comes from", response_model=VerifyAnswer, responses=ERRORS)
async def verify(http: Request, body: VerifyBody) -> Response:
    """Look at a picture's content credentials, watermark and labels, and say what they prove. Free of charge."""
    core, data = edge.core(http), edge.unb64(body.data, "data")
    against = parse.against(body)
    return edge.json_response((await bridge.pooled(http, lambda: core.verifier.verify(data, against))).as_json())


@router.get("/models", summary="List the models", response_model=ModelsAnswer, responses=ERRORS)
async def models(http: Request) -> Response:
    """Every model with its shapes, sizes and exact pixels, and the engine that serves it here."""
    core = edge.core(http)
    return edge.json_response(cards.models(core.catalog, core.registry, strict=core.settings.strict_models))


@router.get("/capabilities", summary="Say what this server can do", response_model=CapabilitiesAnswer, responses=ERRORS)
async def capabilities(http: Request) -> Response:
    """The engines with their profiles, the policy that is active, limits and version."""
    core = edge.core(http)
    classifier = core.service.classifier.name if core.service.classifier else ""
    return edge.json_response(cards.capabilities(core.registry, core.service.words, classifier, core.service.provenance,
                                                 searches=core.service.grounder.providers,
                                                 checker=core.service.reviewer.checker,
                                                 key_required=core.keys.required))


async def _body(http: Request, kind: type[BaseModel]) -> BaseModel:
    sent = await edge.read_body(http)
    return await bridge.offload(parse.read_as, sent, kind) if len(sent) > BIG_BODY_BYTES else parse.read_as(sent, kind)


async def _openapi(_: Request) -> Response:
    return edge.json_response(document())


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document of the native API."""
    made = get_openapi(title="Cavendish native API", version=__version__, routes=router.routes, openapi_version="3.1.0",
                       description="One call draws or edits. Keys: `Authorization: Bearer`, or the page's session.")
    for operations in made["paths"].values():
        for operation in operations.values():
            del operation["responses"]["default"]["content"]["application/json"]  # problems have one media type
    return made


async def _answer(http: Request, request: ImageRequest) -> tuple[object, dict[str, str]]:
    result = await bridge.generate(http, request)
    return render.answer(result), {"x-cavendish-engine": result.engine}


async def _events(http: Request, events: AsyncIterator[Event | Result]) -> AsyncIterator[bytes]:
    """Write events as they come; a comment when there was silence, so that proxies keep the line open."""
    silence_s = edge.core(http).settings.keepalive_s
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            await asyncio.wait((coming,), timeout=silence_s)
            if not coming.done():
                yield b": working\n\n"
                continue
            item = coming.result()
            if item is None:
                return
            yield render.event(item)
            coming = asyncio.ensure_future(anext(events, None))
    except CavendishError as exc:
        yield render.line("error", problems.body_of(exc, http))
    finally:
        coming.cancel()


def routes() -> list[BaseRoute]:
    """Everything this package serves."""
    return [*router.routes, Route(f"{PREFIX}/openapi.json", _openapi),
            Route("/", page.home), Route("/web/{path:path}", page.asset)]
