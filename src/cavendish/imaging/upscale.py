"""More pixels: Lanczos, or a super-resolution network over tiles. It knows networks only as a callable over arrays.

The picture is cut into tiles that overlap; neighbours are blended with weights that rise over the overlap, so that no seam
shows. Only one row of tiles is held as float at a time: memory is the result, at its own depth, and that row.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from cavendish.imaging.raster import DTYPES, Array, quantized, top, view, with_channels, wrap
from cavendish.imaging.resize import fit, scale
from cavendish.types import Pixels, Size

TILE_PX = 256
OVERLAP_PX = 16
_WORTH_IT = 1.25  # enlarging by less gains nothing from a network
_MAX_PASSES = 3
_STORED_ROWS = 64


class Upscaler(Protocol):
    """A network: float32 (h, w, 3), sRGB in 0..1 -> (h * scale, w * scale, 3). Always called with tiles of one size."""

    @property
    def scale(self) -> int: ...

    def __call__(self, tile: Array, /) -> Array: ...


OnTile = Callable[[int, int], None]  # (tiles done, tiles in all); raises Cancelled to stop


def ignore_tiles(_done: int, _total: int) -> None:
    """The OnTile for callers who only want the result."""


class Tiling(NamedTuple):
    """How a picture is cut, in source pixels. `overlap_px` is what two neighbours share."""

    tile_px: int = TILE_PX
    overlap_px: int = OVERLAP_PX


TILING = Tiling()


def enlarge(pixels: Pixels, size: Size, upscaler: Upscaler | None = None, on_tile: OnTile = ignore_tiles,
            tiling: Tiling = TILING) -> Pixels:
    """Bring a picture to exactly `size`, cutting the middle to its ratio; by the network when it has to grow.

    The network runs until the picture covers `size` (three times at most), then Lanczos makes the size exact. Depth and alpha
    are kept: alpha and the lone channel of gray grow by Lanczos. Raises what `on_tile` raises.
    """
    if upscaler is None or _growth(pixels.size, size) < _WORTH_IT or upscaler.scale < 2:  # last: it may load the network
        return fit(pixels, size)
    grown, passes, k = pixels, _passes(pixels.size, size, upscaler.scale), upscaler.scale
    counts = [tile_count(Size(pixels.width * k**i, pixels.height * k**i), tiling) for i in range(passes)]

    def after(earlier: int) -> OnTile:
        return lambda done, _total: on_tile(earlier + done, sum(counts))

    for i in range(passes):
        grown = upscale(grown, upscaler, after(sum(counts[:i])), tiling)
    return fit(grown, size)


def upscale(pixels: Pixels, upscaler: Upscaler, on_tile: OnTile = ignore_tiles, tiling: Tiling = TILING) -> Pixels:
    """Run the network once over the whole picture: sides times `upscaler.scale`, same depth and channels.

    Raises ValueError when the network answers another shape, or the overlap does not leave half of a tile.
    """
    if not 0 <= 2 * tiling.overlap_px <= tiling.tile_px:
        raise ValueError(f"an overlap of {tiling.overlap_px} needs tiles of {2 * tiling.overlap_px} at least")
    k, large = upscaler.scale, Size(pixels.width * upscaler.scale, pixels.height * upscaler.scale)
    out = np.empty((large.height, large.width, pixels.channels), DTYPES[pixels.depth])
    if pixels.channels == 4:
        out[..., 3] = view(scale(wrap(np.ascontiguousarray(view(pixels)[..., 3])), large, light=False))[..., 0]
    done, total = 0, tile_count(pixels.size, tiling)
    rows = view(with_channels(pixels, 3) if pixels.channels == 1 else pixels)[..., :3]
    factor = np.float32(1 / top(pixels))
    lefts, tops = _starts(pixels.width, tiling), _starts(pixels.height, tiling)
    over: Array | None = None  # what the row of tiles above says of this one's first rows
    for y, below in zip(tops, [*tops[1:], pixels.height], strict=True):
        band = np.empty((min(tiling.tile_px, pixels.height - y) * k, large.width, 3), np.float32)
        for j, x in enumerate(lefts):
            made = _answer(upscaler, _tile(rows[y:y + tiling.tile_px, x:x + tiling.tile_px], tiling.tile_px, factor))
            shared = lefts[j - 1] + tiling.tile_px - x if j else 0
            _blend(band[:, x * k:], made[:band.shape[0]], shared * k)
            done += 1
            on_tile(done, total)
        if over is not None and over.size:
            rise = _rise(over.shape[0])[:, None, None]
            band[:over.shape[0]] = over * (1 - rise) + band[:over.shape[0]] * rise
        over = band[(below - y) * k:].copy()
        for top_row in range(y * k, below * k, _STORED_ROWS):
            _store(out[top_row:min(top_row + _STORED_ROWS, below * k)], band[top_row - y * k:(below - y) * k][:_STORED_ROWS])
    return wrap(out)


def tile_count(size: Size, tiling: Tiling = TILING) -> int:
    """Return how many times the network is called for a picture of `size`."""
    return len(_starts(size.width, tiling)) * len(_starts(size.height, tiling))


def _growth(size: Size, target: Size) -> float:
    return max(target.width / size.width, target.height / size.height)


def _passes(size: Size, target: Size, k: int) -> int:
    passes = 1
    while passes < _MAX_PASSES and _growth(size, target) > k**passes * _WORTH_IT:
        passes += 1
    return passes


def _starts(side: int, tiling: Tiling) -> list[int]:
    """Return where tiles begin along a side: evenly, each overlapping the next by at least the overlap."""
    room = side - tiling.tile_px
    if room <= 0:
        return [0]
    count = -(-room // (tiling.tile_px - tiling.overlap_px)) + 1
    return [round(i * room / (count - 1)) for i in range(count)]


def _tile(part: Array, side: int, factor: np.float32) -> Array:
    """Return a whole tile as float; what lies outside the picture is its mirror image."""
    short = ((0, side - part.shape[0]), (0, side - part.shape[1]), (0, 0))
    whole = np.pad(part, short, mode="symmetric") if short[0][1] or short[1][1] else part
    return np.ascontiguousarray(whole * factor, dtype=np.float32)


def _answer(upscaler: Upscaler, tile: Array) -> Array:
    made = upscaler(tile)
    wanted = (tile.shape[0] * upscaler.scale, tile.shape[1] * upscaler.scale, 3)
    if made.shape != wanted:
        raise ValueError(f"the network answered {made.shape} where {wanted} was due")
    return made


def _blend(band: Array, made: Array, shared: int) -> None:
    """Lay a tile at the left of `band`; over the `shared` columns that are there already its weight rises from 0 to 1."""
    fresh = made[:, :band.shape[1]]
    old = band[:, :shared].copy()
    band[:, :fresh.shape[1]] = fresh
    if shared:
        rise = _rise(shared)[None, :, None]
        band[:, :shared] = old * (1 - rise) + fresh[:, :shared] * rise


def _rise(length: int) -> Array:
    """A raised cosine from 0 to 1 over `length` samples: its slope is 0 at both ends."""
    turn = (np.arange(length) + 0.5) * np.pi / length
    return np.asarray(0.5 - 0.5 * np.cos(turn), dtype=np.float32)


def _store(out: Array, rows: Array) -> None:
    """Round finished rows into the result; one channel takes their luma."""
    if out.shape[2] == 1:
        rows = (rows @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    full = np.float32(1 if out.dtype == np.float32 else np.iinfo(out.dtype).max)
    out[..., :3] = quantized(np.clip(rows, 0, 1) * full, out.dtype)
