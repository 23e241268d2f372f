"""Settings without a ground to stand on: space and underwater."""

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
