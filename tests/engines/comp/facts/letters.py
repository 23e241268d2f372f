"""Words in pictures, read back by OCR where its models know the script, else by the typesetter's own check for glyphs."""

import re
import unicodedata
from functools import cache

import numpy as np
from rapidocr import RapidOCR

from cavendish.errors import Unsupported
from cavendish.imaging import typeset
from cavendish.imaging.raster import Array
from engines.comp.facts.seen import Seen, differs

READS = re.compile(r"LATIN|CJK|HIRAGANA|KATAKANA")
WORST = 0.2  # share of characters that OCR may get wrong


@cache
def _reader() -> RapidOCR:
    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})


def shows(seen: Seen, words: str) -> bool:
    """Whether the words stand in the picture."""
    if any(c.isalpha() and not READS.match(unicodedata.name(c, "")) for c in words):
        return _set(seen, words)
    return error_rate(plain(words), read(seen.rows)) <= WORST


def _set(seen: Seen, words: str) -> bool:
    try:
        typeset.check(words)
    except Unsupported:
        return False
    inked = int(differs(seen.rows, seen.other(texts=())).sum())
    return any(t.text == words for t in seen.scene.texts) and inked > 0.002 * seen.rows[..., 0].size


def read(rows: Array) -> str:
    """Return all that OCR reads, line after line, without spaces; long banners in windows, as OCR shrinks what is long."""
    height, width = rows.shape[:2]
    short, step = min(height, width), 2 * min(height, width)
    if max(height, width) < 3 * short:
        return _lines(rows)
    windows = [rows[y:y + 3 * short, x:x + 3 * short] for y in range(0, height - short + 1, step) for x in range(0, width - short + 1, step)]
    return "\n".join(_lines(w) for w in windows)


def _lines(rows: Array) -> str:
    found = _reader()(np.ascontiguousarray(rows[..., ::-1]), use_cls=False)
    if found.txts is None:
        return ""
    pairs = zip(found.boxes, found.txts, strict=True)
    ordered = sorted(pairs, key=lambda p: (round(float(p[0][0][1]) / 24), float(p[0][0][0])))
    return plain("".join(text for _, text in ordered))


def plain(text: str) -> str:
    """Return it without case, spaces, accents and typographic quotes, which OCR models do not tell apart."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(c for c in folded if not c.isspace() and not unicodedata.combining(c) and c not in "「」“”\"'")


def error_rate(words: str, found: str) -> float:
    """Return the fewest edits that turn any stretch of `found` into `words`, per character (Sellers 1980)."""
    row = [0] * (len(found) + 1)
    for i, char in enumerate(words, 1):
        above, row = row, [i]
        for j, other in enumerate(found, 1):
            row.append(min(above[j - 1] + (char != other), above[j] + 1, row[-1] + 1))
    return min(row) / len(words)
