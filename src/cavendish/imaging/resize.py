"""Exact sizes: Lanczos-3 by libvips, in linear light when shrinking, alpha premultiplied while it is filtered.

`frame` is the whole way from a picture to the raster of a format: window, size or margins, at the depth the picture came with.
Only `raster.with_depth`, which encoders call, goes down to 8 bits.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import pyvips

from cavendish.errors import InvalidValue
from cavendish.imaging.color import from_linear, parse_hex, to_linear
from cavendish.imaging.crop import Box, cover, cut
from cavendish.imaging.raster import DTYPES, Array, quantized, top, view, with_channels, wrap
from cavendish.types import Pixels, Size

_FORMATS = {8: "uchar", 16: "ushort", 32: "float"}
_BAND_ROWS = 64
_FAR = 2.5            # shrinking from here on starts with area averages
_BLUR_SIDE_PX = 256   # a blurred margin holds no detail: it is made this small and grown
_BLUR_SIGMA_PX = 8
_BLUR_DIM = 0.85      # of its code values, so that the picture stands out from it
_MODES = ("cut", "pad", "stretch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How a picture becomes exactly `size`.

    `mode`: "cut" keeps the ratio and loses what does not fit, "pad" keeps everything and adds margins, "stretch" changes the
    ratio. `box` is the window to keep, the largest in the middle unless given. `fill` is what margins show: "#rrggbb",
    "blur" (the picture itself, large and soft) or "edge" (its outermost pixels drawn out).
    """

    size: Size
    mode: str = "cut"
    box: Box | None = None
    fill: str = "blur"

    def __post_init__(self) -> None:
        if self.mode not in _MODES:
            raise InvalidValue(f"framing {self.mode[:40]!r} is not known", field="framing.mode", hint="use cut, pad or stretch")
        if self.fill not in ("blur", "edge"):
            parse_hex(self.fill)


def frame(pixels: Pixels, framing: Framing) -> Pixels:
    """Bring a picture to exactly `framing.size`, at its own depth. Raises ValueError when the box leaves the picture."""
    kept = cut(pixels, framing.box) if framing.box else pixels
    if framing.mode == "cut":
        return fit(kept, framing.size)
    if framing.mode == "stretch":
        return scale(kept, framing.size)
    return _padded(kept, framing.size, framing.fill)


def fit(pixels: Pixels, size: Size, light: bool = True) -> Pixels:
    """Fill exactly `size`: cut the middle to its ratio, then scale. Same size in, same pixels out. `light` as in `scale`."""
    if pixels.size == size:
        return pixels
    return scale(cut(pixels, cover(pixels.size, size)), size, light)


def scale(pixels: Pixels, size: Size, light: bool = True) -> Pixels:
    """Stretch to exactly `size`. The ratio may change; use `fit` to keep it. `light` is false for masks: not a colour."""
    if pixels.size == size:
        return pixels
    shrinks = size.pixels < pixels.width * pixels.height
    linear = light and shrinks  # light adds up when shrinking; code values ring less when growing
    image = _lit(pixels, size) if linear else to_vips(pixels)
    full = 65_535.0 if linear and pixels.depth != 32 else float(top(pixels))
    if pixels.channels == 4:
        image = image.copy(interpretation="srgb").premultiply(max_alpha=full)
    grown = image.resize(size.width / image.width, vscale=size.height / image.height, kernel="lanczos3")
    if pixels.channels == 4:
        alpha = grown[3].clamp(min=0, max=full)  # Lanczos rings outside 0..1, where straight colour means nothing
        grown = grown[:3].bandjoin(alpha)
        grown = grown.copy(interpretation="srgb").unpremultiply(max_alpha=full)
    rows = _exactly(_rendered(grown), size)
    return wrap(_unlit(rows, pixels.depth) if linear else _closed(rows, pixels.depth))


def to_vips(pixels: Pixels) -> pyvips.Image:
    """Return the raster as a libvips image; it borrows the memory of `pixels`, keep them alive."""
    return pyvips.Image.new_from_memory(pixels.data, pixels.width, pixels.height, pixels.channels, _FORMATS[pixels.depth])


def _lit(pixels: Pixels, size: Size) -> pyvips.Image:
    """Return linear light: float samples, white = 65,535 (1 where the input is float). Alpha keeps its value."""
    if pixels.depth == 32:
        rows = np.array(view(pixels))
        rows[..., :3] = to_linear(rows[..., :3].clip(0, None))
        return to_vips(wrap(rows))
    if pixels.depth == 8 and pixels.channels != 4 and min(pixels.width / size.width, pixels.height / size.height) >= _FAR:
        return _averaged(view(pixels), Size(2 * size.width, 2 * size.height))
    image = to_vips(pixels)
    table = pyvips.Image.new_from_array(_light_table(pixels.depth)[None])
    if pixels.channels != 4:
        return image.maplut(table)
    return image[:3].maplut(table).bandjoin(image[3].cast("float") * (65_535 / top(pixels)))


def _averaged(rows: Array, size: Size) -> pyvips.Image:
    """Linear light by area averages: Lanczos over the last halving looks the same and takes a fifth of the time."""
    lit = cv2.LUT(rows, np.rint(_light_table(8)).astype(np.uint16)[None])
    small = cv2.resize(lit, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return pyvips.Image.new_from_array(small.reshape(size.height, size.width, -1)).cast("float")


@lru_cache(maxsize=2)
def _light_table(depth: int) -> Array:
    return (to_linear(np.linspace(0, 1, 1 << depth)) * 65_535).astype(np.float32)


def _unlit(rows: Array, depth: int) -> Array:
    """Linear light to code values of `depth`, some rows at a time."""
    out = np.empty(rows.shape, DTYPES[depth])
    full = 1 if depth == 32 else (1 << depth) - 1
    light = 1 if depth == 32 else 65_535
    for start in range(0, rows.shape[0], _BAND_ROWS):
        band = rows[start:start + _BAND_ROWS] * np.float32(1 / light)
        band[..., :3] = from_linear(band[..., :3])
        out[start:start + _BAND_ROWS] = quantized(band * np.float32(full), out.dtype)
    return out


def _closed(rows: Array, depth: int) -> Array:
    """Filtered code values to samples of `depth`; floats are kept inside 0..1, where ringing means nothing."""
    dtype = DTYPES[depth]
    if rows.dtype == dtype != np.float32:
        return rows
    return quantized(np.clip(rows, 0, 1) if depth == 32 else rows, dtype)


def _rendered(image: pyvips.Image) -> Array:
    """Compute a libvips image: (h, w, bands), float32 unless it is of whole numbers."""
    if image.format == "double":
        image = image.cast("float")
    rows: Array = image.numpy()
    return rows.reshape(image.height, image.width, image.bands)


def _exactly(rows: Array, size: Size) -> Array:
    """libvips rounds sides itself: trim, or repeat the last row or column, when it came out one off."""
    if rows.shape[:2] == (size.height, size.width):
        return rows
    across, down = np.arange(size.width), np.arange(size.height)
    exact: Array = rows[down.clip(0, rows.shape[0] - 1)][:, across.clip(0, rows.shape[1] - 1)]
    return exact


def _padded(pixels: Pixels, size: Size, fill: str) -> Pixels:
    """Fit the whole picture inside, in the middle, on margins of `fill`."""
    k = min(size.width / pixels.width, size.height / pixels.height)
    inner = Size(min(size.width, max(1, round(pixels.width * k))), min(size.height, max(1, round(pixels.height * k))))
    small = scale(pixels, inner)
    x, y = (size.width - inner.width) // 2, (size.height - inner.height) // 2
    rows = view(small if small.channels > 1 or fill in ("blur", "edge") else with_channels(small, 3))
    if fill == "edge":
        around = ((y, size.height - inner.height - y), (x, size.width - inner.width - x), (0, 0))
        return wrap(np.pad(rows, around, mode="edge"))
    ground = _soft(pixels, size) if fill == "blur" else _plain(fill, size, small, rows.shape[2])
    ground[y:y + inner.height, x:x + inner.width] = rows
    return wrap(ground)


def _plain(fill: str, size: Size, like: Pixels, channels: int) -> Array:
    color = np.array([*parse_hex(fill), 255][:channels], dtype=np.float32) * (top(like) / 255)
    dtype = view(like).dtype
    return np.broadcast_to(quantized(color, dtype), (size.height, size.width, channels)).copy()


def _soft(pixels: Pixels, size: Size) -> Array:
    """The picture filling `size`, blurred and a little darker; grown in float, then at the picture's depth."""
    k = min(1.0, _BLUR_SIDE_PX / max(size.width, size.height))
    tiny = fit(pixels, Size(max(1, round(size.width * k)), max(1, round(size.height * k))))
    image = to_vips(tiny).cast("float").gaussblur(_BLUR_SIGMA_PX)
    grown = image.resize(size.width / tiny.width, vscale=size.height / tiny.height, kernel="cubic")
    rows = _exactly(_rendered(grown), size).copy()
    rows[..., :3] *= np.float32(_BLUR_DIM)
    return np.ascontiguousarray(_closed(rows, pixels.depth))
