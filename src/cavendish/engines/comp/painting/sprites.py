"""Sprites: the pack's drawings as rasters, dressed for a picture: cut to their outline, recoloured, lit, cached.

Rasters are made at a few sizes and scaled down when drawn; the caches are bounded (about 250 MB when everything is full).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import art, props, recolor
from cavendish.engines.comp.painting.brush import fill, ink, ramp, texture
from cavendish.engines.comp.painting.light import mix
from cavendish.imaging.raster import Array

BUCKETS = (96, 192, 320, 512, 768, 1152, 1536)  # px; SVG drawing time grows with the square: 1536 costs up to half a second
PROFILE = 16
MADE = frozenset({"travel-places", "objects", "activities"})  # groups of things that people paint as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Outline of a drawing: width / height, and how far below the box's top it begins in each of 16 columns (0..1)."""

    aspect: float
    top: tuple[float, ...] = (0.0,) * PROFILE
    foot: tuple[float, float] = (0.0, 1.0)  # the part of the width that touches the ground

    def crest(self, start: float, end: float) -> float:
        """Return the highest point between two places of the width (0..1), as a share of the height from the top."""
        first = min(PROFILE - 1, max(0, int(start * PROFILE)))
        last = min(PROFILE, max(first + 1, int(end * PROFILE + 0.999)))
        return min(self.top[first:last])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """How a drawing is dressed. `finish`: lit (shaded as in a photograph), flat (few flat colours), clay, bare."""

    color: str = ""
    material: str = ""
    finish: str = "lit"
    side: int = -1  # where the light comes from
    flip: bool = False
    whole: bool = False  # the colour goes over all main colours of the drawing


@lru_cache(maxsize=2048)
def shape(concept: str) -> Shape:
    """Return a drawing's outline. Raises InvalidValue for a name that the pack does not have."""
    left, top, right, bottom = frame(concept)
    alpha = _alpha(_draw(concept, 96))[top:bottom, left:right]
    return outline(alpha)


def outline(alpha: Array) -> Shape:
    """Measure the outline of an alpha mask (h, w) that is cut to its box."""
    height, width = alpha.shape
    solid = alpha > 100
    tops = []
    for i in range(PROFILE):
        strip = solid[:, i * width // PROFILE : max(i * width // PROFILE + 1, (i + 1) * width // PROFILE)].any(axis=1)
        tops.append(float(strip.argmax()) / height if strip.any() else 1.0)
    sole = np.flatnonzero(solid[max(0, height - max(1, height // 14)) :].any(axis=0))
    foot = (float(sole[0]) / width, float(sole[-1] + 1) / width) if len(sole) else (0.0, 1.0)
    return Shape(aspect=width / height, top=tuple(tops), foot=foot)


@lru_cache(maxsize=2048)
def frame(concept: str) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of what is opaque, in 96ths of the drawing's side."""
    solid = _alpha(_draw(concept, 96)) > 12
    if not solid.any():
        return 0, 0, 96, 96
    columns, rows = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def bucket(px: float) -> int:
    """Return the raster side for a drawing whose larger side is shown `px` large."""
    return next((b for b in BUCKETS if b >= px * 1.22), BUCKETS[-1])


def sprite(concept: str, px: float, dress: Dress) -> skia.Image:
    """Return a drawing cut to its box and dressed; draw it scaled. `px` is the larger side as shown."""
    left, top, right, bottom = frame(concept)
    side = bucket(px * 96 / max(right - left, bottom - top))
    return (_dressed_small if side <= 320 else _dressed_middle if side <= 768 else _dressed_large)(concept, side, dress)


@lru_cache(maxsize=256)
def _dressed_small(concept: str, side: int, dress: Dress) -> skia.Image:
    return _dressed(concept, side, dress)


@lru_cache(maxsize=64)
def _dressed_middle(concept: str, side: int, dress: Dress) -> skia.Image:
    return _dressed(concept, side, dress)


@lru_cache(maxsize=6)
def _dressed_large(concept: str, side: int, dress: Dress) -> skia.Image:
    return _dressed(concept, side, dress)


def _dressed(concept: str, side: int, dress: Dress) -> skia.Image:
    left, top, right, bottom = (v * side // 96 for v in frame(concept))
    image = _drawn_large(concept, side) if side > 768 else _drawn(concept, side)
    entry = pack.concepts().get(concept)
    made = concept.startswith(props.PREFIX) or (entry is not None and entry.group in MADE)
    return dressed(image.makeSubset(skia.IRect.MakeLTRB(left, top, right, bottom)), replace(dress, whole=made))


@lru_cache(maxsize=48)
def _drawn(concept: str, side: int) -> skia.Image:
    return _draw(concept, side)


@lru_cache(maxsize=3)
def _drawn_large(concept: str, side: int) -> skia.Image:
    return _draw(concept, side)


def _draw(concept: str, side: int) -> skia.Image:
    return art.draw(concept, side)


def _alpha(image: skia.Image) -> Array:
    return np.asarray(image.toarray(colorType=skia.kRGBA_8888_ColorType))[..., 3]


def dressed(image: skia.Image, dress: Dress) -> skia.Image:
    """Return an image with alpha dressed: material, colour, then light."""
    made_of = recolor.material(dress.material)
    if made_of is not None or dress.color or dress.finish == "flat":
        rows = np.asarray(image.toarray(colorType=skia.kRGBA_8888_ColorType))
        if made_of is not None:
            rows = recolor.coat(rows, made_of)
        if dress.color:
            rows = recolor.tint(rows, dress.color, whole=dress.whole)
        if dress.finish == "flat":
            rows = recolor.flatten(rows)
        image = skia.Image.fromarray(np.ascontiguousarray(rows), colorType=skia.kRGBA_8888_ColorType, copy=True)
    surface = skia.Surface.MakeRasterN32Premul(image.width(), image.height())
    canvas = surface.getCanvas()
    if dress.flip:
        canvas.translate(image.width(), 0)
        canvas.scale(-1, 1)
    canvas.drawImage(image, 0, 0)
    canvas.resetMatrix()
    if made_of is not None:
        _material_light(canvas, surface, made_of)
    if dress.finish in ("lit", "clay"):
        _model(canvas, (image.width(), image.height()), dress)
        _rim(canvas, surface.makeImageSnapshot(), dress)
    return surface.makeImageSnapshot()


def _material_light(canvas: skia.Canvas, surface: skia.Surface, made_of: recolor.Material) -> None:
    width, height = surface.width(), surface.height()
    if made_of.grain:
        paint = texture(made_of.grain, (max(width, height) / 260, max(width, height) / 420), (0.16, 0.09, 0.03), 0.42)
        paint.setBlendMode(skia.BlendMode.kSrcATop)
        canvas.drawPaint(paint)
    if made_of.shine:
        white = (1.0, 1.0, 1.0)
        stops = [
            (0.0, white, 0.0),
            (0.30, white, 0.0),
            (0.38, white, made_of.shine),
            (0.46, white, 0.0),
            (0.55, white, made_of.shine * 0.5),
            (0.6, white, 0.0),
        ]
        paint = ramp((0, 0), (width, height), stops)
        paint.setBlendMode(skia.BlendMode.kSrcATop)
        canvas.drawPaint(paint)


def _model(canvas: skia.Canvas, size: tuple[int, int], dress: Dress) -> None:
    """Shade the form: light from above on one side, a falling shade on the other, occlusion at the foot."""
    width, height = size
    near, far = (0, width) if dress.side < 0 else (width, 0)
    strong = 1.25 if dress.finish == "clay" else 1.0
    shade = (0.06, 0.05, 0.14)
    falling = ramp((near, 0), (far, height), [(0.0, shade, 0.0), (0.45, shade, 0.0), (1.0, shade, 0.40 * strong)])
    falling.setBlendMode(skia.BlendMode.kSrcATop)
    canvas.drawPaint(falling)
    center = (near * 0.72 + far * 0.28, height * 0.18)
    colors = [ink((1, 0.99, 0.95), 0.32 * strong), ink((1, 0.99, 0.95), 0.09), ink((1, 1, 1), 0)]
    shader = skia.GradientShader.MakeRadial(center, max(width, height) * 0.72, colors, [0, 0.45, 1])
    canvas.drawPaint(skia.Paint(Shader=shader, BlendMode=skia.BlendMode.kSrcATop))
    foot = ramp((0, height * 0.72), (0, height), [(0, shade, 0.0), (1, shade, 0.26 * strong)])
    foot.setBlendMode(skia.BlendMode.kSrcATop)
    canvas.drawPaint(foot)


def _rim(canvas: skia.Canvas, image: skia.Image, dress: Dress) -> None:
    """Light the edge that faces the lamp and darken the one that does not."""
    size = max(image.width(), image.height())
    for sign, color, alpha in ((1, (1.0, 0.98, 0.92), 0.55), (-1, (0.05, 0.04, 0.12), 0.34)):
        shift = size * (0.011 if sign > 0 else 0.018)
        canvas.saveLayer(None, skia.Paint(BlendMode=skia.BlendMode.kSrcATop, Alphaf=alpha))
        canvas.drawPaint(fill(color))
        out = skia.Paint(BlendMode=skia.BlendMode.kDstOut)
        if size >= 96:
            out.setImageFilter(skia.ImageFilters.Blur(size * 0.006, size * 0.006))
        canvas.drawImage(image, -dress.side * shift * sign, shift * sign * 0.9, skia.SamplingOptions(), out)
        canvas.restore()


@lru_cache(maxsize=512)
def silhouette(concept: str, flip: bool) -> skia.Image:
    """Return a small soft alpha mask of a drawing, for its shadows."""
    left, top, right, bottom = frame(concept)
    cut = _draw(concept, 96).makeSubset(skia.IRect.MakeLTRB(left, top, right, bottom))
    return shadow_mask(cut, flip)


def shadow_mask(image: skia.Image, flip: bool) -> skia.Image:
    """Return an image's silhouette, at most 96 px, with a margin of an eighth and soft edges, in black."""
    width, height = image.width(), image.height()
    scale = 96 / max(width, height)
    w, h = max(2.0, width * scale), max(2.0, height * scale)
    surface = skia.Surface.MakeRasterN32Premul(int(w * 1.25) + 1, int(h * 1.25) + 1)
    canvas = surface.getCanvas()
    if flip:
        canvas.translate(surface.width(), 0)
        canvas.scale(-1, 1)
    paint = skia.Paint(
        ColorFilter=skia.ColorFilters.Blend(ink((0, 0, 0)), skia.BlendMode.kSrcIn), ImageFilter=skia.ImageFilters.Blur(2.2, 2.2)
    )
    canvas.drawImageRect(
        image,
        skia.Rect.MakeXYWH(w * 0.125, h * 0.125, w, h),
        skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear),
        paint,
    )
    return surface.makeImageSnapshot()


def toned(color: tuple[float, float, float], amount: float = 1.0) -> skia.ColorFilter:
    """Return a filter that multiplies by a light's colour."""
    r, g, b = mix((1, 1, 1), color, amount)
    return skia.ColorFilters.Matrix([r, 0, 0, 0, 0, 0, g, 0, 0, 0, 0, 0, b, 0, 0, 0, 0, 0, 1, 0])
