"""The receipt of a masked edit: with it anybody can check, from both files, that nothing moved outside the mask."""

import base64
import binascii
import bz2
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cavendish.imaging import mask
from cavendish.imaging.raster import Array, view, with_channels, wrap
from cavendish.types import Pixels, Size

LABEL = "org.cavendish.masked-edit"
VERSION = 1
_MAX_AREA_CHARS = 16_384  # of base64: a circle at 4K takes 6,500; a mask of noise does not belong in a file
_MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`mask` and `outside` are sha256 (hex) of the mask's samples and of every pixel it protects, as decoded sRGB.

    `area` is where the mask is not black: one bit a pixel, rows padded to bytes, each xored with the one above, bzip2, base64;
    "" when that is too long. `exact`: the file keeps those pixels bit for bit; False for lossy encodings, where the hash is
    of the pixels before them.
    """

    mask: str
    outside: str
    size: str
    feather_px: int
    area: str
    exact: bool
    version: int = VERSION

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptCheck:
    """What comparing two files by a receipt found. `moved_px` and `worst` (levels of 255) are outside the mask."""

    holds: bool
    moved_px: int = 0
    worst: int = 0
    why: str = ""


def write(base: Pixels, edited: Pixels, area: Pixels, feather_px: int, *, exact: bool) -> Receipt:
    """Make the receipt. Raises ValueError when the three do not lie on each other, or a pixel outside the mask moved."""
    outside = mask.outside_digest(base, area)
    if outside != mask.outside_digest(edited, area):
        raise ValueError("pixels outside the mask have moved")
    return Receipt(mask=area.digest(), outside=outside, size=str(area.size), feather_px=feather_px, area=_packed(area),
                   exact=exact)


def parse(data: object) -> Receipt | None:
    """Read a receipt from JSON; None for anything that is not one."""
    kinds = {"mask": str, "outside": str, "size": str, "feather_px": int, "area": str, "exact": bool, "version": int}
    if not isinstance(data, dict) or any(not isinstance(data.get(name), kind) for name, kind in kinds.items()):
        return None
    return Receipt(**{name: data[name] for name in kinds}) if data["version"] == VERSION else None


def check(receipt: Receipt, original: Pixels, edited: Pixels, area: Pixels | None = None) -> ReceiptCheck:
    """Compare both pictures by the receipt, with the mask it carries or the one given.

    A lossy file cannot hold the hash: then the original is checked, and how far the pixels outside are off is told.
    """
    if not str(original.size) == str(edited.size) == receipt.size:
        return _no(f"the receipt is for {receipt.size}, the original is {original.size} and the edited picture {edited.size}")
    if area is not None and area.digest() != receipt.mask:
        return _no("this is not the mask of the receipt")
    area = area or _unpacked(receipt)
    if area is None:
        return _no("the receipt carries no mask: give the mask, too")
    if mask.outside_digest(original, area) != receipt.outside:
        return _no("this is not the picture that was edited, or it has been changed since")
    moved = _difference(original, edited)
    moved[view(area)[..., 0] > 0] = 0
    count, worst = int((moved > 0).sum()), int(moved.max())
    if not receipt.exact:
        return ReceiptCheck(holds=True, moved_px=count, worst=worst, why="the file is lossy: outside the mask it is only near")
    why = "pixels outside the mask have moved" if count else ""
    return ReceiptCheck(holds=count == 0, moved_px=count, worst=worst, why=why)


def _no(why: str) -> ReceiptCheck:
    return ReceiptCheck(holds=False, why=why)


def _difference(one: Pixels, other: Pixels) -> Array:
    """The largest difference of any channel, (h, w) int16."""
    a, b = (view(with_channels(p, 4)).astype(np.int16) for p in (one, other))
    difference: Array = np.abs(a - b).max(axis=2)
    return difference


def _packed(area: Pixels) -> str:
    rows = np.packbits(view(area)[..., 0] > 0, axis=1)
    rows[1:] ^= rows[:-1].copy()
    text = base64.b64encode(bz2.compress(rows.tobytes())).decode()
    return text if len(text) <= _MAX_AREA_CHARS else ""


def _unpacked(receipt: Receipt) -> Pixels | None:
    """Return the area as a mask, None when there is none or it is broken. A receipt comes from a stranger's file."""
    size = Size.parse(receipt.size)
    stride = (size.width + 7) // 8
    if size.pixels > _MAX_PIXELS:
        return None
    try:
        raw = bz2.BZ2Decompressor().decompress(base64.b64decode(receipt.area, validate=True), stride * size.height)
    except (OSError, EOFError, binascii.Error, ValueError):
        return None
    if len(raw) != stride * size.height:
        return None
    rows = np.bitwise_xor.accumulate(np.frombuffer(raw, np.uint8).reshape(size.height, stride), axis=0)
    return wrap(np.unpackbits(rows, axis=1, count=size.width) * np.uint8(255))
