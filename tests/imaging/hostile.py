"""A corpus of files that strangers send, made here: nothing binary is in git. What each one gets is in docs/intake.md."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyvips
from PIL import Image, ImageCms, PngImagePlugin

from cavendish.imaging.png import SIGNATURE, chunk

OPENS, DAMAGED, LARGE = "opens", "bad_image", "too_large"


@dataclass(frozen=True, slots=True)
class Row:
    """One file: what it is, what becomes of it, and for one that opens its size and the colour in its top left corner."""

    name: str
    make: Callable[[], bytes]
    outcome: str
    size: tuple[int, int] = (0, 0)
    corner: tuple[int, ...] = ()  # () = not looked at
    several: bool = False         # the answer says that the first frame or page was used

    @property
    def told(self) -> str:
        """The outcome as docs/intake.md has it."""
        if self.outcome != OPENS:
            return f"`{self.outcome}`"
        return f"opens, {self.size[0]}x{self.size[1]}" + (", and the answer says that the first one was used" if self.several else "")


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 24)) -> Image.Image:
    """A ramp with a red top left corner, so that turns and channel mix-ups show."""
    x, y = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    return Image.fromarray(np.stack([255 - x / 2, y, x], axis=2).astype(np.uint8)).convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Encode with Pillow."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(width: int, height: int, depth: int = 8, color: int = 2, body: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG with any header, by hand."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def solid_webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: about 34 bytes for any number of pixels. The header of a small one is rewritten."""
    data = bytearray(saved(Image.new("RGB", (16, 16), (250, 0, 0)), "WEBP", lossless=True))
    kept = struct.unpack_from("<I", data, 21)[0] >> 28 << 28
    struct.pack_into("<I", data, 21, kept | (height - 1) << 14 | width - 1)
    return bytes(data)


def _frames(kind: str) -> bytes:
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "lime", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)


def _gif_400() -> bytes:
    """400 frames of 2000x2000, all the same block repeated."""
    one = saved(Image.new("P", (2000, 2000)), "GIF")
    start = one.index(b"\x2c\0\0\0\0")
    return one[:start] + one[start:-1] * 400 + b";"


def _oriented(number: int) -> bytes:
    turn = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[number]  # the Image.Transpose that undoes it
    stored = picture() if turn is None else picture().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = number
    return saved(stored, "PNG", exif=exif)


def with_gps() -> bytes:
    """A photograph that knows where it was taken: 51°30' N."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 0.0)})
    exif[0x010E] = "GPS-CANARY-51-30"
    return saved(picture(size=(160, 96)), "JPEG", quality=95, exif=exif)


def _sixteen(bands: int) -> bytes:
    rows = np.full((24, 40, bands), 0xFFFF, np.uint16)
    image = pyvips.Image.new_from_memory(rows.tobytes(), 40, 24, bands, "ushort")
    return bytes(image.copy(interpretation="rgb16" if bands > 2 else "grey16").pngsave_buffer(bitdepth=16))


def _palette_alpha() -> bytes:
    image = picture("P")
    return saved(image, transparency=image.getpixel((0, 0)))


def _huge_profile() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile += np.random.default_rng(1).bytes(10 * 2**20)
    profile[:4] = struct.pack(">I", len(profile))
    return saved(picture(), "JPEG", quality=95, icc_profile=bytes(profile)[:65_519 * 255])


def _compressed_text(megabytes: int) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "0" * megabytes * 2**20, zip=True)
    return saved(picture(), pnginfo=info)


def _tiff_loop() -> bytes:
    """The first directory names itself as the next one."""
    data = bytearray(saved(picture(), "TIFF"))
    at, = struct.unpack_from("<I", data, 4)
    count, = struct.unpack_from("<H", data, at)
    struct.pack_into("<I", data, at + 2 + 12 * count, at)
    return bytes(data)


def _pages() -> bytes:
    return saved(picture(), "TIFF", save_all=True, append_images=[Image.new("RGB", (40, 24), "blue")])


@cache
def _progressive() -> bytes:
    return saved(picture(size=(64, 64)), "JPEG", progressive=True)


def _scans(number: int) -> bytes:
    last = _progressive().rindex(b"\xff\xda")
    return _progressive()[:last] + _progressive()[last:-2] * number + b"\xff\xd9"


def _tiny_chunks() -> bytes:
    whole = saved(picture())
    return whole[:33] + chunk(b"teXt", b"") * 1_000_000 + whole[33:]


def _empty_segments() -> bytes:
    whole = saved(picture(), "JPEG")
    return whole[:2] + b"\xff\xfe\0\x02" * 1_000_000 + whole[2:]


def _jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + bytes(20)


def _tiff(width: int, height: int) -> bytes:
    return b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHIIHHII", 256, 4, 1, width, 257, 4, 1, height) + bytes(4)


def _bad_crc() -> bytes:
    data = bytearray(saved(picture()))
    data[60] ^= 1
    return bytes(data)


RED = (255, 0, 0)
SVG = b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg onload='alert(1)'>&x;</svg>"

ROWS = (
    # what people send
    *(Row(f"ordinary {kind}", lambda kind=kind: saved(picture(), kind), OPENS, (40, 24)) for kind in
      ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")),
    Row("PNG of one pixel", lambda: saved(Image.new("RGB", (1, 1), "red")), OPENS, (1, 1), RED),
    Row("PNG of 1x16384", lambda: saved(Image.new("RGB", (1, 16_384), "red")), OPENS, (1, 16_384), RED),
    Row("CMYK JPEG", lambda: saved(Image.new("CMYK", (40, 24), (0, 255, 255, 0)), "JPEG"), OPENS, (40, 24)),
    Row("16-bit RGB PNG", lambda: _sixteen(3), OPENS, (40, 24), (255, 255, 255)),
    Row("16-bit RGBA PNG", lambda: _sixteen(4), OPENS, (40, 24), (255, 255, 255)),
    Row("16-bit gray PNG", lambda: _sixteen(1), OPENS, (40, 24), (255, 255, 255)),
    Row("palette PNG with a transparent colour", _palette_alpha, OPENS, (40, 24)),
    Row("gray PNG with alpha", lambda: saved(picture("LA")), OPENS, (40, 24)),
    Row("one-bit PNG", lambda: saved(picture("1")), OPENS, (40, 24)),
    *(Row(f"PNG with EXIF orientation {n}", lambda n=n: _oriented(n), OPENS, (40, 24), RED) for n in range(1, 9)),
    Row("JPEG with EXIF GPS", with_gps, OPENS, (160, 96)),
    Row("JPEG with a 10 MB colour profile", _huge_profile, OPENS, (40, 24)),
    Row("animated GIF", lambda: _frames("GIF"), OPENS, (16, 16), several=True),
    Row("animated PNG", lambda: _frames("PNG"), OPENS, (16, 16), RED, several=True),
    Row("animated WebP", lambda: _frames("WEBP"), OPENS, (16, 16), several=True),
    Row("animated AVIF", lambda: _frames("AVIF"), OPENS, (16, 16), several=True),
    Row("TIFF of two pages", _pages, OPENS, (40, 24), RED, several=True),
    # files that are two things
    Row("JPEG with HTML in its comment", lambda: saved(picture(), "JPEG", comment=b"<script>alert(1)</script>"), OPENS, (40, 24)),
    Row("PNG with a ZIP archive behind it", lambda: saved(picture()) + b"PK\x03\x04 and more", OPENS, (40, 24), RED),
    Row("TIFF whose first directory follows itself", _tiff_loop, OPENS, (40, 24), RED, several=True),
    Row("GIF of 400 frames of 2000x2000", _gif_400, OPENS, (2000, 2000), several=True),
    Row("WebP of 7000x7000 in 34 bytes", lambda: solid_webp(7000, 7000), OPENS, (7000, 7000), (250, 0, 0)),
    # not pictures
    Row("SVG with an external entity and a script", lambda: SVG, DAMAGED),
    Row("HTML", lambda: b"<!doctype html><img src=x onerror=alert(1)>", DAMAGED),
    Row("PDF", lambda: b"%PDF-1.7\n", DAMAGED),
    Row("EPS", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", DAMAGED),
    Row("ICNS", lambda: b"icns\0\0\0\x10ic07\0\0\0\x08", DAMAGED),
    Row("HEIC", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", DAMAGED),
    Row("JPEG XL", lambda: b"\xff\x0a" + bytes(40), DAMAGED),
    Row("ZIP archive", lambda: b"PK\x03\x04" + bytes(40), DAMAGED),
    Row("words", lambda: b"just words\n", DAMAGED),
    # giants, refused by their header
    Row("PNG that claims 65535x65535", lambda: png(65_535, 65_535), LARGE),
    Row("PNG that claims 2147483647x2147483647", lambda: png(2**31 - 1, 2**31 - 1), LARGE),
    Row("PNG of 12000x12000 zeros", lambda: png(12_000, 12_000, body=zlib.compress(bytes(10**6))), LARGE),
    Row("one-bit PNG of 30000x30000", lambda: png(30_000, 30_000, 1, 0, zlib.compress(bytes(10**6))), LARGE),
    Row("PNG of 100000000x1", lambda: png(100_000_000, 1), LARGE),
    Row("PNG of 30000x1", lambda: saved(Image.new("RGB", (30_000, 1))), LARGE),
    Row("JPEG that claims 65000x65000", lambda: _jpeg(65_000, 65_000), LARGE),
    Row("WebP of 16000x16000 in 34 bytes", lambda: solid_webp(16_000, 16_000), LARGE),
    Row("GIF that claims 65535x65535", lambda: b"GIF89a\xff\xff\xff\xff\0\0\0;", LARGE),
    Row("BMP that claims 50000x50000", lambda: b"BM" + bytes(12) + struct.pack("<Iii", 40, 50_000, -50_000) + bytes(30), LARGE),
    Row("TIFF that claims 90000x90000", lambda: _tiff(90_000, 90_000), LARGE),
    # bombs of other kinds
    Row("PNG with a million tiny chunks", _tiny_chunks, DAMAGED),
    Row("PNG with 80 MB of compressed text", lambda: _compressed_text(80), DAMAGED),
    Row("PNG with an 80 MB compressed profile", lambda: png(1, 1, body=zlib.compress(bytes(4)), extra=chunk(
        b"iCCP", b"x\0\0" + zlib.compress(bytes(80 * 2**20)))), DAMAGED),
    Row("progressive JPEG of 65000 scans", lambda: _scans(65_000), DAMAGED),
    Row("JPEG with a million empty segments", _empty_segments, DAMAGED),
    Row("JPEG with 5 MB of fill bytes", lambda: b"\xff\xd8" + b"\xff" * 5 * 2**20, DAMAGED),
    # lies and damage
    Row("PNG cut off", lambda: saved(picture())[:-30], DAMAGED),
    Row("PNG with a wrong checksum", _bad_crc, DAMAGED),
    Row("PNG without pixels", lambda: png(64, 64), DAMAGED),
    Row("PNG with too few pixels", lambda: png(64, 64, body=zlib.compress(bytes(50))), DAMAGED),
    Row("PNG of no size", lambda: png(0, 5), DAMAGED),
    Row("palette PNG without a palette", lambda: png(4, 4, color=3, body=zlib.compress(bytes(20))), DAMAGED),
    Row("PNG cut off in its header", lambda: saved(picture())[:20], DAMAGED),
    Row("PNG without an end", lambda: saved(picture())[:-12], DAMAGED),
    Row("PNG of three bits a sample", lambda: png(4, 4, depth=3, body=zlib.compress(bytes(100))), DAMAGED),
    Row("PNG whose data is not deflate", lambda: png(64, 64, body=b"\x78\x01 no deflate here"), DAMAGED),
    Row("JPEG cut off in its header", lambda: saved(picture(), "JPEG")[:100], DAMAGED),
    Row("JPEG cut off", lambda: saved(picture(size=(200, 200)), "JPEG")[:-300], DAMAGED),
    Row("WebP cut off", lambda: saved(picture(size=(200, 200)), "WEBP")[:-200], DAMAGED),
    Row("AVIF cut off", lambda: saved(picture(size=(200, 200)), "AVIF")[:-100], DAMAGED),
    Row("GIF cut off", lambda: saved(picture(), "GIF")[:30], DAMAGED),
    Row("BMP cut off", lambda: saved(picture(), "BMP")[:60], DAMAGED),
    Row("TIFF without entries", lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0", DAMAGED),
    Row("TIFF whose directory is not in the file", lambda: b"MM\0*\xff\xff\xff\xf0", DAMAGED),
    Row("TIFF of floats", lambda: saved(Image.new("F", (4, 4)), "TIFF"), DAMAGED),
)


def table() -> str:
    """The corpus as docs/intake.md shows it."""
    return "| file | what it gets |\n| --- | --- |\n" + "".join(f"| {row.name} | {row.told} |\n" for row in ROWS)
