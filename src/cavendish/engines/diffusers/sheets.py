"""Reference sheets: more pictures than a network reads one by one, tiled with their numbers on them."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cavendish.imaging.raster import Array, view, with_channels, wrap
from cavendish.imaging.resize import scale
from cavendish.types import Pixels, Reference, ReferenceRole, Size

_CELL = 512          # side of a tile
_LABEL = Size(64, 48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture as the network sees it, with the content address of everything on it."""

    pixels: Pixels
    digest: str


def fit_references(references: tuple[Reference, ...], limit: int) -> tuple[tuple[Shown, ...], str]:
    """Return at most `limit` pictures, and a note saying what was tiled ("" when nothing was).

    The picture to edit and the first ones stay whole; the rest share the last place as one sheet, numbered as sent.
    """
    opened = [(number, r) for number, r in enumerate(references, 1) if r.pixels is not None]
    if len(opened) <= limit:
        return tuple(_whole(r) for _, r in opened), ""
    kept = _kept_whole(opened, limit - 1)
    tiled = [pair for pair in opened if pair not in kept]
    sheet = Shown(pixels=tile([(n, r.pixels) for n, r in tiled if r.pixels]),
                  digest="sheet:" + ":".join(r.digest for _, r in tiled))
    numbers = ", ".join(str(n) for n, _ in tiled)
    note = f"This model reads {limit} pictures at once, so images {numbers} were put on one numbered sheet."
    return (*(_whole(r) for _, r in kept), sheet), note


def tile(pictures: list[tuple[int, Pixels]]) -> Pixels:
    """Lay numbered pictures on a white grid, each whole in its cell with its number in the corner."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    sheet = np.full((rows * _CELL, columns * _CELL, 3), 255, dtype=np.uint8)
    for place, (number, pixels) in enumerate(pictures):
        y, x = place // columns * _CELL, place % columns * _CELL
        sheet[y:y + _CELL, x:x + _CELL] = _cell(number, pixels)
    return wrap(sheet)


def _cell(number: int, pixels: Pixels) -> Array:
    cell = np.full((_CELL, _CELL, 3), 255, dtype=np.uint8)
    fitting = min(_CELL / pixels.width, _CELL / pixels.height)
    size = Size(max(1, round(pixels.width * fitting)), max(1, round(pixels.height * fitting)))
    y, x = (_CELL - size.height) // 2, (_CELL - size.width) // 2
    cell[y:y + size.height, x:x + size.width] = view(with_channels(scale(pixels, size), 3))
    cell[:_LABEL.height, :_LABEL.width] = 0
    cv2.putText(cell, str(number), (8, _LABEL.height - 12), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3, cv2.LINE_AA)
    return cell


def _kept_whole(opened: list[tuple[int, Reference]], room: int) -> list[tuple[int, Reference]]:
    bases = [pair for pair in opened if pair[1].role is ReferenceRole.BASE][-1:]
    others = [pair for pair in opened if pair not in bases]
    return sorted(bases + others[:max(0, room - len(bases))], key=lambda pair: pair[0])


def _whole(reference: Reference) -> Shown:
    if reference.pixels is None:
        raise ValueError("a reference was not opened")
    return Shown(pixels=reference.pixels, digest=reference.digest)
