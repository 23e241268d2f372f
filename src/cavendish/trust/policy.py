"""Policy on words: which prompts are refused, by category and threshold, from data. It never sees a picture.

A match reports the rule and the words, so that a person can understand and appeal it. Normalising is for comparison only:
NFKC, case, accents, zero-width and leet spelling, stretched and spaced letters (Unicode TR36 section 2; UTS 39 section 4).
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cavendish.errors import Blocked
from cavendish.types import ImageRequest

PROBABILITIES = ("low", "medium", "high")
THRESHOLDS = {  # a rule blocks when its probability is at least this; None = never
    "block_low_and_above": "low", "block_medium_and_above": "medium", "block_only_high": "high",
    "block_none": None, "off": None, "harm_block_threshold_unspecified": "high",
}
DEFAULT_THRESHOLD = "block_only_high"
CATEGORIES = ("harassment", "hate_speech", "sexually_explicit", "dangerous_content", "civic_integrity", "jailbreak",
              "image_hate", "image_dangerous_content", "image_harassment", "image_sexually_explicit")

# Look-alikes that NFKC leaves alone (from Unicode confusables.txt) and common leet digits.
_LOOKALIKES = str.maketrans({
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ѕ": "s", "ԁ": "d", "һ": "h", "к": "k",
    "м": "m", "т": "t", "в": "b", "н": "h", "α": "a", "ε": "e", "ο": "o", "ρ": "p", "ι": "i", "κ": "k", "ν": "v", "υ": "u",
    "@": "a", "$": "s", "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "_": " ",
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Blocks when every pattern of `all` is found."""

    id: str
    category: str
    probability: str
    always: bool
    all: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules and the phrases that excuse."""

    rules: tuple[Rule, ...]
    allow: re.Pattern[str]


def check(request: ImageRequest) -> None:
    """Raise Blocked when the words of a request match a rule at its thresholds.

    `request.safety` holds (category, threshold) pairs; categories without one block at high probability only.
    """
    policy = load()
    words = "\n".join((request.prompt, request.system, *(layer.text for layer in request.text_layers)))
    forms = tuple(policy.allow.sub(" ", form) for form in normalised(words))
    thresholds = dict(request.safety)
    for rule in policy.rules:
        if not _applies(rule, thresholds.get(rule.category, DEFAULT_THRESHOLD)):
            continue
        found = _match(rule, forms)
        if found:
            raise Blocked(f"the prompt was refused by policy rule {rule.id} ({rule.category}): {found!r}",
                          categories=(rule.category,), hint="change these words" if rule.always else
                          "change these words, or send safety settings that allow the category")


def normalised(text: str) -> tuple[str, ...]:
    """Fold a text for comparison: as plain words, with leet and look-alikes undone, and with spaced letters joined."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Mn", "Cf"))
    plain = unicodedata.normalize("NFKC", plain)
    folded = re.sub(r"(.)\1{2,}", r"\1", plain.translate(_LOOKALIKES))
    joined = re.sub(r"\b(?:\w[ .\-*]){2,}\w\b", lambda m: re.sub(r"[ .\-*]", "", m[0]), folded)
    return tuple(dict.fromkeys(re.sub(r"[^\w]+", " ", form) for form in (plain, folded, joined)))


@lru_cache(maxsize=1)
def load() -> Policy:
    """Read policy.toml once."""
    raw = tomllib.loads(files("cavendish.trust").joinpath("policy.toml").read_text("utf-8"))
    rules = tuple(Rule(id=r["id"], category=r["category"], probability=r["probability"], always=r.get("always", False),
                       all=tuple(map(_words, r["all"]))) for r in raw["rules"])
    return Policy(rules=rules, allow=_words(raw["allow"]["phrases"]))


def _words(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True)) + r")\b")


def _applies(rule: Rule, threshold: str) -> bool:
    least = THRESHOLDS.get(threshold, "high")
    return rule.always or (least is not None and PROBABILITIES.index(rule.probability) >= PROBABILITIES.index(least))


def _match(rule: Rule, forms: tuple[str, ...]) -> str:
    for form in forms:
        hits = [m[0] for m in (pattern.search(form) for pattern in rule.all) if m]
        if len(hits) == len(rule.all):
            return " … ".join(hits)
    return ""
