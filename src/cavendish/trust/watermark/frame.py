"""The frame: every picture as a luma raster of at most 512 x 512 pixels' area, where marks are made and looked for.

A mark made here is as large in a 4K file as in a 1K one, and comes back from either. What the eye forgives is measured here.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from cavendish.imaging.raster import Array, flatten, view
from cavendish.trust.watermark.carrier import TILE
from cavendish.types import Pixels

AREA = 512 * 512
_FLOOR, _CEILING = 0.55, 5.0  # luma steps: what a plain wall forgives; what no texture needs
_HEADROOM = 24.0  # luma steps from black or white where texture begins to hide less
_SLOPE = 0.9  # change forgiven per step of local deviation
_BAND_PX = 64  # rows written at a time


@dataclass(frozen=True, slots=True)
class Frame:
    """Luma in 8-bit steps with what the detector makes of it."""

    luma: Array  # (h, w) float32
    allowed: Array  # (h, w) change that hides, root mean square
    weight: Array  # (h, w) how much a change at this place counts for the detector


def luma_frame(pixels: Pixels) -> Array:
    """Return luma (h, w) float32 in 0..255, scaled down to AREA when larger; alpha is laid on white."""
    rows = view(flatten(pixels))
    gray = rows[..., 0] if rows.shape[2] == 1 else cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, (AREA / (pixels.width * pixels.height)) ** 0.5)
    size = max(1, round(pixels.width * scale)), max(1, round(pixels.height * scale))
    if scale == 1.0:
        return np.asarray(gray.astype(np.float32) * np.float32(1 if pixels.depth == 8 else 1 / 257))
    while scale <= 0.25:  # halving 8 bits is quick, and its rounding is lost among the pixels still to be averaged
        gray, scale = cv2.resize(gray, (gray.shape[1] // 2, gray.shape[0] // 2), interpolation=cv2.INTER_AREA), scale * 2
    deep = gray if pixels.depth == 16 else gray.astype(np.uint16) * np.uint16(257)
    return np.asarray(cv2.resize(deep, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(257))


def enlarged(luma: Array) -> Array:
    """Return the raster grown to AREA, at most fourfold in each direction, so that the search knows one size only."""
    scale = min(4.0, (AREA / luma.size) ** 0.5)
    if scale <= 1.01:
        return luma
    size = round(luma.shape[1] * scale), round(luma.shape[0] * scale)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC))


def high_pass(luma: Array) -> Array:
    """Remove what changes slower than a mark does."""
    return np.asarray(luma - cv2.blur(cv2.blur(luma, (9, 9)), (9, 9)))


def study(luma: Array) -> Frame:
    """Measure where changes hide, and how loud the picture itself is there."""
    detail = high_pass(luma)
    energy = detail * detail
    fine = luma - cv2.blur(luma, (5, 5))  # a soft gradient hides nothing
    busy = np.sqrt(np.maximum(cv2.blur(fine * fine, (5, 5)), 0))
    texture = cv2.blur(cv2.erode(busy, np.ones((9, 9), np.uint8)), (9, 9))  # nor does an edge alone
    white = cv2.dilate(luma, np.ones((5, 5), np.uint8))  # on paper changes show, between letters too, and half is clipped
    headroom = np.clip(np.minimum(luma, 255 - white) / _HEADROOM, 0, 1)
    allowed = np.minimum(_SLOPE * texture * headroom + _FLOOR, _CEILING)
    loud = np.maximum(cv2.blur(energy, (13, 13)), 0) + 2.0  # a running sum in float32 can end just below 0
    return Frame(luma=luma, allowed=allowed, weight=allowed / loud)


def fold(rows: Array) -> Array:
    """Sum all periods of a raster aligned to tiles: (h, w) to (96, 96)."""
    height, width = (-(-side // TILE) * TILE for side in rows.shape)
    padded = np.zeros((height, width), dtype=np.float32)
    padded[:rows.shape[0], :rows.shape[1]] = rows
    return np.asarray(padded.reshape(height // TILE, TILE, width // TILE, TILE).sum(axis=(0, 2)))


def spread_out(tile: Array, shape: tuple[int, ...]) -> Array:
    """Repeat a tile over (h, w)."""
    height, width = shape[:2]
    return np.tile(tile, (-(-height // TILE), -(-width // TILE)))[:height, :width]


def apply(pixels: Pixels, change: Array, region: Array | None) -> Array:
    """Add a luma change given on the frame (fh, fw) to the picture's own rows; alpha stays; in bands, to spare memory."""
    rows = view(pixels)
    out = np.empty_like(rows)
    full, kind = (1.0, cv2.CV_8U) if pixels.depth == 8 else (257.0, cv2.CV_16U)
    taps, weights = _cubic(pixels.height, change.shape[0])
    for top in range(0, pixels.height, _BAND_PX):
        band = slice(top, min(top + _BAND_PX, pixels.height))
        lines = np.einsum("rk,rkw->rw", weights[band], change[taps[band]], optimize=True)
        step = cv2.resize(lines, (pixels.width, lines.shape[0]), interpolation=cv2.INTER_CUBIC) * np.float32(full)
        if region is not None:
            step = step * (region[band] > 0)
        layers = cv2.merge([step, step, step, np.zeros_like(step)][:pixels.channels]) if pixels.channels > 1 else step
        mixed = cv2.add(rows[band].squeeze(2) if pixels.channels == 1 else rows[band], layers, dtype=kind)
        out[band] = mixed.reshape(out[band].shape)
    return out


def _cubic(large: int, small: int) -> tuple[Array, Array]:
    """Return, for each of `large` rows, four source rows and their Catmull-Rom-like weights (cv2's cubic, a = -0.75)."""
    at = (np.arange(large) + 0.5) * (small / large) - 0.5
    base = np.floor(at).astype(np.intp)
    t = np.abs((at - base)[:, None] - np.array([-1.0, 0.0, 1.0, 2.0]))
    a = -0.75
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    weights = np.where(t <= 1, near, far).astype(np.float32)
    taps = (base[:, None] + np.array([-1, 0, 1, 2])).clip(0, small - 1)
    return taps, weights
