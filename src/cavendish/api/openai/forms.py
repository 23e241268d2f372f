"""Bodies -> plain mappings. A multipart form and a JSON object of the same call read alike; files become bytes."""

import re
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cavendish.api import edge
from cavendish.errors import InvalidBody

MAX_PARTS = 256
MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of a request; `form` says that scalars are text."""

    fields: dict[str, Any]
    form: bool


@dataclass(slots=True)
class _Part:
    name: str = ""
    is_file: bool = False
    data: bytearray = field(default_factory=bytearray)


def read(body: bytes, content_type: str) -> Body:
    """Read JSON or multipart/form-data. Raises InvalidBody."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return Body(edge.json_object(body), form=False)  # curl -d sends JSON under a form's type
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise InvalidBody("the multipart body names no boundary", hint="let your HTTP client set the Content-Type header")
    fields: dict[str, Any] = {}
    for part in _parts(body, boundary):
        _place(fields, part)
    return Body(fields, form=True)


def _place(fields: dict[str, Any], part: _Part) -> None:
    """Put a part where its bracketed name says: a, a[], a[0], a[b][c]."""
    keys = re.findall(r"[^\[\]]+", part.name[:300])
    listed = part.name.endswith("[]") or (len(keys) > 1 and keys[-1].isdigit())
    keys = keys[:-1] if len(keys) > 1 and keys[-1].isdigit() else keys
    if not keys or len(keys) > MAX_DEPTH:
        raise InvalidBody(f"the form field name {part.name[:60]!r} is not understood", hint="name it like prompt or image[]")
    at = fields
    for key in keys[:-1]:
        at = at.setdefault(key, {})
        if not isinstance(at, dict):
            raise InvalidBody(f"the form field {key[:60]!r} is both a value and an object", hint="send it once")
    value = bytes(part.data) if part.is_file else _text(part)
    before = at.get(keys[-1])
    if before is None:
        at[keys[-1]] = [value] if listed else value
    else:
        at[keys[-1]] = [*(before if isinstance(before, list) else [before]), value]


def _text(part: _Part) -> str:
    try:
        return part.data.decode()
    except UnicodeDecodeError as exc:
        raise InvalidBody(f"the form field {part.name[:60]!r} is not UTF-8 text", hint="send files with a file name") from exc


def _parts(body: bytes, boundary: bytes) -> list[_Part]:
    parts: list[_Part] = []
    header = [bytearray(), bytearray()]
    ended: list[bool] = []

    def begin() -> None:
        if len(parts) >= MAX_PARTS:
            raise InvalidBody(f"the form has more than {MAX_PARTS} parts", hint="send fewer fields")
        parts.append(_Part())

    def header_end() -> None:
        if header[0].lower() == b"content-disposition":
            _, options = parse_options_header(bytes(header[1]))
            parts[-1].name = options.get(b"name", b"").decode("utf-8", "replace")
            parts[-1].is_file = b"filename" in options
        header[0], header[1] = bytearray(), bytearray()

    parser = MultipartParser(boundary, {
        "on_part_begin": begin,
        "on_header_field": lambda data, start, end: header[0].extend(data[start:end]),
        "on_header_value": lambda data, start, end: header[1].extend(data[start:end]),
        "on_header_end": header_end,
        "on_part_data": lambda data, start, end: parts[-1].data.extend(memoryview(data)[start:end]),
        "on_end": lambda: ended.append(True),
    })
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as exc:
        raise InvalidBody("the multipart body cannot be read", hint="let your HTTP client write it") from exc
    if not ended:
        raise InvalidBody("the multipart body ends early", hint="send it whole, with its closing boundary")
    return parts
