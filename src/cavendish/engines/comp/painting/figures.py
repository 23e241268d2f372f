"""Figures: one item of a layout on the canvas: its shadows, then the drawing, the print of a reference, a card or a board."""

from collections.abc import Mapping
from dataclasses import dataclass

import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import anchors, bodies, sprites
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.brush import LINEAR, SMOOTH, down, fill, ink, polygon, ramp, rect, stroke
from cavendish.engines.comp.painting.casting import COUNTERS, fixed
from cavendish.engines.comp.painting.cutout import Cutout
from cavendish.engines.comp.painting.light import Light, mix, rgb, rng
from cavendish.engines.comp.painting.proportion import nature
from cavendish.engines.comp.painting.sprites import Dress
from cavendish.engines.comp.painting.styles import Treatment
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.imaging.typeset import Type, fit

STEAMING = "steaming"  # the material of what steams
SPINES = ("#b5443c", "#3f6fa5", "#d9a13f", "#4f8a63", "#7a5aa0")  # of books in a pile that nobody coloured


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What every figure of a picture shares."""

    scene: Scene  # with its free-standing signs as subjects
    light: Light
    treatment: Treatment
    cutouts: Mapping[str, Cutout]
    boards: Mapping[str, str]  # sign key -> words, to size its lettering by
    floats: bool
    unit: float  # short side, px
    seed: int
    horizon: float = 0.0  # px


def draw(canvas: skia.Canvas, cast: Cast, item: Item, hosts: Mapping[str, Item]) -> None:
    """Draw an item with its shadow; what sits inside a vessel gets the vessel's front wall drawn over it."""
    subject = cast.scene.find(item.key)
    if subject is None:
        return
    image = _image(cast, subject, item)
    if subject.concept == "prop-chandelier" and not item.rests:  # it hangs on its chain
        chain = stroke(cast.light.lit("#8f7238"), max(1.5, item.width * 0.014))
        canvas.drawLine(item.middle, -2, item.middle, item.y + item.height * 0.1, chain)
    host = hosts.get(item.rests)
    pane = _pane(cast, host) if item.inside and host is not None else _over_counter(cast, subject, item)
    if pane is not None:
        canvas.save()
        canvas.clipRRect(skia.RRect.MakeRectXY(pane, cast.unit * 0.01, cast.unit * 0.01), True)
    else:
        _shadow(canvas, cast, item, (subject, image))
    if image is None:
        (_board if item.key in cast.boards else _card)(canvas, cast, item, subject)
    else:
        _place(canvas, cast, item, image)
    if pane is not None:
        canvas.restore()
    elif item.inside and host is not None:
        _front_wall(canvas, cast, host)
    if host is not None and not item.inside:
        _hand(canvas, cast, item, host)
    _steam(canvas, cast, item, subject)
    _shine(canvas, cast, item, subject)


def is_glass(cast: Cast, item: Item) -> bool:
    """Whether an item is a window of the room, which the backdrop draws."""
    subject = cast.scene.find(item.key)
    return subject is not None and subject.concept == "prop-window" and fixed(cast.scene, subject) is not None


def _over_counter(cast: Cast, subject: Subject, item: Item) -> skia.Rect | None:
    """Return what is seen of a person who stands behind the table that the setting is, None for all others."""
    behind = cast.scene.setting in COUNTERS and nature(subject).person and item.grounded and not item.rests
    if not behind or item.base < cast.horizon + item.height * 0.2 or cast.scene.framing == "top_down":
        return None
    return skia.Rect.MakeLTRB(item.x - item.width, -cast.unit, item.x + item.width * 2, cast.horizon + 1)


def _hand(canvas: skia.Canvas, cast: Cast, item: Item, host: Item) -> None:
    """Close a figure's hand over what it holds."""
    owner = cast.scene.find(host.key)
    if owner is None or bodies.split(owner.concept)[1] not in ("hold", "sit", "ride"):
        return
    relation = owner.relation
    if item.key not in owner.holds and (relation is None or relation.kind != "holding" or relation.target != item.key):
        return
    x, y = bodies.joints(owner.concept).hand
    x = x if item.middle > host.middle else 1 - x
    skin = bodies.looks(bodies.split(owner.concept)[0]).skin
    lit = cast.light.subject
    tone = mix((skin[0] * lit[0], skin[1] * lit[1], skin[2] * lit[2]), (0, 0, 0), 0.06)
    at = host.x + host.width * x
    if item.base >= host.y + host.height * (y + 0.03):  # not what hangs on a string: the hand closes over the inner edge
        reach = host.width * 0.3
        at = max(item.x + item.width * 0.08, at - reach) if x > 0.5 else min(item.x + item.width * 0.92, at + reach)
    canvas.drawCircle(at, host.y + host.height * y, host.height * 0.036, fill(tone))


def _shine(canvas: skia.Canvas, cast: Cast, item: Item, subject: Subject) -> None:
    """Let lamps and fires light what is around them when it is dark."""
    spot = anchors.lamp(subject.concept)
    if spot is None or not cast.light.dark or cast.treatment.shadow == "none":
        return
    x, y, reach = spot
    at, radius = (item.x + item.width * x, item.y + item.height * y), item.width * reach
    colors = [ink((1.0, 0.82, 0.48), 0.75), ink((1.0, 0.66, 0.30), 0.34), ink((1.0, 0.5, 0.2), 0.0)]
    shader = skia.GradientShader.MakeRadial(at, radius, colors, [0.0, 0.4, 1.0])
    canvas.drawCircle(*at, radius, skia.Paint(Shader=shader, AntiAlias=True, Dither=True, BlendMode=skia.BlendMode.kScreen))


def _steam(canvas: skia.Canvas, cast: Cast, item: Item, subject: Subject) -> None:
    """Let wisps rise from what is said to steam."""
    if subject.material != STEAMING:
        return
    wide = min(item.width, item.height)
    for k, (place, lift) in enumerate(((0.30, 0.62), (0.46, 0.86), (0.62, 0.56))):
        x, y = item.x + item.width * place, item.y + item.height * 0.16
        sway = wide * 0.10 * (1 if k % 2 else -1)
        top = y - wide * lift
        wisp = skia.PathBuilder()
        wisp.moveTo(x, y)
        wisp.cubicTo(x + sway * 2, y - wide * lift * 0.3, x - sway * 2, y - wide * lift * 0.62, x + sway, top)
        paint = ramp((0, y), (0, top), [(0, (1, 1, 1), 0.0), (0.3, (1, 1, 1), 0.85), (1, (1, 1, 1), 0.0)])
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeWidth(wide * 0.075)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, max(0.6, wide * 0.018)))
        canvas.drawPath(wisp.detach(), paint)


def _pane(cast: Cast, host: Item) -> skia.Rect | None:
    """Return what one sees the inside of a host through, None for open vessels."""
    subject = cast.scene.find(host.key)
    area = anchors.opening(subject.concept) if subject is not None else None
    if area is None:
        return None
    left, right = (1 - area[2], 1 - area[0]) if host.flip else (area[0], area[2])
    return skia.Rect.MakeLTRB(host.x + host.width * left, host.y + host.height * area[1],
                              host.x + host.width * right, host.y + host.height * area[3])


def board_face(item: Item) -> tuple[float, float, float, float]:
    """Return x, y, width, height of the part of a sign board that carries words."""
    return item.x + item.width * 0.06, item.y + item.height * 0.08, item.width * 0.88, item.height * 0.50


def _image(cast: Cast, subject: Subject, item: Item) -> skia.Image | None:
    side = max(item.width, item.height)
    if subject.reference and subject.reference in cast.cutouts:
        cutout = cast.cutouts[subject.reference]
        dress = Dress(color=subject.color, material=subject.material, finish="bare", side=cast.light.side)
        return (
            _print(cutout.image)
            if cutout.framed
            else sprites.dressed(cutout.image, dress)
            if subject.color or subject.material
            else cutout.image
        )
    if not subject.concept:
        return None
    color = subject.color or (SPINES[item.index % len(SPINES)] if subject.concept == "prop-book" and subject.count > 1 else "")
    dress = Dress(
        color=color, material=subject.material, finish=cast.treatment.finish, side=cast.light.side, flip=item.flip
    )
    art = bodies.varied(subject.concept, item.index) if subject.count > 1 else subject.concept
    return sprites.sprite(art, side, dress)


def _print(image: skia.Image) -> skia.Image:
    """Return a picture as a photographic print: white border, rounded corners."""
    width, height = image.width(), image.height()
    border = max(2.0, min(width, height) * 0.035)
    surface = skia.Surface.MakeRasterN32Premul(width, height)
    canvas = surface.getCanvas()
    canvas.clipRRect(skia.RRect.MakeRectXY(rect(0, 0, width, height), border * 1.6, border * 1.6), True)
    canvas.clear(ink((1, 1, 1)))
    canvas.clipRRect(
        skia.RRect.MakeRectXY(rect(border, border, width - 2 * border, height - 2 * border), border * 0.7, border * 0.7), True
    )
    canvas.drawImageRect(image, rect(border, border, width - 2 * border, height - 2 * border), SMOOTH)
    return surface.makeImageSnapshot()


def _place(canvas: skia.Canvas, cast: Cast, item: Item, image: skia.Image) -> None:
    sampling = LINEAR if max(item.width / image.width(), item.height / image.height()) > 0.55 else SMOOTH
    subject = cast.scene.find(item.key)
    shines = subject is not None and anchors.lamp(subject.concept) is not None
    paint = skia.Paint(AntiAlias=True, ColorFilter=sprites.toned(cast.light.subject, 0.3 if shines else 1.0))
    canvas.drawImageRect(image, rect(item.x, item.y, item.width, item.height), sampling, paint)


def _front_wall(canvas: skia.Canvas, cast: Cast, host: Item) -> None:
    subject = cast.scene.find(host.key)
    image = _image(cast, subject, host) if subject is not None else None
    if subject is None or image is None:
        return
    mouth = anchors.vessel(subject.concept)
    edge, sag = host.y + host.height * mouth.rim, host.height * mouth.sag
    left, right = (1 - mouth.right, 1 - mouth.left) if host.flip else (mouth.left, mouth.right)
    start, end = host.x + host.width * left, host.x + host.width * right
    wall = skia.PathBuilder()
    wall.moveTo(host.x - 1, edge)
    wall.lineTo(start, edge)
    wall.cubicTo(start, edge + sag * 4 / 3, end, edge + sag * 4 / 3, end, edge)
    for x, y in ((host.x + host.width + 1, edge), (host.x + host.width + 1, host.base + 1), (host.x - 1, host.base + 1)):
        wall.lineTo(x, y)
    wall.close()
    canvas.save()
    canvas.clipPath(wall.detach(), True)
    _place(canvas, cast, host, image)
    canvas.restore()


def _shadow(canvas: skia.Canvas, cast: Cast, item: Item, what: tuple[Subject, skia.Image | None]) -> None:
    """Ground a figure: a dark line where it touches, a soft shadow away from the light, or one straight behind it."""
    kind = cast.treatment.shadow
    if kind == "none" or nature(what[0]).sky:
        return
    mask = _mask(what, item)
    if cast.scene.framing == "top_down":
        _dropped(canvas, cast, item, mask)
        return
    if not item.grounded or cast.floats:
        if item.rests and not item.inside:
            _contact(canvas, cast, item, 0.5)
        return
    if kind == "hard":
        _cast_shadow(canvas, cast, item, (mask, 0.30, 1.3))
        return
    _cast_shadow(canvas, cast, item, (mask, 0.62, 1.0))
    _contact(canvas, cast, item, 1.0)


def _mask(what: tuple[Subject, skia.Image | None], item: Item) -> skia.Image:
    subject, image = what
    if subject.concept and not subject.reference:
        return sprites.silhouette(subject.concept, item.flip)
    if image is not None:
        return sprites.shadow_mask(image, False)
    return _card_mask(item)


def _card_mask(item: Item) -> skia.Image:
    k = 72 / max(item.width, item.height)
    surface = skia.Surface.MakeRasterN32Premul(max(2, int(item.width * k)), max(2, int(item.height * k)))
    surface.getCanvas().clear(ink((0, 0, 0)))
    return sprites.shadow_mask(surface.makeImageSnapshot(), False)


def _contact(canvas: skia.Canvas, cast: Cast, item: Item, strength: float) -> None:
    """Darken the ground right under the foot: a wide soft pool and a narrow dark one."""
    light = cast.light
    subject = cast.scene.find(item.key)
    start, end = sprites.shape(subject.concept).foot if subject is not None and subject.concept else (0.0, 1.0)
    start, end = (1 - end, 1 - start) if item.flip else (start, end)
    middle, span = item.x + item.width * (start + end) / 2, max(0.22, end - start)
    for wide, tall, alpha in ((0.62, 0.085, 0.55), (0.42, 0.038, 0.75)):
        radius = item.width * wide * (0.25 + 0.75 * span)
        squash = max(0.02, tall * min(item.height, item.width * 1.2) / radius)
        canvas.save()
        canvas.translate(middle, item.base - item.height * 0.012)
        canvas.scale(1, squash)
        shader = skia.GradientShader.MakeRadial(
            (0, 0),
            radius,
            [
                ink(light.shade, alpha * light.shadow * 1.5 * strength),
                ink(light.shade, alpha * light.shadow * 0.8 * strength),
                ink(light.shade, 0),
            ],
            [0, 0.5, 1],
        )
        canvas.drawCircle(0, 0, radius, skia.Paint(Shader=shader, AntiAlias=True))
        canvas.restore()


def _cast_shadow(canvas: skia.Canvas, cast: Cast, item: Item, look: tuple[skia.Image, float, float]) -> None:
    """Lay the silhouette on the ground, leaning away from the light, longer when the sun is low."""
    mask, strength, longer = look
    light = cast.light
    lean, flat = -light.side * min(1.1, light.reach) * longer * 0.85, 0.16 + 0.14 * min(1.0, light.reach)
    margin = 0.125 * max(mask.width(), mask.height()) / 1.25
    scale_x, scale_y = item.width / (mask.width() - 2 * margin), item.height / (mask.height() - 2 * margin)
    canvas.save()
    canvas.translate(item.x, item.base - item.height * 0.02)
    canvas.concat(skia.Matrix.MakeAll(1, -lean * flat * 1.6, 0, 0, flat, 0, 0, 0, 1))
    canvas.translate(0, -item.height)
    canvas.scale(scale_x, scale_y)
    canvas.translate(-margin, -margin)
    paint = skia.Paint(
        AntiAlias=True,
        Alphaf=light.shadow * strength,
        ColorFilter=skia.ColorFilters.Blend(ink(light.shade), skia.BlendMode.kSrcIn),
    )
    canvas.drawImage(mask, 0, 0, LINEAR, paint)
    canvas.restore()


def _dropped(canvas: skia.Canvas, cast: Cast, item: Item, mask: skia.Image) -> None:
    away = max(item.width, item.height) * 0.045
    grown = rect(
        item.x - item.width * 0.14 - cast.light.side * away,
        item.y - item.height * 0.12 + away,
        item.width * 1.28,
        item.height * 1.28,
    )
    paint = skia.Paint(
        AntiAlias=True,
        Alphaf=cast.light.shadow * 1.1,
        ColorFilter=skia.ColorFilters.Blend(ink(cast.light.shade), skia.BlendMode.kSrcIn),
    )
    canvas.drawImageRect(mask, grown, LINEAR, paint)


def reflect(canvas: skia.Canvas, cast: Cast, item: Item, strength: float = 0.28) -> None:
    """Mirror a figure faintly in a polished or wet ground."""
    subject = cast.scene.find(item.key)
    image = _image(cast, subject, item) if subject is not None else None
    if subject is None or image is None or not item.grounded or _over_counter(cast, subject, item) is not None:
        return
    tall = round(item.height * (0.24 if strength < 0.3 else 0.42))
    area = rect(round(item.x) - 2, round(item.base), round(item.width) + 4, tall)
    canvas.saveLayer(area, skia.Paint())
    canvas.save()
    canvas.translate(0, item.base * 2 - item.height * 0.014)
    canvas.scale(1, -1)
    canvas.drawImageRect(
        image, rect(item.x, item.y, item.width, item.height), LINEAR, skia.Paint(ColorFilter=sprites.toned(cast.light.subject))
    )
    canvas.restore()
    fade = ramp((0, item.base), (0, item.base + tall), [(0, (0, 0, 0), strength), (0.9, (0, 0, 0), 0.0), (1, (0, 0, 0), 0.0)])
    fade.setBlendMode(skia.BlendMode.kDstIn)
    canvas.drawRect(area, fade)
    canvas.restore()


def _card(canvas: skia.Canvas, cast: Cast, item: Item, subject: Subject) -> None:
    """Draw the stand-in for what there is no drawing of: a crossed frame with the noun on it, marked FPO."""
    side = min(item.width, item.height)
    x, y, w, h = item.x, item.y, item.width, item.height
    radius = side * 0.05
    base = rgb(subject.color) if subject.color else (0.965, 0.957, 0.94)
    tone = (base[0] * cast.light.subject[0], base[1] * cast.light.subject[1], base[2] * cast.light.subject[2])
    canvas.drawRoundRect(rect(x, y, w, h), radius, radius, down(y, y + h, mix(tone, (1, 1, 1), 0.25), tone))
    dark = sum(tone) < 1.3
    line = (0.9, 0.9, 0.92) if dark else (0.46, 0.47, 0.52)
    pad = side * 0.06
    thin = max(1.0, side * 0.007)
    canvas.drawRoundRect(rect(x + pad, y + pad, w - 2 * pad, h - 2 * pad), radius * 0.6, radius * 0.6, stroke(line, thin, 0.8))
    canvas.drawLine(x + pad, y + pad, x + w - pad, y + h - pad, stroke(line, thin, 0.45))
    canvas.drawLine(x + w - pad, y + pad, x + pad, y + h - pad, stroke(line, thin, 0.45))
    plate = rect(x + w * 0.12, y + h * 0.34, w * 0.76, h * 0.32)
    canvas.drawRoundRect(plate, radius * 0.7, radius * 0.7, fill(tone))
    if not pack.present():  # a build without fonts: the note of the picture names what the card stands for
        return
    words = (0.97, 0.97, 0.98) if dark else (0.16, 0.17, 0.21)
    block = fit(subject.noun, w * 0.70, h * 0.27, Type(weight=700, color=ink(words), largest=side * 0.2))
    block.draw(canvas, x + w * 0.15, y + h * 0.365)
    mark = fit("FPO", w * 0.2, side * 0.075, Type(weight=700, color=ink(line), spacing=0.08))
    mark.draw(canvas, x + w * 0.4, y + h - pad - side * 0.115)


def _board(canvas: skia.Canvas, cast: Cast, item: Item, _subject: Subject) -> None:
    """Draw a sign: a board on two posts, of wood outdoors, of enamel in town and indoors."""
    town = cast.scene.setting in ("city", "street", "room", "kitchen", "desk", "studio", "plain", "space", "underwater")
    light = cast.light
    x, y, w, h = item.x, item.y, item.width, item.height
    own = rng(cast.seed, item.key, "board")
    post = light.lit("#6d7278" if town else "#7a5432")
    for place in (0.2, 0.8):
        canvas.drawRect(
            rect(x + w * place - w * 0.022, y + h * 0.5, w * 0.044, h * 0.5),
            ramp(
                (x + w * (place - 0.03), 0),
                (x + w * (place + 0.03), 0),
                [(0, mix(post, (1, 1, 1), 0.2), 1), (1, mix(post, (0, 0, 0), 0.35), 1)],
            ),
        )
    face = light.lit(own.choice(("#1f4f7a", "#7a2430", "#1f5f4a", "#2c2f38")) if town else "#c6985f")
    panel = rect(x, y, w, h * 0.66)
    if not town:
        canvas.drawPath(
            polygon(
                [
                    (x, y + h * 0.02),
                    (x + w * 0.5, y),
                    (x + w, y + h * 0.015),
                    (x + w * 0.99, y + h * 0.65),
                    (x + w * 0.01, y + h * 0.66),
                ]
            ),
            down(y, y + h * 0.66, mix(face, (1, 1, 1), 0.18), face),
        )
        for k in (0.22, 0.44):
            canvas.drawLine(
                x + w * 0.02,
                y + h * k,
                x + w * 0.98,
                y + h * (k + 0.005),
                stroke(mix(face, (0.2, 0.1, 0), 0.5), max(1.0, h * 0.006), 0.7),
            )
        return
    canvas.drawRoundRect(
        panel, w * 0.03, w * 0.03, down(y, y + h * 0.66, mix(face, (1, 1, 1), 0.14), mix(face, (0, 0, 0), 0.12))
    )
    inner = rect(x + w * 0.022, y + w * 0.022, w * 0.956, h * 0.66 - w * 0.044)
    canvas.drawRoundRect(inner, w * 0.02, w * 0.02, stroke((0.96, 0.95, 0.9), max(1.0, w * 0.008), 0.9))


def board_ink(cast: Cast) -> tuple[float, float, float]:
    """Return the colour of letters on a sign board."""
    town = cast.scene.setting in ("city", "street", "room", "kitchen", "desk", "studio", "plain", "space", "underwater")
    return (0.98, 0.97, 0.94) if town else (0.18, 0.10, 0.04)
