"""Words to meanings: one lexicon per language, built once from the data files and the art pack's names. It reads no prompts."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

from cavendish.catalog import pack
from cavendish.engines.comp.planning import words
from cavendish.engines.comp.planning.words import Token, phrase

LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "ja", "zh", "ko", "tr", "ar", "hi")
THINGS = ("animals-nature", "food-drink", "objects", "travel-places", "activities", "people-body")  # groups with nouns
_HOME = Path(__file__).parent
_SHARED = frozenset({"concept", "style", "framing", "setting", "time", "adjust"})  # English words that other languages borrow
_ARTICLES = ("ال", "وال", "بال", "لل", "و", "ب", "ل")  # Arabic, written onto the noun
_NO_WORDS: Mapping[str, str] = {}

Senses = Mapping[str, str]  # kind -> value; a word may mean several things


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found: how many tokens it takes, what it may mean, and whether it was a plural."""

    length: int
    senses: Senses
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's phrases. `after`: colours follow nouns. `post`: relations follow their target."""

    lang: str
    senses: Mapping[str, Senses] = field(repr=False)
    longest: Mapping[str, int] = field(repr=False)
    ends: tuple[tuple[str, str], ...] = ()
    after: bool = False
    post: bool = False

    def match(self, tokens: tuple[Token, ...], at: int) -> Match | None:
        """Return the longest phrase that starts at a token, inflected endings allowed on its last word."""
        most = min(max(self.longest.get(tokens[at].norm, 1), 2), len(tokens) - at)
        for length in range(most, 0, -1):
            found = self._find(tokens[at:at + length])
            if found is not None:
                return found
        return None

    def _find(self, part: tuple[Token, ...]) -> Match | None:
        norms = [t.norm for t in part]
        exact = self.senses.get(" ".join(norms))
        if exact is not None:
            return Match(len(part), exact, self._plural_of(norms, exact))
        if part[-1].kind != "word":
            return None
        before = " ".join(norms[:-1]) + " " if len(norms) > 1 else ""
        for stem in self.stems(norms[-1]):
            senses = self.senses.get(before + stem)
            if senses is not None:
                kept = {k: v for k, v in senses.items() if k not in ("det", "join", "relation", "negation")}
                return Match(len(part), kept, "concept" in kept and self.lang == "en") if kept else None
        return None

    def stems(self, word: str) -> Iterator[str]:
        """Yield what a word may be the inflected form of, likeliest first."""
        for end, to in self.ends:
            if word.endswith(end) and len(word) - len(end) + len(to) >= 2:
                yield word[:len(word) - len(end)] + to
        if self.lang == "ar":
            yield from (word[len(p):] for p in _ARTICLES if word.startswith(p) and len(word) > 3)

    def _plural_of(self, norms: list[str], senses: Senses) -> bool:
        if self.lang != "en" or "concept" not in senses or not (norms[-1].endswith("s") or norms[-1] in kinds("plurals")):
            return False
        if norms[-1] in kinds("plurals"):
            return True
        before = "".join(n + " " for n in norms[:-1])
        return any(self.senses.get(before + s, _NO_WORDS).get("concept") == senses["concept"] for s in self.stems(norms[-1]))


@cache
def table(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return one data file as {kind: {language or group: {value: "phrase, phrase"}}}."""
    return tomllib.loads((_HOME / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def kinds(name: str) -> frozenset[str]:
    """Return the concepts that are "containers" or "wearables"."""
    return frozenset(phrases(str(table("things")["kinds"][name])))


def phrases(listed: str) -> list[str]:
    """Split "phrase, phrase"."""
    return [p for p in (part.strip() for part in listed.split(",")) if p]


def is_likeness(noun: str) -> bool:
    """Whether a noun only says in what form another thing is there: toy, figurine, statue."""
    return phrase(noun) in kinds("likenesses")


@cache
def pose(text: str) -> str:
    """Return the pose that a verb says ("flying over" -> "flying"), "" for none."""
    first = phrase(text).split(" ", 1)[0]
    return next((str(value) for value, listed in table("grammar")["poses"]["en"].items() if first in phrases(listed)), "")


def arrangement(text: str, lang: str) -> str:
    """Return how the words of a number lay things out ("a stack of" -> "stack"), "" for none."""
    return lexicon(lang).senses.get(phrase(text), _NO_WORDS).get("arranged", "")


def tint(concept: str, said: str, lang: str) -> str:
    """Return the colour that was said as part of an art's own name ("black cat", "blue books"), "" when none was."""
    if concept not in _tinted() and phrase(said) not in kinds("coloured"):
        return ""
    known = lexicon(lang).senses
    parts = [known.get(p, _NO_WORDS).get("color", "") for p in phrase(said).split(" ")]
    joined = "".join(said.split())
    tried = [known.get(phrase(joined[:n]), _NO_WORDS).get("color", "") for n in (1, 2, 3)] if not joined.isascii() else []
    stems = [known.get(s, _NO_WORDS).get("color", "") for p in phrase(said).split(" ") for s in lexicon(lang).stems(p)]
    return next((c for c in (*parts, *tried, *stems) if c), "")


def untinted(concept: str) -> str:
    """Return the drawing without the art's own colour, where there is one: black-cat -> cat."""
    return str(table("things")["plain"].get(concept, concept))


@cache
def _tinted() -> frozenset[str]:
    """Return the concepts whose name begins with a colour."""
    return frozenset(c for c in pack.concepts() if c.split("-")[0] in hexes() and "-" in c)


def _counted(lang: str) -> Iterator[tuple[str, str]]:
    """Yield ("2", "두 마리"): numerals with the measure words of Chinese, Japanese and Korean."""
    entry = table("counters").get(lang, {})
    measures = phrases(str(entry.get("measures", "")))
    glue = str(entry.get("glue", ""))
    numerals: Mapping[str, str] = entry.get("numerals", _NO_WORDS)
    for number, listed in numerals.items():
        for numeral in (*phrases(str(listed)), number):
            for measure in measures:
                yield from ((number, numeral + glue + measure + end) for end in ("", *phrases(str(entry.get("ends", "")))))


@cache
def color_names() -> Mapping[str, str]:
    """Return "#rrggbb" -> its shortest English name."""
    named = sorted(((str(name), str(value)) for name, value in table("colours")["hex"].items()), key=lambda n: (-len(n[0]), n))
    return {value.lower(): name for name, value in named}


@cache
def hexes() -> Mapping[str, str]:
    """Return English colour names as vocabulary keys -> "#rrggbb"."""
    return {phrase(name): str(value) for name, value in table("colours")["hex"].items()}


@cache
def lexicon(lang: str) -> Lexicon:
    """Build, once, what a language's words mean. English words that travel (concepts, styles) fill its gaps."""
    senses: dict[str, dict[str, str]] = {}

    def learn(kind: str, value: str, names: Iterable[str]) -> None:
        for name in names:
            senses.setdefault(phrase(name), {}).setdefault(kind, value)

    for kind, value, names in chain(_composed(lang), _grammar(lang)):
        learn(kind, value, names)
    for name, listed in _nouns(lang):
        trusted = lang == "en" or drawn_here(name)
        learn("concept", name, listed if trusted else [n for n in listed if not _is_place(senses.get(phrase(n), {}))])
    for compared in table("edits")["compare"].get(lang, _NO_WORDS).values():
        learn("skip", "compare", [p for p in phrases(compared) if phrase(p) not in senses])
    senses.pop("", None)
    order: Mapping[str, object] = table("grammar")["order"].get(lang, {})
    return Lexicon(lang, senses, _longest(senses), _ends(str(order.get("ends", ""))), bool(order.get("after")),
                   bool(order.get("post")))


def _composed(lang: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (kind, value, names) of what is put together: cards on purpose, violinists, coral reefs, counted things."""
    for number, name in _counted(lang):
        yield "number", number, [name]
        yield "counter", number, [name]
    if lang != "en":
        return
    yield "concept", "", phrases(str(table("things")["none"]["cards"]))
    for noun, text in table("combinations")["en"].items():
        owner, _, part = str(text).partition(" ")
        yield "concept", owner, [noun]
        yield "combined", part, [noun]
    for place, dressed in table("combinations")["dressing"].items():
        yield "combined", str(dressed), [place]


def _grammar(lang: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (kind, value, names) of the data files, then colours."""
    for file in ("grammar", "looks", "passing"):
        for kind, by_lang in table(file).items():
            for value, listed in by_lang.get(lang, _NO_WORDS).items() if kind != "order" else ():
                names = phrases(listed)
                elided = [n[:-1] for n in names if n.endswith(" de")] if lang == "fr" else []  # "à gauche d'une lampe"
                yield kind, value, names + elided
    for name, value in _colors(lang):
        yield "color", value, [name]


def _is_place(senses: Senses) -> bool:
    """Whether a foreign word is already a place, an hour or a poster, which CLDR's keywords would blur."""
    return bool(senses.keys() & {"setting", "time", "weather"}) or senses.get("style") == "poster"


def shared(senses: Senses) -> Senses:
    """Return the English senses that a word keeps inside another language."""
    return {k: v for k, v in senses.items() if k in _SHARED}


def _longest(senses: Mapping[str, object]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for key in senses:
        first = key.split(" ", 1)[0]
        longest[first] = max(longest.get(first, 1), key.count(" ") + 1)
    return longest


def _ends(listed: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition(">") for part in listed.split())
    return tuple((words.fold(a), words.fold(b)) for a, _, b in pairs)


def _colors(lang: str) -> Iterator[tuple[str, str]]:
    if lang == "en":
        yield from hexes().items()
        return
    for name, listed in table("colours")["words"].get(lang, _NO_WORDS).items():
        for word in phrases(listed):
            yield from ((form, hexes()[phrase(name)]) for form in _inflected(word, lang))


def _inflected(word: str, lang: str) -> list[str]:
    """Return a colour word in every gender and number, so that no noun of the same spelling comes before it."""
    stem = word[:-1] if word[-1] in "oae" else word
    ends = {"es": ("a", "os", "as", "s", "es"), "pt": ("a", "os", "as", "s"), "it": ("a", "i", "e"), "fr": ("s", "e", "es"),
            "de": ("e", "er", "es", "en", "em")}.get(lang, ())
    base = stem if word[-1] == "o" or (lang == "it" and word[-1] == "e") else word
    return [word, *(base + end for end in ends)]


def _nouns(lang: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (concept, names), the most trusted first: everyday words, names of the art, then CLDR's keywords."""
    known = pack.concepts()
    if lang == "en":
        for name in known:
            if known[name].group in THINGS:
                yield name, [name]
        for group, entries in table("things").items():
            if group not in ("kinds", "plain", "none"):
                yield from ((name, phrases(str(listed))) for name, listed in entries.items()
                           if name in known or drawn_here(name) or not known)
        yield from ((c.name, [c.label, c.name]) for c in known.values() if c.group != "symbols" or " " in c.label)
        return
    listed_nouns: Mapping[str, str] = table("nouns").get(lang, {})  # type: ignore[assignment]
    yield from ((name, phrases(listed)) for name, listed in listed_nouns.items() if name in known or drawn_here(name))
    curated = {name for group in table("things").values() for name in group}
    yield from ((c.name, [c.labels[lang]]) for c in known.values() if c.labels.get(lang) and _names_a_thing(c, lang, curated))
    yield from _keywords(lang)


def drawn_here(name: str) -> bool:
    """Whether a concept is one of the painter's own drawings ("prop-table"), or "" for a card."""
    return not name or name.startswith("prop-")


def _names_a_thing(concept: pack.Concept, lang: str, curated: set[str]) -> bool:
    """Whether a foreign label names a thing: faces and signs do not, nor does an umbrella "in the rain", which is weather."""
    label = concept.labels[lang]
    if concept.group == "symbols" or (concept.subgroup == "sky-weather" and " " in label):
        return False
    return concept.group in THINGS or concept.name in curated or concept.group == "flags"


def _keywords(lang: str) -> Iterator[tuple[str, list[str]]]:
    """Yield keywords that name few drawings: a word of the drawing's own label first, then words that name one drawing only."""
    owners: dict[str, list[str]] = {}
    for concept in pack.concepts().values():
        if concept.group in THINGS:
            for word in concept.keywords.get(lang, ()):
                owners.setdefault(word, []).append(concept.name)
    colors = {phrase(name) for name, _ in _colors(lang)} if lang not in ("ja", "zh", "ko") else set()
    for word, names in owners.items():
        if " " in word and colors & set(phrase(word).split(" ")):
            continue  # "white horse" is a horse that is white, and no unicorn
        if " " in word and any(pack.concepts()[n].subgroup == "sky-weather" for n in names):
            continue
        inside = [n for n in names if word.casefold() in pack.concepts()[n].labels.get(lang, "").casefold()]
        if lang == "ar" and any(word.startswith(p) for p in _ARTICLES[:4]):
            continue  # "the sea" is a place, whatever lives there
        if lang == "ja" and word[-1] in "るすくうむぶつ":
            continue  # a verb
        if len(word) > (0 if lang == "ja" else 1) and (inside or len(names) <= 2):
            yield (inside or names)[0], [word]


def guess_language(tokens: tuple[Token, ...], text: str) -> str:
    """Return the language a prompt is mostly written in; English unless its letters or its function words say otherwise."""
    script = _by_script(text)
    if script:
        return script
    norms = [t.norm for t in tokens if t.kind == "word"]
    scores = {lang: sum(n in hints for n in norms) for lang, hints in _hints().items()}
    scores["tr"] = max(scores["tr"], sum(any(c in "ğşıİ" for c in t.text) for t in tokens))
    best = max(scores.values())
    ahead = [lang for lang in scores if best and scores[lang] == best]
    if ahead == ["en"] or not norms:
        return "en"
    rivals = ahead or _foreign(tokens)
    return max([*rivals, "en"], key=lambda lang: (_hits(lang, tokens), scores[lang] > 1, lang == "en"))


def _by_script(text: str) -> str:
    counts = {"ja": 0, "zh": 0, "ko": 0, "ar": 0, "hi": 0}
    for char in text[:2000]:
        for lang, low, high in (("ja", "\u3040", "\u30ff"), ("zh", "\u4e00", "\u9fff"), ("ko", "\uac00", "\ud7af"),
                                ("ar", "\u0600", "\u06ff"), ("hi", "\u0900", "\u097f")):
            counts[lang] += low <= char <= high
    if counts["ja"] and counts["ja"] + counts["zh"] > counts["ko"]:
        return "ja"
    best = max(counts, key=lambda lang: counts[lang])
    latin = sum(c.isascii() and c.isalpha() for c in text[:2000])
    return best if counts[best] * 3 > latin else ""


@cache
def _hints() -> Mapping[str, frozenset[str]]:
    order: Mapping[str, Mapping[str, str]] = table("grammar")["order"]
    hints = {lang: frozenset(str(entry.get("hints", "")).split()) for lang, entry in order.items()}
    return {**hints, "tr": frozenset({"bir", "ve", "ile", "icin", "uzerinde", "ustunde", "altinda", "yaninda", "icinde"})}


def _foreign(tokens: tuple[Token, ...]) -> list[str]:
    count = sum(t.kind == "word" for t in tokens)
    if _hits("en", tokens) * 2 >= count:
        return ["en"]
    return ["en", "es", "fr", "de", "pt", "it", "tr"]


def _hits(lang: str, tokens: tuple[Token, ...]) -> int:
    known = lexicon(lang)
    return sum(known.match(tokens, i) is not None for i, t in enumerate(tokens[:200]) if t.kind == "word")
