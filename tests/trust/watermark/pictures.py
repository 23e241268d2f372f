"""Pictures for watermark tests: clouds of many scales and sensor noise, as a photograph has them."""

import io

import cv2
import numpy as np
from PIL import Image

from cavendish.imaging.raster import view, wrap
from cavendish.types import Pixels


def photo(width: int = 512, height: int = 512, seed: int = 1) -> np.ndarray:
    """(height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    out = np.full((height, width, 3), 120, dtype=np.float32)
    for k in (3, 6, 12, 24, 48, 96):
        grid = rng.normal(size=(k + 1, k + 1, 3)).astype(np.float32)
        out += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * (50 * (3 / k) ** 0.9)
    out += rng.normal(size=(height, width, 1)) * 2
    return out.clip(0, 255).astype(np.uint8)


def rows(pixels: Pixels) -> np.ndarray:
    return np.array(view(pixels))


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    out = io.BytesIO()
    Image.fromarray(rows(pixels)).save(out, "JPEG", quality=quality)
    return wrap(np.array(Image.open(io.BytesIO(out.getvalue()))))


def scaled(pixels: Pixels, factor: float) -> Pixels:
    size = round(pixels.width * factor), round(pixels.height * factor)
    return wrap(cv2.resize(rows(pixels), size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC))


def middle(pixels: Pixels, area: float) -> Pixels:
    h, w = (round(side * area ** 0.5) for side in (pixels.height, pixels.width))
    top, left = (pixels.height - h) // 2, (pixels.width - w) // 2
    return wrap(np.ascontiguousarray(rows(pixels)[top:top + h, left:left + w]))


def psnr(one: np.ndarray, two: np.ndarray) -> float:
    return float(10 * np.log10(255 ** 2 / np.mean((one.astype(np.float64) - two) ** 2)))
