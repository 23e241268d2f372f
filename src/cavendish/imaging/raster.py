"""Pixels as numpy arrays and back, and the conversions between channel counts and depths that everything here shares."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cavendish.types import Pixels

Array = npt.NDArray[Any]  # (height, width, channels), uint8 or uint16


def view(pixels: Pixels) -> Array:
    """Return the raster as (height, width, channels) without copying. Read-only: Pixels are values."""
    dtype = np.uint8 if pixels.depth == 8 else np.uint16
    rows = np.frombuffer(pixels.data, dtype=dtype).reshape(pixels.height, pixels.width, pixels.channels)
    rows.setflags(write=False)
    return rows


def wrap(array: Array) -> Pixels:
    """Make Pixels of an (h, w) or (h, w, c) array of uint8 or uint16. Copies only what is not contiguous."""
    rows = np.ascontiguousarray(array)
    height, width = rows.shape[:2]
    channels = rows.shape[2] if rows.ndim == 3 else 1
    depth = rows.dtype.itemsize * 8
    return Pixels(width=width, height=height, channels=channels, data=rows.reshape(-1).view(np.uint8).data, depth=depth)


def top(pixels: Pixels) -> int:
    """Return the largest sample value of this depth."""
    return (1 << pixels.depth) - 1


def with_channels(pixels: Pixels, channels: int) -> Pixels:
    """Return 1, 3 or 4 channels: gray repeats, alpha appears opaque, alpha that goes away is laid on white."""
    if pixels.channels == channels:
        return pixels
    if channels == 1:
        return wrap(luma(flatten(pixels)))
    solid = flatten(pixels) if channels == 3 else pixels
    rows = view(solid)
    out = np.empty((*rows.shape[:2], channels), dtype=rows.dtype)
    out[..., :3] = rows  # gray broadcasts
    out[..., 3:] = top(pixels)
    return wrap(out)


def luma(pixels: Pixels) -> Array:
    """Return the Rec. 709 luma (h, w) of an opaque raster, same dtype."""
    rows = view(pixels)
    if pixels.channels == 1:
        return rows[..., 0]
    weighted = rows[..., :3].astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    return np.rint(weighted).astype(rows.dtype)


def flatten(pixels: Pixels, background: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """Lay a straight-alpha raster on a colour (8-bit values); anything without alpha comes back as it is."""
    if pixels.channels != 4:
        return pixels
    rows, full = view(pixels), top(pixels)
    alpha = rows[..., 3:].astype(np.float32) / full
    behind = np.array(background, dtype=np.float32) * (full // 255)
    mixed = rows[..., :3] * alpha + behind * (1 - alpha)
    return wrap(np.rint(mixed).astype(rows.dtype))


def with_depth(pixels: Pixels, depth: int) -> Pixels:
    """Return 8 or 16 bits per sample, rounded to nearest."""
    if pixels.depth == depth:
        return pixels
    rows = view(pixels)
    if depth == 16:
        return wrap(rows.astype(np.uint16) * np.uint16(257))
    return wrap(((rows.astype(np.uint32) * 255 + 32_895) >> 16).astype(np.uint8))


def is_opaque(pixels: Pixels) -> bool:
    """True when there is no alpha, or alpha is full everywhere."""
    return pixels.channels != 4 or bool((view(pixels)[..., 3] == top(pixels)).all())
