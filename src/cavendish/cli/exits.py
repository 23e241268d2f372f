"""How a command ends: exit codes, and errors as one sentence with a hint, or as JSON."""

import json
from types import MappingProxyType

import click

from cavendish.errors import (
    AccessError,
    Blocked,
    Cancelled,
    CavendishError,
    ConfigError,
    EngineUnavailable,
    InvalidRequest,
    NotFound,
)

OK, DEFECT, USAGE, NO_IMAGE, CONFIG, ENGINE, NO_PROVENANCE, ALTERED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130

MEANINGS = MappingProxyType({
    OK: "done",
    DEFECT: "a defect of ours: the traceback says where",
    USAGE: "the command line or the request is wrong; nothing was drawn",
    NO_IMAGE: "blocked, or fewer pictures than asked; the message says why",
    CONFIG: "settings, files or the installation are wrong",
    ENGINE: "the engine failed, was too busy or took too long",
    NO_PROVENANCE: "`verify`: nothing says where a picture comes from, which proves nothing",
    ALTERED: "`verify`: something contradicts what a picture says of itself",
    INTERRUPTED: "interrupted by Ctrl-C",
})
EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())

_BY_KIND = ((Blocked, NO_IMAGE), (Cancelled, INTERRUPTED), (EngineUnavailable, CONFIG), (ConfigError, CONFIG),
            (AccessError, CONFIG), (InvalidRequest, USAGE), (NotFound, USAGE), (CavendishError, ENGINE))  # first match wins


def code_of(error: CavendishError) -> int:
    """Return the exit code of an error."""
    return next(code for kind, code in _BY_KIND if isinstance(error, kind))


def report(error: CavendishError | click.ClickException | click.Abort, *, as_json: bool) -> int:
    """Tell an error on stderr and return its exit code."""
    if isinstance(error, CavendishError):
        return _tell(code_of(error), error.code, error.message, error.hint, as_json=as_json, retryable=error.retryable)
    if isinstance(error, click.Abort):
        return _tell(INTERRUPTED, "cancelled", "interrupted", "", as_json=as_json, retryable=True)
    context = getattr(error, "ctx", None)
    hint = f"see `{context.command_path if context else 'cavendish'} --help`"
    return _tell(USAGE, "usage", error.format_message(), hint, as_json=as_json)


def _tell(status: int, code: str, message: str, hint: str, *, as_json: bool, retryable: bool = False) -> int:
    if as_json:
        body = {"code": code, "message": message, "hint": hint, "retryable": retryable, "exit_code": status}
        click.echo(json.dumps({"error": body}, ensure_ascii=False), err=True)
    else:
        click.echo(f"error: {message}" + (f"\nhint: {hint}" if hint else ""), err=True)
    return status
