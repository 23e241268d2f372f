"""Changes to a photograph as plain functions: uint8 RGB (h, w, 3) in, the same out. No words, no masks, no state."""

import cv2
import numpy as np

from cavendish.imaging import color
from cavendish.imaging.raster import Array

_LUMA = np.array([0.2126, 0.7152, 0.0722])
_BAND = 256  # rows that are in floating point at a time
_SEPIA: color.Rgb = (158, 120, 78)


def brightness(rows: Array, amount: float) -> Array:
    """Change the mean brightness by `amount` (0.2 = 20 % more). A curve: black and white stay, nothing clips."""
    levels = np.arange(256) / 255
    counts = sum(_histogram(rows, i) * _LUMA[i] for i in range(3))  # their mean is the luma's
    wanted = min(float(counts @ levels) * (1 + amount), counts.sum() * 0.995)
    low, high = (-0.999, 0.0) if amount < 0 else (0.0, 200.0)
    for _ in range(60):
        middle = (low + high) / 2
        below = counts @ (levels * (1 + middle) / (1 + middle * levels)) < wanted
        low, high = (middle, high) if below else (low, middle)
    return _curve(rows, levels * (1 + high) / (1 + high * levels))


def _histogram(rows: Array, channel: int) -> Array:
    """Count the samples of each level, (256,). In bands: OpenCV counts in float32, which is exact below 2**24."""
    bands = (rows[top:top + _BAND] for top in range(0, len(rows), _BAND))
    counted = [cv2.calcHist([band], [channel], None, [256], [0, 256]).ravel() for band in bands]
    return np.asarray(np.sum(counted, axis=0, dtype=np.float64))


def contrast(rows: Array, amount: float) -> Array:
    """Spread the levels around their mean by 1 + amount."""
    mean = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY).mean() / 255
    return _curve(rows, mean + (np.arange(256) / 255 - mean) * max(0.0, 1 + amount))


def saturation(rows: Array, amount: float) -> Array:
    """Move every colour away from its gray by 1 + amount; -1 leaves gray."""
    factor = max(0.0, 1 + amount)
    return _mix(rows, np.eye(3) * factor + (1 - factor) * _LUMA)


def warmth(rows: Array, amount: float) -> Array:
    """Shift white along blue-amber in linear light, brightness held: 0.25 is about 1500 K."""
    gains = np.array([1 + 0.6 * amount, 1 + 0.1 * amount, 1 - 0.7 * amount]).clip(0.05, 4)
    gains /= gains @ _LUMA
    linear = color.to_linear(np.arange(256) / 255)
    return _curves(rows, [color.from_linear(np.minimum(linear * gain, 1)) for gain in gains])


def monochrome(rows: Array, _amount: float = 0.0) -> Array:
    """Rec. 709 gray."""
    return saturation(rows, -1)


def sepia(rows: Array, _amount: float = 0.0) -> Array:
    """Gray toned brown, light held."""
    return tint(rows, 1.0, _SEPIA)


def invert(rows: Array, _amount: float = 0.0) -> Array:
    """The negative."""
    return np.asarray(255 - rows)


def tint(rows: Array, amount: float, rgb: color.Rgb) -> Array:
    """Lay a colour over the light: `amount` of a picture toned from black through the colour to white."""
    level = (np.arange(256) / 255)[:, None]
    target = np.array(rgb) / 255
    middle = float(np.clip(target @ _LUMA, 0.15, 0.85))
    toned = np.where(level < middle, target * level / middle, target + (1 - target) * (level - middle) / (1 - middle))
    gray = monochrome(rows)
    full = _curves(gray, [toned[:, i] for i in range(3)])
    return np.asarray(cv2.addWeighted(full, min(amount, 1.0), rows, 1 - min(amount, 1.0), 0))


def enhance(rows: Array, _amount: float = 0.0) -> Array:
    """Stretch each channel's levels (half a percent clipped at both ends), half of the way to neutral colours."""
    ends = np.stack([np.percentile(rows[..., i], (0.5, 99.5)) for i in range(3)]) / 255
    together = np.array([ends[:, 0].min(), ends[:, 1].max()])
    ends = (ends + together) / 2
    span = np.maximum(ends[:, 1] - ends[:, 0], 0.1)
    levels = np.arange(256) / 255
    return _curves(rows, [(levels - ends[i, 0]) / span[i] for i in range(3)])


def sharpen(rows: Array, amount: float) -> Array:
    """Unsharp mask, radius 1/1200 of the shorter side but at least 0.8 pixels."""
    soft = cv2.GaussianBlur(rows, (0, 0), max(0.8, min(rows.shape[:2]) / 1200))
    return np.asarray(cv2.addWeighted(rows, 1 + amount, soft, -amount, 0))


def denoise(rows: Array, amount: float) -> Array:
    """Bilateral filter: smooths, keeps edges."""
    return np.asarray(cv2.bilateralFilter(rows, 7, 22 * amount, 5))


def blur(rows: Array, amount: float) -> Array:
    """Gaussian, sigma 1/80 of the shorter side at amount 1."""
    return np.asarray(cv2.GaussianBlur(rows, (0, 0), max(0.6, amount * min(rows.shape[:2]) / 80)))


def blur_behind(rows: Array, amount: float, subject: Array) -> Array:
    """Blur what is not subject (float 0..1) without its colours running out over the edge. Worked at most at 1024 pixels."""
    height, width = rows.shape[:2]
    scale = min(1.0, 1024 / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    share = 1 - cv2.resize(subject, size, interpolation=cv2.INTER_AREA)[..., None]
    light = cv2.resize(rows, size, interpolation=cv2.INTER_AREA) * np.maximum(share, 1e-3)
    sigma = max(0.6, amount * min(size) / 80)
    soft = cv2.GaussianBlur(light, (0, 0), sigma)
    weight = cv2.GaussianBlur(np.maximum(share[..., 0], 1e-3), (0, 0), sigma)
    even = np.rint(soft / weight[..., None]).clip(0, 255).astype(np.uint8)
    return blend(rows, cv2.resize(even, (width, height), interpolation=cv2.INTER_CUBIC), 1 - subject)


def blend(under: Array, over: Array, weight: Array) -> Array:
    """Return `over` where weight (float 0..1, h x w) is 1 and `under`, bit for bit, where it is 0."""
    out = np.empty_like(under)
    for y, band in _bands(under):
        part = np.s_[y:y + len(band)]
        out[part] = np.rint(band + (over[part].astype(np.float32) - band) * weight[part][..., None])
    return out


def pixelate(rows: Array, amount: float) -> Array:
    """Squares of 1/40 of the longer side at amount 1."""
    height, width = rows.shape[:2]
    block = max(2, round(max(height, width) / 40 * amount))
    small = cv2.resize(rows, (max(1, width // block), max(1, height // block)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST))


def vignette(rows: Array, amount: float) -> Array:
    """Darken towards the corners: to 45 % there at amount 1."""
    height, width = rows.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    out = np.empty_like(rows)
    for y0, band in _bands(rows):
        y = np.linspace(-1, 1, height, dtype=np.float32)[y0:y0 + len(band), None] ** 2
        falloff = 1 - min(0.55 * amount, 1) * ((x + y) / 2) ** 1.25
        out[y0:y0 + len(band)] = np.rint(band * falloff[..., None])
    return out


def grain(rows: Array, amount: float, seed: int) -> Array:
    """Film grain: gray noise, sigma 9 levels at amount 1, less in black and white. Same seed, same grain."""
    rng = np.random.Generator(np.random.PCG64(seed))
    out = np.empty_like(rows)
    for y0, band in _bands(rows):
        noise = rng.standard_normal(band.shape[:2], dtype=np.float32)[..., None] * (9 * amount)
        level = band.astype(np.float32)
        out[y0:y0 + len(band)] = np.rint(level + noise * (0.4 + 0.6 * (1 - np.abs(level / 127.5 - 1)))).clip(0, 255)
    return out


def recolor(rows: Array, rgb: color.Rgb, inside: Array) -> Array:
    """Give what `inside` (bool) marks the colour `rgb`, with its own light and shade. The marked mean becomes the colour's."""
    lab = cv2.cvtColor(rows, cv2.COLOR_RGB2LAB).astype(np.float32)
    target = cv2.cvtColor(np.array([[rgb]], np.uint8), cv2.COLOR_RGB2LAB)[0, 0].astype(np.float32)
    mean = float(lab[..., 0][inside].mean())
    lab[..., 0] = target[0] + (lab[..., 0] - mean) * 0.85
    lab[..., 1:] = target[1:] + (lab[..., 1:] - lab[..., 1:][inside].mean(axis=0)) * 0.15
    return np.asarray(cv2.cvtColor(np.rint(lab).clip(0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB))


def inpaint(rows: Array, inside: Array) -> Array:
    """Fill what `inside` (bool) marks from its surroundings: Telea's method, on a copy of 512 pixels when large."""
    ys, xs = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    margin = 16 + max(int(ys[-1] - ys[0]), int(xs[-1] - xs[0])) // 4
    window = np.s_[max(0, ys[0] - margin):ys[-1] + margin + 1, max(0, xs[0] - margin):xs[-1] + margin + 1]
    part, hole = np.ascontiguousarray(rows[window]), inside[window].astype(np.uint8)
    scale = min(1.0, 512 / max(part.shape[:2]))
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    small_hole = (cv2.resize(hole * np.float32(1), size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    filled = cv2.inpaint(small, small_hole, 5, cv2.INPAINT_TELEA)
    grown = cv2.resize(filled, part.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    out = rows.copy()
    out[window] = np.where(hole[..., None] > 0, grown, part)
    return out


def on_backdrop(rows: Array, subject: Array, old: Array | None, rgb: color.Rgb) -> Array:
    """Put the subject (float 0..1) on a flat colour; the old backdrop's share of the edge pixels is taken out of them."""
    behind = np.array(rgb, np.float32)
    cover = subject[..., None]
    front = clean_edges(rows, subject, old).astype(np.float32)
    return np.asarray(np.rint(front * cover + behind * (1 - cover)).clip(0, 255).astype(np.uint8))


def clean_edges(rows: Array, subject: Array, old: Array | None) -> Array:
    """Return the subject's own colour at half-covered pixels: (seen - (1 - cover) * old) / cover."""
    if old is None:
        return rows
    cover = np.maximum(subject, 0.1)[..., None]
    own = (rows - (1 - cover) * old) / cover
    return np.asarray(np.where((subject < 1)[..., None], np.rint(own).clip(0, 255), rows).astype(np.uint8))


def _bands(rows: Array) -> list[tuple[int, Array]]:
    return [(y, rows[y:y + _BAND]) for y in range(0, rows.shape[0], _BAND)]


def _curve(rows: Array, levels: Array) -> Array:
    return np.asarray(cv2.LUT(rows, np.rint(levels * 255).clip(0, 255).astype(np.uint8)))


def _curves(rows: Array, levels: list[Array]) -> Array:
    table = np.stack(levels, axis=-1).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(rows, np.rint(table * 255).clip(0, 255).astype(np.uint8)))


def _mix(rows: Array, matrix: Array) -> Array:
    return np.asarray(cv2.transform(rows, matrix))
