"""What each route accepts, from fields.toml, and one reader that checks a body against it."""

import difflib
import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson

from cavendish.errors import InvalidValue, UnknownField, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One known name."""

    kind: str
    routes: tuple[str, ...]
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    same_as: str = ""
    refuse: str = ""
    ours: bool = False
    no_effect: bool = False


@lru_cache(maxsize=1)
def known() -> Mapping[str, Field]:
    """Load the table once."""
    raw = tomllib.loads(files("cavendish.api.openai").joinpath("fields.toml").read_text("utf-8"))
    return {name: _field(entry) for name, entry in raw.items()}


def _field(entry: Mapping[str, Any]) -> Field:
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    return Field(**plain)


def read(raw: Mapping[str, Any], route: str, *, form: bool = False, path: str = "") -> dict[str, Any]:
    """Check the fields of one object and return them by their main names; null counts as absent.

    `form`: scalars come as text and are converted. Raises UnknownField, Unsupported, InvalidValue naming `path` + field.
    """
    values: dict[str, Any] = {}
    for name, value in raw.items():
        spec = known().get(name)
        if spec is None or route not in spec.routes:
            raise UnknownField(f"Unknown parameter: '{path}{name[:80]}'", field=f"{path}{name[:80]}", hint=_near(name, route))
        if value is None or (spec.no_effect and spec.kind == "any"):
            continue
        if spec.refuse:
            if value not in ([], {}, "", False):
                raise Unsupported(f"'{path}{name}' is not supported", field=path + name, hint=spec.refuse)
            continue
        values[spec.same_as or name] = _value(path + name, spec, value, form)
    return values


def _near(name: str, route: str) -> str:
    names = [n for n, spec in known().items() if route in spec.routes]
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean '{near[0]}'?" if near else "leave it out, or see docs/reference/openai.md for the names"


def _value(name: str, spec: Field, value: Any, form: bool) -> Any:  # noqa: ANN401  JSON in, checked JSON out
    if form and isinstance(value, str):
        value = _from_text(name, spec, value)
    wanted, fits = _KINDS[spec.kind]
    if not fits(value):
        shown = json.dumps(value, ensure_ascii=False, default=str)[:60]
        raise InvalidValue(f"Invalid type for '{name}': {shown}", field=name, hint=f"send {wanted}")
    if spec.choices and value not in spec.choices:
        raise InvalidValue(f"Invalid value: {value[:60]!r} for '{name}'", field=name,
                           hint="use one of " + ", ".join(spec.choices))
    if spec.low is not None and spec.high is not None and not spec.low <= value <= spec.high:
        raise InvalidValue(f"Invalid value for '{name}': out of range", field=name, hint=f"use {spec.low} to {spec.high}")
    return value


def _from_text(name: str, spec: Field, text: str) -> Any:  # noqa: ANN401  what a form's text stands for
    reader = _READERS.get(spec.kind)
    if reader is None:
        return text
    try:
        return reader(text.strip())
    except ValueError as exc:
        raise InvalidValue(f"Invalid value for '{name}': {text[:40]!r}", field=name,
                           hint=f"send {_KINDS[spec.kind][0]}") from exc


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,24}", text):  # int() also takes underscores, and a million digits
        raise ValueError(text)
    return int(text)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_BOOLEANS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": _integer, "number": float, "boolean": _boolean, "object": orjson.loads, "list": orjson.loads,
}
_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a string", lambda v: isinstance(v, str)),
    "integer": ("an integer", lambda v: isinstance(v, int) and not isinstance(v, bool)),
    "number": ("a number", _is_number),
    "boolean": ("true or false", lambda v: isinstance(v, bool)),
    "object": ("an object", lambda v: isinstance(v, dict)),
    "list": ("an array", lambda v: isinstance(v, list)),
    "any": ("a value", lambda _: True),
}
