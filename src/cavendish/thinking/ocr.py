"""OCR: what can be read in a picture, line by line, and where. RapidOCR's models lie in its wheel; nothing is fetched.

Source: https://github.com/RapidAI/RapidOCR (Apache-2.0; PP-OCR models). It reads Latin letters, Chinese and Japanese.
"""

import importlib.util
import re
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from cavendish.imaging import resize
from cavendish.imaging.raster import Array, view, with_channels, with_depth
from cavendish.types import Pixels, Size

LONGEST_SIDE_PX = 2_048  # a larger picture is read at this size
_WINDOW = 3              # a banner is read in windows of so many short sides: OCR shrinks what is long
_READS = re.compile(r"LATIN|CJK|HIRAGANA|KATAKANA|DIGIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text. `quad`: float (4, 2), its corners in pixels, from the top left of the text clockwise."""

    text: str
    quad: Array = field(compare=False, repr=False)


Page = tuple[Line, ...]  # in reading order


class TextReader(Protocol):
    """Reads text in pictures. Safe from many threads."""

    @property
    def name(self) -> str: ...

    def read(self, pixels: Pixels) -> tuple[Page, ...]:
        """Read a picture: one page, or several that overlap where it is long."""
        ...


@dataclass(slots=True)
class RapidReader:
    """RapidOCR on the processor, loaded when it is first asked."""

    name: str = "RapidOCR"
    loaded: Any = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, pixels: Pixels) -> tuple[Page, ...]:
        """Read a picture: half a second on one core at 1024 x 1024. Where nothing is found it looks from further off."""
        flat = with_channels(with_depth(pixels, 8), 3)
        longest = min(max(flat.width, flat.height), _WINDOW * min(flat.width, flat.height))  # of a window
        near = min(1.0, LONGEST_SIDE_PX / longest)
        pages = self._pages(pixels, flat, near)
        return pages if any(pages) else self._pages(pixels, flat, near / 2)

    def _pages(self, pixels: Pixels, flat: Pixels, shrink: float) -> tuple[Page, ...]:
        if shrink < 1:
            flat = resize.scale(flat, Size(max(1, round(flat.width * shrink)), max(1, round(flat.height * shrink))))
        rows = np.ascontiguousarray(view(flat)[..., ::-1])
        back = pixels.width / flat.width
        return tuple(self._page(rows[y:y + h, x:x + w], (x, y), back) for x, y, w, h in _windows(flat.size))

    def _page(self, rows: Array, corner: tuple[int, int], scale: float) -> Page:
        with self.lock:
            if self.loaded is None:
                from rapidocr import RapidOCR  # 1 s and 60 MB: only for who reads

                self.loaded = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
            found = self.loaded(np.ascontiguousarray(rows), use_cls=False)
        if found.txts is None:
            return ()
        quads = [(np.asarray(box, dtype=np.float64) + corner) * scale for box in found.boxes]
        lines = [Line(text=text, quad=quad) for text, quad in zip(found.txts, quads, strict=True)]
        return in_reading_order(lines)


def installed() -> bool:
    """Whether the extra `ocr` is here."""
    return importlib.util.find_spec("rapidocr") is not None and importlib.util.find_spec("onnxruntime") is not None


def can_read(text: str) -> bool:
    """Whether OCR knows every letter of a text."""
    letters = [c for c in text if c.isalnum()]
    return bool(letters) and all(_READS.search(unicodedata.name(c, "")) for c in letters)


def in_reading_order(lines: list[Line]) -> Page:
    """Order lines from the top, those of one height from the left."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: float(one.quad[:, 1].mean())):
        tall = float(np.ptp(line.quad[:, 1]))
        middle = float(line.quad[:, 1].mean())
        if rows and abs(middle - float(np.mean([o.quad[:, 1].mean() for o in rows[-1]]))) < 0.5 * tall:
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda one: float(one.quad[:, 0].min())))


def _windows(size: Size) -> list[tuple[int, int, int, int]]:
    """The whole picture, or windows of three short sides that overlap by one."""
    short, long = sorted((size.width, size.height))
    if long <= _WINDOW * short:
        return [(0, 0, size.width, size.height)]
    starts = [*range(0, long - _WINDOW * short, (_WINDOW - 1) * short), long - _WINDOW * short]
    side = _WINDOW * short
    return [(s, 0, side, short) if size.width > size.height else (0, s, short, side) for s in starts]
