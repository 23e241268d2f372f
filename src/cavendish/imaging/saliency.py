"""Where people look: a map from what stands out in colour and in pattern. No weights; it knows nothing of meaning.

Two cues agree more often than either is right: the distance in Lab from the colours along the border, which are mostly ground
(the prior of Wei et al., Geodesic saliency using background priors, ECCV 2012), and the residual of the log spectrum (Hou and
Zhang, Saliency detection: a spectral residual approach, CVPR 2007). Both weigh less towards the border, as photographers frame.
"""

import cv2
import numpy as np

from cavendish.imaging.raster import Array, view, with_channels, with_depth
from cavendish.types import Pixels

_SIDE_PX = 128          # of the map's longer side
_SPECTRUM_SIDE_PX = 64  # the residual finds objects at this scale
_BORDER_SAMPLES = 96
_BORDER_NEAREST = 6     # a colour that this many samples share is ground
_FLAT = 0.5             # Lab distance under which nothing stands out
_BORDER_WEIGHT = 0.55   # at the corners; 1 in the middle


def saliency(pixels: Pixels) -> Array:
    """Return float32 (h, w), at most 128 a side, that sums to 1; all zeros when nothing stands out."""
    rows = view(with_depth(with_channels(pixels, 3), 8, dither=False))
    k = _SIDE_PX / max(pixels.width, pixels.height)
    sides = (max(1, round(pixels.width * min(1, k))), max(1, round(pixels.height * min(1, k))))
    small = cv2.resize(rows, sides, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    contrast = _contrast(small)
    if contrast.max() < _FLAT:
        return np.zeros(contrast.shape, np.float32)
    mixed = _unit(contrast) + _unit(_residual(small))
    mixed = _unit(cv2.GaussianBlur(mixed, (0, 0), max(sides) / 64)) ** 2 * _framing(mixed.shape)
    total = float(mixed.sum())
    return np.asarray(mixed / total if total > 0 else mixed * 0, dtype=np.float32)


def _contrast(rgb: Array) -> Array:
    """Distance from the nearest few of the colours sampled along the border: few, for a subject may touch it."""
    lab = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), (0, 0), 1.5)
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    ground = border[np.linspace(0, len(border) - 1, _BORDER_SAMPLES).astype(int)]
    seen = lab.reshape(-1, 3)
    squares = (seen**2).sum(axis=1)[:, None] + (ground**2).sum(axis=1)[None] - 2 * seen @ ground.T
    nearest = np.partition(squares, _BORDER_NEAREST, axis=1)[:, _BORDER_NEAREST]
    return np.sqrt(np.maximum(nearest, 0), dtype=np.float32).reshape(lab.shape[:2])


def _residual(rgb: Array) -> Array:
    """Saliency by the residual of the log amplitude, back at the size of `rgb`."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray, (_SPECTRUM_SIDE_PX, _SPECTRUM_SIDE_PX), interpolation=cv2.INTER_AREA)
    spectrum = np.fft.fft2(small)
    amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = amplitude - cv2.blur(amplitude, (3, 3), borderType=cv2.BORDER_REFLECT)
    found = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))).astype(np.float32) ** 2
    found = cv2.GaussianBlur(found, (0, 0), 2.5)
    return np.asarray(cv2.resize(found, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _framing(shape: tuple[int, ...]) -> Array:
    y, x = (np.abs(np.linspace(-1, 1, side, dtype=np.float32)) for side in shape[:2])
    return 1 - (1 - np.float32(_BORDER_WEIGHT)) * np.hypot(y[:, None], x[None]) / np.float32(np.sqrt(2))


def _unit(values: Array) -> Array:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / (high - low) if high > low else values * 0, dtype=np.float32)
