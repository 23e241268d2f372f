"""Is this the picture that a mark was made for? A small thumbnail, matched at any crop, scale and mirror."""

import cv2
import numpy as np

from cavendish.imaging.raster import Array
from cavendish.trust.watermark.frame import luma_frame
from cavendish.types import Pixels

_VERSION = 1
_LONG = 64  # px of the stored thumbnail's longer side
_ALIKE = 0.8
_SHARES = np.geomspace(0.45, 1.0, 22)  # of the stored picture's sides that a crop may keep


def fingerprint(pixels: Pixels) -> bytes:
    """Return what `same_picture` compares: at most 4,099 bytes, a thumbnail of 64 px in gray."""
    small = _thumbnail(luma_frame(pixels), _LONG)
    return bytes([_VERSION, small.shape[1] - 1, small.shape[0] - 1]) + np.rint(small).clip(0, 255).astype(np.uint8).tobytes()


def _thumbnail(luma: Array, long: float) -> Array:
    height, width = luma.shape
    scale = long / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def same_picture(stored: bytes, pixels: Pixels) -> bool:
    """True when the picture looks like the stored one or a crop of at least a quarter of it, also mirrored or turned."""
    return likeness(stored, pixels) >= _ALIKE


def likeness(stored: bytes, pixels: Pixels) -> float:
    """Return the best correlation, -1..1, over crops, quarter turns and mirrors."""
    if len(stored) < 4 or stored[0] != _VERSION or len(stored) != 3 + (stored[1] + 1) * (stored[2] + 1):
        return -1.0
    whole = np.frombuffer(stored[3:], np.uint8).reshape(stored[2] + 1, stored[1] + 1).astype(np.float32)
    luma = _thumbnail(luma_frame(pixels), 2 * _LONG)
    best = -1.0
    for turn in range(8):
        view = np.rot90(luma[:, ::-1] if turn >= 4 else luma, turn % 4)
        best = max(best, _best_crop(whole, np.ascontiguousarray(view)))
    return best


def _best_crop(whole: Array, luma: Array) -> float:
    best = -1.0
    for share in _SHARES:
        # the crop's longer side relative to the picture's, limited by what fits
        fit = min(whole.shape[0] / luma.shape[0], whole.shape[1] / luma.shape[1]) * share
        size = max(1, round(luma.shape[1] * fit)), max(1, round(luma.shape[0] * fit))
        part = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        if min(size) < 8 or part.std() < 1.0:
            continue
        best = max(best, float(cv2.matchTemplate(whole, part, cv2.TM_CCOEFF_NORMED).max()))
    return best
