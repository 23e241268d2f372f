"""Onto: subjects drawn onto a photograph, where a mask or the words say, with a soft shadow; everything else stays."""

from dataclasses import replace

import cv2
import numpy as np
import skia

from cavendish.engines.comp.painting import figures
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.brush import ink
from cavendish.engines.comp.painting.casting import staged
from cavendish.engines.comp.painting.figures import Cast
from cavendish.engines.comp.painting.layout import Spot, lay_out
from cavendish.engines.comp.painting.light import light_of
from cavendish.engines.comp.painting.painter import Media, blank
from cavendish.engines.comp.painting.sprites import Shape
from cavendish.engines.comp.painting.styles import TREATMENTS
from cavendish.engines.comp.planning import clauses, planner
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.imaging import mask as masks
from cavendish.imaging.raster import view, with_channels, with_depth, wrap
from cavendish.types import ImageRequest, Pixels, ReferenceRole, Size

PLACING = frozenset({"add", "give"})
UNDER_MASK = PLACING | {"", "move", "set", "replace"}


def wanted(request: ImageRequest) -> Scene | None:
    """Return what the words ask to put onto a photograph, None when they ask for nothing of the kind."""
    verbs = UNDER_MASK if request.mask is not None else PLACING
    asked = [c for c in clauses.split(request.prompt) if c.verb in verbs]
    if not asked:
        return None
    others = tuple(r for r in request.references if r.role is not ReferenceRole.BASE)
    scene = planner.plan(
        replace(request, prompt=". ".join(c.text or c.whole for c in asked), references=others, mask=None, text_layers=())
    )
    known = tuple(s for s in scene.subjects if s.concept or s.reference)
    return replace(scene, subjects=known, texts=(), charts=(), background="", setting="plain") if known else None


def spot_of(mask: Pixels | None) -> Spot | None:
    """Return the box that a mask marks, in fractions."""
    box = masks.bounds(mask) if mask is not None else None
    if box is None or mask is None:
        return None
    return Spot(x=box.x / mask.width, y=box.y / mask.height, width=box.width / mask.width, height=box.height / mask.height)


def draw_onto(base: Pixels, scene: Scene, shapes: dict[str, Shape], look: tuple[int, Media, Spot | None]) -> Pixels:
    """Return the photograph with the scene's subjects on it, placed in the spot, or where there is room."""
    seed, media, spot = look
    channels = 4 if base.channels == 4 else 3
    rows = np.array(view(with_channels(with_depth(base, 8), 4)))
    size = Size(base.width, base.height)
    subjects = tuple(replace(s, region=s.region or "" if spot else s.region or "bottom") for s in scene.subjects)
    placed = lay_out(replace(scene, subjects=subjects), size, seed, shapes, spot=spot)
    sheet = blank(size.width, size.height)
    cast = Cast(
        scene=staged(scene),
        light=light_of(scene, seed),
        treatment=TREATMENTS["photorealistic"],
        cutouts=media.cutouts,
        boards={},
        floats=False,
        unit=float(min(size.width, size.height)),
        seed=seed,
    )
    first = {i.key: i for i in reversed(placed.items)}
    for item in placed.items:
        if not item.grounded:
            _soft_shadow(sheet.pen, item)
        figures.draw(sheet.pen, cast, item, first)
    alpha = sheet.rows[..., 3]
    straight = np.where(
        alpha[..., None] > 0, sheet.rows[..., :3].astype(np.uint16) * 255 // np.maximum(alpha, 1)[..., None], 0
    ).astype(np.uint8)
    weight = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB).astype(np.float32) / 255
    mixed = rows[..., :3] * (1 - weight) + straight * weight
    touched = alpha > 0
    rows[..., :3][touched] = np.clip(np.rint(mixed[touched]), 0, 255).astype(np.uint8)
    if channels == 4:
        rows[..., 3] = np.maximum(rows[..., 3], alpha)
    return wrap(np.ascontiguousarray(rows[..., :channels]))


def _soft_shadow(canvas: skia.Canvas, item: Item) -> None:
    radius = max(item.width, item.height) * 0.52
    shader = skia.GradientShader.MakeRadial(
        (item.middle, item.y + item.height * 0.56), radius, [ink((0, 0, 0), 0.22), ink((0, 0, 0), 0)]
    )
    canvas.drawCircle(item.middle, item.y + item.height * 0.56, radius, skia.Paint(Shader=shader, AntiAlias=True))


def nouns(scene: Scene) -> tuple[str, ...]:
    """Return what was put, in words."""
    return tuple(_noun(s) for s in scene.subjects)


def _noun(subject: Subject) -> str:
    return f"{subject.count} × {subject.noun}" if subject.count > 1 else subject.noun
