"""Typeset: words into a box, shaped and broken by Skia Paragraph with the fonts of the pack. It knows no pictures.

A character that no font of the pack can draw is an error that names it, never an empty box.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

import skia

from cavendish.catalog import pack
from cavendish.errors import Unsupported

_ALIGN = {
    "start": skia.textlayout.TextAlign.kLeft,
    "center": skia.textlayout.TextAlign.kCenter,
    "end": skia.textlayout.TextAlign.kRight,
}
_SCRIPTS = (  # by what the Unicode name of a letter starts with
    ("HIRAGANA", "Hira"),
    ("KATAKANA", "Hira"),
    ("HANGUL", "Hang"),
    ("CJK", "Hani"),
    ("BOPOMOFO", "Hani"),
    ("ARABIC", "Arab"),
    ("HEBREW", "Hebr"),
    ("DEVANAGARI", "Deva"),
    ("THAI", "Thai"),
    ("CYRILLIC", "Cyrl"),
    ("GREEK", "Grek"),
    ("LATIN", "Latn"),
)
_LOOKS = {
    "serif": "Noto Serif Display",
    "elegant": "Noto Serif Display",
    "hand": "Caveat",
    "script": "Caveat",
    "cursive": "Caveat",
    "brush": "Caveat",
    "condensed": "Oswald",
    "display": "Oswald",
    "sans": "Inter",
}
_RUN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]{2,}|[\u0e00-\u0e7f]{2,}")
LONGEST_RUN = 12  # letters of a run that is taken for one word
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # spaces and marks of direction have no glyph of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """How words are set. `family` is a font of the pack or a look ("serif", "handwritten"); lengths in pixels."""

    family: str = "Inter"
    weight: int = 700
    color: int = 0xFF000000  # Skia ARGB
    align: str = "center"  # start, center, end; start is the right side of right-to-left text
    leading: float = 1.12  # line height, in font sizes
    spacing: float = 0.0  # between letters, in font sizes; joined scripts ignore it
    largest: float = 1e9  # font size limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Words that were set: draw `paragraph` at the box's corner plus (dx, dy). `width` and `height` are of the ink."""

    paragraph: skia.textlayout.Paragraph
    size: float
    width: float
    height: float
    dx: float
    dy: float

    def draw(self, canvas: skia.Canvas, x: float, y: float) -> None:
        """Draw into the box whose corner is at x, y."""
        self.paragraph.paint(canvas, x + self.dx, y + self.dy)


def fit(text: str, width: float, height: float, type_: Type) -> Block:
    """Set words as large as they fit a box, centred in its height, lines balanced, no word broken.

    Raises Unsupported for a character without a glyph, ConfigError when the installation has no fonts.
    """
    words = _clean(text)
    families = check(words, type_.family)
    longest = _longest(words, families, type_)
    words = _bound(words)
    low, high = 1.0, max(1.0, min(type_.largest, height * 1.1, width * 0.99 / max(longest, 1e-6)))
    for _ in range(14):
        size = (low + high) / 2
        if _fits(_set(words, families, replace(type_, largest=size), width), width, height):
            low = size
        else:
            high = size
    final = replace(type_, largest=low)
    narrow = _balanced(words, families, final, (min(width, longest * low * 1.01), width))
    paragraph = _set(words, families, final, narrow)
    ink_width = min(narrow, paragraph.LongestLine)
    return Block(
        paragraph=paragraph,
        size=low,
        width=ink_width,
        height=paragraph.Height,
        dx=_shift(type_.align, width - narrow, is_rtl(words)),
        dy=(height - paragraph.Height) / 2,
    )


def check(text: str, family: str = "Inter") -> tuple[str, ...]:
    """Return the font families that draw a text, the wanted one first. Raises Unsupported, naming the first bare character."""
    wanted = family_of(family)
    chosen = [wanted]
    for char in dict.fromkeys(_clean(text)):
        if unicodedata.category(char) in _UNSEEN or any(_has(f, char) for f in chosen):
            continue
        found = next((f for f in _candidates(char, text) if _has(f, char)), None)
        if found is None:
            name = unicodedata.name(char, "unnamed")
            raise Unsupported(
                f"no font here can draw {char!r} (U+{ord(char):04X} {name})",
                field="text_layers.text",
                hint="leave this character out, or write it in another script",
            )
        chosen.append(found)
    return tuple(chosen)


def family_of(wanted: str) -> str:
    """Return the pack's family for a name or a look; its first when there is none such."""
    families = list(dict.fromkeys(f.family for f in pack.font_files()))
    folded = wanted.lower()
    exact = next((f for f in families if f.lower() == folded), None)
    look = next((v for k, v in _LOOKS.items() if k in folded and "sans" not in folded and v in families), None)
    return exact or look or ("Inter" if "Inter" in families or not families else families[0])


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def _clean(text: str) -> str:
    kept = re.sub(r"[ \t\r\f\v]+", " ", unicodedata.normalize("NFC", text).replace("\r\n", "\n")).strip()
    return "".join(c for c in kept if c == "\n" or unicodedata.category(c) != "Cc")


def _bound(words: str) -> str:
    """Join the letters of words in scripts that break anywhere, where spaces show what the words are."""
    parts = re.split(r"(\s+)", words)
    return "".join(_RUN.sub(lambda run: "\u2060".join(run[0]), p) if _whole(p, words) else p for p in parts)


def _whole(word: str, words: str) -> bool:
    """Whether a word must not break: any of a script with spaces, and short ones between spaces of a script without."""
    runs = [len(run) for run in _RUN.findall(word)]
    return not runs or (bool(re.search(r"\s", words)) and max(runs) <= LONGEST_RUN)


def _longest(words: str, families: tuple[str, ...], type_: Type) -> float:
    """Return the width of the widest word that must not break, in font sizes. Skia's own answer is of words already broken."""
    whole = sorted((w for w in set(words.split()) if _whole(w, words)), key=lambda w: (-len(w), w))[:4]
    return max((_set(w, families, replace(type_, largest=100.0), 1e7).LongestLine / 100 for w in whole), default=0.0)


def _fits(paragraph: skia.textlayout.Paragraph, width: float, height: float) -> bool:
    return bool(paragraph.Height <= height and paragraph.MinIntrinsicWidth <= width + 0.5)


def _balanced(words: str, families: tuple[str, ...], type_: Type, widths: tuple[float, float]) -> float:
    """Return the narrowest width that takes no more lines, so that the last line is not a lone word."""
    least, width = widths
    tall = _set(words, families, type_, width).Height
    low, high = max(width * 0.35, least), width
    for _ in range(7):
        middle = (low + high) / 2
        paragraph = _set(words, families, type_, middle)
        if paragraph.Height <= tall + 0.1 and paragraph.MinIntrinsicWidth <= middle:
            high = middle
        else:
            low = middle
    return min(width, high + 1.0)


def _shift(align: str, slack: float, rtl: bool) -> float:
    if align == "center":
        return slack / 2
    return slack if (align == "end") != rtl else 0.0


def _set(words: str, families: tuple[str, ...], type_: Type, width: float) -> skia.textlayout.Paragraph:
    """Lay a paragraph out at font size `largest`. Its own collection each time: collections are not safe between threads."""
    collection = skia.textlayout.FontCollection()
    provider = skia.textlayout.TypefaceFontProvider()
    for family in families:
        provider.registerTypeface(_typeface(family, type_.weight), family)
    collection.setDefaultFontManager(provider)
    rtl = is_rtl(words)
    align = {"start": "end", "end": "start"}.get(type_.align, type_.align) if rtl else type_.align
    style = skia.textlayout.ParagraphStyle()
    style.setTextAlign(_ALIGN[align])
    letters = skia.textlayout.TextStyle()
    letters.setFontSize(type_.largest)
    letters.setFontFamilies(list(families))
    letters.setColor(type_.color)
    letters.setHeight(type_.leading)
    letters.setHeightOverride(True)
    letters.setHalfLeading(True)
    if type_.spacing and not rtl:
        letters.setLetterSpacing(type_.spacing * type_.largest)
    style.setTextStyle(letters)
    builder = skia.textlayout.ParagraphBuilder.make(style, collection, skia.Unicodes.ICU.Make())
    builder.pushStyle(letters)
    builder.addText("\n".join(f"\u202b{line}\u202c" for line in words.split("\n")) if rtl else words)
    paragraph = builder.Build()
    paragraph.layout(max(1.0, width))
    return paragraph


def _candidates(char: str, text: str) -> list[str]:
    """Return families to try for a character, those made for its script first; Han follows the language around it."""
    name = unicodedata.name(char, "")
    script = next((code for prefix, code in _SCRIPTS if name.startswith(prefix)), "")
    if script == "Hani":
        near = {_script_of(c) for c in text}
        script = "Hira" if "Hira" in near else "Hang" if "Hang" in near else "Hani"
    files = pack.font_files()
    first = [f.family for f in files if script and script in f.scripts]
    return list(dict.fromkeys([*first, *(f.family for f in files)]))


def _script_of(char: str) -> str:
    name = unicodedata.name(char, "")
    return next((code for prefix, code in _SCRIPTS if name.startswith(prefix)), "")


def _has(family: str, char: str) -> bool:
    return bool(_typeface(family, 400).unicharToGlyph(ord(char)))


@lru_cache(maxsize=32)
def _typeface(family: str, weight: int) -> skia.Typeface:
    data = skia.Data.MakeWithCopy(pack.font_data(family, weight))
    return skia.FontMgr.New_Custom_Empty().makeFromData(data)  # never the system's fonts: they differ between machines
