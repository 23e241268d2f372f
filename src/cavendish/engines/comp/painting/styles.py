"""Styles: treatments of a finished raster that make the same scene a watercolour, a pixel picture, a blueprint.

Every treatment takes and returns (h, w, 3) uint8 RGB. What is soft by nature is worked out on a smaller copy and enlarged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cavendish.engines.comp.painting.light import rng
from cavendish.imaging.raster import Array

WORK_PX = 800_000  # pixels of the smaller copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How a style is drawn: finish of the subjects, blur of the distance, kind of shadow, grain, and what comes after."""

    finish: str = "lit"  # lit, flat, clay, bare
    soft: float = 1.0  # times the setting's own blur
    shadow: str = "soft"  # soft, hard, none
    grain: float = 0.0
    vignette: float = 0.0
    family: str = "Inter"  # of headlines
    after: "Callable[[Array, int], Array] | None" = None
    crisp: bool = False  # the distance is drawn at full size
    levels: int = 0  # colours that the distance is reduced to, 0 = all


def small(rgb: Array) -> Array:
    """Return a copy of at most WORK_PX pixels."""
    height, width = rgb.shape[:2]
    k = (WORK_PX / (width * height)) ** 0.5
    if k >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, (max(1, round(width * k)), max(1, round(height * k))), interpolation=cv2.INTER_AREA))


def back(image: Array, rgb: Array) -> Array:
    """Enlarge a worked copy to the size of its original."""
    if image.shape[:2] == rgb.shape[:2]:
        return image
    return np.asarray(cv2.resize(image, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC))


@lru_cache(maxsize=4)
def _field(rows: int, columns: int, seed: int) -> Array:
    """Return smooth noise (256, 256), float32 0..1."""
    source = np.random.default_rng(seed)
    coarse = source.random((rows, columns)).astype(np.float32)
    return np.asarray(np.clip(cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC), 0, 1))


def _noise(shape: tuple[int, int], cells: int, seed: int) -> Array:
    """Return smooth noise of a shape, about `cells` blobs along the short side, float32 0..1."""
    height, width = shape
    k = cells / min(height, width)
    return np.asarray(
        cv2.resize(
            _field(max(2, min(256, round(height * k))), max(2, min(256, round(width * k))), seed),
            (width, height),
            interpolation=cv2.INTER_LINEAR,
        )
    )


@lru_cache(maxsize=2)
def _paper() -> Array:
    source = np.random.default_rng(9)
    fine = cv2.GaussianBlur(source.standard_normal((512, 512)).astype(np.float32), (0, 0), 1.1)
    coarse = cv2.GaussianBlur(source.standard_normal((512, 512)).astype(np.float32), (0, 0), 3.0)
    field = fine / fine.std() + coarse / coarse.std()
    return np.asarray(np.clip(234 + 4.2 * field, 0, 255).astype(np.uint8))


def on_paper(rgb: Array) -> Array:
    """Multiply by the tooth of drawing paper."""
    tile = _paper()
    height, width = rgb.shape[:2]
    grain = np.tile(tile, (height // 512 + 1, width // 512 + 1))[:height, :width]
    return np.asarray(cv2.multiply(rgb, cv2.cvtColor(grain, cv2.COLOR_GRAY2RGB), scale=1 / 236))


def watercolor(rgb: Array, seed: int) -> Array:
    """Wet edges, bleeding outlines, pigment that pools, paper that shows at the borders."""
    work = small(rgb)
    height, width = work.shape[:2]
    unit = min(height, width)
    u, v = (_noise((height, width), 46, seed % 97 + k) - 0.5 for k in (1, 2))
    rows, columns = np.indices((height, width), dtype=np.float32)
    bled = cv2.remap(work, columns + u * unit * 0.009, rows + v * unit * 0.009, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    flat = cv2.bilateralFilter(cv2.medianBlur(bled, 7 if unit > 500 else 5), 7, 40, 5)
    gray = cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY)
    edge = cv2.morphologyEx(gray, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    rim = cv2.GaussianBlur(edge, (0, 0), unit / 700).astype(np.float32) / 255
    pool = _noise((height, width), 9, seed % 89 + 5)
    pale = flat.astype(np.float32) * 0.80 + 255 * 0.20
    washed = 255 - (255 - pale) * (0.84 + 0.32 * pool)[..., None] * (1 + 0.9 * rim)[..., None]
    out = np.clip(washed + (255 - washed) * _bare_border(height, width, seed)[..., None], 0, 255).astype(np.uint8)
    return on_paper(back(out, rgb))


def _bare_border(height: int, width: int, seed: int) -> Array:
    """Return how bare the paper is, 0..1, around an uneven painted area."""
    unit = min(height, width)
    y = np.minimum(np.arange(height), np.arange(height)[::-1])[:, None] / unit
    x = np.minimum(np.arange(width), np.arange(width)[::-1])[None, :] / unit
    wobble = _noise((height, width), 22, seed % 71 + 11)
    inside: Array = np.clip((np.minimum(x, y).astype(np.float32) - 0.004 - 0.030 * wobble) / 0.008, 0, 1)
    return 1 - inside


def pencil(rgb: Array, seed: int) -> Array:
    """Graphite lines by colour dodge and along outlines, hatching in the shade, a breath of colour on white paper."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    unit = min(gray.shape)
    blur = cv2.GaussianBlur(gray, (0, 0), max(1.2, unit / 260))
    lines = cv2.divide(gray, np.maximum(blur, 1), scale=250)
    lines = cv2.LUT(lines, np.clip(((np.arange(256) / 255.0) ** 3.6) * 262, 0, 255).astype(np.uint8))
    lines = cv2.min(lines, cv2.LUT(_edges(rgb, 0.5), np.clip(255 - 0.72 * np.arange(256), 60, 255).astype(np.uint8)))
    shade = cv2.LUT(gray, np.clip(222 + 0.30 * np.arange(256), 0, 255).astype(np.uint8))
    hatched = cv2.max(shade, _hatch(gray))
    drawn = cv2.multiply(lines, hatched, scale=1 / 255)
    wash = cv2.addWeighted(rgb, 0.17, np.full_like(rgb, 255), 0.83, 6)
    return on_paper(cv2.multiply(cv2.cvtColor(drawn, cv2.COLOR_GRAY2RGB), wash, scale=1 / 246))


def _hatch(gray: Array) -> Array:
    """Return strokes that thicken as the picture darkens: 255 = bare paper."""
    height, width = gray.shape
    period = max(4, min(height, width) // 150)
    side = period * 16
    rows, columns = np.indices((side, side))
    phase = ((rows + columns) % period) / period
    tile = np.tile((np.abs(phase - 0.5) * 2 * 255).astype(np.uint8), (height // side + 1, width // side + 1))[:height, :width]
    dark = cv2.LUT(gray, np.clip(96 + 1.9 * np.arange(256), 0, 255).astype(np.uint8))
    return np.asarray(cv2.add(tile, dark))


def pixel(rgb: Array, _seed: int) -> Array:
    """Big square pixels with an ordered dither in a small palette."""
    height, width = rgb.shape[:2]
    cell = max(2, round(min(height, width) / 132))
    rows, columns = -(-height // cell), -(-width // cell)
    tiny = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(tiny, cv2.COLOR_RGB2HSV)
    hsv[..., 1] = cv2.multiply(hsv[..., 1], 1.25)
    vivid = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 - 0.47
    dither = np.tile(bayer, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns, None]
    step = 255 / 7
    few = np.clip(np.rint(vivid / step + dither * 0.34) * step, 0, 255).astype(np.uint8)
    large = cv2.resize(few, (columns * cell, rows * cell), interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(large[:height, :width])


def _curve(rgb: Array, red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...]) -> Array:
    """Grade each channel through points at even places of 0..255."""
    at = np.arange(256)
    table = np.stack([np.interp(at, np.linspace(0, 255, len(p)), p) for p in (red, green, blue)], axis=1)
    return np.asarray(cv2.LUT(rgb, table.clip(0, 255).astype(np.uint8).reshape(256, 1, 3)))


def cinematic(rgb: Array, _seed: int) -> Array:
    """Teal shadows, amber lights, deep contrast, light that blooms."""
    graded = _curve(rgb, (6, 44, 128, 214, 255), (14, 58, 124, 200, 246), (30, 76, 122, 176, 226))
    tiny = cv2.resize(graded, (max(1, rgb.shape[1] // 8), max(1, rgb.shape[0] // 8)), interpolation=cv2.INTER_AREA)
    bright = cv2.subtract(tiny, np.full_like(tiny, 165))
    bloom = cv2.GaussianBlur(bright, (0, 0), max(1.0, min(tiny.shape[:2]) / 22))
    out = cv2.addWeighted(graded, 1.0, cv2.resize(bloom, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR), 0.7, 0)
    return _letterbox(out)


def _letterbox(rgb: Array) -> Array:
    height, width = rgb.shape[:2]
    if 1.2 < width / height < 2.1:
        bar = round(height * 0.055)
        rgb[:bar] = rgb[height - bar :] = 6
    return rgb


def noir(rgb: Array, seed: int) -> Array:
    """Black and white in hard light that falls through blinds."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    hard = cv2.LUT(gray, np.interp(np.arange(256), (0, 50, 105, 175, 255), (4, 18, 104, 216, 252)).astype(np.uint8))
    height, width = gray.shape
    side = -1 if rng(seed, "light").random() < 0.5 else 1
    rows, columns = np.indices((max(2, height // 4), max(2, width // 4)), dtype=np.float32)
    unit = min(rows.shape)
    phase = ((rows + side * columns * 0.22) / (unit * 0.115)) % 1.0
    slats = cv2.GaussianBlur(np.clip(np.minimum(phase, 1 - phase) * 9 - 1.2, 0, 1), (0, 0), unit / 90)
    fade = np.clip(
        1.25 - np.hypot((columns / columns.max() - 0.5 - side * 0.08) * 1.5, rows / rows.max() - 0.55) * 1.3, 0.30, 1
    )
    lit = (78 + 177 * (0.60 + 0.40 * slats) * fade).clip(0, 255).astype(np.uint8)
    mask = cv2.resize(lit, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(cv2.multiply(hard, mask, scale=1 / 235), cv2.COLOR_GRAY2RGB))


def neon(rgb: Array, _seed: int) -> Array:
    """Night violet with glowing tubes along every outline."""
    height, width = rgb.shape[:2]
    work = small(rgb)
    edge = _edges(work, 1.6)
    rows, columns = work.shape[:2]
    across = np.linspace(0, 1, columns, dtype=np.float32)[None, :, None]
    along = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None]
    blend = np.clip(0.5 + 0.5 * np.sin(6.28 * (across * 0.75 + along * 0.55)), 0, 1)
    tube = np.array([255, 46, 190], np.float32) * blend + np.array([40, 225, 255], np.float32) * (1 - blend)
    glow = cv2.GaussianBlur(edge, (0, 0), min(rows, columns) / 90)
    wide = cv2.GaussianBlur(
        cv2.resize(edge, (columns // 4 or 1, rows // 4 or 1), interpolation=cv2.INTER_AREA), (0, 0), min(rows, columns) / 110
    )
    halo = glow.astype(np.float32) * 1.3 + cv2.resize(wide, (columns, rows)).astype(np.float32) * 1.5
    own = _vivid(work)
    tube = tube * (1 - own[1][..., None]) + own[0] * own[1][..., None]  # what has a strong colour glows in it
    light = (halo[..., None] / 255 * tube).clip(0, 255).astype(np.uint8)
    core = (edge.astype(np.float32)[..., None] / 255 * (tube * 0.55 + 115)).clip(0, 255).astype(np.uint8)
    level = float(cv2.mean(rgb)[1])
    rgb = cv2.convertScaleAbs(rgb, alpha=min(1.0, 66 / max(1.0, level)) ** 0.8)
    dim = _curve(rgb, (14, 26, 62, 104, 158), (4, 10, 34, 66, 118), (34, 60, 96, 140, 190))
    lamps = cv2.resize(cv2.add(light, core), (width, height), interpolation=cv2.INTER_LINEAR)
    body = (own[0] * 0.62 * own[1][..., None]).clip(0, 255).astype(np.uint8)
    lamps = cv2.add(lamps, cv2.resize(body, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.asarray(cv2.add(cv2.addWeighted(dim, 0.70, rgb, 0.2, 0), lamps))


def _vivid(rgb: Array) -> tuple[Array, Array]:
    """Return every pixel's own hue at full strength (h, w, 3), and how strongly coloured and bright it is, float32 0..1."""
    hsv = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), max(0.8, min(rgb.shape[:2]) / 300)), cv2.COLOR_RGB2HSV)
    saturation, value = hsv[..., 1].astype(np.float32) / 255, hsv[..., 2].astype(np.float32) / 255
    full = np.dstack([hsv[..., 0], np.maximum(hsv[..., 1], 200), np.full_like(hsv[..., 2], 255)])
    warm = ((hsv[..., 0] < 82) | (hsv[..., 0] > 128)).astype(np.float32)  # skies and shadows are blue: they stay night
    return cv2.cvtColor(full, cv2.COLOR_HSV2RGB).astype(np.float32), np.clip((saturation * value - 0.42) * 3, 0, 1) * warm


def _edges(rgb: Array, gain: float) -> Array:
    """Return outlines, uint8: strong borders of light or colour."""
    unit = min(rgb.shape[:2])
    smooth = cv2.GaussianBlur(rgb, (0, 0), max(0.8, unit / 900))
    strong = np.zeros(rgb.shape[:2], np.uint8)
    for channel in cv2.split(smooth):
        gradient = cv2.morphologyEx(channel, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        strong = cv2.max(strong, gradient)
    table = np.clip((np.arange(256) - 18) * gain * 2.2, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(strong, table))


def pastel(rgb: Array, _seed: int) -> Array:
    """Milky, light and soft."""
    lifted = cv2.LUT(rgb, np.clip(255 * (np.arange(256) / 255) ** 0.80, 0, 255).astype(np.uint8))
    soft = cv2.addWeighted(lifted, 0.70, np.full_like(rgb, (255, 244, 247)), 0.30, 0)
    tiny = cv2.resize(soft, (max(1, rgb.shape[1] // 6), max(1, rgb.shape[0] // 6)), interpolation=cv2.INTER_AREA)
    veil = cv2.resize(cv2.GaussianBlur(tiny, (0, 0), 5), (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(soft, 0.72, cv2.max(soft, veil), 0.28, 0))


def clay(rgb: Array, seed: int) -> Array:
    """Matte modelling clay: rounded light from the relief, finger marks."""
    work = small(rgb)
    rows, columns = work.shape[:2]
    unit = min(rows, columns)
    smooth = cv2.medianBlur(work, 9 if unit > 500 else 5)
    edges = cv2.GaussianBlur(_edges(smooth, 1.4), (0, 0), unit / 210).astype(np.float32)
    prints = (_noise((rows, columns), 150, seed % 53) - 0.5) * 2.6 + (_noise((rows, columns), 26, seed % 47) - 0.5) * 5
    height = -edges * 0.55 + prints  # every border is a groove between two pieces
    lit = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=5) * -0.11 + cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=5) * -0.08
    relief = cv2.GaussianBlur(np.clip(lit, -46, 46), (0, 0), unit / 700)
    warm = cv2.addWeighted(smooth, 0.86, np.full_like(smooth, (236, 226, 214)), 0.14, 0)
    return back(np.clip(warm.astype(np.float32) + relief[..., None] - edges[..., None] * 0.10, 0, 255).astype(np.uint8), rgb)


def poster(rgb: Array, seed: int) -> Array:
    """A few inks on warm stock, halftone in between, a border."""
    work = small(rgb)
    calm = cv2.medianBlur(work, 7 if min(work.shape[:2]) > 500 else 3)
    warm = _curve(calm, (26, 96, 166, 226, 250), (22, 74, 138, 200, 236), (40, 76, 112, 162, 206))
    inks = back(few(warm, 12), rgb)
    height, width = rgb.shape[:2]
    edge = max(6, round(min(height, width) * 0.03))
    stock = (244, 232, 205)
    inks[:edge] = inks[height - edge :] = stock
    inks[:, :edge] = inks[:, width - edge :] = stock
    return on_paper(_dotted(inks, rgb))


def _nearest(points: Array, centers: Array) -> Array:
    """Return the index of the nearest centre for every point, both int32 (n, 3): whole numbers, the same on every machine."""
    return np.asarray(((centers * centers).sum(axis=1)[None] - 2 * (points @ centers.T)).argmin(axis=1))


def few(rgb: Array, colors: int) -> Array:
    """Map onto the picture's own main colours, through a table of 32 steps a channel."""
    sample = cv2.resize(rgb, (64, 64), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.int32)
    order = np.argsort(sample @ np.array([30, 59, 11], np.int32), kind="stable")
    centers = sample[order[np.linspace(0, len(sample) - 1, colors).astype(int)]]
    for _ in range(8):
        near = _nearest(sample, centers)
        centers = np.stack([sample[near == k].mean(axis=0).astype(np.int32) if (near == k).any() else centers[k]
                            for k in range(colors)])
    steps = np.arange(32, dtype=np.int32) * 8 + 4
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    # numbered by lightness, so that the median of numbers is one of tones
    centers = centers[np.argsort(centers @ np.array([30, 59, 11], np.int32), kind="stable")]
    numbers = _nearest(cube, centers).astype(np.uint8)
    coarse = rgb >> 3
    index = (coarse[..., 0].astype(np.uint16) << 10) | (coarse[..., 1].astype(np.uint16) << 5) | coarse[..., 2]
    calm = cv2.medianBlur(numbers.take(index), 3)
    table = np.zeros((256, 3), np.uint8)
    table[:len(centers)] = centers
    return np.asarray(cv2.LUT(cv2.cvtColor(calm, cv2.COLOR_GRAY2RGB), table.reshape(256, 1, 3)))


def _dotted(inks: Array, rgb: Array) -> Array:
    """Lay a halftone of dots where the picture is neither dark nor bright."""
    height, width = rgb.shape[:2]
    period = max(4, min(height, width) // 130)
    rows, columns = np.indices((period * 2, period * 2), dtype=np.float32)
    wave = np.cos((rows + columns) / period * 3.1416) * np.cos((rows - columns) / period * 3.1416)
    tile = np.where(wave > 0.45, 226, 255).astype(np.uint8)
    dots = np.tile(tile, (height // (period * 2) + 1, width // (period * 2) + 1))[:height, :width]
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    bare = cv2.LUT(gray, np.where((np.arange(256) < 60) | (np.arange(256) > 190), 255, 0).astype(np.uint8))
    return np.asarray(cv2.multiply(inks, cv2.cvtColor(cv2.max(dots, bare), cv2.COLOR_GRAY2RGB), scale=1 / 255))


def blueprint(rgb: Array, _seed: int) -> Array:
    """White lines on blue paper with a grid and a drafting frame."""
    height, width = rgb.shape[:2]
    unit = min(height, width)
    edge = _edges(rgb, 1.1) if rgb.size <= WORK_PX * 3 else back(_edges(small(rgb), 1.1), rgb)
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    at = np.arange(256)
    table = np.stack([22 + at * 0.10, 66 + at * 0.13, 138 + at * 0.12], axis=1).astype(np.uint8).reshape(256, 1, 3)
    sheet = cv2.LUT(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), table)
    fine = max(8, unit // 40)
    for step, lift in ((fine, 9), (fine * 5, 16)):
        sheet[::step] = cv2.add(sheet[::step], np.full_like(sheet[::step], lift))
        sheet[:, ::step] = cv2.add(sheet[:, ::step], np.full_like(sheet[:, ::step], lift))
    line = max(1, round(unit / 500))
    margin = max(4, round(unit * 0.02))
    cv2.rectangle(edge, (margin, margin), (width - margin - 1, height - margin - 1), 210, line)
    return np.asarray(cv2.add(sheet, cv2.merge([cv2.convertScaleAbs(edge, alpha=k) for k in (0.86, 0.80, 0.66)])))


def like(rgb: Array, sample: Array) -> Array:
    """Take over another picture's colours: mean and spread of each Lab channel (Reinhard et al. 2001), to three quarters."""
    few = cv2.cvtColor(cv2.resize(rgb, (128, 128), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    goal = cv2.cvtColor(cv2.resize(sample, (128, 128), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    at = np.arange(256, dtype=np.float32)
    tables = []
    for k in range(3):
        spread = float(np.clip((goal[:, k].std() + 1) / (few[:, k].std() + 1), 0.5, 1.8))
        moved = (at - few[:, k].mean()) * spread + goal[:, k].mean()
        tables.append(np.clip(at + (moved - at) * 0.75, 0, 255))
    table = np.stack(tables, axis=1).astype(np.uint8).reshape(256, 1, 3)
    return np.asarray(cv2.cvtColor(cv2.LUT(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), table), cv2.COLOR_LAB2RGB))


TREATMENTS: Mapping[str, Treatment] = {
    "photorealistic": Treatment(grain=0.055, vignette=0.22),
    "flat": Treatment(finish="flat", soft=0.0, shadow="hard", crisp=True, levels=18),
    "watercolor": Treatment(finish="lit", soft=0.4, family="Caveat", after=watercolor),
    "pencil": Treatment(finish="bare", soft=0.0, family="Caveat", after=pencil, crisp=True),
    "pixel": Treatment(finish="bare", soft=0.0, after=pixel),
    "cinematic": Treatment(soft=1.8, grain=0.08, vignette=0.45, after=cinematic),
    "noir": Treatment(soft=1.2, grain=0.12, vignette=0.4, family="Oswald", after=noir),
    "neon": Treatment(soft=0.4, family="Oswald", after=neon),
    "pastel": Treatment(soft=0.7, family="Noto Serif Display", after=pastel),
    "clay": Treatment(finish="clay", soft=0.0, after=clay, levels=14),
    "poster": Treatment(finish="bare", soft=0.0, shadow="hard", family="Oswald", after=poster),
    "blueprint": Treatment(finish="bare", soft=0.0, shadow="none", after=blueprint),
}
