"""Pictures that the OpenAI client tests send, and a reader for those that come back."""

import base64
import io

from PIL import Image, ImageDraw

BLOCKED = "a pornographic poster"


def opened(b64: str | None) -> Image.Image:
    assert b64 is not None
    picture = Image.open(io.BytesIO(base64.b64decode(b64, validate=True)))
    picture.load()
    return picture


def photo(color: tuple[int, ...] = (200, 60, 40), size: tuple[int, int] = (512, 512), kind: str = "PNG") -> bytes:
    """A small picture with some structure."""
    picture = Image.new("RGB", size, color)
    ImageDraw.Draw(picture).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill=(20, 90, 200))
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def hole(size: tuple[int, int], box: tuple[int, int, int, int]) -> bytes:
    """A mask in OpenAI's manner: transparent where to repaint."""
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), box)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
