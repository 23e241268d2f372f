"""The server: dialects, shared routes and the edge, joined as data. Takes an App, knows no engine."""

from collections.abc import Callable

import sqlalchemy.exc
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cavendish import __version__
from cavendish.api import edge
from cavendish.api.gemini import models as gemini_models
from cavendish.api.gemini.routes import answer_error as gemini_error
from cavendish.api.gemini.routes import routes as gemini_routes
from cavendish.api.metrics import Metrics
from cavendish.api.middleware import Edge
from cavendish.api.native.routes import answer_error as native_error
from cavendish.api.native.routes import routes as native_routes
from cavendish.api.openai import models as openai_models
from cavendish.api.openai.routes import answer_error as openai_error
from cavendish.api.openai.routes import routes as openai_routes
from cavendish.api.sessions import Sessions
from cavendish.app import App
from cavendish.errors import CavendishError, InvalidBody, UnknownRoute

OPENAI_PATHS = ("/v1/images", "/v1/chat", "/v1/responses", "/v1beta/openai")
GEMINI_PATHS = ("/v1/", "/v1beta", "/v1alpha", "/upload/", "/download/")


def create_app(core: App) -> Starlette:
    """Build the ASGI application of an App. `app.state.sessions.issue()` makes the page's one-time token."""
    metrics = Metrics(lambda: core.pool.inside)
    routes = [Route("/healthz", _healthz), Route("/readyz", _readyz), Route("/metrics", _metrics),
              Route("/v1/images/files/{key}", _file), Route("/v1/models", _list_models),
              *openai_routes(), *gemini_routes(), Route("/v1/models/{model}", _one_model), *native_routes()]
    app = Starlette(
        routes=routes, exception_handlers={CavendishError: _on_error, HTTPException: _on_http},
        middleware=[Middleware(Edge, settings=core.settings, metrics=metrics, answer=answer_error)])
    app.state.core = core
    app.state.sessions = Sessions()
    app.state.metrics = metrics
    return app


def answer_error(http: Request, error: CavendishError) -> Response:
    """Render an error in the dialect that the path (and, where paths are shared, the headers) speaks."""
    return _dialect(http)(http, error)


def _dialect(http: Request) -> Callable[[Request, CavendishError], Response]:
    path = http.url.path
    if path.startswith(OPENAI_PATHS) or "/endpoints/openapi/" in path:
        return openai_error
    if path.startswith("/v1/models") and not speaks_google(http):
        return openai_error
    return gemini_error if path.startswith(GEMINI_PATHS) else native_error


def speaks_google(http: Request) -> bool:
    """Whether a request on a shared path comes from a Gemini client; OpenAI's send a bearer key and x-stainless headers."""
    google = "x-goog-api-key" in http.headers or "x-goog-api-client" in http.headers or "key" in http.query_params
    return google or ("authorization" not in http.headers and "x-stainless-lang" not in http.headers)


async def _on_error(http: Request, error: Exception) -> Response:
    assert isinstance(error, CavendishError)  # registered for that class only
    return answer_error(http, error)


async def _on_http(http: Request, error: Exception) -> Response:
    """Starlette's own 404, 405 and form errors, as ours."""
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return answer_error(http, UnknownRoute(f"{http.method} {http.url.path[:200]} is not a route of this server",
                                               hint="see the API reference in docs/reference"))
    return answer_error(http, InvalidBody(str(error.detail)[:300], hint="see the API reference in docs/reference"))


async def _healthz(_: Request) -> Response:
    return edge.json_response({"status": "ok", "version": __version__})


async def _readyz(http: Request) -> Response:
    """Ready = the database answers, the queue has room and the warm-up is over. 503 tells a balancer to look elsewhere."""
    core = edge.core(http)
    checks = {"queue": core.pool.has_room, "engines": bool(core.registry.engines), "database": True,
              "warm": core.warmer.done}
    try:
        core.rows.ping()
    except sqlalchemy.exc.SQLAlchemyError:
        checks["database"] = False
    ready = all(checks.values())
    return edge.json_response({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


async def _metrics(http: Request) -> Response:
    return PlainTextResponse(http.app.state.metrics.render(), media_type="text/plain; version=0.0.4")


async def _file(http: Request) -> Response:
    """A stored picture, by its signed URL. The signature is the permission: no key is asked."""
    core, key = edge.core(http), http.path_params["key"]
    core.sealer.check_key(key, http.query_params.get("token", ""))
    data = core.blobs.get(key)
    return Response(data, media_type=edge.picture_mime(data), headers={
        "content-security-policy": "sandbox; default-src 'none'", "cache-control": "private, max-age=3600",
        "content-disposition": "inline"})


async def _list_models(http: Request) -> Response:
    """One list for both vendors: each client reads its own keys of it."""
    edge.authenticate(http)
    cards = edge.core(http).catalog.cards
    listed = openai_models.render_list(cards)
    return edge.json_response(gemini_models.render_page(cards, http.query_params) | listed)


async def _one_model(http: Request) -> Response:
    edge.authenticate(http)
    name = http.path_params["model"]
    card = edge.core(http).catalog.model(name)
    render = gemini_models.render_one if speaks_google(http) else openai_models.render_one
    return edge.json_response(render(card, name))
