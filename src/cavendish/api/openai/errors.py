"""The error tree -> OpenAI's error answers, and Google's where its OpenAI-compatible prefix is asked. Pure; a table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cavendish.errors import Blocked, CavendishError, TooLarge, UnknownModel
from cavendish.types import FINISH_REASONS, Result


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status, OpenAI's `type` and `code`, and Google's status word."""

    status: int
    type: str
    code: str
    google: str = "INVALID_ARGUMENT"


CALLER = "invalid_request_error"
NO_PICTURE = "image_generation_user_error"

ANSWERS: Mapping[str, Answer] = {
    "invalid_body": Answer(400, CALLER, "invalid_body"),
    "unknown_field": Answer(400, CALLER, "unknown_parameter"),
    "invalid_value": Answer(400, CALLER, "invalid_value"),
    "unsupported": Answer(400, CALLER, "unsupported_value"),
    "bad_image": Answer(400, CALLER, "invalid_image_file"),
    "too_many_references": Answer(400, CALLER, "array_above_max_length"),
    "too_large": Answer(413, CALLER, "request_too_large"),
    "blocked": Answer(400, NO_PICTURE, "moderation_blocked"),
    "missing_key": Answer(401, CALLER, "missing_api_key", "UNAUTHENTICATED"),
    "invalid_key": Answer(401, CALLER, "invalid_api_key", "UNAUTHENTICATED"),
    "forbidden": Answer(403, CALLER, "insufficient_permissions", "PERMISSION_DENIED"),
    "unknown_model": Answer(404, CALLER, "model_not_found", "NOT_FOUND"),
    "unknown_route": Answer(404, CALLER, "unknown_url", "NOT_FOUND"),
    "unknown_file": Answer(404, CALLER, "file_not_found", "NOT_FOUND"),
    "queue_full": Answer(429, "service_unavailable_error", "server_is_overloaded", "RESOURCE_EXHAUSTED"),
    "rate_limited": Answer(429, "requests", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
    "cancelled": Answer(499, CALLER, "request_cancelled", "CANCELLED"),
    "deadline": Answer(504, "server_error", "deadline_exceeded", "DEADLINE_EXCEEDED"),
    "engine_failed": Answer(500, "server_error", "engine_failed", "INTERNAL"),
    "out_of_memory": Answer(500, "server_error", "out_of_memory", "INTERNAL"),
    "engine_unavailable": Answer(503, "server_error", "engine_unavailable", "UNAVAILABLE"),
    "config": Answer(500, "server_error", "configuration_error", "INTERNAL"),
    "internal": Answer(500, "server_error", "internal_error", "INTERNAL"),
}

# Our field names -> OpenAI's.
PARAMS: Mapping[str, str] = {
    "count": "n", "tier": "image_size", "references": "image", "output.mime": "output_format",
    "output.quality": "output_compression", "output.background": "background",
}


def no_picture(result: Result) -> Blocked:
    """The error of a result in which no candidate has a picture. OpenAI has no empty answer, so it is told as an error."""
    reasons = tuple(dict.fromkeys(c.finish_reason for c in result.candidates))
    notes = " ".join(dict.fromkeys(c.note for c in result.candidates if c.note))
    return Blocked(notes or f"no picture was made: {reasons[0]}", categories=reasons,
                   hint="" if notes else "say it in other words")


def is_google(path: str) -> bool:
    """Whether a path belongs to Google's OpenAI-compatible prefixes, whose errors come in a list."""
    return "/openai/" in path or path.endswith("/openai") or "/endpoints/openapi/" in path


def render(error: CavendishError, path: str = "") -> tuple[int, Any, dict[str, str]]:
    """Return HTTP status, body and headers for any leaf of the tree."""
    answer = _answer(error)
    headers = {"x-should-retry": "true" if error.retryable else "false"}
    if error.retry_after_s is not None:
        headers |= {"retry-after": str(max(1, math.ceil(error.retry_after_s))),
                    "retry-after-ms": str(int(error.retry_after_s * 1000))}
    if is_google(path):
        status = 400 if error.code == "invalid_key" else answer.status  # Google's own answer to a bad key
        return status, [{"error": _google(error, answer, status)}], headers
    body: dict[str, Any] = {"message": _message(error), "type": answer.type, "param": _param(error), "code": answer.code}
    if isinstance(error, Blocked) and answer.code == "moderation_blocked":
        stage = "output" if _reason(error) else "input"
        body["moderation_details"] = {"categories": list(error.categories), "moderation_stage": stage}
    return answer.status, {"error": body}, headers


def _answer(error: CavendishError) -> Answer:
    reason = _reason(error)
    if reason:
        return Answer(400, NO_PICTURE, "moderation_blocked" if reason in ("safety", "prohibited_content") else reason)
    if isinstance(error, TooLarge) and error.field == "prompt":
        return Answer(400, CALLER, "string_above_max_length")
    return ANSWERS[error.code]


def _reason(error: CavendishError) -> str:
    """Why no candidate has a picture, "" for every other error."""
    found = error.categories[:1] if isinstance(error, Blocked) else ()
    return found[0] if found and found[0] in FINISH_REASONS else ""


def _param(error: CavendishError) -> str | None:
    return PARAMS.get(error.field, error.field) or None


def _message(error: CavendishError) -> str:
    if isinstance(error, UnknownModel):
        return f"The model `{error.model[:100]}` does not exist or you do not have access to it. {_capital(error.hint)}".strip()
    if error.code == "invalid_key":
        return f"Incorrect API key provided. {_capital(error.hint)}".strip()
    return error.sentence()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _google(error: CavendishError, answer: Answer, status: int) -> dict[str, Any]:
    word = "INVALID_ARGUMENT" if error.code == "invalid_key" else answer.google
    message = "API key not valid. Please pass a valid API key." if error.code == "invalid_key" else _message(error)
    reason = "API_KEY_INVALID" if error.code == "invalid_key" else answer.code.upper()
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
            "metadata": {"param": _param(error)} if error.field else {}}
    return {"code": status, "message": message, "status": word, "details": [info]}
