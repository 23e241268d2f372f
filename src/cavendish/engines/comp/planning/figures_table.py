"""Tables of numbers in words: "2023: 10, 12; 2024: 14, 18 for Q1, Q2", "Q1: Anna 3, Ben 4; Q2: Anna 5, Ben 1"."""

import re
from dataclasses import dataclass

from cavendish.engines.comp.planning import figures

_GROUP = re.compile(r"\s*(?:and\s+)?(?P<name>[^:;：]{1,48}?)\s*[:：]\s*(?P<cells>[^:;：]+?)\s*"
                    r"(?:;|；|\n|$|(?:,\s*(?:and\s+)?|\s+(?:and|y|et|und|e)\s+)"
                    r"(?=(?!\s*[-−\d]\S* (?:and|y|et|und|e)\s)[^,:;]{1,40}:))", re.I)
_FOR = re.compile(r"\s+(?:for|in|over|across|by)\s+(?:the\s+)?(?P<labels>[^.;:]+?)\s*$", re.I)
_HEAD = re.compile(r"^(?P<head>[^:;]*?)\b(?:for|in|over|across|by)\s+(?P<labels>[^:;]+?)\s*[:：]\s*(?=[^:;]+:)", re.I)
MAX_SERIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of numbers, one for each series, under common labels. `head` = words before them, `end` = where they end."""

    series: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    labels: tuple[str, ...]
    unit: str
    head: str
    end: int


def read_table(text: str) -> Table | None:
    """Read several named rows of numbers; None when there are fewer than two rows of one length."""
    head, labels, at = _opening(text)
    groups, at = _groups(text, at)
    if not 2 <= len(groups) <= MAX_SERIES + 6:
        return None
    if not head and not labels:
        head, first = _first_name(groups)
        groups[0] = (first, groups[0][1])
    last, tail, rest = _labels_after(groups[-1][1])
    at -= rest
    groups[-1] = (groups[-1][0], last)
    labels = labels or tail
    bare = [_row(cells) for _, cells in groups]
    if all(bare) and len({len(r) for r in bare if r}) == 1 and len(bare[0] or ()) > 1:
        return _rows(groups, [r for r in bare if r], labels, (head, at))
    return _by_label(groups, (head, at))


def _opening(text: str) -> tuple[str, tuple[str, ...], int]:
    """Return the words before the table, the labels named there, and where the rows begin."""
    start = re.match(r"[\s:：,]*", text)
    skipped = start.end() if start else 0
    head, labels, at = _named(text[skipped:])
    return head, labels, at + skipped


def _named(text: str) -> tuple[str, tuple[str, ...], int]:
    match = _HEAD.match(text)
    names = figures.listed(match["labels"]) if match else []
    if match and len(names) > 1:
        return match["head"], tuple(names), match.end()
    colon = re.match(r"^([^:;\d]+?)[:：]\s*(?=[^:;,]{1,48}[:：])", text)
    return (colon[1], (), colon.end()) if colon else ("", (), 0)


def _groups(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    out: list[tuple[str, str]] = []
    while (match := _GROUP.match(text, at)) is not None and re.search(r"\d", match["cells"]) and match.end() > at:
        out.append((match["name"].strip(" ,"), match["cells"]))
        at = match.end()
    return out, at


def _first_name(groups: list[tuple[str, str]]) -> tuple[str, str]:
    """Cut "sales 2023" into what the chart is about and the name of its first row, by how long the other names are."""
    if not groups:
        return "", ""
    said, most = groups[0][0].split(), max((len(name.split()) for name, _ in groups[1:]), default=1)
    return " ".join(said[:-most]), " ".join(said[-most:]) if len(said) > most else groups[0][0]


def _labels_after(cells: str) -> tuple[str, tuple[str, ...], int]:
    """Return the numbers, the labels said after them, and how many letters after these speak of something else."""
    match = _FOR.search(cells)
    onward = re.search(r"\s+(?:with|on|next|beside|behind|in an?|and an?)\s", match["labels"]) if match else None
    said = match["labels"][:onward.start()] if match and onward else match["labels"] if match else ""
    names = figures.listed(said)
    if match is None or len(names) < 2:
        return cells, (), 0
    return cells[:match.start()], tuple(names), len(match["labels"]) - len(said)


def _row(cells: str) -> tuple[tuple[float, str], ...] | None:
    """Return bare numbers with their units, None when anything else stands between them."""
    parts = [p for p in re.split(r",(?!\d{3}\b)\s*(?:and\s+)?|\s+and\s+|\s*[/|]\s*", cells.strip(" .")) if p.strip()]
    read = [figures.number(p) for p in parts]
    return tuple(r for r in read if r is not None) if parts and all(read) else None


def _rows(groups: list[tuple[str, str]], rows: list[tuple[tuple[float, str], ...]], labels: tuple[str, ...],
          where: tuple[str, int]) -> Table:
    unit = next((u for row in rows for _, u in row if u), "")
    fitting = labels if len(labels) == len(rows[0]) else ()
    return Table(series=tuple(name for name, _ in groups), rows=tuple(tuple(v for v, _ in row) for row in rows), labels=fitting,
                 unit=unit, head=where[0], end=where[1])


def _by_label(groups: list[tuple[str, str]], where: tuple[str, int]) -> Table | None:
    """Read "Q1: Anna 3, Ben 4; Q2: Anna 5, Ben 1": each group is a label, each name in it a series."""
    read = [figures.read_series(cells) for _, cells in groups]
    found = [r for r in read if r is not None]
    if len(found) != len(groups) or len({r.labels for r in found}) != 1 or not found[0].labels:
        return None
    names = found[0].labels
    rows = tuple(tuple(r.values[k] for r in found) for k in range(len(names)))
    unit = next((r.unit for r in found if r.unit), "")
    return Table(series=names, rows=rows, labels=tuple(name for name, _ in groups), unit=unit, head=where[0], end=where[1])
