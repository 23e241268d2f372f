"""The edge: what every route shares. Bodies, keys, JSON, base64, request ids. It knows no dialect."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import orjson
import pybase64
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cavendish.app import App
from cavendish.errors import Cancelled, InvalidBody, InvalidValue, TooLarge
from cavendish.ledger.keys import Caller
from cavendish.types import MAX_FILE_BYTES

SESSION_COOKIE = "cavendish_session"
MAX_BASE64_CHARS = MAX_FILE_BYTES * 4 // 3 + MAX_FILE_BYTES // 16  # with line breaks
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


@dataclass(frozen=True, slots=True)
class Base64:
    """An encoded picture inside a JSON value; `dump_parts` takes it as it is."""

    text: bytes = field(repr=False)


def b64(data: bytes) -> Base64:
    """Encode bytes in the standard base64 alphabet, as a value for `dump` and `json_response`."""
    return Base64(pybase64.b64encode(data))


def unb64(text: str, field: str) -> bytes:
    """Decode base64 of either alphabet, padded or not, with or without line breaks. Raises InvalidValue.

    TooLarge for text that no file we open can have, before anything is decoded.
    """
    if not isinstance(text, str):
        raise InvalidValue("picture data is not a string", field=field, hint="send base64")
    if len(text) > MAX_BASE64_CHARS:
        raise TooLarge(f"the picture's file has more than {MAX_FILE_BYTES} bytes", field=field,
                       hint=f"send at most {MAX_FILE_BYTES}")
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
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if data.startswith((b"\0\0\0\x0cJXL ", b"\xff\x0a")):
        return "image/jxl"
    return "image/webp" if data[8:12] == b"WEBP" else "image/avif"


def dump(value: object) -> bytes:
    """Write JSON."""
    return b"".join(dump_parts(value))


def dump_parts(value: object) -> list[bytes]:
    """Write JSON in parts: the text of each Base64 value is a part of its own, so that no picture is copied."""
    pictures: list[bytes] = []
    mark = secrets.token_hex(16).encode()  # of this call only: no caller can have written it

    def hold(inner: object) -> orjson.Fragment:
        if not isinstance(inner, Base64):
            raise TypeError(type(inner).__name__)
        pictures.append(inner.text)
        return orjson.Fragment(b'"' + mark + b'"')

    frame = orjson.dumps(value, default=hold, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS).split(mark)
    return [frame[0], *(part for pair in zip(pictures, frame[1:], strict=True) for part in pair)]


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    parts = dump_parts(value)
    if len(parts) == 1:
        return Response(parts[0], status_code=status, headers=headers, media_type="application/json")
    return PartsResponse(parts, status, headers)


class PartsResponse(Response):
    """JSON of known length in several messages, joined by nobody but the socket."""

    def __init__(self, parts: list[bytes], status: int, headers: dict[str, str] | None) -> None:
        length = {"content-length": str(sum(map(len, parts)))}
        super().__init__(None, status, length | (headers or {}), "application/json")
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, then each part."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
