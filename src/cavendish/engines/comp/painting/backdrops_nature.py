"""Settings under the open sky: meadow, beach, sea, mountains, forest, snow, desert, sky. Far things first, then the ground."""

import math
import random

import skia

from cavendish.engines.comp.painting.brush import Stage, down, fill, glow, polygon, ramp, rect, ridge, stroke, texture
from cavendish.engines.comp.painting.light import Rgb, mix
from cavendish.engines.comp.painting.sky import cloud, ground, rays, sky


def meadow(canvas: skia.Canvas, stage: Stage) -> None:
    """Rolling green under a wide sky."""
    sky(canvas, stage, clouds=0.55)
    light, u, h = stage.light, stage.unit, stage.horizon
    for name, color, lift, far in (("a", "#7fa7b8", 0.16, 0.8), ("b", "#7fae84", 0.10, 0.5), ("c", "#6fae5c", 0.045, 0.25)):
        tone = light.lit(color, far)
        canvas.drawPath(
            ridge(stage, name, (h + u * 0.012, u * lift), u * 0.9),
            down(h - u * lift, h + u * 0.05, tone, mix(tone, light.lit("#4c8f43"), 0.4)),
        )
    tree_line(canvas, stage, "#3f7a3f", 0.05)
    ground(canvas, stage, light.lit("#84c158", 0.22), light.lit("#63a83f"), light.lit("#3f7e2d"))
    swells(canvas, stage, light.lit("#a8d873"), light.lit("#38702a"))


def meadow_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Blades and flowers at the foot of the picture."""
    grass(canvas, stage, ("#7cc04a", "#4d9238", "#96d05a"), 1.0)
    own = stage.rng("flowers")
    for x, _ in stage.spots("flower", every=stage.unit * 0.05):
        y = stage.height - (stage.height - stage.horizon) * 0.62 * own.random() ** 1.6
        size = stage.unit * 0.0075 * (0.45 + (y - stage.horizon) / max(1.0, stage.height - stage.horizon))
        tone = stage.light.lit(own.choice(("#ffffff", "#ffe066", "#ff9bb3", "#c9a2ff", "#ffffff")))
        for k in range(5):
            angle = k * 1.257
            canvas.drawCircle(x + math.cos(angle) * size, y + math.sin(angle) * size * 0.8, size * 0.62, fill(tone, 0.95))
        canvas.drawCircle(x, y, size * 0.5, fill(stage.light.lit("#f2b632")))


def grass(canvas: skia.Canvas, stage: Stage, colors: tuple[str, ...], amount: float) -> None:
    """Draw tufts over the ground, growing towards the viewer."""
    own = stage.rng("grass")
    deep = stage.height - stage.horizon
    count = int(min(1500, 420 * amount * stage.width / stage.unit))
    paths = {c: skia.PathBuilder() for c in colors}
    for _ in range(count):
        near = 0.12 + 0.9 * own.random() ** 0.7
        x, y = own.uniform(0, stage.width), stage.horizon + deep * near
        tall, path = stage.unit * 0.026 * near * own.uniform(0.6, 1.3), paths[own.choice(colors)]
        for lean in (-0.35, 0.05, 0.4):
            half = tall * 0.055
            path.moveTo(x - half, y)
            path.quadTo(x + lean * tall * 0.3, y - tall * 0.6, x + lean * tall, y - tall)
            path.quadTo(x + lean * tall * 0.3 + half, y - tall * 0.5, x + half, y)
            path.close()
    for color, path in paths.items():
        canvas.drawPath(path.detach(), fill(stage.light.lit(color), 0.8))


def swells(canvas: skia.Canvas, stage: Stage, bright: Rgb, dark: Rgb) -> None:
    """Model the ground with broad soft bands of light and shade."""
    own = stage.rng("swells")
    deep = stage.height - stage.horizon
    for i in range(7):
        near = (i + 0.6) / 7
        y = stage.horizon + deep * near**1.5
        x, wide = own.uniform(0, stage.width), stage.unit * own.uniform(0.5, 1.1)
        tone = bright if i % 2 else dark
        oval = skia.Rect.MakeLTRB(x - wide, y - deep * 0.05 * (1 + near), x + wide, y + deep * 0.05 * (1 + near))
        canvas.drawOval(oval, fill(tone, 0.28, deep * 0.035))


def tree_line(canvas: skia.Canvas, stage: Stage, color: str, size: float, conifer: bool = False) -> None:
    """Stand a row of trees along the horizon, in clumps with gaps."""
    tone = stage.light.lit(color, 0.28)
    shade = mix(tone, (0.05, 0.1, 0.1), 0.28)
    for x, own in stage.spots("trees", every=stage.unit * size * 0.62):
        if math.sin(x / stage.unit * 3.1 + stage.seed % 7) < -0.15 and own.random() < 0.85:
            continue
        tall = stage.unit * size * own.uniform(0.7, 1.35)
        if conifer:
            pine(canvas, (x, stage.horizon + stage.unit * 0.006), tall * 1.6, (mix(tone, shade, own.random()), 0.0))
        else:
            bush(canvas, (x, stage.horizon + stage.unit * 0.006), tall, (mix(tone, shade, own.random()), own))


def bush(canvas: skia.Canvas, at: tuple[float, float], tall: float, look: tuple[Rgb, random.Random]) -> None:
    """Draw a round-headed tree."""
    color, own = look
    for _ in range(5):
        r = tall * own.uniform(0.2, 0.32)
        canvas.drawCircle(
            at[0] + own.uniform(-0.28, 0.28) * tall,
            at[1] - tall * own.uniform(0.32, 0.72),
            r,
            fill(mix(color, (1, 1, 0.8), own.random() * 0.1)),
        )
    canvas.drawRect(rect(at[0] - tall * 0.3, at[1] - tall * 0.3, tall * 0.6, tall * 0.3), fill(color))


def pine(canvas: skia.Canvas, at: tuple[float, float], tall: float, look: tuple[Rgb, float]) -> None:
    """Draw a conifer of four tiers; look = (colour, snow 0..1)."""
    color, snow = look
    x, y = at
    canvas.drawRect(rect(x - tall * 0.02, y - tall * 0.12, tall * 0.04, tall * 0.12), fill(mix(color, (0.25, 0.15, 0.1), 0.6)))
    for i in range(4):
        top, foot = y - tall * (0.46 + 0.18 * i), y - tall * (0.08 + 0.18 * i)
        half = tall * (0.22 - 0.042 * i)
        tone = mix(color, (1, 1, 0.85), 0.05 * i)
        canvas.drawPath(
            polygon(
                [
                    (x, top),
                    (x + half, foot),
                    (x + half * 0.4, foot - tall * 0.03),
                    (x, foot + tall * 0.012),
                    (x - half * 0.4, foot - tall * 0.03),
                    (x - half, foot),
                ]
            ),
            fill(tone),
        )
        if snow:
            canvas.drawPath(
                polygon(
                    [
                        (x, top),
                        (x + half * 0.55, foot - tall * 0.14),
                        (x + half * 0.2, foot - tall * 0.12),
                        (x - half * 0.15, foot - tall * 0.16),
                        (x - half * 0.5, foot - tall * 0.13),
                    ]
                ),
                fill((0.97, 0.98, 1.0), snow),
            )


def beach(canvas: skia.Canvas, stage: Stage) -> None:
    """Sea, a line of surf, wet sand, dry sand."""
    sky(canvas, stage, clouds=0.42)
    light, u, h = stage.light, stage.unit, stage.horizon
    deep = stage.height - h
    shore = h + deep * 0.34
    water(canvas, stage, shore, ("#1f7fae", "#5cc7cf"))
    sand = down(shore, stage.height, light.lit("#c9ab7c"), light.lit("#ecd6a4"), light.lit("#dfc28a"))
    canvas.drawRect(rect(0, shore, stage.width, stage.height - shore + 2), sand)
    for i, (drop, tone, alpha) in enumerate(((0.10, "#a98f6c", 0.75), (0.045, "#8fc3c4", 0.7), (0.0, "#ffffff", 0.92))):
        edge = _surf(stage, i, shore + deep * drop, (h, u))
        if i < 2:
            canvas.drawPath(edge, fill(light.lit(tone), alpha, u * 0.004))
        else:
            canvas.drawPath(edge, fill(light.lit("#6cc5cc"), 0.9))
            canvas.drawPath(edge, stroke(light.lit("#ffffff"), u * 0.011, alpha))
            canvas.drawPath(edge, stroke(light.lit("#ffffff"), u * 0.03, 0.25))
    water(canvas, stage, shore - deep * 0.03, ("#1f7fae", "#5cc7cf"))
    glitter(canvas, stage, shore)


def _surf(stage: Stage, index: int, y: float, frame: tuple[float, float]) -> skia.Path:
    top, u = frame
    own = stage.rng("surf", index)
    a, b = own.uniform(0, 6), own.uniform(0, 6)
    edge = skia.PathBuilder()
    edge.moveTo(-u, top + u * 0.01)
    x = -u
    while x < stage.width + u:
        edge.lineTo(x, y + u * 0.016 * math.sin(x / u * 5.1 + a) + u * 0.012 * math.sin(x / u * 11.3 + b))
        x += u * 0.02
    edge.lineTo(stage.width + u, top + u * 0.01)
    edge.close()
    return edge.detach()


def beach_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Ripples, pebbles and shells on the sand."""
    own = stage.rng("pebbles")
    light, u = stage.light, stage.unit
    deep = stage.height - stage.horizon
    top = stage.horizon + deep * 0.46
    canvas.drawRect(
        rect(0, top, stage.width, stage.height - top), texture("cloud", (u / 900, u / 3600), light.lit("#8a6a3c"), 0.16)
    )
    for _ in range(int(46 * stage.width / u)):
        near = own.random()
        x, y = own.uniform(0, stage.width), top + (stage.height - top) * near
        r = u * 0.0035 * (0.4 + near) * own.uniform(0.5, 1.6)
        tone = light.lit(own.choice(("#b08c5e", "#8c7358", "#f4e7cf", "#c79f86")))
        canvas.drawOval(skia.Rect.MakeLTRB(x - r * 1.4, y - r * 0.2, x + r * 2.0, y + r * 0.9), fill(light.shade, 0.22))
        canvas.drawOval(skia.Rect.MakeLTRB(x - r * 1.4, y - r * 0.8, x + r * 1.4, y + r * 0.7), fill(tone))


def water(canvas: skia.Canvas, stage: Stage, bottom: float, colors: tuple[str, str]) -> None:
    """Fill a sheet of water from the horizon down to `bottom`, with bands of wave light."""
    light, h = stage.light, stage.horizon
    far, near = light.lit(colors[0], 0.35), light.lit(colors[1])
    canvas.drawRect(
        rect(0, h, stage.width, bottom - h), down(h, bottom, mix(far, light.sky[2], 0.25), light.lit(colors[0]), near)
    )
    own = stage.rng("waves")
    for i in range(int(70 * stage.width / stage.unit)):
        near_share = own.random() ** 1.6
        y = h + (bottom - h) * (0.01 + 0.97 * near_share)
        x, wide = own.uniform(-0.1, 1.0) * stage.width, stage.unit * (0.02 + 0.16 * near_share) * own.uniform(0.5, 1.4)
        tall = stage.unit * (0.0006 + 0.0055 * near_share)
        tone = mix(light.sky[2], (1, 1, 1), 0.3) if i % 3 else mix(far, (0, 0.05, 0.15), 0.4)
        canvas.drawOval(skia.Rect.MakeXYWH(x, y, wide, tall), fill(tone, 0.12 + 0.2 * near_share))


def glitter(canvas: skia.Canvas, stage: Stage, bottom: float) -> None:
    """Lay the sun's or moon's path on the water."""
    light = stage.light
    if light.height > 0.5 and not light.dark:
        return
    own = stage.rng("glitter")
    x0 = stage.width * (0.5 + light.side * 0.29)
    for _ in range(130):
        t = own.random()
        y = stage.horizon + (bottom - stage.horizon) * t
        wide = stage.unit * (0.012 + 0.05 * t) * own.uniform(0.4, 1.3)
        x = x0 + own.gauss(0, 1) * stage.unit * (0.018 + 0.07 * t)
        canvas.drawOval(
            skia.Rect.MakeXYWH(x - wide / 2, y, wide, stage.unit * (0.0014 + 0.003 * t)),
            fill(mix(light.glow, (1, 1, 1), 0.3), 0.55),
        )


def sea(canvas: skia.Canvas, stage: Stage) -> None:
    """Open water to the horizon with rolling swell."""
    sky(canvas, stage, clouds=0.6)
    light, u = stage.light, stage.unit
    water(canvas, stage, stage.height + 2, ("#17608f", "#1f86a8"))
    deep = stage.height - stage.horizon
    for i in range(9):
        near = ((i + 1) / 9) ** 1.7
        y = stage.horizon + deep * near
        tone = mix(light.lit("#2c93b5"), light.lit("#0d4468"), 0.25 + 0.5 * (i % 2))
        crest = ridge(stage, f"swell{i}", (y, u * 0.035 * (0.15 + near)), u * (0.12 + 0.55 * near))
        canvas.drawPath(
            crest, down(y - u * 0.03, y + deep * 0.22, mix(tone, light.sky[2], 0.28 * (1 - near) + 0.08), light.lit("#0f5478"))
        )
        canvas.drawPath(crest, stroke(mix(light.lit("#ffffff"), tone, 0.35), u * 0.0022 * (0.3 + near), 0.5))
    glitter(canvas, stage, stage.height)


def mountains(canvas: skia.Canvas, stage: Stage) -> None:
    """Three ranges, the highest with snow, over a valley with pines."""
    sky(canvas, stage, clouds=0.45)
    light, u, h = stage.light, stage.unit, stage.horizon
    for i, (color, tall, far, snow) in enumerate(
        (("#8fa7c4", 0.46, 0.62, 0.9), ("#6f88a8", 0.32, 0.38, 0.75), ("#506a80", 0.19, 0.16, 0.8 if stage.snowy else 0.0))
    ):
        for x, own in stage.spots("peak", i, every=u * (0.52 - 0.1 * i)):
            _peak(canvas, stage, (x, h, u * tall * own.uniform(0.7, 1.2)), (light.lit(color, far), snow, i))
        canvas.drawRect(
            rect(0, h - u * 0.13, stage.width, u * 0.16),
            ramp((0, h - u * 0.13), (0, h + u * 0.02), [(0, light.sky[2], 0), (1, light.sky[2], 0.5 - 0.14 * i)]),
        )
    if stage.snowy:
        for x, own in stage.spots("pine", every=u * 0.085):
            look = (light.lit("#3f6a62", 0.2), 0.9)
            pine(canvas, (x, h + u * own.uniform(0.0, 0.015)), u * own.uniform(0.07, 0.13), look)
        ground(canvas, stage, light.lit("#dfe9f5"), light.lit("#f6f9fd"), light.lit("#d3dfee"))
        swells(canvas, stage, light.lit("#ffffff"), light.lit("#a9bfdb"))
        return
    tree_line(canvas, stage, "#2f5a48", 0.06, conifer=True)
    ground(canvas, stage, light.lit("#7f9f6a", 0.2), light.lit("#67884f"), light.lit("#41602f"))
    swells(canvas, stage, light.lit("#9cb77c"), light.lit("#3a5230"))


def _peak(canvas: skia.Canvas, stage: Stage, at: tuple[float, float, float], look: tuple[Rgb, float, int]) -> None:
    x, foot, tall = at
    color, snow, index = look
    own = stage.rng("flank", index, round(x))
    half = tall * own.uniform(0.8, 1.1)
    top = foot - tall
    knee = [
        (x - half, foot + 3),
        (x - half * 0.55, foot - tall * own.uniform(0.4, 0.5)),
        (x - half * 0.25, foot - tall * own.uniform(0.7, 0.78)),
        (x, top),
        (x + half * 0.2, foot - tall * own.uniform(0.72, 0.8)),
        (x + half * 0.6, foot - tall * own.uniform(0.32, 0.42)),
        (x + half, foot + 3),
    ]
    canvas.drawPath(polygon(knee), down(top, foot, mix(color, (1, 1, 1), 0.1), color))
    side = -stage.light.side
    spine = [
        (x, top),
        (x + side * half * 0.12, foot - tall * 0.62),
        (x + side * -half * 0.05, foot - tall * 0.35),
        (x + side * half * 0.1, foot + 3),
    ]
    flank = knee[3:] if side > 0 else knee[3::-1]
    canvas.drawPath(polygon([*flank, *reversed(spine[1:])]), fill(mix(color, stage.light.shade, 0.3), 0.75))
    if snow:
        line = foot - tall * (0.44 if stage.snowy else 0.68)
        cap = [(x, top)]
        edge = [
            (x + half * 0.3, line),
            (x + half * 0.16, line - tall * 0.05),
            (x + half * 0.07, line + tall * 0.05),
            (x - half * 0.04, line - tall * 0.04),
            (x - half * 0.14, line + tall * 0.045),
            (x - half * 0.29, line),
        ]
        white = mix(stage.light.lit("#ffffff"), color, 1 - snow)
        canvas.save()
        canvas.clipPath(polygon(knee), True)
        canvas.drawPath(
            polygon([(x, top - 4), (x + half, line - tall * 0.02), *edge, (x - half, line - tall * 0.02)]), fill(white)
        )
        lee = [e for e in edge if (e[0] - x) * side > -half * 0.05]
        canvas.drawPath(
            polygon([*cap, *sorted(lee, key=lambda p: -side * p[0])]), fill(mix(white, stage.light.sky[0], 0.4), 0.8)
        )
        canvas.restore()


def forest(canvas: skia.Canvas, stage: Stage) -> None:
    """Trunks in the haze, a bright clearing, beams of light."""
    light, u, h = stage.light, stage.unit, stage.horizon
    canvas.drawPaint(down(0, h, light.lit("#5f8f5a", 0.25), light.lit("#a9cf86", 0.35), light.lit("#dff0b4", 0.3)))
    glow(canvas, (stage.width * (0.5 + light.side * 0.12), h * 0.62), u * 0.8, mix(light.glow, light.sky[2], 0.3), 0.75)
    for layer, (color, far, every, wide) in enumerate(
        (("#6d9a68", 0.55, 0.09, 0.016), ("#4a7a4c", 0.3, 0.15, 0.028), ("#38553a", 0.08, 0.3, 0.05))
    ):
        tone = light.lit(color, far)
        for x, own in stage.spots("trunk", layer, every=u * every):
            half = u * wide * own.uniform(0.5, 0.9)
            foot = h + u * (0.004 + 0.03 * layer) * own.uniform(0.5, 1.2)
            trunk = polygon(
                [
                    (x - half * 0.7, -2),
                    (x + half * 0.7, -2),
                    (x + half, foot),
                    (x + half * 1.5, foot + half * 0.5),
                    (x - half * 1.5, foot + half * 0.5),
                    (x - half, foot),
                ]
            )
            bark = mix(tone, light.lit("#4a3524"), 0.18 + 0.2 * layer)
            canvas.drawPath(
                trunk,
                ramp(
                    (x - half, 0),
                    (x + half, 0),
                    [
                        (0, mix(bark, (1, 1, 0.8), 0.18 if light.side < 0 else 0), 1),
                        (1, mix(bark, (1, 1, 0.8), 0.18 if light.side > 0 else 0), 1),
                    ],
                ),
            )
        for x, own in stage.spots("crown", layer, every=u * 0.11):
            r = u * own.uniform(0.07, 0.14)
            canvas.drawCircle(
                x,
                h * own.uniform(-0.05, 0.24 - 0.05 * layer),
                r,
                fill(mix(tone, light.lit("#8fc95a"), 0.25 * own.random()), 0.8),
            )
    rays(
        canvas,
        stage,
        (stage.width * (0.5 + light.side * 0.3), -u * 0.12),
        (mix(light.glow, (1, 1, 0.8), 0.4), 0.3 if not light.dark else 0.14),
    )
    ground(canvas, stage, light.lit("#a3bf6a", 0.12), light.lit("#5f8a40"), light.lit("#2d4d26"))
    swells(canvas, stage, light.lit("#bcd67a"), light.lit("#2f4a24"))


def forest_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Ferns and fallen leaves."""
    grass(canvas, stage, ("#4f8a3c", "#2f6430", "#7fae4a"), 0.8)
    own = stage.rng("leaves")
    for _ in range(int(60 * stage.width / stage.unit)):
        near = own.random() ** 0.7
        x, y = own.uniform(0, stage.width), stage.horizon + (stage.height - stage.horizon) * (0.12 + 0.88 * near)
        r = stage.unit * 0.006 * (0.3 + near)
        canvas.drawOval(
            skia.Rect.MakeXYWH(x, y, r * 2.2, r),
            fill(stage.light.lit(own.choice(("#b5793a", "#8f5a2c", "#c9a04a", "#6f7f3a"))), 0.8),
        )


def snow(canvas: skia.Canvas, stage: Stage) -> None:
    """White hills and pines under snow."""
    sky(canvas, stage, clouds=0.4)
    light, u, h = stage.light, stage.unit, stage.horizon
    for name, lift, far in (("a", 0.2, 0.7), ("b", 0.12, 0.4)):
        tone = light.lit("#e3ecf7", far)
        canvas.drawPath(
            ridge(stage, name, (h + u * 0.02, u * lift), u * 1.0),
            down(h - u * lift, h + u * 0.05, tone, mix(tone, light.sky[0], 0.22)),
        )
    for x, own in stage.spots("pine", every=u * 0.1):
        if own.random() < 0.62:
            pine(canvas, (x, h + u * own.uniform(0.005, 0.03)), u * own.uniform(0.11, 0.24), (light.lit("#3f6a62", 0.18), 0.92))
    ground(canvas, stage, light.lit("#dfe9f5"), light.lit("#f6f9fd"), light.lit("#d3dfee"))
    swells(canvas, stage, light.lit("#ffffff"), light.lit("#a9bfdb"))


def snow_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Glints and small drifts."""
    own = stage.rng("glints")
    for _ in range(int(150 * stage.width / stage.unit)):
        near = own.random() ** 0.6
        x, y = own.uniform(0, stage.width), stage.horizon + (stage.height - stage.horizon) * (0.1 + 0.9 * near)
        r = stage.unit * 0.0016 * (0.4 + near)
        canvas.drawCircle(x, y, r, fill((1, 1, 1) if own.random() < 0.7 else mix(stage.light.sky[0], (1, 1, 1), 0.4), 0.9))


def desert(canvas: skia.Canvas, stage: Stage) -> None:
    """Dunes with a lit and a shaded face."""
    sky(canvas, stage, clouds=0.16)
    light, u, h = stage.light, stage.unit, stage.horizon
    canvas.drawRect(
        rect(0, h, stage.width, stage.height - h + 2), down(h, stage.height, light.lit("#edc07a", 0.3), light.lit("#d99a50"))
    )
    deep = stage.height - h
    for i in range(6):
        near = i / 5
        y = h + deep * (0.0 + 0.62 * near**1.3)
        tone = light.lit(("#f0c98a", "#e8b671", "#e3a960")[i % 3], 0.5 * (1 - near))
        crest = ridge(stage, f"dune{i}", (y, u * (0.10 + 0.05 * near)), u * (0.75 + 0.5 * near))
        canvas.drawPath(
            crest, down(y - u * 0.14, y + deep * 0.4, mix(tone, (1, 0.96, 0.85), 0.22), mix(tone, light.lit("#a8632c"), 0.55))
        )
        lee = skia.Path(crest)
        lee.offset(-light.side * u * 0.1, u * 0.035)
        canvas.save()
        canvas.clipPath(crest, True)
        canvas.drawPath(lee, fill(mix(tone, light.lit("#9a5526"), 0.4), 0.45, u * 0.012))
        canvas.restore()


def desert_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Wind ripples."""
    u, top = stage.unit, stage.horizon + (stage.height - stage.horizon) * 0.45
    canvas.drawRect(
        rect(0, top, stage.width, stage.height - top), texture("cloud", (u / 700, u / 5200), stage.light.lit("#7a4a1e"), 0.2)
    )


def open_sky(canvas: skia.Canvas, stage: Stage) -> None:
    """Nothing but sky and towering clouds."""
    sky(canvas, stage, clouds=0.2)
    u = stage.unit
    for x, own in stage.spots("tower", every=u * 0.42):
        y = stage.height * (0.97 - 0.14 * own.random())
        for k in range(3):
            cloud(canvas, stage, (x + own.uniform(-0.12, 0.12) * u, y - k * u * 0.07), u * (0.42 - 0.09 * k))
    for x, own in stage.spots("wisp", every=u * 0.6):
        cloud(canvas, stage, (x, stage.height * own.uniform(0.1, 0.75)), u * own.uniform(0.1, 0.2))
