"""Masks: one channel, white = may change, black = nothing moves. The rule of masked edits lives in `composite`."""

import hashlib

import cv2
import numpy as np

from cavendish.imaging.crop import Box
from cavendish.imaging.raster import Array, quantized, top, view, with_channels, wrap
from cavendish.types import Pixels


def composite(base: Pixels, edited: Pixels, mask: Pixels, feather_px: int = 0) -> Pixels:
    """Lay `edited` over `base` where `mask` is not black; every other pixel is the base, bit for bit.

    All three have one size, base and edited one depth. The feather ramps inwards from the mask's edge. Alpha is blended
    premultiplied; the result has alpha when either has. Raises ValueError when sizes or depths differ.
    """
    if not base.size == edited.size == mask.size or base.depth != edited.depth:
        raise ValueError(f"base {base.size}, edit {edited.size} and mask {mask.size} do not lie on each other")
    channels = max(base.channels, edited.channels)
    under, over = view(with_channels(base, channels)), view(with_channels(edited, channels))
    out = under.copy()
    box = bounds(mask)
    if box is not None:
        window = np.s_[box.y:box.y + box.height, box.x:box.x + box.width]
        strength = weights(mask, feather_px)[window]
        mixed = _blend(under[window], over[window], strength[..., None], top(base))
        out[window] = np.where(strength[..., None] > 0, mixed, under[window])
    return wrap(out)


def weights(mask: Pixels, feather_px: int) -> Array:
    """Return how much of the edit shows, float32 (h, w) in 0..1: 0 exactly where the mask is black."""
    gray = view(mask)[..., 0]
    strength: Array = gray.astype(np.float32) / top(mask)
    if feather_px > 0:
        framed = np.pad((gray > 0).astype(np.uint8), 1, mode="edge")  # the picture's border is not a mask edge
        inside = cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        strength = strength * np.clip(inside / (feather_px + 1), 0, 1, dtype=np.float32)
    return strength


def _blend(under: Array, over: Array, strength: Array, full: int) -> Array:
    if under.shape[2] != 4:
        return quantized(under + (over.astype(np.float32) - under) * strength, under.dtype)
    under_alpha = under[..., 3:].astype(np.float32) * (1 - strength)
    over_alpha = over[..., 3:].astype(np.float32) * strength
    alpha = under_alpha + over_alpha
    color = (under[..., :3] * under_alpha + over[..., :3] * over_alpha) / np.maximum(alpha, 1e-6)
    joined: Array = np.concatenate([color, alpha], axis=2).clip(0, full)
    return quantized(joined, under.dtype)


def bounds(mask: Pixels) -> Box | None:
    """Return the smallest box around everything that is not black, None when all is."""
    marked = view(mask)[..., 0] > 0
    columns, rows = np.flatnonzero(marked.any(axis=0)), np.flatnonzero(marked.any(axis=1))
    if not rows.size:
        return None
    x, y = int(columns[0]), int(rows[0])
    return Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)


def outside_digest(pixels: Pixels, mask: Pixels) -> str:
    """sha256 (hex) of everything that the mask protects; equal for RGB and opaque RGBA. For receipts."""
    if pixels.size != mask.size:
        raise ValueError(f"mask {mask.size} does not lie on {pixels.size}")
    kept = view(with_channels(pixels, 4))[view(mask)[..., 0] == 0]
    return hashlib.sha256(f"{pixels.size}/{pixels.depth}:".encode() + kept.tobytes()).hexdigest()


def difference(a: Pixels, b: Pixels) -> Pixels:
    """Return a mask that is white wherever two rasters of one size and depth differ in any channel."""
    if a.size != b.size or a.depth != b.depth:
        raise ValueError(f"{a.size} and {b.size} cannot be compared")
    channels = max(a.channels, b.channels)
    differs = (view(with_channels(a, channels)) != view(with_channels(b, channels))).any(axis=2)
    return wrap(differs.astype(np.uint8) * np.uint8(255))
