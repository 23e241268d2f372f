"""Bodies: the rest of people and animals whose drawing is only a head or a bust, in the colours of that drawing.

A body is named "concept/pose". Everything is drawn in a box of 32 units a side; the pack's drawing sits on top of it unchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any

import numpy as np
import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import recolor
from cavendish.engines.comp.painting.brush import SMOOTH, down, fill, polygon, ramp, rect, stroke
from cavendish.engines.comp.painting.light import Rgb, mix, rgb
from cavendish.imaging.raster import Array

POSES = ("stand", "hold", "sit", "ride", "bust", "beast")
SMALL = 96  # px: the raster from which colours are read
UNITS = 32  # side of every drawing
SHADE = (0.08, 0.05, 0.2)

@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Colours of a body. `hem` are the colours along the lower edge of a bust, from left to right; empty for heads."""

    skin: Rgb
    garment: Rgb
    legs: Rgb
    shoes: Rgb
    hem: tuple[Rgb, ...] = ()
    skirt: bool = False
    head: float = 9.8  # height of a head, units


@dataclass(frozen=True, slots=True)
class Joints:
    """Where a pose has what others need, as shares of the whole figure's box: see `joints`."""

    hand: tuple[float, float]
    seat: float
    head: tuple[float, float, float, float]


def kind(concept: str) -> str:
    """Return "head", "bust" or "beast" for drawings that have a body of ours, "" for all others."""
    facts, entry = _facts(), pack.concepts().get(concept)
    if entry is None or concept in facts["whole"]:
        return ""
    if concept in facts["beast"]:
        return "beast"
    if concept in facts["heads"] or (entry.subgroup == "person" and concept not in facts["busts"]):
        return "head"
    return "bust" if concept in facts["busts"] or entry.subgroup == "person-role" else ""


def split(art: str) -> tuple[str, str]:
    """Return concept and pose of a name; the pose is "" for drawings of the pack."""
    concept, pose, *_ = *art.split("/"), ""
    return concept, pose


def dressed(art: str, color: str) -> str:
    """Return the name of a figure in clothes of a colour."""
    return "/".join((*split(art), color))


def varied(art: str, index: int) -> str:
    """Return the name of one of several: people in a group differ in clothes, and nameless ones in their heads."""
    concept, pose = split(art)
    if kind(concept) != "head" or not pose or art.count("/") > 1:
        return art
    facts = _facts()
    who = facts["crowd"][index % len(facts["crowd"])] if concept == "person" else concept
    return dressed(f"{who}/{pose}", facts["wardrobe"][index % len(facts["wardrobe"])]) if index or concept == "person" else art


def render(canvas: skia.Canvas, art: str, side: int) -> None:
    """Draw a figure into 32 x 32 units on a canvas that is `side` px large."""
    concept, pose = split(art)
    if pose == "beast":
        _beast(canvas, concept, side)
        return
    (_bust_figure if kind(concept) == "bust" else _head_figure)(canvas, art, side)


def joints(art: str) -> Joints:
    """Return where a figure's hand is (x, y), how far down it sits, and its head (left, top, right, bottom)."""
    concept, pose = split(art)
    tall = _HEIGHT.get(pose, 32.0)
    small = looks(concept).head / tall if kind(concept) == "head" else 8.6 / tall
    hand = {"hold": (0.80, 0.47), "sit": (0.76, 0.52), "ride": (0.76, 0.56)}.get(pose, (0.90, 0.60))
    return Joints(hand=hand, seat=_SEAT / tall if pose in ("sit", "ride") else 1.0, head=(0.2, 0.0, 0.8, small))


@lru_cache(maxsize=256)
def looks(concept: str, color: str = "") -> Looks:
    """Read a body's colours off the drawing and the data; `color` is that of the clothes."""
    facts = _facts()
    own: dict[str, Any] = facts["look"].get(concept, {})
    hem = _hem(_pixels(_clothed(concept, SMALL, color))) if kind(concept) == "bust" else ()
    garment = rgb(color or own.get("garment", "")) if color or "garment" in own else hem[8] if hem else rgb(_garment(concept))
    build: dict[str, float] = next((b for word, b in facts["builds"].items() if word in concept.split("-")), {})
    return Looks(skin=rgb(own.get("skin", "#f6b93b")), garment=garment, hem=hem, legs=rgb(own.get("legs", facts["legs"])),
                 shoes=rgb(own.get("shoes", facts["shoes"])), skirt=bool(own.get("skirt")),
                 head=float(own.get("head", build.get("head", 9.8))))


def _garment(concept: str) -> str:
    words = concept.split("-")
    return str(next((c for word, c in _facts()["garments"].items() if word in words), _facts()["garments"]["person"]))


def _pixels(image: skia.Image) -> Array:
    return np.asarray(image.toarray(colorType=skia.kRGBA_8888_ColorType))


def _hem(rows: Array) -> tuple[Rgb, ...]:
    """Return 17 colours along the lowest full row of a drawing."""
    wide = (rows[..., 3] > 200).sum(axis=1)
    low = int(np.flatnonzero(wide > 0.6 * wide.max())[-1]) - 1
    columns = np.flatnonzero(rows[low, :, 3] > 200)
    spots = columns[np.linspace(2, len(columns) - 3, 17).astype(int)]
    band = rows[max(0, low - 2):low + 1, :, :3].astype(float).mean(axis=0)
    colors = band[spots] / 255
    return tuple((float(r), float(g), float(b)) for r, g, b in colors)


@lru_cache(maxsize=512)
def _content(concept: str) -> tuple[float, float, float, float]:
    """Return left, top, width, height of what is drawn, as shares of the side."""
    solid = _pixels(drawing(concept, SMALL))[..., 3] > 40
    columns, rows = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
    side = solid.shape[0]
    left, top, right, bottom = (float(v) / side for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return left, top, right - left, bottom - top


def _put(canvas: skia.Canvas, art: str, side: int, wide: float) -> None:
    """Draw a drawing's content `wide` units wide at the top of the box, in the middle."""
    concept, _ = split(art)
    left, top, w, _ = _content(concept)
    k = wide / w
    need = next((s for s in (96, 192, 320, 512, 768) if s >= k / UNITS * side), 1152)
    canvas.drawImageRect(_clothed(concept, need, _color(art)), rect(16 - (left + w / 2) * k, -top * k, k, k), SMOOTH)


def _color(art: str) -> str:
    return art.split("/")[2] if art.count("/") > 1 else ""


def _clothed(concept: str, side: int, color: str) -> skia.Image:
    """Return a drawing; the clothes of a bust take the colour, its head does not."""
    image = drawing(concept, side)
    if not color or kind(concept) != "bust":
        return image
    rows = _pixels(image).copy()
    _, top, _, tall = _content(concept)
    chin = round((top + tall * 0.60) * side)
    rows[chin:] = recolor.tint(np.ascontiguousarray(rows[chin:]), color)
    return skia.Image.fromarray(rows, colorType=skia.kRGBA_8888_ColorType, copy=True)


def _limb(canvas: skia.Canvas, points: list[tuple[float, float]], width: float, color: Rgb) -> None:
    path = skia.PathBuilder()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    line = stroke(color, width)
    tops, bottoms = min(y for _, y in points), max(y for _, y in points)
    line.setShader(down(tops - width, bottoms + width, mix(color, (1, 1, 1), 0.14), mix(color, SHADE, 0.2)).getShader())
    canvas.drawPath(path.detach(), line)


def _shoe(canvas: skia.Canvas, x: float, y: float, color: Rgb) -> None:
    canvas.drawRoundRect(rect(x - 2.1, y - 1.5, 4.2, 2.4), 1.2, 1.2, down(y - 1.5, y + 0.9, mix(color, (1, 1, 1), 0.2), color))


def _legs(canvas: skia.Canvas, look: Looks, rows: tuple[float, float], pose: str) -> None:
    """Draw both legs from the hips at rows[0] to the ground at rows[1], or bent over a seat."""
    hip, ground = rows
    bare = look.skin if look.skirt else look.legs
    if pose == "ride":
        _limb(canvas, [(16.4, hip), (14.2, hip + 4.4), (14.8, ground - 1.4)], 3.6, bare)
        _shoe(canvas, 14.2, ground - 0.9, look.shoes)
        return
    spread = 2.6 if pose == "sit" else 1.9
    for side in (-1, 1):
        x = 16 + side * spread
        _limb(canvas, [(x, hip), (x + side * 0.25, ground - 1.6)], 3.3, bare)
        _shoe(canvas, x + side * 0.45, ground - 0.9, look.shoes)
    if pose == "sit":
        lap = look.garment if look.skirt else look.legs
        for side in (-1, 1):
            x = 16 + side * 2.5
            knee = down(hip - 1.2, hip + 3.4, mix(lap, (1, 1, 1), 0.2), lap)
            canvas.drawRoundRect(rect(x - 2.3, hip - 1.2, 4.6, 4.6), 2.1, 2.1, knee)
    elif look.skirt:
        hem = polygon([(12.6, hip - 4), (19.4, hip - 4), (22.2, hip + 4.6), (9.8, hip + 4.6)])
        canvas.drawPath(hem, down(hip - 4, hip + 4.6, look.garment, mix(look.garment, SHADE, 0.22)))


def _arms(canvas: skia.Canvas, look: Looks, body: tuple[float, float, float], pose: str) -> None:
    """Draw arms from shoulders `half` beside the middle at y down to `low`; when holding, one comes up before the body."""
    half, y, low = body
    sleeve = mix(look.garment if not look.hem else look.hem[1], SHADE, 0.10)
    skin = look.skin
    left = [(16 - half, y), (16 - half - 1.1, (y + low) / 2), (16 - half - 1.2, low)]
    right = [(16 + half, y), (16 + half + 1.1, (y + low) / 2), (16 + half + 1.2, low)]
    if pose in ("hold", "sit", "ride"):
        bent = low - 3.4
        right = [(16 + half, y), (16 + half + 1.3, (y + low) / 2 + 0.6), (16 + half - 0.4, bent)]
        if pose != "hold":
            left = [(16 - half, y), (16 - half - 1.3, (y + low) / 2 + 0.6), (16 - half + 1.0, bent + 1.2)]
    for arm in (left, right):
        canvas.drawCircle(*arm[-1], 1.45, fill(mix(skin, SHADE, 0.06)))
        _limb(canvas, [*arm[:-1], (arm[-1][0] * 0.86 + arm[-2][0] * 0.14, arm[-1][1] - 0.9)], 2.6, sleeve)


def _torso(canvas: skia.Canvas, look: Looks, rows: tuple[float, float], sides: tuple[float, float]) -> None:
    """Draw the trunk from shoulders at rows[0] to hips at rows[1], half as wide as `sides` there."""
    top, low = rows
    wide, slim = sides
    path = skia.PathBuilder()
    path.moveTo(16 - wide, top + 1.6)
    path.quadTo(16 - wide, top, 16 - wide + 1.8, top)
    path.lineTo(16 + wide - 1.8, top)
    path.quadTo(16 + wide, top, 16 + wide, top + 1.6)
    path.lineTo(16 + slim, low)
    path.quadTo(16, low + 0.9, 16 - slim, low)
    path.close()
    trunk = path.detach()
    if look.hem:
        inner = look.hem[4:13]
        stops = [(i / (len(inner) - 1), c, 1.0) for i, c in enumerate(inner)]
        canvas.drawPath(trunk, ramp((16 - wide, 0), (16 + wide, 0), stops))
        canvas.drawPath(trunk, ramp((0, top), (0, low), [(0.0, SHADE, 0.0), (1.0, SHADE, 0.18)]))
        return
    canvas.drawPath(trunk, down(top, low, mix(look.garment, (1, 1, 1), 0.16), mix(look.garment, SHADE, 0.16)))


_SEAT = 20.6
_HEIGHT: Mapping[str, float] = {"stand": 32.0, "hold": 32.0, "sit": 30.6, "ride": 29.6, "bust": 17.5}


def _head_figure(canvas: skia.Canvas, art: str, side: int) -> None:
    """Complete a head: neck, trunk, arms and legs; "bust" ends at the chest."""
    concept, pose = split(art)
    color = _color(art)
    look = looks(concept, color)
    chin = look.head * 0.93
    seated = pose in ("sit", "ride")
    hips = _SEAT if seated else 20.2 + (look.head - 9.8) * 0.45
    if pose == "bust":
        _torso(canvas, look, (chin + 1.0, 17.4), (6.6, 7.4))
    else:
        _legs(canvas, look, (hips, _HEIGHT[pose] - 0.1), pose)
        _torso(canvas, look, (chin + 0.9, hips + 0.6), (4.7, 3.9))
        _arms(canvas, look, (4.6, chin + 2.7, hips + 0.2), pose)
    canvas.drawRoundRect(rect(14.5, chin - 1.2, 3.0, 3.1), 1.3, 1.3, fill(mix(look.skin, SHADE, 0.14)))
    _, _, w, h = _content(concept)
    _put(canvas, art, side, look.head * w / h)


def _bust_figure(canvas: skia.Canvas, art: str, side: int) -> None:
    """Complete a bust: its garment runs on to the hips, then legs."""
    concept, pose = split(art)
    color = _color(art)
    look = looks(concept, color)
    _, _, w, h = _content(concept)
    wide = 14.4
    chest = wide * h / w
    seated = pose in ("sit", "ride")
    hips = max(_SEAT if seated else 21.0, chest + 2.5)
    if pose != "bust":
        ground = _HEIGHT[pose] - 0.1
        _legs(canvas, look, (hips, max(ground, hips + 8)), pose)
        _torso(canvas, look, (chest - 3.4, hips + 0.7), (5.1, 4.5))
        if concept.removeprefix("wo").removeprefix("man-").removeprefix("person-") not in _facts()["armed"]:
            _arms(canvas, look, (wide / 2 - 1.35, chest - 1.9, hips + 0.2), pose)
    _put(canvas, art, side, wide)


def _beast(canvas: skia.Canvas, concept: str, side: int) -> None:
    """Sit an animal down under its own head: trunk, paws and a tail in its colours."""
    own = _facts()["beast"][concept]
    fur, belly, limbs, tip = (rgb(own[k]) if k in own else rgb(own["fur"]) for k in ("fur", "belly", "limbs", "tip"))
    tail = skia.PathBuilder()
    tail.moveTo(21, 28.4)
    tail.cubicTo(27.5, 29.5, 29.5, 24.5, 27.2, 19.8)
    long, thick = own.get("tail", True), float(own.get("bush", 2.2))
    if long:
        canvas.drawPath(tail.detach(), stroke(mix(fur, SHADE, 0.14), thick))
        canvas.drawCircle(27.3, 19.9, thick * 0.62, fill(tip))
    canvas.drawOval(rect(8.2, 12.0, 15.6, 19.2), down(12, 31, mix(fur, (1, 1, 1), 0.1), mix(fur, SHADE, 0.2)))
    for x in (9.6, 22.4):
        canvas.drawOval(rect(x - 3.6, 22.6, 7.2, 8.4), down(22, 31, mix(limbs, (1, 1, 1), 0.06), mix(limbs, SHADE, 0.16)))
        canvas.drawOval(rect(x - 3.9, 28.6, 7.2, 3.0), down(28, 31.6, mix(limbs, (1, 1, 1), 0.2), limbs))
    canvas.drawOval(rect(11.4, 15.4, 9.2, 13.6), down(15, 29, mix(belly, (1, 1, 1), 0.2), belly))
    for x in (13.2, 18.8):
        _limb(canvas, [(x, 19.5), (x + (x - 16) * 0.12, 29.4)], 3.5, limbs)
        canvas.drawOval(rect(x - 2.3, 28.5, 4.6, 3.0), down(28.5, 31.5, mix(limbs, (1, 1, 1), 0.24), limbs))
    _put(canvas, concept, side, float(own.get("head", 17.0)))


def drawing(concept: str, side: int) -> skia.Image:
    """Return a drawing of the pack, `side` px large. Raises InvalidValue for a name that the pack does not have."""
    art = pack.svg(concept)  # held by name: a stream borrows these bytes and keeps no hold on them
    dom = skia.SVGDOM.MakeFromStream(skia.MemoryStream(art))
    surface = skia.Surface.MakeRasterN32Premul(side, side)
    surface.getCanvas().scale(side / UNITS, side / UNITS)
    dom.render(surface.getCanvas())
    return surface.makeImageSnapshot()


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    return loads(files("cavendish.engines.comp.painting").joinpath("bodies.toml").read_text(encoding="utf-8"))
