"""Sky: gradient, sun or moon, stars and clouds, and the weather that falls in front of everything."""

import math

import skia

from cavendish.engines.comp.painting.brush import Stage, down, fill, glow, ink, ramp, rect, stroke, texture
from cavendish.engines.comp.painting.light import Rgb, mix


def sky(canvas: skia.Canvas, stage: Stage, *, clouds: float = 0.5, disc: bool = True) -> None:
    """Fill everything with sky down to the horizon's colour."""
    light = stage.light
    zenith, middle, low = light.sky
    if stage.color is not None:
        zenith, middle, low = (mix(c, stage.color, 0.75) for c in light.sky)
    foot = max(stage.horizon, stage.height * 0.3)
    canvas.drawPaint(ramp((0, 0), (0, foot), [(0, zenith, 1), (0.55, middle, 1), (1, low, 1)]))
    if light.dark:
        stars(canvas, stage, foot, 1.0 if light.height > 0.5 else 0.35)
    if disc and stage.disc:
        sun(canvas, stage)
    if clouds > 0:
        cloud_field(canvas, stage, clouds)


def sun(canvas: skia.Canvas, stage: Stage) -> None:
    """Hang the sun or the moon on the light's side."""
    light = stage.light
    x = stage.width * (0.5 + light.side * 0.29)
    y = stage.horizon * (1 - light.height)
    unit = stage.unit
    if stage.graphic:  # flat art: one disc
        canvas.drawCircle(x, y, unit * (0.05 if light.dark else 0.085), fill(mix(light.glow, (1, 1, 0.9), 0.3)))
        return
    glow(canvas, (x, y), unit * 0.75, light.glow, 0.55 if not light.dark else 0.28)
    if light.dark and light.height > 0.5:
        radius = unit * 0.048
        glow(canvas, (x, y), radius * 3.2, light.glow, 0.5)
        canvas.drawCircle(x, y, radius, fill((0.94, 0.95, 0.99)))
        for dx, dy, r in ((-0.3, -0.2, 0.26), (0.28, 0.25, 0.2), (0.2, -0.42, 0.14), (-0.25, 0.4, 0.12)):
            canvas.drawCircle(x + dx * radius, y + dy * radius, r * radius, fill((0.78, 0.81, 0.9), 0.7))
    elif light.height < 0.5 and not light.dark:
        radius = unit * 0.085
        canvas.drawCircle(x, y, radius * 1.06, fill(mix(light.glow, (1, 1, 1), 0.35), 0.6, radius * 0.12))
        canvas.drawCircle(x, y, radius, fill(mix(light.glow, (1, 1, 0.94), 0.6)))
    else:
        glow(canvas, (x, y), unit * 0.16, (1, 1, 0.97), 0.85)


def stars(canvas: skia.Canvas, stage: Stage, foot: float, share: float) -> None:
    """Scatter stars above `foot`, denser high up, a few bright with a halo."""
    own = stage.rng("stars")
    count = int(min(900, 90 + 260 * stage.width * foot / stage.unit**2) * share)
    for _ in range(count):
        x, y = own.uniform(0, stage.width), foot * own.random() ** 1.35
        size = stage.unit * 0.0011 * (0.6 + own.random() ** 5 * 2.6)
        tone = mix((0.75, 0.83, 1.0), (1.0, 0.95, 0.85), own.random())
        canvas.drawCircle(x, y, size, fill(tone, own.uniform(0.45, 1.0) * (1 - 0.7 * y / foot)))
        if own.random() < 0.025:
            glow(canvas, (x, y), size * 7, tone, 0.35)


def cloud_field(canvas: skia.Canvas, stage: Stage, amount: float) -> None:
    """Put clouds in the sky, smaller and flatter towards the horizon."""
    for x, own in stage.spots("cloud", every=stage.unit * 0.62, low=0.3):
        if own.random() > amount + 0.25:
            continue
        level = own.uniform(0.2, 0.84)
        size = stage.unit * (0.33 - 0.2 * level) * own.uniform(0.75, 1.3)
        if abs(x - stage.width * (0.5 + stage.light.side * 0.29)) < size * 1.15:  # the sun and the moon stay clear
            continue
        cloud(canvas, stage, (x, stage.horizon * level), size)
    if stage.horizon > stage.unit * 1.4:  # a tall sky would be empty
        for i in range(int(stage.horizon / stage.unit)):
            own = stage.rng("tall", i)
            at = own.uniform(0.1, 0.9) * stage.width, (i + own.random()) * stage.unit
            if own.random() < amount + 0.2 and at[1] < stage.horizon * 0.85:
                cloud(canvas, stage, at, stage.unit * own.uniform(0.2, 0.42))


def cloud(canvas: skia.Canvas, stage: Stage, at: tuple[float, float], size: float) -> None:
    """Build one cumulus of soft puffs: lit above, shaded below, flat at the foot."""
    own = stage.rng("puffs", round(at[0]), round(at[1]))
    light = stage.light
    shade = mix(light.cloud, light.sky[1], 0.55)
    puffs = []
    for i in range(13):
        place = max(-1.0, min(1.0, i / 6 - 1 + own.uniform(-0.12, 0.12)))
        puffs.append((place, size * (0.30 * (1 - place * place) + 0.11) * own.uniform(0.72, 1.15), own.uniform(0.15, 0.95)))
    for lift, tone, alpha in ((0.055, shade, 0.8), (0.0, mix(shade, light.cloud, 0.6), 0.75), (-0.055, light.cloud, 0.85)):
        for place, radius, rise in puffs:
            y = at[1] - radius * (0.25 + rise * 0.55) + lift * size
            glow_puff(canvas, (at[0] + place * size * 0.86, y), radius, (tone, alpha))


def glow_puff(canvas: skia.Canvas, at: tuple[float, float], radius: float, look: tuple[Rgb, float]) -> None:
    """Lay one soft-edged ball, a little wider than high."""
    color, alpha = look
    shader = skia.GradientShader.MakeRadial(
        at, max(radius, 1.0), [ink(color, alpha), ink(color, alpha * 0.82), ink(color, 0)], [0.0, 0.72, 1.0]
    )
    canvas.save()
    canvas.translate(at[0], at[1])
    canvas.scale(1.1, 0.92)
    canvas.translate(-at[0], -at[1])
    canvas.drawCircle(at[0], at[1], radius, skia.Paint(Shader=shader, AntiAlias=True))
    canvas.restore()


def overcast(canvas: skia.Canvas, stage: Stage, weather: str) -> None:
    """Close the sky with a rolling ceiling when the weather asks for it."""
    if weather not in ("cloudy", "rain", "storm", "snow"):
        return
    light = stage.light
    dark = mix(light.sky[0], (0.12, 0.13, 0.17), 0.55 if weather == "storm" else 0.2)
    deep = stage.horizon * 0.95
    canvas.drawRect(
        rect(0, 0, stage.width, deep),
        ramp((0, 0), (0, deep), [(0, dark, 0.75), (0.6, light.sky[1], 0.3), (1, light.sky[2], 0)]),
    )
    scale = stage.unit / 512 * 1.4
    veil = texture("cloud", (scale * 1.6, scale * 0.6), mix(light.cloud, dark, 0.75 if weather == "storm" else 0.3), 0.75)
    canvas.saveLayer(rect(0, 0, stage.width, deep), skia.Paint())
    canvas.drawRect(rect(0, 0, stage.width, deep), veil)
    mask = ramp((0, 0), (0, deep), [(0, (0, 0, 0), 1), (0.55, (0, 0, 0), 0.8), (1, (0, 0, 0), 0)])
    mask.setBlendMode(skia.BlendMode.kDstIn)
    canvas.drawRect(rect(0, 0, stage.width, deep), mask)
    canvas.restore()


def falling(canvas: skia.Canvas, stage: Stage, weather: str) -> None:
    """Draw what falls or hangs in front of the subjects: rain, snow, fog, lightning."""
    if weather in ("rain", "storm"):
        _rain(canvas, stage, 1.5 if weather == "storm" else 1.0)
    if weather == "storm":
        _lightning(canvas, stage)
    if weather == "snow":
        _snow(canvas, stage)
    if weather == "fog":
        tone = mix(stage.light.sky[2], (0.9, 0.92, 0.94), 0.4)
        top = stage.horizon - stage.height * 0.3
        canvas.drawRect(
            rect(0, 0, stage.width, stage.height),
            ramp((0, top), (0, stage.height), [(0, tone, 0.05), (0.35, tone, 0.42), (1, tone, 0.12)]),
        )


def _rain(canvas: skia.Canvas, stage: Stage, strength: float) -> None:
    own = stage.rng("rain")
    unit = stage.unit
    area = stage.width * stage.height / unit**2
    tone = mix(stage.light.sky[2], (1, 1, 1), 0.6)
    for depth in (0, 1, 2):
        paint = stroke(tone, unit * (0.0011 + 0.0009 * depth), 0.22 + 0.09 * depth)
        drops = skia.PathBuilder()
        for _ in range(int(110 * strength * area / (1 + depth))):
            x, y = own.uniform(-0.05, 1.05) * stage.width, own.uniform(-0.05, 1) * stage.height
            length = unit * (0.022 + 0.02 * depth) * own.uniform(0.7, 1.3)
            drops.moveTo(x, y)
            drops.lineTo(x - length * 0.22, y + length)
        canvas.drawPath(drops.detach(), paint)


def _snow(canvas: skia.Canvas, stage: Stage) -> None:
    own = stage.rng("flakes")
    area = stage.width * stage.height / stage.unit**2
    for i in range(int(min(1400, 240 * area))):
        size = stage.unit * (0.0016 + 0.0065 * own.random() ** 3)
        soft = size * 0.4 if i % 3 == 0 else 0
        canvas.drawCircle(
            own.random() * stage.width, own.random() * stage.height, size, fill((1, 1, 1), own.uniform(0.5, 0.95), soft)
        )


def _lightning(canvas: skia.Canvas, stage: Stage) -> None:
    own = stage.rng("bolt")
    x, y = stage.width * own.uniform(0.15, 0.85), 0.0
    points = [(x, y)]
    while y < stage.horizon * 0.92:
        x, y = x + stage.unit * own.uniform(-0.06, 0.06), y + stage.unit * own.uniform(0.03, 0.075)
        points.append((x, min(y, stage.horizon)))
    bolt = skia.Path.Polygon([skia.Point(*p) for p in points], False)
    for width, alpha in ((0.03, 0.12), (0.012, 0.3), (0.0035, 1.0)):
        canvas.drawPath(bolt, stroke((0.92, 0.94, 1.0), stage.unit * width, alpha))


def rays(canvas: skia.Canvas, stage: Stage, source: tuple[float, float], look: tuple[Rgb, float]) -> None:
    """Fan soft beams of light downwards from a point."""
    own = stage.rng("rays")
    color, alpha = look
    reach = math.hypot(stage.width, stage.height) * 1.1
    for i in range(9):
        angle = math.pi / 2 + (i - 4) * 0.17 + own.uniform(-0.06, 0.06)
        half = own.uniform(0.02, 0.05)
        ends = [
            (source[0] + reach * math.cos(angle + s * half), source[1] + reach * math.sin(angle + s * half)) for s in (-1, 1)
        ]
        beam = skia.Path.Polygon([skia.Point(*source), skia.Point(*ends[0]), skia.Point(*ends[1])], True)
        strength = alpha * own.uniform(0.4, 1.0)
        shader = skia.GradientShader.MakeRadial(source, reach * 0.75, [ink(color, strength), ink(color, 0)])
        canvas.drawPath(
            beam,
            skia.Paint(
                Shader=shader, AntiAlias=True, MaskFilter=skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, stage.unit * 0.012)
            ),
        )


def ground(canvas: skia.Canvas, stage: Stage, *colors: Rgb) -> None:
    """Fill the ground from the horizon to the bottom with an even gradient."""
    canvas.drawRect(
        rect(0, stage.horizon, stage.width, stage.height - stage.horizon + 2), down(stage.horizon, stage.height, *colors)
    )
