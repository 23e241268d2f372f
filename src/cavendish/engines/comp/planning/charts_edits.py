"""Changes to charts: "change Q2 to 18", "add a bar for Q5 with 22", "make it a pie chart", "add a bar chart of …"."""

import re
from dataclasses import replace

from cavendish.engines.comp.planning import charts, figures, planner, vocabulary, words
from cavendish.engines.comp.planning.changes import Step
from cavendish.engines.comp.planning.clauses import Clause
from cavendish.engines.comp.scene import Chart, Scene
from cavendish.errors import InvalidValue

_LABEL = re.compile(r"^(?:(?:an?|the|another|one|une?|ein(?:e|en)?|un[ao]?|new)\b)?\s*"
                    r"(?:(?:bar|column|slice|point|value|entry|category|balken|barra|barre|segment|punkt|punto|wert)\w*)?\s*(?:for|named|called|of|labell?ed|für|para|pour|per|di|de)?\s*",
                    re.I)
_JOINT = re.compile(r"[\s:=,]*(?:with|at|of|is|mit|con|com|avec|à|a|by|to|value|the)?[\s:=,]*$", re.I)
_MORE = re.compile(r"^[\s,.;]*(?:(?:and|y|et|und|e|then)\s+)?", re.I)
_TITLE = re.compile(r"\btitle\b|título|titre|titel|titolo|タイトル|标题|제목", re.I)
_REPLACES = frozenset({"replace", "set"})


def spoken(scene: Scene, prompt: str) -> tuple[Scene, str, str] | None:
    """Return the scene with the charts whose numbers the words give, what was done, and the words left; None without any."""
    taken = charts.take(prompt)
    if not taken.charts:
        return None
    new = taken.charts
    first = re.match(r"\W*(\w+)", prompt)
    swaps = scene.charts and first is not None and first[1].lower() in ("replace", "change", "make", "turn", "swap", "update")
    kept = () if swaps else scene.charts
    used = [s.key for s in scene.subjects] + [t.key for t in scene.texts] + [c.key for c in kept]
    placed: list[Chart] = []
    for chart in new:
        placed.append(replace(chart, key=planner.key_for("chart", [*used, *(c.key for c in placed)]),
                              board=chart.board or bool(scene.subjects)))
    kinds = " and ".join(f"a {c.kind} chart" for c in placed)
    before, _, after = taken.rest.partition("image")
    left = _MORE.sub("", after).strip(" .") if len(before.split()) < 7 else " ".join([before, after])
    return replace(scene, charts=(*kept, *placed)), ("replaced the chart by " if swaps else "added ") + kinds, left


def apply(scene: Scene, clause: Clause) -> Step | None:
    """Do a clause to the scene's charts when it speaks of them; None when it speaks of something else."""
    for chart in scene.charts:
        try:
            found = _changed(chart, clause)
        except InvalidValue as exc:
            return Step(scene, missed=exc.sentence().rstrip("."))
        if found is not None:
            after, said = found
            if after == chart:
                return Step(scene, missed="the chart already is as the words ask")
            others = tuple(after if c.key == chart.key else c for c in scene.charts)
            return Step(replace(scene, charts=others), (said,))
    if scene.charts and clause.verb == "remove" and _is_chart(clause.text):
        return Step(replace(scene, charts=scene.charts[:-1]), (f"removed the {scene.charts[-1].kind} chart",))
    return None


def _changed(chart: Chart, clause: Clause) -> tuple[Chart, str] | None:
    """Return the chart as a clause wants it and what was done; None when the clause is not about it."""
    kind = charts.kind_of(clause.text)
    if clause.verb in _REPLACES and kind not in ("", "any") and (clause.old is None or _is_chart(clause.old.text)
                                                                 or clause.old.draft.pronouns):
        return replace(chart, kind=kind), f"the chart is a {kind} chart now"
    if clause.old is not None:
        return _exchanged(chart, clause)
    if clause.verb == "remove":
        return _without(chart, clause.text)
    if clause.verb in ("add", "place") or (clause.verb == "set" and _place(chart, clause.text) >= 0):
        return _with(chart, clause.text)
    color = next(iter(clause.draft.colors), "") or next((t.color for t in clause.draft.things if t.color), "")
    if color and clause.verb in ("set", "recolor") and _is_part(clause.text):
        return replace(chart, colors=(color,)), "the chart has a new colour"
    return None


def _exchanged(chart: Chart, clause: Clause) -> tuple[Chart, str] | None:
    old = clause.old.text if clause.old else ""
    at, value = _place(chart, old), figures.number(clause.text.strip(" .“”"))
    if at >= 0 and value is not None and len(chart.series) > 1:
        return _in_series(chart, (old, at), value[0])
    if at >= 0 and value is not None:
        values = tuple(value[0] if k == at else v for k, v in enumerate(chart.values))
        return replace(chart, values=values), f"{chart.labels[at]} is now {value[0]:g}"
    quoted = clause.draft.captions
    if quoted and _TITLE.search(old) and (chart.title or _is_part(old)):
        return replace(chart, title=quoted[0].text), f"the chart's title is now “{quoted[0].text}”"
    if at >= 0 and value is None and len(clause.text) < 40:
        name = clause.text.strip(" “”\"'")
        labels = tuple(name if k == at else label for k, label in enumerate(chart.labels))
        return replace(chart, labels=labels), f"{chart.labels[at]} is called {name} now"
    color = next(iter(clause.draft.colors), "")
    if color and _is_part(old):
        return replace(chart, colors=(color,)), "the chart has a new colour"
    return None


def _in_series(chart: Chart, where: tuple[str, int], value: float) -> tuple[Chart, str]:
    """Change one value of the series that the words name."""
    old, at = where
    row = next((k for k, name in enumerate(chart.series) if f" {words.phrase(name)} " in f" {words.phrase(old)} "), -1)
    if row < 0:
        raise InvalidValue("the chart has several series", field="scene.charts",
                           hint=f"say which, as “{chart.labels[at]} of {chart.series[0]}”")
    place = row * len(chart.labels) + at
    values = tuple(value if k == place else v for k, v in enumerate(chart.values))
    return replace(chart, values=values), f"{chart.labels[at]} of {chart.series[row]} is now {value:g}"


def _without(chart: Chart, text: str) -> tuple[Chart, str] | None:
    at = _place(chart, text)
    if at < 0:
        return None
    if len(chart.labels) < 3:
        raise InvalidValue("a chart needs at least two values", field="scene.charts", hint="remove the whole chart")
    return _kept(chart, [k for k in range(len(chart.labels)) if k != at]), f"took {chart.labels[at]} out of the chart"


def _kept(chart: Chart, places: list[int]) -> Chart:
    values = tuple(row[k] for row in chart.rows for k in places)
    colors = tuple(chart.colors[k] for k in places) if len(chart.colors) == len(chart.labels) else chart.colors
    return replace(chart, values=values, labels=tuple(chart.labels[k] for k in places), colors=colors)


def _with(chart: Chart, text: str) -> tuple[Chart, str] | None:
    """Read "a bar for Q5 with 22", "Q5: 22", "Q5 22"."""
    said = re.search(r"(?<!\w)[-−]?\d[\d.,]*\s*\S{0,3}$", text.strip(" ."))
    value = figures.number(said[0]) if said else None
    if said is None or value is None or not chart.labels:
        return None
    name = _JOINT.sub("", _LABEL.sub("", text.strip(" .")[:said.start()].strip(), count=1)).strip(" “”")
    if not name or len(name.split()) > 4 or not (_is_part(text) or _kin(name, chart.labels)):
        return None
    if len(chart.series) > 1:
        raise InvalidValue("one number is not enough for a chart of several series", field="scene.charts",
                           hint="say the whole chart anew, with the new values of each series")
    at = _place(chart, name)
    if at >= 0:
        values = tuple(value[0] if k == at else v for k, v in enumerate(chart.values))
        return replace(chart, values=values), f"{chart.labels[at]} is now {value[0]:g}"
    return replace(chart, values=(*chart.values, value[0]), labels=(*chart.labels, name)), f"added {name} with {value[0]:g}"


def _kin(name: str, labels: tuple[str, ...]) -> bool:
    """Whether a name is of the labels' own kind, as Q5 is of Q1 and 2025 of 2024."""
    form = re.sub(r"\d+", "0", name)
    return any(re.sub(r"\d+", "0", label) == form for label in labels) and any(c.isdigit() for c in name)


def _place(chart: Chart, text: str) -> int:
    """Return the place of the label that a text names, -1 for none."""
    bare = re.sub(r"['’]\w+", "", text).strip(" “”")
    said = f" {words.phrase(bare)} "
    spoken = [(k, words.phrase(label)) for k, label in enumerate(chart.labels)]
    return next((k for k, label in sorted(spoken, key=lambda p: -len(p[1])) if label and f" {label} " in said), -1)


def _is_chart(text: str) -> bool:
    return bool(charts.kind_of(text)) or charts.without_numbers(text)


def _is_part(text: str) -> bool:
    """Whether a text names the chart or a part of one: "the bars", "the line"."""
    parts = vocabulary.phrases(str(vocabulary.table("charts")["words"]["parts"]))
    return _is_chart(text) or bool(set(parts) & set(words.phrase(text).split()))
