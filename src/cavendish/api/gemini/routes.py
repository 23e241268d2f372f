"""The Gemini API's paths: generateContent, streamGenerateContent, countTokens, models; Gemini and Vertex prefixes.

`GET /v1/models` and `GET /v1/models/{id}` are shared with the other vendor and composed by the app.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from cavendish.api import bridge, edge
from cavendish.api.gemini import errors, models, render, stream, tokens
from cavendish.api.gemini.parse import Call, parse
from cavendish.catalog.models import ModelCard, catalog
from cavendish.errors import Blocked, CavendishError, InvalidValue, UnknownModel, UnknownRoute
from cavendish.ledger import usage
from cavendish.types import Result, Usage

VERSIONS = ("v1", "v1beta", "v1alpha", "v1beta1")
_BIG = 256 * 2**10  # bytes from which parsing and rendering leave the event loop
_ABOUT = "cavendish.gemini"  # key in the ASGI scope: what errors.render wants to know

Handler = Callable[[Request], Awaitable[Response]]


def routes() -> list[BaseRoute]:
    """Everything of this dialect except the two shared paths."""
    return [route for version in VERSIONS for route in _routes(f"/{version}", shared=version == "v1")]


def _routes(prefix: str, shared: bool) -> list[BaseRoute]:
    vertex = [f"{prefix}{scope}/publishers/google/models" for scope in ("", "/projects/{project}/locations/{location}")]
    own = [] if shared else [Route(f"{prefix}/models", endpoint(list_models)),
                             Route(f"{prefix}/models/{{rest:path}}", endpoint(one_model))]
    return [
        *(Route(base + "/{rest:path}", endpoint(_post), methods=["POST"])
          for base in (f"{prefix}/models", f"{prefix}/tunedModels", *vertex)),
        *own,
        Route(f"{prefix}/tunedModels", endpoint(_tuned)),
        Route(f"{prefix}/tunedModels/{{rest:path}}", endpoint(_no_tuned)),
        *(Route(base, endpoint(_publishers)) for base in vertex),
        *(Route(base + "/{rest:path}", endpoint(_publisher)) for base in vertex),
    ]


def endpoint(handler: Handler) -> Handler:
    """Check the key first, and turn errors of ours into this dialect's answers."""
    async def answer(http: Request) -> Response:
        try:
            edge.authenticate(http)
            return await handler(http)
        except CavendishError as exc:
            return answer_error(http, exc)

    return answer


def answer_error(http: Request, error: CavendishError) -> Response:
    """Answer an error on any path of this dialect."""
    status, body, headers = errors.render(error, http.scope.get(_ABOUT) or errors.context(http.url.path))
    return edge.json_response(_shown(http)(body), status, headers)


async def list_models(http: Request) -> Response:
    """`GET models`: paged."""
    return edge.json_response(models.render_page(catalog().cards, http.query_params))


async def one_model(http: Request) -> Response:
    """`GET models/{id}`, by any name the catalog knows."""
    name = _name(http)
    return edge.json_response(models.render_one(_card(name), name))


async def _publishers(http: Request) -> Response:
    return edge.json_response(models.render_publishers(catalog().cards, http.query_params))


async def _publisher(http: Request) -> Response:
    name = _name(http)
    return edge.json_response(models.render_publisher(_card(name), name))


async def _tuned(_http: Request) -> Response:
    return edge.json_response({"tunedModels": []})


async def _no_tuned(http: Request) -> Response:
    raise UnknownModel(_name(http), hint="this server tunes no models")


async def _post(http: Request) -> Response:
    """`POST models/{id}:{method}`."""
    name, _, method = _name(http).rpartition(":")
    methods: dict[str, Callable[[Request, ModelCard], Awaitable[Response]]] = {
        "generateContent": _generate, "streamGenerateContent": _stream, "countTokens": _count}
    about = replace(errors.context(http.url.path), model=name or method, method=method if name else "generateContent")
    http.scope[_ABOUT] = about
    if method not in methods:
        raise UnknownRoute(f"{method[:60]!r} is not a method here", hint="use " + ", ".join(methods))
    return await methods[method](http, catalog().model(name))


async def _generate(http: Request, card: ModelCard) -> Response:
    call, _ = await _called(http, card)
    if call.request.partial_images:
        raise InvalidValue("partialImages arrive while a picture is drawn", field="partial_images",
                           hint="use streamGenerateContent")

    async def work() -> tuple[object, dict[str, str]]:
        result = await bridge.generate(http, call.request)
        body = await _off(_bytes(result), render.render, result, call)
        return _shown(http)(body), render.headers(result)

    return await bridge.json_reply(http, work(), lambda exc: _shown(http)(errors.render(exc, http.scope[_ABOUT])[1]))


async def _stream(http: Request, card: ModelCard) -> Response:
    call, prompt = await _called(http, card)
    about, sse = http.scope[_ABOUT], http.query_params.get("alt") == "sse"

    def render_error(exc: CavendishError) -> dict[str, Any]:
        return errors.render(exc, about)[1]

    silence_s, late = edge.core(http).settings.keepalive_s, False
    try:
        events, late = await stream.soon(bridge.open_stream(http, call.request), silence_s)
        items = stream.chunks(events, call, about, prompt)
    except Blocked as exc:
        items = stream.one(render_error(exc))
    writing = stream.Writing(framing=stream.SSE if sse else stream.ARRAY, render_error=render_error, show=_shown(http),
                             silence_s=silence_s, late=late)
    return StreamingResponse(stream.frames(items, writing), media_type="text/event-stream" if sse else "application/json",
                             headers={"cache-control": "no-cache", "x-accel-buffering": "no"})


async def _count(http: Request, card: ModelCard) -> Response:
    body = await edge.read_body(http)
    return edge.json_response(_shown(http)(await _off(len(body), tokens.count, body, card)))


async def _called(http: Request, card: ModelCard) -> tuple[Call, Usage]:
    """Read and parse the body; leave in the scope what later errors want to know."""
    body = await edge.read_body(http)
    call: Call = await _off(len(body), parse, body, card.id, edge.core(http).settings.default_mime)
    asked = call.request
    words = (asked.prompt, asked.system, asked.negative_prompt, *asked.history)
    prompt = usage.prompt_usage(words, len(asked.references), card)
    http.scope[_ABOUT] = replace(http.scope[_ABOUT], model=card.id, prompt_tokens=prompt.prompt,
                                 response_id=secrets.token_urlsafe(16))
    return call, prompt


async def _off(size: int, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401  a pure function's own types
    return await bridge.offload(function, *arguments) if size > _BIG else function(*arguments)


def _bytes(result: Result) -> int:
    return sum(len(c.asset.data) for c in result.candidates if c.asset is not None)


def _name(http: Request) -> str:
    return str(http.path_params["rest"]).removeprefix("models/")


def _card(name: str) -> ModelCard:
    return catalog().model(name)


def _shown(http: Request) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """How enums are written: by number when the legacy Python client asks for it."""
    integers = "enum-encoding=int" in http.query_params.get("$alt", "")
    return render.as_integers if integers else lambda body: body
