"""Rules: what the words themselves say about a picture, without a language model. Data is in rules.toml.

They read: a shape when one is named, how many of a thing, quoted text that must appear, and what must not. They change no
word; a reading may be empty, and what it holds was said in so many words.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from cavendish.types import Thinking

READ_CHARS = 8_000  # of a prompt; whoever says it later than that is not understood
MAX_TEXTS, MAX_TEXT_CHARS, MAX_COUNTS, MAX_NEGATIVES = 8, 200, 8, 12
LONG_WORDS = 25  # words from which a prompt is worth a language model's reading

_QUOTES = re.compile(r"“([^”\n]+)”|\"([^\"\n]+)\"|«([^»\n]+)»|„([^“”\n]+)[“”]|「([^」\n]+)」|『([^』\n]+)』|"
                     r"(?<!\w)[‘']([^’'\n]*(?:[’'](?=\w)[^’'\n]*)*)[’'](?!\w)")
_RATIO = re.compile(r"(?<![\d:.])(\d{1,2})\s?:\s?(\d{1,2})(?![\d:]|\s*(?:am|pm|a\.m|p\.m|o'clock)\b)", re.I)
_RATIO_WORDS = re.compile(r"(?<![\d.])(\d{1,2})\s?(?:by|x|×|/)\s?(\d{1,2})\s+(?:aspect|ratio|format)\b", re.I)
_BANNER = re.compile(r"^\W*(?:(?:please|create|make|design|draw|generate|me|us|an?|the)\s+)*(?:[\w'-]+\s+){0,2}banner\b"
                     r"(?=\s+(?:for|about|with|that|saying|to|of|reading)\b|\W*$)", re.I)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """So many of a thing, as said."""

    number: int
    noun: str

    def __str__(self) -> str:
        return f"{self.number} {self.noun}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the words say. `ratio` is "" when no shape is named."""

    ratio: str = ""
    texts: tuple[str, ...] = ()
    counts: tuple[Counted, ...] = ()
    negatives: tuple[str, ...] = ()
    may_be_plain: bool = False
    long: bool = False

    def level(self, asked: Thinking, *, can_misspell: bool) -> Thinking:
        """Resolve `dynamic`: text that a model may misspell pays for everything, counts and long prompts for a plan."""
        if asked is not Thinking.DYNAMIC:
            return asked
        if self.texts and can_misspell:
            return Thinking.HIGH
        return Thinking.MEDIUM if self.texts or self.counts or self.negatives or self.long else Thinking.MINIMAL


def read(words: str) -> Reading:
    """Read a prompt. Linear in its length; only the first 8,000 characters count."""
    words = words[:READ_CHARS]
    spoken = _QUOTES.sub(" ", words)  # what is quoted is shown, it gives no orders
    plain = any(re.search(rf"\b{re.escape(w)}\b", spoken, re.I) for w in _data()["words"]["plain"])
    return Reading(ratio=_ratio(spoken), texts=_texts(words), counts=tuple(_counts(spoken))[:MAX_COUNTS],
                   negatives=_negatives(spoken), may_be_plain=plain, long=len(_WORD.findall(spoken)) >= LONG_WORDS)


def quotations(words: str) -> tuple[str, ...]:
    """Every quotation, shown or not, each once."""
    return tuple(dict.fromkeys(_quoted(m) for m in _QUOTES.finditer(words[:READ_CHARS]) if _quoted(m)))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return tomllib.loads(files("cavendish.thinking").joinpath("rules.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def _formats() -> re.Pattern[str]:
    names = sorted(_data()["formats"], key=len, reverse=True)
    return re.compile(r"\b(" + "|".join(re.escape(n).replace(r"\ ", r"\s+") for n in names) + r")\b", re.I)


@lru_cache(maxsize=1)
def _shapes() -> re.Pattern[str]:
    shapes = "|".join(_data()["shapes"])
    form = "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in _data()["words"]["form"])
    return re.compile(rf"\b(?:in\s+(?P<inside>{shapes})(?=\W*$|\s*[,.;])|(?P<shape>{shapes})[\s-]+(?:{form}))\b"
                      rf"|\b(?:in|as)\s+(?:an?\s+)?(?P<end>{shapes})\W*$", re.I)


def _ratio(spoken: str) -> str:
    said = (f"{int(m[1])}:{int(m[2])}" for pattern in (_RATIO_WORDS, _RATIO) for m in pattern.finditer(spoken))
    numbers = next((r for r in said if r in _data()["words"]["ratios"]), "")
    if numbers:
        return numbers
    named = _formats().search(spoken)
    if named:
        return str(_data()["formats"][" ".join(named[1].lower().split())])
    shaped = _shapes().search(spoken)
    if shaped:
        found = shaped["inside"] or shaped["shape"] or shaped["end"]
        return str(_data()["shapes"][found.lower()])
    return "4:1" if _BANNER.search(spoken) else ""


def _texts(words: str) -> tuple[str, ...]:
    shown = [_quoted(m) for m in _QUOTES.finditer(words) if _is_shown(words[max(0, m.start() - 40):m.start()])]
    return tuple(dict.fromkeys(t for t in shown if t and len(t) <= MAX_TEXT_CHARS))[:MAX_TEXTS]


def _quoted(match: re.Match[str]) -> str:
    return " ".join(next((g for g in match.groups() if g), "").split())


def _is_shown(before: str) -> bool:
    """Whether what stands before a quotation lets it be text to show."""
    data = _data()["words"]
    near = re.sub(r"\b(?:the|a|an|its|saying|says|reading|reads|that)\b", " ", before.lower())
    near = " ".join(re.findall(r"[\w']+|[.,;:!?]", near)).rstrip(":").rstrip()
    cue = next((c for c in data["not_shown"] if re.search(rf"(?:^|\s){re.escape(c)}$", near)), "")
    if cue in data["needs_removal"]:
        return not re.search(rf"\b(?:{'|'.join(data['removal'])})\s+{cue}$", near)
    return not cue


def _counts(spoken: str) -> Iterator[Counted]:
    data, numbers = _data()["counts"], _data()["numbers"]
    tokens = re.findall(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:[-'’][^\W\d_]+)*|[.,;:!?()/×%°]", spoken.lower())
    for place, token in enumerate(tokens):
        number = numbers.get(token) or (int(token) if token.isdigit() and 2 <= int(token) <= 12 else 0)
        noun = _counted(tokens[place + 1:place + 5], data) if number else ""
        if noun:
            yield Counted(number=number, noun=noun)


def _counted(after: list[str], data: dict[str, list[str]]) -> str:
    """The words after a number up to a plural: "three red cups on …" -> "red cups"; "" when it counts no thing."""
    phrase: list[str] = []
    if not after or after[0] in data["units"]:
        return ""
    for token in after:
        if token in data["stops"] or not token[0].isalpha():
            break
        phrase.append(token)
        if _is_plural(token):
            break
    return " ".join(phrase) if phrase and _is_plural(phrase[-1]) else ""


def _is_plural(word: str) -> bool:
    return (word.endswith("s") and not word.endswith(("ss", "us", "is"))) or word in (
        "people", "men", "women", "children", "mice", "geese", "sheep", "fish", "feet", "teeth", "deer", "oxen", "leaves")


def _negatives(spoken: str) -> tuple[str, ...]:
    data = _data()["negatives"]
    leads = "|".join(re.escape(w).replace(r"\ ", r"\s+") for w in sorted(data["leads"], key=len, reverse=True))
    found: list[str] = []
    for match in re.finditer(rf"\b(?:{leads})\s+((?:[^\W\d_]|[ '’-]){{2,60}})", spoken, re.I):
        for part in re.split(r"\s+(?:or|and|nor|no)\s+", match[1].lower()):
            words = re.split(r"\b(?:in|on|at|but|with|of|from|to|please|is|are|just|only)\b", part)[0].split()
            if words and words[0] not in data["not_things"] and len(words) <= 4:
                found.append(" ".join(words))
    return tuple(dict.fromkeys(found))[:MAX_NEGATIVES]
