"""An edit in words, cut into clauses that each ask for one change. It changes nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from cavendish.engines.comp.planning import drafting, vocabulary, words
from cavendish.engines.comp.planning.drafts import Draft
from cavendish.engines.comp.planning.reading import read
from cavendish.engines.comp.planning.words import Token

_CUT = re.compile(r"([.;!?\n]+|,|\b(?:and then|then|and|but|y|et|und|e|dann|puis|luego|poi)\b)", re.IGNORECASE)
_HELD = re.compile("[\ue000-\uefff]")
_INSTEAD = re.compile(r"^[^.;!?]*\binstead of\b", re.IGNORECASE)
_FROM = re.compile(r"\s(?:from|off)\s", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
_LESS = ("reduce", "decrease", "lower", "soften", "please reduce", "please decrease", "please lower")
_FLIP = str.maketrans("+-", "-+")
_ARTICLES = ("the", "el", "la", "le", "les", "der", "die", "das", "o", "a", "il")
INHERITED = frozenset({"set", "recolor", "replace"})  # verbs that a later "the vase red" takes over


@dataclass(frozen=True, slots=True)
class Clause:
    """One change: its operation ("" = none said), the words after the verb, and those words drafted."""

    verb: str
    text: str
    draft: Draft
    whole: str
    compare: tuple[str, ...] = ()
    old: "Clause | None" = None  # of "X to Y": X; `text` is then Y


def split(prompt: str, lang: str = "") -> tuple[Clause, ...]:
    """Cut a prompt into clauses; what belongs to the clause before ("a dog and a cat") stays with it."""
    text, held = words.hold(prompt)
    if not lang and _INSTEAD.search(text):
        return (_clause(" ".join(_restore(text, held).strip(" .!").split()), "en"),)
    lang = lang or vocabulary.guess_language(words.tokens(text, held), text)
    parts = _CUT.split(text)
    pieces: list[str] = []
    for mark, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        verb, _ = _verb(part, lang)
        if pieces and not (verb or _own(part, pieces[-1], mark, lang)):
            pieces[-1] += mark + part
        elif part.strip():
            pieces.append(part)
    out: list[Clause] = []
    for piece in pieces:
        clause = _clause(_referred(_restore(piece, held), out) if lang == "en" else _restore(piece, held), lang)
        if not clause.verb and out and out[-1].verb in INHERITED:
            clause = replace(clause, verb="set")
        out.append(clause)
    return tuple(out)


def _own(part: str, before: str, mark: str, lang: str) -> bool:
    """Whether a part without a verb is a change of its own: "…, the vase red", "…, darker", a new sentence."""
    verb, _ = _verb(before, lang)
    if mark.strip()[:1] in (".", ";", "!", "?", "\n"):
        return bool(part.strip())
    restarts = part.strip().split(" ")[0].lower() in _ARTICLES and " " in part.strip() and not _HELD.search(part)
    return bool(_compares(part, lang)) or (verb in INHERITED and restarts)


def _restore(piece: str, held: tuple[words.Quote, ...]) -> str:
    def put(match: re.Match[str]) -> str:
        quote = held[ord(match[0]) - 0xE000]
        return f" image {quote.text} " if quote.kind == "image" else f" “{quote.text}” "

    return " ".join(_HELD.sub(put, piece).split())


def _clause(text: str, lang: str) -> Clause:
    pattern = _pattern(text, lang)
    if pattern is not None:
        return pattern
    verb, rest = _verb(text, lang)
    if verb == "remove":
        rest = _FROM.split(rest)[0] or rest
    if verb == "keep":
        return Clause(verb, rest, drafting.draft(read("x", lang)), text)
    compare = _compares(rest if verb else text, lang)
    if text.lower().lstrip().startswith(_LESS):
        compare = tuple(c.translate(_FLIP) for c in compare)
    if verb in ("replace", "set", "recolor", "write", "move"):
        halves = _halves(rest, lang)
        if halves is not None and (verb != "move"):
            old, new = halves
            return Clause(verb, new, _draft(new, lang), text, compare, Clause("", old, _draft(old, lang), old))
    return Clause(verb, rest, _draft(rest, lang), text, compare)


def _pattern(text: str, lang: str) -> Clause | None:
    """Read a clause whose verb does not come first: "犬を猫に変えて", "a cat instead of the dog"."""
    for verb, regex in vocabulary.table("edits")["pattern"].get(lang, {}).items():
        match = re.search(regex, text.strip(), re.IGNORECASE)
        if match is None:
            continue
        found = {k.rstrip("2"): v for k, v in match.groupdict().items() if v}
        old = Clause("", found["old"], _draft(found["old"], lang), found["old"]) if "old" in found else None
        return Clause(verb, found["new"], _draft(found["new"], lang), text, _compares(found["new"], lang), old)
    return None


def _referred(piece: str, before: list[Clause]) -> str:
    """Name what "it" in a later clause means: the thing that the clause before was about."""
    if not before or before[-1].verb in ("remove", "") or not _IT.search(piece):
        return piece
    last = before[-1]
    things = last.draft.things or (last.old.draft.things if last.old else [])
    name = "text" if last.draft.captions else things[0].noun if things else ""
    return _IT.sub(f"the {name}", piece, count=1) if name and "“" not in name else piece


def _draft(text: str, lang: str) -> Draft:
    return drafting.draft(read(text or ".", lang))


def _verb(text: str, lang: str) -> tuple[str, str]:
    """Return the operation a text begins with and the words after it; ("", text) when it begins with none."""
    tokens = list(_words(text))
    at = 0
    while at < len(tokens):
        polite = _longest(tokens, at, _table("polite", lang))
        if polite is None or _longest(tokens, at, _table("verbs", lang)) is not None:
            break
        at += polite[1]
    found = _longest(tokens, at, _table("verbs", lang)) if at < len(tokens) else None
    if found is None:
        return "", text
    end = at + found[1]
    return found[0], " ".join(t.text for t in tokens[end:])


def _words(text: str) -> Iterator[Token]:
    """Yield a clause's tokens with quotations kept whole, in their quotation marks."""
    held_text, held = words.hold(text)
    for token in words.tokens(held_text, held):
        if token.kind == "quote":
            yield replace(token, text=f"“{token.text}”")
        elif token.kind == "image":
            yield replace(token, text=f"image {token.text}")
        else:
            yield token


def _longest(tokens: list[Token], at: int, table: Mapping[str, str]) -> tuple[str, int] | None:
    for length in range(min(6, len(tokens) - at), 0, -1):
        found = table.get(" ".join(t.norm for t in tokens[at:at + length]))
        if found:
            return found, length
    return None


def _compares(text: str, lang: str) -> tuple[str, ...]:
    tokens, table = list(_words(text)), _table("compare", lang)
    found, at = [], 0
    while at < len(tokens):
        hit = _longest(tokens, at, table)
        if hit is not None:
            found.append(hit[0])
        at += hit[1] if hit else 1
    return tuple(dict.fromkeys(found))


def _halves(text: str, lang: str) -> tuple[str, str] | None:
    """Split "X to Y" at its first dividing word."""
    tokens, table = list(_words(text)), _table("into", lang)
    for at in range(1, len(tokens)):
        hit = _longest(tokens, at, table)
        if hit is not None and at + hit[1] < len(tokens):
            return (" ".join(t.text for t in tokens[:at]), " ".join(t.text for t in tokens[at + hit[1]:]))
    return None


@cache
def _table(kind: str, lang: str) -> Mapping[str, str]:
    """Return phrase key -> value of one table, English beneath the language's own."""
    table = vocabulary.table("edits")[kind]
    out: dict[str, str] = {}
    for name in ("en", lang) if lang != "en" else ("en",):
        for value, listed in table.get(name, {}).items():
            out |= {words.phrase(p): value for p in vocabulary.phrases(str(listed))}
    return out
