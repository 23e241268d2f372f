"""Settings that people build: studio, plain, city, street, room, desk, kitchen."""

import colorsys

import skia

from cavendish.engines.comp.painting.brush import Stage, down, fill, glow, polygon, ramp, rect, stroke, texture
from cavendish.engines.comp.painting.light import Rgb, luma, mix, rgb, turned
from cavendish.engines.comp.painting.sky import sky

_SWEEPS = ("#d9d5cf", "#e9d3c8", "#cfdcd2", "#cddbe8", "#e8dfc6", "#d8d0e6", "#dfe3e6")
_GRAINS = {"marble": (420, 0.75), "slate": (520, 0.42), "weave": (900, 0.50), "paper": (380, 0.24)}  # texels a unit, strength
_WALLS = ("#dcd6cb", "#c9d6cf", "#d3dbe6", "#e6d5c6", "#cfc7bb", "#bccad0")


def studio(canvas: skia.Canvas, stage: Stage) -> None:
    """A seamless paper sweep under a soft box."""
    light, u = stage.light, stage.unit
    base = light.lit(stage.color or sweep(stage))
    w, h, edge = stage.width, stage.height, stage.horizon
    if stage.graphic:
        _flat_studio(canvas, stage, base)
        return
    dim = mix(base, light.shade, 0.30)
    canvas.drawPaint(down(0, edge, dim, mix(base, dim, 0.3), base))
    pale = mix(base, (1, 1, 1), 0.55)
    glow(canvas, (w * (0.5 + 0.10 * light.side), edge - u * 0.16), u * 0.95, pale, 0.95)
    curve = u * 0.10  # the sweep bends, so wall and floor melt into each other
    floor = [
        (0.0, base, 0.0),
        (0.12, mix(base, (1, 1, 1), 0.18), 0.85),
        (0.5, mix(base, (1, 1, 1), 0.30), 1.0),
        (1.0, mix(base, light.shade, 0.12), 1.0),
    ]
    canvas.drawRect(rect(0, edge - curve, w, h - edge + curve + 2), ramp((0, edge - curve), (0, h), floor))
    glow(canvas, (w * (0.5 + 0.06 * light.side), edge + (h - edge) * 0.35), u * 0.75, (1, 1, 1), 0.33)
    _gobo(canvas, stage, base)


def _flat_studio(canvas: skia.Canvas, stage: Stage, base: Rgb) -> None:
    """Wall, floor and a disc behind the subject, in three even tones."""
    canvas.drawPaint(fill(base))
    canvas.drawCircle(stage.width / 2, stage.horizon - stage.unit * 0.12, stage.unit * 0.36, fill(mix(base, (1, 1, 1), 0.45)))
    floor = rect(0, stage.horizon, stage.width, stage.height - stage.horizon + 2)
    canvas.drawRect(floor, fill(mix(base, stage.light.shade, 0.16)))


def sweep(stage: Stage) -> Rgb:
    """Choose the paper: any quiet one, or one that sets off the main colour, darker behind what is pale."""
    own = stage.rng("sweep")
    if stage.accent is None:
        return rgb(own.choice(_SWEEPS))
    if luma(stage.accent) > 0.72:
        return rgb(own.choice(("#8fa3ad", "#a88f86", "#8a9a8c", "#9a91ab")))
    hue, _, saturation = colorsys.rgb_to_hls(*stage.accent)
    if saturation < 0.15:
        return rgb(own.choice(_SWEEPS))
    turn = own.choice((0.0, 0.5, 0.08))  # tone on tone, or the complement
    return colorsys.hls_to_rgb((hue + turn) % 1.0, 0.84, 0.32)


def _gobo(canvas: skia.Canvas, stage: Stage, base: Rgb) -> None:
    """Throw the shape of a window on the wall, very softly."""
    own, u, light = stage.rng("gobo"), stage.unit, stage.light
    x = stage.width * (0.5 - 0.30 * light.side) + own.uniform(-0.06, 0.06) * u
    lean = -0.22 * light.side
    tone = mix(base, mix(light.glow, (1, 1, 1), 0.5), 0.8)
    for row in range(3):
        for column in range(2):
            left, top = x + (column - 1) * u * 0.17, stage.horizon - u * 0.62 + row * u * 0.17
            pane = [(left, top), (left + u * 0.14, top), (left + u * 0.14, top + u * 0.14), (left, top + u * 0.14)]
            canvas.drawPath(
                polygon([(px + lean * (stage.horizon - py) * 0.5, py + abs(lean) * (px - x) * 0.3) for px, py in pane]),
                fill(tone, 0.22, u * 0.018),
            )


def plain(canvas: skia.Canvas, stage: Stage) -> None:
    """One even colour with the least of light."""
    base = stage.light.lit(stage.color or rgb("#f1efec"))
    canvas.drawPaint(down(0, stage.height, mix(base, (1, 1, 1), 0.10), base))
    if stage.color is None or 0.06 < luma(base) < 0.97:
        glow(
            canvas,
            (stage.width * 0.5, stage.height * 0.45),
            max(stage.width, stage.height) * 0.6,
            mix(base, (1, 1, 1), 0.35),
            0.5,
        )


def city(canvas: skia.Canvas, stage: Stage) -> None:
    """Three depths of towers behind a broad pavement."""
    sky(canvas, stage, clouds=0.35)
    light, u, h = stage.light, stage.unit, stage.horizon
    for layer, (color, tall, far) in enumerate((("#8fa3bd", 0.52, 0.75), ("#6d84a3", 0.42, 0.42), ("#4c6078", 0.30, 0.12))):
        for x, own in stage.spots("tower", layer, every=u * (0.11 + 0.03 * layer)):
            wide, high = u * own.uniform(0.075, 0.13), u * tall * own.uniform(0.5, 1.15)
            tone = light.lit(turned(rgb(color), hue=own.uniform(-0.04, 0.05), lightness=own.uniform(0.88, 1.12)), far)
            tower(canvas, stage, (x, h - high, wide, high + 3), (tone, layer))
        canvas.drawRect(
            rect(0, h - u * 0.2, stage.width, u * 0.22),
            ramp((0, h - u * 0.2), (0, h), [(0, light.sky[2], 0), (1, light.sky[2], 0.34 - 0.1 * layer)]),
        )
    if light.dark:
        glow(canvas, (stage.width / 2, h), u * 0.9, rgb("#ff9d5c"), 0.28)
    pavement(canvas, stage)


def tower(canvas: skia.Canvas, stage: Stage, box: tuple[float, float, float, float], look: tuple[Rgb, int]) -> None:
    """Draw one high-rise with a lit side and rows of windows."""
    x, y, wide, high = box
    tone, layer = look
    own, light = stage.rng("facade", layer, round(x)), stage.light
    bright, dark = mix(tone, (1, 1, 1), 0.10), mix(tone, light.shade, 0.22)
    ends = (bright, dark) if light.side < 0 else (dark, bright)
    canvas.drawRect(rect(x, y, wide, high), ramp((x, 0), (x + wide, 0), [(0, ends[0], 1), (1, ends[1], 1)]))
    if own.random() < 0.35:
        canvas.drawRect(rect(x + wide * 0.2, y - wide * 0.3, wide * 0.6, wide * 0.32), fill(mix(tone, dark, 0.5)))
    if own.random() < 0.25:
        canvas.drawRect(rect(x + wide * 0.49, y - wide * 0.9, wide * 0.03, wide), fill(dark))
    columns = own.choice((3, 4, 5))
    cell = wide / (columns + 0.6)
    pane, gap = (cell * 0.55, cell * 0.62), cell * 1.05
    lamp, glass = (rgb("#ffd98a"), rgb("#9fd8ff")), mix(tone, light.sky[1], 0.55)
    dim, lights = skia.PathBuilder(), skia.PathBuilder()
    for row in range(int(high / gap)):
        for column in range(columns):
            spot = rect(x + cell * (0.5 + column), y + gap * (0.5 + row), *pane)
            (lights if light.dark and own.random() < 0.42 else dim).addRect(spot)
    canvas.drawPath(dim.detach(), fill(mix(glass, dark, 0.55) if light.dark else glass, 0.6))
    canvas.drawPath(lights.detach(), fill(mix(lamp[own.random() < 0.25], tone, 0.3 * (2 - layer)), 0.92))


def pavement(canvas: skia.Canvas, stage: Stage) -> None:
    """Lay slabs in perspective up to the horizon, wet at night."""
    light, u, h = stage.light, stage.unit, stage.horizon
    deep = stage.height - h
    canvas.drawRect(
        rect(0, h, stage.width, deep + 2),
        down(h, stage.height, light.lit("#a7adb5", 0.25), light.lit("#868c95"), light.lit("#646a74")),
    )
    line = stroke(light.lit("#4c525c"), max(0.7, u * 0.0016), 0.55)
    centre = stage.width / 2
    lines = int(stage.width / u * 9) + 6
    for i in range(-lines, lines + 1):
        canvas.drawLine(centre + i * u * 0.05, h, centre + i * u * 0.34, stage.height, line)
    for k in range(1, 9):
        y = h + deep * (k / 8.5) ** 2
        canvas.drawLine(0, y, stage.width, y, line)
    if not light.dark:
        return
    own = stage.rng("wet")
    for _ in range(int(22 * stage.width / u)):
        x, wide = own.random() * stage.width, u * own.uniform(0.006, 0.03)
        tone = rgb(own.choice(("#ffb35c", "#ff5c9a", "#5cc8ff", "#ffe08a")))
        high = deep * own.uniform(0.3, 0.9)
        canvas.drawRect(rect(x, h, wide, high), ramp((0, h), (0, h + high), [(0, tone, 0.34), (1, tone, 0)]))


def street(canvas: skia.Canvas, stage: Stage) -> None:
    """Look down a street: two rows of houses, a road to the vanishing point."""
    sky(canvas, stage, clouds=0.35)
    light, u, h = stage.light, stage.unit, stage.horizon
    point = (stage.width / 2, h - u * 0.01)
    ground_tone = light.lit("#b9b4ac", 0.1)
    canvas.drawRect(rect(0, h, stage.width, stage.height - h + 2), down(h, stage.height, ground_tone, light.lit("#98938c")))
    for side in (-1, 1):
        _row(canvas, stage, side, point)
    half = u * 0.62
    road = polygon(
        [
            (point[0] - u * 0.03, h),
            (point[0] + u * 0.03, h),
            (point[0] + half, stage.height + 2),
            (point[0] - half, stage.height + 2),
        ]
    )
    canvas.drawPath(road, down(h, stage.height, light.lit("#7d8087", 0.3), light.lit("#4d5057")))
    for k in range(7):
        a, b = (k / 7) ** 1.8, ((k + 0.5) / 7) ** 1.8
        y0, y1 = h + (stage.height - h) * a, h + (stage.height - h) * b
        canvas.drawPath(
            polygon(
                [
                    (point[0] - u * 0.012 * a, y0),
                    (point[0] + u * 0.012 * a, y0),
                    (point[0] + u * 0.012 * b, y1),
                    (point[0] - u * 0.012 * b, y1),
                ]
            ),
            fill(light.lit("#f2ead2"), 0.85),
        )


def _row(canvas: skia.Canvas, stage: Stage, side: int, point: tuple[float, float]) -> None:
    """Draw one side's houses from far to near."""
    light, u = stage.light, stage.unit
    reach = stage.width / 2 + u * 0.2
    own = stage.rng("houses", side)
    shares = [0.06 * 1.42**i for i in range(9)]
    for i, (near, far) in enumerate(zip(reversed(shares[1:]), reversed(shares[:-1]), strict=True)):
        color = rgb(own.choice(("#c98f6f", "#d9b98c", "#a8b8c4", "#c4a3a0", "#b5c2a0", "#d9cfc0", "#9f8fa8")))
        tall = own.uniform(0.8, 1.2)
        if near * u > reach * 1.6:
            continue

        def at(depth: float, up: float) -> tuple[float, float]:
            return point[0] + side * u * depth, point[1] + u * (depth * 0.33 - up * depth)

        tone = light.lit(color, max(0.0, 0.6 - near))
        face = [at(far, 0.03), at(far, 0.95 * tall), at(near, 0.95 * tall), at(near, 0.03)]
        shade = mix(tone, light.shade, 0.30 if side == light.side else 0.05)
        canvas.drawPath(polygon(face), fill(shade))
        canvas.drawPath(
            polygon([at(far, 0.95 * tall), at(near, 0.95 * tall), at(near, 1.0 * tall), at(far, 1.0 * tall)]),
            fill(mix(shade, light.shade, 0.3)),
        )
        _openings(canvas, stage, (at, far, near, tall), (shade, i))


def _openings(canvas: skia.Canvas, stage: Stage, wall: tuple, look: tuple[Rgb, int]) -> None:  # type: ignore[type-arg]
    at, far, near, tall = wall
    tone, index = look
    light = stage.light
    own = stage.rng("panes", index, round(tall * 1000))
    for column in range(3):
        a, b = far + (near - far) * (column + 0.22) / 3, far + (near - far) * (column + 0.78) / 3
        for row in range(3):
            low, high = tall * (0.34 + 0.2 * row), tall * (0.46 + 0.2 * row)
            bright = light.dark and own.random() < 0.55
            pane = (
                rgb("#ffd98a")
                if bright
                else mix(tone, light.sky[1], 0.5)
                if not light.dark
                else mix(tone, (0.03, 0.04, 0.1), 0.5)
            )
            canvas.drawPath(polygon([at(a, low), at(a, high), at(b, high), at(b, low)]), fill(pane, 0.9))
    a, b = far + (near - far) * 0.15, far + (near - far) * 0.85
    awning = light.lit(rgb(own.choice(("#c94f4f", "#3f7a6a", "#d9a03f", "#4f6fa8"))))
    canvas.drawPath(
        polygon([at(a, 0.03), at(a, 0.22 * tall), at(b, 0.22 * tall), at(b, 0.03)]),
        fill(rgb("#ffdf9a") if light.dark else mix(tone, light.shade, 0.5), 0.9),
    )
    canvas.drawPath(polygon([at(a, 0.22 * tall), at(a, 0.28 * tall), at(b, 0.28 * tall), at(b, 0.2 * tall)]), fill(awning))


def room(canvas: skia.Canvas, stage: Stage) -> None:
    """A wall with a window and a picture, skirting and floorboards."""
    own, light, u = stage.rng("room"), stage.light, stage.unit
    wall = light.lit(stage.color or rgb(own.choice(_WALLS)))
    h, w = stage.horizon, stage.width
    canvas.drawPaint(down(0, h, mix(wall, light.shade, 0.10), mix(wall, (1, 1, 1), 0.12)))
    glow(canvas, (w * (0.5 + 0.3 * light.side), h * 0.5), u * 0.9, mix(wall, light.glow, 0.5), 0.55)
    size = min(u * 0.36, h * 0.56)
    own_pane = (w * (0.5 + 0.31 * light.side) - size * 0.42, h * 0.5 - size * 0.62, size * 0.84, size * 1.05)
    beside = (w - own_pane[0] - own_pane[2], *own_pane[1:])
    places = [p for p in (own_pane, beside) if not _covered(stage, p)]
    for pane in stage.panes or tuple(places[:1]):
        window(canvas, stage, pane)
    frame = size * 0.42
    if len(places) == 2 and not stage.panes:
        _picture(canvas, stage, (w * (0.5 - 0.30 * light.side) - frame / 2, h * 0.44 - frame * 0.62, frame, frame * 1.24))
    boards(canvas, stage, ("#c79a6a", "#8f6238"))
    canvas.drawRect(rect(0, h - u * 0.03, w, u * 0.032), down(h - u * 0.03, h, light.lit("#ffffff"), light.lit("#d9d9d6")))
    canvas.drawRect(rect(0, h, w, u * 0.02), ramp((0, h), (0, h + u * 0.02), [(0, light.shade, 0.35), (1, light.shade, 0)]))
    _spill(canvas, stage)


def _covered(stage: Stage, box: tuple[float, float, float, float]) -> bool:
    """Whether a door, a fireplace or a board of the room hangs where the wall has its own window."""
    x, y, w, h = box
    return any(x < fx + fw and fx < x + w and y < fy + fh and fy < y + h for fx, fy, fw, fh in stage.fixed)


def window(canvas: skia.Canvas, stage: Stage, box: tuple[float, float, float, float]) -> None:
    """A window with the hour's own sky behind its bars."""
    x, y, w, h = box
    light, u = stage.light, stage.unit
    glow(canvas, (x + w / 2, y + h / 2), w * 1.5, mix(light.sky[2], (1, 1, 1), 0.4), 0.35 if not light.dark else 0.12)
    canvas.drawRect(rect(x - w * 0.05, y - w * 0.05, w * 1.1, h + w * 0.1), fill(light.lit("#fbfaf7")))
    canvas.drawRect(rect(x, y, w, h), down(y, y + h, *light.sky))
    canvas.save()
    canvas.clipRect(rect(x, y, w, h))
    if light.dark:
        own = stage.rng("pane")
        for _ in range(24):
            canvas.drawCircle(
                x + own.random() * w, y + own.random() * h * 0.8, max(0.6, w * 0.006), fill((1, 1, 1), own.uniform(0.4, 1))
            )
    canvas.drawOval(rect(x - w * 0.3, y + h * 0.78, w * 0.9, h * 0.5), fill(light.lit("#6fa06a", 0.3)))
    canvas.drawOval(rect(x + w * 0.4, y + h * 0.82, w * 0.9, h * 0.5), fill(light.lit("#5a9060", 0.2)))
    _weather(canvas, stage, box)
    canvas.restore()
    bar = light.lit("#f4f2ee")
    canvas.drawRect(rect(x + w * 0.48, y, w * 0.04, h), fill(bar))
    canvas.drawRect(rect(x, y + h * 0.46, w, w * 0.04), fill(bar))
    canvas.drawRect(rect(x - w * 0.1, y + h + w * 0.04, w * 1.2, w * 0.07), fill(light.lit("#ffffff")))
    canvas.drawRect(rect(x - w * 0.1, y + h + w * 0.11, w * 1.2, u * 0.012), fill(light.shade, 0.2, u * 0.004))


def _weather(canvas: skia.Canvas, stage: Stage, box: tuple[float, float, float, float]) -> None:
    """Let it rain or snow behind the glass, with drops on it; the caller has clipped to the pane."""
    x, y, w, h = box
    own = stage.rng("weather", round(x))
    if stage.weather in ("rain", "storm"):
        canvas.drawRect(rect(x, y, w, h), fill((0.42, 0.48, 0.56), 0.35))
        for _ in range(46):
            at, top, long = x + own.random() * w * 1.1, y + own.random() * h, h * own.uniform(0.05, 0.12)
            canvas.drawLine(at, top, at - long * 0.25, top + long, stroke((0.9, 0.95, 1), w * 0.008, 0.7))
        for _ in range(40):
            at, top, r = x + own.random() * w, y + own.random() * h, w * own.uniform(0.008, 0.02)
            canvas.drawOval(rect(at - r, top - r, r * 2, r * 2.6), fill((0.93, 0.97, 1), 0.75))
            canvas.drawLine(at, top, at, top - r * own.uniform(2, 9), stroke((0.93, 0.97, 1), r * 0.6, 0.35))
    elif stage.weather == "snow":
        for _ in range(60):
            canvas.drawCircle(x + own.random() * w, y + own.random() * h, w * own.uniform(0.006, 0.016), fill((1, 1, 1), 0.95))
        canvas.drawRect(rect(x, y + h * 0.9, w, h * 0.1), fill((0.96, 0.98, 1)))
    elif stage.weather == "fog":
        canvas.drawRect(rect(x, y, w, h), fill((0.85, 0.88, 0.9), 0.7))


def _picture(canvas: skia.Canvas, stage: Stage, box: tuple[float, float, float, float]) -> None:
    x, y, w, h = box
    own, light, u = stage.rng("print"), stage.light, stage.unit
    canvas.drawRect(rect(x + u * 0.006, y + u * 0.01, w, h), fill(light.shade, 0.3, u * 0.008))
    canvas.drawRect(rect(x, y, w, h), fill(light.lit(own.choice(("#3a3430", "#b58f5a", "#f2efe9")))))
    canvas.drawRect(rect(x + w * 0.06, y + w * 0.06, w * 0.88, h - w * 0.12), fill(light.lit("#f7f4ee")))
    canvas.save()
    canvas.clipRect(rect(x + w * 0.18, y + w * 0.2, w * 0.64, h - w * 0.4))
    tones = own.sample(("#d98c6a", "#6a9fb5", "#e0b85a", "#7fa88a", "#a87f9f"), 3)
    canvas.drawPaint(fill(light.lit(mix(rgb(tones[0]), (1, 1, 1), 0.55))))
    canvas.drawCircle(x + w * 0.58, y + h * 0.4, w * 0.14, fill(light.lit(tones[0])))
    canvas.drawOval(rect(x, y + h * 0.5, w * 0.8, h * 0.5), fill(light.lit(tones[1])))
    canvas.drawOval(rect(x + w * 0.35, y + h * 0.6, w * 0.9, h * 0.5), fill(light.lit(tones[2])))
    canvas.restore()


def boards(canvas: skia.Canvas, stage: Stage, colors: tuple[str, str]) -> None:
    """Lay floorboards towards the vanishing point."""
    u, h = stage.unit, stage.horizon
    far, near = tones(stage, colors)
    canvas.drawRect(
        rect(0, h, stage.width, stage.height - h + 2),
        down(h, stage.height, mix(far, (1, 1, 1), 0.14), far, mix(far, near, 0.55)),
    )
    centre, lines = stage.width / 2, int(stage.width / u * 6) + 6
    own = stage.rng("boards")
    for i in range(-lines, lines):
        a, b = [(centre + k * u * 0.085, centre + k * u * 0.24) for k in (i, i + 1)]
        canvas.drawPath(
            polygon([(a[0], h), (b[0], h), (b[1], stage.height + 2), (a[1], stage.height + 2)]),
            fill(near if own.random() < 0.5 else mix(far, (1, 1, 1), 0.4), own.uniform(0, 0.24)),
        )
        canvas.drawLine(a[0], h, a[1], stage.height + 2, stroke(near, max(0.6, u * 0.0016), 0.55))


def _spill(canvas: skia.Canvas, stage: Stage) -> None:
    """Let daylight fall through the window on the floor."""
    light, u, h = stage.light, stage.unit, stage.horizon
    if light.dark or stage.weather in ("rain", "storm", "fog"):
        return
    x = stage.width * (0.5 + 0.2 * light.side)
    deep = stage.height - h
    for k in (0, 1):
        left = x - light.side * k * u * 0.19
        pane = [
            (left, h + deep * 0.12),
            (left + u * 0.15, h + deep * 0.12),
            (left + u * 0.15 - light.side * u * 0.2, h + deep * 0.7),
            (left - light.side * u * 0.2 - u * 0.04, h + deep * 0.7),
        ]
        canvas.drawPath(polygon(pane), fill(mix(light.glow, (1, 1, 1), 0.4), 0.34, u * 0.012))


def desk(canvas: skia.Canvas, stage: Stage) -> None:
    """A wooden table before a quiet wall with a window and a shelf."""
    own, light, u = stage.rng("desk"), stage.light, stage.unit
    wall = light.lit(stage.color or rgb(own.choice(_WALLS)))
    h, w = stage.horizon, stage.width
    canvas.drawPaint(down(0, h, mix(wall, light.shade, 0.18), wall))
    size = min(u * 0.4, h * 0.7)
    glow(canvas, (w * (0.5 + 0.32 * light.side), h * 0.45), u * 0.8, mix(wall, light.glow, 0.6), 0.6)
    own_pane = (w * (0.5 + 0.33 * light.side) - size * 0.4, h * 0.46 - size * 0.5, size * 0.8, size)
    places = [p for p in (own_pane, (w - own_pane[0] - own_pane[2], *own_pane[1:])) if not _covered(stage, p)]
    for pane in stage.panes or tuple(places[:1]):
        window(canvas, stage, pane)
    if len(places) == 2 and not stage.panes:
        _shelf(canvas, stage, (w * (0.5 - 0.33 * light.side), h * 0.5), min(u * 0.42, w * 0.3))
    surface(canvas, stage, ("#c08b58", "#8a5a30"))


def _shelf(canvas: skia.Canvas, stage: Stage, at: tuple[float, float], wide: float) -> None:
    """Hang a board with books and a pot."""
    own, light = stage.rng("shelf"), stage.light
    x, y = at[0] - wide / 2, at[1]
    canvas.drawRect(rect(x, y + wide * 0.05, wide, wide * 0.07), fill(light.shade, 0.25, wide * 0.03))
    canvas.drawRect(rect(x, y, wide, wide * 0.05), fill(light.lit("#a87f55")))
    left = x + wide * 0.08
    for _ in range(6):
        thick, tall = wide * own.uniform(0.04, 0.075), wide * own.uniform(0.2, 0.32)
        canvas.drawRect(
            rect(left, y - tall, thick, tall),
            fill(light.lit(own.choice(("#b5584f", "#4f7a9f", "#d9b35a", "#5f8f72", "#8f6f9f", "#e4ddd0")))),
        )
        left += thick * 1.06
    pot = x + wide * 0.78
    for k in range(5):
        canvas.drawOval(
            rect(pot - wide * 0.12 + k * wide * 0.045, y - wide * 0.34 + abs(k - 2) * wide * 0.05, wide * 0.07, wide * 0.24),
            fill(light.lit("#5f9a5a")),
        )
    canvas.drawRoundRect(
        rect(pot - wide * 0.08, y - wide * 0.15, wide * 0.16, wide * 0.15), wide * 0.02, wide * 0.02, fill(light.lit("#d98c6a"))
    )


def surface(canvas: skia.Canvas, stage: Stage, colors: tuple[str, str]) -> None:
    """Lay a table top from the horizon to the bottom, with a lit back edge."""
    light, u, h = stage.light, stage.unit, stage.horizon
    far, near = tones(stage, colors)
    canvas.drawRect(
        rect(0, h - u * 0.05, stage.width, u * 0.06),
        ramp((0, h - u * 0.05), (0, h), [(0, light.shade, 0), (1, light.shade, 0.28)]),
    )
    canvas.drawRect(rect(0, h, stage.width, stage.height - h + 2), down(h, stage.height, mix(far, (1, 1, 1), 0.22), far, near))
    canvas.drawRect(rect(0, h, stage.width, u * 0.005), fill(mix(far, (1, 1, 1), 0.5), 0.7))
    glow(
        canvas,
        (stage.width * (0.5 + 0.2 * light.side), h + (stage.height - h) * 0.2),
        u * 0.6,
        mix(light.glow, (1, 1, 1), 0.3),
        0.3,
    )


def tones(stage: Stage, colors: tuple[str, str]) -> tuple[Rgb, Rgb]:
    """Return the far and near colour of a floor or table: what the words ask for, else the setting's own."""
    if stage.ground is None:
        return stage.light.lit(colors[0]), stage.light.lit(colors[1])
    return stage.light.lit(stage.ground), stage.light.lit(mix(stage.ground, (0.08, 0.06, 0.05), 0.30))


def surface_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Show the grain of the table, flattened by its perspective."""
    h = stage.horizon
    if stage.ground is not None and not stage.weave:
        return
    canvas.drawRect(rect(0, h, stage.width, stage.height - h), grained(stage, stage.weave or "wood", 0.55))


def grained(stage: Stage, kind: str, flat: float = 1.0) -> skia.Paint:
    """Return the paint that lays a material's grain: darker than a pale ground, paler than a dark one."""
    u = stage.unit
    if kind == "wood":
        return texture("wood", (u / 180, u / 900), stage.light.lit("#4a2c12"), 0.30)
    ground = stage.ground or (0.8, 0.8, 0.8)
    pale = luma(ground) < 0.35
    tone = mix(ground, (1, 1, 1), 0.75) if pale else mix(ground, (0.10, 0.09, 0.12), 0.72)
    texels, strength = _GRAINS.get(kind, (420, 0.25))
    return texture(kind, (u / texels, u / texels * flat), stage.light.lit(tone), strength * (0.62 if pale else 1.0))


def wall_of(canvas: skia.Canvas, stage: Stage) -> None:
    """Clothe the wall in the surface's own material, where the words name it as the background."""
    ground = stage.light.lit(stage.ground or stage.color or (0.8, 0.8, 0.8))
    h = stage.horizon
    shade = stage.light.shade
    canvas.drawRect(rect(0, 0, stage.width, h), down(0, h, mix(ground, shade, 0.34), mix(ground, shade, 0.12)))
    canvas.drawRect(rect(0, 0, stage.width, h), grained(stage, stage.weave))
    glow(canvas, (stage.width * (0.5 + 0.22 * stage.light.side), h * 0.55), stage.unit * 0.7, mix(ground, (1, 1, 1), 0.5), 0.45)


def kitchen(canvas: skia.Canvas, stage: Stage) -> None:
    """Tiles, a rail with tools and a stone counter."""
    own, light, u = stage.rng("kitchen"), stage.light, stage.unit
    h, w = stage.horizon, stage.width
    tile = light.lit(stage.color or rgb(own.choice(("#e9eef0", "#dfeae4", "#f1e9dc", "#d6e4ec"))))
    canvas.drawPaint(fill(mix(tile, light.shade, 0.16)))
    wide, high = u * 0.13, u * 0.065
    for row in range(int(h / high) + 1):
        y = h - (row + 1) * high
        for column in range(int(w / wide) + 2):
            x = (column - 0.5 * (row % 2)) * wide
            tone = mix(tile, (1, 1, 1), stage.rng("tile", row, column).uniform(0.0, 0.35))
            canvas.drawRoundRect(
                rect(x + u * 0.0022, y + u * 0.0022, wide - u * 0.0044, high - u * 0.0044), u * 0.004, u * 0.004, fill(tone)
            )
    glow(canvas, (w * (0.5 + 0.3 * light.side), h * 0.4), u * 0.9, mix(light.glow, (1, 1, 1), 0.5), 0.4)
    rail = h - u * 0.46
    if rail > u * 0.04:
        _rail(canvas, stage, rail)
    for pane in stage.panes:
        window(canvas, stage, pane)
    if not stage.panes and not stage.fixed:
        _shelf(canvas, stage, (w * (0.5 - 0.34 * light.side), h - u * 0.18), min(u * 0.36, w * 0.28))
    surface(canvas, stage, ("#d9d6d0", "#a7a39b"))


def _rail(canvas: skia.Canvas, stage: Stage, y: float) -> None:
    light, u = stage.light, stage.unit
    left = stage.width * (0.5 + 0.16 * light.side)
    right = left + light.side * u * 0.42
    steel = light.lit("#8d959c")
    canvas.drawLine(left, y, right, y, stroke(steel, u * 0.007))
    for k, (tall, head) in enumerate(((0.2, 0.036), (0.23, 0.028), (0.18, 0.042))):
        x = left + (right - left) * (0.2 + 0.3 * k)
        canvas.drawLine(x, y, x, y + u * tall * 0.7, stroke(mix(steel, light.shade, 0.2), u * 0.006))
        canvas.drawOval(
            rect(x - u * head, y + u * tall * 0.62, u * head * 2, u * tall * 0.45), fill(mix(steel, (1, 1, 1), 0.1 * k))
        )


def counter_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Speckles in the stone, or the grain of a wooden counter."""
    if stage.ground is not None:
        surface_near(canvas, stage)
        return
    own, u = stage.rng("stone"), stage.unit
    for _ in range(int(210 * stage.width / u)):
        x, y = own.random() * stage.width, stage.horizon + own.random() * (stage.height - stage.horizon)
        canvas.drawCircle(
            x, y, u * own.uniform(0.0006, 0.002), fill(stage.light.lit(own.choice(("#6f6a62", "#ffffff", "#8f8578"))), 0.5)
        )
