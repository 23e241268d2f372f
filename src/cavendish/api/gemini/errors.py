"""CavendishError -> Google's error shape, with its details. Every leaf of the tree has a row (a test walks them)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cavendish import errors as e

_RPC = "type.googleapis.com/google.rpc."
_LINE = re.compile(r"(?:Invalid JSON payload|Invalid value at '(?P<value>[^']+)')(?:.*? at '(?P<path>[^']+)':)?")

# leaf -> (HTTP status, RPC status). Retry logic of the official clients looks at the HTTP status only.
CODES: Mapping[type[e.CavendishError], tuple[int, str]] = {
    e.InvalidBody: (400, "INVALID_ARGUMENT"),
    e.UnknownField: (400, "INVALID_ARGUMENT"),
    e.InvalidValue: (400, "INVALID_ARGUMENT"),
    e.Unsupported: (400, "INVALID_ARGUMENT"),
    e.BadImage: (400, "INVALID_ARGUMENT"),
    e.TooManyReferences: (400, "INVALID_ARGUMENT"),
    e.TooLarge: (400, "INVALID_ARGUMENT"),
    e.Blocked: (200, "OK"),  # a block is an answer: promptFeedback
    e.MissingKey: (403, "PERMISSION_DENIED"),
    e.InvalidKey: (400, "INVALID_ARGUMENT"),
    e.Forbidden: (403, "PERMISSION_DENIED"),
    e.UnknownModel: (404, "NOT_FOUND"),
    e.UnknownRoute: (404, "NOT_FOUND"),
    e.UnknownFile: (403, "PERMISSION_DENIED"),
    e.QueueFull: (429, "RESOURCE_EXHAUSTED"),
    e.RateLimited: (429, "RESOURCE_EXHAUSTED"),
    e.Cancelled: (499, "CANCELLED"),
    e.DeadlineExceeded: (504, "DEADLINE_EXCEEDED"),
    e.EngineFailed: (500, "INTERNAL"),
    e.OutOfMemory: (400, "FAILED_PRECONDITION"),  # asking again for the same will not help; 5xx would be retried
    e.EngineUnavailable: (503, "UNAVAILABLE"),
    e.ConfigError: (500, "INTERNAL"),
    e.InternalError: (500, "INTERNAL"),
}

# The vendor's own words, which client code matches on. Other leaves speak their own sentence.
_SAID: Mapping[type[e.CavendishError], str] = {
    e.MissingKey: "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
                  "other form of API consumer identity to call this API.",
    e.InvalidKey: "API key not valid. Please pass a valid API key.",
}
_BEFORE: Mapping[type[e.CavendishError], str] = {
    e.BadImage: "Unable to process input image. ",
    e.RateLimited: "You exceeded your current quota, please check your plan and billing details. ",
    e.QueueFull: "The model is overloaded. Please try again later. ",
    e.DeadlineExceeded: "Deadline expired before operation could complete. ",
}

# Fields of our values -> where the caller wrote them.
_IMAGE = "generation_config.image_config."
_PATHS: Mapping[str, str] = {
    "prompt": "contents", "references": "contents", "count": "generation_config.candidate_count",
    "seed": "generation_config.seed", "model": "model",
    **{name: _IMAGE + name for name in ("mask", "steps", "guidance_scale", "negative_prompt", "text_layers",
                                        "partial_images", "aspect_ratio")},
    "tier": _IMAGE + "image_size", "size": _IMAGE + "image_size", "output.mime": _IMAGE + "image_output_options.mime_type",
    "output.quality": _IMAGE + "image_output_options.compression_quality", "output.bit_depth": _IMAGE + "bit_depth",
    "output.background": _IMAGE + "background",
}
_REASONS = {"prohibited_content": "PROHIBITED_CONTENT"}  # category -> blockReason, else SAFETY


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an error's words need to know about the call."""

    model: str = ""
    method: str = "generateContent"
    version: str = "v1beta"
    prompt_tokens: int = 0
    response_id: str = ""


def context(path: str) -> Context:
    """Read version, model and method off a URL path."""
    match = re.search(r"/(v1(?:beta1?|alpha)?)(?:/.*)?/(?:models|tunedModels)/([^:]+)(?::(\w+))?$", path)
    if match is None:
        version = re.match(r"/(v1(?:beta1?|alpha)?)/", path)
        return Context(version=version[1] if version else "v1beta", method="")
    return Context(version=match[1], model=match[2].removeprefix("models/"), method=match[3] or "")


def render(error: e.CavendishError, about: Context | None = None) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return HTTP status, body and headers."""
    about = about or Context()
    if isinstance(error, e.Blocked):
        return 200, blocked(error, about), {}
    code, status = CODES[type(error)]
    said = message(error, about)
    body = {"error": {"code": code, "message": said, "status": status, "details": _details(error, said, about)}}
    wait_s = error.retry_after_s
    return code, body, {} if wait_s is None else {"retry-after": str(math.ceil(wait_s))}


def message(error: e.CavendishError, about: Context) -> str:
    """The vendor's sentence where clients match on it, else ours; always with what to do next."""
    kind = type(error)
    if isinstance(error, e.UnknownModel | e.UnknownRoute) and about.method:
        name = error.model.removeprefix("models/") if isinstance(error, e.UnknownModel) else about.model
        said = (f"models/{name[:100]} is not found for API version {about.version}, or is not supported for {about.method}. "
                "Call ListModels to see the list of available models and their supported methods.")
        return said if isinstance(error, e.UnknownModel) else f"{said} {error.sentence()}"
    if kind in _SAID:
        return _SAID[kind]
    before = _BEFORE.get(kind, "")
    if error.retry_after_s is not None:
        return f"{before}{error.message}\nPlease retry in {error.retry_after_s:g}s."
    return before + error.sentence()


def blocked(error: e.Blocked, about: Context) -> dict[str, Any]:
    """A refused prompt: 200 without candidates."""
    reason = next((_REASONS[c] for c in error.categories if c in _REASONS), "SAFETY")
    ratings = [{"category": "HARM_CATEGORY_" + c.upper(), "probability": error.probability.upper(), "blocked": True}
               for c in error.categories]
    usage: dict[str, Any] = {"promptTokenCount": about.prompt_tokens, "totalTokenCount": about.prompt_tokens}
    body = {"promptFeedback": {"blockReason": reason, "blockReasonMessage": error.sentence(), "safetyRatings": ratings},
            "usageMetadata": usage, "modelVersion": about.model}
    return body | ({"responseId": about.response_id} if about.response_id else {})


def _details(error: e.CavendishError, said: str, about: Context) -> list[dict[str, Any]]:
    if isinstance(error, e.InvalidKey):
        return [{"@type": _RPC + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
                 "metadata": {"service": "generativelanguage.googleapis.com"}},
                {"@type": _RPC + "LocalizedMessage", "locale": "en-US", "message": said}]
    info = {"@type": _RPC + "ErrorInfo", "reason": error.code.upper(), "domain": "cavendish",
            "metadata": {"retryable": str(error.retryable).lower(), "hint": error.hint}}
    return [*_violations(error, said), *_quota(error, about), info]


def _violations(error: e.CavendishError, said: str) -> list[dict[str, Any]]:
    """BadRequest: one violation for each line about a field."""
    if not isinstance(error, e.InvalidRequest) or not (error.field or isinstance(error, e.UnknownField)):
        return []
    path = _PATHS.get(error.field, error.field)
    found = []
    for line in error.message.split("\n") if isinstance(error, e.UnknownField) else [said]:
        match = _LINE.match(line)
        at = (match["path"] or match["value"] or "") if match else path
        found.append(({"field": at} if at else {}) | {"description": line})
    return [{"@type": _RPC + "BadRequest", "fieldViolations": found}]


def _quota(error: e.CavendishError, about: Context) -> list[dict[str, Any]]:
    if not isinstance(error, e.Busy):
        return []
    per_key = isinstance(error, e.RateLimited)
    violation = {"quotaMetric": "cavendish/" + ("requests_per_key" if per_key else "queue_places"),
                 "quotaId": "RequestsPerKey" if per_key else "QueuePlaces", "description": error.message,
                 "quotaDimensions": {"location": "global", "model": about.model}}
    wait_s = error.retry_after_s
    retry = [] if wait_s is None else [{"@type": _RPC + "RetryInfo", "retryDelay": f"{wait_s:g}s"}]
    return [{"@type": _RPC + "QuotaFailure", "violations": [violation]}, *retry]
