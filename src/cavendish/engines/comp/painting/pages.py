"""Pages: charts, numbered points and buttons in a neat order with their headline, and the room left for subjects."""

import math
from dataclasses import replace

from cavendish.engines.comp.painting import zones
from cavendish.engines.comp.painting.zones import Box, Plan, TextPlace
from cavendish.engines.comp.scene import Scene, SceneText
from cavendish.types import Size

BESIDE = 1.5  # from this shape on subjects stand beside the page, and under it in taller pictures
STRIP = 2.6  # from this shape on the headline stands at the side too
GAP = 0.03  # between parts, share of the short side


def arranged(scene: Scene) -> bool:
    """Whether a scene is a page: it holds numbers or points."""
    return bool(scene.charts) or any(t.role == "point" for t in scene.texts)


def divide(scene: Scene, size: Size, seed: int) -> Plan:
    """Return the places of all words and charts, and the room of the subjects, of any scene."""
    if not arranged(scene):
        return zones.divide(scene, size, seed)
    loose = [t for t in scene.texts
             if not (t.on and scene.find(t.on)) and t.box is None and not t.region and t.role not in ("sign", "banner")]
    fixed = zones.divide(replace(scene, texts=tuple(t for t in scene.texts if t not in loose)), size, seed)
    places, room = arrange(scene, loose, fixed.room)
    return Plan((*fixed.texts, *places), room)


def arrange(scene: Scene, words: list[SceneText], frame: Box) -> tuple[list[TextPlace], Box]:
    """Return the places of charts and words, and the room of the subjects (the whole frame when there are none)."""
    page, room = _beside(scene, frame)
    gap = GAP * min(frame.width, frame.height)
    points = [t for t in words if t.role == "point"]
    buttons = [t for t in words if t.role == "button"]
    lines = [t for t in words if t.role not in ("point", "button")]
    places: list[TextPlace] = []
    if lines:
        head, page = _head(page, gap, len(lines))
        places += _lines(lines, head)
    if buttons:
        tall = min(page.height * 0.2, page.width * 0.16)
        foot = Box(page.x, page.bottom - tall, page.width, tall)
        page = Box(page.x, page.y, page.width, page.height - tall - gap)
        places += [TextPlace(key=t.key, box=box) for t, box in zip(buttons, grid(len(buttons), foot, gap, 4.0), strict=True)]
    body = [page]
    if scene.charts and points:
        body = list(_halves(page, gap))
    if scene.charts:
        boxes = grid(len(scene.charts), body[0], gap, 1.4)
        places += [TextPlace(key=c.key, box=box) for c, box in zip(scene.charts, boxes, strict=True)]
    if points:
        places += [TextPlace(key=t.key, box=box) for t, box in zip(points, grid(len(points), body[-1], gap, 1.6), strict=True)]
    return places, room


def _beside(scene: Scene, frame: Box) -> tuple[Box, Box]:
    if not scene.subjects:
        return frame, frame
    gap = GAP * min(frame.width, frame.height)
    if scene.charts and frame.width / frame.height > 0.9:  # a board that somebody stands beside
        wide = frame.width * 0.62
        tall = min(frame.height, max(frame.height * 0.74, wide * 0.5))
        right = Box(frame.x + wide + gap, frame.y, frame.width - wide - gap, frame.height)
        return Box(frame.x, frame.y, wide, tall), right
    if scene.charts:
        tall = frame.height * 0.5
        return (Box(frame.x, frame.y, frame.width, tall),
                Box(frame.x, frame.y + tall + gap, frame.width, frame.height - tall - gap))
    if frame.width / frame.height >= BESIDE:
        wide = frame.width * 0.6
        right = Box(frame.x + wide + gap, frame.y, frame.width - wide - gap, frame.height)
        return Box(frame.x, frame.y, wide, frame.height), right
    tall = frame.height * 0.62
    return Box(frame.x, frame.y, frame.width, tall), Box(frame.x, frame.y + tall + gap, frame.width, frame.height - tall - gap)


def _head(page: Box, gap: float, lines: int) -> tuple[Box, Box]:
    """Split a page into its head and its body."""
    if page.width / page.height > STRIP:
        wide = min(page.width * 0.34, page.height * 2.4)
        return Box(page.x, page.y, wide, page.height), Box(page.x + wide + gap, page.y, page.width - wide - gap, page.height)
    tall = min(page.height * (0.15 + 0.06 * min(3, lines)), page.width * (0.2 + 0.08 * lines))
    return Box(page.x, page.y, page.width, tall), Box(page.x, page.y + tall + gap, page.width, page.height - tall - gap)


def _lines(lines: list[SceneText], head: Box) -> list[TextPlace]:
    order = sorted(lines, key=lambda t: t.role != "headline")
    weights = [2.0 if t.role == "headline" else 1.0 for t in order]
    places, y = [], head.y
    for text, weight in zip(order, weights, strict=True):
        tall = head.height * weight / sum(weights)
        places.append(TextPlace(key=text.key, box=Box(head.x, y, head.width, tall * 0.96)))
        y += tall
    return places


def _halves(page: Box, gap: float) -> tuple[Box, Box]:
    if page.width > page.height * 1.2:
        wide = (page.width - gap) / 2
        return Box(page.x, page.y, wide, page.height), Box(page.x + wide + gap, page.y, wide, page.height)
    tall = (page.height - gap) / 2
    return Box(page.x, page.y, page.width, tall), Box(page.x, page.y + tall + gap, page.width, tall)


def grid(count: int, area: Box, gap: float, aspect: float) -> list[Box]:
    """Return equal boxes in rows that come nearest to an aspect; a last row that is not full is centred."""
    def odd(columns: int) -> float:
        rows = math.ceil(count / columns)
        shape = (area.width / columns) / (area.height / rows)
        return abs(math.log(shape / aspect)) + 1.5 * (rows * columns - count) / columns

    columns = min(range(1, count + 1), key=odd)
    rows = math.ceil(count / columns)
    wide, tall = (area.width - gap * (columns - 1)) / columns, (area.height - gap * (rows - 1)) / rows
    out = []
    for k in range(count):
        row, column = divmod(k, columns)
        missing = columns - min(columns, count - row * columns)
        x = area.x + column * (wide + gap) + missing * (wide + gap) / 2
        out.append(Box(x, area.y + row * (tall + gap), wide, tall))
    return out
