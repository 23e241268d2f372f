"""Changes worded as whole sentences: "犬を猫に変えて", "den Hut entfernen", "köpeği büyüt". Patterns by language, none here."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cavendish.engines.comp.planning import vocabulary, words

MAX_CHARS = 300  # nobody words one change at greater length, and patterns look back and forth
LAST = frozenset({"ja", "ko", "tr", "hi"})  # languages whose verb ends the sentence
_HELD = re.compile("[\ue000-\uefff]")
_VOWEL_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_LOOSE: Mapping[str, Mapping[str, str]] = {
    "tr": {"ı": "[ıi]", "ğ": "[ğg]", "ş": "[şs]", "ç": "[çc]", "ö": "[öo]", "ü": "[üu]"},
    "ar": {"ا": "[اأإآ]", "ي": "[يى]", "ى": "[يى]", "ة": "[ةه]"},
}
_TABLES = frozenset({"cut", "soft", "end", "same", "whole"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A sentence taken apart: its operation, the thing that it is about, and what that becomes, gets, or where it goes."""

    verb: str
    thing: str = ""
    made: str = ""


def shape(text: str, lang: str) -> Shape | None:
    """Take a clause apart by the first pattern of its language that holds; None when none does."""
    plain = _VOWEL_MARKS.sub("", unicodedata.normalize("NFC", text)) if lang in ("ar", "hi") else text
    said, held = words.hold(plain)
    said = _spelled(_polite(" ".join(said.split()).strip(" .!?。！？।؟~"), lang), lang)
    if not said or len(said) > MAX_CHARS:
        return None
    for verb, pattern in _patterns(lang):
        match = pattern.search(said)
        if match is not None:
            found = match.groupdict()
            thing, made = (_restored(found.get(name) or "", held) for name in ("x", "y"))
            return Shape(verb, "" if thing.casefold() in _whole() else _counted(thing, found.get("n") or ""), made)
    return None


def _counted(thing: str, number: str) -> str:
    """Put a number that was said after its noun before it: 犬の隣に猫を2匹 -> 犬の隣に2匹の猫."""
    at = thing.rfind("に") + 1
    return f"{thing[:at]}{number}の{thing[at:]}" if number else thing


def _polite(said: str, lang: str) -> str:
    """Take away "could you please" and the like."""
    asks = _asks(lang)
    return asks.sub("", said) if asks else said


@cache
def _asks(lang: str) -> re.Pattern[str] | None:
    polite = vocabulary.table("edits")["polite"].get(lang, {})
    listed = vocabulary.phrases(str(polite["polite"])) if "polite" in polite else []
    names = "|".join(sorted(map(re.escape, listed), key=len, reverse=True))
    return re.compile(rf"^(?:(?:{names})[\s,]+(?!of\b))+", re.IGNORECASE) if listed else None


def _spelled(said: str, lang: str) -> str:
    for word, usual in _same(lang):
        said = word.sub(usual, said)
    return said


@cache
def _same(lang: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    listed = str(vocabulary.table("edits_patterns")["same"].get(lang, ""))
    pairs = (pair.split(" > ") for pair in vocabulary.phrases(listed))
    edge = "" if lang in ("ja", "zh") else r"(?!\w)"
    return tuple((re.compile(re.escape(word) + edge, re.IGNORECASE), usual) for word, usual in pairs)


@cache
def _whole() -> frozenset[str]:
    return frozenset(vocabulary.phrases(str(vocabulary.table("edits_patterns")["whole"]["all"])))


def cuts(lang: str) -> re.Pattern[str]:
    """Return where sentences of a language are cut into changes."""
    own = vocabulary.table("edits_patterns")["cut"].get(lang, "")
    listed = str(own)
    marks = r"[;!?\n。！？、，；؛،।]+|\.(?!\d)|,(?!\d)"
    return re.compile(f"{marks}|{listed}" if listed else marks)


def spoken() -> tuple[str, ...]:
    """Return the languages whose changes are read, English left out."""
    return tuple(lang for lang in vocabulary.table("edits_patterns") if lang not in _TABLES and lang != "en")


@cache
def _patterns(lang: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = vocabulary.table("edits_patterns")
    if lang in _TABLES or lang not in table:
        return ()
    soft, end = (str(table[name].get(lang, "")) for name in ("soft", "end"))
    return tuple((verb, _compiled(pattern.replace("{soft}", soft).replace("{end}", end), lang))
                 for verb, listed in table[lang].items() for pattern in listed)


def _compiled(pattern: str, lang: str) -> re.Pattern[str]:
    """Compile a pattern that also matches the other spellings of its letters; inside a set they are only added."""
    loose = _LOOSE.get(lang, {})
    out, inside = [], False
    for char in unicodedata.normalize("NFC", pattern):
        inside = char == "[" or (inside and char != "]")
        other = loose.get(char, char)
        out.append(other[1:-1] if inside and len(other) > 1 else other)
    return re.compile("".join(out), re.IGNORECASE)


def place(text: str, lang: str) -> tuple[str, str]:
    """Return the region of the picture that a text begins or ends with, and the rest of it; ("", text) without one.

    "To the left of the dog" is none: there the place stands between other words.
    """
    pattern = _places(lang)
    plain = _VOWEL_MARKS.sub("", unicodedata.normalize("NFC", text)) if lang in ("ar", "hi") else text
    match = pattern.search(plain) if pattern else None
    if match is None:
        return "", text
    region = next(name for name, found in match.groupdict().items() if found)
    return region.rstrip("_"), " ".join(f"{plain[:match.start()]} {plain[match.end():]}".split())


@cache
def _places(lang: str) -> re.Pattern[str] | None:
    listed: Mapping[str, str] = vocabulary.table("edits")["place"].get(lang, {})
    spelled = ((p, region) for region, names in listed.items() for p in vocabulary.phrases(names))
    pairs = sorted(spelled, key=lambda pair: -len(pair[0]))
    if not pairs:
        return None
    regions = list(dict.fromkeys(region for _, region in pairs))
    spaced = lang not in ("ja", "zh")
    edge = r"(?!\w)" if spaced else ""
    by_region = {r: "|".join(_compiled(re.escape(p), lang).pattern for p, of in pairs if of == r) for r in regions}
    first = "|".join(f"(?P<{r}>^(?:{names}){edge})" for r, names in by_region.items())
    last = "|".join(f"(?P<{r}_>(?<!\\w)(?:{names})$)" for r, names in by_region.items())
    ordered = f"{first}|{last}" if spaced else first
    return re.compile(ordered, re.IGNORECASE)


def _restored(part: str, held: tuple[words.Quote, ...]) -> str:
    def put(match: re.Match[str]) -> str:
        quote = held[ord(match[0]) - 0xE000]
        return f" image {quote.text} " if quote.kind == "image" else f" “{quote.text}” "

    return " ".join(_HELD.sub(put, part).split())
