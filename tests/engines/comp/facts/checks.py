"""Every fact of a prompt, checked on the picture that the engine draws for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from cavendish.engines.comp.engine import shapes_of
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.layout import lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.scene import Subject
from engines.comp.facts import colors
from engines.comp.facts.asked import Case, Thing, thing, those
from engines.comp.facts.seen import Seen, differs, distance, lab, look

SMALLEST = 0.0012  # share of the picture that a thing must cover
COVERED = 0.6  # share of a thing that must be seen; of one inside another a quarter
TELL = 0.25  # share of a thing that must differ from what is behind it
OTHER = 8.0  # levels of 255 by which another style or hour must differ
DARK = 28.0  # mean lightness of a picture that is night in itself, as neon is by day, too
WARM = ("sunset", "golden_hour")
DROPS = 0.008  # share of the picture that rain or snow must change by falling
THIRDS = {"left": 0.42, "right": 0.58, "top": 0.45, "bottom": 0.55}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the picture must show, and whether it does. `kind` is what the shares are counted by."""

    kind: str
    what: str
    shown: bool


def judge(case: Case, words: Callable[[Seen, str], bool] | None = None) -> tuple[Seen, list[Fact]]:
    """Draw a prompt and check all its facts; words only with a reader."""
    seen = look(case.text, case.size)
    facts = [Fact("size", str(case.size), seen.rows.shape[:2] == (case.size.height, case.size.width)),
             Fact("note", "says what it is", _note(seen))]
    facts += _things(seen, case)
    for key, check in CHECKS.items():
        if key in case.facts:
            facts += check(seen, case.facts[key])
    if words is not None:
        facts += [Fact("text", w, words(seen, w)) for w in case.facts.get("words", ())]
    return seen, facts


def _note(seen: Seen) -> bool:
    cards = [s.noun for s in seen.scene.subjects if not s.concept]
    return seen.picture.note.startswith("This is a layout comp") and all(noun in seen.picture.note for noun in cards)


def _things(seen: Seen, case: Case) -> Iterator[Fact]:
    taken: set[str] = set()
    for line in case.facts.get("show", ()):
        wanted = thing(line)
        found = [s for s in seen.scene.subjects if wanted.is_in(s) and s.key not in taken]
        best = min(found, key=lambda s: _far(s, wanted), default=None)
        taken |= {best.key} if best else set()
        yield Fact("card" if wanted.names[0].startswith("card:") else "thing", line, best is not None and _visible(seen, best))
        yield Fact("uncovered", line, best is not None and _uncovered(seen, best))
        if wanted.count:
            yield Fact("count", line, best is not None and _counted(seen, found, (best, wanted.count)))
        if wanted.color:
            pixels = seen.rows[seen.uncovered(best.key)] if best is not None else np.zeros((0, 3), np.uint8)
            yield Fact("colour", line, colors.has(pixels, wanted.color, seen.scene.time))


def _far(subject: Subject, wanted: Thing) -> float:
    """Order subjects by how far their colour and number are from what is wanted."""
    if not wanted.color or not subject.color:
        tone = 500.0 if wanted.color else 100.0 * bool(subject.color)
    else:
        own = lab(np.array([[colors.rgb(subject.color)]]) * 255)[0, 0]
        tone = float(np.abs(colors.named(wanted.color) - own).sum())
    return tone + abs(subject.count - abs(wanted.count or 1))


def _visible(seen: Seen, subject: Subject) -> bool:
    """Whether every copy lies in the frame, and the thing is large enough and stands out."""
    items, mask = seen.layout.of(subject.key), seen.alone(subject.key)
    height, width = mask.shape
    slack = 0.02 * max(width, height)
    within = all(i.x >= -slack and i.y >= -slack and i.x + i.width <= width + slack and i.base <= height + slack for i in items)
    told = seen.apart(subject.key).sum() / max(1, mask.sum())
    return bool(items) and within and mask.mean() >= SMALLEST and told >= TELL


def _uncovered(seen: Seen, subject: Subject) -> bool:
    mask = seen.alone(subject.key)
    inside = subject.relation is not None and subject.relation.kind == "inside"
    return bool(mask.any()) and seen.uncovered(subject.key).sum() / mask.sum() >= (0.25 if inside else COVERED)


def _counted(seen: Seen, found: list[Subject], asked: tuple[Subject, int]) -> bool:
    best, count = asked
    own, all_of_them = len(seen.layout.of(best.key)), sum(len(seen.layout.of(s.key)) for s in found)
    return max(own, all_of_them) >= -count if count < 0 else count in (own, all_of_them)


# Relations, from the boxes of two items.
def _across(a: Item, b: Item) -> float:
    return (min(a.x + a.width, b.x + b.width) - max(a.x, b.x)) / min(a.width, b.width)


def _along(a: Item, b: Item) -> float:
    return (min(a.base, b.base) - max(a.y, b.y)) / min(a.height, b.height)


def _middle(i: Item) -> float:
    return i.y + i.height / 2


RELATIONS: dict[str, Callable[[Item, Item], bool]] = {
    "on": lambda a, b: _across(a, b) > 0.4 and _middle(a) < _middle(b) and b.y - 0.05 * b.height <= a.base <= b.base,
    "wears": lambda a, b: _across(a, b) > 0.4 and b.y + 0.04 * b.height <= a.base <= b.base,
    "around": lambda a, b: _across(a, b) > 0.4 and b.y <= _middle(a) <= b.base,
    "under": lambda a, b: _across(a, b) > 0.4 and _middle(a) > _middle(b) and a.base <= b.base + a.height,
    "left_of": lambda a, b: a.x + a.width <= b.x + 0.25 * b.width,
    "right_of": lambda a, b: b.x + b.width <= a.x + 0.25 * a.width,
    "behind": lambda a, b: a.base < b.base - 0.03 * b.height and _across(a, b) > -0.5,
    "in_front_of": lambda a, b: a.base > b.base + 0.03 * b.height and _across(a, b) > -0.5,
    "above": lambda a, b: a.base <= b.y + 0.3 * b.height,
    "inside": lambda a, b: _across(a, b) > 0.6 and _along(a, b) > 0.3,
    "next_to": lambda a, b: _along(a, b) > 0.15 and -1.6 < _across(a, b) < 0.35,
    "holding": lambda a, b: _across(a, b) > -0.15 and _along(a, b) > 0.2,
}


def _relations(seen: Seen, lines: list[str]) -> Iterator[Fact]:
    for line in lines:
        first, kind, second = line.split(" ")
        pairs = [(a, b) for one in those(seen.scene, first) for two in those(seen.scene, second) if one.key != two.key
                 for a in seen.layout.of(one.key) for b in seen.layout.of(two.key)]
        yield Fact("relation", line, any(RELATIONS[kind](a, b) for a, b in pairs))


def _at(seen: Seen, lines: list[str]) -> Iterator[Fact]:
    width, height = seen.layout.size.width, seen.layout.size.height
    for line in lines:
        names, region = line.split(" ")
        items = [i for s in those(seen.scene, names) for i in seen.layout.of(s.key)]
        yield Fact("place in picture", line, bool(items) and all(_in_region(i.middle / width, _middle(i) / height, region) for i in items))


def _in_region(x: float, y: float, region: str) -> bool:
    sides = region.split("_")
    return all((x if side in ("left", "right") else y) < THIRDS[side] if side in ("left", "top")
               else (x if side in ("left", "right") else y) > THIRDS[side] for side in sides)


def _space(seen: Seen, side: str) -> Iterator[Fact]:
    height, width = seen.free.shape
    strip = {"left": np.s_[:, : width // 3], "right": np.s_[:, -(width // 3):], "top": np.s_[: height // 3],
             "bottom": np.s_[-(height // 3):]}[side]
    yield Fact("copy space", side, bool(seen.free[strip].mean() > 0.94))


def _setting(seen: Seen, names: str) -> Iterator[Fact]:
    scene = seen.scene
    shown = scene.setting in names.split("/")
    natural = scene.setting in (*colors.PLACES, "space", "snow") and not scene.background
    if shown and natural and (scene.time, scene.weather, scene.style) == ("day", "clear", "photorealistic"):
        shown = colors.is_place(seen.bare, seen.free, scene.setting)
    elif shown and scene.setting not in ("studio", "plain"):
        shown = distance(seen.bare, seen.other(setting="plain")) > OTHER
    yield Fact("setting", names, shown)


def _background(seen: Seen, words: str) -> Iterator[Fact]:
    yield Fact("background colour", words, colors.has(seen.bare[seen.free], words, seen.scene.time))


def _time(seen: Seen, time: str) -> Iterator[Fact]:
    at = {t: lab(seen.bare if t == seen.scene.time else seen.other(time=t)).reshape(-1, 3).mean(axis=0)
          for t in {"day", "night", seen.scene.time}}
    own, day = at[seen.scene.time], at["day"]
    shown = {"day": own[0] > at["night"][0] + 8, "night": own[0] < max(day[0] - 8, DARK), "dusk": own[0] < day[0] - 3}.get(
        time, own[2] > day[2] + 1 if time in WARM else float(np.abs(own - day).sum()) > 4)
    yield Fact("time of day", time, seen.scene.time == time and bool(shown))


def _weather(seen: Seen, name: str) -> Iterator[Fact]:
    """Say whether the weather is seen: what falls against the same picture without it, all else against clear weather."""
    own = seen.scene.weather
    shown = own == name
    if shown and own in ("rain", "snow", "storm"):
        shown = bool(differs(seen.bare, seen.dry()).mean() > DROPS)
    elif shown and own != "clear":
        shown = distance(seen.bare, seen.other(weather="clear")) > 1.5
    yield Fact("weather", name, shown)


def _differing(kind: str, field: str, neutral: str, seen: Seen, names: str) -> Iterator[Fact]:
    """Say whether a trait of the scene is the asked one and changes the picture."""
    own = getattr(seen.scene, field)
    changed = own == neutral or distance(seen.bare, seen.other(**{field: neutral})) > OTHER
    yield Fact(kind, names, own in names.split("/") and changed)


def _framing(seen: Seen, name: str) -> Iterator[Fact]:
    if seen.scene.framing != name:
        yield Fact("framing", name, False)
        return
    scene = replace(seen.scene, framing="medium")
    medium = lay_out(scene, seen.layout.size, seen.seed, shapes_of(scene, Media()))
    ratio = max((i.height for i in seen.layout.items), default=1.0) / max((i.height for i in medium.items), default=1.0)
    shown = {"close_up": ratio > 1.08, "wide": ratio < 0.93}.get(name, distance(seen.bare, seen.other(framing="medium")) > OTHER)
    yield Fact("framing", name, bool(shown))


def _absent(seen: Seen, names: list[str]) -> Iterator[Fact]:
    for name in names:
        yield Fact("absent", name, not those(seen.scene, name))


CHECKS: dict[str, Callable[..., Iterator[Fact]]] = {
    "rel": _relations, "at": _at, "space": _space, "setting": _setting, "background": _background, "time": _time,
    "weather": _weather, "style": partial(_differing, "style", "style", "photorealistic"),
    "framing": _framing, "not": _absent,
}
