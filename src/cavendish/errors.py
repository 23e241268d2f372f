"""The error tree. Each leaf says what to do next; every dialect maps every leaf (a test enforces it).

CavendishError                 code                 again?
├─ InvalidRequest              (never raised bare)         the caller can fix it
│  ├─ InvalidBody              invalid_body         no     the body is not what the route reads
│  ├─ UnknownField             unknown_field        no     a name the API does not have
│  ├─ InvalidValue             invalid_value        no     a known name with a value out of range
│  ├─ Unsupported              unsupported          no     legal words, but this model cannot do it
│  ├─ BadImage                 bad_image            no     an input picture that cannot be opened
│  ├─ TooManyReferences        too_many_references  no     more input pictures than the model takes
│  ├─ TooLarge                 too_large            no     the body or a picture is over a limit
│  └─ Blocked                  blocked              no     policy refused the words
├─ AccessError                 (never raised bare)
│  ├─ MissingKey               missing_key          no     no API key was sent
│  ├─ InvalidKey               invalid_key          no     the key is not one of ours
│  └─ Forbidden                forbidden            no     the key may not do this
├─ NotFound                    (never raised bare)
│  ├─ UnknownModel             unknown_model        no     no such model id
│  ├─ UnknownRoute             unknown_route        no     no such path or method
│  └─ UnknownFile              unknown_file         no     no such stored picture, or it expired
├─ Busy                        (never raised bare)
│  ├─ QueueFull                queue_full           yes    the queue is at its bound
│  └─ RateLimited              rate_limited         yes    this key asked too often
├─ Cancelled                   cancelled            yes    the caller went away or asked to stop
├─ DeadlineExceeded            deadline             yes    the request's own time limit passed
├─ EngineError                 (never raised bare)
│  ├─ EngineFailed             engine_failed        yes    the model or its runtime failed
│  ├─ OutOfMemory              out_of_memory        no     a smaller size may fit
│  └─ EngineUnavailable        engine_unavailable   no     the engine's weights or key are not installed
├─ ConfigError                 config               no     settings or installation are wrong
└─ InternalError               internal             yes    a defect of ours; the details are in the log

A picture that could not be made for a reason of its own (policy, nothing to edit) is not an error: it is a
`Picture` whose `finish_reason` says why.
"""

from collections.abc import Iterator
from typing import ClassVar


class CavendishError(Exception):
    """Base of everything we raise on purpose. `hint` tells the reader what to do next."""

    code: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", field: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field  # dotted path of the offending field, in snake_case, "" when there is none
        self.retry_after_s = retry_after_s

    def sentence(self) -> str:
        """The message and the hint as one line of prose."""
        return f"{self.message.rstrip('.')}. {self.hint[:1].upper()}{self.hint[1:]}" if self.hint else self.message


class InvalidRequest(CavendishError):
    """The caller can fix it."""


class InvalidBody(InvalidRequest):
    code = "invalid_body"


class UnknownField(InvalidRequest):
    code = "unknown_field"


class InvalidValue(InvalidRequest):
    code = "invalid_value"


class Unsupported(InvalidRequest):
    code = "unsupported"


class BadImage(InvalidRequest):
    code = "bad_image"


class TooManyReferences(InvalidRequest):
    code = "too_many_references"


class TooLarge(InvalidRequest):
    code = "too_large"


class Blocked(InvalidRequest):
    """Policy refused the words. `categories` are catalog ids such as `dangerous_content`; `probability` is low to high."""

    code = "blocked"

    def __init__(self, message: str, *, categories: tuple[str, ...] = (), probability: str = "high", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.categories = categories
        self.probability = probability


class AccessError(CavendishError):
    """Who asks is not settled, or may not."""


class MissingKey(AccessError):
    code = "missing_key"


class InvalidKey(AccessError):
    code = "invalid_key"


class Forbidden(AccessError):
    code = "forbidden"


class NotFound(CavendishError):
    """The thing named does not exist."""


class UnknownModel(NotFound):
    """`model` is the id as the caller wrote it."""

    code = "unknown_model"

    def __init__(self, model: str, *, hint: str = "") -> None:
        super().__init__(f"unknown model {model[:100]!r}", hint=hint, field="model")
        self.model = model


class UnknownRoute(NotFound):
    code = "unknown_route"


class UnknownFile(NotFound):
    code = "unknown_file"


class Busy(CavendishError):
    """Come back later; `retry_after_s` says when."""

    retryable = True


class QueueFull(Busy):
    code = "queue_full"


class RateLimited(Busy):
    code = "rate_limited"


class Cancelled(CavendishError):
    code = "cancelled"
    retryable = True


class DeadlineExceeded(CavendishError):
    code = "deadline"
    retryable = True


class EngineError(CavendishError):
    """The model or its runtime failed."""


class EngineFailed(EngineError):
    code = "engine_failed"
    retryable = True


class OutOfMemory(EngineError):
    code = "out_of_memory"


class EngineUnavailable(EngineError):
    code = "engine_unavailable"


class ConfigError(CavendishError):
    code = "config"


class InternalError(CavendishError):
    code = "internal"
    retryable = True


def leaves(kind: type[CavendishError] = CavendishError) -> Iterator[type[CavendishError]]:
    """Yield every concrete error, for the tests that walk them through dialects and docs."""
    below = kind.__subclasses__()
    if not below:
        yield kind
    for child in below:
        yield from leaves(child)
