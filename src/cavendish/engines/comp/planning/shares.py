"""Which thing each said colour belongs to: "two dogs, one black and one white" is two dogs. It only rewrites items."""

from collections.abc import Iterator
from dataclasses import replace

from cavendish.engines.comp.planning.reading import Item

_LEADS = frozenset({"det", "number"})
_WORN = frozenset({"size", "shade", "material"})


def share(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Write out shared nouns: each part of "…, one black and one white" and of "a red and a blue ball" gets its own."""
    out: list[Item] = []
    at = 0
    while at < len(items):
        parts, end = _parts(items, at)
        if parts:
            out.extend(parts)
            at = end
            continue
        out.append(items[at])
        head = _shared_head(items, at)
        if head is not None:
            out.append(replace(head, plural=False))
        at += 1
    return tuple(out)


def _parts(items: tuple[Item, ...], at: int) -> tuple[list[Item], int]:
    """Return "two dogs, one black and one white" from its number on as whole phrases and where they end; none otherwise."""
    if items[at].kind != "number":
        return [], at
    head = at + 1
    while head < len(items) and items[head].kind in _WORN:
        head += 1
    opens = head + 1
    if opens >= len(items) or items[head].kind != "concept" or items[opens].value not in (",", ":", "-", "(", "—"):
        return [], at
    out: list[Item] = []
    found, end = 0, opens + 1
    for start, stop, phrase in _groups(items, opens + 1):
        if found and items[start - 1].kind not in ("mark", "join"):
            break
        out += [*phrase, *items[at + 1:head], replace(items[head], plural=False), Item("mark", ",", ",")]
        found, end = found + 1, stop
    return (out[:-1], end) if found > 1 else ([], at)


def _groups(items: tuple[Item, ...], at: int) -> Iterator[tuple[int, int, list[Item]]]:
    """Yield start, end and words of each "one black", "a red one", "the other white" that follow each other."""
    while at < len(items):
        while at < len(items) and (items[at].value == "," or (items[at].kind == "join" and items[at].value == "and")):
            at += 1
        start, lead = at, []
        while at < len(items) and items[at].kind in _LEADS | {"skip", "shade"}:
            lead.append(items[at])
            at += 1
        if not any(i.kind in _LEADS for i in lead) or at >= len(items) or items[at].kind != "color":
            return
        phrase = [i for i in lead if i.kind == "shade"] + [items[at]]
        numbers = [i for i in lead if i.kind == "number"][:1]
        at += 1
        if at < len(items) and items[at].kind == "number" and items[at].value == "1":
            at += 1
        if at < len(items) and items[at].kind not in ("mark", "join", "relation", "setting"):
            return
        yield start, at, (numbers or [Item("number", "1", "one")]) + phrase


def _shared_head(items: tuple[Item, ...], at: int) -> Item | None:
    """Return "ball" after the "red" of "a red and a blue ball"."""
    kinds = [i.kind for i in items[at - 1:at + 5]] if at else []
    same = kinds[:1] and kinds[0] in _LEADS and kinds[1:3] == ["color", "join"] and items[at + 1].value == "and"
    if same and len(kinds) > 5 and kinds[3] in _LEADS and kinds[4:6] == ["color", "concept"]:
        return items[at + 4]
    return None
