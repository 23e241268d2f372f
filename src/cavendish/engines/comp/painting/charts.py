"""Charts: bars, lines and pies drawn to scale from the numbers of the scene, on a clean card. It adds no data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import skia

from cavendish.engines.comp.painting.brush import down, fill, ink, polygon, rect, stroke
from cavendish.engines.comp.painting.light import Rgb, luma, mix, rgb
from cavendish.engines.comp.painting.zones import Box
from cavendish.engines.comp.scene import Chart
from cavendish.imaging.typeset import Block, Type, fit

PALETTE = ("#2f6fd0", "#f08a24", "#2a9d78", "#d64550", "#8a5fc7", "#1fa6b8", "#c9a227", "#7a8798")
PAPER: Rgb = (0.992, 0.99, 0.982)
NIGHT: Rgb = (0.085, 0.1, 0.135)
_ACCENTS = {"beach": "#0f86a8", "sea": "#1673a8", "underwater": "#0f8fa0", "forest": "#2f7d4b", "meadow": "#4c8f2f",
            "mountains": "#3f6fa0", "desert": "#c4682b", "snow": "#3a78b5", "space": "#7c6cf0", "sky": "#2f7fd0",
            "city": "#345f9e", "street": "#b0503c", "room": "#a0603a", "desk": "#96562f", "kitchen": "#b5563a"}
_TICKS = (1, 2, 5, 10)
_TALLEST = {"bar": 3.4, "line": 2.0, "pie": 2.6}  # times its width: a taller box is not filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a chart shares with its picture: its paper, its accent, the headline font, and the picture's short side (px)."""

    paper: Rgb = PAPER
    accent: Rgb | None = None
    family: str = "Inter"
    unit: float = 512.0
    carded: bool = True

    @property
    def ink(self) -> Rgb:
        return (0.97, 0.98, 0.99) if luma(self.paper) < 0.47 else (0.07, 0.09, 0.13)


def accent_of(setting: str) -> Rgb | None:
    """Return the colour that goes with a setting."""
    return rgb(_ACCENTS[setting]) if setting in _ACCENTS else None


@dataclass(frozen=True, slots=True)
class Pens:
    """Where forms and words go: styles change the forms, and words are written over them afterwards."""

    forms: skia.Canvas
    words: skia.Canvas


def forms_only(canvas: skia.Canvas) -> Pens:
    """Return pens that draw forms and drop words."""
    return Pens(canvas, skia.MakeNullCanvas())


def words_only(canvas: skia.Canvas) -> Pens:
    """Return pens that write words and drop forms."""
    return Pens(skia.MakeNullCanvas(), canvas)


@dataclass(frozen=True, slots=True)
class Axis:
    """Round numbers from `low` to `high`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def axis(values: Sequence[float], most: int, *, zero: bool) -> Axis:
    """Return an axis of at most about `most` steps whose ticks are round. Bars start at zero, lines may start higher."""
    low, high = min(values), max(values)
    if zero or low <= 0 <= high or low < 0.45 * high:
        low, high = min(0.0, low), max(0.0, high)
    if high == low:
        high, low = (high + 1, low) if high >= 0 else (high, low - 1)
    raw = (high - low) / max(1, most)
    base = 10.0 ** math.floor(math.log10(raw))
    step = next(k * base for k in _TICKS if k * base >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Axis(first * step, last * step, tuple(round(k * step, 12) for k in range(first, last + 1)))


def number(value: float, unit: str = "") -> str:
    """Return a value as it is written: never rounded, shortened to k, M or bn only where that is exact."""
    sign, size = ("−" if value < 0 else ""), abs(value)
    for scale, name in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        part = size / (1e3 if name == "k" else scale)
        if size >= scale and abs(part * 100 - round(part * 100)) < 1e-6:
            return _with(sign, _plain(part) + name, unit)
    return _with(sign, _plain(size), unit)


def _plain(size: float) -> str:
    whole = f"{size:,.6f}".rstrip("0").rstrip(".")
    return whole or "0"


def _with(sign: str, digits: str, unit: str) -> str:
    if unit in ("$", "£", "¥", "₹", "₩", "US$", "R$"):
        return f"{sign}{unit}{digits}"
    tight = unit in ("%", "‰", "°", "°C", "°F", "€", "円", "元", "원")
    return f"{sign}{digits}{unit if tight or not unit else ' ' + unit}"


def colors_of(chart: Chart, accent: Rgb | None, paper: Rgb, count: int) -> list[Rgb]:
    """Return a colour for each value: those asked for, else the picture's accent, for a pie a row that starts there."""
    if len(chart.colors) > 1:
        return [rgb(chart.colors[k % len(chart.colors)]) for k in range(count)]
    first = rgb(chart.colors[0]) if chart.colors else accent
    if first is None:
        row = [rgb(c) for c in PALETTE]
    elif chart.colors:
        return [mix(first, paper, 0.0 if chart.kind != "pie" else 0.62 * k / max(1, count - 1)) for k in range(count)]
    else:
        row = [first, *(rgb(c) for c in PALETTE if abs(luma(rgb(c)) - luma(first)) > 0.04)]
    if chart.kind != "pie":
        row = row[:1]
    return [_standing_out(row[k % len(row)], paper) for k in range(count)]


def _standing_out(color: Rgb, paper: Rgb) -> Rgb:
    for _ in range(6):
        if abs(luma(color) - luma(paper)) > 0.28:
            return color
        color = mix(color, (1.0, 1.0, 1.0) if luma(paper) < 0.5 else (0.0, 0.0, 0.0), 0.2)
    return color


def draw(pens: Pens, chart: Chart, box: Box, look: Look) -> None:
    """Draw one chart into a box. Raises Unsupported for a label without glyphs."""
    tall = min(box.height, box.width * _TALLEST[chart.kind])
    box = Box(box.x, box.y + (box.height - tall) / 2, box.width, tall)
    if look.carded:
        card(pens, box, look)
    inner = box.inset(min(box.width, box.height) * (0.06 if look.carded else 0.02))
    if chart.title:
        inner = _titled(pens, chart.title, inner, look)
    draw_kind = {"bar": _bars, "line": _line, "pie": _pie}[chart.kind]
    draw_kind(pens, chart, inner if len(chart.series) < 2 else _keyed(pens, chart, inner, look), look)


def card(pens: Pens, box: Box, look: Look) -> None:
    """Draw the clean card that charts and points stand on."""
    radius = min(min(box.width, box.height) * 0.06, look.unit * 0.03)
    shade = rect(box.x, box.y + look.unit * 0.006, box.width, box.height)
    pens.forms.drawRoundRect(shade, radius, radius, fill((0, 0, 0), 0.28, look.unit * 0.01))
    face = rect(box.x, box.y, box.width, box.height)
    pens.forms.drawRoundRect(face, radius, radius, down(box.y, box.bottom, look.paper, mix(look.paper, (0, 0, 0), 0.02)))


def stand(pens: Pens, box: Box, height: float, look: Look) -> None:
    """Draw the frame and the legs of a board whose face is `box`, down to where it stands in a picture of this height (px)."""
    foot = min(height * 0.95, box.bottom + max(box.height * 0.28, (height - box.bottom) * 0.62))
    thick = max(2.0, look.unit * 0.012)
    wood, edge = rgb("#8a6a4a"), thick * 0.8
    for side in (0.2, 0.8):
        x = box.x + box.width * side
        lean = (side - 0.5) * box.width * 0.12
        shade = rect(x + lean - thick * 3, foot - thick * 0.6, thick * 6, thick * 1.4)
        pens.forms.drawOval(shade, fill((0, 0, 0), 0.28, thick))
        pens.forms.drawLine(x, box.bottom - thick, x + lean, foot, stroke(mix(wood, (0, 0, 0), 0.15), thick))
    radius = min(min(box.width, box.height) * 0.06, look.unit * 0.03) + edge
    face = rect(box.x - edge, box.y - edge, box.width + 2 * edge, box.height + 2 * edge)
    pens.forms.drawRoundRect(face, radius, radius, down(box.y, box.bottom, mix(wood, (1, 1, 1), 0.1), wood))


def _titled(pens: Pens, title: str, inner: Box, look: Look) -> Box:
    """Write the title above, or at the side of a strip, and return what is left."""
    type_ = Type(family=look.family, weight=700, color=ink(look.ink), align="start", largest=look.unit * 0.075, leading=1.1)
    if inner.width > inner.height * 3:
        wide = min(inner.width * 0.26, inner.height * 2.2)
        fit(title, wide, inner.height, type_).draw(pens.words, inner.x, inner.y)
        return Box(inner.x + wide * 1.08, inner.y, inner.width - wide * 1.08, inner.height)
    tall = min(inner.height * 0.16, inner.width * 0.16)
    block = fit(title, inner.width, tall, type_)
    block.draw(pens.words, inner.x, inner.y)
    return Box(inner.x, inner.y + tall * 1.12, inner.width, inner.height - tall * 1.12)


def series_colors(chart: Chart, look: Look) -> list[Rgb]:
    """Return a colour for each series: those asked for, else a row that starts with the picture's accent."""
    asked = [rgb(c) for c in chart.colors]
    first = [] if asked or look.accent is None else [look.accent]
    row = [*asked, *first, *(rgb(c) for c in PALETTE if c not in chart.colors)]
    if first:
        row = [first[0], *(c for c in row[1:] if sum(abs(a - b) for a, b in zip(c, first[0], strict=True)) > 0.35)]
    return [_standing_out(row[k % len(row)], look.paper) for k in range(len(chart.series))]


def _keyed(pens: Pens, chart: Chart, inner: Box, look: Look) -> Box:
    """Write the legend of several series above the plot and return what is left."""
    size = _size(inner)
    slot = inner.width / len(chart.series)
    blocks = _common(chart.series, slot * 0.96 - size * 1.3, size * 1.3, _text(look, size, weight=700, align="start"))
    x = inner.x
    for block, color in zip(blocks, series_colors(chart, look), strict=True):
        key = rect(x, inner.y + size * 0.25, size * 0.8, size * 0.8)
        pens.forms.drawRoundRect(key, size * 0.15, size * 0.15, fill(color))
        block.draw(pens.words, x + size * 1.1, inner.y)
        x += min(slot, block.width + size * 2.6)
    return Box(inner.x, inner.y + size * 1.8, inner.width, inner.height - size * 1.8)


def _text(look: Look, size: float, share: float = 0.0, weight: int = 400, align: str = "center") -> Type:
    color = ink(mix(look.ink, look.paper, share))
    return Type(family="Inter", weight=weight, color=color, largest=size, align=align, leading=1.1)


def _size(inner: Box) -> float:
    """Return the font size of a chart's small words."""
    return float(max(6.0, min(inner.height * 0.085, (inner.width * inner.height) ** 0.5 * 0.05, inner.width * 0.09)))


def _common(texts: Sequence[str], width: float, height: float, type_: Type) -> list[Block]:
    """Set texts in boxes of one size, all as large as the tightest of them."""
    size = min(fit(t, width, height, type_).size for t in texts)
    return [fit(t, width, height, replace(type_, largest=size)) for t in texts]


def _bars(pens: Pens, chart: Chart, inner: Box, look: Look) -> None:
    """Draw upright bars, or lying ones where the box is tall or the labels are long."""
    crowded = (len(chart.labels) > 3 and max(map(len, chart.labels)) * len(chart.labels) > 90) or len(chart.rows[0]) > 14
    if inner.width < inner.height * 0.62 or (crowded and inner.width < inner.height * 2.5):
        _lying_bars(pens, chart, inner, look)
        return
    size = _size(inner)
    line = axis(chart.values, max(2, min(6, round(inner.height / (size * 2.6)))), zero=True)
    plot = _scaled(pens, chart, (inner, line, size), look)
    rows = chart.rows
    slot = plot.width / len(rows[0])
    tops = _values_and_labels(pens, chart, (plot, line, size), look)
    colors = colors_of(chart, look.accent, look.paper, len(chart.values))
    if len(rows) > 1:
        colors = [color for color in series_colors(chart, look) for _ in rows[0]]
    zero = plot.bottom - line.share(0) * plot.height
    thick = slot * 0.66 / len(rows)
    for k, top in enumerate(tops):
        row, place = divmod(k, len(rows[0]))
        bar = rect(plot.x + slot * (place + 0.17) + thick * row, min(top, zero), thick * (1.0 if len(rows) == 1 else 0.94),
                   abs(zero - top))
        pens.forms.drawRect(bar, fill(colors[k]))
    pens.forms.drawLine(plot.x, zero, plot.right, zero, stroke(mix(look.ink, look.paper, 0.35), max(1.0, size * 0.08)))


def _scaled(pens: Pens, chart: Chart, what: tuple[Box, Axis, float], look: Look) -> Box:
    """Draw the value axis with its ticks and return the plot beside it, with room for labels below and values above."""
    inner, line, size = what
    names = [number(t, chart.unit) for t in line.ticks]
    wide = min(inner.width * 0.22, size * 0.62 * max(map(len, names)) + size * 0.5)
    low = size * (2.9 if chart.labels else 0.9) + (size * 1.3 if min(chart.values) < 0 else 0.0)
    top = size * 1.9
    plot = Box(inner.x + wide + size * 0.4, inner.y + top, inner.width - wide - size * 0.6, max(4.0, inner.height - top - low))
    step = plot.height / max(1, len(names) - 1)
    blocks = _common(names, wide, max(4.0, min(size * 1.2, step * 0.9)), _text(look, size * 0.86, 0.3, align="end"))
    for tick, block in zip(line.ticks, blocks, strict=True):
        y = plot.bottom - line.share(tick) * plot.height
        pens.forms.drawLine(plot.x, y, plot.right, y, stroke(mix(look.ink, look.paper, 0.86), max(1.0, size * 0.05)))
        block.draw(pens.words, inner.x, y - max(4.0, min(size * 1.2, step * 0.9)) / 2)
    return plot


def _values_and_labels(pens: Pens, chart: Chart, what: tuple[Box, Axis, float], look: Look) -> list[float]:
    """Write each value over its place and each label under the plot; return the heights (y, px) of the values."""
    plot, line, size = what
    rows = chart.rows
    slot = plot.width / len(rows[0])
    tops = [plot.bottom - line.share(v) * plot.height for v in chart.values]
    together = chart.kind == "line" or len(rows) == 1  # over the middle of a place, else over each bar of a group
    wide = slot * 0.98 if together else slot * 0.66 / len(rows)
    written = _common([number(v, chart.unit) for v in chart.values], wide, size * 1.3, _text(look, size, weight=700))
    for k, (block, top) in enumerate(zip(written, tops, strict=True)):
        row, place = divmod(k, len(rows[0]))
        x = plot.x + slot * (place + 0.01) if together else plot.x + slot * (place + 0.17) + wide * row
        below = chart.values[k] < 0 if not together or len(rows) == 1 else _lower(rows, row, place)
        block.draw(pens.words, x, top + size * 0.25 if below else top - block.size * 1.55)
    if chart.labels:
        foot = plot.bottom + size * (1.8 if min(chart.values) < 0 else 0.5)
        for k, block in enumerate(_common(chart.labels, slot * 0.94, size * 2.3, _text(look, size, 0.12))):
            block.draw(pens.words, plot.x + slot * (k + 0.03), foot)
    return tops


def _lower(rows: tuple[tuple[float, ...], ...], row: int, place: int) -> bool:
    """Whether a point of a line is written below it: another line runs above it there."""
    here = [r[place] for r in rows]
    return here[row] < max(here) and (here[row] == min(here) or sorted(here).index(here[row]) % 2 == 0)


def _lying_bars(pens: Pens, chart: Chart, inner: Box, look: Look) -> None:
    """Draw bars from the left, each under its label, or beside it where there are many; its value at its end."""
    rows = chart.rows
    slot = inner.height / len(rows[0])
    beside = bool(chart.labels) and len(rows[0]) > 8
    size = max(6.0, min(inner.width * 0.085, slot * (0.62 if beside else 0.28), look.unit * 0.06))
    names = _common(chart.labels, inner.width * (0.3 if beside else 1.0), size * 1.35,
                    _text(look, size, 0.1, align="end" if beside else "start")) if chart.labels else []
    column = inner.width * 0.32 if beside else 0.0
    values = [number(v, chart.unit) for v in chart.values]
    wide = min(inner.width * 0.34, size * 0.64 * max(map(len, values)) + size * 0.6)
    line = axis(chart.values, 4, zero=True)
    reach = inner.width - column - wide * (2 if line.low < 0 else 1)
    left = inner.x + column + (wide if line.low < 0 else 0)
    zero = left + line.share(0) * reach
    colors = colors_of(chart, look.accent, look.paper, len(chart.values))
    if len(rows) > 1:
        colors = [color for color in series_colors(chart, look) for _ in rows[0]]
    written = _common(values, wide, size * 1.4, _text(look, size, weight=700, align="start"))
    head = size * 1.45 if names and not beside else 0.0
    tall = min((slot - head) * 0.8, inner.width * 0.3) / len(rows)
    for k, block in enumerate(names):
        block.draw(pens.words, inner.x, inner.y + slot * k + (tall * len(rows) - size * 1.35) / 2 * beside)
    for k, value in enumerate(chart.values):
        row, place = divmod(k, len(rows[0]))
        y = inner.y + slot * place + head + tall * row
        end = left + line.share(value) * reach
        pens.forms.drawRect(rect(min(zero, end), y, abs(end - zero), tall * (1.0 if len(rows) == 1 else 0.94)), fill(colors[k]))
        x = end + size * 0.3 if value >= 0 else end - written[k].width - size * 0.3
        written[k].draw(pens.words, x, y + (tall - size * 1.4) / 2)
    pens.forms.drawLine(zero, inner.y, zero, inner.bottom, stroke(mix(look.ink, look.paper, 0.35), max(1.0, size * 0.08)))


def _line(pens: Pens, chart: Chart, inner: Box, look: Look) -> None:
    """Draw a line through all values, in order, with a dot and the number at each."""
    size = _size(inner)
    line = axis(chart.values, max(2, min(6, round(inner.height / (size * 2.6)))), zero=False)
    plot = _scaled(pens, chart, (inner, line, size), look)
    long = len(chart.rows[0])
    slot = plot.width / long
    tops = _values_and_labels(pens, chart, (plot, line, size), look)
    colors = series_colors(chart, look) if len(chart.series) > 1 else colors_of(chart, look.accent, look.paper, 1)
    foot = plot.bottom - max(0.0, line.share(0) if line.low <= 0 else 0.0) * plot.height
    for row, color in enumerate(colors):
        points = [(plot.x + slot * (k + 0.5), top) for k, top in enumerate(tops[row * long:(row + 1) * long])]
        if len(colors) == 1:
            pens.forms.drawPath(polygon([(points[0][0], foot), *points, (points[-1][0], foot)]), fill(color, 0.13))
        _curve(pens, points, (color, look.paper), max(1.5, size * 0.2))
    base = stroke(mix(look.ink, look.paper, 0.35), max(1.0, size * 0.08))
    pens.forms.drawLine(plot.x, plot.bottom, plot.right, plot.bottom, base)


def _curve(pens: Pens, points: list[tuple[float, float]], colors: tuple[Rgb, Rgb], thick: float) -> None:
    """Draw one line with a dot at each point."""
    for a, b in pairwise(points):
        pens.forms.drawLine(*a, *b, stroke(colors[0], thick))
    for x, y in points:
        pens.forms.drawCircle(x, y, thick * 1.7, fill(colors[0]))
        pens.forms.drawCircle(x, y, thick * 0.8, fill(colors[1]))


def _pie(pens: Pens, chart: Chart, inner: Box, look: Look) -> None:
    """Draw slices clockwise from the top, and a legend with every value and share."""
    total = sum(chart.values)
    wide = inner.width > inner.height * 1.15
    side = min(inner.height, inner.width * 0.5) if wide else min(inner.width, inner.height * 0.58)
    legend = (Box(inner.x + side * 1.1, inner.y, inner.width - side * 1.1, inner.height) if wide
              else Box(inner.x, inner.y + side * 1.06, inner.width, inner.height - side * 1.06))
    cx = inner.x + side / 2 if wide else inner.x + inner.width / 2
    disc = rect(cx - side * 0.48, inner.y + (inner.height - side if wide else 0) / 2 + side * 0.02, side * 0.96, side * 0.96)
    colors = colors_of(chart, look.accent, look.paper, len(chart.values))
    angle = -90.0
    for value, color in zip(chart.values, colors, strict=True):
        sweep = 360.0 * value / total
        pens.forms.drawArc(disc, angle, sweep, True, fill(color))
        angle += sweep
    if sum(v > 0 for v in chart.values) > 1:
        _cuts(pens, chart, disc, look)
    _legend(pens, chart, (legend, colors), look)


def _cuts(pens: Pens, chart: Chart, disc: skia.Rect, look: Look) -> None:
    angle, total = -math.pi / 2, sum(chart.values)
    pen = stroke(look.paper, max(1.0, disc.width() * 0.008))
    for value in chart.values:
        x, y = math.cos(angle) * disc.width() / 2, math.sin(angle) * disc.height() / 2
        pens.forms.drawLine(disc.centerX(), disc.centerY(), disc.centerX() + x, disc.centerY() + y, pen)
        angle += 2 * math.pi * value / total


def _legend(pens: Pens, chart: Chart, what: tuple[Box, list[Rgb]], look: Look) -> None:
    """Write what each slice is: its name and its number, with its share of the whole where the numbers are no shares."""
    box, colors = what
    total = sum(chart.values)
    shares = chart.unit == "%" and abs(total - 100) < 0.01
    rows = []
    for k, value in enumerate(chart.values):
        said = number(value, chart.unit) + ("" if shares else f" ({number(round(100 * value / total, 1), '%')})")
        rows.append(f"{chart.labels[k]}  {said}" if chart.labels else said)
    columns = max(1, min(len(rows), int(box.width / (box.height * 1.6))))
    lines = math.ceil(len(rows) / columns)
    slot = box.width / columns
    tall = min(box.height / lines, look.unit * (0.11 if columns == 1 else 0.3), slot * 0.24)
    key = min(tall * 0.5, slot * 0.08)
    top = box.y + (box.height - tall * lines) / 2
    type_ = _text(look, tall * 0.52, align="start", weight=700)
    for k, block in enumerate(_common(rows, slot * 0.96 - key * 1.6, tall * 0.86, type_)):
        x, y = box.x + slot * (k % columns), top + tall * (k // columns)
        swatch = rect(x, y + (tall - key) / 2, key, key)
        pens.forms.drawRoundRect(swatch, key * 0.2, key * 0.2, fill(colors[k]))
        block.draw(pens.words, x + key * 1.6, y + tall * 0.07)
