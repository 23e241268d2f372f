"""Text of strangers -> one plain line. It is data: markup, control characters and odd spaces go, nothing is obeyed."""

import html
import re
import unicodedata
from urllib.parse import urlsplit

MAX_URL_CHARS = 2_048
MAX_TITLE_CHARS = 120
_SCANNED = 4_000  # characters of one text that are looked at: the patterns below are quadratic in it
_TAG = re.compile(r"<(?:script|style)\b[^>]{0,500}>.*?</(?:script|style)\s{0,20}>|<!--.*?-->|</?[a-zA-Z!][^<>]{0,1000}>",
                  re.S | re.I)
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS = frozenset("<&")
_JOINERS = "\u200c\u200d"  # they spell words in Persian and Hindi


def plain(text: str, limit: int) -> str:
    """One line without markup, entities, control, bidi or private characters, cut at a word to `limit` characters."""
    if text.isascii() and text.isprintable() and len(text) <= limit and not _MARKS.intersection(text):
        return " ".join(text.split())  # the usual cell
    bare = html.unescape(_TAG.sub(" ", text[:_SCANNED]))
    bare = _TAG.sub(" ", bare)  # what was escaped once more
    kept = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", bare)
                   if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _DROPPED)
    line = " ".join(kept.split())
    if len(line) <= limit:
        return line
    if limit < 2:
        return ""
    head = line[:limit - 1]
    word = head.rpartition(" ")[0]
    return (word if len(word) > limit // 2 else head).rstrip(" ,;:.-") + "…"


def link(text: object) -> str:
    """An http or https URL without a user name, as it is; "" for anything else."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_URL_CHARS or re.search(r"[\x00-\x20\x7f\\<>\"'`{}|^]", text):
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    return text if parts.scheme.lower() in ("http", "https") and host and "@" not in parts.netloc else ""
