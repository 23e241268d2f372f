"""Props: drawings of our own, in the manner of the pack's, for furniture and vessels that the pack lacks or shows from above.

Every prop is drawn in a box of 32 units a side, like the pack's art, and is named "prop-…". Where things rest on one or sit in
it is data (anchors.toml); this module only draws.
"""

from collections.abc import Callable, Mapping

import skia

from cavendish.engines.comp.painting.brush import down, fill, polygon, ramp, rect, stroke
from cavendish.engines.comp.painting.light import mix, rgb

PREFIX = "prop-"
_WOOD, _DARK_WOOD, _WHITE, _STEEL = "#c08552", "#7f4f2c", "#f4f1f6", "#a9adba"


def names() -> tuple[str, ...]:
    """Return the names of all props."""
    return tuple(_DRAW)


def render(canvas: skia.Canvas, name: str) -> None:
    """Draw a prop into 32 x 32 units. Raises KeyError for a name that is not one."""
    _DRAW[name](canvas)


def box(c: skia.Canvas, area: tuple[float, float, float, float], color: str, radius: float = 0.6) -> None:
    """Draw a rounded box, lit from above."""
    x, y, w, h = area
    tone = rgb(color)
    paint = down(y, y + h, mix(tone, (1, 1, 1), 0.22), mix(tone, (0.1, 0.05, 0.2), 0.16))
    c.drawRoundRect(rect(x, y, w, h), radius, radius, paint)


def oval(c: skia.Canvas, area: tuple[float, float, float, float], color: str, turn: float = 0.22) -> None:
    """Draw an ellipse by its box; a negative turn is lit from below, as the inside of a vessel is."""
    x, y, w, h = area
    tone = rgb(color)
    ends = (mix(tone, (1, 1, 1), abs(turn)), mix(tone, (0.1, 0.05, 0.2), 0.14))
    c.drawOval(rect(x, y, w, h), down(y, y + h, *(ends if turn >= 0 else ends[::-1])))


def shape(c: skia.Canvas, points: list[tuple[float, float]], color: str) -> None:
    """Draw a polygon, lit from above."""
    tone = rgb(color)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    c.drawPath(polygon(points), down(top, bottom, mix(tone, (1, 1, 1), 0.16), mix(tone, (0.1, 0.05, 0.2), 0.18)))


def round_body(
    c: skia.Canvas, sides: tuple[float, float], rows: tuple[float, float, float], color: str, foot: float = 0.0
) -> None:
    """Draw what is turned on a wheel: from an ellipse at rows[0], rows[2] tall, down to rows[1]; `foot` draws the base in."""
    left, right = sides
    top, bottom, tall = rows
    path = skia.PathBuilder()
    path.moveTo(left, top)
    path.cubicTo(left, bottom - (bottom - top) * 0.25, left + foot * 0.6, bottom, left + foot, bottom)
    path.quadTo((left + right) / 2, bottom + tall * (0.9 if foot < 3 else 0.25), right - foot, bottom)
    path.cubicTo(right - foot * 0.6, bottom, right, bottom - (bottom - top) * 0.25, right, top)
    path.close()
    tone = rgb(color)
    stops = [(0.0, mix(tone, (1, 1, 1), 0.10), 1.0), (0.28, mix(tone, (1, 1, 1), 0.34), 1.0),
             (0.62, tone, 1.0), (1.0, mix(tone, (0.1, 0.05, 0.2), 0.26), 1.0)]
    c.drawPath(path.detach(), ramp((left, 0), (right, 0), stops))
    c.drawOval(rect(left, top - tall, right - left, tall * 2), fill(mix(tone, (1, 1, 1), 0.4)))


def _hollow(c: skia.Canvas, sides: tuple[float, float], row: tuple[float, float], color: str) -> None:
    left, right = sides
    y, tall = row
    oval(c, (left, y - tall, right - left, tall * 2), color, -0.12)


def _table(c: skia.Canvas) -> None:
    for x, y in ((8.2, 25.2), (22.2, 25.2)):
        box(c, (x, 11, 1.6, y - 11), _DARK_WOOD)
    for x in (3.8, 26.4):
        box(c, (x, 11, 1.9, 18), _WOOD)
    box(c, (1.2, 10.2, 29.6, 2.8), "#a26c3e", 1.2)
    shape(c, [(5.6, 6.6), (26.4, 6.6), (31.4, 11), (0.6, 11)], "#cf9560")
    for x in (9.5, 16, 22.5):
        c.drawLine(16 + (x - 16) * 0.72, 6.7, x, 11, stroke(rgb(_DARK_WOOD), 0.12, 0.4))


def _plate(c: skia.Canvas) -> None:
    oval(c, (0.6, 12.0, 30.8, 9.4), "#d6d1e2")
    oval(c, (0.6, 11.2, 30.8, 9.2), _WHITE, 0.5)
    oval(c, (6.4, 13.2, 19.2, 5.0), "#e2ddeb", -0.3)


def _tray(c: skia.Canvas) -> None:
    shape(c, [(4.6, 12.6), (27.4, 12.6), (31.6, 19.6), (0.4, 19.6)], "#a86f3f")
    box(c, (0.4, 19.2, 31.2, 1.8), _WOOD, 0.8)
    shape(c, [(5.8, 13.4), (26.2, 13.4), (29.4, 18.6), (2.6, 18.6)], "#d29b66")
    for x in (1.6, 27.0):
        c.drawRoundRect(rect(x, 15.2, 3.4, 1.2), 0.6, 0.6, fill(rgb(_DARK_WOOD)))


def _bowl(c: skia.Canvas) -> None:
    oval(c, (10.4, 24.4, 11.2, 2.6), "#4f86bd")
    round_body(c, (1.4, 30.6), (11.0, 25.4, 3.6), "#5a9bd6", 9.4)
    _hollow(c, (2.6, 29.4), (11.0, 2.9), "#2f5f94")


def _mug(c: skia.Canvas) -> None:
    c.drawRoundRect(rect(20.5, 10.5, 9.4, 11.5), 4.6, 4.6, stroke(rgb("#cfc7de"), 2.4))
    round_body(c, (3.2, 24.8), (6.6, 27.6, 2.9), "#e6e0f0", 1.6)
    _hollow(c, (4.4, 23.6), (6.6, 2.2), "#8f86a6")


def _glass(c: skia.Canvas) -> None:
    round_body(c, (7.0, 25.0), (5.4, 28.0, 2.2), "#d6ebf5", 2.4)
    _hollow(c, (7.8, 24.2), (5.4, 1.7), "#9fc4d8")
    c.drawRoundRect(rect(9.4, 9, 1.6, 15), 0.8, 0.8, fill((1, 1, 1), 0.7))


def _vase(c: skia.Canvas) -> None:
    path = skia.PathBuilder()
    path.moveTo(11.4, 4.0)
    path.cubicTo(12.6, 10.5, 4.4, 13.0, 6.2, 21.0)
    path.cubicTo(7.2, 25.6, 10.0, 27.8, 11.4, 30.4)
    path.quadTo(16, 31.6, 20.6, 30.4)
    path.cubicTo(22.0, 27.8, 24.8, 25.6, 25.8, 21.0)
    path.cubicTo(27.6, 13.0, 19.4, 10.5, 20.6, 4.0)
    path.close()
    tone = rgb("#4fa3a5")
    stops = [(0.0, mix(tone, (1, 1, 1), 0.1), 1.0), (0.3, mix(tone, (1, 1, 1), 0.42), 1.0), (0.6, tone, 1.0),
             (1.0, mix(tone, (0.05, 0.05, 0.2), 0.3), 1.0)]
    c.drawPath(path.detach(), ramp((5.8, 0), (26.2, 0), stops))
    oval(c, (10.8, 2.8, 10.4, 2.6), "#8ccaca", 0.3)
    _hollow(c, (11.8, 20.2), (4.1, 0.8), "#1f5b60")


def _box(c: skia.Canvas) -> None:
    shape(c, [(4.4, 9.2), (27.6, 9.2), (29.6, 13.4), (2.4, 13.4)], "#6f4a2a")
    shape(c, [(4.4, 9.2), (0.4, 5.6), (-0.4, 10.0), (2.4, 13.4)], "#b98552")
    shape(c, [(27.6, 9.2), (31.6, 5.6), (32.4, 10.0), (29.6, 13.4)], "#a87544")
    box(c, (2.4, 13.2, 27.2, 16.4), "#cf9d68", 0.4)
    c.drawRect(rect(14.2, 13.2, 3.6, 5.2), fill(rgb("#a87544")))
    c.drawRoundRect(rect(20.5, 22.5, 6.5, 4.6), 0.4, 0.4, fill(rgb("#f1e7da")))


def _sofa(c: skia.Canvas) -> None:
    for x in (3.2, 27.0):
        box(c, (x, 22.6, 1.8, 2.4), _DARK_WOOD, 0.3)
    for x in (3.0, 16.2):
        box(c, (x, 8.4, 12.8, 9.2), "#4f7fc4", 2.0)
    box(c, (2.4, 18.6, 27.2, 4.6), "#3c66a6", 1.0)
    for x in (3.4, 16.1):
        box(c, (x, 16.2, 12.5, 4.2), "#6595d8", 1.3)
    for x in (0.4, 27.2):
        box(c, (x, 13.2, 4.4, 10.0), "#5787cc", 1.9)


def _bench(c: skia.Canvas) -> None:
    for x in (3.4, 26.6):
        box(c, (x, 9.0, 1.8, 15.4), "#565b66", 0.4)
    for y in (8.6, 11.2, 13.8):
        box(c, (1, y, 30, 1.8), _WOOD, 0.6)
    shape(c, [(1.8, 16.4), (30.2, 16.4), (31.6, 18.8), (0.4, 18.8)], "#cf9560")
    box(c, (0.4, 18.6, 31.2, 1.2), "#a26c3e", 0.5)


def _fence(c: skia.Canvas) -> None:
    for y in (13.2, 20.4):
        box(c, (0, y, 32, 1.8), "#d9d4e0", 0.3)
    for k in range(8):
        x = 0.5 + k * 4.0
        shape(c, [(x, 10.6), (x + 1.45, 8.6), (x + 2.9, 10.6), (x + 2.9, 26), (x, 26)], _WHITE)


def _lamp(c: skia.Canvas) -> None:
    oval(c, (9.6, 27.0, 12.8, 4.0), "#b98a4a")
    box(c, (15.1, 13, 1.8, 15.4), "#d2a862", 0.6)
    shape(c, [(10.6, 2.0), (21.4, 2.0), (26.6, 15.0), (5.4, 15.0)], "#f8dfa4")
    oval(c, (5.4, 13.6, 21.2, 2.8), "#ffeebc", 0.4)


def _street_lamp(c: skia.Canvas) -> None:
    box(c, (15.2, 8.4, 1.6, 22.0), "#3b424e", 0.4)
    box(c, (13.4, 28.6, 5.2, 2.8), "#3b424e", 0.6)
    shape(c, [(13.2, 3.0), (18.8, 3.0), (18.0, 8.8), (14.0, 8.8)], "#ffe9a8")
    shape(c, [(12.2, 3.2), (16, 0.4), (19.8, 3.2)], "#2d333d")
    box(c, (13.5, 8.4, 5.0, 0.9), "#2d333d", 0.3)


def _shelf(c: skia.Canvas) -> None:
    box(c, (1.2, 13.0, 29.6, 11.6), "#7b5233", 0.3)
    for x in (2.4, 12.2, 22.0):
        c.drawRect(rect(x, 15.2, 7.6, 8.0), fill(rgb("#5b3a22")))
    books = ((3.0, 6.4, "#c95f4f"), (4.7, 7.2, "#4f86bd"), (6.5, 6.0, "#e0b04f"), (23.2, 6.8, "#5fa777"), (25, 6, "#9a79c4"))
    for x, tall, tone in books:
        box(c, (x, 23.2 - tall, 1.5, tall), tone, 0.2)
    box(c, (13.6, 19.4, 4.4, 3.8), "#d9c7a6", 0.8)
    shape(c, [(2.4, 10.4), (29.6, 10.4), (31.4, 13.0), (0.6, 13.0)], "#d29b66")
    box(c, (0.6, 12.8, 30.8, 1.5), "#a87544", 0.3)


def _podium(c: skia.Canvas) -> None:
    for sides, rows in (((0.4, 31.6), (21.4, 27.4, 3.4)), ((3.6, 28.4), (14.6, 21.0, 2.9))):
        round_body(c, sides, rows, "#e9e2dc", 0.4)
        oval(c, (sides[0], rows[0] - rows[2], sides[1] - sides[0], rows[2] * 2), "#f7f2ee", 0.3)


def _branch(c: skia.Canvas) -> None:
    shape(c, [(0.0, 15.4), (11, 16.4), (22, 15.8), (32, 17.0), (32, 17.8), (22, 18.4), (10, 19.6), (0, 20.2)], "#7f5a3a")
    for x, y, turn in ((24.5, 14.2, -28.0), (28.2, 19.4, 24.0), (6.4, 21.2, 30.0), (15.4, 20.2, 12.0)):
        c.save()
        c.translate(x, y)
        c.rotate(turn)
        oval(c, (-2.4, -1.0, 4.8, 2.0), "#5fa04a")
        c.restore()


def _frame(c: skia.Canvas) -> None:
    box(c, (2, 4, 28, 24), "#b98a4a", 0.6)
    box(c, (4.6, 6.6, 22.8, 18.8), "#f4efe6", 0.2)


def _rug(c: skia.Canvas) -> None:
    oval(c, (0, 13.0, 32, 6.2), "#b5544a")
    oval(c, (3, 13.7, 26, 4.7), "#e8cfa8")
    oval(c, (5.4, 14.2, 21.2, 3.7), "#a8483f")


def _stool(c: skia.Canvas) -> None:
    shape(c, [(14.6, 13), (17.4, 13), (17.0, 26.4), (15.0, 26.4)], _DARK_WOOD)
    shape(c, [(6.6, 12), (9.4, 12), (6.4, 30), (4.4, 30)], _WOOD)
    shape(c, [(22.6, 12), (25.4, 12), (27.6, 30), (25.6, 30)], _WOOD)
    oval(c, (4.0, 9.8, 24, 5.6), "#9a6438")
    oval(c, (4.0, 8.6, 24, 5.4), "#cf9560")


def _storefront(c: skia.Canvas) -> None:
    box(c, (1.2, 2.4, 29.6, 28.4), "#c9745c", 0.3)
    for k in range(5):
        c.drawRect(rect(1.2, 3.6 + k * 5.6, 29.6, 0.12), fill(rgb("#8f4a38"), 0.5))
    box(c, (0.4, 1.2, 31.2, 1.8), "#f1e6d8", 0.3)
    box(c, (3.4, 4.0, 25.2, 4.8), "#2f4a46", 0.6)
    box(c, (3.4, 13.6, 15.0, 13.2), "#9fd0e6", 0.3)
    c.drawPath(polygon([(5, 14), (9, 14), (5.6, 26.4), (3.6, 26.4)]), fill((1, 1, 1), 0.35))
    for x in (3.4, 10.6, 17.8):
        c.drawRect(rect(x, 13.6, 0.6, 13.4), fill(rgb("#f1e6d8")))
    c.drawRect(rect(3.4, 26.6, 15.0, 0.8), fill(rgb("#f1e6d8")))
    box(c, (21.0, 13.6, 7.6, 17.2), "#2f6b62", 0.3)
    box(c, (22.4, 15.0, 4.8, 8.0), "#a9d8ea", 0.2)
    c.drawCircle(27.6, 24.4, 0.5, fill(rgb("#f3d27a")))
    for k in range(8):
        x = 2.2 + k * 3.45
        tone = "#e8574a" if k % 2 else "#fdf6ee"
        shape(c, [(x + 0.3, 9.6), (x + 3.75, 9.6), (x + 3.45, 13.2), (x, 13.2)], tone)
        c.drawOval(rect(x, 12.4, 3.45, 1.9), fill(mix(rgb(tone), (0, 0, 0), 0.06)))


def _cabin(c: skia.Canvas) -> None:
    box(c, (22.4, 4.6, 3.2, 8), "#8d8f98", 0.3)
    shape(c, [(5, 17), (27, 17), (27, 29), (5, 29)], "#9a6438")
    for k in range(5):
        box(c, (4.0, 16.6 + k * 2.5, 24, 2.3), "#a9713f", 1.1)
    box(c, (13.4, 20.4, 5.2, 8.8), "#5d3a20", 0.4)
    for x in (6.8, 21.0):
        box(c, (x, 20.4, 4.4, 4.2), "#ffdf8c", 0.2)
        c.drawLine(x + 2.2, 20.4, x + 2.2, 24.6, stroke(rgb("#5d3a20"), 0.5))
        c.drawLine(x, 22.5, x + 4.4, 22.5, stroke(rgb("#5d3a20"), 0.5))
    shape(c, [(16, 6.4), (25.6, 17.6), (6.4, 17.6)], "#b07a48")
    shape(c, [(16, 3.6), (31, 18.0), (28.2, 19.6), (16, 7.6), (3.8, 19.6), (1, 18.0)], "#6b3f2a")


def _lighthouse(c: skia.Canvas) -> None:
    shape(c, [(4, 31.6), (8, 28.6), (24, 28.6), (28, 31.6)], "#8d8a86")
    for k in range(5):
        top, bottom = 10 + k * 3.8, 10 + (k + 1) * 3.8
        wide, wider = 4.2 + k * 0.494, 4.2 + (k + 1) * 0.494
        band = [(16 - wide, top), (16 + wide, top), (16 + wider, bottom), (16 - wider, bottom)]
        shape(c, band, "#e3524a" if k % 2 else "#fbf7f2")
    box(c, (10.2, 8.8, 11.6, 1.5), "#3d4450", 0.3)
    box(c, (12.6, 4.6, 6.8, 4.4), "#ffe9a0", 0.3)
    shape(c, [(11.4, 4.8), (16, 1.0), (20.6, 4.8)], "#c63f3a")
    box(c, (14.6, 24.6, 2.8, 4.2), "#4a4f5c", 0.6)


def _bottle(c: skia.Canvas) -> None:
    path = skia.PathBuilder()
    path.moveTo(13.4, 4.4)
    path.lineTo(13.4, 9.0)
    path.cubicTo(13.2, 12.6, 9.2, 12.4, 9.2, 16.6)
    path.lineTo(9.2, 29.4)
    path.quadTo(9.2, 31.2, 11, 31.2)
    path.lineTo(21, 31.2)
    path.quadTo(22.8, 31.2, 22.8, 29.4)
    path.lineTo(22.8, 16.6)
    path.cubicTo(22.8, 12.4, 18.8, 12.6, 18.6, 9.0)
    path.lineTo(18.6, 4.4)
    path.close()
    tone = rgb("#3f8f6a")
    stops = [(0.0, mix(tone, (0, 0, 0), 0.1), 1.0), (0.26, mix(tone, (1, 1, 1), 0.42), 1.0), (0.55, tone, 1.0),
             (1.0, mix(tone, (0, 0.05, 0.1), 0.42), 1.0)]
    c.drawPath(path.detach(), ramp((9.2, 0), (22.8, 0), stops))
    box(c, (12.8, 1.0, 6.4, 4.2), "#d9a441", 0.6)
    box(c, (9.2, 18.0, 13.6, 8.6), "#f4ecdc", 0.2)
    c.drawRoundRect(rect(10.6, 14.0, 1.1, 16), 0.5, 0.5, fill((1, 1, 1), 0.55))


def _perfume(c: skia.Canvas) -> None:
    box(c, (12.4, 1.4, 7.2, 7.0), "#d9b25e", 0.8)
    box(c, (13.6, 8.2, 4.8, 2.4), "#b98f3f", 0.3)
    tones = ((0.0, "#e8a9b4"), (0.25, "#fbe3e6"), (0.6, "#efb9c2"), (1.0, "#c27c8c"))
    glass = ramp((5, 0), (27, 0), [(at, rgb(tone), 1.0) for at, tone in tones])
    c.drawRoundRect(rect(4.6, 10.2, 22.8, 20.8), 2.4, 2.4, glass)
    c.drawRoundRect(rect(7.0, 13.6, 18.0, 15.0), 1.4, 1.4, down(13.6, 28.6, rgb("#f3c2a8"), rgb("#d98c78")))
    box(c, (10.4, 17.6, 11.2, 6.4), "#fbf4ee", 0.4)
    c.drawRoundRect(rect(6.2, 12.0, 1.2, 17), 0.6, 0.6, fill((1, 1, 1), 0.75))


def _jug(c: skia.Canvas) -> None:
    c.drawRoundRect(rect(19.5, 8.5, 9.4, 13.5), 4.6, 4.6, stroke(rgb("#b9d3df"), 2.2))
    round_body(c, (5.2, 23.4), (6.4, 28.6, 2.3), "#d3e6ee", 1.0)
    shape(c, [(5.2, 6.0), (2.6, 4.6), (6.6, 9.4)], "#d3e6ee")
    _hollow(c, (6.2, 22.4), (6.4, 1.8), "#8fb4c6")


def _balloon(c: skia.Canvas) -> None:
    oval(c, (4.6, 0.4, 22.8, 21.4), "#e8574a")
    for x, wide, tone in ((8.6, 14.8, "#f6c64b"), (12.6, 6.8, "#e8574a")):
        oval(c, (x, 0.4, wide, 21.4), tone)
    shape(c, [(8.4, 17.8), (23.6, 17.8), (18.8, 24.4), (13.2, 24.4)], "#c9443a")
    for x, low in ((13.6, 13.2), (18.4, 18.8)):
        c.drawLine(x, 24.2, low, 27.2, stroke(rgb("#5d3a20"), 0.3))
    box(c, (12.8, 27.0, 6.4, 4.6), "#a9713f", 0.6)


def _barn(c: skia.Canvas) -> None:
    shape(c, [(3, 31), (3, 14), (8, 7), (16, 3), (24, 7), (29, 14), (29, 31)], "#b8392f")
    for x in (6.5, 10, 22, 25.5):
        c.drawLine(x, 12, x, 31, stroke(rgb("#8a2820"), 0.2))
    roof = [(16, 1.6), (25, 5.8), (31, 14), (29, 15), (24, 7.8), (16, 4), (8, 7.8), (3, 15), (1, 14), (7, 5.8)]
    c.drawPath(polygon(roof), fill(rgb("#6a6d75")))
    box(c, (9.6, 17.4, 12.8, 13.6), "#8f2a22", 0.2)
    for a, b in (((9.8, 17.6), (22.2, 30.8)), ((22.2, 17.6), (9.8, 30.8)), ((16, 17.4), (16, 31)), ((9.8, 17.6), (22.2, 17.6))):
        c.drawLine(*a, *b, stroke(rgb("#f4ede2"), 0.9))
    box(c, (13.6, 8.6, 4.8, 4.4), "#f4ede2", 0.2)
    c.drawRect(rect(14.4, 9.4, 3.2, 2.8), fill(rgb("#4a2a24")))


def _pillow(c: skia.Canvas) -> None:
    path = skia.PathBuilder()
    path.moveTo(1, 9)
    path.quadTo(16, 13, 31, 9)
    path.quadTo(28.6, 16, 31, 24)
    path.quadTo(16, 20.4, 1, 24)
    path.quadTo(3.4, 16, 1, 9)
    path.close()
    tone = rgb("#e9e2f0")
    c.drawPath(path.detach(), down(9, 24, mix(tone, (1, 1, 1), 0.5), mix(tone, (0.3, 0.25, 0.5), 0.22)))


def _window(c: skia.Canvas) -> None:
    box(c, (3, 0.5, 26, 29), _WHITE, 0.4)
    c.drawRect(rect(4.4, 2, 23.2, 26), down(2, 28, rgb("#4f9be0"), rgb("#bfe2ff")))
    for bar in ((15.4, 2, 1.2, 26), (4.4, 14, 23.2, 1.2)):
        c.drawRect(rect(*bar), fill(rgb(_WHITE)))
    box(c, (1.2, 28.6, 29.6, 2.6), _WHITE, 0.4)


def _curtains(c: skia.Canvas) -> None:
    c.drawLine(0.6, 1.4, 31.4, 1.4, stroke(rgb("#7a5a3a"), 1.0))
    for left, lean in ((1.0, 2.6), (31.0, -2.6)):
        inner = [(left + 3.2 * lean, 1.6), (left + 2.2 * lean, 17), (left + 2.7 * lean, 31.6)]
        shape(c, [(left, 1.6), *inner, (left, 31.6)], "#b56a5c")
        for fold in (0.7, 1.4, 2.1):
            c.drawLine(left + fold * lean, 2, left + fold * lean * 0.92, 31.2, stroke(rgb("#7f3f38"), 0.35, 0.45))


def _fireplace(c: skia.Canvas) -> None:
    box(c, (2.4, 5.6, 27.2, 26), "#b7654d", 0.2)
    for row in range(8):
        y = 8.4 + row * 3
        c.drawLine(2.6, y, 29.4, y, stroke(rgb("#e6cbb9"), 0.3, 0.8))
        for column in range(5):
            x = 5.4 + column * 5.6 + 2.8 * (row % 2)
            if x < 29:
                c.drawLine(x, y, x, y - 3, stroke(rgb("#e6cbb9"), 0.3, 0.8))
    box(c, (0.4, 3.0, 31.2, 3.0), "#efe7dc", 0.5)
    c.drawRoundRect(rect(7.6, 12, 16.8, 19.6), 3, 3, fill(rgb("#241713")))
    for x, turn in ((10, 1.4), (14, -1.2)):
        c.drawLine(x, 29.4, x + 8, 29.4 - turn, stroke(rgb("#6a4228"), 2.2))
    tongues = ((16, 16.4, 5.4, "#f2772b"), (13.2, 20, 3.0, "#f5a234"), (18.6, 19.4, 3.2, "#f5a234"), (16, 21.4, 2.8, "#ffe07a"))
    for x, y, wide, color in tongues:
        flame = skia.PathBuilder()
        flame.moveTo(x, y)
        flame.cubicTo(x + wide * 0.4, y + 4, x + wide, 25, x, 28.4)
        flame.cubicTo(x - wide, 25, x - wide * 0.4, y + 4, x, y)
        c.drawPath(flame.detach(), fill(rgb(color)))


def _chandelier(c: skia.Canvas) -> None:
    brass = rgb("#d6a546")
    c.drawLine(16, 0, 16, 16, stroke(brass, 1.0))
    oval(c, (13.4, 8, 5.2, 5.2), "#d6a546")
    for reach, low in ((13.2, 24), (8.2, 26.4), (0, 27.2)):
        for x in (16 - reach, 16 + reach):
            arm = skia.PathBuilder()
            arm.moveTo(16, 13)
            arm.quadTo((16 + x) / 2, low + 4, x, low - 3)
            c.drawPath(arm.detach(), stroke(brass, 0.9))
            box(c, (x - 0.9, low - 8.4, 1.8, 5.4), "#fbf3df", 0.4)
            c.drawOval(rect(x - 1.0, low - 11.6, 2.0, 3.6), fill(rgb("#ffcf5a")))
            c.drawOval(rect(x - 0.7, low + 1.2, 1.4, 2.6), fill(rgb("#bfe3f5"), 0.9))


def _blackboard(c: skia.Canvas) -> None:
    box(c, (0.4, 4.4, 31.2, 22.4), "#a2703f", 0.6)
    box(c, (1.8, 5.8, 28.4, 19.6), "#2f5d4a", 0.3)
    box(c, (9, 26.2, 14, 1.6), "#c08d58", 0.4)
    c.drawLine(11, 26, 14, 26, stroke(rgb("#f7f4ee"), 0.7))


def _scarf(c: skia.Canvas) -> None:
    shape(c, [(18.6, 12), (25.0, 11), (27.6, 28.6), (20.8, 29.8)], "#cf3a3a")
    for x in (21.2, 23.0, 24.8, 26.6):
        c.drawLine(x, 29, x + 0.3, 31.4, stroke(rgb("#a82c2c"), 0.8))
    band = skia.PathBuilder()
    band.moveTo(1.6, 4.6)
    band.cubicTo(8, 10.4, 24, 10.4, 30.4, 4.6)
    band.cubicTo(32.4, 8.6, 31.4, 13.0, 28.6, 14.4)
    band.cubicTo(22, 18.6, 10, 18.6, 3.4, 14.4)
    band.cubicTo(0.6, 13.0, -0.4, 8.6, 1.6, 4.6)
    band.close()
    c.drawPath(band.detach(), down(4, 17, rgb("#e8605a"), rgb("#b92f34")))
    for low in (9.0, 12.2):
        fold = skia.PathBuilder()
        fold.moveTo(2.0, low - 0.6)
        fold.cubicTo(9, low + 5.2, 23, low + 5.2, 30.0, low - 0.6)
        c.drawPath(fold.detach(), stroke(rgb("#8f2228"), 0.45, 0.55))


def _book(c: skia.Canvas) -> None:
    box(c, (1, 12.6, 30, 7.4), "#3f6fb0", 1.0)
    c.drawRect(rect(5.4, 14.0, 25.4, 4.6), fill(rgb("#fbfbfa")))
    for y in (15.1, 16.3, 17.5):
        c.drawLine(6, y, 30.6, y, stroke(rgb("#cfcfcf"), 0.18))
    box(c, (1, 12.6, 30, 1.5), "#3f6fb0", 0.7)
    box(c, (1, 18.5, 30, 1.5), "#3f6fb0", 0.7)


_DRAW: Mapping[str, Callable[[skia.Canvas], None]] = {
    "prop-table": _table, "prop-plate": _plate, "prop-tray": _tray, "prop-bowl": _bowl, "prop-mug": _mug, "prop-glass": _glass,
    "prop-vase": _vase, "prop-box": _box, "prop-sofa": _sofa, "prop-bench": _bench, "prop-fence": _fence, "prop-lamp": _lamp,
    "prop-street-lamp": _street_lamp, "prop-shelf": _shelf, "prop-podium": _podium, "prop-branch": _branch,
    "prop-frame": _frame, "prop-rug": _rug, "prop-stool": _stool, "prop-storefront": _storefront, "prop-cabin": _cabin,
    "prop-lighthouse": _lighthouse, "prop-bottle": _bottle, "prop-perfume": _perfume, "prop-jug": _jug,
    "prop-hot-air-balloon": _balloon, "prop-barn": _barn, "prop-pillow": _pillow,
    "prop-window": _window, "prop-curtains": _curtains, "prop-fireplace": _fireplace, "prop-chandelier": _chandelier,
    "prop-blackboard": _blackboard, "prop-scarf": _scarf, "prop-book": _book,
}
