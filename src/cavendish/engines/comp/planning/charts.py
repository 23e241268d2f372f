"""Numbers and points in words: charts, pages of numbered points and buttons, taken out of a prompt before the rest is read.

Only what is said is taken: a chart without numbers stays in the words, and becomes a card that says what belongs there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from cavendish.engines.comp.planning import vocabulary, words
from cavendish.engines.comp.planning.figures import Series, read_series
from cavendish.engines.comp.planning.figures_table import Table, read_table
from cavendish.engines.comp.scene import Chart, Scene, SceneText

MAX_CHARTS = 4
MAX_POINTS = 12
NEUTRAL = " image "  # what is left in the words for a part that was taken out
_FUNCTION = frozenset({"relation", "join", "det", "negation", "skip"})
_CHARTS = frozenset({"bar-chart", "chart-increasing", "chart-decreasing"})
_HELD = "[\ue000-\uefff]"
_END = re.compile(r"[.!?;](?=\s|$)|[。！？।]")
_COUNT = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|tres|trois|drei|três|tre|cuatro|quatre|vier|quattro)"


@dataclass(slots=True)
class Taken:
    """What a prompt says in numbers and points, and the words that are left."""

    rest: str
    charts: list[Chart] = field(default_factory=list)
    texts: list[SceneText] = field(default_factory=list)


@dataclass(slots=True)
class _Page:
    text: str
    held: tuple[words.Quote, ...]
    charts: list[Chart] = field(default_factory=list)
    texts: list[SceneText] = field(default_factory=list)

    def quote(self, char: str) -> words.Quote:
        return self.held[ord(char) - 0xE000]

    def put(self, start: int, end: int, what: str = NEUTRAL) -> None:
        self.text = self.text[:start] + what + self.text[end:]


def take(prompt: str) -> Taken:
    """Take charts with numbers, points and buttons out of a prompt. The words left read as a prompt of their own."""
    text, held = words.hold(prompt)
    page = _Page(text, held)
    _take_buttons(page)
    _take_points(page)
    for _ in range(MAX_CHARTS):
        if not any(_take_chart(page, match) for match in _chart_words().finditer(page.text)):
            break
    if not page.charts and not page.texts:
        return Taken(prompt)
    return Taken(_restored(page), page.charts, page.texts)


def without_numbers(noun: str) -> bool:
    """Whether a noun is a chart: as no numbers were said of it, a drawing of one would invent them."""
    return bool(_chart_words().search(noun))


def kind_of(text: str) -> str:
    """Return the kind of chart that a text names: bar, line, pie, "any" where it leaves that open, "" for none."""
    found = _chart_words().search(text)
    return _kinds().get((found[1] or found[2]).casefold(), "any") if found else ""


def put(scene: Scene, taken: Taken) -> Scene:
    """Put what was taken into a scene; a chart without numbers becomes a card that says what belongs there."""
    subjects = tuple(replace(s, concept="") if s.concept in _CHARTS and without_numbers(s.noun) else s for s in scene.subjects)
    used = {s.key for s in subjects} | {t.key for t in scene.texts}
    texts = tuple(replace(t, key=f"{t.key}-of-page") if t.key in used else t for t in taken.texts)
    kept = tuple(replace(c, key=f"{c.key}-of-page") if c.key in used else c for c in taken.charts)
    kept = tuple(replace(c, board=c.board or bool(subjects)) for c in kept)
    page = bool(kept or any(t.role == "point" for t in texts))
    setting = "plain" if page and scene.setting == "studio" and not subjects else scene.setting
    return replace(scene, subjects=subjects, texts=(*texts, *scene.texts), charts=kept, setting=setting)


def _restored(page: _Page) -> str:
    def put(match: re.Match[str]) -> str:
        quote = page.quote(match[0])
        return f" image {quote.text} " if quote.kind == "image" else f" “{quote.text}” "

    return " ".join(re.sub(_HELD, put, page.text).split())


@cache
def _list(name: str) -> tuple[str, ...]:
    return tuple(vocabulary.phrases(str(vocabulary.table("charts")["words"][name])))


def _either(phrases: tuple[str, ...]) -> str:
    """Return a pattern of phrases, the longest first; those of Latin letters only as whole words."""
    ordered = sorted(phrases, key=len, reverse=True)
    return "|".join(rf"(?<!\w){re.escape(p)}(?!\w)" if p[-1].isascii() or "a" <= p[-1] < "\u0500" else re.escape(p)
                    for p in ordered)


@cache
def _kinds() -> dict[str, str]:
    """Return every word for a chart -> its kind, "any" where the word leaves it open."""
    return {phrase: kind for kind, by_lang in vocabulary.table("charts")["kind"].items()
            for listed in by_lang.values() for phrase in vocabulary.phrases(str(listed))}


@cache
def _chart_words() -> re.Pattern[str]:
    return re.compile(rf"({_either(tuple(_kinds()))})s?\b|({_either(tuple(_kinds()))})", re.I)


def _take_chart(page: _Page, match: re.Match[str]) -> bool:
    """Take one chart out of the words when numbers follow its name in the same sentence."""
    word = (match[1] or match[2]).casefold()
    start, end = match.start(), match.end()
    found = _numbers(page, end)
    if found is None:
        return False
    series, table = found
    kind = _kinds().get(word, "any")
    opening, color = _opening(page.text[:start])
    title, taken = _title(page, series, end)
    one = kind == "pie" and (table is not None or min(series.values) < 0 or sum(series.values) <= 0)
    kind = "bar" if kind == "any" or one else kind
    labels = tuple(_label(page, name) for name in series.labels)
    title, unit = _unit(title, series.unit)
    names = tuple(_label(page, name) for name in table.series) if table else ()
    left, after = _off_board(page.text[end:][series.end:], opening=False)
    opening, before = _off_board(opening, opening=True)
    page.charts.append(Chart(key=f"chart-{len(page.charts) + 1}" if page.charts else "chart", kind=kind, values=series.values,
                             labels=labels, title=title, unit=unit, colors=(color,) if color else (), series=names,
                             board=before or after))
    page.text = opening + NEUTRAL + left
    if taken:
        page.text = page.text.replace(taken, " ", 1)
    return True


def _numbers(page: _Page, end: int) -> tuple[Series, Table | None] | None:
    """Return the numbers of one sentence; of a table also its rows. Rows may be parted by semicolons."""
    wide = re.compile(r"[.!?](?=\s|$)|[。！？।]").search(page.text, end)
    until = wide.start() if wide else len(page.text)
    following = _chart_words().search(page.text, end, until)
    table = read_table(page.text[end:following.start() if following else until])
    if table is not None:
        values = tuple(v for row in table.rows for v in row)
        return Series(values=values, labels=table.labels, unit=table.unit, head=table.head, end=table.end), table
    stop = _END.search(page.text, end)
    until = stop.start() if stop else len(page.text)
    following = _chart_words().search(page.text, end, until)
    series = read_series(page.text[end:following.start() if following else until])
    return None if series is None else (series, None)


def _unit(title: str, unit: str) -> tuple[str, str]:
    """Take the unit out of a title: "Temperature in °C" -> "Temperature", "°C"."""
    said = re.search(r"\s+(?:in|\()\s*(°[CF]|%|€|\$|£|kg|km|percent|USD|EUR|m²|kWh|GB|ms)\)?$", title, re.I)
    if said is None or unit:
        return title, unit
    named = {"percent": "%", "usd": "$", "eur": "€"}.get(said[1].lower(), said[1])
    return title[:said.start()], named


def _off_board(text: str, *, opening: bool) -> tuple[str, bool]:
    """Take "on a whiteboard" or "a poster with" away from beside a chart: the chart itself is drawn on a board."""
    boards = _either(_list("boards"))
    article = r"(?:(?:a|an|the|his|her|their|big|large|white|digital|un|una|une|ein|einem|einer|eine|um|uma)\s+)*"
    shows = "with|showing|of|displaying|that shows|containing|con|avec|mit|com"
    lies = "on|onto|drawn on|displayed on|shown on|auf|en|sur|su|em|in"
    before, after = rf"{article}(?:{boards})\s+(?:{shows})\s+{article}$", rf"^\s*,?\s*(?:{lies})\s+{article}(?:{boards})"
    found = re.search(before if opening else after, text, re.I)
    if found is None:
        return text, False
    return (text[:found.start()], True) if opening else (text[found.end():], True)


def _opening(before: str) -> tuple[str, str]:
    """Return the words before a chart without the colour said of it, and that colour."""
    near = re.search(r"([\w-]+\s+)?([\w-]+)\s+$", before)
    for phrase in (near[0].strip(), near[2]) if near else ():
        color = vocabulary.hexes().get(words.phrase(phrase), "")
        if color:
            return before[:before.rstrip().rindex(phrase)], color
    return before, ""


def _label(page: _Page, name: str) -> str:
    """Return a label with what was quoted in it put back."""
    said = re.sub(_HELD, lambda m: page.quote(m[0]).text, name)
    return words.shorten(said, 40)


def _title(page: _Page, series: Series, end: int) -> tuple[str, str]:
    """Return a chart's title and the words to take out for it: quoted in its head, quoted after "titled", or its subject."""
    inside = re.search(_HELD, series.head)
    if inside and page.quote(inside[0]).kind == "quote":
        return page.quote(inside[0]).text, ""
    announced = re.search(rf"(?:,|and|with)?\s*(?:the\s+)?(?:{_either(_list('title'))})\s*:?\s*({_HELD})", page.text[end:],
                          re.I)
    if announced and page.quote(announced[1]).kind == "quote":
        return page.quote(announced[1]).text, announced[0]
    return _subject(series.head), ""


def _subject(head: str) -> str:
    """Return what a chart is about: "of monthly sales in 2025" -> "Monthly sales in 2025"."""
    said = re.sub(_HELD, " ", head).strip(" ,:-–—")
    opening = re.compile(rf"^(?:{_either(_list('subject'))}|{_either(_list('filler'))})\s*", re.I)
    while opening.match(said):
        said = opening.sub("", said, count=1).strip(" ,:")
    said = re.sub(rf"[\s,]+(?:with|{_either(_list('filler'))})$", "", said, flags=re.I)
    return words.shorten(said[:1].upper() + said[1:], 60)


def _quotes(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(_HELD, text)


def _take_buttons(page: _Page) -> None:
    """Take quoted words that a button or a call to action carries."""
    pattern = re.compile(
        rf"(?:,|and|with|plus)?\s*(?:an?|the)?\s*(?:[a-z]+\s+)?(?:{_either(_list('button'))})(?:\s+button)?[\s:,]*"
        rf"(?:that\s+|which\s+)?(?:says?|saying|reads?|reading|with(?:\s+the)?\s+(?:text|words|label)|labell?ed|text)?"
        rf"[\s:]*({_HELD})", re.I)
    while (match := pattern.search(page.text)) and page.quote(match[1]).kind == "quote":
        number = sum(t.role == "button" for t in page.texts)
        page.texts.append(SceneText(key=f"button-{number + 1}" if number else "button", text=page.quote(match[1]).text,
                                    role="button"))
        page.put(match.start(), match.end(), " ")


def _take_points(page: _Page) -> None:
    """Take the quoted or listed points of an infographic, and its title."""
    points = re.compile(rf"(?:,|and|with|showing|having)?\s*(?:the\s+)?(?:{_COUNT}\s+)?(?:[a-z]+\s+)?"
                        rf"(?:{_either(_list('points'))})"
                        rf"(?P<where>\s+(?:on|in|at)\s+[^:,.;{_HELD[1:-1]}]{{1,40}}(?=:))?"
                        rf"\s*(?::|,|such as|like|saying|that say|are)?\s*", re.I)
    infographic = re.search(rf"(?:an?\s+|the\s+)?(?:{_either(_list('infographic'))})", page.text, re.I)
    for match in points.finditer(page.text):
        found, end = _listed(page, match.end(), bool(infographic))
        if len(found) < 2:
            continue
        page.texts += [SceneText(key=f"point-{n}", text=t, role="point", icon=_icon(t)) for n, t in enumerate(found, 1)]
        page.put(match.start(), end, " ")
        _take_head(page)
        page.text += match["where"] or ""
        return


def _listed(page: _Page, at: int, open_list: bool) -> tuple[list[str], int]:
    """Return the points of a list that starts at a place, and where it ends: quoted ones, else the words between commas."""
    joint = re.compile(rf"\s*(?:,|;|\d+[.)]|[-•]|(?:{_either(_list('joins'))}))*\s*({_HELD})", re.I)
    found: list[str] = []
    while (match := joint.match(page.text, at)) and page.quote(match[1]).kind == "quote" and len(found) < MAX_POINTS:
        found.append(page.quote(match[1]).text)
        at = match.end()
    if found or not open_list:
        return found, at
    stop = _END.search(page.text, at)
    end = stop.start() if stop else len(page.text)
    joins = _either(_list("joins"))
    parts = re.split(rf"\s*[,;\n]\s*(?:(?:{joins})\s+)?|\s+(?:{joins})\s+", page.text[at:end])
    plain = [p.strip(" :") for p in parts if p.strip(" :")]
    return ([p[:1].upper() + p[1:] for p in plain[:MAX_POINTS]], end) if all(len(p) < 60 for p in plain) else ([], at)


def _take_head(page: _Page) -> None:
    """Take what an infographic is about as its headline, unless a quoted text is the headline already."""
    pattern = re.compile(rf"(?:an?\s+|the\s+)?(?:{_either(_list('infographic'))})\s*"
                         rf"(?:(?:{_either(_list('subject'))})\s+([^,.;:\n{_HELD[1:-1]}]+))?", re.I)
    match = pattern.search(page.text)
    if match is None:
        return
    about = re.split(r"\s+(?:with|that|which|in|on a|and)\s", (match[1] or "") + " ")[0].strip()
    quoted = any(page.quote(m[0]).kind == "quote" for m in _quotes(page.text))
    if about and not quoted:
        title = words.shorten(about[:1].upper() + about[1:], 60)
        page.texts.insert(0, SceneText(key="title", text=title, role="headline"))
    end = match.start(1) + len(about) if about and match[1] else match.end()
    page.put(match.start(), end)


def _icon(text: str) -> str:
    """Return the drawing of the first thing that a point names, "" when it names none of ours."""
    found = words.tokens(text)
    known = vocabulary.lexicon(vocabulary.guess_language(found, text))
    named: list[tuple[int, str]] = []
    at = 0
    while at < len(found):
        match = known.match(found, at) if found[at].kind in ("word", "single") else None
        if match is not None and "concept" in match.senses and not match.senses.keys() & _FUNCTION:
            named.append((at, match.senses["concept"]))
        at += match.length if match else 1
    if len(named) > 1 and not named[0][0]:  # "drink coffee" is about coffee
        return named[1][1]
    return named[0][1] if named else ""
