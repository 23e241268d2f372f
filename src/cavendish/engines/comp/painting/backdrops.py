"""Backdrops: which function draws which setting, how it is composed, and the same settings seen from above."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads

import skia

from cavendish.engines.comp.painting import backdrops_built as built
from cavendish.engines.comp.painting import backdrops_deep as deep
from cavendish.engines.comp.painting import backdrops_nature as nature
from cavendish.engines.comp.painting.brush import Stage, fill, glow, stroke, texture
from cavendish.engines.comp.painting.light import mix, rgb
from cavendish.engines.comp.painting.sky import overcast
from cavendish.engines.comp.scene import Scene

Draw = Callable[[skia.Canvas, Stage], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a setting is composed: fractions of the height, `soft` of the short side, `shore` of the ground."""

    horizon: float
    front: float
    soft: float
    floats: bool
    shore: float


FAR: dict[str, Draw] = {
    "studio": built.studio,
    "plain": built.plain,
    "meadow": nature.meadow,
    "beach": nature.beach,
    "sea": nature.sea,
    "mountains": nature.mountains,
    "forest": nature.forest,
    "city": built.city,
    "street": built.street,
    "room": built.room,
    "desk": built.desk,
    "kitchen": built.kitchen,
    "snow": nature.snow,
    "desert": nature.desert,
    "space": deep.space,
    "moon": deep.moon,
    "underwater": deep.underwater,
    "sky": nature.open_sky,
}
NEAR: dict[str, Draw] = {
    "meadow": nature.meadow_near,
    "beach": nature.beach_near,
    "forest": nature.forest_near,
    "snow": nature.snow_near,
    "desert": nature.desert_near,
    "desk": built.surface_near,
    "kitchen": built.counter_near,
    "underwater": deep.underwater_near,
}
OUTDOORS = frozenset({"meadow", "beach", "sea", "mountains", "forest", "city", "street", "snow", "desert", "sky"})
_FROM_ABOVE = {
    "meadow": "#6fae45",
    "beach": "#e6cd9a",
    "sea": "#1f86a8",
    "mountains": "#7d8a6a",
    "forest": "#4f7a38",
    "city": "#8b9098",
    "street": "#6a6d74",
    "room": "#b98a5a",
    "desk": "#b98350",
    "kitchen": "#d5d2cb",
    "snow": "#eef3f9",
    "desert": "#dfa861",
    "moon": "#a9aab2",
    "plain": "#f1efec",
    "studio": "#ddd8d1",
}
_GRAIN = {"desk": ("wood", 180, 900), "room": ("wood", 180, 900), "meadow": ("paper", 380, 380), "forest": ("paper", 300, 300)}


@lru_cache(maxsize=1)
def settings() -> dict[str, Setting]:
    """Return how every setting is composed."""
    raw = loads(files("cavendish.engines.comp.painting").joinpath("settings.toml").read_text(encoding="utf-8"))
    return {name: Setting(**facts) for name, facts in raw.items()}


def far(canvas: skia.Canvas, stage: Stage, scene: Scene) -> None:
    """Draw everything behind the subjects that may be out of focus."""
    if scene.framing == "top_down" and scene.setting in _FROM_ABOVE:
        above(canvas, stage, scene.setting)
        return
    FAR[scene.setting](canvas, stage)
    if scene.surface and scene.setting in ("studio", "plain"):
        if scene.background and stage.weave:
            built.wall_of(canvas, stage)
        built.surface(canvas, stage, ("#c08b58", "#8a5a30"))
    if scene.setting in OUTDOORS:
        overcast(canvas, stage, scene.weather)


def near(canvas: skia.Canvas, stage: Stage, scene: Scene) -> None:
    """Draw the crisp details of the ground around the subjects."""
    if scene.framing == "top_down":
        return
    draw = built.surface_near if scene.surface and scene.setting in ("studio", "plain") else NEAR.get(scene.setting)
    if draw is not None:
        draw(canvas, stage)


def above(canvas: skia.Canvas, stage: Stage, setting: str) -> None:
    """Draw the setting's surface as seen from straight above."""
    light, u = stage.light, stage.unit
    base = light.lit(stage.ground or stage.color or rgb(_FROM_ABOVE[setting]))
    canvas.drawPaint(fill(base))
    kind, x, y = _GRAIN.get(setting, ("cloud", 420, 420))
    if stage.weave:
        canvas.drawPaint(built.grained(stage, stage.weave))
    canvas.drawPaint(
        texture(kind, (u / x, u / y), mix(base, (0, 0, 0), 0.7), 0.2 if setting not in ("plain", "studio") else 0.05)
    )
    if setting in ("city", "street", "kitchen", "room", "desk"):
        step = u * (0.25 if setting in ("city", "street", "kitchen") else 0.17)
        line = stroke(mix(base, (0, 0, 0), 0.5), max(1.0, u * 0.002), 0.35)
        for i in range(int(stage.height / step) + 2):
            canvas.drawLine(0, i * step, stage.width, i * step, line)
    corner = (stage.width * (0.5 + 0.5 * light.side), -u * 0.1)
    glow(canvas, corner, max(stage.width, stage.height) * 0.8, mix(light.glow, (1, 1, 1), 0.4), 0.45)
    shade = stage.width * (0.5 - 0.5 * light.side), stage.height
    glow(canvas, shade, max(stage.width, stage.height) * 0.7, light.shade, 0.22)
