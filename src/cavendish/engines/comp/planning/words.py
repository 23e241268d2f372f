"""Prompts to tokens, in any script: folding, splitting, quoted text. It knows letters and no meanings."""

import re
import unicodedata
from dataclasses import dataclass

MAX_TOKENS = 4000  # a longer prompt is read up to here; nothing that a picture can show needs more

_QUOTE = "\ue000"  # first of the private-use characters that stand for a quoted text or an image number
_MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u064b-\u065f\u0670"
_SINGLE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"  # scripts read letter by letter
_TOKEN = re.compile(
    rf"(?P<hex>\#(?:[0-9a-fA-F]{{6}}|[0-9a-fA-F]{{3}})\b)|(?P<held>[\ue000-\uefff])|(?P<single>[{_SINGLE}])"
    rf"|(?P<unit>\d+[a-zA-Z]{{1,3}}\b)|(?P<number>\d+(?:[.,:]\d+)*)|(?P<word>(?:[^\W\d_{_SINGLE}]|[{_MARKS}])(?:[^\W_{_SINGLE}]|[{_MARKS}]|['’](?=[^\W\d_]))*)"
    r"|(?P<mark>[.,;:!?()\n—–/&+、。，！？；：।،؛%])")
_QUOTED = re.compile(r'"([^"\n]{1,400})"|“([^”“]{1,400})[”“]|„([^“”„]{1,400})[“”]|«\s*([^»]{1,400}?)\s*»|「([^」]{1,400})」'
                     r"|『([^』]{1,400})』|‘([^’‘\n]{1,200})’(?!\w)|(?<!\w)'([^'\n]{1,200}(?:'\w[^'\n]*)*)'(?!\w)|(?<!\w)`([^`]{1,400})`")
_IMAGE = re.compile(r"\b(?:images?|pictures?|photos?|img|pics?|references?|imagen|imagem|immagine|bild|foto)"
                    r"\s*[_#]?\s*(\d{1,2})\b"
                    r"|(?:画像|图|图片|图像|이미지|사진)\s*(\d{1,2})"
                    r"|\b(?:the\s+)?(1st|2nd|3rd|first|second|third|fourth|fifth|last)\s+(?:image|picture|photo|reference)\b"
                    r"(?!\s+(?:of|with)\s+(?:a|an)\b)", re.IGNORECASE)
_ELIDED = re.compile(r"\b([lLdD]|[Qq]u|[Aa]ll|[Dd]all|[Dd]ell|[Nn]ell|[Ss]ull|[Cc]oll|[Uu]n)['’](?=[^\W\d_])")
_ORDINALS = {"1st": 1, "first": 1, "2nd": 2, "second": 2, "3rd": 3, "third": 3, "fourth": 4, "fifth": 5, "last": 0}
_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": ""})


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, mark or held text. `norm` is what vocabularies are keyed by; `spaced` = white space stood before it."""

    kind: str  # word, single, number, hex, mark, quote, image
    text: str
    norm: str
    spaced: bool = True


@dataclass(frozen=True, slots=True)
class Quote:
    """Words to typeset exactly, or an image number (0 = the last)."""

    kind: str
    text: str


def fold(text: str) -> str:
    """Return the form that spelling variants share: case, width, Latin accents, Arabic vowel marks and hamzas."""
    if text.isascii():
        return text.lower().replace("'", "")
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ı", "i").translate(_ARABIC)
    out = []
    for char in plain:
        base = unicodedata.normalize("NFD", char)
        if unicodedata.combining(char) and not "\u0900" <= char <= "\u0dff" and char not in "\u3099\u309a":
            continue
        out.append(base[0] if len(base) > 1 and base[0] < "\u0500" else char)
    return "".join(out).replace("'", "").replace("’", "")


def phrase(text: str) -> str:
    """Return the vocabulary key of a name: its folded tokens joined by spaces."""
    if text.isascii() and text.replace("-", " ").replace(" ", "").isalnum():
        return " ".join(text.lower().replace("-", " ").split())
    return " ".join(t.norm for t in tokens(text) if t.kind != "mark")


def hold(prompt: str) -> tuple[str, tuple[Quote, ...]]:
    """Replace quoted texts and image numbers by one private-use character each, in order of their place."""
    clean = re.sub("[\ue000-\uf8ff\x00]", " ", prompt)
    held: list[Quote] = []

    def keep(kind: str, text: str) -> str:
        if len(held) >= 200:
            return " "
        held.append(Quote(kind, text))
        return f" {chr(ord(_QUOTE) + len(held) - 1)} "

    def quote(match: re.Match[str]) -> str:
        text = " ".join(next(g for g in match.groups() if g is not None).split())
        return keep("quote", text.rstrip(",") or text) if text else " "

    def image(match: re.Match[str]) -> str:
        number = match[1] or match[2]
        return keep("image", number.lstrip("0") or "99" if number else str(_ORDINALS[match[3].lower()]))

    return _IMAGE.sub(image, _QUOTED.sub(quote, clean)), tuple(held)


def tokens(text: str, held: tuple[Quote, ...] = ()) -> tuple[Token, ...]:
    """Split text that went through `hold` into at most MAX_TOKENS tokens."""
    out: list[Token] = []
    for match in _TOKEN.finditer(_ELIDED.sub(r"\1 ", unicodedata.normalize("NFKC", text))):
        kind, word = str(match.lastgroup).replace("unit", "word"), match[0]
        spaced = match.start() == 0 or match.string[match.start() - 1].isspace()
        if kind == "held":
            number = ord(word) - ord(_QUOTE)
            if number >= len(held):
                continue
            out.append(Token(held[number].kind, held[number].text, word))
        else:
            out.append(Token(kind, word, _norm(kind, word), spaced))
        if len(out) >= MAX_TOKENS:
            break
    return tuple(out)


def _norm(kind: str, word: str) -> str:
    if kind == "mark":
        return {"\n": ".", "、": ",", "，": ",", "،": ",", "。": ".", "।": ".", "；": ";", "؛": ";", "&": "&"}.get(word, word)
    folded = fold(word)
    if kind == "word" and word[-2:].lower() in ("'s", "’s"):
        return folded[:-1]
    return folded


def shorten(text: str, limit: int = 40) -> str:
    """Cut at a word's end, with an ellipsis, to at most `limit` characters."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[:limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2:] else cut).rstrip(" ,;:") + "…"
