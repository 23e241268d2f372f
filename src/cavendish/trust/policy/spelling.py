"""Undo spellings that hide words: forms of a text for comparison only, each letter knowing where it came from.

Sources: Unicode TR36 section 2 and UTS 39 section 4; the tables of look-alikes are those of decancer.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import decancer_py

_BLANKS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters by category, nothing on the screen
_OVERRIDE = re.compile("\u202e([^\u202c\n]*)\u202c?")  # shown right to left
_WORD = r"[^\W_]"
_SPACED = re.compile(rf"(?<!{_WORD})(?:{_WORD}[\W_]{{1,3}}){{2,}}{_WORD}(?!{_WORD})")  # p o r n, p.o.r.n, [p][o][r][n]
_GLUE = re.compile(rf"(?<={_WORD})[^\w\s]+(?={_WORD})|_+")  # hen.tai, por-n
_GAP = re.compile(r"[\W_]+")
_RUN = re.compile(r"[*#%_.\-]+")
_MASKED = re.compile(r"(?<![^\W_])[^\W_]+(?:[*#%_.\-]+[^\W_]+)+")  # p*rn, h*nt#i
_STRETCH = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1+")
_TOKEN = re.compile(r"\S+")
_DRAWN = re.compile(r"\(\)|\|>|\|\)|\|<|\|-\||\|\\/\||/\\|\\/")  # letters drawn with two or three signs
_DRAWN_AS = {"()": "o", "|>": "p", "|)": "d", "|<": "k", "|-|": "h", "|\\/|": "m", "/\\": "a", "\\/": "v"}
_LETTER = re.compile("[a-z]")
_SIGNS = re.compile(r"[0345789@$!|1+]")
_LEET = str.maketrans("0345789@$!|1+", "oeastbgasiiit")
_LEET_L = str.maketrans("0345789@$!|1+", "oeastbgasillt")


@dataclass(frozen=True, slots=True)
class Form:
    """A folded text; `origin[i]` is the index in the source of the character that `text[i]` came from."""

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the source."""
        found = [self.origin[i] for i in range(start, end)]
        return min(found), max(found) + 1


def forms(source: str) -> Iterator[tuple[Form, bool]]:
    """Give each reading of a text once, the plainest first, and whether its double letters were made single.

    Case, accents, invisible signs and look-alikes are undone in all of them; then spaced letters, inner punctuation, digits and
    signs for letters (1 is read as i and as l), stretched letters. Time grows with the length of the text alone.
    """
    seen: set[tuple[str, bool]] = set()
    for form in _readings(_plain(source)):
        short = _shorter(form, _STRETCH)
        for made, single in ((short, False), (_shorter(short, _DOUBLE), True)):
            if (made.text, single) not in seen and (made.text, False) not in seen:
                seen.add((made.text, single))
                yield made, single


def unmasked(form: Form, vocabulary: str) -> Form:
    """Put back vowels that signs stand for (p*rn) where that makes a word of the vocabulary, one a line."""
    edits: list[tuple[int, int, str]] = []
    for match in _MASKED.finditer(form.text):
        pattern = "".join(re.escape(c) if c.isalnum() else "[aeiou]" for c in _RUN.sub("*", match[0]))
        word = re.search(rf"^{pattern}$", vocabulary, re.M)
        if word is not None:
            pairs = zip(_RUN.finditer(match[0]), (c for c, p in zip(word[0], _RUN.sub("*", match[0]), strict=True) if p == "*"),
                        strict=True)
            edits += [(match.start() + sign.start(), match.start() + sign.end(), vowel) for sign, vowel in pairs]
    return _cut(form, edits)


def _readings(plain: Form) -> Iterator[Form]:
    joined = _without(plain, _SPACED, _GAP)
    glued = _without(joined, _GLUE)
    for form in (plain, joined, glued):
        drawn = _drawn(form)
        yield drawn
        for table in (_LEET, _LEET_L) if _SIGNS.search(drawn.text) else ():
            yield Form(_spelled(drawn.text, table), drawn.origin)


def _spelled(text: str, table: Mapping[int, int]) -> str:
    """Read digits and signs as letters, in tokens that have a letter."""
    def spell(match: re.Match[str]) -> str:
        word = match[0].rstrip("!|+")  # at the end they are punctuation
        known = _SIGNS.search(word) and _LETTER.search(word)
        return word.translate(table) + match[0][len(word):] if known else match[0]

    return _TOKEN.sub(spell, text)


def _plain(source: str) -> Form:
    if source.isascii():
        return Form(source.lower(), range(len(source)))
    letters: list[str] = []
    origin: list[int] = []
    for index in _seen_order(source):
        folded = _fold(source[index])
        letters.append(folded)
        origin.extend([index] * len(folded))
    return Form("".join(letters), origin)


def _seen_order(source: str) -> Sequence[int]:
    """Indices in the order of reading: what an override shows right to left is turned round."""
    if "\u202e" not in source:
        return range(len(source))
    order = list(range(len(source)))
    for match in _OVERRIDE.finditer(source):
        order[match.start(1):match.end(1)] = reversed(order[match.start(1):match.end(1)])
    return order


@lru_cache(maxsize=16_384)
def _fold(char: str) -> str:
    """One character as plain lower-case letters; "" for marks and for what nobody sees."""
    if char.isascii():
        return char.lower()
    kept = "".join(c for c in unicodedata.normalize("NFKD", char.casefold())
                   if unicodedata.category(c) not in ("Mn", "Me", "Cf") and c not in _BLANKS)
    if kept.isascii():
        return "".join(c for c in kept if c.isalnum()) or kept
    cured = str(decancer_py.parse(char))
    return cured if cured.isascii() and cured.isalnum() else kept


def _without(form: Form, pattern: re.Pattern[str], inside: re.Pattern[str] | None = None) -> Form:
    """Drop what a pattern finds, or, inside what it finds, what a second one does."""
    cuts = [m.span() for m in pattern.finditer(form.text)]
    if inside is not None:
        cuts = [(start + m.start(), start + m.end()) for start, end in cuts for m in inside.finditer(form.text[start:end])]
    return _cut(form, [(start, end, "") for start, end in cuts])


def _drawn(form: Form) -> Form:
    return _cut(form, [(*m.span(), _DRAWN_AS[m[0]]) for m in _DRAWN.finditer(form.text)])


def _shorter(form: Form, pattern: re.Pattern[str]) -> Form:
    return _cut(form, [(m.start(), m.end(), m[1]) for m in pattern.finditer(form.text) if m[1].isalnum()])


def _cut(form: Form, edits: list[tuple[int, int, str]]) -> Form:
    """Replace [start, end) by at most one letter, for edits in order."""
    if not edits:
        return form
    letters: list[str] = []
    origin: list[int] = []
    at = 0
    for start, end, new in edits:
        letters += (form.text[at:start], new)
        origin.extend(form.origin[at:start])
        origin.extend(form.origin[start:start + 1] if new else ())
        at = end
    letters.append(form.text[at:])
    origin.extend(form.origin[at:])
    return Form("".join(letters), origin)
