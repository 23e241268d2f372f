"""Pixels to files. One function; the rest is what each format wants."""

from collections.abc import Callable

import pyvips
import simplejpeg

from cavendish.errors import InvalidValue
from cavendish.imaging import png
from cavendish.imaging.raster import flatten, is_opaque, view, with_channels, with_depth
from cavendish.imaging.resize import to_vips
from cavendish.types import Asset, OutputSpec, Pixels

_FULL_CHROMA_QUALITY = 90  # from here on JPEG keeps every colour sample
_MAX_SIDE = {"image/webp": 16_383, "image/jpeg": 65_535}


def encode(pixels: Pixels, spec: OutputSpec) -> Asset:
    """Write the picture as `spec` says: depth converted, alpha laid on white when it may not stay.

    RGBA without any transparent pixel is stored as RGB. A transparent background cannot be made here: `spec.background`
    "transparent" keeps the alpha that there is. Raises InvalidValue when the format cannot hold the size.
    """
    limit = _MAX_SIDE.get(spec.mime)
    if limit and max(pixels.width, pixels.height) > limit:
        raise InvalidValue(f"{spec.mime} holds sides up to {limit}, not {pixels.size}", field="output.mime",
                           hint="ask for image/png")
    if spec.background == "opaque" or spec.mime == "image/jpeg":
        pixels = flatten(pixels)
    elif spec.background == "auto" and is_opaque(pixels) and pixels.channels == 4:
        pixels = with_channels(pixels, 3)
    return Asset(data=_WRITERS[spec.mime](with_depth(pixels, spec.bit_depth), spec.quality), mime=spec.mime, size=pixels.size)


def _png(pixels: Pixels, _quality: int) -> bytes:
    return png.encode(pixels)


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    if pixels.channels == 1:
        return bytes(simplejpeg.encode_jpeg(view(pixels), quality, "GRAY", "Gray"))
    chroma = "444" if quality >= _FULL_CHROMA_QUALITY else "420"
    return bytes(simplejpeg.encode_jpeg(view(pixels), quality, "RGB", chroma))


def _webp(pixels: Pixels, quality: int) -> bytes:
    return bytes(_tagged(pixels).webpsave_buffer(Q=quality, effort=2, smart_subsample=quality >= _FULL_CHROMA_QUALITY,
                                                 keep="none"))


def _avif(pixels: Pixels, quality: int) -> bytes:
    return bytes(_tagged(pixels).heifsave_buffer(compression="av1", Q=quality, effort=0, bitdepth=8, keep="none"))


def _tagged(pixels: Pixels) -> pyvips.Image:
    return to_vips(pixels).copy(interpretation="b-w" if pixels.channels == 1 else "srgb")


_WRITERS: dict[str, Callable[[Pixels, int], bytes]] = {
    "image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp, "image/avif": _avif,
}
