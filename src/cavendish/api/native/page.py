"""The page: its files out of the package, the one-time link that opens it, and the rules a browser must keep."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cavendish.api import edge
from cavendish.errors import UnknownFile

MIME_TYPES: Mapping[str, str] = MappingProxyType({
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml"})
CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
       "base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
HEADERS: Mapping[str, str] = MappingProxyType({
    "content-security-policy": CSP, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin", "cache-control": "no-cache"})


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Traversable]:
    """Every file of the page by its path. A path that is not listed here is not served: there is nothing to traverse."""
    found: dict[str, Traversable] = {}
    folders = [("", files("cavendish") / "web")]
    while folders:
        path, folder = folders.pop()
        for entry in folder.iterdir():
            if entry.is_dir():
                folders.append((f"{path}{entry.name}/", entry))
            elif _suffix(entry.name) in MIME_TYPES:
                found[path + entry.name] = entry
    return MappingProxyType(found)


def _suffix(name: str) -> str:
    return name[name.rfind("."):]


def send(http: Request, path: str, status: int = 200) -> Response:
    """Answer with a file of the page, or 304 when the browser has it. Raises UnknownFile."""
    entry = catalogue().get(path)
    if entry is None:
        raise UnknownFile("the page has no such file", hint="open / instead")
    data = entry.read_bytes()
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {**HEADERS, "etag": tag}
    if status == 200 and tag in http.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(data, status, headers, MIME_TYPES[_suffix(path)])


async def asset(http: Request) -> Response:
    """GET /web/{path}"""
    return send(http, http.path_params["path"])


async def home(http: Request) -> Response:
    """GET / opens the page; with ?token= it exchanges the one-time token for a session and drops it from the address."""
    sessions = http.app.state.sessions
    if "token" not in http.query_params:
        known = sessions.knows(http.cookies.get(edge.SESSION_COOKIE, ""))
        return send(http, "index.html") if known else send(http, "closed.html", 401)
    session = sessions.redeem(http.query_params["token"])
    if session is None:
        return send(http, "refused.html", 403)
    answer = RedirectResponse("/", 303, headers=dict(HEADERS))
    answer.set_cookie(edge.SESSION_COOKIE, session, path="/", httponly=True, samesite="strict",
                      secure=http.url.scheme == "https")
    return answer
