"""Translation of the words in a picture: only from a copy table in the request, because this engine knows no translations."""

import re
from dataclasses import replace
from functools import cache

from cavendish.engines.comp.planning import vocabulary, words
from cavendish.engines.comp.scene import Scene

_PAIR = re.compile(r"\s*(?:=|→|->|=>|⇒|:|\bas\b|\bto\b|\binto\b|\bbecomes\b)\s*")
_INTO = re.compile(r",?\s*(?:and\s+)?\b(?:translated?|in translation)\s+(?:in|to|into)\s+(?:the\s+)?\w+(?:\s+language)?", re.I)
UNTRANSLATED = "translation: the texts are set as they are written"
WANTED = ("this engine does not translate; give the copy with the request, as “translate the text: \"Hello\" = \"Bonjour\"”, "
          "or change each text to its new words")


def asked(prompt: str) -> bool:
    """Whether words outside quotation marks ask for a translation."""
    text, _ = words.hold(prompt)
    return bool(_asks().search(text))


def without(prompt: str) -> str:
    """Return a prompt without "translated into French", which this engine cannot do; its texts are set as they are written."""
    return _INTO.sub(" ", prompt)


def names_language(text: str) -> bool:
    """Whether a text is no more than the name of a language, as "French" or "in French"."""
    return words.fold(text).strip(" .!").removeprefix("in ").removeprefix("into ") in _languages()


def translate(scene: Scene, prompt: str) -> tuple[Scene, tuple[str, ...], str] | None:
    """Return the scene with the copy table's words, what was done, and why not; None when no translation is asked for."""
    if not asked(prompt):
        return None
    table = _table(prompt)
    new = {t.key: table[_same(t.text)] for t in scene.texts if _same(t.text) in table}
    if not new:
        have = ", ".join(f"“{t.text}”" for t in scene.texts) or "no text"
        return scene, (), WANTED if not table else f"the copy given has none of the words in the picture; it shows {have}"
    texts = tuple(replace(t, text=new.get(t.key, t.text)) for t in scene.texts)
    done = [f"the text “{t.text}” is now “{new[t.key]}”" for t in scene.texts if t.key in new and new[t.key] != t.text]
    left = [f"no copy was given for “{t.text}”" for t in scene.texts if t.key not in new]
    if not done:
        return scene, (), "the texts already are as the copy says"
    return replace(scene, texts=texts), (*done, *(f"not done: {m}" for m in left)), ""


def _table(prompt: str) -> dict[str, str]:
    """Return what the prompt pairs: "Hello" = "Bonjour"."""
    text, held = words.hold(prompt)
    quotes = list(re.finditer("[\ue000-\uefff]", text))
    out: dict[str, str] = {}
    at = 0
    while at + 1 < len(quotes):
        first, second = quotes[at], quotes[at + 1]
        if _PAIR.fullmatch(text[first.end():second.start()]):
            out[_same(held[ord(first[0]) - 0xE000].text)] = held[ord(second[0]) - 0xE000].text
            at += 1
        at += 1
    return out


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


@cache
def _asks() -> re.Pattern[str]:
    listed = vocabulary.phrases(str(vocabulary.table("edits")["translate"]["asks"]))
    whole = (rf"(?<!\w){re.escape(w)}(?!\w)" if "a" <= w[0] < "\u0500" else re.escape(w) for w in listed)
    return re.compile("|".join(whole), re.IGNORECASE)


@cache
def _languages() -> frozenset[str]:
    listed = str(vocabulary.table("edits")["translate"]["languages"]).replace("\n", " ")
    return frozenset(words.fold(name) for name in vocabulary.phrases(listed))
