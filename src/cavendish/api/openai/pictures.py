"""Input pictures as OpenAI's wire carries them: file parts, data: URLs, objects around them. Names and types are ignored."""

from collections.abc import Iterator, Mapping
from typing import Any

from cavendish.api import edge
from cavendish.errors import InvalidValue, TooManyReferences, Unsupported
from cavendish.types import MAX_REFERENCES, Mask, Reference, ReferenceRole


def from_url(text: str, field: str) -> bytes:
    """Decode a data: URL. Raises InvalidValue; Unsupported for http(s), which is never fetched."""
    head, comma, payload = text.partition(",")
    scheme = head[:5].lower()
    if scheme.startswith("http"):
        raise Unsupported("image URLs are not fetched by this server", field=field,
                          hint="send the picture itself as data:image/png;base64,… or as a multipart file")
    if scheme != "data:" or not comma:
        raise InvalidValue(f"'{field}' is not a data: URL", field=field, hint="write it like data:image/png;base64,…")
    if not head.lower().endswith(";base64"):
        raise InvalidValue(f"the data: URL of '{field}' is not base64", field=field,
                           hint="write it like data:image/png;base64,…")
    return edge.unb64(payload, field)


def one(value: Any, field: str) -> bytes:  # noqa: ANN401  a form part or any JSON
    """Return the bytes of one picture: a file part, a data: URL, or an object with `image_url`."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return from_url(value, field)
    if isinstance(value, Mapping):
        if value.get("file_id"):
            raise Unsupported("uploaded file ids are not known here", field=f"{field}.file_id",
                              hint="send the picture itself as image_url with a data: URL")
        url = value.get("image_url", value.get("url"))
        url = url.get("url") if isinstance(url, Mapping) else url
        if isinstance(url, str):
            return from_url(url, f"{field}.image_url")
    raise InvalidValue(f"'{field}' holds no picture", field=field,
                       hint='send a multipart file, or JSON like {"image_url": "data:image/png;base64,…"}')


def references(value: Any, field: str = "image") -> tuple[Reference, ...]:  # noqa: ANN401  see one()
    """Read one or many pictures: the first is the one to edit, the others are things to use."""
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_REFERENCES:
        raise TooManyReferences(f"{len(items)} input images were sent", field=field, hint=f"send at most {MAX_REFERENCES}")
    many = len(items) > 1
    read = [one(item, f"{field}[{i}]" if many else field) for i, item in enumerate(items)]
    return tuple(Reference(data=_filled(data, field), role=ReferenceRole.BASE if i == 0 else ReferenceRole.OBJECT)
                 for i, data in enumerate(read))


def mask(value: Any, mode: str, feather_px: int) -> Mask:  # noqa: ANN401  see one()
    """Read a mask: transparent = repaint, or white = repaint when mode is "luminance". Raises InvalidValue."""
    data = _filled(one(value[0] if isinstance(value, list) and value else value, "mask"), "mask")
    if mode == "alpha" and has_alpha(data) is False:
        raise InvalidValue("the mask has no alpha channel", field="mask",
                           hint="make the area to repaint transparent, or send mask_mode=luminance with that area white")
    return Mask(data=data, alpha_marks_edit=mode == "alpha", feather_px=feather_px)


def _filled(data: bytes, field: str) -> bytes:
    if not data:
        raise InvalidValue(f"'{field}' is empty", field=field, hint="send the bytes of a PNG, JPEG, WebP or AVIF file")
    return data


def has_alpha(data: bytes) -> bool | None:
    """Tell from its header whether a PNG, WebP or JPEG has transparency; None for other formats."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 25:
        return data[25] in (4, 6) or any(name == b"tRNS" for name in _png_chunks(data))  # colour type of IHDR
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) > 24:
        flags = {b"VP8X": data[20] & 0x10, b"VP8L": data[24] & 0x10, b"VP8 ": 0}  # WebP container spec; VP8L alpha_is_used
        return bool(flags.get(data[12:16], 0))
    return False if data.startswith(b"\xff\xd8") else None


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """Names of the chunks before the pixels."""
    at = 8
    while at + 8 <= len(data) and data[at + 4:at + 8] != b"IDAT":
        yield data[at + 4:at + 8]
        at += 12 + int.from_bytes(data[at:at + 4], "big")
