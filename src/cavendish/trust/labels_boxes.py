"""The XMP packet in AVIF (ISO/IEC 23008-12 items), JPEG XL (ISO/IEC 18181-2 boxes) and TIFF (tag 700): written in, read out.

Writers serve files of our own codecs and of engines and raise ValueError for a structure they do not know; readers serve
anybody's files and give b"" instead.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

XMP_MIME = b"application/rdf+xml"
_XMP_TAG = 700
_JXL_HEAD = b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I", 20) + b"ftypjxl \0\0\0\0jxl "
_MAX_PACKET = 1 << 20


def into_avif(data: bytes, xmp: bytes) -> bytes:
    """Add an item of type `mime` that describes the primary item; its bytes go to a new `mdat` at the end of the file."""
    start, end = _meta(data)
    parts = [data[a - 8:b] for _, a, b in _boxes(data, start + 4, end)]
    order = [part[4:8] for part in parts]
    inner = dict(zip(order, parts, strict=True))
    if not {b"iinf", b"iloc", b"pitm"} <= set(inner) or len(inner) < len(order) or inner[b"iloc"][8] > 2 or inner[b"pitm"][8]:
        raise ValueError("no meta box of a kind that is known")
    primary = int.from_bytes(inner[b"pitm"][12:14], "big")
    item = 1 + max(_items(inner[b"iloc"]))
    inner[b"iinf"] = _with_info(inner[b"iinf"], item)
    inner[b"iref"] = _with_reference(inner.get(b"iref"), item, primary)
    sizes = sum(len(inner[k]) for k in inner) + _location_size(inner[b"iloc"])
    shift = sizes + 4 + 8 - (end - start + 8)
    at = len(data) + shift + 8  # the packet, in the mdat that follows everything
    inner[b"iloc"] = _with_location(inner[b"iloc"], item, (at, len(xmp)), (end, shift))
    if b"iref" not in order:
        order.insert(order.index(b"iinf") + 1, b"iref")
    meta = _box(b"meta", data[start:start + 4] + b"".join(inner[k] for k in order))
    return data[:start - 8] + meta + data[end:] + _box(b"mdat", xmp)


def into_jxl(data: bytes, xmp: bytes) -> bytes:
    """Append an `xml ` box; a bare codestream gets its container first."""
    if data.startswith(b"\xff\x0a"):
        data = _JXL_HEAD + _box(b"jxlc", data)
    return data + _box(b"xml ", xmp)


def into_tiff(data: bytes, xmp: bytes) -> bytes:
    """Write the first directory again, with tag 700, at the end of the file, and the packet after it."""
    order = _order(data)
    at, = struct.unpack_from(order + "I", data, 4)
    count, = struct.unpack_from(order + "H", data, at)
    entries = [data[at + 2 + 12 * i:at + 14 + 12 * i] for i in range(count)]
    following = data[at + 2 + 12 * count:at + 6 + 12 * count]
    padded = data + b"\0" * (len(data) & 1)
    tags = {struct.unpack_from(order + "H", e)[0]: e for e in entries} | {_XMP_TAG: b""}
    packet_at = len(padded) + 2 + 12 * len(tags) + 4
    tags[_XMP_TAG] = struct.pack(order + "HHII", _XMP_TAG, 1, len(xmp), packet_at)
    directory = struct.pack(order + "H", len(tags)) + b"".join(tags[t] for t in sorted(tags)) + following
    return padded[:4] + struct.pack(order + "I", len(padded)) + padded[8:] + directory + xmp


def packet_of(data: bytes) -> bytes:
    """Return the packet of an AVIF, JPEG XL or TIFF file, b"" when there is none or the file is broken."""
    with suppress(struct.error, IndexError, ValueError, KeyError):
        if data[4:8] == b"ftyp":
            return _from_avif(data)[:_MAX_PACKET]
        if data.startswith(_JXL_HEAD[:12]):
            return next((data[a:b] for kind, a, b in _boxes(data, 0, len(data)) if kind == b"xml "), b"")[:_MAX_PACKET]
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _from_tiff(data)[:_MAX_PACKET]
    return b""


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (kind, start of body, end) of the boxes of a range. Raises ValueError for a size that leaves it."""
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, = struct.unpack_from(">Q", data, at + 8)
            head = 16
        size = size or end - at
        if size < head or at + size > end:
            raise ValueError("a box leaves its place")
        yield kind, at + head, at + size
        at += size


def _meta(data: bytes) -> tuple[int, int]:
    """Return where the body of the one `meta` box starts and ends. Raises ValueError, for sequences (`moov`) too."""
    places = [(kind, a, b) for kind, a, b in _boxes(data, 0, len(data)) if kind in (b"meta", b"moov")]
    if len(places) != 1 or places[0][0] != b"meta" or data[places[0][1] - 4:places[0][1]] != b"meta":
        raise ValueError("no meta box of a kind that is known")
    return places[0][1:]


def _with_info(iinf: bytes, item: int) -> bytes:
    """`iinf`: one `infe` of version 2 more."""
    wide = iinf[8] > 0
    count = int.from_bytes(iinf[12:16 if wide else 14], "big") + 1
    entry = _box(b"infe", b"\2\0\0\1" + struct.pack(">HH4s", item, 0, b"mime") + b"XMP\0" + XMP_MIME + b"\0\0")
    return _box(b"iinf", iinf[8:12] + count.to_bytes(4 if wide else 2, "big") + iinf[16 if wide else 14:] + entry)


def _with_reference(iref: bytes | None, item: int, primary: int) -> bytes:
    """`iref`: the packet describes (`cdsc`) the primary item."""
    if iref is not None and iref[8] != 0:
        raise ValueError("item references of a version that is not known")
    return _box(b"iref", (iref[8:] if iref else b"\0\0\0\0") + _box(b"cdsc", struct.pack(">HHH", item, 1, primary)))


class _Locations:
    """The head of an `iloc` box: how wide its numbers are."""

    def __init__(self, iloc: bytes) -> None:
        self.version = iloc[8]
        self.offset, self.length = iloc[12] >> 4, iloc[12] & 15
        self.base, self.index = iloc[13] >> 4, iloc[13] & 15 if self.version else 0
        self.id_width = 4 if self.version == 2 else 2
        self.entries = 14 + self.id_width
        self.count = int.from_bytes(iloc[14:self.entries], "big")

    def one(self, item: int, at: int, length: int) -> bytes:
        """An entry for an item in the file, with one extent; its place is the base, as libheif does: c2pa-rs moves a base of 0
        and the extent after it when it signs, so that the item would be lost."""
        method = b"\0\0" if self.version else b""
        base, offset = (at, 0) if self.base else (0, at)
        return (item.to_bytes(self.id_width, "big") + method + b"\0\0" + base.to_bytes(self.base, "big") + b"\0\1"
                + bytes(self.index) + offset.to_bytes(self.offset, "big") + length.to_bytes(self.length, "big"))


def _location_size(iloc: bytes) -> int:
    return len(_Locations(iloc).one(0, 0, 0))


def _walk(iloc: bytes) -> Iterator[tuple[int, int, int, int, list[tuple[int, int, int]]]]:
    """Yield (item, method, position of the base, base, [(position of the offset, offset, length)]) of each entry."""
    head = _Locations(iloc)
    at = head.entries
    for _ in range(head.count):
        item = int.from_bytes(iloc[at:at + head.id_width], "big")
        at += head.id_width
        method = iloc[at + 1] & 15 if head.version else 0
        at += 4 if head.version else 2
        base_at, at = at, at + head.base
        extents, at = int.from_bytes(iloc[at:at + 2], "big"), at + 2
        found = []
        for _ in range(extents):
            at += head.index
            found.append((at, int.from_bytes(iloc[at:at + head.offset], "big"),
                          int.from_bytes(iloc[at + head.offset:at + head.offset + head.length], "big")))
            at += head.offset + head.length
        if at > len(iloc):
            raise ValueError("iloc is cut off")
        yield item, method, base_at, int.from_bytes(iloc[base_at:base_at + head.base], "big"), found


def _items(iloc: bytes) -> list[int]:
    return [item for item, *_ in _walk(iloc)]


def _with_location(iloc: bytes, item: int, place: tuple[int, int], moved: tuple[int, int]) -> bytes:
    """`iloc`: one entry more; everything in the file from `moved[0]` on lies `moved[1]` bytes further."""
    head, out = _Locations(iloc), bytearray(iloc)
    after, shift = moved
    for _, method, base_at, base, extents in _walk(iloc):
        if method:
            continue
        if head.base and base >= after:
            out[base_at:base_at + head.base] = (base + shift).to_bytes(head.base, "big")
            continue
        for at, offset, _ in extents:
            if base + offset >= after:
                out[at:at + head.offset] = (offset + shift).to_bytes(head.offset, "big")
    count = (head.count + 1).to_bytes(head.id_width, "big")
    return _box(b"iloc", bytes(out[8:14]) + count + bytes(out[head.entries:]) + head.one(item, *place))


def _from_avif(data: bytes) -> bytes:
    start, end = _meta(data)
    inner = {kind: (a, b) for kind, a, b in _boxes(data, start + 4, end)}
    wide = data[inner[b"iinf"][0]] > 0
    named = set()
    for kind, a, b in _boxes(data, inner[b"iinf"][0] + (8 if wide else 6), inner[b"iinf"][1]):
        if kind == b"infe" and data[a] == 2 and data[a + 8:a + 12] == b"mime" and XMP_MIME in data[a + 12:b]:
            named.add(int.from_bytes(data[a + 4:a + 6], "big"))
    iloc = data[inner[b"iloc"][0] - 8:inner[b"iloc"][1]]
    for item, method, _, base, extents in _walk(iloc):
        if item in named and not method:
            return b"".join(data[base + offset:base + offset + length] for _, offset, length in extents)
    return b""


def _from_tiff(data: bytes) -> bytes:
    order = _order(data)
    at, = struct.unpack_from(order + "I", data, 4)
    count, = struct.unpack_from(order + "H", data, at)
    for i in range(count):
        tag, _, length, where = struct.unpack_from(order + "HHII", data, at + 2 + 12 * i)
        if tag == _XMP_TAG and length > 4:
            return data[where:where + length]
    return b""


def _order(data: bytes) -> str:
    return "<" if data[:2] == b"II" else ">"
