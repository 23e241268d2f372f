"""Legibility of words on a picture: how well a colour reads on the pixels beneath it, and the veil that makes it read.

Contrast is WCAG 2.1's ratio of relative luminances, 1..21, taken at the worst pixels that count (the 3 % hardest to read on).
"""

import numpy as np

from cavendish.engines.comp.painting.light import Rgb, luma, mix
from cavendish.engines.comp.painting.zones import Box
from cavendish.imaging import color as colors
from cavendish.imaging.raster import Array

LEGIBLE = 4.5  # WCAG AA, for words of any size
AIM = 5.1      # what is aimed at, so that 4.5 is left after the picture's grain
_WORST = 3.0   # percent of the pixels on either side that do not count
_LIGHT: Rgb = (1.0, 1.0, 1.0)
_DARK: Rgb = (0.03, 0.035, 0.05)
_STEPS = (0.35, 0.45, 0.55, 0.62, 0.7, 0.78, 0.85, 0.9, 0.95, 0.99)


def contrast(a: Rgb, b: Rgb) -> float:
    """Return the WCAG contrast ratio of two colours in 0..1."""
    high, low = sorted((relative(a), relative(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def relative(color: Rgb) -> float:
    """Return the relative luminance of a colour in 0..1."""
    return float(colors.to_linear(np.array(color, dtype=np.float64)) @ np.array([0.2126, 0.7152, 0.0722]))


def extremes(ground: Array, box: Box) -> tuple[Rgb, Rgb]:
    """Return the darkest and the lightest tone beneath a box that count. `ground` is (h, w, 3 or 4) uint8."""
    height, width = ground.shape[:2]
    left, top = int(max(0, min(box.x, width - 2))), int(max(0, min(box.y, height - 2)))
    right, bottom = int(max(left + 1, min(box.right, width))), int(max(top + 1, min(box.bottom, height)))
    step = max(1, int(((bottom - top) * (right - left) / 60_000) ** 0.5))
    rows = ground[top:bottom:step, left:right:step, :3].reshape(-1, 3)
    light = colors.to_linear(rows.astype(np.float64) / 255) @ np.array([0.2126, 0.7152, 0.0722])
    order = np.argsort(light)
    at = [int(len(order) * share / 100) for share in (_WORST, 100 - _WORST)]
    low, high = (rows[order[min(k, len(order) - 1)]] / 255 for k in at)
    return _tone(low), _tone(high)


def _tone(row: Array) -> Rgb:
    red, green, blue = (float(v) for v in row)
    return red, green, blue


def reads(color: Rgb, ends: tuple[Rgb, Rgb]) -> float:
    """Return a colour's contrast with the worse of the darkest and the lightest tone, 1 when it lies between them."""
    own, low, high = relative(color), relative(ends[0]), relative(ends[1])
    return 1.0 if low < own < high else min(contrast(color, end) for end in ends)


def ink(ends: tuple[Rgb, Rgb], mean: Rgb) -> Rgb:
    """Return white or a near-black of the ground's tint, whichever reads better; white where both read."""
    dark = mix((0.07, 0.08, 0.12), mean, 0.06)
    white = reads(_LIGHT, ends)
    return _LIGHT if white >= AIM or white >= reads(dark, ends) else dark


def veil(color: Rgb, ends: tuple[Rgb, Rgb]) -> tuple[Rgb, float] | None:
    """Return the tone and the least cover of a veil on which a colour reads; None when it reads without."""
    if reads(color, ends) >= AIM:
        return None
    tone = _DARK if contrast(color, _DARK) >= contrast(color, _LIGHT) else _LIGHT
    for cover in _STEPS:
        if reads(color, (mix(ends[0], tone, cover), mix(ends[1], tone, cover))) >= AIM:
            return tone, cover
    return ((0.0, 0.0, 0.0) if luma(tone) < 0.5 else _LIGHT), 0.99


def paper(color: Rgb, tone: Rgb) -> Rgb:
    """Return a tone changed just as far as a colour needs to read on it."""
    goal = _DARK if contrast(color, _DARK) >= contrast(color, _LIGHT) else _LIGHT
    return next((m for k in range(11) if contrast(color, m := mix(tone, goal, k / 10)) >= AIM), goal)
