"""Painter: a scene and its layout -> pixels, natively at the asked size. It reads no words and knows no requests.

Stages, in order: backdrop, subjects, style, text, finish. Whole-picture work is kept to a few passes: distances that are out
of focus are drawn small and enlarged, everything sharp is drawn at full size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
import skia

from cavendish.engines.comp.painting import backdrops, figures, lettering, recolor
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.brush import Stage, noise
from cavendish.engines.comp.painting.cutout import Cutout, whole
from cavendish.engines.comp.painting.figures import Cast
from cavendish.engines.comp.painting.fixtures import glass, mounted
from cavendish.engines.comp.painting.layout import Layout, boards, with_signs
from cavendish.engines.comp.painting.light import light_of, rgb
from cavendish.engines.comp.painting.proportion import nature
from cavendish.engines.comp.painting.sky import falling
from cavendish.engines.comp.painting.styles import TREATMENTS, Treatment, few, like
from cavendish.engines.comp.scene import Adjust, Scene
from cavendish.imaging.raster import Array, view, with_channels, with_depth
from cavendish.types import Pixels

SOFT_PX = 900_000  # pixels of a distance that is out of focus
SHARP_PX = 2_400_000  # of one that is in focus
POLISHED = frozenset({"studio", "kitchen"})
WET = frozenset({"street", "city"})  # pavements that mirror in the rain
_NEUTRAL = 200  # of a grain tile: pixels stay as they are
STAGES = ("backdrop", "subjects", "text", "finish")

OnStage = Callable[[str, Array], None]  # stage name, what is painted so far (h, w, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Input pictures by digest: cut out for placing, and whole as backdrops."""

    cutouts: Mapping[str, Cutout] = field(default_factory=dict)
    pictures: Mapping[str, Pixels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A Skia canvas and the array that it draws into: (h, w, 4) uint8, premultiplied."""

    rows: Array
    surface: skia.Surface

    @property
    def pen(self) -> skia.Canvas:
        return self.surface.getCanvas()


def paint(
    scene: Scene, layout: Layout, seed: int, media: Media, *, transparent: bool = False, on_stage: OnStage = lambda _s, _a: None
) -> Array:
    """Return the picture (h, w, 3), or (h, w, 4) with straight alpha when transparent. Raises Unsupported for bare glyphs."""
    treatment = TREATMENTS[scene.style]
    width, height = layout.size.width, layout.size.height
    sheet = blank(width, height)
    if not transparent:
        backdrop(sheet, scene, layout, (seed, media, treatment))
        _adjust_backdrop(sheet.rows, scene.adjust, min(width, height))
    on_stage("backdrop", sheet.rows)
    cast = _cast(scene, layout, (seed, media, treatment))
    subjects(sheet.pen, cast, layout, scene, transparent=transparent)
    on_stage("subjects", sheet.rows)
    if not transparent:
        stage = _stage(scene, layout, seed, 1.0)
        falling(sheet.pen, stage, scene.weather if scene.setting in (*backdrops.OUTDOORS, "studio", "plain") else "clear")
    lettering.forms(sheet.pen, cast, layout)
    restyle = _restyling(scene, treatment, media)
    if restyle is not None:
        _restyle(sheet, restyle, seed)
    lettering.write(sheet.pen, sheet.rows, cast, layout, scene.texts)
    on_stage("text", sheet.rows)
    done = _finish(sheet, scene, treatment, transparent=transparent)
    on_stage("finish", sheet.rows)
    return done


def blank(width: int, height: int) -> Canvas:
    """Return a transparent sheet."""
    rows = np.zeros((height, width, 4), dtype=np.uint8)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    return Canvas(rows=rows, surface=skia.Surface.MakeRasterDirect(info, rows))


def _stage(scene: Scene, layout: Layout, seed: int, k: float) -> Stage:
    closeness = min(1.8, max(0.6, {"close_up": 1.5, "wide": 0.72}.get(scene.framing, 1.0) * scene.zoom))
    made_of = recolor.material(scene.surface)
    tone = recolor.shade(scene.surface) or (made_of.color if made_of else "")
    tone = tone or (scene.background if made_of else "")
    ground = rgb(tone) if tone else None
    accent = rgb(scene.tint) if scene.tint else None
    return Stage(
        width=layout.size.width * k,
        height=layout.size.height * k,
        horizon=layout.horizon * k,
        seed=seed,
        light=light_of(scene, seed),
        color=rgb(scene.background) if scene.background else None,
        closeness=closeness,
        ground=ground,
        weave=made_of.grain if made_of else "",
        accent=accent,
        disc=not any(nature(s).lights_sky for s in scene.subjects),
        graphic=bool(TREATMENTS[scene.style].levels),
        panes=tuple((x * k, y * k, w * k, h * k) for x, y, w, h in glass(with_signs(scene), layout.items)),
        fixed=tuple((x * k, y * k, w * k, h * k) for x, y, w, h in mounted(with_signs(scene), layout.items)),
        weather=scene.weather,
        snowy=scene.surface == "snow" or scene.weather == "snow",
    )


def backdrop(sheet: Canvas, scene: Scene, layout: Layout, look: tuple[int, Media, Treatment]) -> None:
    """Fill the sheet with the setting: distance (small and soft where it may be), then the crisp ground."""
    seed, media, treatment = look
    width, height = layout.size.width, layout.size.height
    picture = media.pictures.get(scene.background_reference)
    if picture is not None:
        sheet.pen.drawImage(whole(picture, layout.size), 0, 0)
        return
    setting = backdrops.settings()[scene.setting]
    soft = setting.soft * treatment.soft * {"close_up": 2.2, "wide": 0.5, "top_down": 0.0}.get(scene.framing, 1.0)
    smooth = soft > 0 or scene.setting in ("studio", "plain")
    k = (
        1.0
        if treatment.crisp and width * height < 2 * SHARP_PX
        else min(1.0, ((SOFT_PX if smooth else SHARP_PX) / (width * height)) ** 0.5)
    )
    small = blank(max(1, round(width * k)), max(1, round(height * k))) if k < 1 else sheet
    backdrops.far(small.pen, _stage(scene, layout, seed, k), scene)
    if treatment.levels:
        small.rows[..., :3] = few(np.ascontiguousarray(small.rows[..., :3]), treatment.levels)
    sigma = soft * min(small.rows.shape[:2])
    if sigma > 0.4:
        cv2.GaussianBlur(small.rows, (0, 0), sigma, dst=small.rows)
    if small is not sheet:
        cv2.resize(small.rows, (width, height), dst=sheet.rows, interpolation=cv2.INTER_LINEAR)
    if treatment.vignette:
        _vignette(sheet, treatment.vignette)
    backdrops.near(sheet.pen, _stage(scene, layout, seed, 1.0), scene)


def _vignette(sheet: Canvas, strength: float) -> None:
    """Darken the corners of the backdrop by a small multiplied mask."""
    height, width = sheet.rows.shape[:2]
    y, x = np.linspace(-1, 1, 96, dtype=np.float32)[:, None], np.linspace(-1, 1, 96, dtype=np.float32)[None, :]
    mask = np.clip(1 - strength * np.clip((x * x + y * y - 0.45) / 1.55, 0, 1) ** 1.2, 0, 1)
    factor = np.dstack([(mask * 255).astype(np.uint8)] * 3 + [np.full(mask.shape, 255, np.uint8)])
    for top in range(0, height, 512):  # in strips: a mask of the whole picture would double the memory
        strip = sheet.rows[top : top + 512]
        rows = np.linspace(top / height * 95, (top + len(strip) - 1) / height * 95, len(strip), dtype=np.float32)[:, None]
        columns = np.linspace(0, 95, width, dtype=np.float32)[None, :]
        local = cv2.remap(
            factor, np.broadcast_to(columns, strip.shape[:2]), np.broadcast_to(rows, strip.shape[:2]), cv2.INTER_LINEAR
        )
        cv2.multiply(strip, local, dst=strip, scale=1 / 255)


def _adjust_backdrop(rows: Array, adjust: Adjust, unit: int) -> None:
    if adjust.background_blur > 0:
        _blur(rows, adjust.background_blur * unit * 0.03)
    if adjust.background_brightness:
        cv2.LUT(rows, _tone(adjust.background_brightness, 0.0, 4), dst=rows)


def _blur(rows: Array, sigma: float) -> None:
    """Blur in place; wide blurs work on a reduced copy, where nobody can tell."""
    height, width = rows.shape[:2]
    k = max(1, int(sigma / 4))
    small = cv2.resize(rows, (max(1, width // k), max(1, height // k)), interpolation=cv2.INTER_AREA) if k > 1 else rows
    soft = cv2.GaussianBlur(small, (0, 0), sigma / k)
    rows[:] = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR) if k > 1 else soft


def _tone(brightness: float, contrast: float, channels: int) -> Array:
    """Return a (256, 1, channels) table; alpha stays."""
    at = np.arange(256) / 255
    bent = at ** (2.0 ** (-1.3 * brightness)) * (1 + 0.25 * min(0.0, brightness)) + 0.06 * max(0.0, brightness) * (1 - at)
    bent = (bent - 0.5) * (1 + (0.9 if contrast > 0 else 0.7) * contrast) + 0.5
    table = np.repeat((bent * 255).clip(0, 255).astype(np.uint8)[:, None], channels, axis=1)
    if channels == 4:
        table[:, 3] = np.arange(256)
    return table.reshape(256, 1, channels)


def _cast(scene: Scene, layout: Layout, look: tuple[int, Media, Treatment]) -> Cast:
    seed, media, treatment = look
    whole_scene = with_signs(scene)
    signs = boards(scene)
    return Cast(
        scene=whole_scene,
        light=light_of(scene, seed),
        treatment=treatment,
        cutouts=media.cutouts,
        boards=signs,
        floats=backdrops.settings()[scene.setting].floats,
        unit=float(min(layout.size.width, layout.size.height)),
        seed=seed,
        horizon=layout.horizon,
    )


def subjects(pen: skia.Canvas, cast: Cast, layout: Layout, scene: Scene, *, transparent: bool) -> None:
    """Draw every item, back to front."""
    if transparent:
        cast = replace(cast, treatment=replace(cast.treatment, shadow="none"))
    first: dict[str, Item] = {}
    for item in layout.items:
        first.setdefault(item.key, item)
    wet = scene.setting in WET and scene.weather in ("rain", "storm")
    mirrors = scene.setting in POLISHED or wet
    polished = mirrors and cast.treatment.shadow == "soft" and not transparent and scene.framing != "top_down"
    for item in layout.items:
        if polished and not scene.background_reference:
            figures.reflect(pen, cast, item, 0.42 if wet else 0.28)
    bare = transparent or bool(scene.background_reference)
    for item in layout.items:
        if not bare and figures.is_glass(cast, item):
            continue  # the backdrop has drawn it, with the hour and the weather behind it
        figures.draw(pen, cast, item, first)


def _restyling(scene: Scene, treatment: Treatment, media: Media) -> Callable[[Array, int], Array] | None:
    """Return what the style, or a picture whose look was asked for, does to everything but the words."""
    model = media.pictures.get(scene.style_reference)
    if model is None:
        return treatment.after
    sample = np.ascontiguousarray(view(with_channels(with_depth(model, 8), 3)))
    after = treatment.after
    return lambda rows, seed: like(after(rows, seed) if after is not None else rows, sample)


def _restyle(sheet: Canvas, change: Callable[[Array, int], Array], seed: int) -> None:
    drawn = change(cv2.cvtColor(sheet.rows, cv2.COLOR_RGBA2RGB), seed)
    alpha = sheet.rows[..., 3]
    opaque = bool(alpha[0, 0] == 255)
    if opaque:
        sheet.rows[..., :3] = drawn
    else:  # premultiplied: colour only where there is something
        sheet.rows[..., :3] = cv2.multiply(drawn, cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    sheet.surface.notifyContentWillChange(skia.Surface.kRetain_ContentChangeMode)


def _finish(sheet: Canvas, scene: Scene, treatment: Treatment, *, transparent: bool) -> Array:
    """Grain, the asked adjustments, and plain channels."""
    adjust, unit = scene.adjust, min(sheet.rows.shape[:2])
    if adjust.blur > 0:
        _blur(sheet.rows, adjust.blur * unit * 0.02)
    if transparent:
        return _straight(sheet)
    out = cv2.cvtColor(sheet.rows, cv2.COLOR_RGBA2RGB)
    if treatment.grain:
        _grain(out, treatment.grain)
    return graded(out, adjust)


def _grain(rows: Array, strength: float) -> None:
    """Lay film grain over (h, w, 3) in place, in strips: every pixel times a number near 1 from a seamless tile."""
    tile = _film(strength)
    wide = np.tile(tile, (1, -(-rows.shape[1] // tile.shape[1]), 1))[:, :rows.shape[1]]
    for top in range(0, len(rows), len(tile)):
        strip = rows[top:top + len(tile)]
        cv2.multiply(strip, wide[:len(strip)], dst=strip, scale=1 / _NEUTRAL)


@lru_cache(maxsize=4)
def _film(strength: float) -> Array:
    """Return a tile of grain (512, 512, 3) around _NEUTRAL."""
    gray = np.asarray(noise("grain").toarray(colorType=skia.kRGBA_8888_ColorType))[..., :3].astype(np.float32)
    return np.asarray(np.clip(np.rint(_NEUTRAL * (1 + 0.6 * strength * (gray / 127.5 - 1))), 0, 255).astype(np.uint8))


def _straight(sheet: Canvas) -> Array:
    alpha = sheet.rows[..., 3:].astype(np.float32)
    color = np.where(alpha > 0, sheet.rows[..., :3] * (255.0 / np.maximum(alpha, 1)), 0)
    return np.dstack([np.clip(np.rint(color), 0, 255).astype(np.uint8), sheet.rows[..., 3]])


def graded(rgb_rows: Array, adjust: Adjust) -> Array:
    """Apply brightness, contrast, saturation and warmth to (h, w, 3)."""
    out = rgb_rows
    if adjust.brightness or adjust.contrast:
        out = cv2.LUT(out, _tone(adjust.brightness, adjust.contrast, 3))
    if adjust.saturation or adjust.warmth:
        s, warm = 1 + (1.1 if adjust.saturation > 0 else 1.0) * adjust.saturation, adjust.warmth
        weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
        matrix = np.eye(3, dtype=np.float32) * s + (1 - s) * weights[None, :]
        tint = np.array([1 + 0.18 * warm, 1 + 0.03 * warm, 1 - 0.22 * warm], np.float32)
        out = cv2.transform(out, matrix * tint[:, None])
    return out


def preview(rows: Array, largest: int = 512) -> Pixels:
    """Return a small opaque copy of an unfinished sheet."""
    height, width = rows.shape[:2]
    k = min(1.0, largest / max(height, width))
    small = cv2.resize(rows, (max(1, round(width * k)), max(1, round(height * k))), interpolation=cv2.INTER_AREA)
    bare = cv2.cvtColor(small, cv2.COLOR_RGBA2RGB)
    bare = cv2.add(bare, cv2.cvtColor(255 - small[..., 3], cv2.COLOR_GRAY2RGB))
    return Pixels(width=bare.shape[1], height=bare.shape[0], channels=3, data=bare.tobytes())
