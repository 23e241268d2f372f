"""An edit in words, cut into clauses that each ask for one change. It changes nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from cavendish.engines.comp.planning import drafting, edits_patterns, vocabulary, words
from cavendish.engines.comp.planning.drafts import Draft
from cavendish.engines.comp.planning.edits_patterns import Shape
from cavendish.engines.comp.planning.reading import read
from cavendish.engines.comp.planning.words import Token

_CUT = re.compile(r"([.;!?\n]+|,|\b(?:and then|then|and|but|y|et|und|e|dann|puis|luego|poi)\b)", re.IGNORECASE)
_HELD = re.compile("[\ue000-\uefff]")
_BY_PATTERN = frozenset({"ja", "zh", "ko", "tr", "ar", "hi"})  # read by whole sentences
_PLACING = frozenset({"add", "move", "place", "write", "set"})
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
    lang = lang or _language(text, held)
    if lang in _BY_PATTERN:
        return tuple(_clause(_restore(piece, held), lang) for piece in _whole_pieces(text, held, lang))
    parts = _CUT.split(text)
    pieces: list[str] = []
    for mark, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        starts = _verb(part, lang)[0] or _shaped(part, held, lang)
        if pieces and not (starts or _own(part, pieces[-1], mark, lang)):
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


def _language(text: str, held: tuple[words.Quote, ...]) -> str:
    """Return the language of an edit: what its letters and small words say, unless its verb is another language's."""
    found = words.tokens(text, held)
    guessed = vocabulary.guess_language(found, text)
    script = any(c > "\u05ff" and not "\ue000" <= c <= "\uf8ff" for c in text)
    if script or _speaks(text, held, guessed):
        return guessed
    speaking = [lang for lang in ("en", *edits_patterns.spoken()) if lang != guessed and _speaks(text, held, lang)]
    return max(speaking, key=lambda lang: _known(lang, found) + 1.5 * _shaped(text, held, lang), default=guessed)


def _known(lang: str, found: tuple[Token, ...]) -> int:
    known = vocabulary.lexicon(lang)
    return sum(known.match(found, at) is not None for at, token in enumerate(found) if token.kind == "word")


def _speaks(text: str, held: tuple[words.Quote, ...], lang: str) -> bool:
    """Whether a text begins with a verb of change of this language itself, or has the shape of one of its changes."""
    tokens = list(words.tokens(text, held))
    own, polite = _own_table("verbs", lang), _own_table("polite", lang)
    at = 0
    while (step := _longest(tokens, at, polite)) is not None and _longest(tokens, at, own) is None:
        at += step[1]
    begins = _longest(tokens, at, own) is not None or bool(_compares(text, lang, own=True))
    return begins or edits_patterns.shape(_restore(text, held), lang) is not None


def _shaped(part: str, held: tuple[words.Quote, ...], lang: str) -> bool:
    return edits_patterns.shape(_restore(part, held), lang) is not None


def _whole_pieces(text: str, held: tuple[words.Quote, ...], lang: str) -> list[str]:
    """Cut where a change is complete: what lacks its verb belongs to what follows, or, where verbs come first, to what was."""
    last = lang in edits_patterns.LAST
    pieces: list[str] = []
    complete, at, between = True, 0, ""
    for cut in (*edits_patterns.cuts(lang).finditer(text), None):
        mark, part = between, text[at:cut.start() if cut else len(text)]
        at, between = (cut.end(), cut[0]) if cut else (len(text), "")
        if not part.strip():
            continue
        own = _shaped(part, held, lang) or bool(_compares(part, lang)) or bool(_verb(part, lang)[0])
        if pieces and (not complete if last else not own):
            pieces[-1] += mark + part
        else:
            pieces.append(part)
        complete = own or (bool(pieces) and _shaped(pieces[-1], held, lang))
    return pieces


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
    shape = edits_patterns.shape(text, lang)
    if shape is not None:
        return _of_shape(shape, text, lang)
    verb, rest = _verb(text, lang)
    if verb == "remove":
        rest = _FROM.split(rest)[0] or rest
    if verb == "keep":
        return Clause(verb, rest, drafting.draft(read("x", lang)), text)
    compare = _compares(rest if verb else text, lang)
    if text.lower().lstrip().startswith(_LESS):
        compare = tuple(c.translate(_FLIP) for c in compare)
    if verb in ("replace", "set", "recolor", "write", "move", "place"):
        halves = _halves(rest, lang)
        if halves is not None and verb not in ("move", "place"):
            old, new = halves
            return Clause(verb, new, _draft(new, lang), text, compare, Clause("", old, _draft(old, lang), old))
    return Clause(verb, rest, _placed(verb, (rest,), lang), text, compare)


def _of_shape(shape: Shape, text: str, lang: str) -> Clause:
    """Return the clause that a whole sentence of another word order asks for."""
    if shape.verb.startswith("weather_"):
        weather = shape.verb.removeprefix("weather_")
        fallen = _draft(".", "en")
        fallen.looks["weather"] = weather
        return Clause("set", weather, fallen, text)
    verb = shape.verb
    said = " ".join(part for part in (shape.thing, shape.made) if part)
    if verb == "give":
        return Clause(verb, shape.made, _draft(shape.made, lang), text, (), _plain(shape.thing, lang))
    if verb == "replace":
        compare = _compares(shape.made, lang)
        return Clause(verb, shape.made, _coloured(shape.made, lang), text, compare, _plain(shape.thing, lang))
    compare = _compares(said, lang) if verb == "set" else ()
    return Clause(verb, said, _placed(verb, (shape.thing, shape.made), lang), text, compare)


def _placed(verb: str, parts: tuple[str, ...], lang: str) -> Draft:
    """Draft the words of a change, with the place in the picture that they begin or end with."""
    region, rest = "", []
    for part in parts:
        found, left = edits_patterns.place(part, lang) if verb in _PLACING and not region else ("", part)
        region = region or found
        rest.append(left)
    draft = _draft(" ".join(part for part in rest if part), lang)
    if region:
        draft.regions.insert(0, region)
        for thing in draft.things[:1]:
            thing.region = region
    return draft


def _coloured(text: str, lang: str) -> Draft:
    """Draft what a thing becomes: a word that is also a fruit's or a flower's is a colour here (緑, orange)."""
    senses = vocabulary.lexicon(lang).senses
    for word in (text, text.removesuffix("色").removesuffix("い")):
        color = senses.get(words.phrase(word), {}).get("color", "")
        if color:
            return _draft(vocabulary.color_names()[color.lower()], "en")
    return _draft(text, lang)


def _plain(text: str, lang: str) -> Clause:
    return Clause("", text, _draft(text, lang), text)


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


def _compares(text: str, lang: str, *, own: bool = False) -> tuple[str, ...]:
    tokens, table = list(_words(text)), (_own_table if own else _table)("compare", lang)
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


def _table(kind: str, lang: str) -> Mapping[str, str]:
    """Return phrase key -> value of one table, English beneath the language's own."""
    return _own_table(kind, "en") if lang == "en" else _with_english(kind, lang)


@cache
def _with_english(kind: str, lang: str) -> Mapping[str, str]:
    return {**_own_table(kind, "en"), **_own_table(kind, lang)}


@cache
def _own_table(kind: str, lang: str) -> Mapping[str, str]:
    listed: Mapping[str, str] = vocabulary.table("edits")[kind].get(lang, {})
    return {words.phrase(p): value for value, names in listed.items() for p in vocabulary.phrases(str(names))}
