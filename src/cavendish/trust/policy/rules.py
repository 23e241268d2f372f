"""The rules of the word policy: read from the packed file and from this installation's own, checked, compiled once."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cavendish.errors import ConfigError

PROBABILITIES = ("low", "medium", "high")
THRESHOLDS = {  # a rule blocks when its probability is at least this; None = never
    "block_low_and_above": "low", "block_medium_and_above": "medium", "block_only_high": "high",
    "block_none": None, "off": None, "harm_block_threshold_unspecified": "high",
}
DEFAULT_THRESHOLD = "block_only_high"
CATEGORIES = ("harassment", "hate_speech", "sexually_explicit", "dangerous_content", "civic_integrity", "jailbreak",
              "image_hate", "image_dangerous_content", "image_harassment", "image_sexually_explicit")
MAX_FILE_BYTES = 1 << 20
_GAP = r"(?:_|[^\w,;]){0,3}"  # between the words of a phrase; a list is none
_SINGLE_LETTERS = 4  # a phrase this long may be looked for with its double letters made single
_DENY_KEYS = {"id", "category", "probability", "always", "phrases", "all"}


@dataclass(frozen=True, slots=True)
class Phrases:
    """Any of these: as written, and with double letters made single."""

    plain: re.Pattern[str]
    single: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Blocks when one phrase of every list in `all` is found; `always`: no setting and no request turns it off."""

    id: str
    category: str
    probability: str
    always: bool
    all: tuple[Phrases, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Rules, the phrases that excuse, and the words that masked spellings are tried against (one a line)."""

    rules: tuple[Rule, ...]
    allow: Phrases
    openings: frozenset[str]  # words that a phrase of any rule may begin with: a text without one of them is innocent
    vocabulary: str
    enabled: bool = True   # False: only the rules that nothing turns off
    source: str = ""       # this installation's own file
    own_rules: int = 0

    def applying(self, thresholds: Mapping[str, str]) -> tuple[Rule, ...]:
        """The rules that may block at these thresholds (category -> threshold); others block at high probability only."""
        return tuple(r for r in self.rules if r.always or (self.enabled and reaches(
            r.probability, thresholds.get(r.category, DEFAULT_THRESHOLD))))


def reaches(probability: str, threshold: str) -> bool:
    """Whether a probability is one that a threshold blocks."""
    least = THRESHOLDS.get(threshold, "high")
    return least is not None and probability in PROBABILITIES and PROBABILITIES.index(probability) >= PROBABILITIES.index(least)


@lru_cache(maxsize=8)
def load(own_file: str = "", *, enabled: bool = True) -> Policy:
    """Read the packed rules and, after them, this installation's file. Raises ConfigError naming the line to mend."""
    packed = tomllib.loads(files("cavendish.trust.policy").joinpath("rules.toml").read_text("utf-8"))
    own = _own(Path(own_file).expanduser()) if own_file else {}
    entries = [*packed["deny"], *own.get("deny", ())]
    allowed = [*packed["allow"]["phrases"], *own.get("allow", {}).get("phrases", ())]
    words = {w for e in entries for phrases in _lists(e) for p in phrases for w in _words(p) if len(w) >= _SINGLE_LETTERS}
    return Policy(rules=tuple(map(_rule, entries)), allow=_compiled(allowed),
                  openings=frozenset(o for e in entries for phrases in _lists(e) for p in phrases for o in _openings(p)),
                  vocabulary="\n".join(sorted(words)), enabled=enabled, source=own_file, own_rules=len(own.get("deny", ())))


def _rule(entry: Mapping[str, Any]) -> Rule:
    return Rule(id=entry["id"], category=entry["category"], probability=entry.get("probability", "high"),
                always=entry.get("always", False), all=tuple(map(_compiled, _lists(entry))))


def _lists(entry: Mapping[str, Any]) -> list[list[str]]:
    return entry["all"] if "all" in entry else [entry["phrases"]]


def _words(phrase: str) -> list[str]:
    return re.findall(r"[^\W_]+", phrase.casefold())


def _compiled(phrases: list[str]) -> Phrases:
    plain = {tuple(_words(p)) for p in phrases}
    single = {tuple(re.sub(r"(.)\1+", r"\1", w) for w in words) for words in plain}
    long = {words for words in single if sum(map(len, words)) >= _SINGLE_LETTERS}
    return Phrases(plain=_any(plain), single=_any(long) if long else None)


def _openings(phrase: str) -> set[str]:
    """The first words of a phrase, written apart and together, with and without double letters."""
    words = _words(phrase)
    joined = {"".join(words[:n + 1]) for n in range(len(words))}
    return joined | {re.sub(r"(.)\1+", r"\1", word) for word in joined} | {
        "".join(re.sub(r"(.)\1+", r"\1", w) for w in words[:n + 1]) for n in range(len(words))}


def _any(phrases: set[tuple[str, ...]]) -> re.Pattern[str]:
    """Whole words with at most three signs or spaces between them."""
    longest_first = sorted(phrases, key=lambda words: (-sum(map(len, words)), words))
    inner = "|".join(_GAP.join(map(re.escape, words)) for words in longest_first)
    return re.compile(rf"(?<![^\W_])(?:{inner})(?![^\W_])")


def _own(path: Path) -> dict[str, Any]:
    name = f"CAVENDISH_POLICY_FILE={path}"
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{name} has more than {MAX_FILE_BYTES} bytes", hint="keep the lists under 1 MiB")
        text = path.read_text("utf-8")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{name} cannot be read: {type(exc).__name__}", hint="name a UTF-8 TOML file") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{name} is not TOML: {exc}", hint="mend that line; docs/safety.md shows an example") from exc
    for line, problem in _problems(raw, text):
        raise ConfigError(f"{name}, line {line}: {problem}", hint="docs/safety.md shows an example")
    return raw


def _problems(raw: dict[str, Any], text: str) -> list[tuple[int, str]]:
    """What is wrong with an installation's file, with the line where that entry begins."""
    found = [(_line(text, rf"^[ \t]*\[*{re.escape(key)}\b"), f"{key!r} is not known, use [[deny]] and [allow]")
             for key in raw if key not in ("deny", "allow")]
    allow, deny = raw.get("allow", {}), raw.get("deny", [])
    if not isinstance(allow, dict) or set(allow) - {"phrases"} or not _are_phrases(allow.get("phrases", ["x"])):
        found.append((_line(text, r"^[ \t]*\[allow\]"), '[allow] takes phrases = ["...", ...] of letters or digits only'))
    if not isinstance(deny, list):
        return [*found, (_line(text, r"^[ \t]*\[deny\]"), "write [[deny]] with double brackets")]
    starts = [text.count("\n", 0, m.start()) + 1 for m in re.finditer(r"^[ \t]*\[\[\s*deny\s*\]\]", text, re.M)]
    seen: set[str] = set()
    for number, entry in enumerate(deny):
        problem = _entry_problem(entry, seen)
        if problem:
            found.append((starts[number] if number < len(starts) else _line(text, r"deny"), problem))
        seen.add(str(entry.get("id")))
    return found


def _entry_problem(entry: dict[str, Any], seen: set[str]) -> str:
    lists = entry.get("all", [entry.get("phrases")])
    checks = {
        f"unknown key {', '.join(sorted(set(entry) - _DENY_KEYS))}": not set(entry) <= _DENY_KEYS,
        "id must be a short name, used once": (not re.fullmatch(r"[\w.-]{1,64}", str(entry.get("id", "")))
                                               or entry["id"] in seen),
        "category must be one of " + ", ".join(CATEGORIES): entry.get("category") not in CATEGORIES,
        "probability must be low, medium or high": entry.get("probability", "high") not in PROBABILITIES,
        "always must be true or false": not isinstance(entry.get("always", False), bool),
        "give either phrases or all": ("phrases" in entry) == ("all" in entry),
        "phrases must be a list of texts with letters or digits": not (
            isinstance(lists, list) and lists and all(map(_are_phrases, lists))),
    }
    return next((problem for problem, wrong in checks.items() if wrong), "")


def _are_phrases(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(p, str) and _words(p) for p in value)


def _line(text: str, pattern: str) -> int:
    match = re.search(pattern, text, re.M)
    return text.count("\n", 0, match.start()) + 1 if match else 1
