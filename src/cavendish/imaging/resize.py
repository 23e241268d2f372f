"""Exact sizes: Lanczos-3 by libvips, alpha premultiplied while it is filtered."""

import numpy as np
import pyvips

from cavendish.imaging.crop import cover, cut
from cavendish.imaging.raster import view, wrap
from cavendish.types import Pixels, Size

_FORMATS = {8: "uchar", 16: "ushort"}


def to_vips(pixels: Pixels) -> pyvips.Image:
    """Return the raster as a libvips image; it borrows the memory of `pixels`, keep them alive."""
    return pyvips.Image.new_from_memory(pixels.data, pixels.width, pixels.height, pixels.channels, _FORMATS[pixels.depth])


def from_vips(image: pyvips.Image, depth: int) -> Pixels:
    """Render a libvips image of 1, 3 or 4 bands, rounded to `depth` bits."""
    cast = image if image.format == _FORMATS[depth] else image.rint().cast(_FORMATS[depth])
    return Pixels(width=cast.width, height=cast.height, channels=cast.bands, data=cast.write_to_memory(), depth=depth)


def scale(pixels: Pixels, size: Size) -> Pixels:
    """Stretch to exactly `size`. The ratio may change; use `fit` to keep it."""
    if pixels.size == size:
        return pixels
    image = to_vips(pixels)
    top = float((1 << pixels.depth) - 1)
    if pixels.channels == 4:
        image = image.copy(interpretation="srgb").premultiply(max_alpha=top)
    grown = image.resize(size.width / pixels.width, vscale=size.height / pixels.height, kernel="lanczos3")
    if pixels.channels == 4:
        alpha = grown[3].clamp(min=0, max=top)  # Lanczos rings outside 0..1, where straight colour means nothing
        grown = grown[:3].bandjoin(alpha)
        grown = grown.copy(interpretation="srgb").unpremultiply(max_alpha=top)
    return _exactly(from_vips(grown, pixels.depth), size)


def fit(pixels: Pixels, size: Size) -> Pixels:
    """Fill exactly `size`: cut the middle to its ratio, then scale. Same size in, same pixels out."""
    if pixels.size == size:
        return pixels
    return scale(cut(pixels, cover(pixels.size, size)), size)


def _exactly(pixels: Pixels, size: Size) -> Pixels:
    """libvips rounds sides itself: trim, or repeat the last row or column, when it came out one off."""
    if pixels.size == size:
        return pixels
    rows = np.arange(size.height).clip(0, pixels.height - 1)
    columns = np.arange(size.width).clip(0, pixels.width - 1)
    return wrap(view(pixels)[rows][:, columns])
