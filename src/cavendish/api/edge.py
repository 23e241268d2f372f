"""The edge: what every route shares. Bodies, keys, JSON, base64, request ids. It knows no dialect."""

import asyncio
import secrets
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
import pybase64
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cavendish.app import App
from cavendish.errors import Cancelled, InvalidBody, InvalidValue, TooLarge
from cavendish.ledger.keys import Caller

SESSION_COOKIE = "cavendish_session"
BODY_TIMEOUT_S = 120.0  # a client that stops sending does not hold a place


def core(http: Request) -> App:
    """Return the App behind this server."""
    return cast(App, http.app.state.core)


def request_id(http: Request) -> str:
    """Return this request's id, made by the edge middleware."""
    return cast(str, http.scope.get("cavendish.request_id", ""))


def new_request_id() -> str:
    """Make an id such as `req_k3…`."""
    return "req_" + secrets.token_hex(12)


def api_key(http: Request) -> str:
    """Find the key in any of the places that clients put it; "" when there is none."""
    bearer = http.headers.get("authorization", "")
    scheme, _, token = bearer.partition(" ")
    return (http.headers.get("x-goog-api-key") or http.headers.get("x-api-key") or http.query_params.get("key")
            or (token.strip() if scheme.lower() == "bearer" else ""))


def authenticate(http: Request) -> Caller:
    """Return who asks. A session of the page counts as a key. Raises MissingKey or InvalidKey."""
    sessions = http.app.state.sessions
    if sessions.knows(http.cookies.get(SESSION_COOKIE, "")) and same_origin(http):
        caller = Caller(id="studio")
    else:
        caller = core(http).keys.identify(api_key(http))
    http.scope["cavendish.caller"] = caller.id
    return caller


def same_origin(http: Request) -> bool:
    """Whether a browser's request comes from our own page: other sites must not act with its cookie."""
    origin = http.headers.get("origin")
    if origin is None:
        return http.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == http.headers.get("host", "")


async def read_body(http: Request) -> bytes:
    """Read the body up to the limit of the settings. Raises TooLarge, Cancelled when the client leaves or stalls."""
    limit = core(http).settings.max_body_mb * 2**20
    declared = http.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise body_too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in http.stream():
                size += len(chunk)
                if size > limit:
                    raise body_too_large(limit)
                chunks.append(chunk)
    except (ClientDisconnect, TimeoutError) as exc:
        raise Cancelled("the request body did not arrive whole", hint="send it again") from exc
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def body_too_large(limit: int) -> TooLarge:
    """The error for a body over `limit` bytes."""
    return TooLarge(f"Request payload size exceeds the limit: {limit} bytes.", hint="send smaller or fewer pictures")


def json_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises InvalidBody."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise InvalidBody(f"the body is not JSON: {str(exc)[:120]}", hint="send a JSON object") from exc
    if not isinstance(value, dict):
        raise InvalidBody("the body is not a JSON object", hint="send {…}")
    return value


def b64(data: bytes) -> orjson.Fragment:
    """Encode bytes as a standard-alphabet base64 JSON string that orjson copies as it is."""
    return orjson.Fragment(b'"' + pybase64.b64encode(data) + b'"')


def unb64(text: str, field: str) -> bytes:
    """Decode base64 of either alphabet, padded or not, with or without line breaks. Raises InvalidValue."""
    if not isinstance(text, str):
        raise InvalidValue("picture data is not a string", field=field, hint="send base64")
    compact = text if not any(c in text for c in "\n\r \t") else "".join(text.split())
    raw = compact.rstrip("=").encode("ascii", "replace")
    padded = raw + b"=" * (-len(raw) % 4)
    try:
        if b"-" in padded or b"_" in padded:
            return pybase64.b64decode(padded, altchars=b"-_", validate=True)
        return pybase64.b64decode(padded, validate=True)
    except ValueError as exc:  # binascii.Error is one
        raise InvalidValue("Base64 decoding failed", field=field, hint="send the whole file, base64 encoded") from exc


def picture_mime(data: bytes) -> str:
    """The MIME type of a picture of ours, by its magic bytes."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/webp" if data[8:12] == b"WEBP" else "image/avif"


def dump(value: object) -> bytes:
    """Write JSON."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(dump(value), status_code=status, headers=headers, media_type="application/json")
