"""Cut-outs: input pictures made ready to be placed: cut from a plain background, or framed as a print when it is not plain."""

from dataclasses import dataclass

import cv2
import numpy as np
import skia

from cavendish.engines.comp.painting.sprites import Shape, outline
from cavendish.imaging import color, resize
from cavendish.imaging.raster import Array, view, with_channels, with_depth
from cavendish.types import Pixels, Size

SIDE_PX = 1280  # of a reference as it is kept for drawing
PLAIN = 26.0  # largest median distance (RGB) of border pixels from their middle that counts as plain
TOLERANCE = 22  # of the flood from the border, per channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    """An input picture for drawing. `framed` = its background is not plain, so it is shown whole."""

    image: skia.Image
    shape: Shape
    framed: bool


def cut(pixels: Pixels, light: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Cutout:
    """Return a reference cut out from a plain or transparent background, else whole and framed, in a light (linear gains)."""
    rows = np.array(view(with_channels(with_depth(_limited(pixels), 8), 4)))
    if light != (1.0, 1.0, 1.0):
        return _cut(rows, light)
    return _cut(rows, None)


def light_in(picture: Pixels) -> tuple[float, float, float]:
    """Return the linear gains by which a thing must be lit to stand in a picture: half of the way to its light and tint.

    Brightness by the median luminance against a studio's 0.4; tint by the gray-world assumption (Buchsbaum 1980). A tint of
    the things themselves (a green meadow) counts as light too, so it is followed only half of the way and within bounds.
    """
    rows = np.ascontiguousarray(view(with_channels(with_depth(picture, 8), 3)))
    few = cv2.resize(rows, (64, 64), interpolation=cv2.INTER_AREA)
    linear = color.to_linear(few.reshape(-1, 3) / 255)
    mean = linear.mean(axis=0)
    luma = np.array([0.2126, 0.7152, 0.0722])
    bright = float(np.clip((np.median(linear @ luma) / 0.4) ** 0.5, 0.35, 1.25))
    tint = np.clip((mean / max(1e-4, float(mean @ luma))) ** 0.5, 0.7, 1.4)
    red, green, blue = (float(v) for v in tint / float(tint @ luma) * bright)
    return red, green, blue


def _cut(rows: Array, light: tuple[float, float, float] | None) -> Cutout:
    alpha: Array | None = rows[..., 3]
    if rows[..., 3].min() > 250:
        alpha = _flooded(rows)
    framed = alpha is None
    if alpha is not None:
        rows[..., 3] = alpha
        rows = _trimmed(rows)
    if light is not None:
        levels = color.to_linear(np.arange(256) / 255)
        for channel, gain in enumerate(light):
            table = np.rint(color.from_linear(np.minimum(levels * gain, 1.0)) * 255).astype(np.uint8)
            rows[..., channel] = table[rows[..., channel]]
    image = skia.Image.fromarray(np.ascontiguousarray(rows), colorType=skia.kRGBA_8888_ColorType, copy=True)
    shape = Shape(aspect=rows.shape[1] / rows.shape[0]) if framed else outline(rows[..., 3])
    return Cutout(image=image, shape=shape, framed=framed)


def whole(pixels: Pixels, size: Size) -> skia.Image:
    """Return a picture cut to cover a size, as a backdrop."""
    fitted = resize.fit(with_channels(with_depth(pixels, 8), 4), size)
    return skia.Image.fromarray(np.array(view(fitted)), colorType=skia.kRGBA_8888_ColorType, copy=True)


def _limited(pixels: Pixels) -> Pixels:
    k = SIDE_PX / max(pixels.width, pixels.height)
    if k >= 1:
        return pixels
    return resize.scale(pixels, Size(max(1, round(pixels.width * k)), max(1, round(pixels.height * k))))


def _flooded(rows: Array) -> Array | None:
    """Return an alpha mask without the background that hangs together with the border, None when that is not plain."""
    rgb = np.ascontiguousarray(rows[..., :3])
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.float32)
    middle = np.median(border, axis=0)
    away = np.abs(border - middle).max(axis=1)
    if np.median(away) > PLAIN or (away > 60).mean() > 0.25:
        return None
    height, width = rgb.shape[:2]
    mask = np.zeros((height + 2, width + 2), np.uint8)
    step = max(1, min(height, width) // 24)
    seeds = [(x, y) for x in range(0, width, step) for y in (0, height - 1)] + [
        (x, y) for y in range(0, height, step) for x in (0, width - 1)
    ]
    for seed in seeds:
        near = np.abs(rgb[seed[1], seed[0]].astype(np.float32) - middle).max() < 60
        if near and not mask[seed[1] + 1, seed[0] + 1]:
            cv2.floodFill(rgb, mask, seed, (0, 0, 0), (4,) * 3, (4,) * 3, 4 | cv2.FLOODFILL_MASK_ONLY | (255 << 8))
    close = (np.abs(rows[..., :3].astype(np.int16) - middle.astype(np.int16)).max(axis=2) < TOLERANCE).astype(np.uint8)
    _, labels = cv2.connectedComponents(close, connectivity=4)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.isin(labels, rim[rim > 0]) | (mask[1:-1, 1:-1] > 0)
    share = outside.mean()
    if not 0.03 < share < 0.985:
        return None
    solid = cv2.morphologyEx((~outside).astype(np.uint8) * 255, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not solid.any():
        return None
    return np.asarray(cv2.GaussianBlur(cv2.erode(solid, np.ones((3, 3), np.uint8)), (0, 0), 0.9))


def _trimmed(rows: Array) -> Array:
    solid = rows[..., 3] > 24
    columns, lines = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(solid.any(axis=1))
    if not len(columns):
        return rows
    return rows[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1]
