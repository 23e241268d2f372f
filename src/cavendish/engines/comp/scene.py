"""The scene: what the words ask for, as plain data between the planner (words -> scene) and the painter (scene -> picture).

Inspectable, serialisable, and the same whether rules or a language model wrote it. It knows no pixels and no art.
Positions are never in here, except where the words fix them: layout is the painter's, by seed, so that an edit of the
scene moves nothing that it does not name (layout derives its randomness from the seed and each subject's `key`).
"""

import json
import math
import re
import zlib
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from cavendish.errors import InvalidValue

VERSION = 1
MAX_STATE_BYTES = 262_144

SETTINGS = ("studio", "plain", "meadow", "beach", "sea", "mountains", "forest", "city", "street", "room", "desk",
            "kitchen", "snow", "desert", "space", "underwater", "sky", "moon")
TIMES = ("day", "dawn", "golden_hour", "sunset", "dusk", "night")
WEATHERS = ("clear", "cloudy", "rain", "snow", "fog", "storm")
STYLES = ("photorealistic", "flat", "watercolor", "pencil", "pixel", "cinematic", "noir", "neon", "pastel", "clay",
          "poster", "blueprint")
FRAMINGS = ("close_up", "medium", "wide", "top_down", "low_angle")
SIZES = ("tiny", "small", "normal", "large", "huge")
RELATIONS = ("on", "under", "left_of", "right_of", "behind", "in_front_of", "inside", "next_to", "above", "holding",
             "around")
REGIONS = ("top_left", "top", "top_right", "left", "center", "right", "bottom_left", "bottom", "bottom_right")
TEXT_ROLES = ("headline", "body", "sign", "label", "card", "banner", "point", "button")
POSES = ("flying", "jumping", "running", "walking", "sitting", "lying", "sleeping", "swimming", "dancing")
ARRANGEMENTS = ("stack", "heap", "row", "circle")
CHARTS = ("bar", "line", "pie")
PRINTED = "printed"  # material of a reference that lies on a thing's face: a logo on a shirt


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Where a subject stands, read as a sentence: subject `kind` target ("dog on sofa", "chef holding pizza").

    `kind` is one of RELATIONS, `target` the key of another subject. What is worn is "on" its wearer.
    """

    kind: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A thing to draw `count` times. Exactly one of: `concept` (an art name), `reference` (an input picture), or FPO card.

    What it holds is the target of its relation "holding", or in `holds` where `relation` says where it stands.
    """

    key: str                      # stable within the scene and over edits: "dog", "dog-2"
    noun: str                     # as the user said it, for FPO cards and notes
    concept: str = ""             # art name, e.g. "dog-face"; "" = FPO card unless reference is set
    reference: str = ""           # sha256 (hex) of the input picture that shows it
    count: int = 1
    color: str = ""               # "#rrggbb", "" = the art's own colours
    size: str = "normal"
    material: str = ""            # as said: "wooden", "glass"
    relation: Relation | None = None
    region: str = ""              # one of REGIONS when the words fix it
    holds: tuple[str, ...] = ()   # keys of what it holds besides `relation`: "a girl holding a kite under a tree"
    pose: str = ""                # one of POSES when the words say one, "" = as its drawing is
    arranged: str = ""            # one of ARRANGEMENTS when the words say how its copies lie: "a stack of books"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneText:
    """Words to typeset exactly. `on` is the key of the subject that carries them, "" = the picture itself."""

    key: str
    text: str
    role: str = "headline"
    on: str = ""
    color: str = ""
    region: str = ""
    box: tuple[float, float, float, float] | None = None  # x, y, width, height in fractions, when the request fixed it
    font: str = ""
    icon: str = ""                # art name drawn beside a point of an infographic


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Numbers to draw exactly. `labels` are as many as `values`, or none; `unit` stands with each value ("%", "$", "°C").

    With names in `series`, `values` holds one series after the other, all of one length, and `labels` are as many as one
    series is long. `board`: the chart stands in the scene on a board, beside the subjects.
    """

    key: str
    kind: str                     # one of CHARTS
    values: tuple[float, ...]
    labels: tuple[str, ...] = ()
    title: str = ""
    unit: str = ""
    colors: tuple[str, ...] = ()  # "#rrggbb" for the values (or series) in turn; none = chosen to go with the picture
    series: tuple[str, ...] = ()
    board: bool = False

    @property
    def rows(self) -> tuple[tuple[float, ...], ...]:
        """The values of each series; of one that is all of them when no series has a name."""
        long = len(self.values) // max(1, len(self.series))
        return tuple(self.values[k:k + long] for k in range(0, len(self.values), long))

    def __post_init__(self) -> None:
        if self.kind not in CHARTS:
            raise InvalidValue(f"chart kind {self.kind[:40]!r} is not known", field="scene.charts",
                               hint="use " + ", ".join(CHARTS))
        finite = all(math.isfinite(v) and abs(v) < 1e15 for v in self.values)
        lines = max(1, len(self.series))
        if not self.values or not finite or len(self.values) % lines or (
                self.labels and len(self.labels) * lines != len(self.values)):
            raise InvalidValue("a chart needs numbers, and a label for each or none", field="scene.charts",
                               hint="give as many labels as values")
        if self.kind == "pie" and lines > 1:
            raise InvalidValue("a pie shows one series", field="scene.charts", hint="use a bar or line chart")
        if self.kind == "pie" and (min(self.values) < 0 or sum(self.values) <= 0):
            raise InvalidValue("a pie cannot show negative shares", field="scene.charts", hint="use a bar chart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Changes to the finished picture, all neutral at 0: -1..1 except blur (0..1)."""

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    warmth: float = 0.0
    blur: float = 0.0             # of everything
    background_brightness: float = 0.0
    background_blur: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that the painter needs besides size, seed, references and mask."""

    subjects: tuple[Subject, ...] = ()
    texts: tuple[SceneText, ...] = ()
    charts: tuple[Chart, ...] = ()
    setting: str = "studio"
    background: str = ""          # "#rrggbb" backdrop colour when the words give one
    surface: str = ""             # what the ground or table is made of, as said: "wooden", "marble", or "#rrggbb"
    style_reference: str = ""     # sha256 of the input picture whose look was asked for
    background_reference: str = ""  # sha256 of the input picture used as the backdrop
    time: str = "day"
    weather: str = "clear"
    style: str = "photorealistic"
    framing: str = "medium"
    zoom: float = 1.0             # >1 closer, <1 further
    copy_space: str = ""          # side to leave empty: left, right, top, bottom
    adjust: Adjust = Adjust()
    accent: str = ""              # "#rrggbb" that backdrop, banners and charts go with, "none"; "" = the first subject's
    unread: tuple[str, ...] = ()  # words that the planner did not understand, for the note

    def __post_init__(self) -> None:
        for name, allowed in (("setting", SETTINGS), ("time", TIMES), ("weather", WEATHERS), ("style", STYLES),
                              ("framing", FRAMINGS)):
            if getattr(self, name) not in allowed:
                raise InvalidValue(f"scene {name} {str(getattr(self, name))[:40]!r} is not known", field=f"scene.{name}",
                                   hint="use one of " + ", ".join(allowed))
        keys = [s.key for s in self.subjects] + [t.key for t in self.texts] + [c.key for c in self.charts]
        if len(set(keys)) != len(keys):
            raise InvalidValue("two parts of the scene have the same key", field="scene.subjects", hint="keys are unique")

    @property
    def tint(self) -> str:
        """The colour that backdrop, banners and charts go with, "" for none. An edit of a subject does not change it."""
        own = next((s.color for s in self.subjects if s.color), "")
        return "" if self.accent == "none" else self.accent or own

    def find(self, key: str) -> Subject | None:
        """Return the subject with this key."""
        return next((s for s in self.subjects if s.key == key), None)

    def with_subject(self, key: str, **changes: Any) -> "Scene":  # noqa: ANN401  dataclasses.replace is untyped too
        """Return the scene with one subject changed."""
        return replace(self, subjects=tuple(replace(s, **changes) if s.key == key else s for s in self.subjects))

    def without(self, key: str) -> "Scene":
        """Return the scene without a subject or text; what stood in relation to it, or was written on it, stays free."""
        subjects = tuple(replace(s, relation=None if s.relation and s.relation.target == key else s.relation,
                                 holds=tuple(k for k in s.holds if k != key))
                         for s in self.subjects if s.key != key)
        return replace(self, subjects=subjects, texts=tuple(t for t in self.texts if key not in (t.key, t.on)),
                       charts=tuple(c for c in self.charts if c.key != key))

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, raw: Any) -> Self:  # noqa: ANN401  foreign JSON
        """Build a scene from foreign JSON (a language model, a file). Raises InvalidValue with the field's name."""
        if not isinstance(raw, dict):
            raise InvalidValue("a scene is a JSON object", field="scene", hint="see the scene schema in the documents")
        version = raw.get("version", VERSION)
        if version != VERSION:
            raise InvalidValue(f"scene version {version!r} is not {VERSION}", field="scene.version", hint="draw it again")
        body = {k: v for k, v in raw.items() if k != "version"}
        try:
            body["subjects"] = tuple(_subject(s, f"scene.subjects[{n}]") for n, s in enumerate(body.get("subjects", ())))
            body["texts"] = tuple(_text(t, f"scene.texts[{n}]") for n, t in enumerate(body.get("texts", ())))
            _related(body["subjects"], body["texts"])
            _colors_in(body, "scene", ("background", "accent"), also=("none",))
            body["charts"] = tuple(_chart(c) for c in body.get("charts", ()))
            body["adjust"] = Adjust(**body.get("adjust", {}))
            body["unread"] = tuple(str(u) for u in body.get("unread", ()))
            return cls(**body)
        except (TypeError, AttributeError, ValueError, KeyError) as exc:
            known = ", ".join(f.name for f in fields(cls))
            raise InvalidValue(f"the scene does not fit its schema: {exc}", field="scene", hint=f"fields: {known}") from exc

    def pack(self) -> bytes:
        """Serialise for a thought signature or a lineage row."""
        return zlib.compress(json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode(), 6)

    @classmethod
    def unpack(cls, state: bytes) -> Self:
        """Read what `pack` wrote. Raises InvalidValue when it is not a scene."""
        try:
            inflater = zlib.decompressobj()
            text = inflater.decompress(state, MAX_STATE_BYTES)
            if inflater.unconsumed_tail:
                raise InvalidValue("the scene is too large", field="scene", hint="draw it again with fewer parts")
            return cls.from_json(json.loads(text))
        except (zlib.error, UnicodeDecodeError, json.JSONDecodeError) as exc:
            raise InvalidValue("this is not a scene", field="scene", hint="draw it again") from exc


_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_COUNT = 200


def _subject(raw: dict[str, Any], where: str) -> Subject:
    _words_in(raw, where, ("key", "noun", "concept", "reference", "material"), needed=("key", "noun"))
    _one_of(raw, where, {"size": SIZES, "region": ("", *REGIONS), "pose": ("", *POSES), "arranged": ("", *ARRANGEMENTS)})
    _colors_in(raw, where, ("color",))
    count = raw.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MAX_COUNT:
        raise InvalidValue(f"{where}.count is {str(count)[:40]!r}", field=f"{where}.count",
                           hint=f"give a whole number from 1 to {_MAX_COUNT}")
    relation = raw.get("relation")
    if relation:
        _words_in(relation, f"{where}.relation", ("kind", "target"), needed=("kind", "target"))
        _one_of(relation, f"{where}.relation", {"kind": RELATIONS})
    held = tuple(str(k) for k in raw.get("holds", ()))
    return Subject(**{**raw, "relation": Relation(**relation) if relation else None, "holds": held})


def _text(raw: dict[str, Any], where: str) -> SceneText:
    _words_in(raw, where, ("key", "text", "on", "font", "icon"), needed=("key", "text"))
    _one_of(raw, where, {"role": TEXT_ROLES, "region": ("", *REGIONS)})
    _colors_in(raw, where, ("color",))
    box = raw.get("box")
    if box is not None and (not isinstance(box, (list, tuple)) or len(box) != 4):
        raise InvalidValue(f"{where}.box is not four numbers", field=f"{where}.box",
                           hint="give x, y, width, height in fractions of the picture")
    return SceneText(**{**raw, "box": tuple(float(v) for v in box) if box else None})


def _related(subjects: tuple[Subject, ...], texts: tuple[SceneText, ...]) -> None:
    """Refuse relations to a subject that is not there, or to itself."""
    keys = {s.key for s in subjects} | {t.key for t in texts}
    for n, subject in enumerate(subjects):
        if subject.relation and (subject.relation.target not in keys or subject.relation.target == subject.key):
            raise InvalidValue(f"{subject.key!r} is related to {subject.relation.target!r}, which is not another subject",
                               field=f"scene.subjects[{n}].relation.target", hint="use the key of another subject of the scene")


def _words_in(raw: dict[str, Any], where: str, names: tuple[str, ...], needed: tuple[str, ...]) -> None:
    for name in names:
        value = raw.get(name, None if name in needed else "")
        if not isinstance(value, str) or (name in needed and not value):
            raise InvalidValue(f"{where}.{name} is not a text" if value is not None else f"{where}.{name} is missing",
                               field=f"{where}.{name}", hint="give words in quotation marks")


def _one_of(raw: dict[str, Any], where: str, allowed: dict[str, tuple[str, ...]]) -> None:
    for name, values in allowed.items():
        if name in raw and raw[name] not in values:
            raise InvalidValue(f"{where}.{name} {str(raw[name])[:40]!r} is not known", field=f"{where}.{name}",
                               hint="use one of " + ", ".join(v for v in values if v))


def _colors_in(raw: dict[str, Any], where: str, names: tuple[str, ...], also: tuple[str, ...] = ()) -> None:
    for name in names:
        value = raw.get(name, "")
        if value and value not in also and not (isinstance(value, str) and _HEX.fullmatch(value)):
            raise InvalidValue(f"{where}.{name} {str(value)[:40]!r} is no colour", field=f"{where}.{name}",
                               hint="write it as #rrggbb")


def _chart(raw: dict[str, Any]) -> Chart:
    lists = {k: tuple(str(v) for v in raw.get(k, ())) for k in ("labels", "colors", "series")}
    return Chart(**{**raw, **lists, "values": tuple(float(v) for v in raw["values"])})
