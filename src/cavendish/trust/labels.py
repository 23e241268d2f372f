"""Labels that survive platforms which strip C2PA: one XMP packet in the file, pixels untouched. It never holds the prompt.

XMP part 1 and 3 (ISO 16684): PNG iTXt `XML:com.adobe.xmp`, JPEG APP1, WebP `XMP ` chunk under VP8X; AVIF, JPEG XL and TIFF
in `labels_boxes`.
"""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, unescape

from cavendish.trust import labels_boxes
from cavendish.types import Asset

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = _SOURCE + "trainedAlgorithmicMedia"                        # made by a model trained on sampled content
ALGORITHMIC = _SOURCE + "algorithmicMedia"                           # made by an algorithm without training data
EDITED = _SOURCE + "algorithmicallyEnhanced"                         # an upload changed by rules, nothing generated
EDITED_BY_TRAINED = _SOURCE + "compositeWithTrainedAlgorithmicMedia"  # an upload changed by a trained model
COMPOSITE = _SOURCE + "compositeSynthetic"                           # several elements, at least one synthetic

_NAMESPACE = "urn:cavendish:label:1.0#"
_FIELDS = {"source_type": "Iptc4xmpExt:DigitalSourceType", "creator_tool": "xmp:CreatorTool", "credit": "photoshop:Credit",
           "engine": "cavendish:Engine", "revision": "cavendish:Revision", "seed": "cavendish:Seed",
           "request_digest": "cavendish:RequestDigest"}
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:cavendish="{namespace}">
{lines}
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
_PNG_KEY = b"XML:com.adobe.xmp\0\0\0\0\0"
_JPEG_KEY = b"http://ns.adobe.com/xap/1.0/\0"
_MAX_PACKET = 1 << 20
_MAX_SHOWN = 500
_JPEG_ROOM = 65_533 - len(_JPEG_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFacts:
    """What the label says. `source_type` is an IPTC term, `credit` names art, fonts or models that ask for it."""

    engine_name: str
    engine_id: str
    revision: str
    seed: int
    source_type: str
    request_digest: str
    credit: str = ""


def source_type(trained: bool, edited_base: bool) -> str:
    """Return the IPTC term for a picture of this engine, from nothing or from an upload."""
    return {(True, False): TRAINED, (True, True): EDITED_BY_TRAINED,
            (False, False): ALGORITHMIC, (False, True): EDITED}[trained, edited_base]


def label(asset: Asset, facts: LabelFacts) -> Asset:
    """Return the asset with its label written in; as it is when its type, or the structure of an engine's file, has no room."""
    write = _WRITERS.get(asset.mime)
    if write is None:
        return asset
    try:
        return replace(asset, data=write(asset, packet(facts)))
    except (ValueError, struct.error, IndexError, KeyError):
        return asset


def packet(facts: LabelFacts) -> bytes:
    """Return the XMP packet, UTF-8."""
    values = {"source_type": facts.source_type, "creator_tool": f"Cavendish ({facts.engine_name})", "credit": facts.credit,
              "engine": facts.engine_id, "revision": facts.revision, "seed": str(facts.seed),
              "request_digest": facts.request_digest}
    lines = "\n".join(f" <{_FIELDS[k]}>{escape(_printable(v))}</{_FIELDS[k]}>" for k, v in values.items() if v)
    return _PACKET.format(namespace=_NAMESPACE, lines=lines).encode()


def read_labels(data: bytes) -> dict[str, str]:
    """Return what a picture says of itself: the keys of `packet`, only those present. {} without a label.

    Reads foreign packets too, with the fields as elements or as attributes. Never raises: a label is a claim, not a proof.
    Values come short and without control characters: they are shown on terminals.
    """
    text = _find_packet(data)[:_MAX_PACKET].decode("utf-8", "replace")
    found = {}
    for key, name in _FIELDS.items():
        match = re.search(rf"<{name}>([^<]*)</{name}>", text) or re.search(rf'\b{name}="([^"]*)"', text)
        if match:
            found[key] = shown(unescape(match[1].strip(), {"&quot;": '"', "&apos;": "'"}))
    return found


def shown(text: str) -> str:
    """Return a stranger's words as they may be repeated: at most 500 characters, none that steers a terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text[:_MAX_SHOWN])


def _printable(text: str) -> str:
    """Drop what XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _into_png(asset: Asset, xmp: bytes) -> bytes:
    body = b"iTXt" + _PNG_KEY + xmp
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    after_header = 8 + 25  # signature, IHDR
    view = memoryview(asset.data)  # so that the picture is copied once, not twice
    return b"".join((view[:after_header], chunk, view[after_header:]))


def _into_jpeg(asset: Asset, xmp: bytes) -> bytes:
    """After APP0, which readers want first."""
    if len(xmp) > _JPEG_ROOM:
        raise ValueError(f"a label of {len(xmp)} bytes does not fit an APP1 segment")
    body = _JPEG_KEY + xmp
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    at = 4 + int.from_bytes(asset.data[4:6], "big") if asset.data[2:4] == b"\xff\xe0" else 2
    return asset.data[:at] + segment + asset.data[at:]


def _into_webp(asset: Asset, xmp: bytes) -> bytes:
    """Add the XMP chunk at the end and say so in VP8X, which is made when the file is of the simple kind."""
    chunks = dict(_riff(asset.data))
    flags = chunks.pop(b"VP8X", b"\0" * 10)[0] | 4  # RFC 9649: bit 2 = XMP
    if b"VP8L" in chunks and chunks[b"VP8L"][4] & 0x10:
        flags |= 0x10  # alpha
    sides = (asset.size.width - 1).to_bytes(3, "little") + (asset.size.height - 1).to_bytes(3, "little")
    parts = [(b"VP8X", bytes([flags, 0, 0, 0]) + sides), *chunks.items(), (b"XMP ", xmp)]
    body = b"WEBP" + b"".join(kind + struct.pack("<I", len(raw)) + raw + b"\0" * (len(raw) & 1) for kind, raw in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(data: bytes) -> list[tuple[bytes, bytes]]:
    at, found = 12, []
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4:at + 8], "little")
        found.append((data[at:at + 4], data[at + 8:at + 8 + length]))
        at += 8 + length + (length & 1)
    return found


def _find_packet(data: bytes) -> bytes:
    if data.startswith(b"\x89PNG"):
        at = data.find(b"iTXt" + _PNG_KEY)
        length = int.from_bytes(data[at - 4:at], "big") if at > 0 else 0
        return data[at + 4 + len(_PNG_KEY):at + 4 + length] if at > 0 else b""
    if data.startswith(b"\xff\xd8"):
        at = data.find(_JPEG_KEY)
        length = int.from_bytes(data[at - 2:at], "big") if at > 0 else 0
        return data[at + len(_JPEG_KEY):at - 2 + length] if at > 0 else b""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return dict(_riff(data)).get(b"XMP ", b"")
    return labels_boxes.packet_of(data)


_WRITERS: dict[str, Callable[[Asset, bytes], bytes]] = {
    "image/png": _into_png, "image/jpeg": _into_jpeg, "image/webp": _into_webp,
    "image/avif": lambda asset, xmp: labels_boxes.into_avif(asset.data, xmp),
    "image/tiff": lambda asset, xmp: labels_boxes.into_tiff(asset.data, xmp),
    "image/jxl": lambda asset, xmp: labels_boxes.into_jxl(asset.data, xmp),
}
