"""Pixels as numpy arrays and back, and the conversions between channel counts and depths that everything here shares.

The last step from more than 8 bits to 8 dithers, and no other: by position, so that equal pictures stay equal.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cavendish.types import Pixels

Array = npt.NDArray[Any]  # (height, width, channels), uint8, uint16 or float32

DTYPES = {8: np.uint8, 16: np.uint16, 32: np.float32}
_DITHER_SIDE = 128
_BAND_ROWS = 64  # held as float at a time; divides the side of the dither


def view(pixels: Pixels) -> Array:
    """Return the raster as (height, width, channels) without copying. Read-only: Pixels are values."""
    rows = np.frombuffer(pixels.data, dtype=DTYPES[pixels.depth]).reshape(pixels.height, pixels.width, pixels.channels)
    rows.setflags(write=False)
    return rows


def wrap(array: Array) -> Pixels:
    """Make Pixels of an (h, w) or (h, w, c) array of uint8, uint16 or float32. Copies only what is not contiguous."""
    rows = np.ascontiguousarray(array)
    height, width = rows.shape[:2]
    channels = rows.shape[2] if rows.ndim == 3 else 1
    depth = rows.dtype.itemsize * 8
    return Pixels(width=width, height=height, channels=channels, data=rows.reshape(-1).view(np.uint8).data, depth=depth)


def top(pixels: Pixels) -> int:
    """Return the sample value of white at this depth."""
    return 1 if pixels.depth == 32 else (1 << pixels.depth) - 1


def as_float(pixels: Pixels) -> Array:
    """Return the raster as float32 (height, width, channels), white = 1."""
    rows = view(pixels)
    return rows if pixels.depth == 32 else rows.astype(np.float32) / np.float32(top(pixels))


def quantized(samples: Array, dtype: npt.DTypeLike) -> Array:
    """Round float samples to `dtype`, clipped; to float32 they are only cast. Not a number becomes 0."""
    if np.dtype(dtype).kind == "f":
        return samples.astype(dtype, copy=False)
    rounded = np.nan_to_num(np.rint(samples), copy=False)
    return np.clip(rounded, 0, np.iinfo(dtype).max, out=rounded).astype(dtype)


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
    return quantized(weighted, rows.dtype)


def flatten(pixels: Pixels, background: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """Lay a straight-alpha raster on a colour (8-bit values); anything without alpha comes back as it is."""
    if pixels.channels != 4:
        return pixels
    rows, full = view(pixels), top(pixels)
    alpha = rows[..., 3:].astype(np.float32) / full
    behind = np.array(background, dtype=np.float32) * (full / 255)
    mixed = rows[..., :3] * alpha + behind * (1 - alpha)
    return wrap(quantized(mixed, rows.dtype))


def with_depth(pixels: Pixels, depth: int, dither: bool = True) -> Pixels:
    """Return 8, 16 or 32 bits per sample. What is really deeper than 8 bits is dithered on its way down to 8.

    Going up is exact. Going down to 16 rounds; so does going to 8 when every sample is an 8-bit value, or without `dither`.
    """
    if pixels.depth == depth:
        return pixels
    if depth == 32:
        return wrap(as_float(pixels))
    rows = view(pixels)
    if depth == 16:
        return wrap(rows.astype(np.uint16) * np.uint16(257) if pixels.depth == 8 else _banded(rows, np.uint16))
    if not is_deep(pixels):
        return wrap((rows >> 8).astype(np.uint8))
    return wrap(_banded(rows, np.uint8, dither))


def is_deep(pixels: Pixels) -> bool:
    """True when 8 bits would lose something."""
    if pixels.depth == 32:
        return True
    if pixels.depth == 8:
        return False
    rows = view(pixels)
    bands = (rows[y:y + _BAND_ROWS] for y in range(0, pixels.height, _BAND_ROWS))
    return any(bool(np.any((band >> 8) != (band & 255))) for band in bands)  # an 8-bit value v is 257 v


def reduced(pixels: Pixels, bits: int) -> Array:
    """Round the samples to `bits` (9 to 15), kept in the high bits of uint16 as AVIF's encoder wants them."""
    rows, most = view(with_depth(pixels, 16)), (1 << bits) - 1
    return ((rows.astype(np.uint32) * most + 32_767) // 65_535).astype(np.uint16) << np.uint16(16 - bits)


def _banded(rows: Array, dtype: npt.DTypeLike, dither: bool = False) -> Array:
    """Scale to the full range of `dtype` and round, some rows at a time."""
    out = np.empty(rows.shape, dtype)
    factor = np.float32(np.iinfo(dtype).max / (65_535 if rows.dtype == np.uint16 else 1))
    pattern = _pattern(rows.shape[1], rows.shape[2]) if dither else None
    for start in range(0, rows.shape[0], _BAND_ROWS):
        band = np.multiply(rows[start:start + _BAND_ROWS], factor, dtype=np.float32)
        if pattern is not None:
            band += pattern[start % _DITHER_SIDE:][:band.shape[0]]
        if rows.dtype.kind == "f":
            np.nan_to_num(band, copy=False)
        np.rint(band, out=band)
        out[start:start + _BAND_ROWS] = np.clip(band, 0, np.iinfo(dtype).max, out=band)
    return out


def _pattern(width: int, channels: int) -> Array:
    """The dither of 128 rows: (128, width, channels), in another place for each channel, none for alpha."""
    tile = blue_noise()
    across = -(-width // _DITHER_SIDE)
    layers = [np.tile(np.roll(tile, (37 * c, 71 * c), (0, 1)), (1, across))[:, :width] for c in range(min(channels, 3))]
    if channels == 4:
        layers.append(np.zeros_like(layers[0]))
    return np.stack(layers, axis=2)


@lru_cache(maxsize=1)
def blue_noise() -> Array:
    """Return 128x128 float32 that holds every level between -1/2 and 1/2 once, with little energy in low frequencies.

    Uniform, so that its mean rounds to the truth and whole values stay. White noise is high-passed and ranked in turns
    (after Georgiev and Fajardo, Blue-noise dithered sampling, 2016, by a simpler way). The same on every machine.
    """
    side = _DITHER_SIDE
    count = side * side
    ranks = np.random.Generator(np.random.PCG64(20_261_121)).permutation(count).astype(np.float64)
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None]
    high_pass = 1 - np.exp(-(fx * fx + fy * fy) / (2 * 0.19 ** 2))
    for _ in range(12):
        filtered = np.fft.irfft2(np.fft.rfft2(ranks.reshape(side, side)) * high_pass, (side, side)).reshape(-1)
        order = np.argsort(np.round(filtered / count, 9), kind="stable")
        ranks[order] = np.arange(count)
    tile = ((ranks.reshape(side, side) + 0.5) / count - 0.5).astype(np.float32)
    tile.setflags(write=False)
    return tile


def is_opaque(pixels: Pixels) -> bool:
    """True when there is no alpha, or alpha is full everywhere."""
    return pixels.channels != 4 or bool((view(pixels)[..., 3] == top(pixels)).all())
