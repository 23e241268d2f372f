"""Brush: the few strokes that every backdrop is made of. It draws where it is told and decides nothing."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import skia

from cavendish.engines.comp.painting.light import Light, Rgb, rng

LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kNone)
SMOOTH = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a backdrop is drawn. Lengths are pixels of the surface in hand, which may be smaller than the picture."""

    width: float
    height: float
    horizon: float  # y where the ground begins
    seed: int
    light: Light
    color: Rgb | None = None  # asked backdrop colour
    ground: Rgb | None = None  # asked colour of the floor or table
    weave: str = ""  # tile of `noise` that the ground's material shows
    graphic: bool = False   # flat art: no gradients, no lamps
    accent: Rgb | None = None  # main colour of the subjects, for backdrops that harmonise with it
    disc: bool = True  # the backdrop hangs its own sun or moon
    panes: tuple[tuple[float, float, float, float], ...] = ()  # windows that the words ask for: x, y, width, height
    fixed: tuple[tuple[float, float, float, float], ...] = ()  # what else hangs on or stands at the wall
    weather: str = "clear"  # what is seen through windows
    snowy: bool = False  # snow lies on the ground
    closeness: float = 1.0  # camera: > 1 sees less, larger

    @property
    def unit(self) -> float:
        """The length that features scale with: the short side, nearer for a close camera."""
        return min(self.width, self.height) * (0.6 + 0.4 * self.closeness)

    def rng(self, *names: object) -> random.Random:
        """Return this picture's generator for one feature."""
        return rng(self.seed, *names)

    def spots(self, *names: object, every: float, low: float = 0.0) -> list[tuple[float, random.Random]]:
        """Spread features over the width, one about every `every` px, each with a generator of its own."""
        count = max(1, math.ceil(self.width / every))
        out = []
        for i in range(count + 1):
            own = self.rng(*names, i)
            out.append(((i + low + own.uniform(-0.35, 0.35)) * every, own))
        return out


def ink(color: Rgb, alpha: float = 1.0) -> int:
    """Return a Skia colour."""
    r, g, b = (max(0, min(255, round(c * 255))) for c in color)
    return int(skia.Color(r, g, b, max(0, min(255, round(alpha * 255)))))


def fill(color: Rgb, alpha: float = 1.0, blur: float = 0.0) -> skia.Paint:
    """Return an antialiased fill, softened by `blur` px."""
    paint = skia.Paint(Color=ink(color, alpha), AntiAlias=True)
    if blur > 0.3:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    return paint


def stroke(color: Rgb, width: float, alpha: float = 1.0) -> skia.Paint:
    """Return a round-capped line."""
    return skia.Paint(
        Color=ink(color, alpha),
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def ramp(start: tuple[float, float], end: tuple[float, float], stops: Sequence[tuple[float, Rgb, float]]) -> skia.Paint:
    """Return a linear gradient; stops are (place 0..1, colour, alpha)."""
    shader = skia.GradientShader.MakeLinear([start, end], [ink(c, a) for _, c, a in stops], [p for p, _, _ in stops])
    return skia.Paint(Shader=shader, AntiAlias=True, Dither=True)


def down(top: float, bottom: float, *colors: Rgb) -> skia.Paint:
    """Return an even vertical gradient."""
    last = max(1, len(colors) - 1)
    return ramp((0, top), (0, bottom), [(i / last, c, 1.0) for i, c in enumerate(colors)])


def glow(canvas: skia.Canvas, at: tuple[float, float], radius: float, color: Rgb, alpha: float) -> None:
    """Lay a soft round light."""
    colors = [ink(color, alpha), ink(color, alpha * 0.38), ink(color, 0.0)]
    shader = skia.GradientShader.MakeRadial(at, max(radius, 1.0), colors, [0.0, 0.42, 1.0])
    canvas.drawCircle(at[0], at[1], radius, skia.Paint(Shader=shader, AntiAlias=True, Dither=True))


def rect(x: float, y: float, width: float, height: float) -> skia.Rect:
    """Return a rectangle by corner and size."""
    return skia.Rect.MakeXYWH(x, y, width, height)


def polygon(points: Sequence[tuple[float, float]]) -> skia.Path:
    """Return a closed path."""
    return skia.Path.Polygon([skia.Point(x, y) for x, y in points], True)


def ridge(stage: Stage, name: str, at: tuple[float, float], wave: float, rough: float = 0.0) -> skia.Path:
    """Return land whose upper edge rolls around y = at[0] by at[1] px with waves of `wave` px; it reaches the bottom."""
    own = stage.rng("ridge", name)
    phases = [(own.uniform(0, 6.28), own.uniform(0.75, 1.35)) for _ in range(3)]
    y, rise = at
    path = skia.PathBuilder()
    path.moveTo(-2, stage.height + 2)
    step = max(2.0, wave / (24 if rough else 16))
    x = -2.0
    while x < stage.width + step:
        t = x / wave * 6.28
        lift = sum(math.sin(t * k * speed + phase) / k**1.25 for k, (phase, speed) in zip((1, 1.9, 3.3), phases, strict=True))
        path.lineTo(x, y - rise * (0.5 + 0.32 * lift) - rise * rough * own.uniform(-0.5, 0.5))
        x += step
    path.lineTo(stage.width + 2, stage.height + 2)
    path.close()
    return path.detach()


@lru_cache(maxsize=8)
def noise(kind: str) -> skia.Image:
    """Return a seamless 512 px tile: "grain" (film, neutral gray), or, in the alpha of black, "paper", "cloud", "wood",
    "marble" (veins), "slate" (broken layers), "weave" (threads)."""
    source = np.random.default_rng({"grain": 1, "paper": 2, "cloud": 3, "wood": 4, "marble": 5, "slate": 6, "weave": 7}[kind])
    if kind == "grain":
        gray = (128 + 46 * source.standard_normal((512, 512))).clip(0, 255)
        return skia.Image.fromarray(np.dstack([gray] * 3 + [np.full_like(gray, 255)]).astype(np.uint8).copy())
    field = _PATTERNS[kind](source)
    alpha = (field * 255).astype(np.uint8)
    return skia.Image.fromarray(np.dstack([np.zeros((512, 512, 3), np.uint8), alpha]).copy())


def _seamless(source: np.random.Generator, rows: int, columns: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Filter white noise in the frequency domain: (512, 512), 0..1, `rows` x `columns` waves across the tile."""
    fy, fx = np.fft.fftfreq(512)[:, None] * 512 / rows, np.fft.fftfreq(512)[None, :] * 512 / columns
    weight = 1.0 / (0.35 + (fy**2 + fx**2)) ** 0.9
    field = np.fft.ifft2(np.fft.fft2(source.standard_normal((512, 512))) * weight).real
    low, high = np.percentile(field, (1, 99))
    return np.asarray(((field - low) / (high - low)).clip(0, 1))


def _veins(source: np.random.Generator) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return thin lines where smooth noise crosses its middle, wide ones faint, fine ones between."""
    wide, fine, mist = _seamless(source, 3, 2), _seamless(source, 9, 6), _seamless(source, 5, 5)
    lines = np.clip(1 - np.abs(wide - 0.5) * 22, 0, 1) + 0.55 * np.clip(1 - np.abs(fine - 0.5) * 26, 0, 1) * (mist > 0.45)
    return np.asarray(np.clip(lines * (0.35 + 0.65 * mist) + 0.16 * mist, 0, 1))


def _threads(source: np.random.Generator) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return warp and weft of even cloth, a little uneven."""
    at = np.arange(512) / 512 * 2 * np.pi * 64
    uneven = 0.7 + 0.6 * _seamless(source, 60, 8) + 0.6 * _seamless(source, 8, 60)
    return np.asarray(np.clip((0.5 + 0.25 * np.sin(at)[:, None] + 0.25 * np.sin(at)[None, :]) * uneven * 0.6, 0, 1))


_PATTERNS: Mapping[str, Callable[[np.random.Generator], "np.ndarray[tuple[int, int], np.dtype[np.float64]]"]] = {
    "paper": lambda source: _seamless(source, 90, 90),
    "cloud": lambda source: _seamless(source, 6, 6),
    "wood": lambda source: _seamless(source, 120, 3),
    "slate": lambda source: np.clip(_seamless(source, 26, 5) * 0.75 + _seamless(source, 110, 70) * 0.45 - 0.1, 0, 1),
    "marble": _veins,
    "weave": _threads,
}


def texture(kind: str, scale: tuple[float, float], color: Rgb, alpha: float) -> skia.Paint:
    """Return a paint that lays a tile of `noise` in a colour, one texel `scale` px large."""
    shader = noise(kind).makeShader(skia.TileMode.kRepeat, skia.TileMode.kRepeat, LINEAR, skia.Matrix.Scale(*scale))
    tinted = shader.makeWithColorFilter(skia.ColorFilters.Blend(ink(color), skia.BlendMode.kSrcIn))
    return skia.Paint(Shader=tinted, Alphaf=alpha)
