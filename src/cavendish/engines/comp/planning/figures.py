"""Series of numbers in words: "Q1 10, Q2 15", "60% coffee, 30% tea", "12, 15, 19", "A, B, C: 3, 5, 8". It knows no charts."""

import re
from dataclasses import dataclass, replace

from cavendish.engines.comp.planning import vocabulary

MAX_VALUES = 60
_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-\u2212])?(?P<before>[$€£¥₩₹]|US\$|R\$)?\s?(?P<sign2>[-\u2212])?(?P<digits>\d[\d.,]*\d|\d)"
    r"(?P<after>\s?(?:%|percent\b|per cent\b|‰|°[CF]?|[€£$¥₩₹円元원])"
    r"|(?:k|m|bn|b|t|kg|g|km|cm|mm|ms|s|h|hrs?|min|gb|mb|kwh|mw|l|ml)\b"
    r"|\s(?:thousand|million|billion|mio|mrd|kg|km|cm|euros?|dollars?"
    r"|degrees?|hours?|hrs|minutes|units|people|users|points?|pts)\b)?"
    r"(?![\w])", re.I)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6,
           "bn": 1e9, "b": 1e9, "billion": 1e9, "mrd": 1e9, "t": 1e12}
_UNITS = {"percent": "%", "per cent": "%",
          "euro": "€", "euros": "€", "dollar": "$", "dollars": "$", "degrees": "°", "degree": "°"}
_JOIN = re.compile(r"\s+(?:and|y|et|und|e|ve|&)\s+", re.I)
_SPLIT = re.compile(r"[;\n|、，；]|,(?!\d)|(?<!\d),")
_LABELLED = re.compile(r"\b(?:for|in|labell?ed|labels?|named)\s+(?:the\s+)?", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Numbers with their names. `head` = words before them, `end` = where in the text they end."""

    values: tuple[float, ...]
    labels: tuple[str, ...]
    unit: str
    head: str
    end: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """One number with the words around it, as places in the text."""

    before: str
    value: float
    unit: str
    after: str
    start: int
    number_end: int
    end: int


def read_series(text: str) -> Series | None:
    """Read the numbers of one sentence with their labels; None when there are fewer than two."""
    head, at = _head(text)
    cells = _cells(text, at)
    if len(cells) < 2:
        return None
    values, unit = tuple(c.value for c in cells), next((c.unit for c in cells if c.unit), "")
    leading = sum(bool(c.before.strip()) for c in cells[1:])
    trailing = sum(bool(c.after.strip()) for c in cells[:-1])
    if leading >= max(1, trailing):
        series = _named_before(text, head, cells, (values, unit))
    else:
        series = _named_after(head, cells, (values, unit)) if trailing else _bare(text, head, cells, (values, unit))
    parts = {*_words("parts")}  # "5 bars and 3 colours" says how a chart looks, and is no data
    return None if any(parts & {name.casefold(), name.split(" ")[-1].casefold()} for name in series.labels) else series


def _head(text: str) -> tuple[str, int]:
    """Return the words before the colon that opens the numbers, and where the numbers begin."""
    colon = re.search(r":\s|：", text + " ")
    if colon is None:
        return "", 0
    first = text[:colon.start()]
    one = len(re.findall(r":\s|：", text)) == 1
    again = re.search(r"[:：,;]", text[colon.end():])
    opens = not _NUMBER.search(first) or (one and not re.search(r"[,;]", first)) or (again is not None and again[0] in ":：")
    return (first, colon.end()) if opens else ("", 0)


def _cells(text: str, at: int) -> list[_Cell]:
    """Cut text into pieces with one number each; the first piece without any ends them."""
    cells: list[_Cell] = []
    for start, end in _pieces(text, at):
        piece = text[start:end]
        found = list(_NUMBER.finditer(piece))
        if not found:
            if cells:
                break
            continue
        number = found[0] if _NUMBER.match(piece.strip()) and len(found) == 1 else found[-1] if len(found) == 2 else found[0]
        value, unit = _amount(number)
        cells.append(_Cell(piece[:number.start()], value, unit, piece[number.end():], start, start + number.end(), end))
        if len(cells) >= MAX_VALUES:
            break
    return cells


def _pieces(text: str, at: int) -> list[tuple[int, int]]:
    """Return the spans between commas, line ends and "and"; commas inside a number stay."""
    tight = not re.search(r",\s", text[at:]) and len(re.findall(r"\d,\d", text[at:])) > 1
    cuts = [(m.start(), m.end()) for m in (re.compile(r"[;\n|、，；,]") if tight else _SPLIT).finditer(text, at)]
    cuts += [(m.start(), m.end()) for m in _JOIN.finditer(text, at) if _NUMBER.search(text[m.end():].split(",")[0])]
    spans, start = [], at
    for low, high in sorted(cuts):
        if low >= start:
            spans.append((start, low))
            start = high
    return [*spans, (start, len(text))]


def _amount(match: re.Match[str]) -> tuple[float, str]:
    """Return a number's value and unit: "$1.2k" -> 1200, "$"."""
    digits = match["digits"].rstrip(".,")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", digits):
        digits = digits.replace(".", "")
    digits = digits.replace(",", ".")
    digits = digits if digits.count(".") <= 1 else digits.replace(".", "")
    after = (match["after"] or "").strip()
    scale = _SCALES.get(after.lower(), 1.0)
    unit = (match["before"] or "") or ("" if after.lower() in _SCALES else _UNITS.get(after.lower(), after))
    sign = -1 if match["sign"] or match["sign2"] else 1
    return round(sign * float(digits) * scale, 9), unit


def _named_before(text: str, head: str, cells: list[_Cell], said: tuple[tuple[float, ...], str]) -> Series:
    """Read "Q1 10, Q2 15": what the first label has more than the others is what the chart is about."""
    labels = [_tidy(c.before) for c in cells]
    if not head and len(labels) > 1:
        words, most = labels[0].split(), max(len(name.split()) for name in labels[1:])
        if len(words) > max(1, most):
            head, labels[0] = " ".join(words[:-max(1, most)]), " ".join(words[-max(1, most):])
        elif _intro(words[:1]):
            labels[0] = " ".join(words[1:])
    return Series(values=said[0], labels=tuple(labels), unit=said[1], head=head, end=cells[-1].number_end)


def _named_after(head: str, cells: list[_Cell], said: tuple[tuple[float, ...], str]) -> Series:
    """Read "60% coffee, 30% tea": a last label ends where the sentence goes on to a place or a style."""
    last = cells[-1]
    cut = re.search(rf"\s+(?:{'|'.join(_words('before'))}|(?:and|plus)\s+(?:an?|the|some))\s", last.after + " ")
    kept = last.after[:cut.start()] if cut else last.after
    labels = [_tidy(c.after, "of") for c in cells[:-1]] + [_tidy(kept, "of")]
    return Series(values=said[0], labels=tuple(labels), unit=said[1], head=head or cells[0].before,
                  end=last.number_end + len(kept))


def _bare(text: str, head: str, cells: list[_Cell], said: tuple[tuple[float, ...], str]) -> Series:
    """Read "12, 15, 19", with names listed before a colon or after "for"."""
    series = Series(values=said[0], labels=(), unit=said[1], head=head or cells[0].before, end=cells[-1].number_end)
    names = listed(head.rsplit(" of ", 1)[-1] if head.count(",") else "")
    if len(names) == len(cells):
        return replace(series, labels=tuple(names), head="")
    opening = _LABELLED.match(text[series.end:].lstrip(" ,"))
    if opening:
        at = series.end + len(text[series.end:]) - len(text[series.end:].lstrip(" ,")) + opening.end()
        names = listed(text[at:])
        if len(names) == len(cells):
            return replace(series, labels=tuple(names), end=len(text))
    return series


def number(text: str) -> tuple[float, str] | None:
    """Return the value and unit of a text that is one number and nothing else, None otherwise."""
    match = _NUMBER.fullmatch(text.strip())
    return _amount(match) if match else None


def amount(text: str) -> tuple[float, str] | None:
    """Return the first number in a text with its unit, None when there is none."""
    match = _NUMBER.search(text)
    return _amount(match) if match else None


def listed(text: str) -> list[str]:
    """Split "A, B and C"."""
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+(?:and|y|et|und|e)\s+", text.strip(" .:"), flags=re.I)
    return [_tidy(p) for p in parts if p.strip()]


def _intro(tokens: list[str]) -> bool:
    return bool(tokens) and tokens[0].casefold() in {*_words("subject"), *_words("filler")}


def _tidy(label: str, *leading: str) -> str:
    """Return a label without joints around it."""
    tokens = re.sub(r"[\s:：=(–—>-]+$|^[\s:：=)–—>-]+", "", label).strip(" ,.:=()").split()
    drop = {*_words("joins"), *leading, "is", "are", "was", "at"}
    while tokens and tokens[0].casefold() in drop and len(tokens) > 1:
        tokens.pop(0)
    while tokens and tokens[-1].casefold() in drop and len(tokens) > 1:
        tokens.pop()
    return " ".join(tokens)


def _words(name: str) -> list[str]:
    return vocabulary.phrases(str(vocabulary.table("charts")["words"][name]))
