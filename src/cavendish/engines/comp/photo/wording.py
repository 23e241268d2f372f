"""Words to steps: what a sentence asks of a photograph, in order. Patterns and vocabulary live in photo.toml."""

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from cavendish.engines.comp.planning.words import Quote, fold, hold
from cavendish.imaging.color import Rgb, parse_hex

_COLOR_LANGUAGES = ("de", "es", "fr")
_FIRST_COLOR, _QUOTES, _COLORS = 0xE800, "\ue000-\ue7ff", "\ue800-\uefff"
_SENTENCE = re.compile(r"[;!?\n。！？]|\.(?!\d)|\bthen\b|\bafter that\b|\bafterwards\b")
_PART = re.compile(r",(?!\d)|\band\b|&|\+|、|，")
_PERCENT = re.compile(r"(?:\bby )?(?<![\d.])(\d+(?:\.\d+)?)\s?%")
_SHARED = re.compile(  # "increase brightness and contrast"
    r"\b((?:increase|decrease|reduce|raise|lower|boost|more|less|higher) )((?:the )?\w+(?:, | and ))"
    r"(?=(?:the )?(?:brightness|exposure|contrast|saturation|vibrance|warmth|sharpness)\b)")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_MASKED_ONLY = frozenset({"inpaint", "recolor"})
_LETTERING = frozenset({"place", "ink"})
MAX_STEPS = 40
MAX_CLAUSE_CHARS = 400    # patterns look back and forth; nobody words one change at greater length
MAX_PROMPT_CHARS = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change. `amount` is signed where a direction exists; `share` is the percentage said, as a fraction."""

    kind: str
    amount: float = 0.0
    share: float | None = None
    color: Rgb | None = None
    text: str = ""
    target: str = "whole"  # whole, background, subject
    detail: dict[str, str] = field(default_factory=dict)  # the pattern's other groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The steps in order, and the clauses that ask for something else (`unread`) or for a mask (`unmasked`)."""

    steps: tuple[Step, ...] = ()
    unread: tuple[str, ...] = ()
    unmasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    kind: str
    amount: float
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    same: dict[str, str]
    same_pattern: re.Pattern[str]
    strength: dict[str, float]
    strength_pattern: re.Pattern[str]
    targets: dict[str, re.Pattern[str]]
    colors: dict[str, Rgb]
    shades: dict[str, float]
    color_pattern: re.Pattern[str]
    filler: frozenset[str]
    drawing: frozenset[str]
    lettering: frozenset[str]
    lettering_scale: dict[str, float]
    changes: tuple[_Change, ...]


@dataclass(frozen=True, slots=True)
class _Prompt:
    text: str                 # folded; colours and quotes are private characters
    quotes: tuple[Quote, ...]
    colors: tuple[tuple[str, Rgb], ...]

    def spoken(self, text: str) -> str:
        """Return a clause with its colours and quotes in words again."""
        for i, (word, _) in enumerate(self.colors):
            text = text.replace(chr(_FIRST_COLOR + i), word)
        for i, quote in enumerate(self.quotes):
            text = text.replace(chr(0xE000 + i), f"“{quote.text}”")
        return " ".join(text.split())


def read(prompt: str, masked: bool) -> Reading:
    """Read a prompt. A clause with words left over that are not filler is not done at all, rather than done wrongly.

    Under a mask the nouns may be anything, since the mask says what is meant.
    """
    heard = _hear(prompt[:MAX_PROMPT_CHARS])
    reading = Reading(unread=("the end of the long prompt",) if len(prompt) > MAX_PROMPT_CHARS else ())
    for sentence in _SENTENCE.split(heard.text):
        for clause, target in _targeted([p for p in _PART.split(sentence) if p.strip()]):
            reading = _join(reading, _clause(heard, clause, target, masked))
    return replace(reading, steps=reading.steps[:MAX_STEPS])


def _join(a: Reading, b: Reading) -> Reading:
    continues = not b.steps and a.steps and a.steps[-1].kind == "inpaint" and b.unread and _names_a_thing(b.unread[0])
    if continues:  # "remove the dog and the cat"
        return a
    return Reading(steps=a.steps + b.steps, unread=a.unread + b.unread, unmasked=a.unmasked + b.unmasked)


def _names_a_thing(clause: str) -> bool:
    return re.match(r"(?:the|a|an|his|her|their|its|all|both|\d+)\b", clause) is not None


@cache
def _vocabulary() -> _Vocabulary:
    packages = files("cavendish.engines.comp")
    raw = tomllib.loads((packages / "photo" / "photo.toml").read_text("utf-8"))
    same = {fold(k): v for k, v in raw["same"].items() if isinstance(v, str)}
    for more in raw["same"].values():
        same |= {fold(k): v for k, v in more.items()} if isinstance(more, dict) else {}
    colors = _colors(raw["pure"], tomllib.loads((packages / "planning" / "colours.toml").read_text("utf-8")))
    return _Vocabulary(
        same=same, same_pattern=_any_of(same), strength=raw["strength"], strength_pattern=_any_of(raw["strength"]),
        targets={k: re.compile(v) for k, v in raw["targets"].items()}, colors=colors,
        color_pattern=re.compile(
            rf"#(?:[0-9a-f]{{6}}|[0-9a-f]{{3}})\b|(?:\b({'|'.join(raw['shade'])}) )?({_any_of(colors).pattern})"),
        shades=raw["shade"],
        filler=frozenset(raw["filler"]["words"].split()), drawing=frozenset(raw["filler"]["drawing"].split()),
        lettering=frozenset(raw["filler"]["lettering"].split()), lettering_scale=raw["lettering_scale"],
        changes=tuple(_Change(c["kind"], c.get("amount", 0.0), _compiled(c["pattern"], raw["filler"])) for c in raw["change"]))


def _compiled(pattern: str, filler: dict[str, str]) -> re.Pattern[str]:
    some = "|".join(sorted({*filler["words"].split(), *filler["lettering"].split()}, key=len, reverse=True))
    parts = {"<~>": rf"(?:[\s:=-]|\b(?:{some})\b)*?", "[^<>": f"[^{_QUOTES}{_COLORS}", "<c>": f"[{_COLORS}]",
             "<q>": f"[{_QUOTES}]"}
    for short, full in parts.items():
        pattern = pattern.replace(short, full)
    return re.compile(pattern)


def _colors(pure: dict[str, str], raw: dict[str, Any]) -> dict[str, Rgb]:
    named = {fold(name): parse_hex(value) for name, value in {**raw["hex"], **pure}.items()}
    for language in _COLOR_LANGUAGES:
        for name, words in raw["words"][language].items():
            for word in words.split(","):
                named.setdefault(fold(word.strip()), named.get(name, (128, 128, 128)))
    return named


def _any_of(words: dict[str, Any]) -> re.Pattern[str]:
    longest = sorted(words, key=len, reverse=True)
    return re.compile("|".join(f"{_edge(w[0])}{re.escape(w)}{_edge(w[-1], after=True)}" for w in longest))


def _edge(char: str, after: bool = False) -> str:
    if not char.isalnum() or "\u3000" <= char <= "\ud7af":  # scripts without spaces between words
        return ""
    return r"(?!\w)" if after else r"(?<!\w)"


def _hear(prompt: str) -> _Prompt:
    words = _vocabulary()
    text, quotes = hold(prompt)
    for i, quote in enumerate(quotes):
        if quote.kind == "image":  # "the picture 90° to the left" is not about picture 90
            text = text.replace(chr(0xE000 + i), f" image {quote.text} ")
    text = re.sub(r"(?<= image )\d{1,2}(?!\d)(?! *(?:[°%x]|deg))", "", text)
    text = words.same_pattern.sub(lambda m: words.same[m[0]] if m[0].isascii() else f" {words.same[m[0]]} ", fold(text))
    text = _SHARED.sub(r"\1\2\1", _SHARED.sub(r"\1\2\1", text))
    found: list[tuple[str, Rgb]] = []

    def keep(match: re.Match[str]) -> str:
        if len(found) >= 200:
            return match[0]
        word, shade, name = match[0], match[1], match[2]
        found.append((word, parse_hex(word) if name is None else _shaded(words.colors[name], words.shades.get(shade, 0.0))))
        return chr(_FIRST_COLOR + len(found) - 1)

    return _Prompt(words.color_pattern.sub(keep, text), quotes, tuple(found))


def _shaded(color: Rgb, shade: float) -> Rgb:
    end = 255 if shade > 0 else 0
    red, green, blue = (round(v + (end - v) * abs(shade)) for v in color)
    return red, green, blue


def _targeted(parts: list[str]) -> list[tuple[str, str]]:
    """Name each part's target; one that names none takes its neighbour's: "blur and darken the background"."""
    patterns = _vocabulary().targets
    named = [next((k for k, p in patterns.items() if p.search(part)), "") for part in parts]
    out = []
    for i, (part, target) in enumerate(zip(parts, named, strict=True)):
        before, after = named[i - 1] if i else "", named[i + 1] if i + 1 < len(named) else ""
        out.append((part, target or before or (after if not i else "") or "whole"))
        named[i] = out[-1][1] if target or before else target
    return out


def _clause(heard: _Prompt, clause: str, target: str, masked: bool) -> Reading:
    words = _vocabulary()
    said = heard.spoken(clause)
    share, factor, rest = _strength(clause)
    found: list[tuple[int, Step]] = []
    for change in words.changes if len(clause) <= MAX_CLAUSE_CHARS else ():
        lettering = any(step.kind == "text" for _, step in found)
        match = change.pattern.search(rest) if lettering or change.kind not in _LETTERING else None
        if match is None or not match[0].strip():
            continue
        found.append((match.start(), _step(heard, change, match, share, factor, target)))
        rest = rest[:match.start()] + " " * len(match[0]) + rest[match.end():]
    steps = _lettered(tuple(step for _, step in sorted(found, key=lambda pair: pair[0])), clause)
    left = {w for w in _WORD.findall(rest) if w not in words.filler}
    left |= set(re.findall(f"[{_COLORS}{_QUOTES}]", rest))
    if any(s.kind == "text" for s in steps):
        left -= words.lettering
    return _judged(steps, left, said, set(_WORD.findall(clause)), masked)


def _lettered(steps: tuple[Step, ...], clause: str) -> tuple[Step, ...]:
    """Fold place, ink and size into the text that they belong to."""
    scale = next((str(v) for k, v in _vocabulary().lettering_scale.items() if k in _WORD.findall(clause)), "1")
    place = next((s.detail["where"] for s in steps if s.kind == "place"), "")
    ink = next((s.color for s in steps if s.kind == "ink"), None)
    kept = (s for s in steps if s.kind not in _LETTERING)
    return tuple(replace(s, color=ink, detail={"where": place, "scale": scale}) if s.kind == "text" else s for s in kept)


def _judged(steps: tuple[Step, ...], left: set[str], said: str, spoken: set[str], masked: bool) -> Reading:
    drawing = _vocabulary().drawing
    if not steps:
        return Reading(unread=(said,) if left else ())
    wants_mask = not masked and any(s.kind in _MASKED_ONLY for s in steps)
    nothing_named = not (spoken - _vocabulary().filler - {"paint", "dye", "recolor"})
    if wants_mask and nothing_named and all(s.kind != "inpaint" for s in steps):  # "make the photo red"
        return Reading(steps=tuple(replace(s, kind="tint", amount=0.6) if s.kind == "recolor" else s for s in steps))
    if wants_mask:
        return Reading(unmasked=(said,))
    asks_for_new = left & drawing or (any(s.kind == "recolor" for s in steps) and spoken & drawing - {"into", "instead"})
    if asks_for_new or (left and not masked):
        return Reading(unread=(said,))
    return Reading(steps=steps)


def _strength(clause: str) -> tuple[float | None, float, str]:
    """Return the percentage, the factor of words like "slightly", and the clause without both."""
    words = _vocabulary()
    percent = _PERCENT.search(clause)
    rest = _PERCENT.sub(" ", clause)
    said = words.strength_pattern.search(rest)
    rest = words.strength_pattern.sub(" ", rest)
    return (float(percent[1]) / 100 if percent else None), (words.strength[said[0]] if said else 1.0), " ".join(rest.split())


def _step(heard: _Prompt, change: _Change, match: re.Match[str], share: float | None, factor: float, target: str) -> Step:
    groups = {k: v for k, v in match.groupdict().items() if v}
    color = next((heard.colors[ord(groups.pop(k)) - _FIRST_COLOR][1] for k in ("color", "color2", "color3") if k in groups),
                 None)
    quote = re.search(f"[{_QUOTES}]", match[0]) if change.kind == "text" else None
    amount = change.amount * factor if share is None else (-share if change.amount < 0 else share)
    return Step(kind=change.kind, amount=amount, share=share, color=color, target=target, detail=groups,
                text=heard.quotes[ord(quote[0]) - 0xE000].text if quote else "")
