"""Geometry found blind: a repeated tile makes the autocorrelation of the picture peak on a lattice, whatever it says.

The lattice gives scale, rotation and small stretches; a crop does not move it. Source of the idea: Kutter, "Watermarking
resisting to translation, rotation, and scaling", SPIE 3528 (1998).
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from cavendish.imaging.raster import Array
from cavendish.trust.watermark.carrier import TILE

_BAND = (0.012, 0.27)  # cycles per pixel that a mark can reach at any scale looked for
_COLOR = 0.4  # of each ring's own power that is kept: fully white trusts rings that a codec emptied
_REACH = 2  # tiles: lags of the search
_FAR = 4  # tiles: lags of the refinement
_STEP_SCALE, _STEP_ANGLE = 0.006, 0.0065  # natural log; radians


@dataclass(frozen=True, slots=True)
class Lattice:
    """One guess of the geometry: picture = basis @ tile coordinates."""

    basis: Array  # (2, 2) float64, x then y
    score: float  # standard deviations above a picture without a period


def autocorrelation(signal: Array) -> Array:
    """Return the whitened autocorrelation (2h', 2w') of a weighted detail raster, zero lag in the middle.

    Unit: one standard deviation of a lag with full overlap.
    """
    height, width = signal.shape
    window = np.outer(_taper(height), _taper(width)).astype(np.float32)
    shape = cv2.getOptimalDFTSize(height + height // 2), 2 * cv2.getOptimalDFTSize((width + width // 2 + 1) // 2)
    spectrum = np.fft.rfft2(signal * window, s=shape)
    power = (spectrum.real ** 2 + spectrum.imag ** 2).astype(np.float32)
    ring, count = _rings(shape)
    mean = (np.bincount(ring.ravel(), power.ravel(), 256) / count + 1e-12).astype(np.float32)
    kept = mean ** np.float32(_COLOR)
    kept[[0, -1]] = 0  # outside the band
    white = (np.minimum(power * (1 / mean)[ring], 4.0) - 1.0) * kept[ring]
    lags = np.fft.fftshift(np.fft.irfft2(white, s=shape).astype(np.float32))
    lags -= cv2.blur(lags, (11, 11))
    return np.asarray(lags / max(float(np.median(np.abs(lags[::3, ::3]))) / 0.6745, 1e-12))


@functools.lru_cache(maxsize=8)
def _rings(shape: tuple[int, int]) -> tuple[Array, Array]:
    """Return the ring 1..254 of each coefficient of a half spectrum, 0 below the band and 255 above, and each ring's size."""
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    radius = np.sqrt(fy * fy + fx * fx)
    ring = 1 + ((radius - _BAND[0]) * (254 / (_BAND[1] - _BAND[0]))).astype(np.int32)
    ring = np.where(radius < _BAND[0], 0, np.where(radius >= _BAND[1], 255, np.minimum(ring, 254))).astype(np.uint8)
    return ring, np.maximum(np.bincount(ring.ravel(), minlength=256), 1)


def _taper(side: int) -> Array:
    edge = max(2, side // 16)
    rise = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    out = np.ones(side)
    out[:edge], out[-edge:] = rise, rise[::-1]
    return out


def search(lags: Array, shape: tuple[int, ...], scales: tuple[float, float], count: int) -> list[Lattice]:
    """Return the best guesses of scale (tile units to frame pixels) and rotation, best first, refined."""
    rings = np.exp(np.arange(np.log(scales[0]), np.log(scales[1]), _STEP_SCALE))
    angles = np.arange(-np.pi / 4, np.pi / 4, _STEP_ANGLE)
    unit = TILE * rings[:, None] * np.exp(1j * angles)[None]  # the first basis vector of each guess
    score = np.zeros(unit.shape, dtype=np.float32)
    overlap = np.zeros(unit.shape, dtype=np.float32)
    for i, j in _half_plane(_REACH):
        lag = unit * complex(i, j)
        value, share = _sample(lags, lag, shape)
        score += value
        overlap += share
    score /= np.sqrt(np.maximum(overlap, 0.2))
    found = []
    for _ in range(count):
        at = np.unravel_index(int(np.argmax(score)), score.shape)
        guess = unit[at]
        basis = np.array([[guess.real, -guess.imag], [guess.imag, guess.real]]) / TILE
        found.append(refine(lags, shape, Lattice(basis=basis, score=float(score[at]))))
        score[max(0, at[0] - 5):at[0] + 6, max(0, at[1] - 5):at[1] + 6] = -np.inf
    return sorted(found, key=lambda g: -g.score)


def _half_plane(reach: int) -> list[tuple[int, int]]:
    """Lags in tiles with one of each pair of opposites, within a circle."""
    span = range(-reach, reach + 1)
    return [(i, j) for i in span for j in span if (j > 0 or (j == 0 and i > 0)) and i * i + j * j <= reach * reach + 1]


def _sample(lags: Array, lag: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the autocorrelation at complex lags (x + iy) and the share of the picture that overlaps itself there."""
    height, width = shape[:2]
    x, y = lag.real.astype(np.float32), lag.imag.astype(np.float32)
    share = np.maximum(1 - np.abs(x) / width, 0) * np.maximum(1 - np.abs(y) / height, 0)
    inside = (np.abs(x) < width // 2) & (np.abs(y) < height // 2)
    value = cv2.remap(lags, x + lags.shape[1] // 2, y + lags.shape[0] // 2, cv2.INTER_LINEAR, borderValue=0)
    return np.where(inside, value, 0), np.where(inside, share, 0)


def refine(lags: Array, shape: tuple[int, ...], guess: Lattice) -> Lattice:
    """Fit the basis to the peaks themselves, near lags first: scale, rotation, stretch and shear."""
    basis = guess.basis
    for reach in (_REACH, 3, _FAR):
        steps = np.array(_half_plane(reach), dtype=np.float64)
        peaks, heights = _peaks(lags, shape, (basis @ steps.T).T * TILE)
        if np.count_nonzero(heights) < 3:
            break
        fitted = _fit(steps * TILE, peaks, heights)
        if fitted is None or np.abs(np.linalg.inv(basis) @ fitted - np.eye(2)).max() > 0.03:
            break
        basis = fitted
    steps = np.array(_half_plane(_REACH), dtype=np.float64)
    at = (basis @ steps.T).T * TILE
    value, share = _sample(lags, (at[:, 0] + 1j * at[:, 1])[None], shape)
    return Lattice(basis=basis, score=float(value.sum() / np.sqrt(max(share.sum(), 0.2))))


def _fit(steps: Array, peaks: Array, heights: Array) -> Array | None:
    """Weighted least squares of peaks = basis @ steps, pulled weakly to nothing."""
    weights = heights[:, None]
    normal = (steps * weights).T @ steps
    if np.linalg.cond(normal) > 1e6:
        return None
    return np.asarray(np.linalg.solve(normal, (steps * weights).T @ peaks).T)


def _peaks(lags: Array, shape: tuple[int, ...], expected: Array) -> tuple[Array, Array]:
    """Return the sub-pixel top within 2 px of each expected lag (n, 2) and its height, 0 where there is none."""
    middle = np.array([lags.shape[1] // 2, lags.shape[0] // 2])
    found, heights = expected.copy(), np.zeros(len(expected))
    for n, (x, y) in enumerate(expected):
        if abs(x) > shape[1] // 2 - 5 or abs(y) > shape[0] // 2 - 5:
            continue
        cx, cy = round(x) + middle[0], round(y) + middle[1]
        patch = lags[cy - 2:cy + 3, cx - 2:cx + 3]
        if patch.shape != (5, 5):
            continue
        positive = np.maximum(patch - patch.max() * 0.3, 0)
        if patch.max() <= 0:
            continue
        grid = np.arange(-2, 3)
        total = positive.sum()
        found[n] = (round(x) + (positive.sum(0) @ grid) / total, round(y) + (positive.sum(1) @ grid) / total)
        heights[n] = float(patch.max()) ** 2
    return found, heights
