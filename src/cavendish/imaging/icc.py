"""The sRGB profile that our files carry: ICC version 2, which every reader knows, and small. Made here, from the standard.

ICC.1:2001-04 (version 2.4), IEC 61966-2-1; the primaries are adapted to the profile's D50 by Bradford's matrix.
"""

import struct
from functools import lru_cache

import numpy as np

from cavendish.imaging.color import to_linear

_CURVE_POINTS = 64  # fewer, and linear interpolation between them moves an 8-bit level
_D50 = (0.9642, 1.0, 0.8249)
_PRIMARIES = {b"rXYZ": (0.436066, 0.222488, 0.013916), b"gXYZ": (0.385147, 0.716873, 0.097076),
              b"bXYZ": (0.143066, 0.060608, 0.714096)}
_MADE = (2026, 11, 21, 0, 0, 0)


@lru_cache(maxsize=2)
def srgb(channels: int = 3) -> bytes:
    """Return the profile of sRGB, or for one channel of gray with sRGB's curve. 600 bytes."""
    space = b"GRAY" if channels == 1 else b"RGB "
    coded = np.linspace(0, 1, _CURVE_POINTS)
    curve = b"curv\0\0\0\0" + struct.pack(">I", _CURVE_POINTS) + np.rint(to_linear(coded) * 65_535).astype(">u2").tobytes()
    tags = {b"desc": _description("sRGB"), b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": _xyz(_D50)}
    if channels == 1:
        tags[b"kTRC"] = curve
    else:
        tags |= {name: _xyz(value) for name, value in _PRIMARIES.items()} | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    body, table = b"", b""
    homes: dict[bytes, int] = {}
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        if value not in homes:  # the three curves are one
            homes[value] = start + len(body)
            body += value + b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", homes[value], len(value))
    total = start + len(body)
    return _header(total, space) + struct.pack(">I", len(tags)) + table + body


def _header(total: int, space: bytes) -> bytes:
    return (struct.pack(">I4xI4s4s4s6H4s4x4x4x4x8xI", total, 0x02400000, b"mntr", space, b"XYZ ", *_MADE, b"acsp", 0)
            + b"".join(struct.pack(">i", round(v * 65_536)) for v in _D50)).ljust(128, b"\0")


def _xyz(value: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65_536)) for v in value)


def _description(text: str) -> bytes:
    """ASCII only; the Unicode and Macintosh parts are there and empty."""
    plain = text.encode("ascii") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(plain)) + plain + b"\0" * (4 + 4 + 2 + 1 + 67)
