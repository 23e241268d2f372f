"""Lettering: the scene's words on the picture: headlines, cards, banners, signs and labels, always legible where they lie."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np
import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import anchors, charts, figures, lettering_veil, sprites
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.brush import SMOOTH, down, fill, ink, rect, stroke
from cavendish.engines.comp.painting.figures import Cast
from cavendish.engines.comp.painting.layout import Layout
from cavendish.engines.comp.painting.lettering_veil import AIM, contrast, extremes, paper, veil
from cavendish.engines.comp.painting.light import Rgb, luma, mix, rgb
from cavendish.engines.comp.painting.sprites import Dress
from cavendish.engines.comp.painting.zones import Box, extreme
from cavendish.engines.comp.scene import SceneText
from cavendish.imaging.raster import Array
from cavendish.imaging.typeset import Block, Type, fit
from cavendish.types import Size

CLEAR = 5.2  # contrast of letters on boards: 4.5 after the grain of the picture
_FAMILY = {"sign": "Oswald", "banner": "Oswald", "card": "Noto Serif Display"}
_WEIGHT = {"body": 400, "card": 400}


def write(canvas: skia.Canvas, ground: Array, cast: Cast, layout: Layout, texts: tuple[SceneText, ...]) -> None:
    """Typeset every text. `ground` (h, w, 4) is what the canvas shows. Raises Unsupported for a character without a glyph."""
    first = {i.key: i for i in reversed(layout.items)}
    places = {t.key: t for t in layout.texts}
    for text in texts:
        board = text.key if text.key in cast.boards else text.on if text.on in cast.boards else ""
        if board in first:
            _on_board(canvas, ground, cast, (first[board], text))
        elif text.on and text.on in first:
            _on_subject(canvas, ground, cast, (first[text.on], text))
        elif text.key in places:
            lone = text.role != "banner" or len(places) == 1 or not extreme(layout.size)
            role = text.role if lone else "headline"  # a strip is the banner itself: no band across it
            _ROLES.get(role, _headline)(canvas, ground, cast, (places[text.key].box, text))
    for chart in cast.scene.charts:
        box = places[chart.key].box
        look = _look(cast, (ground, box))
        charts.draw(charts.words_only(canvas), chart, box, replace(look, carded=look.carded or chart.board))


def forms(canvas: skia.Canvas, cast: Cast, layout: Layout) -> None:
    """Draw the forms of charts and the cards of points, which the style of the picture then changes with the rest."""
    look, pens = _look(cast, None), charts.forms_only(canvas)
    places = {t.key: t.box for t in layout.texts}
    for chart in cast.scene.charts:
        if chart.board:
            charts.stand(pens, places[chart.key], layout.size.height, look)
        charts.draw(pens, chart, places[chart.key], replace(look, carded=look.carded or chart.board))
    for text in cast.scene.texts:
        if text.role == "point" and text.key in places:
            _point_form(canvas, cast, (places[text.key], text))


def _look(cast: Cast, ground: tuple[Array, Box] | None) -> charts.Look:
    """Return how charts look in a picture; once the style has changed their paper, by what the picture shows."""
    scene = cast.scene
    carded = scene.setting not in ("studio", "plain") or bool(scene.background_reference)
    dark = scene.style == "neon" or (carded and (scene.time == "night" or scene.setting == "space"))
    accent = rgb(scene.tint) if scene.tint else charts.accent_of(scene.setting)
    paper = charts.NIGHT if dark else charts.PAPER
    if ground is not None:
        paper = _median(*ground)
    elif not carded and scene.background:
        paper = rgb(scene.background)
    return charts.Look(paper=paper, accent=accent, family=cast.treatment.family, unit=cast.unit, carded=carded)


def _median(ground: Array, box: Box) -> Rgb:
    """Return the commonest tone under a box: its paper, whatever is drawn on it."""
    part = ground[int(box.y):max(int(box.y) + 1, int(box.bottom)), int(box.x):max(int(box.x) + 1, int(box.right)), :3]
    few = cv2.resize(np.ascontiguousarray(part), (48, 48), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    red, green, blue = (float(v) / 255 for v in np.median(few, axis=0))
    return red, green, blue


def _point_parts(box: Box) -> tuple[Box, Box]:
    """Return the places of a point's badge or drawing, and of its words: beside each other in wide cells, else above."""
    inner = box.inset(min(box.width, box.height) * 0.09)
    if inner.width > inner.height * 2.1:
        side = min(inner.height, inner.width * 0.32)
        badge = Box(inner.x, inner.y + (inner.height - side) / 2, side, side)
        return badge, Box(inner.x + side * 1.15, inner.y, inner.width - side * 1.15, inner.height)
    side = min(inner.height * 0.56, inner.width)
    badge = Box(inner.x + (inner.width - side) / 2, inner.y, side, side)
    return badge, Box(inner.x, inner.y + side * 1.08, inner.width, inner.height - side * 1.08)


def _number_of(cast: Cast, text: SceneText) -> int:
    return [t.key for t in cast.scene.texts if t.role == "point"].index(text.key) + 1


def _badge(box: Box, icon: bool) -> tuple[float, float, float]:
    """Return the middle and the radius of a point's number: in the corner of its drawing, or alone."""
    radius = box.width * (0.16 if icon else 0.36)
    return (box.x + radius, box.y + radius, radius) if icon else (*box.center, radius)


def _point_form(canvas: skia.Canvas, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Draw a point's card, its drawing and the disc of its number."""
    box, text = what
    look = _look(cast, None)
    charts.card(charts.forms_only(canvas), box, replace(look, paper=charts.NIGHT if luma(look.paper) < 0.3 else charts.PAPER))
    place, _ = _point_parts(box)
    known = text.icon if text.icon in pack.concepts() else ""
    if known:
        image = sprites.sprite(known, place.width, Dress(finish=cast.treatment.finish, side=cast.light.side))
        k = place.width / max(image.width(), image.height())
        wide, tall = image.width() * k, image.height() * k
        canvas.drawImageRect(image, rect(place.center[0] - wide / 2, place.center[1] - tall / 2, wide, tall), SMOOTH)
    x, y, radius = _badge(place, bool(known))
    canvas.drawCircle(x, y, radius, fill(look.accent or rgb(charts.PALETTE[0])))


def _point(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Write a point's number and its words."""
    box, text = what
    place, words = _point_parts(box)
    x, y, radius = _badge(place, text.icon in pack.concepts())
    disc = Box(x - radius * 0.7, y - radius * 0.7, radius * 1.4, radius * 1.4)
    mean, _ = beneath(ground, disc)
    color = (1.0, 1.0, 1.0) if contrast((1, 1, 1), mean) > 2.6 else (0.07, 0.09, 0.13)
    fit(str(_number_of(cast, text)), disc.width, disc.height, Type(weight=700, color=ink(color))).draw(canvas, disc.x, disc.y)
    paper = _median(ground, words)
    said = (0.07, 0.09, 0.13) if luma(paper) > 0.47 else (0.97, 0.98, 0.99)
    largest = min(max(cast.unit * 0.075, words.height * 0.24), _even(cast, words))
    fit(text.text, words.width, words.height, _type(cast, text, said, largest=largest)).draw(canvas, words.x, words.y)


def _even(cast: Cast, words: Box) -> float:
    """Return the size in which all points of a page fit, so that they are set alike."""
    points = [t for t in cast.scene.texts if t.role == "point"]
    return min(fit(t.text, words.width, words.height, _type(cast, t, (0, 0, 0))).size for t in points)


def _button(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Draw a button with its words, in a colour that stands out from what lies around it."""
    box, text = what
    mean, _ = beneath(ground, box)
    asked = rgb(text.color) if text.color else rgb(cast.scene.tint or "#e4572e")
    face = asked if contrast(asked, mean) > 1.6 else (1.0, 1.0, 1.0) if luma(mean) < 0.5 else (0.08, 0.1, 0.14)
    said = max(((1.0, 1.0, 1.0), (0.07, 0.08, 0.11)), key=lambda c: contrast(c, face))
    tall = min(box.height * 0.86, cast.unit * 0.15)
    block = fit(text.text, box.width * 0.8, tall * 0.5, _type(cast, text, said))
    wide = min(box.width, block.width + tall * 1.3)
    pill = rect(box.center[0] - wide / 2, box.center[1] - tall / 2, wide, tall)
    shade = rect(pill.x(), pill.y() + tall * 0.06, wide, tall)
    canvas.drawRoundRect(shade, tall / 2, tall / 2, fill((0, 0, 0), 0.3, tall * 0.07))
    canvas.drawRoundRect(pill, tall / 2, tall / 2, down(pill.y(), pill.bottom(), mix(face, (1, 1, 1), 0.1), face))
    block.draw(canvas, box.x + box.width * 0.1, box.center[1] - tall * 0.25)


def _type(cast: Cast, text: SceneText, color: Rgb, largest: float = 1e9, leading: float = 1.12) -> Type:
    default = _FAMILY.get(text.role, cast.treatment.family if text.role == "headline" else "Inter")
    weight, spacing = _WEIGHT.get(text.role, 700), 0.02 if text.role == "banner" else 0.0
    return Type(family=text.font or default, weight=weight, color=ink(color), largest=largest, leading=leading, spacing=spacing)


def _headline(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Set words straight on the picture, on a veil where the picture is too busy or too close in tone."""
    box, text = what
    mean, _ = beneath(ground, box)
    height, width = ground.shape[:2]
    title = text.role in ("headline", "banner")
    largest = (width * height) ** 0.5 * (0.125 if title else 0.046)
    if extreme(Size(width, height)):
        largest = max(largest, min(width, height) * (0.62 if title else 0.2))
    inner = box.inset(min(box.width, box.height) * 0.06)
    leading = 1.08 if title else 1.32
    block = fit(text.text, inner.width, inner.height, _type(cast, text, (0, 0, 0), largest=largest, leading=leading))
    x, y = inner.x + block.dx, inner.y + block.dy
    pad = min(block.size * 0.35, inner.width * 0.04)
    under = Box(x - pad, y - pad * 0.5, block.width + pad * 2, block.height + pad)
    ends = extremes(ground, under)
    color = rgb(text.color) if text.color else lettering_veil.ink(ends, mean)
    block = fit(text.text, inner.width, inner.height, _type(cast, text, color, largest=largest, leading=leading))
    veiled = veil(color, ends)
    if veiled is not None:
        plate = rect(under.x, under.y, under.width, under.height)
        canvas.drawRoundRect(plate, pad * 0.6, pad * 0.6, fill(*veiled))
    elif luma(color) > 0.6:
        shadow = fit(
            text.text,
            inner.width,
            inner.height,
            _type(cast, text, (0, 0, 0), largest=largest, leading=1.08 if title else 1.32),
        )
        _soft(canvas, shadow, (inner.x, inner.y), block.size)
    if cast.scene.style == "neon":
        glow = fit(
            text.text,
            inner.width,
            inner.height,
            _type(cast, text, (1.0, 0.2, 0.75), largest=largest, leading=1.08 if title else 1.32),
        )
        _soft(canvas, glow, (inner.x, inner.y), block.size, 1.0)
    block.draw(canvas, inner.x, inner.y)


def _soft(canvas: skia.Canvas, block: Block, at: tuple[float, float], size: float, strength: float = 0.45) -> None:
    """Draw words blurred, as the shadow or the glow of the same words."""
    paint = skia.Paint(ImageFilter=skia.ImageFilters.Blur(size * 0.07, size * 0.07), Alphaf=strength)
    area = rect(at[0] + block.dx - size, at[1] + block.dy - size, block.width + 2 * size, block.height + 2 * size)
    canvas.saveLayer(area, paint)
    block.draw(canvas, at[0], at[1] + (size * 0.02 if strength < 1 else 0))
    canvas.restore()


def _card(canvas: skia.Canvas, _ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Set words on a paper card."""
    box, text = what
    card = box.inset(min(box.width, box.height) * 0.05)
    radius = min(card.width, card.height) * 0.04
    canvas.drawRoundRect(
        rect(card.x, card.y + cast.unit * 0.008, card.width, card.height),
        radius,
        radius,
        fill((0, 0, 0), 0.34, cast.unit * 0.012),
    )
    canvas.drawRoundRect(
        rect(card.x, card.y, card.width, card.height),
        radius,
        radius,
        down(card.y, card.bottom, (1.0, 0.995, 0.98), (0.955, 0.94, 0.91)),
    )
    frame = card.inset(min(card.width, card.height) * 0.045)
    canvas.drawRoundRect(
        rect(frame.x, frame.y, frame.width, frame.height),
        radius * 0.6,
        radius * 0.6,
        stroke((0.72, 0.62, 0.42), max(1.0, cast.unit * 0.0015), 0.8),
    )
    inner = card.inset(min(card.width, card.height) * 0.12)
    color = rgb(text.color) if text.color else (0.16, 0.14, 0.13)
    fit(text.text, inner.width, inner.height, _type(cast, text, color, largest=cast.unit * 0.12)).draw(canvas, inner.x, inner.y)


def _banner(canvas: skia.Canvas, _ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Set words on a strip across the picture, in the colour of its main subject."""
    box, text = what
    accent = rgb(cast.scene.tint or "#c8273f")
    tone = mix(accent, (0, 0, 0), 0.25) if luma(accent) > 0.5 else accent
    color = rgb(text.color) if text.color else (1.0, 1.0, 1.0) if luma(tone) < 0.5 else (0.04, 0.04, 0.05)
    tone = paper(color, mix(tone, (1, 1, 1), 0.08) if luma(color) > 0.5 else mix(tone, (0, 0, 0), 0.12))
    canvas.drawRect(
        rect(box.x, box.y, box.width, box.height),
        down(box.y, box.bottom, tone, mix(tone, (0, 0, 0) if luma(color) > 0.5 else (1, 1, 1), 0.12)),
    )
    inner = Box(box.x + box.width * 0.04, box.y + box.height * 0.12, box.width * 0.92, box.height * 0.76)
    fit(text.text, inner.width, inner.height, _type(cast, text, color)).draw(canvas, inner.x, inner.y)


def _sign_zone(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Draw a board where the words fixed the place of a sign."""
    box, text = what
    _plate(canvas, box, (cast.light.lit("#1f4f7a"), (0.97, 0.96, 0.92)), cast.unit)
    _headline_on(canvas, cast, box, (text, (0.98, 0.97, 0.94)))


def _label_zone(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Box, SceneText]) -> None:
    """Set a label on a small plate."""
    box, text = what
    mean, _ = beneath(ground, box)
    face = mix(mean, (1, 1, 1), 0.82)
    canvas.drawRoundRect(rect(box.x, box.y, box.width, box.height), box.height * 0.14, box.height * 0.14, fill(face, 0.92))
    _headline_on(
        canvas,
        cast,
        box,
        (text, rgb(text.color) if text.color and contrast(rgb(text.color), face) > AIM else (0.1, 0.1, 0.13)),
    )


def _headline_on(canvas: skia.Canvas, cast: Cast, box: Box, what: tuple[SceneText, Rgb]) -> None:
    text, color = what
    inner = Box(box.x + box.width * 0.06, box.y + box.height * 0.1, box.width * 0.88, box.height * 0.8)
    fit(text.text, inner.width, inner.height, _type(cast, text, color)).draw(canvas, inner.x, inner.y)


def _plate(canvas: skia.Canvas, box: Box, colors: tuple[Rgb, Rgb], unit: float) -> None:
    face, line = colors
    radius = min(box.width, box.height) * 0.08
    canvas.drawRoundRect(
        rect(box.x, box.y + unit * 0.006, box.width, box.height), radius, radius, fill((0, 0, 0), 0.35, unit * 0.008)
    )
    canvas.drawRoundRect(
        rect(box.x, box.y, box.width, box.height),
        radius,
        radius,
        down(box.y, box.bottom, mix(face, (1, 1, 1), 0.12), mix(face, (0, 0, 0), 0.1)),
    )
    edge = min(box.width, box.height) * 0.045
    canvas.drawRoundRect(
        rect(box.x + edge, box.y + edge, box.width - 2 * edge, box.height - 2 * edge),
        radius * 0.7,
        radius * 0.7,
        stroke(line, max(1.0, edge * 0.3), 0.85),
    )


def _on_board(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Item, SceneText]) -> None:
    """Letter a sign board, in an ink that reads on it in the light of the picture."""
    item, text = what
    x, y, w, h = figures.board_face(item)
    face = _median(ground, Box(x, y, w, h))
    usual = figures.board_ink(cast)
    best = max(((1.0, 1.0, 1.0), (0.02, 0.02, 0.03)), key=lambda c: contrast(c, face))
    color = rgb(text.color) if text.color else usual if contrast(usual, face) >= CLEAR else best
    fit(text.text, w, h, _type(cast, text, color, largest=item.height * 0.34)).draw(canvas, x, y)


def _on_subject(canvas: skia.Canvas, ground: Array, cast: Cast, what: tuple[Item, SceneText]) -> None:
    """Put words on a thing: a hanging board for signs, a printed label for the rest."""
    item, text = what
    subject = cast.scene.find(item.key)
    area = anchors.face(subject.concept) if subject is not None else None
    if area is not None:
        left, top, right, bottom = area
        wide, tall = item.width * (right - left), item.height * (bottom - top)
        box = Box(item.x + item.width * left, item.y + item.height * top, wide, tall)
        mean = _median(ground, box)
        best = max(((1.0, 1.0, 1.0), (0.05, 0.05, 0.07)), key=lambda c: contrast(c, mean))
        asked = rgb(text.color) if text.color else best
        _headline_on(canvas, cast, box, (text, asked if contrast(asked, mean) >= AIM else best))
        return
    if text.role == "sign":
        wide = item.width * 0.86
        box = Box(item.middle - wide / 2, item.y + item.height * 0.12, wide, min(item.height * 0.24, wide * 0.42))
        _plate(canvas, box, (cast.light.lit("#22303f"), (0.97, 0.96, 0.92)), cast.unit)
        _headline_on(canvas, cast, box, (text, rgb(text.color) if text.color else (0.99, 0.98, 0.95)))
        return
    wide = item.width * (0.66 if len(text.text) < 24 else 0.78)
    tall = min(item.height * 0.28, wide * (0.5 if len(text.text) < 24 else 0.7))
    box = Box(item.middle - wide / 2, item.y + item.height * 0.54 - tall / 2, wide, tall)
    mean, spread = beneath(ground, box)
    color = rgb(text.color) if text.color else (1.0, 1.0, 1.0) if luma(mean) < 0.45 else (0.1, 0.1, 0.14)
    if spread > 0.1 or contrast(color, mean) < AIM:
        face = paper(color, mix(mean, (1, 1, 1), 0.86) if luma(color) < 0.5 else mix(mean, (0.05, 0.05, 0.08), 0.82))
        canvas.drawRoundRect(rect(box.x, box.y, box.width, box.height), box.height * 0.12, box.height * 0.12, fill(face, 0.98))
    _headline_on(canvas, cast, box, (text, color))


def beneath(ground: Array, box: Box) -> tuple[Rgb, float]:
    """Return the mean colour under a box and the spread of its lightness (0..1)."""
    height, width = ground.shape[:2]
    left, top = int(max(0, min(box.x, width - 2))), int(max(0, min(box.y, height - 2)))
    right, bottom = int(max(left + 1, min(box.right, width))), int(max(top + 1, min(box.bottom, height)))
    area = (
        cv2.resize(np.ascontiguousarray(ground[top:bottom, left:right, :3]), (24, 16), interpolation=cv2.INTER_AREA).astype(
            np.float32
        )
        / 255
    )
    mean = area.reshape(-1, 3).mean(axis=0)
    tones = area @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return (float(mean[0]), float(mean[1]), float(mean[2])), float(tones.std())


_ROLES: Mapping[str, Callable[[skia.Canvas, Array, Cast, tuple[Box, SceneText]], None]] = {
    "card": _card,
    "banner": _banner,
    "sign": _sign_zone,
    "label": _label_zone,
    "point": _point,
    "button": _button,
}
