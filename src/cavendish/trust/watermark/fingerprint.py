"""Is this the picture that a mark was made for? A small thumbnail, matched at any crop, scale, quarter turn and mirror."""

import cv2
import numpy as np

from cavendish.imaging.raster import Array
from cavendish.trust.watermark.frame import luma_frame
from cavendish.types import Pixels

_VERSION = 1
_LONG = 64  # px of the stored thumbnail's longer side
_SOFT = 1.0  # px of blur before matching: a crop's scale is known to a few per cent only
_BROAD = 5.0  # px; what changes slower is not compared
_MIDDLE = 0.88  # of the seen picture's sides that are compared: rotation leaves foreign corners
_SHARES = np.geomspace(0.47, 1.0, 22)  # of the stored picture's sides that a crop may have kept
_LEAST = 0.15  # of the stored thumbnail's area that has to match
_ALIKE = 0.75  # correlation; docs/watermark.md has both distributions
_PLAIN = 1.0  # luma steps of deviation under which a thumbnail shows nothing to compare


def fingerprint(pixels: Pixels) -> bytes:
    """Return what `same_picture` compares: at most 4,099 bytes, a thumbnail of 64 px in gray."""
    small = _thumbnail(luma_frame(pixels), _LONG)
    return bytes([_VERSION, small.shape[1] - 1, small.shape[0] - 1]) + np.rint(small).clip(0, 255).astype(np.uint8).tobytes()


def same_picture(stored: bytes, pixels: Pixels) -> bool:
    """True when the picture looks like the stored one or a crop of at least a quarter of it, also mirrored or turned.

    Two plain pictures show nothing to compare and are the same when their brightness agrees.
    """
    return likeness(stored, pixels) >= _ALIKE


def likeness(stored: bytes, pixels: Pixels) -> float:
    """Return the best correlation, -1..1, over crops, quarter turns and mirrors; -1 for bytes that are no fingerprint."""
    if len(stored) < 4 or stored[0] != _VERSION or len(stored) != 3 + (stored[1] + 1) * (stored[2] + 1):
        return -1.0
    whole = np.frombuffer(stored[3:], np.uint8).reshape(stored[2] + 1, stored[1] + 1).astype(np.float32)
    seen = _middle(_thumbnail(luma_frame(pixels), 2 * _LONG))
    if whole.std() < _PLAIN or seen.std() < _PLAIN:
        return 1.0 if whole.std() < _PLAIN and seen.std() < _PLAIN and abs(float(whole.mean() - seen.mean())) < 30 else -1.0
    stored_layers = _layers(whole)
    views = (np.rot90(seen[:, ::-1] if turn >= 4 else seen, turn % 4) for turn in range(8))
    return max(_best_crop(stored_layers, np.ascontiguousarray(view)) for view in views)


def _thumbnail(luma: Array, long: int) -> Array:
    height, width = luma.shape
    scale = long / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))


def _middle(luma: Array) -> Array:
    height, width = luma.shape
    top, left = round(height * (1 - _MIDDLE) / 2), round(width * (1 - _MIDDLE) / 2)
    return luma[top:height - top, left:width - left]


def _layers(luma: Array) -> tuple[Array, Array]:
    """Return the shapes, which are neither texture nor a mere gradient (skies over ground all look alike), and the light."""
    light = cv2.GaussianBlur(luma, (0, 0), _SOFT)
    return light - cv2.GaussianBlur(luma, (0, 0), _BROAD), light


def _best_crop(whole: tuple[Array, Array], seen: Array) -> float:
    """Return the best correlation of the seen middle, at every share, with every place of the stored thumbnail."""
    best, (height, width) = -1.0, whole[0].shape
    fit = min(height / seen.shape[0], width / seen.shape[1]) * _MIDDLE
    for share in _SHARES:
        size = round(seen.shape[1] * fit * share), round(seen.shape[0] * fit * share)
        if min(size) < 8 or size[0] * size[1] < _LEAST * height * width:
            continue
        parts = _layers(cv2.resize(seen, size, interpolation=cv2.INTER_AREA))
        if parts[0].std() >= _PLAIN / 4 and parts[1].std() >= _PLAIN / 4:
            shapes, light = (cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED) for a, b in zip(whole, parts, strict=True))
            best = max(best, float(np.minimum(shapes, light).max()))
    return best
