"""Tokens to items: the longest known phrase at each place, and which of its meanings holds there. It builds no scene."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cavendish.catalog import pack
from cavendish.engines.comp.planning import vocabulary, words
from cavendish.engines.comp.planning.vocabulary import Lexicon
from cavendish.engines.comp.planning.words import Token

MODIFIERS = frozenset({"color", "shade", "material", "size", "adjust", "style", "framing"})
PASSING = frozenset({"skip", "frame"})
_FIRST = ("referring", "negation", "copy", "ground", "relation", "join", "det", "number")
_THEN = ("time", "weather", "setting", "style", "framing", "adjust", "region", "color", "material", "size", "pronoun",
         "concept", "part", "skip", "frame")
_TITLES = frozenset({"headline", "title", "slogan", "text", "tagline", "caption", "words", "heading", "sign", "label"})
_PLACES = frozenset({"on", "above", "next_to", "inside", "in_front_of", "under", "behind"})
_OPENING = frozenset({"det", "number", "color", "size", "material", "shade"})  # what begins a noun phrase
_POSSESSIVE = ("its", "his", "her", "their")
_BREAKS = frozenset({"join", "relation", "negation", "says", "copy"})


@dataclass(frozen=True, slots=True)
class Item:
    """One understood piece of a prompt. kind "word" = not understood; "mark" = punctuation; "quote" and "image" as held."""

    kind: str
    value: str
    text: str
    plural: bool = False
    located: bool = False  # a setting after "in", "on", "at"
    concept: str = ""      # what it would be as a thing, when another meaning won
    combined: str = ""     # what belongs to it: "holding violin" to a violinist, "3 coral" to a reef
    weak: bool = False     # a general word that a more precise one replaces: "illustration" before "watercolor"
    cover: str = ""        # what lies on the ground of a place: snow on snowy mountains, red dust on Mars
    counter: bool = False  # a number that counts what stands before it: 고양이 두 마리


@dataclass(frozen=True, slots=True)
class Lump:
    """Tokens that belong together, with everything they may mean."""

    tokens: tuple[Token, ...]
    senses: Mapping[str, str]
    plural: bool = False

    @property
    def token(self) -> Token:
        return self.tokens[0]

    @property
    def text(self) -> str:
        glue = "" if self.token.kind == "single" else " "
        return glue.join(t.text for t in self.tokens)

    def breaks(self) -> bool:
        """Whether a noun phrase ends before this."""
        return self.token.kind in ("mark", "quote", "image") or bool(_BREAKS & self.senses.keys()) or "det" in self.senses

    def heads(self) -> bool:
        """Whether this can be what the words before it describe."""
        if self.token.kind == "word" and not self.senses:
            return not self.token.norm.endswith(("ing", "ed", "ly"))
        return bool({"concept", "ground", "part", "setting", "script"} & self.senses.keys())


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as items, and the language that it was read in."""

    items: tuple[Item, ...]
    lexicon: Lexicon


def read(prompt: str, lang: str = "") -> Reading:
    """Read a prompt; `lang` fixes its language (edits keep the first one's)."""
    text, held = words.hold(prompt)
    found = words.tokens(text, held)
    lexicon = vocabulary.lexicon(lang or vocabulary.guess_language(found, text))
    lumps = tuple(_lumps(found, lexicon))
    return Reading(tuple(_items(lumps, lexicon)), lexicon)


def _lumps(tokens: tuple[Token, ...], lexicon: Lexicon) -> Iterator[Lump]:
    english = vocabulary.lexicon("en")
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind in ("mark", "quote", "image", "hex") and not (token.norm == "&" and at):
            yield Lump((token,), {})
            at += 1
            continue
        match = lexicon.match(tokens, at)
        senses = match.senses if match else {}
        if match is None and lexicon is not english and token.kind == "word":
            match = english.match(tokens, at)
            senses = vocabulary.shared(match.senses) if match else {}
        if match is not None and match.length > 1 and _before_place(tokens, at + match.length):
            match = lexicon.match(tokens[:at + match.length - 1], at) or match
            senses = match.senses
        if match is None and token.kind == "single":
            end = _past_unknown(tokens, at)
            while end < len(tokens) and _writes(tokens[end - 1]) and _writes(tokens[end]) == _writes(tokens[at]) \
                    and not tokens[end].spaced and _unread(lexicon, tokens, end):
                end += 1
            if end - at > 1 and _writes(token):
                yield Lump(tokens[at:end], {})
            at = end
            continue
        length = match.length if match and senses else 1
        yield Lump(tokens[at:at + length], senses, bool(match and match.plural))
        at += length


def _unread(lexicon: Lexicon, tokens: tuple[Token, ...], at: int) -> bool:
    """Whether no phrase begins here; in katakana two letters within a longer word are no phrase (カピバラ holds no rose)."""
    match = lexicon.match(tokens, at)
    return match is None or (_writes(tokens[at]) == "kana" and match.length < 3)


def _before_place(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a phrase that ends in の is cut from a place after it: 木の下 is under a tree, not something wooden."""
    return tokens[at - 1].norm == "の" and at < len(tokens) and tokens[at].norm in tuple("上下中横隣前後左右側")


def _writes(token: Token) -> str:
    """Return the script whose unknown runs are nouns: "kana" (katakana), "han", "hangul"; "" for the rest, hiragana too."""
    letter = token.norm[:1]
    if token.kind != "single" or not letter:
        return ""
    return "kana" if "ァ" <= letter <= "ヿ" else "han" if "一" <= letter <= "鿿" else "hangul" if "가" <= letter <= "힣" else ""


def _past_unknown(tokens: tuple[Token, ...], at: int) -> int:
    """Return where to read on after an unknown letter: the next one, or in Hangul, which has spaces, the next word."""
    at += 1
    while "가" <= tokens[at - 1].norm <= "힣" and at < len(tokens) and tokens[at].kind == "single" and not tokens[at].spaced:
        at += 1
    return at


def _items(lumps: tuple[Lump, ...], lexicon: Lexicon) -> Iterator[Item]:
    opened = located = False  # inside a noun phrase; after a word of place
    at = 0
    while at < len(lumps):
        lump = lumps[at]
        owned = _owned(lumps, at)
        if owned:  # "a turtle with a snail on its shell"
            yield Item("referring", lump.senses["relation"], " ".join(n.text for n in lumps[at:at + owned]))
            at += owned
            opened = located = False
            continue
        kind = _held_kind(lump) or _choose(lumps, at, opened, located)
        value, _, cover = _value(lump, kind).partition(" " if kind == "setting" else "\0")
        if kind == "says":
            spoken, taken = _spoken(lumps, at)
            yield Item("says", value, lump.text)
            if spoken:
                yield Item("quote", spoken, spoken)
            at += 1 + taken
            opened = located = False
            continue
        senses = lump.senses
        yield Item(kind, value, lump.text, lump.plural, located, senses.get("concept", ""), senses.get("combined", ""),
                   "weak" in senses, cover, "counter" in senses)
        if kind == "script" and lump.token.norm in _TITLES and _capital(lumps, at + 1) and lexicon.lang != "de":
            spoken, taken = _spoken(lumps, at)
            if spoken:
                yield Item("quote", spoken, spoken)
                at += 1 + taken
                opened = located = False
                continue
        opened = kind in _OPENING or (opened and kind in ("skip", "word", "style"))
        located = _locates(kind, value) or (located and (opened or kind in ("det", "adjust", "skip", "time", "weather")))
        at += 1


def _owned(lumps: tuple[Lump, ...], at: int) -> int:
    """Return how many lumps say a place on what was named before: "on its shell", "behind their backs"; 0 for none."""
    if "relation" not in lumps[at].senses or at + 2 >= len(lumps) or lumps[at + 1].token.norm not in _POSSESSIVE:
        return 0
    part = lumps[at + 2]
    return 3 if "part" in part.senses or part.token.norm in vocabulary.kinds("bodies") else 0


def _capital(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether a word with a capital stands there: "the headline Summer Sale"."""
    return at < len(lumps) and lumps[at].token.kind == "word" and len(lumps[at].text) > 1 and lumps[at].text[:1].isupper()


def _held_kind(lump: Lump) -> str:
    token = lump.token
    if token.kind == "hex":
        return "color"
    if token.kind == "number" and not lump.senses:
        return "number"
    return token.kind if token.kind in ("mark", "quote", "image") and not lump.senses else ""


def _value(lump: Lump, kind: str) -> str:
    if lump.token.kind == "hex":
        digits = lump.token.norm[1:]
        return "#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits))
    if lump.token.kind in ("quote", "image"):
        return lump.token.text
    return lump.senses.get(kind, lump.token.norm)


def _locates(kind: str, value: str) -> bool:
    return (kind == "join" and value == "in") or (kind == "relation" and value in _PLACES)


def _choose(lumps: tuple[Lump, ...], at: int, opened: bool, located: bool) -> str:
    senses = lumps[at].senses
    if not senses:
        return "word"
    if "says" in senses and _speaks(lumps, at):
        return "says"
    told = _beside_others(lumps, at)
    if told:
        return told
    if "script" in senses and (_near_quote(lumps, at) or "concept" not in senses):
        return "script"
    if senses.keys() & {"shade"}:
        kept = _shade(lumps, at)
        if kept:
            return kept
    first = next((k for k in _FIRST if k in senses), "")
    if first and not (first == "relation" and "region" in senses and not _target_follows(lumps, at)):
        return first
    if "concept" in senses:
        return _thing_or(lumps, at, opened, located)
    if "material" in senses and "color" in senses and at and "color" in lumps[at - 1].senses:
        return "material"  # "black slate" is no second colour
    return next((k for k in _THEN if k in senses), "skip")


def _beside_others(lumps: tuple[Lump, ...], at: int) -> str:
    """Return what only the words around it tell: "a camel caravan", "behind her" and not "her dog"."""
    senses = lumps[at].senses
    if "collective" in senses and at and "concept" in lumps[at - 1].senses:
        return "collective"
    if "number" in senses and senses.get("combined") and not continues(lumps, at):
        return "concept"  # "a couple dancing": two people, and no number of anything
    if lumps[at].token.norm in ("up", "down") and at + 1 < len(lumps) and "det" in lumps[at + 1].senses:
        return "skip"  # "down a corridor" is no place in the picture
    return "pronoun" if "pronoun" in senses and "det" in senses and not continues(lumps, at) else ""


def _speaks(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether a word that can announce a text does: "reading" does on a sign, not with a book."""
    senses, ahead = lumps[at].senses, lumps[at + 1:at + 4]
    if any(n.token.kind == "quote" for n in ahead):
        return True
    if not ahead or ahead[0].token.kind == "mark":
        return False
    if senses.keys() & {"relation", "script", "frame", "skip"}:
        signed = any("script" in n.senses for n in lumps[max(0, at - 4):at])
        return signed and ahead[0].token.text[:1].isupper()
    return True


def _target_follows(lumps: tuple[Lump, ...], at: int) -> bool:
    return at + 1 < len(lumps) and lumps[at + 1].token.kind not in ("mark", "quote")


def _shade(lumps: tuple[Lump, ...], at: int) -> str:
    """Return "shade" beside a colour, "" where the word has a better meaning, "skip" when it has none."""
    after = lumps[at + 1].senses if at + 1 < len(lumps) else {}
    before = lumps[at - 1].senses if at else {}
    if "color" in after or ("color" in before and "concept" not in before):
        return "shade"
    if lumps[at].senses["shade"] in ("dark", "light") and after.keys() & {"ground", "setting"}:
        return "shade"
    rest = lumps[at].senses.keys() - {"shade", "skip", "frame"}
    return "" if rest else "skip"


def _thing_or(lumps: tuple[Lump, ...], at: int, opened: bool, located: bool) -> str:
    """Decide between a thing and what else the word can be: a colour, a place, a style, a word in passing."""
    lump = lumps[at]
    senses = lump.senses
    if "time" in senses or ("weather" in senses and not lump.plural):
        return "time" if "time" in senses else "setting" if "setting" in senses else "weather"
    if "setting" in senses and not senses["concept"] and not located:
        return "concept" if _introduced(lumps, at) else "setting"  # "a table" is one; ", dark wooden table" is where
    if "setting" in senses:
        return "concept" if not located and (_curated(lump) or _among_things(lumps, at)) else "setting"
    modifier = next((k for k in ("color", "material", "size", "style", "framing", "adjust") if k in senses), "")
    if modifier:
        return _modifier_or_thing(lumps, at, opened, modifier)
    if senses.keys() & PASSING:
        passing = "skip" if "skip" in senses else "frame"
        return "concept" if opened and not continues(lumps, at) else passing
    if ("part" in senses and not any(n.senses.keys() & {"concept", "setting"} or not n.senses for n in lumps[:at]
                                    if n.token.kind == "word")) or ("part" in senses and _supports(lumps, at)):
        return "concept"  # a feather that nothing wears is a thing, and so is the branch that an owl sits on
    if "part" in senses or "region" in senses or "pronoun" in senses:
        return next(k for k in ("part", "region", "pronoun") if k in senses)
    return "concept"


def _modifier_or_thing(lumps: tuple[Lump, ...], at: int, opened: bool, modifier: str) -> str:
    if modifier == "color" and at and lumps[at - 1].senses.keys() & {"concept", "ground"} and not opened:
        return modifier
    if not lumps[at].plural and continues(lumps, at):
        return modifier
    if lumps[at].plural or (opened and not _after_thing(lumps, at)):
        return "concept"
    before = lumps[at - 1].senses if at else {}
    loose = not at or bool(before.keys() & {"pronoun", "concept", "frame", "shade"}) or before.get("join") == "in"
    return modifier if (loose and at) or modifier in ("style", "framing", "adjust") else "concept"


def _after_thing(lumps: tuple[Lump, ...], at: int) -> bool:
    return bool(at) and "concept" in lumps[at - 1].senses and "color" not in lumps[at - 1].senses


def _supports(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether something stands on, under or beside this: "an owl on a bare branch"."""
    for lump in reversed(lumps[max(0, at - 4):at]):
        if "relation" in lump.senses:
            return lump.senses["relation"] in ("on", "under", "next_to", "above")
        if not lump.senses.keys() & {"det", "number", "color", "size", "material", "skip"}:
            return False
    return False


def _introduced(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether an article or a number opens the noun phrase that ends here."""
    for lump in reversed(lumps[max(0, at - 5):at]):
        if "det" in lump.senses or "number" in lump.senses:
            return True
        if not lump.senses.keys() & (MODIFIERS | {"skip"}):
            return False
    return False


def _among_things(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether a place is one thing of several: the mountain in "with a cloud, a mountain and the sea"."""
    lump, before = lumps[at], lumps[at - 1].senses if at else {}
    if lump.senses["concept"] not in vocabulary.kinds("standing"):
        return False
    introduced = before.get("det") == "a" or "number" in before or (lump.plural and before.get("join") in ("and", "with"))
    return introduced and any("concept" in n.senses and "setting" not in n.senses for n in lumps[:at])


def _curated(lump: Lump) -> bool:
    concept = lump.senses["concept"]
    place = pack.concepts().get(concept)
    return place is None or place.subgroup not in ("place-geographic", "place-other", "sky-weather", "transport-ground")


def continues(lumps: tuple[Lump, ...], at: int) -> bool:
    """Whether the noun phrase goes on to a head after this word."""
    for lump in lumps[at + 1:at + 8]:
        if lump.token.norm == "bir":
            continue
        if lump.breaks():
            return False
        if lump.heads():
            return True
        if not lump.senses.keys() & (MODIFIERS | PASSING | {"number"}):
            return False
    return False


def _near_quote(lumps: tuple[Lump, ...], at: int) -> bool:
    near = lumps[max(0, at - 6):at + 7]
    return any(n.token.kind == "quote" or "says" in n.senses for n in near)


def _spoken(lumps: tuple[Lump, ...], at: int) -> tuple[str, int]:
    """Return unquoted words after "that says", and how many lumps they took; "" when a quotation follows anyway."""
    ahead = lumps[at + 1:at + 10]
    if not ahead or any(n.token.kind == "quote" for n in ahead[:4]):
        return "", 0
    strong = " " in lumps[at].text or lumps[at].token.norm in ("saying", "reads", "titled", "entitled", "labelled", "labeled")
    capital = ahead[0].token.text[:1].isupper()
    if not (strong or capital) or ahead[0].token.kind == "mark":
        return "", 0
    taken: list[Lump] = []
    for lump in ahead:
        lower = not lump.token.text[:1].isupper() and not lump.token.text[:1].isdigit()
        if lump.token.kind in ("mark", "image") and lump.token.norm not in "!?&%":
            break
        if taken and lower and ((capital and "join" not in lump.senses) or lump.senses.keys() & {"relation", "negation"}
                                or lump.senses.get("join") in ("with", "in")):
            break
        taken.append(lump)
    while len(taken) > 1 and taken[-1].senses.keys() & {"join", "det"} and not taken[-1].text[:1].isupper():
        taken.pop()
    return " ".join(n.text for n in taken).replace(" !", "!").replace(" ?", "?").strip(), len(taken)
