"""Spelling: is a text in what OCR read, how many letters are wrong, and where does it stand."""

import unicodedata
from dataclasses import dataclass, field

from cavendish.thinking.ocr import Page

MOST_CHARS = 2_000       # of a page; no picture shows more that is quoted
MOST_LEFT_OVER = 2       # letters of the same word beside a reading that count as wrong; more are another word, run together
HERE_RATE = 0.6          # more wrong than this: the text is not there at all
_SAME = str.maketrans({"0": "o", "1": "l", "|": "l", "i": "l", "ı": "l", "ß": "s", "5": "s"})  # OCR cannot tell these apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a wanted text stands in a picture. `rate` is the character error rate: 0 right, 1 nothing of it.

    `lines` are those that hold the nearest reading, () when there is none.
    """

    wanted: str
    rate: float
    read: str = ""
    lines: Page = field(default=(), compare=False, repr=False)
    whole: str = ""  # those lines with the reading put right, other words on them as they were read

    @property
    def right(self) -> bool:
        return self.rate == 0

    def sentence(self) -> str:
        """For the thoughts."""
        if self.right:
            return f"The text “{self.wanted}” is in the picture."
        if not self.lines:
            return f"The text “{self.wanted}” is not in the picture."
        return f"The text “{self.wanted}” reads “{self.read}”: {self.rate:.0%} of its letters are wrong."


def folded(text: str) -> str:
    """Letters and digits alone, without case and accents, and without what OCR cannot tell apart."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in plain if c.isalnum() and not "\u0300" <= c <= "\u036f")
    return "".join(kept).translate(_SAME)


def spell(wanted: str, pages: tuple[Page, ...]) -> Spelling:
    """Find the reading nearest to a text, over line breaks. The fewest edits count; other words around it do not."""
    best = Spelling(wanted=wanted, rate=1.0)
    target = folded(wanted)
    if not target:
        return Spelling(wanted=wanted, rate=0.0)
    for page in pages:
        text, owners = _joined(page)
        edits, start, end = nearest(target, text, _beside(text, owners))
        rate = min(1.0, edits / len(target))
        if rate < best.rate:
            lines = tuple(page[n] for n in sorted({line for line, _ in owners[start:end]}))
            here = lines if rate <= HERE_RATE else ()
            best = Spelling(wanted=wanted, rate=rate, read=" ".join(line.text for line in here), lines=here,
                            whole=_put_right(page, owners, (start, end), wanted) if here else "")
    return best


def nearest(target: str, text: str, beside: tuple[list[int], list[int]]) -> tuple[int, int, int]:
    """Edits between `target` and the part of `text` most like it, and where that part is. Source: Sellers, 1980.

    `beside` is what it costs to begin, and to end, at each place.
    """
    row = list(zip(beside[0], range(len(text) + 1), strict=True))  # (edits, where the part begins)
    for number, letter in enumerate(target, 1):
        above, row = row, [(number, 0)]
        for place, other in enumerate(text, 1):
            row.append(min((above[place - 1][0] + (letter != other), above[place - 1][1]),
                           (above[place][0] + 1, above[place][1]), (row[-1][0] + 1, row[-1][1])))
    end = min(range(len(row)), key=lambda n: (row[n][0] + beside[1][n], n))
    return row[end][0] + beside[1][end], row[end][1], end


def _joined(page: Page) -> tuple[str, list[tuple[int, int]]]:
    """All letters of a page, and which line and word each is of."""
    text = ""
    owners: list[tuple[int, int]] = []
    for number, line in enumerate(page):
        for place, word in enumerate(line.text.split()):
            letters = folded(word)
            text += letters
            owners += [(number, place)] * len(letters)
    return text[:MOST_CHARS], owners[:MOST_CHARS]


def _beside(text: str, owners: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """At each place the letters that its word has before and after it: "OPENN" is not "OPEN"."""
    before, after = [0] * (len(text) + 1), [0] * (len(text) + 1)
    for place in range(1, len(text)):
        same = owners[place] == owners[place - 1] and text[place].isascii()
        before[place] = before[place - 1] + 1 if same else 0
    for place in range(len(text) - 1, 0, -1):
        same = owners[place] == owners[place - 1] and text[place].isascii()
        after[place] = after[place + 1] + 1 if same else 0
    return [n if n <= MOST_LEFT_OVER else 0 for n in before], [n if n <= MOST_LEFT_OVER else 0 for n in after]


def _put_right(page: Page, owners: list[tuple[int, int]], part: tuple[int, int], wanted: str) -> str:
    """The lines of a reading with the wanted text in the place of its words."""
    covered = set(owners[part[0]:part[1]])
    used = sorted({line for line, _ in covered})
    first = min(covered)
    words = (((number, place), word) for number in used for place, word in enumerate(page[number].text.split()))
    return " ".join(wanted if key == first else word for key, word in words if key == first or key not in covered)
