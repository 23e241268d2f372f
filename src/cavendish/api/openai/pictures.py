"""Input pictures as OpenAI's wire carries them: file parts, data: URLs, objects around them. Names and types are ignored."""

from collections.abc import Mapping
from typing import Any

from cavendish.api import edge
from cavendish.errors import InvalidValue, TooManyReferences, Unsupported
from cavendish.imaging.header import has_alpha
from cavendish.thinking.conversation import Sent
from cavendish.types import MAX_REFERENCES, Mask, Reference, ReferenceRole


def from_url(text: str, field: str) -> Sent:
    """Decode a data: URL, or note an http(s) one, which is fetched later where that is turned on. Raises InvalidValue."""
    if text[:8].lower().startswith(("http://", "https://")):
        return Sent(url=text)
    head, comma, payload = text.partition(",")
    if head[:5].lower() != "data:" or not comma:
        raise InvalidValue(f"'{field}' is not a data: URL", field=field, hint="write it like data:image/png;base64,…")
    if not head.lower().endswith(";base64"):
        raise InvalidValue(f"the data: URL of '{field}' is not base64", field=field,
                           hint="write it like data:image/png;base64,…")
    return Sent(data=edge.unb64(payload, field))


def one(value: Any, field: str) -> Sent:  # noqa: ANN401  a form part or any JSON
    """Return one picture: a file part, a URL, or an object with `image_url`."""
    if isinstance(value, bytes):
        return Sent(data=value)
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
    return tuple(Reference(data=_filled(sent, field).data, url=sent.url,
                           role=ReferenceRole.BASE if i == 0 else ReferenceRole.OBJECT) for i, sent in enumerate(read))


def mask(value: Any, mode: str, feather_px: int) -> Mask:  # noqa: ANN401  see one()
    """Read a mask: transparent = repaint, or white = repaint when mode is "luminance". Raises InvalidValue."""
    sent = _filled(one(value[0] if isinstance(value, list) and value else value, "mask"), "mask")
    if mode == "alpha" and has_alpha(sent.data) is False:
        raise InvalidValue("the mask has no alpha channel", field="mask",
                           hint="make the area to repaint transparent, or send mask_mode=luminance with that area white")
    return Mask(data=sent.data, url=sent.url, alpha_marks_edit=mode == "alpha", feather_px=feather_px)


def _filled(sent: Sent, field: str) -> Sent:
    if not sent.data and not sent.url:
        raise InvalidValue(f"'{field}' is empty", field=field, hint="send the bytes of a PNG, JPEG, WebP or AVIF file")
    return sent
