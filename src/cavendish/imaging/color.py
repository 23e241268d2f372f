"""Colours as people and as light: hex, sRGB's curve (IEC 61966-2-1), relative luminance (WCAG 2)."""

import re

import numpy as np

from cavendish.errors import InvalidValue
from cavendish.imaging.raster import Array

Rgb = tuple[int, int, int]


def parse_hex(text: str) -> Rgb:
    """Read "#rgb" or "#rrggbb", with or without the sign. Raises InvalidValue."""
    match = re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text.strip())
    if match is None:
        raise InvalidValue(f"colour {text[:40]!r} is not understood", field="color", hint="write it like #1f5fd6")
    digits = match[1] if len(match[1]) == 6 else "".join(d * 2 for d in match[1])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def to_hex(color: Rgb) -> str:
    """Write "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def to_linear(coded: Array) -> Array:
    """sRGB in 0..1 to light in 0..1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def from_linear(light: Array) -> Array:
    """Light in 0..1 to sRGB in 0..1."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)


def luminance(color: Rgb) -> float:
    """Relative luminance, 0 black to 1 white."""
    light = to_linear(np.array(color, dtype=np.float64) / 255)
    return float(light @ np.array([0.2126, 0.7152, 0.0722]))
