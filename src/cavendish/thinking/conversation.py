"""Turns of a conversation -> what to draw: the newest user turn's words, its pictures with their roles, what came before.

Every dialect that replays a history reduces it here, so that the same talk means the same in each.

The rule for pictures: a picture that the caller tagged has that role. Otherwise
1. a conversation edits the newest picture the model made in it; pictures sent along are objects to place;
2. unless the words speak of a picture sent now as the one to edit ("this photo", "my picture", not "with this photo"), or
   want to go back to the original: then that one is edited;
3. without a picture of the model's, one picture sent is edited, unless the words ask for a new picture ("draw a …",
   "create an …") and do not speak of the one sent: then it is an object to place;
4. of several, the first (or the one named by number) is edited when the words speak of it; otherwise all are objects;
5. a picture whose style is asked for ("in the style of image 2") is a style reference.
Pictures of the user's earlier turns are objects; the newest 14 pictures count, equal ones once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from cavendish.types import MAX_REFERENCES, Reference, ReferenceRole

_RULE_CHARS = 4_000  # of a prompt; whoever says it later than that is not understood
_KINDS = r"(?:image|photo|photograph|picture|pic|foto|drawing|sketch|logo|scan|screenshot)"
_NUMBERS = {"1": 0, "one": 0, "first": 0, "2": 1, "two": 1, "second": 1, "3": 2, "three": 2, "third": 2, "4": 3, "fourth": 3,
            "last": -1}
_NUMBERED = (rf"(?:the\s+)?(?:{_KINDS}\s*#?\s*(?P<after>[1-4]|one|two|three)\b|"
             rf"(?P<before>first|second|third|fourth|last)\s+{_KINDS}\b)")
_SPOKEN_OF = re.compile(rf"\b(?:this|my|attached|uploaded|original|provided|given)\s+(?:\w+\s+)?{_KINDS}\b", re.I)
_BY_NUMBER = re.compile(rf"\b{_NUMBERED}", re.I)
_SOURCE = re.compile(r"\b(?:from|with|using|like)\s+(?:the\s+)?$", re.I)  # before a picture: it gives, it is not edited
_REMOVES = re.compile(r"\b(?:remove|erase|delete|cut|crop|clear|take)\b", re.I)  # "remove the man from this photo" edits it
_STYLE = re.compile(rf"\bstyle\s+(?:of|from|in)\s+(?:{_NUMBERED}|(?:this|the|my|attached)\s+(?:\w+\s+)?{_KINDS}\b)", re.I)
_ORIGINAL = re.compile(rf"\b(?:back\s+to|start\w*\s+(?:over\s+|again\s+)?(?:from|with)|use|edit)\s+(?:the|my)\s+"
                       rf"(?:original|uploaded|unedited)\s+{_KINDS}\b", re.I)
_AFRESH = re.compile(r"^\W*(?:(?:please|now|can|could|would|will|you|i|want|need|to|let's|us)\s+)*"
                     r"(?:draw|create|generate|design|paint|render|compose|produce|make|imagine|illustrate)\s+(?:me\s+|us\s+)?"
                     r"(?:an?|another|one|two|three|four|five|some|new|\d+)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A picture inside the contents, by its bytes or its URL. `role` is the caller's own tag, "" when there is none."""

    data: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)
    signature: bytes = field(default=b"", repr=False)
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All consecutive contents of one role, without thoughts and empty texts."""

    user: bool
    texts: tuple[str, ...] = ()
    pictures: tuple[Sent, ...] = ()
    foreign: str = ""  # a part of a kind that draws nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What contents come to."""

    prompt: str
    references: tuple[Reference, ...]
    mask: Sent | None  # a part tagged as mask
    history: tuple[str, ...]


def reduce(turns: list[Turn], masked: bool = False) -> Conversation:
    """Reduce turns, the last one the user's, to one request. `masked`: a mask arrives by another way, so a base is needed."""
    last, earlier = turns[-1], turns[:-1]
    masks = [p for p in last.pictures if p.role == "mask"]
    drawn = next((p for t in reversed(earlier) if not t.user for p in reversed(t.pictures)), None)
    signed = {(p.data, p.url): p.signature for t in earlier if not t.user for p in t.pictures}  # ours may be sent again
    sent = tuple(replace(p, signature=p.signature or signed.get((p.data, p.url), b""))
                 for p in last.pictures if p.role != "mask")
    old = [p for t in earlier if t.user for p in t.pictures if p.role != "mask"]
    if not sent and drawn is None:  # nothing was drawn yet: the newest pictures of the user are still the subject
        sent = next((tuple(p for p in t.pictures if p.role != "mask") for t in reversed(earlier) if t.pictures), ())
    prompt = "\n".join(last.texts)
    if not sent and old and _ORIGINAL.search(prompt[:_RULE_CHARS]):
        drawn = old[-1]
    return Conversation(prompt=prompt, references=_references(prompt, drawn, sent, old, masked or bool(masks)),
                        mask=masks[-1] if masks else None,
                        history=tuple("\n".join(t.texts) for t in earlier if t.user and t.texts))


def roles(prompt: str, count: int, drawn: bool) -> tuple[ReferenceRole, ...]:
    """Decide the roles of `count` untagged pictures of the newest turn (the rule above). `drawn`: the model made one before."""
    found = [ReferenceRole.OBJECT] * count
    words = prompt[:_RULE_CHARS]
    style = _STYLE.search(words)
    styled = _index(style, count, 0 if count == 1 else -1)
    base = _edited(_STYLE.sub(" ", words), [i for i in range(count) if i != styled], drawn)
    if styled is not None:
        found[styled] = ReferenceRole.STYLE
    if base is not None:
        found[base] = ReferenceRole.BASE
    return tuple(found)


def _edited(words: str, open_to: list[int], drawn: bool) -> int | None:
    """Index of the picture that the words want edited, None when it is none of those sent."""
    if not open_to:
        return None
    numbered = None if drawn else next(_targets(words, _BY_NUMBER), None)
    if numbered is not None:
        named = _index(numbered, open_to[-1] + 1, open_to[0])
        return named if named in open_to else open_to[0]
    if next(_targets(words, _SPOKEN_OF), None) is not None:
        return open_to[0]
    if drawn or len(open_to) > 1 or _AFRESH.search(words):
        return None
    return open_to[0]


def _targets(words: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Mentions of a picture as the thing to edit, not as where something is taken from."""
    for match in pattern.finditer(words):
        before = words[:match.start()]
        if not _SOURCE.search(before[-20:]) or _REMOVES.search(before):
            yield match


def _index(match: re.Match[str] | None, count: int, otherwise: int) -> int | None:
    """Which picture a match names: by number when it gives one, else `otherwise`; None without a match."""
    if match is None or not count:
        return None
    number = _NUMBERS.get((match["after"] or match["before"] or "").lower(), otherwise)
    return number % count if -count <= number < count else 0


def _references(prompt: str, drawn: Sent | None, sent: tuple[Sent, ...], old: list[Sent],
                masked: bool) -> tuple[Reference, ...]:
    """Order: the model's picture to edit, the newest turn's as sent, older ones newest first."""
    ours = iter(roles(prompt, sum(not p.role for p in sent), drawn is not None))
    now = [_reference(p, p.role or next(ours)) for p in sent]
    edited = any(r.role is ReferenceRole.BASE for r in now)
    if drawn is not None and not edited:
        now = [_reference(drawn, ReferenceRole.BASE), *now]
    elif masked and not edited and now:
        now[0] = replace(now[0], role=ReferenceRole.BASE)
    newest = len(_once(now))
    before = (_reference(p, ReferenceRole.OBJECT if p.role in ("", "base") else p.role) for p in reversed(old))
    return tuple(_once([*now, *before])[:max(newest, MAX_REFERENCES)])


def _reference(sent: Sent, role: str) -> Reference:
    return Reference(data=sent.data, url=sent.url, role=ReferenceRole(role), signature=sent.signature)


def _once(references: Iterable[Reference]) -> list[Reference]:
    """Drop repeats of the same bytes; the first stands, and takes over a signature that only a repeat has."""
    kept: dict[str, Reference] = {}
    for reference in references:
        known = kept.setdefault(reference.digest, reference)
        if reference.signature and not known.signature:
            kept[reference.digest] = replace(known, signature=reference.signature)
    return list(kept.values())


def merge(turns: Iterable[Turn]) -> list[Turn]:
    """Join consecutive turns of one side: streamed answers come back as one turn a chunk."""
    merged: list[Turn] = []
    for turn in turns:
        if merged and merged[-1].user == turn.user:
            before = merged.pop()
            turn = Turn(user=turn.user, texts=before.texts + turn.texts, pictures=before.pictures + turn.pictures,
                        foreign=before.foreign or turn.foreign)
        merged.append(turn)
    return merged
