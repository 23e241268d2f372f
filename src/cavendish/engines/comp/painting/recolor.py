"""Recolour: give a drawing another colour, or the look of a material, without losing its light and its details."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from types import MappingProxyType

import cv2
import numpy as np

from cavendish.engines.comp.painting.light import rgb
from cavendish.imaging.raster import Array

MAIN = 0.14  # share of a made thing's coloured points from which a colour is one of its main ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a material looks like: `color` "" keeps the drawing's own; contrast 1 = as drawn; alpha 1 = solid."""

    color: str = ""
    contrast: float = 1.0
    alpha: float = 1.0
    grain: str = ""  # a tile of brush.noise
    shine: float = 0.0  # strength of an extra highlight


def tint(image: Array, color: str, *, whole: bool = False) -> Array:
    """Return (h, w, 4) uint8 straight alpha with its dominant colour replaced; outlines, eyes and accents stay.

    Made things of several main colours (`whole`) take the colour in all of them: a blue bicycle has a blue frame.

    Works in Lab: lightness keeps its course around the asked colour's own, hue and chroma become the asked ones.
    """
    lab = cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2LAB)
    weight = _dominant(lab, image[..., 3], whole=whole)
    return _toward(image, lab, weight, (color, 0.9))


def coat(image: Array, material: Material) -> Array:
    """Return the drawing as if made of a material."""
    out = image
    if material.color:
        lab = cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2LAB)
        weight = np.full(lab.shape[:2], 0.92, dtype=np.float32)
        out = _toward(image, lab, weight, (material.color, material.contrast))
    if material.alpha < 1:
        out = out.copy()
        light = cv2.cvtColor(out[..., :3], cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        out[..., 3] = (out[..., 3] * np.clip(material.alpha + 0.35 * light, 0, 1)).astype(np.uint8)
    return out


def flatten(image: Array, colors: int = 12) -> Array:
    """Return the drawing in a few flat colours, as cut paper or vector art."""
    small = cv2.resize(image, (72, 72), interpolation=cv2.INTER_AREA)
    seen = small[small[..., 3] > 128][:, :3].astype(np.float32)
    if len(seen) < colors:
        return image
    order = np.argsort(seen.sum(axis=1), kind="stable")  # spread starts by lightness: no random draw, same in each process
    centers = seen[order[np.linspace(0, len(seen) - 1, colors).astype(int)]]
    for _ in range(8):
        near = ((seen[:, None] - centers[None]) ** 2).sum(axis=2).argmin(axis=1)
        centers = np.stack([seen[near == k].mean(axis=0) if (near == k).any() else centers[k] for k in range(colors)])
    fine = 5 if min(image.shape[:2]) > 360 else 3
    solid = cv2.medianBlur(np.ascontiguousarray(image[..., :3]), fine).astype(np.float32)
    distance = np.stack([((solid - c) ** 2).sum(axis=2) for c in centers])
    flat = np.clip(centers, 0, 255).astype(np.uint8)[distance.argmin(axis=0)]
    return np.dstack([cv2.medianBlur(flat, fine), image[..., 3]])


def dominant_share(image: Array, color: str, reach: float = 40.0) -> float:
    """Return which share of the opaque pixels lies within `reach` (Lab chroma units) of a colour."""
    lab = cv2.cvtColor(np.ascontiguousarray(image[..., :3]), cv2.COLOR_RGB2LAB).astype(np.float32)
    target = _lab(color)
    near = np.hypot(lab[..., 1] - target[1], lab[..., 2] - target[2]) < reach
    solid = image[..., 3] > 128
    return float(near[solid].mean()) if solid.any() else 0.0


def _toward(image: Array, lab: Array, weight: Array, look: tuple[str, float]) -> Array:
    target = _lab(look[0])
    solid = (image[..., 3] > 128) & (weight > 0.5)
    middle = float(np.median(lab[..., 0][solid])) if solid.any() else 140.0
    lift = (lab[..., 0].astype(np.float32) - middle) * (0.62 if target[0] < 60 else look[1])
    lightness = np.clip(target[0] + lift, 4, 252)
    fade = 1 - np.clip((lightness - 205) / 90, 0, 0.6) * (target[0] < 205)  # highlights stay near white
    fresh = np.dstack([lightness, 128 + (target[1] - 128) * fade, 128 + (target[2] - 128) * fade])
    mixed = lab + (fresh - lab) * weight[..., None]
    colored = cv2.cvtColor(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB)
    return np.dstack([colored, image[..., 3]])


def _dominant(lab: Array, alpha: Array, *, whole: bool = False) -> Array:
    """Return how much each pixel belongs to the drawing's main colour, float32 0..1.

    The main colour is the fullest place of the chroma plane with all that hangs together with it: a shaded form runs
    through hues without a gap, while leaves, eyes and windows lie apart.
    """
    step = max(1, lab.shape[0] // 96)
    few, seen = lab[::step, ::step].reshape(-1, 3), alpha[::step, ::step].reshape(-1) > 200
    points = few[seen & (few[:, 0] > 40)]
    if len(points) < 20:
        return np.ones(lab.shape[:2], dtype=np.float32)
    plane = np.zeros((64, 64), dtype=np.float32)  # 4 units a cell
    np.add.at(plane, (points[:, 1] >> 2, points[:, 2] >> 2), 1)
    smooth = cv2.GaussianBlur(plane, (0, 0), 1.0)
    row, column = np.unravel_index(int(smooth.argmax()), smooth.shape)
    rows, columns = np.mgrid[0:64, 0:64]
    apart = np.hypot(rows - row, columns - column)
    member = _connected(smooth > len(points) * 0.0008, (int(row), int(column))) & (apart < 19)
    for reach in (4.5, 7, 10, 14, 20, 28):  # a drawing of many colours: take the nearest until half of it is in
        if plane[member].sum() > 0.45 * len(points):
            break
        member |= apart < reach
    if whole:
        member |= _others(plane, member)
    soft = np.minimum(1, cv2.GaussianBlur(cv2.dilate(member.astype(np.float32), np.ones((3, 3))), (0, 0), 0.8) * 1.15)
    weight = soft.astype(np.float32)[lab[..., 1] >> 2, lab[..., 2] >> 2]
    keep_dark = np.clip((lab[..., 0].astype(np.float32) - 26) / 26, 0, 1)  # outlines, pupils, tyres
    return np.asarray(cv2.GaussianBlur((weight * keep_dark).astype(np.float32), (3, 3), 0))


def _others(plane: Array, member: Array) -> Array:
    """Return the further main colours of a made thing: strong ones that fill a good share of it."""
    rows, columns = np.mgrid[0:64, 0:64]
    strong = np.hypot(rows - 32, columns - 32) > 4
    rest = cv2.GaussianBlur(np.where(strong & ~member, plane, 0).astype(np.float32), (0, 0), 1.0)
    count, labels = cv2.connectedComponents((rest > plane.sum() * 0.0008).astype(np.uint8), connectivity=8)
    out = np.zeros_like(member)
    for label in range(1, count):
        if plane[(labels == label) & ~member].sum() > MAIN * plane[strong].sum():
            out |= labels == label
    return out


def _connected(filled: Array, start: tuple[int, int]) -> Array:
    _, labels = cv2.connectedComponents(filled.astype(np.uint8), connectivity=8)
    return np.asarray(labels == labels[start]) & filled


def _lab(color: str) -> tuple[float, float, float]:
    pixel = np.array([[[round(c * 255) for c in rgb(color)]]], dtype=np.uint8)
    l_, a, b = (float(v) for v in cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0])
    return l_, a, b


@lru_cache(maxsize=1)
def materials() -> Mapping[str, Material]:
    """Return the materials by the words for them."""
    raw = loads(files("cavendish.engines.comp.painting").joinpath("materials.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            word: Material(**{k: v for k, v in facts.items() if k != "words"})
            for facts in raw["material"]
            for word in facts["words"]
        }
    )


def shade(words: str) -> str:
    """Return the colour that the words for a surface name, "#rrggbb" or one of the plain tones; "" for none."""
    parts = words.lower().replace("-", " ").split()
    return next((w for w in parts if w.startswith("#")), "") or next((_tones()[w] for w in parts if w in _tones()), "")


@lru_cache(maxsize=1)
def _tones() -> Mapping[str, str]:
    raw = loads(files("cavendish.engines.comp.painting").joinpath("materials.toml").read_text(encoding="utf-8"))
    return MappingProxyType(raw["tones"])


def material(words: str) -> Material | None:
    """Find the material in what the user said, None when it is not one of ours."""
    return next((materials()[w] for w in words.lower().replace("-", " ").split() if w in materials()), None)
