"""Bytes from strangers to pixels. The one gate: format by magic bytes, size before pixels, then 8-bit sRGB, upright.

Order: file size → allow-list → claimed size → structure → decode with one named decoder → size again → orientation →
profile to sRGB → RGB or straight RGBA of 8 bits. Animated files give their first frame. Metadata never passes.

The functions here decode in this process. A server opens strangers' files through an `Intake` instead: `imaging.sandbox`
does the same work in processes that may die of it. What each kind of file gets is in docs/intake.md.
"""

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyvips
import simplejpeg
from PIL import Image, ImageCms

from cavendish.errors import BadImage, TooLarge
from cavendish.imaging import header
from cavendish.imaging.raster import Array, is_opaque, luma, view, with_channels, wrap
from cavendish.types import MAX_FILE_BYTES, Pixels, Size

_LOSSY = frozenset({"JPEG", "WEBP", "AVIF"})
_ORIENTATION = 0x0112
_TURNS: dict[int, Callable[[Array], Array]] = {  # EXIF 2.32, orientation: what stands it upright
    2: lambda rows: rows[:, ::-1], 3: lambda rows: rows[::-1, ::-1], 4: lambda rows: rows[::-1],
    5: lambda rows: rows.swapaxes(0, 1), 6: lambda rows: np.rot90(rows, -1),
    7: lambda rows: rows[::-1, ::-1].swapaxes(0, 1), 8: np.rot90,
}
_BANDS = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_PROFILE_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_MAX_PROFILE_BYTES = 4 * 2**20
# What decoders raise on hostile input, collected from Pillow 13's and simplejpeg's sources.
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, ArithmeticError,
                   RuntimeError, AttributeError, AssertionError, struct.error, zlib.error, Image.DecompressionBombError,
                   Warning,  # a process may turn warnings into errors
                   ImageCms.PyCMSError, pyvips.Error)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one input picture may be."""

    file_bytes: int = MAX_FILE_BYTES
    pixels: int = 50_000_000
    side_px: int = 16_384


LIMITS = Limits()


class Intake(Protocol):
    """Where input pictures are opened. Safe from many threads; errors as `open_picture` and `open_mask` below."""

    def open_picture(self, data: bytes) -> Pixels: ...
    def open_mask(self, data: bytes, size: Size, alpha_marks_edit: bool = False) -> Pixels: ...
    def start(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """An Intake that decodes right here: for one's own files, and where worker processes cannot be had."""

    limits: Limits = LIMITS

    def open_picture(self, data: bytes) -> Pixels:
        """As the function of this name."""
        return open_picture(data, self.limits)

    def open_mask(self, data: bytes, size: Size, alpha_marks_edit: bool = False) -> Pixels:
        """As the function of this name."""
        return open_mask(data, size, alpha_marks_edit, self.limits)

    def start(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        """Nothing to close."""


IN_PROCESS = InProcess()


def probe(data: bytes) -> Size:
    """Read the size a file claims, before EXIF orientation, without decoding. Raises BadImage."""
    return header.read(data).size


def open_picture(data: bytes, limits: Limits = LIMITS) -> Pixels:
    """Open PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP as upright 8-bit sRGB with 3 channels, or 4 when something is transparent.

    Raises BadImage (cannot be opened) or TooLarge (over `limits`), each saying what to do.
    """
    pixels = _open(data, limits)[1]
    if pixels.channels == 4 and not is_opaque(pixels):
        return pixels
    return with_channels(pixels, 3)


def open_mask(data: bytes, size: Size, alpha_marks_edit: bool = False, limits: Limits = LIMITS) -> Pixels:
    """Open a mask of `size`: one channel, white = repaint, gray = in part.

    With `alpha_marks_edit` a file that has transparency is read by it (transparent = repaint); otherwise white marks.
    Files of lossy formats are cut at half, since their black is never quite black. Raises BadImage when the size is
    another or nothing is marked, TooLarge as `open_picture`.
    """
    kind, pixels = _open(data, limits)
    if pixels.size != size:
        raise BadImage(f"the mask is {pixels.size} and the picture {size}", field="mask",
                       hint=f"send a mask of exactly {size}")
    by_alpha = alpha_marks_edit and not is_opaque(pixels)
    marks = 255 - view(pixels)[..., 3] if by_alpha else luma(with_channels(pixels, 3))
    if kind in _LOSSY:
        marks = np.where(marks >= 128, 255, 0).astype(np.uint8)
    if not marks.any():
        how = "make the part to repaint transparent" if alpha_marks_edit else "paint the part to repaint white"
        raise BadImage("the mask marks no pixel", field="mask", hint=how)
    return wrap(marks)


def admit(data: bytes, limits: Limits = LIMITS) -> header.Header:
    """Check everything that can be checked without a decoder, and cheaply. Raises BadImage or TooLarge."""
    if len(data) > limits.file_bytes:
        raise TooLarge(f"the picture's file has {len(data)} bytes", hint=f"send at most {limits.file_bytes}")
    found = header.read(data)
    _check_size(found.size, limits)
    return found


def _open(data: bytes, limits: Limits) -> tuple[str, Pixels]:
    found = admit(data, limits)
    if found.kind == "PNG":
        header.check_png_chunks(data)
    elif found.kind == "JPEG":
        header.check_jpeg_scans(data, found.size)
    try:
        return found.kind, _decode(data, found, limits)
    except MemoryError as exc:
        raise BadImage(f"opening the {found.kind} picture needs more memory than a picture of {found.size} may take",
                       hint="save the file again in an image editor, as an 8-bit PNG or JPEG") from exc
    except _DECODER_ERRORS as exc:
        raise BadImage(f"the {found.kind} picture is damaged, cut off, or of a kind that cannot be opened",
                       hint="save the file again in an image editor, as an 8-bit PNG or JPEG") from exc


def _check_size(size: Size, limits: Limits) -> None:
    if max(size.width, size.height) > limits.side_px or size.pixels > limits.pixels:
        raise TooLarge(f"the picture is {size}",
                       hint=f"scale it down to sides of at most {limits.side_px} and {limits.pixels // 10**6} megapixels")


def _decode(data: bytes, found: header.Header, limits: Limits) -> Pixels:
    with Image.open(io.BytesIO(data), formats=(found.kind,)) as image:
        _check_size(Size(*image.size), limits)  # the decoder's own opinion, in case the header lied to one of us
        profile = image.info.get("icc_profile")
        rows = _jpeg(data) if found.kind == "JPEG" and image.mode == "RGB" and not profile else None
        if rows is None:
            rows = _srgb(_eight_bits(data, image, found), profile)
        return wrap(_turned(rows, image))


def _jpeg(data: bytes) -> Array | None:
    """Decode fast; None for files with harmless slips, which it refuses: then Pillow decides."""
    with suppress(ValueError):
        return np.asarray(simplejpeg.decode_jpeg(data, "RGB"))
    return None


def _srgb(plain: Image.Image, profile: bytes | None) -> Array:
    """Return RGB or RGBA in sRGB, as stored."""
    if plain.mode in ("P", "PA", "1") or plain.has_transparency_data:
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    if profile:
        plain = _to_srgb(plain, profile)
    return np.asarray(plain if plain.mode == "RGBA" else plain.convert("RGB"))


def _eight_bits(data: bytes, image: Image.Image, found: header.Header) -> Image.Image:
    """Decode. Sixteen bits are rounded here, since Pillow would cut the low byte off."""
    if found.kind == "PNG" and found.deep:
        deep = pyvips.Image.pngload_buffer(data, fail_on="error", access="sequential")
        plain = (deep * (255 / 65_535)).rint().cast("uchar")
        return Image.frombytes(_BANDS[plain.bands], (plain.width, plain.height), plain.write_to_memory())
    image.load()
    if image.mode.startswith("I;16"):
        return Image.fromarray(((np.asarray(image).astype(np.uint32) * 255 + 32_895) >> 16).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32-bit samples have no fixed white")
    return image


def _turned(rows: Array, image: Image.Image) -> Array:
    """Stand the picture upright. EXIF that cannot be read turns nothing."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _DECODER_ERRORS:
        return rows
    return turn(rows) if turn else rows


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert through the embedded profile. One that is broken, huge or for another kind of colour is left aside."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    color = image.convert("RGB") if alpha else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile[:_MAX_PROFILE_BYTES]))
        if source.profile.xcolor_space.strip() != _PROFILE_SPACES.get(color.mode):
            return image
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), color.mode, "RGB")
        if color.mode == "RGB" and _changes_nothing(transform):
            return image
        color = ImageCms.applyTransform(color, transform) or color
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    if alpha is not None:
        color.putalpha(alpha)
    return color


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """True when a 9x9x9 grid of colours moves by at most one level: the profile is sRGB by whatever name."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(grid), transform))
    return int(np.abs(moved.astype(np.int16) - grid).max()) <= 1
