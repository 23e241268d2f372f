"""Colours lighter, darker and stronger. Colours are "#rrggbb"."""

import colorsys

_SHADES = {"light": (0.55, 1.0), "dark": (-0.45, 1.0), "bright": (0.08, 1.5)}  # share to white (or black), saturation


def blend(color: str, shade: str) -> str:
    """Return a "light", "dark" or "bright" version of a colour."""
    share, strength = _SHADES.get(shade, (0.0, 1.0))
    red, green, blue = (int(color[i:i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    lightness += (1 - lightness) * share if share > 0 else lightness * share
    parts = colorsys.hls_to_rgb(hue, min(1.0, lightness), min(1.0, saturation * strength))
    return "#" + "".join(f"{round(p * 255):02x}" for p in parts)
