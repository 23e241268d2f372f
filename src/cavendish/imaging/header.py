"""What a file is, how large its picture claims to be and how many it holds, from its bytes alone. No decoder is touched.

This runs in the server itself, so every loop is bounded: no file of any kind holds it for longer than about 50 ms.

Readers follow the formats' own specifications: PNG 3rd ed., ITU T.81, RFC 9649 (WebP), ISO/IEC 23008-12 (`ispe`), GIF89a,
TIFF 6.0, BITMAPINFOHEADER. Every reader raises IndexError or struct.error when the file ends early; `read` turns both,
and ValueError, into BadImage.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from isal import isal_zlib

from cavendish.errors import BadImage
from cavendish.types import Size

ACCEPTED = "PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP"
MAX_SCANS = 100         # progressive JPEGs have about 10; thousands are a bomb
MAX_SCAN_PIXELS = 1_000_000_000  # scans times pixels: 20 scans of the largest picture
MAX_PNG_CHUNKS = 65_536
MAX_JPEG_SEGMENTS = 4_096  # before the frame header; cameras write about 20
MAX_GIF_BLOCKS = 262_144

_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_AVIF_BRANDS = (b"avif", b"avis")
_FILL = re.compile(rb"\xff+")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


@dataclass(frozen=True, slots=True)
class Header:
    """`kind` is Pillow's name of the format. `deep`: more than 8 bits per sample."""

    kind: str
    size: Size
    deep: bool = False


def read(data: bytes) -> Header:
    """Name the format by its first bytes and read the size. Raises BadImage for anything that is not on the list."""
    reader = _reader(data)
    if reader is None:
        raise BadImage(_stranger(data), hint=f"send {ACCEPTED}")
    try:
        return reader(data)
    except (IndexError, struct.error, ValueError) as exc:
        raise BadImage("the picture's header is cut off or damaged",
                       hint="save the file again, or send another copy") from exc


def _reader(data: bytes) -> Callable[[bytes], Header] | None:
    if data[4:8] == b"ftyp":
        return _avif if any(b in data[8:_box_end(data)] for b in _AVIF_BRANDS) else None
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp
    return next((reader for magic, reader in _MAGIC.items() if data.startswith(magic)), None)


def _box_end(data: bytes) -> int:
    return min(int.from_bytes(data[:4], "big"), 256)


def _stranger(data: bytes) -> str:
    """Say what the file seems to be; people rename files."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return "the picture is empty"
    if data[4:8] == b"ftyp" and any(b in data[8:_box_end(data)] for b in _HEIC_BRANDS):
        return "HEIC pictures cannot be opened here"
    if b"<svg" in start:
        return "SVG drawings are not accepted"
    known = {b"%pdf": "a PDF", b"pk\x03\x04": "a ZIP archive", b"8bps": "a Photoshop file", b"<": "a web page or XML",
             b"\xff\x0a": "JPEG XL", b"\0\0\0\x0cjxl": "JPEG XL", b"\0\0\0\x0cjp": "JPEG 2000"}
    for magic, name in known.items():
        if start.startswith(magic):
            return f"this is {name}, not a picture that can be opened"
    printable = start.isascii() and not re.search(rb"[\x00-\x08\x0e-\x1f]", start)
    return "this is text, not a picture" if printable else "this is not a picture in a known format"


def _png(data: bytes) -> Header:
    length, kind, width, height, depth = struct.unpack_from(">I4sIIB", data, 8)
    if kind != b"IHDR" or length != 13:
        raise ValueError("IHDR must come first")
    return Header("PNG", _size(width, height), deep=depth == 16)


def _jpeg(data: bytes) -> Header:
    at = _frame_header(data)
    height, width = struct.unpack_from(">HH", data, at + 5)
    return Header("JPEG", _size(width, height), deep=data[at + 4] != 8)


def _frame_header(data: bytes) -> int:
    """Where a JPEG's frame header (SOF) is."""
    at = 2
    for _ in range(MAX_JPEG_SEGMENTS):
        if data[at] == 0xFF:
            at = _FILL.match(data, at).end() - 1  # type: ignore[union-attr]  # it matches one byte at least
        marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
        if data[at] != 0xFF or marker in (0xD9, 0xDA) or length < 2:
            raise ValueError("no frame header")
        if marker in _SOF:
            return at
        at += 2 + length
    raise ValueError("too many segments")


def _webp(data: bytes) -> Header:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = 1 + _u24(data, 24), 1 + _u24(data, 27)
    elif kind == b"VP8L":
        bits, = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (v & 0x3FFF for v in struct.unpack_from("<HH", data, 26))
    else:
        raise ValueError("no VP8 chunk")
    return Header("WEBP", _size(width, height))


def _u24(data: bytes, at: int) -> int:
    if len(data) < at + 3:
        raise IndexError(at)
    return int.from_bytes(data[at:at + 3], "little")


def _avif(data: bytes) -> Header:
    """The largest `ispe` property counts: thumbnails, tiles and alpha planes have their own."""
    sizes = [struct.unpack_from(">II", data, m.start() + 8) for m in re.finditer(rb"ispe\0\0\0\0", data[:65_536])]
    if not sizes:
        raise ValueError("no ispe")
    return Header("AVIF", _size(max(w for w, _ in sizes), max(h for _, h in sizes)))


def _gif(data: bytes) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    return Header("GIF", _size(width, height))


def _bmp(data: bytes) -> Header:
    if struct.unpack_from("<I", data, 14)[0] == 12:  # OS/2
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return Header("BMP", _size(width, abs(height)))


def _tiff(data: bytes) -> Header:
    """First directory only; 256 and 257 are the sides, 258 the bits per sample, 324+ tiles that Pillow checks itself."""
    order = "<" if data[:2] == b"II" else ">"
    at, = struct.unpack_from(order + "I", data, 4)
    count, = struct.unpack_from(order + "H", data, at)
    tags: dict[int, int] = {}
    for i in range(count):
        tag, kind, number, value = struct.unpack_from(order + "HHI4s", data, at + 2 + 12 * i)
        width = "H" if kind == 3 else "I"
        tags[tag] = struct.unpack_from(order + width, value)[0]
        if tag == 258 and number > 2:
            tags[tag] = struct.unpack_from(order + "H", data, struct.unpack(order + "I", value)[0])[0]
    if 256 not in tags or 257 not in tags:
        raise ValueError("no sides")
    return Header("TIFF", _size(tags[256], tags[257]), deep=tags.get(258, 8) > 8)


def _size(width: int, height: int) -> Size:
    if width < 1 or height < 1:
        raise BadImage(f"the picture claims to be {width}x{height}", hint="send a picture with at least one pixel")
    return Size(width, height)


_MAGIC: dict[bytes, Callable[[bytes], Header]] = {
    b"\x89PNG\r\n\x1a\n": _png, b"\xff\xd8\xff": _jpeg, b"GIF87a": _gif, b"GIF89a": _gif, b"BM": _bmp,
    b"II*\0": _tiff, b"MM\0*": _tiff,
}


def check_png_chunks(data: bytes) -> None:
    """Walk all chunks of a PNG: CRCs right, an end, not a million of them. Raises BadImage. About 1 GB/s."""
    view, at = memoryview(data), 8
    for _ in range(MAX_PNG_CHUNKS):
        length = int.from_bytes(view[at:at + 4], "big")
        end = at + 8 + length
        if len(view) < end + 4:
            raise BadImage("the picture is cut off", hint="send the whole file")
        if isal_zlib.crc32(view[at + 4:end]) != int.from_bytes(view[end:end + 4], "big"):
            raise BadImage("the picture is damaged: a checksum is wrong", hint="save the file again, or send another copy")
        if data[at + 4:at + 8] == b"IEND":
            return
        at = end + 4
    raise BadImage(f"the PNG has more than {MAX_PNG_CHUNKS} chunks", hint="save the file again in an image editor")


def check_jpeg_scans(data: bytes, size: Size) -> None:
    """Refuse progressive bombs: each scan costs a pass over all pixels. Raises BadImage."""
    most = min(MAX_SCANS, max(1, MAX_SCAN_PIXELS // size.pixels))
    if data.count(b"\xff\xda", _frame_header(data)) > most:  # profiles before it may hold any bytes
        raise BadImage(f"the JPEG has more than {most} scans", hint="save the file again as an ordinary JPEG")


def is_sequence(data: bytes) -> bool:
    """Whether a file holds more than one picture: an animation or pages, of which intake opens the first.

    A file too odd to tell counts as one picture. Sources: GIF89a, APNG (`acTL`), RFC 9649 (VP8X), ISO/IEC 23008-12 (`avis`).
    """
    try:
        kind = read(data).kind
        return _SEVERAL[kind](data) if kind in _SEVERAL else False
    except (BadImage, IndexError, struct.error):
        return False


def _several_in_png(data: bytes) -> bool:
    at = next((at for name, at in png_chunks(data) if name == b"acTL"), None)
    return at is not None and int.from_bytes(data[at + 8:at + 12], "big") > 1


def _several_in_gif(data: bytes) -> bool:
    """Walk to the second image descriptor."""
    at = 13 + _color_table(data[10])
    pictures = 0
    for _ in range(MAX_GIF_BLOCKS):
        if data[at] == 0x3B:  # the trailer
            return False
        if data[at] == 0x2C:
            pictures += 1
            at += 11 + _color_table(data[at + 9])
        else:
            at += 2
        if pictures > 1:
            return True
        at = _after_sub_blocks(data, at)
    return False


def _color_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_sub_blocks(data: bytes, at: int) -> int:
    for _ in range(MAX_GIF_BLOCKS):
        if not data[at]:
            return at + 1
        at += 1 + data[at]
    raise IndexError(at)


def _several_in_tiff(data: bytes) -> bool:
    """Another directory follows the first."""
    order = "<" if data[:2] == b"II" else ">"
    at, = struct.unpack_from(order + "I", data, 4)
    count, = struct.unpack_from(order + "H", data, at)
    return bool(struct.unpack_from(order + "I", data, at + 2 + 12 * count)[0])


_SEVERAL: dict[str, Callable[[bytes], bool]] = {
    "PNG": _several_in_png, "GIF": _several_in_gif, "TIFF": _several_in_tiff,
    "WEBP": lambda data: data[12:16] == b"VP8X" and bool(data[20] & 0x02),
    "AVIF": lambda data: b"avis" in data[8:_box_end(data)],
}


def has_alpha(data: bytes) -> bool | None:
    """Tell whether a PNG, WebP or JPEG has transparency; None for other formats."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 25:
        return data[25] in (4, 6) or any(name == b"tRNS" for name, _ in png_chunks(data))  # colour type of IHDR
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) > 24:
        flags = {b"VP8X": data[20] & 0x10, b"VP8L": data[24] & 0x10, b"VP8 ": 0}  # RFC 9649; VP8L's alpha_is_used
        return bool(flags.get(data[12:16], 0))
    return False if data.startswith(b"\xff\xd8") else None


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Names and places of the chunks before the pixels, at most MAX_PNG_CHUNKS."""
    at = 8
    for _ in range(MAX_PNG_CHUNKS):
        name = data[at + 4:at + 8]
        if len(name) < 4 or name == b"IDAT":
            return
        yield name, at
        at += 12 + int.from_bytes(data[at:at + 4], "big")
