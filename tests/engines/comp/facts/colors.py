"""Colours of regions, judged by hue and lightness in CIE Lab."""

import numpy as np

from cavendish.engines.comp.painting.light import rgb
from cavendish.engines.comp.planning import vocabulary
from cavendish.imaging.raster import Array
from engines.comp.facts.seen import lab

GREY = 14.0  # chroma under which a colour word means no hue
TINTED = frozenset({"night", "dusk", "sunset", "golden_hour", "dawn"})
# Hue range in degrees that must fill a share of the backdrop of a natural place by day: low, high, from which row on.
PLACES = {"meadow": (95, 165, 0.6), "forest": (85, 175, 0.0), "beach": (50, 105, 0.7), "sea": (190, 300, 0.4),
          "desert": (40, 105, 0.6), "underwater": (180, 300, 0.0), "sky": (200, 300, 0.0)}


def has(pixels: Array, words: str, time: str = "day") -> bool:
    """Whether pixels (n, 3) RGB are mostly of a named colour; "a/b" is either. The hour's tint is allowed for."""
    return len(pixels) > 0 and any(_is(lab(pixels[None])[0], word, time) for word in words.split("/"))


def _is(found: Array, word: str, time: str) -> bool:
    light, chroma = found[:, 0], np.hypot(found[:, 1], found[:, 2])
    if word == "dark":
        return bool(np.median(light) < 35)
    asked = named(word)
    if np.hypot(asked[1], asked[2]) < GREY:
        return _without_hue(light, chroma, float(asked[0]), 14 if time in TINTED else 0)
    hue = np.degrees(np.arctan2(found[:, 2], found[:, 1]))
    off = np.abs((hue - np.degrees(np.arctan2(asked[2], asked[1])) + 180) % 360 - 180)
    pale = np.hypot(asked[1], asked[2]) < 30
    chromatic = chroma > (3 if pale else 12)
    near = chromatic & (off < (45 if time in TINTED or pale else 32))
    lightened = word.split(" ")[0] in ("light", "pale", "pastel")
    dark_enough = asked[0] > 40 or lightened or np.median(light[near]) < 62 if near.any() else False
    return bool(chromatic.mean() > 0.25 and near.sum() >= 0.4 * chromatic.sum() and dark_enough)


def named(words: str) -> Array:
    """Return the Lab of a colour's name; "light" or "pastel" before a known name keeps its hue."""
    hexes = vocabulary.hexes()
    name = words if words in hexes else words.split(" ")[-1]
    return lab(np.array([[rgb(hexes[name])]]) * 255)[0, 0]


def _without_hue(light: Array, chroma: Array, asked: float, tint: int) -> bool:
    """Judge white, grey and black: a screen, a sole or a wheel may have a hue, so a third without any is enough."""
    plain = chroma < 20 + tint
    if plain.mean() < 0.33:
        return False
    middle = float(np.median(light[plain]))
    return middle > 58 - tint if asked > 78 else middle < 50 if asked < 32 else 22 < middle < 88


def is_place(rows: Array, free: Array, setting: str) -> bool:
    """Whether the backdrop of a natural place by day has that place's hue, or lightness where that is its mark."""
    if setting in ("space", "snow"):
        start = 0 if setting == "space" else int(rows.shape[0] * 0.7)
        light = lab(rows)[start:, :, 0][free[start:]]
        return len(light) > 0 and bool(light.mean() < 35 if setting == "space" else light.mean() > 70)
    low, high, top = PLACES[setting]
    start = int(rows.shape[0] * top)
    found = lab(rows[start:])[free[start:]]
    hue = np.degrees(np.arctan2(found[:, 2], found[:, 1])) % 360
    return len(found) > 0 and bool(((hue > low) & (hue < high)).mean() > 0.35)
