"""Errors as RFC 9457 problem+json. Covers every leaf of the error tree."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cavendish.api import edge
from cavendish.errors import Blocked, CavendishError

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:cavendish:problem:"

# code -> (status, title)
PROBLEMS: Mapping[str, tuple[int, str]] = MappingProxyType({
    "invalid_body": (400, "The body cannot be read"),
    "unknown_field": (400, "A field does not exist"),
    "invalid_value": (400, "A value is not allowed"),
    "unsupported": (422, "This model cannot do that"),
    "bad_image": (422, "A picture cannot be opened"),
    "too_many_references": (400, "Too many pictures"),
    "too_large": (413, "Too large"),
    "blocked": (422, "Refused by policy"),
    "missing_key": (401, "No API key"),
    "invalid_key": (401, "The API key is not valid"),
    "forbidden": (403, "Not allowed"),
    "unknown_model": (404, "No such model"),
    "unknown_route": (404, "No such address"),
    "unknown_file": (404, "No such file"),
    "queue_full": (429, "The queue is full"),
    "rate_limited": (429, "Too many requests"),
    "cancelled": (499, "Cancelled"),
    "deadline": (504, "Out of time"),
    "engine_failed": (500, "The engine failed"),
    "out_of_memory": (500, "Out of memory"),
    "engine_unavailable": (503, "No engine for this model"),
    "config": (500, "The server is not set up right"),
    "internal": (500, "A defect of the server"),
})
FIELDS: Mapping[str, str] = MappingProxyType({"tier": "size"})  # our inner name -> the native API's


def render(error: CavendishError, request_id: str = "") -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return HTTP status, body and headers of any leaf. Pure."""
    status, title = PROBLEMS[error.code]
    body: dict[str, Any] = {
        "type": TYPE + error.code, "title": title, "status": status, "detail": error.message, "instance": request_id,
        "code": error.code, "hint": error.hint, "field": FIELDS.get(error.field, error.field) or None,
        "retryable": error.retryable}
    if isinstance(error, Blocked):
        body["categories"] = list(error.categories)
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    return status, body, headers


def body_of(error: CavendishError, http: Request) -> dict[str, Any]:
    """The problem of one request."""
    return render(error, edge.request_id(http))[1]


def answer_error(http: Request, error: CavendishError) -> Response:
    """Answer with a problem."""
    status, body, headers = render(error, edge.request_id(http))
    return Response(edge.dump(body), status, headers, MEDIA_TYPE)
