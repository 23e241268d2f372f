"""What every upstream needs from a request and an answer: words, input pictures, files, masks, secrets kept."""

import re
from dataclasses import dataclass

import numpy as np
import pybase64

from cavendish.engines.remote.dialect import BadAnswer
from cavendish.errors import BadImage
from cavendish.imaging import codec, header
from cavendish.imaging.raster import view, with_channels, with_depth, wrap
from cavendish.types import Asset, ImageRequest, OutputSpec, Pixels, Reference, ReferenceRole

MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_ENDS = {"image/png": b"IEND\xaeB`\x82", "image/jpeg": b"\xff\xd9"}
_KEYS = re.compile(r"(?:sk-|AIza|key=|Bearer )[\w\-.*]{4,}", re.I)  # vendors quote keys in their messages
MAX_WORDS = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """An input picture as the upstream gets it."""

    data: bytes
    mime: str


def prompt(request: ImageRequest) -> str:
    """The whole request in words: what was done before, what is wanted, what must be written, what must not be there."""
    earlier = [f"Already done in earlier turns: {'; '.join(request.history)}."] if request.history else []
    written = [f'Write exactly: "{layer.text}" ({layer.role}).' for layer in request.text_layers]
    avoided = [f"Do not show: {request.negative_prompt}."] if request.negative_prompt else []
    known = [facts] if (facts := request.known()) else []
    return "\n".join([*earlier, request.prompt, *_roles(request), *written, *avoided, *known])


def _roles(request: ImageRequest) -> list[str]:
    """Say what each picture is for; nothing when the only one is the one to edit."""
    roles = {ReferenceRole.BASE: "is the picture to edit", ReferenceRole.STYLE: "shows the style to draw in",
             ReferenceRole.CHARACTER: "shows a person or animal to keep recognisable"}
    found = [f"Image {n} {roles[r.role]}." for n, r in enumerate(ordered(request), start=1) if r.role in roles]
    return found if len(request.references) > 1 else []


def ordered(request: ImageRequest) -> tuple[Reference, ...]:
    """The references with the one to edit first, as the vendors expect."""
    return tuple(sorted(request.references, key=lambda r: r is not request.base))


def upload(reference: Reference) -> Upload:
    """The file as it came where the vendors read its format, else as PNG. Raises BadImage."""
    kind = header.read(reference.data).kind
    if kind in MIMES and not header.is_sequence(reference.data):
        return Upload(reference.data, MIMES[kind])
    if reference.pixels is None:
        raise BadImage("an input picture has not been opened", hint="report it")
    return Upload(codec.encode(with_depth(reference.pixels, 8), OutputSpec()).data, "image/png")


def mask_png(mask: Pixels, *, alpha_marks_edit: bool) -> bytes:
    """The mask as PNG: transparent = repaint (OpenAI), or white = repaint (in words to Google)."""
    rows = view(with_depth(with_channels(mask, 1), 8))
    if not alpha_marks_edit:
        return codec.encode(wrap(rows), OutputSpec()).data
    marked = np.zeros((*rows.shape[:2], 4), dtype=np.uint8)
    marked[..., 3] = np.where(rows[..., 0] > 0, 0, 255)
    return codec.encode(wrap(marked), OutputSpec(background="transparent")).data


def picture_file(text: str | bytes) -> Asset:
    """Decode a base64 picture and check that it is whole, without opening it. Raises BadAnswer."""
    try:
        data = pybase64.b64decode(text, validate=True)
        found = header.read(data)
    except (ValueError, BadImage) as exc:
        raise BadAnswer("it holds something that is not a picture") from exc
    mime = MIMES.get(found.kind, "")
    if not mime:
        raise BadAnswer(f"it holds a picture of kind {found.kind}")
    end = _ENDS.get(mime)
    if end is not None and end not in data[-64:]:
        raise BadAnswer("the picture is cut off")
    return Asset(data=data, mime=mime, size=found.size)


def quoted(message: object, secret: str = "") -> str:
    """A vendor's words, short and without anything that looks like a key."""
    text = " ".join(str(message).split())[:MAX_WORDS]
    if len(secret) >= 4:
        text = text.replace(secret, "[key]")
    return _KEYS.sub("[key]", text)
