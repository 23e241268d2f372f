"""Settings beyond the air: space, the ground of a moon, underwater."""

import math

import skia

from cavendish.engines.comp.painting.brush import Stage, down, fill, glow, ink, rect, ridge, stroke, texture
from cavendish.engines.comp.painting.light import mix, rgb
from cavendish.engines.comp.painting.sky import rays, stars

_NEBULAE = (("#5b2a86", "#c2417c", "#2f6fd0"), ("#12566b", "#2fb3a0", "#5a3fb0"), ("#7a2f4f", "#e07a3f", "#3a4fae"))


def space(canvas: skia.Canvas, stage: Stage) -> None:
    """Stars, a nebula and the limb of a planet."""
    own, u = stage.rng("space"), stage.unit
    base = stage.color or rgb("#070a1c")
    canvas.drawPaint(down(0, stage.height, mix(base, (0, 0, 0), 0.35), base, mix(base, (0.14, 0.06, 0.24), 0.5)))
    colors = _NEBULAE[own.randrange(len(_NEBULAE))]
    slope = own.uniform(-0.5, 0.5)
    for i in range(16):
        t = i / 15
        x = stage.width * t + own.gauss(0, 0.07) * u
        y = stage.height * (0.45 + slope * (t - 0.5)) + own.gauss(0, 0.13) * u
        glow(canvas, (x, y), u * own.uniform(0.22, 0.5), rgb(colors[i % 3]), own.uniform(0.12, 0.3))
    stage_veil = texture("cloud", (u / 400, u / 400), rgb("#04050f"), 0.42)
    canvas.drawPaint(stage_veil)
    stars(canvas, stage, stage.height * 1.5, 1.4)
    _planet(canvas, stage)


def _planet(canvas: skia.Canvas, stage: Stage) -> None:
    own, u = stage.rng("planet"), stage.unit
    radius = u * own.uniform(0.5, 0.8)
    side = -stage.light.side
    x, y = stage.width * (0.5 + 0.46 * side), stage.height + radius * 0.52
    tone = rgb(own.choice(("#3f6fb5", "#b5623f", "#4f8f7a", "#8a6fb8")))
    glow(canvas, (x, y), radius * 1.22, mix(tone, (1, 1, 1), 0.4), 0.5)
    lit = (x - side * radius * 0.45, y - radius * 0.6)
    shader = skia.GradientShader.MakeRadial(
        lit, radius * 1.5, [ink(mix(tone, (1, 1, 1), 0.45)), ink(tone), ink(mix(tone, (0, 0, 0), 0.85))], [0, 0.45, 1]
    )
    canvas.drawCircle(x, y, radius, skia.Paint(Shader=shader, AntiAlias=True, Dither=True))
    canvas.save()
    canvas.clipPath(skia.Path.Circle(x, y, radius), True)
    canvas.drawPaint(texture("cloud", (u / 300, u / 900), (1, 1, 1), 0.16))
    canvas.restore()
    canvas.drawCircle(x, y, radius, stroke(mix(tone, (1, 1, 1), 0.65), u * 0.003, 0.7))


def moon(canvas: skia.Canvas, stage: Stage) -> None:
    """The ground of a moon or of another planet: hills and craters under a black sky, or a dusty one where it is coloured."""
    own, u, h, w = stage.rng("moon"), stage.unit, stage.horizon, stage.width
    dusty = stage.ground is not None
    base = stage.ground or rgb("#a9aab2")
    if dusty:
        canvas.drawPaint(down(0, h, mix(base, (0.2, 0.1, 0.1), 0.45), mix(base, (1, 0.86, 0.7), 0.62)))
        glow(canvas, (w * (0.5 + 0.3 * stage.light.side), h * 0.3), u * 0.3, (1, 0.97, 0.9), 0.9)
    else:
        canvas.drawPaint(down(0, h, rgb("#05060f"), rgb("#10142a")))
        stars(canvas, stage, h, 1.0)
        _earth(canvas, stage)
    for name, lift, dark in (("far", 0.16, 0.5), ("near", 0.08, 0.28)):
        canvas.drawPath(ridge(stage, name, (h + u * 0.02, u * lift), u * 0.8, 0.25), fill(mix(base, (0.06, 0.06, 0.09), dark)))
    canvas.drawRect(rect(0, h, w, stage.height - h + 2), down(h, stage.height, mix(base, (0.06, 0.06, 0.09), 0.22), base,
                                                              mix(base, (0.06, 0.06, 0.09), 0.34)))
    for _ in range(int(26 * w / u)):
        near = own.random()
        y = h + (stage.height - h) * (0.06 + 0.9 * near)
        _crater(canvas, stage, (own.random() * w, y, u * own.uniform(0.015, 0.07) * (0.25 + near)), base)
    canvas.drawRect(rect(0, h, w, stage.height - h), texture("cloud", (u / 420, u / 1100), mix(base, (0, 0, 0), 0.6), 0.22))


def _crater(canvas: skia.Canvas, stage: Stage, at: tuple[float, float, float], base: tuple[float, float, float]) -> None:
    x, y, r = at
    flat, side = r * 0.34, -stage.light.side
    canvas.drawOval(rect(x - r * 1.12, y - flat * 1.2, r * 2.24, flat * 2.4), fill(mix(base, (1, 1, 1), 0.34), 0.8))
    canvas.drawOval(rect(x - r, y - flat, r * 2, flat * 2), fill(mix(base, (0.05, 0.05, 0.08), 0.42)))
    floor = rect(x - r * 0.86 + side * r * 0.14, y - flat * 0.62, r * 1.72, flat * 1.5)
    canvas.drawOval(floor, fill(mix(base, (0.05, 0.05, 0.08), 0.16)))


def _earth(canvas: skia.Canvas, stage: Stage) -> None:
    u, side = stage.unit, stage.light.side
    x, y, r = stage.width * (0.5 + 0.32 * side), stage.horizon * 0.3, u * 0.10
    glow(canvas, (x, y), r * 1.7, (0.55, 0.75, 1.0), 0.4)
    shader = skia.GradientShader.MakeRadial((x + side * r * 0.4, y - r * 0.4), r * 1.6,
                                            [ink(rgb("#8fd0ff")), ink(rgb("#2f74c8")), ink(rgb("#04102c"))], [0, 0.45, 1])
    canvas.drawCircle(x, y, r, skia.Paint(Shader=shader, AntiAlias=True))
    canvas.save()
    canvas.clipPath(skia.Path.Circle(x, y, r), True)
    for dx, dy, wide, tall in ((-0.5, -0.5, 0.9, 0.6), (0.1, 0.05, 0.8, 0.7), (-0.7, 0.4, 0.6, 0.3)):
        canvas.drawOval(rect(x + dx * r, y + dy * r, wide * r, tall * r), fill(rgb("#5f9a52"), 0.75, r * 0.06))
    canvas.drawPaint(texture("cloud", (u / 1500, u / 2600), (1, 1, 1), 0.35))
    canvas.restore()


def underwater(canvas: skia.Canvas, stage: Stage) -> None:
    """Light from above, rays, a sandy bed with weeds and coral."""
    light, u, h = stage.light, stage.unit, stage.height
    top, middle, deep = (light.lit(c) for c in ("#7fe0ea", "#1f97bd", "#0a3f6b"))
    if stage.color is not None:
        top, middle, deep = mix(stage.color, (1, 1, 1), 0.4), stage.color, mix(stage.color, (0, 0, 0), 0.6)
    canvas.drawPaint(down(0, h, top, middle, deep))
    glow(canvas, (stage.width * (0.5 + 0.2 * light.side), -u * 0.1), u * 0.95, mix(top, (1, 1, 1), 0.7), 0.8)
    _surface(canvas, stage)
    rays(canvas, stage, (stage.width * (0.5 + 0.2 * light.side), -u * 0.5), (mix(top, (1, 1, 1), 0.6), 0.42))
    for i, (lift, far) in enumerate(((0.22, 0.62), (0.12, 0.3))):
        tone = mix(light.lit("#2f6f86"), middle, far)
        canvas.drawPath(ridge(stage, f"bed{i}", (h * 0.9, u * lift), u * 0.7), down(h * 0.75, h, tone, mix(tone, deep, 0.5)))
    sand = mix(light.lit("#d9c48f"), middle, 0.38)
    bed = ridge(stage, "sand", (h * 0.945, u * 0.03), u * 0.9)
    canvas.drawPath(bed, down(h * 0.88, h, mix(sand, (1, 1, 1), 0.18), mix(sand, deep, 0.35)))


def _surface(canvas: skia.Canvas, stage: Stage) -> None:
    own, u = stage.rng("ripples"), stage.unit
    for _ in range(int(46 * stage.width / u)):
        t = own.random() ** 2
        x, y = own.uniform(-0.1, 1.05) * stage.width, t * u * 0.13
        wide = u * own.uniform(0.05, 0.16) * (1 - 0.5 * t)
        canvas.drawOval(rect(x, y, wide, u * 0.006), fill((1, 1, 1), 0.28 * (1 - t), u * 0.002))


def underwater_near(canvas: skia.Canvas, stage: Stage) -> None:
    """Weeds, coral and bubbles."""
    u, h, light = stage.unit, stage.height, stage.light
    for x, own in stage.spots("weed", every=u * 0.075):
        if abs(x / stage.width - 0.5) < 0.17 or own.random() < 0.4:
            continue
        tall = u * own.uniform(0.07, 0.2)
        color = light.lit(own.choice(("#2f8f5a", "#1f7a6a", "#5aa84a")))
        if own.random() < 0.3:
            _coral(canvas, (x, h * 0.97), tall * 0.55, light.lit(own.choice(("#ff7f6a", "#ff9ecb", "#ffb35c", "#b07fe0"))))
            continue
        blade = skia.PathBuilder()
        blade.moveTo(x, h * 0.985)
        for k in range(1, 5):
            sway = tall * 0.11 * (1 if k % 2 else -1)
            blade.quadTo(x + sway, h * 0.985 - tall * (k - 0.5) / 4, x, h * 0.985 - tall * k / 4)
        canvas.drawPath(blade.detach(), stroke(color, u * 0.009, 0.92))
    bubbles = stage.rng("bubbles")
    for _ in range(int(26 * max(1.0, stage.width / u))):
        x, y, r = bubbles.random() * stage.width, bubbles.random() * h, u * bubbles.uniform(0.003, 0.011)
        canvas.drawCircle(x, y, r, fill((1, 1, 1), 0.13))
        canvas.drawCircle(x, y, r, stroke((1, 1, 1), max(0.6, r * 0.16), 0.55))
        canvas.drawCircle(x - r * 0.35, y - r * 0.35, r * 0.22, fill((1, 1, 1), 0.85))


def _coral(canvas: skia.Canvas, foot: tuple[float, float], tall: float, color: tuple[float, float, float]) -> None:
    for k in range(7):
        angle = -math.pi / 2 + (k - 3) * 0.32
        tip = foot[0] + math.cos(angle) * tall, foot[1] + math.sin(angle) * tall
        canvas.drawLine(foot[0], foot[1], tip[0], tip[1], stroke(mix(color, (1, 1, 1), 0.06 * k), tall * 0.15))
        canvas.drawCircle(tip[0], tip[1], tall * 0.11, fill(mix(color, (1, 1, 1), 0.25)))
