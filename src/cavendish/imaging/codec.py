"""Pixels to files: one function; the rest is what each format wants. Every file says that it is sRGB."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyvips
import simplejpeg

from cavendish.errors import InvalidValue, Unsupported
from cavendish.imaging import icc, png
from cavendish.imaging.raster import Array, flatten, is_opaque, reduced, view, with_channels, with_depth
from cavendish.imaging.resize import to_vips
from cavendish.types import Asset, OutputSpec, Pixels

_FULL_CHROMA_QUALITY = 90  # from here on JPEG and WebP keep every colour sample
_MAX_SIDE = {"image/webp": 16_383, "image/jpeg": 65_535, "image/avif": 65_535}
_LOSSLESS = ("image/png", "image/tiff")
_JXL_LIBRARY = "imagecodecs"
_JXL_EFFORT = 3            # four times as fast as the default 7, a tenth larger
# LZW, which every reader knows, makes noisy 16-bit samples larger than they were; deflating them harder than 3 gains nothing
_TIFF_PACKING: dict[int, dict[str, Any]] = {8: {"compression": "lzw"}, 16: {"compression": "deflate", "level": 3}}


def encode(pixels: Pixels, spec: OutputSpec, *, reserve_bytes: int = 0) -> Asset:
    """Write the picture as `spec` says: depth converted, alpha laid on white when it may not stay.

    RGBA without any transparent pixel is stored as RGB. A transparent background cannot be made here: `spec.background`
    "transparent" keeps the alpha that there is. With `spec.max_bytes` the quality is the best, up to `spec.quality`, whose file
    and `reserve_bytes` (what is added to it afterwards) fit. Raises InvalidValue when the format cannot hold the size, or no
    quality fits (the hint says which size is reachable); Unsupported for JXL without its library.
    """
    limit = _MAX_SIDE.get(spec.mime)
    if limit and max(pixels.width, pixels.height) > limit:
        raise InvalidValue(f"{spec.mime} holds sides up to {limit}, not {pixels.size}", field="output.mime",
                           hint="ask for image/png")
    check(spec)
    write, ready = _WRITERS[spec.mime], _prepared(pixels, spec)
    if spec.max_bytes is None:
        data = write(ready, spec.quality, spec.bit_depth)
    else:
        data = _fitted(lambda quality: write(ready, quality, spec.bit_depth), spec, ready, reserve_bytes)
    return Asset(data=data, mime=spec.mime, size=pixels.size)


def fit_bytes(pixels: Pixels, spec: OutputSpec, max_bytes: int) -> Asset:
    """Write the picture with the best quality, up to `spec.quality`, whose file has at most `max_bytes`. Raises as `encode`."""
    return encode(pixels, replace(spec, max_bytes=max_bytes))


def check(spec: OutputSpec) -> None:
    """Raise Unsupported for a format that this installation cannot write: before anything is drawn."""
    if not available(spec.mime):
        raise Unsupported(f"{spec.mime} needs a library that is not installed here", field="output.mime",
                          hint="pip install 'cavendish[jxl]' on the server, or ask for image/avif")


def available(mime: str) -> bool:
    """Whether this installation can write the format; all but image/jxl always can be."""
    return mime in _WRITERS and (mime != "image/jxl" or importlib.util.find_spec(_JXL_LIBRARY) is not None)


def _prepared(pixels: Pixels, spec: OutputSpec) -> Pixels:
    """Return the channels and the depth that the file will have: 16 bits where the format then takes 10 or 12 of them."""
    if spec.background == "opaque" or spec.mime == "image/jpeg":
        pixels = flatten(pixels)
    elif spec.background == "auto" and is_opaque(pixels) and pixels.channels == 4:
        pixels = with_channels(pixels, 3)
    return with_depth(pixels, 8 if spec.bit_depth == 8 else 16)


def _fitted(write: Callable[[int], bytes], spec: OutputSpec, pixels: Pixels, reserve_bytes: int) -> bytes:
    """Bisect the quality. Files grow with it, so that at most seven are written after the first and the smallest."""
    room = (spec.max_bytes or 0) - reserve_bytes
    best = write(spec.quality)
    if len(best) <= room:
        return best
    smallest = _densest(pixels, best) if spec.mime in _LOSSLESS else write(1)
    if len(smallest) > room:
        raise InvalidValue(f"{pixels.size} as {spec.mime} does not fit {spec.max_bytes} bytes: the smallest file has "
                           f"{len(smallest) + reserve_bytes}", field="output.max_bytes",
                           hint=f"allow {len(smallest) + reserve_bytes} bytes, or ask for a smaller size"
                                + (" or image/webp or image/avif" if spec.mime in (*_LOSSLESS, "image/jpeg") else ""))
    best, low, high = smallest, 1, spec.quality
    while spec.mime not in _LOSSLESS and high - low > 1:
        middle = (low + high) // 2
        tried = write(middle)
        if len(tried) <= room:
            best, low = tried, middle
        else:
            high = middle
    return best


def _densest(pixels: Pixels, fast: bytes) -> bytes:
    """Deflate a lossless file as far as it goes; seconds for a large one."""
    if fast.startswith(png.SIGNATURE):
        small = bytes(_tagged(pixels).pngsave_buffer(compression=9, filter="all", keep="none"))
        small = png.mark_srgb(small)
    else:
        small = bytes(_profiled(pixels).tiffsave_buffer(compression="deflate", predictor="horizontal", level=9, keep="icc"))
    return min(small, fast, key=len)


def _png(pixels: Pixels, _quality: int, _depth: int) -> bytes:
    return png.encode(pixels)


def _jpeg(pixels: Pixels, quality: int, _depth: int) -> bytes:
    """4:4:4 at high quality, where halved colour would be the largest error."""
    if pixels.channels == 1:
        data = bytes(simplejpeg.encode_jpeg(view(pixels), quality, "GRAY", "Gray"))
    else:
        chroma = "444" if quality >= _FULL_CHROMA_QUALITY else "420"
        data = bytes(simplejpeg.encode_jpeg(view(pixels), quality, "RGB", chroma))
    body = b"ICC_PROFILE\0\1\1" + icc.srgb(pixels.channels)  # ICC.1 annex B.4: part 1 of 1
    at = 4 + int.from_bytes(data[4:6], "big") if data[2:4] == b"\xff\xe0" else 2
    return data[:at] + b"\xff\xe2" + (len(body) + 2).to_bytes(2, "big") + body + data[at:]


def _webp(pixels: Pixels, quality: int, _depth: int) -> bytes:
    sharp = quality >= _FULL_CHROMA_QUALITY
    return bytes(_profiled(_in_color(pixels)).webpsave_buffer(Q=quality, effort=2, smart_subsample=sharp, keep="icc"))


def _avif(pixels: Pixels, quality: int, depth: int) -> bytes:
    color = _in_color(pixels)
    image = _profiled(color, reduced(color, depth) if depth > 8 else None)
    chroma = "off" if quality >= _FULL_CHROMA_QUALITY else "auto"
    return bytes(image.heifsave_buffer(compression="av1", Q=quality, effort=0, bitdepth=depth, subsample_mode=chroma,
                                       keep="icc"))


def _tiff(pixels: Pixels, _quality: int, depth: int) -> bytes:
    return bytes(_profiled(pixels).tiffsave_buffer(predictor="horizontal", keep="icc", **_TIFF_PACKING[depth]))


def _jxl(pixels: Pixels, quality: int, _depth: int) -> bytes:
    """Quality 100 is lossless; below it, cjxl's own scale of distances. Without a profile a JXL file says sRGB by itself."""
    jxl = importlib.import_module(_JXL_LIBRARY)
    rows = view(pixels)[..., 0] if pixels.channels == 1 else view(pixels)
    if quality == 100:
        return bytes(jxl.jpegxl_encode(rows, lossless=True, effort=_JXL_EFFORT))
    distance = 0.1 + (100 - quality) * 0.09 if quality >= 30 else 53 / 3000 * quality**2 - 23 / 20 * quality + 25
    return bytes(jxl.jpegxl_encode(rows, distance=distance, effort=_JXL_EFFORT))


def _in_color(pixels: Pixels) -> Pixels:
    """Gray repeated: WebP has no gray, and libvips drops its profile from AVIF. The empty colour costs some bytes."""
    return with_channels(pixels, 3) if pixels.channels == 1 else pixels


def _tagged(pixels: Pixels, rows: Array | None = None) -> pyvips.Image:
    """Return the libvips image, `rows` instead of its samples when given, with its colour space named."""
    image = to_vips(pixels) if rows is None else pyvips.Image.new_from_array(rows)
    names = ("b-w", "srgb") if pixels.depth == 8 else ("grey16", "rgb16")
    return image.copy(interpretation=names[pixels.channels > 1])


def _profiled(pixels: Pixels, rows: Array | None = None) -> pyvips.Image:
    image = _tagged(pixels, rows)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", icc.srgb(pixels.channels))
    return image


_WRITERS: dict[str, Callable[[Pixels, int, int], bytes]] = {
    "image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/avif": _avif, "image/tiff": _tiff, "image/jxl": _jxl,
}
