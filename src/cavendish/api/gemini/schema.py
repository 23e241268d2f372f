"""Reads a JSON request against fields.toml: either casing at every depth in, snake_case values of checked types out.

It knows names and types, never what they mean.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from cavendish.api import edge
from cavendish.errors import InvalidValue, UnknownField

_PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta."
_INT = {"int32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1)}
_MAX_UNKNOWN = 20  # names that one error lists
_SHOWN = 60  # characters of a caller's value that an error repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The tables of fields.toml. `names` maps both spellings of each message's fields to the snake_case one."""

    messages: Mapping[str, Mapping[str, str]]
    names: Mapping[str, Mapping[str, str]]
    enums: Mapping[str, Mapping[str, int]]
    shorthands: Mapping[str, str]
    refused: tuple[Mapping[str, str], ...]
    ranges: Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class _Reading:
    """One request being read: the tables, and the unknown names found so far as (name, path)."""

    schema: Schema
    unknown: list[tuple[str, str, str]] = field(default_factory=list)


def camel(name: str) -> str:
    """Spell a snake_case name the way answers do: `image_config` -> `imageConfig`."""
    return re.sub(r"(?<=.)_([a-z0-9])", lambda m: m[1].upper(), name)


@lru_cache(maxsize=1)
def schema() -> Schema:
    """Load fields.toml once."""
    raw = tomllib.loads(files("cavendish.api.gemini").joinpath("fields.toml").read_text("utf-8"))
    plain = {name: {k: v for k, v in table.items() if k != "+"} for name, table in raw["messages"].items()}
    messages = {name: plain.get(table.get("+", ""), {}) | plain[name] for name, table in raw["messages"].items()}
    return Schema(messages=messages, enums=raw["enums"], shorthands=raw["shorthands"], refused=tuple(raw["refused"]),
                  ranges={k: (v[0], v[1]) for k, v in raw["ranges"].items()},
                  names={m: {s: k for k in table for s in (k, camel(k))} for m, table in messages.items()})


def read(message: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with snake_case names, decoded bytes and upper-case enum names; nulls are left out.

    Raises UnknownField naming every unknown name, or InvalidValue naming the first value of a wrong type.
    """
    reading = _Reading(schema())
    result = _message(reading, message, body, "")
    if reading.unknown:
        lines = [f'Invalid JSON payload received. Unknown name "{name[:_SHOWN]}"{_at(path)}: Cannot find field.'
                 for name, path, _ in reading.unknown[:_MAX_UNKNOWN]]
        hint = next((h for _, _, h in reading.unknown if h), "leave it out")
        raise UnknownField("\n".join(lines), field=reading.unknown[0][1], hint=hint)
    return result


def _at(path: str) -> str:
    return f" at '{path}'" if path else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _message(reading: _Reading, kind: str, value: object, path: str) -> dict[str, Any]:
    shorthand = reading.schema.shorthands.get(kind)
    if shorthand is not None and isinstance(value, str):
        value = {shorthand: value}
    if not isinstance(value, dict):
        raise wrong(path, _PACKAGE + kind, value, "send an object")
    fields, names = reading.schema.messages[kind], reading.schema.names[kind]
    result: dict[str, Any] = {}
    for spelled, item in value.items():
        name = names.get(spelled)
        if name is None:
            reading.unknown.append((spelled, path, _near(spelled, kind, reading.schema)))
        elif item is not None:
            _put(result, name, _value(reading, fields[name], item, _join(path, name)), path)
    return result


def _put(result: dict[str, Any], name: str, value: object, path: str) -> None:
    """Store a field; the same name in both spellings may repeat a value or add to an object, never contradict."""
    before = result.get(name, value)
    if isinstance(before, dict) and isinstance(value, dict) and before is not value:
        clash = next((k for k in before.keys() & value.keys() if before[k] != value[k]), None)
        if clash is None:
            result[name] = before | value
            return
        before, name, path = before[clash], clash, _join(path, name)
        value = None
    if before != value:
        raise InvalidValue(f"Invalid value at '{_join(path, name)}', the field is set twice", field=_join(path, name),
                           hint="spell it one way")
    result[name] = value


def _near(spelled: str, kind: str, tables: Schema) -> str:
    """Suggest where an unknown name belongs: the same message in another spelling, or another message."""
    folded = spelled.replace("_", "").lower()
    for owner in (kind, *tables.messages):
        for name in tables.messages[owner]:
            if name.replace("_", "") == folded:
                return f"did you mean {camel(name)}{'' if owner == kind else ' of ' + owner}?"
    return ""


def _value(reading: _Reading, kind: str, value: object, path: str) -> object:
    if kind.endswith("[]"):
        items = value if isinstance(value, list) else [value]
        if not isinstance(value, list) and kind.removesuffix("[]") in _SCALARS:
            raise wrong(path, _type_name(kind), value, "send a list")
        return [_value(reading, kind.removesuffix("[]"), item, f"{path}[{i}]") for i, item in enumerate(items)]
    if kind == "any":
        return value
    if isinstance(value, list):
        raise InvalidValue(f"Invalid JSON payload received. Unknown name \"{path.rpartition('.')[2]}\""
                           f"{_at(path.rpartition('.')[0])}: Proto field is not repeating, cannot start list.",
                           field=path, hint="send one value")
    if kind in reading.schema.messages:
        return _message(reading, kind, value, path)
    if kind in reading.schema.enums:
        return _enum(reading.schema.enums[kind], kind, value, path)
    return _SCALARS[kind](kind, value, path)


def wrong(path: str, type_name: str, value: object, hint: str) -> InvalidValue:
    """The vendor's words for a value of a wrong type."""
    return InvalidValue(f"Invalid value at '{path}' ({type_name}), {_shown(value)}", field=path, hint=hint)


def _shown(value: object) -> str:
    text = edge.dump(value[:_SHOWN + 1] if isinstance(value, str) else value).decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _type_name(kind: str) -> str:
    names = {"double": "TYPE_DOUBLE", "signature": "TYPE_BYTES", "map": "TYPE_MESSAGE"}
    return names.get(kind, "TYPE_" + kind.removesuffix("[]").upper())


def _enum(table: Mapping[str, int], kind: str, value: object, path: str) -> str:
    """Read an enum by name in any case, or by number as the legacy Python client sends it."""
    if isinstance(value, str) and value.upper() in table:
        return value.upper()
    if isinstance(value, int) and not isinstance(value, bool) and value in table.values():
        return next(name for name, number in table.items() if number == value)
    raise wrong(path, _PACKAGE + kind, value, "use one of " + ", ".join(table))


def _string(kind: str, value: object, path: str) -> str:
    if not isinstance(value, str):
        raise wrong(path, _type_name(kind), value, "send a string")
    return value


def _boolean(kind: str, value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(path, _type_name(kind), value, "send true or false")
    return value


def _number(kind: str, value: object, path: str) -> float:
    """Read a number; proto JSON also writes it as a string."""
    try:
        number = float(cast(Any, value)) if not isinstance(value, bool | dict) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not -1e308 < number < 1e308:
        raise wrong(path, _type_name(kind), value, "send a number")
    return number


def _integer(kind: str, value: object, path: str) -> int:
    number: float | int | None = value if isinstance(value, int) and not isinstance(value, bool) else None
    if (isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,20}", value)) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    low, high = _INT[kind]
    if number is None or not low <= number <= high:
        raise wrong(path, _type_name(kind), value, f"send a whole number from {low} to {high}")
    return int(number)


def _bytes(kind: str, value: object, path: str) -> bytes:
    text = _string(kind, value, path)
    try:
        return edge.unb64(text, path)
    except InvalidValue as exc:
        raise InvalidValue(f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for {_shown(text)}",
                           field=path, hint=exc.hint) from exc


def _signature(_kind: str, value: object, path: str) -> bytes:
    """Read a thought signature: never required, and garbage counts as none."""
    try:
        return edge.unb64(cast(str, value), path)
    except InvalidValue:
        return b""


def _map(kind: str, value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(path, _type_name(kind), value, "send an object")
    return value


_SCALARS: Mapping[str, Callable[[str, object, str], object]] = {
    "string": _string, "bool": _boolean, "double": _number, "int32": _integer, "int64": _integer, "bytes": _bytes,
    "signature": _signature, "map": _map,
}
