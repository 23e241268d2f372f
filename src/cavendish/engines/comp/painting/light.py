"""Light: what the hour and the weather do to colours, shadows and skies. Numbers only; nothing is drawn here."""

import colorsys
import random
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from cavendish.engines.comp.scene import Scene

Rgb = tuple[float, float, float]  # sRGB, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One key light. `side` is where it comes from: -1 left, 1 right. Colours are sRGB 0..1."""

    sky: tuple[Rgb, Rgb, Rgb]  # zenith, middle, horizon
    land: Rgb  # multiplies the colours of land and buildings
    subject: Rgb  # multiplies subjects, gentler than land
    glow: Rgb  # sun, moon or lamp
    shade: Rgb  # colour of shadows
    shadow: float  # opacity of a contact shadow, 0..1
    reach: float  # length of a cast shadow, in heights of the subject
    height: float  # of the sun or moon over the horizon, share of the sky
    cloud: Rgb
    side: int = -1
    dark: bool = False  # stars are out and lamps are lit
    haze: float = 0.35  # how fast far things take the sky's colour

    def lit(self, color: str | Rgb, far: float = 0.0) -> Rgb:
        """Return a land colour in this light, `far` 0..1 away."""
        base = rgb(color) if isinstance(color, str) else color
        toned = (base[0] * self.land[0], base[1] * self.land[1], base[2] * self.land[2])
        return mix(toned, self.sky[2], min(1.0, far * (0.4 + self.haze)))


def rgb(color: str) -> Rgb:
    """Read "#rrggbb" (or "#rgb")."""
    digits = color.lstrip("#")
    if len(digits) == 3:
        digits = "".join(c * 2 for c in digits)
    return int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """Return a when share is 0, b when it is 1."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def luma(color: Rgb) -> float:
    """Return the Rec. 709 luma, 0..1."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


def turned(color: Rgb, *, hue: float = 0.0, lightness: float = 1.0, saturation: float = 1.0) -> Rgb:
    """Shift the hue (turns), scale lightness and saturation."""
    h, l_, s = colorsys.rgb_to_hls(*color)
    return colorsys.hls_to_rgb((h + hue) % 1.0, min(1.0, l_ * lightness), min(1.0, s * saturation))


def rng(seed: int, *names: object) -> random.Random:
    """Return a generator that depends on the seed and these names only, the same in every process."""
    word = "/".join(str(n) for n in (seed, *names)).encode()
    return random.Random(zlib.crc32(word) | zlib.adler32(word) << 32)


def light_of(scene: Scene, seed: int) -> Light:
    """Return the light of a scene: its hour, dimmed and greyed by its weather."""
    hour = _hours()[scene.time]
    side = -1 if rng(seed, "light").random() < 0.5 else 1
    light = replace(hour, side=side)
    gray = {"cloudy": 0.45, "rain": 0.7, "snow": 0.5, "fog": 0.75, "storm": 0.85}.get(scene.weather, 0.0)
    if not gray:
        return light
    level = {"storm": 0.5, "rain": 0.72, "cloudy": 0.92, "fog": 1.0, "snow": 1.0}[scene.weather]
    sky = tuple(_overcast(c, gray, level) for c in light.sky)
    cloud = _overcast(light.cloud, gray, level * 0.95)
    land = mix(light.land, (luma(light.land),) * 3, gray * 0.4)
    return replace(
        light,
        sky=(sky[0], sky[1], sky[2]),
        cloud=cloud,
        land=(land[0] * level, land[1] * level, land[2] * level),
        shadow=light.shadow * (1 - gray * 0.55),
        reach=light.reach * (1 - gray * 0.6),
        haze=min(1.2, light.haze + (1.0 if scene.weather == "fog" else gray * 0.4)),
    )


def _overcast(color: Rgb, gray: float, level: float) -> Rgb:
    flat = luma(color)
    toned = mix(color, (flat * 0.97, flat, flat * 1.03), gray)
    return toned[0] * level, toned[1] * level, toned[2] * level


@lru_cache(maxsize=1)
def _hours() -> dict[str, Light]:
    raw = loads(files("cavendish.engines.comp.painting").joinpath("hours.toml").read_text(encoding="utf-8"))
    return {name: _read(facts) for name, facts in raw.items()}


def _read(facts: dict[str, Any]) -> Light:
    sky = tuple(rgb(c) for c in facts["sky"])
    colors = {k: rgb(facts[k]) for k in ("land", "subject", "glow", "shade", "cloud")}
    numbers = {k: facts[k] for k in ("shadow", "reach", "height", "dark", "haze")}
    return Light(**{"sky": (sky[0], sky[1], sky[2]), **colors, **numbers})
