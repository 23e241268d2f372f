"""Casting: which drawing plays each subject of a scene, and in which pose. It changes names only; records keep their own.

Two steps: `cast` gives cards the props that their nouns name (that is recorded: they are cards no longer); `staged` chooses
poses and fitting drawings from what stands in relation to what, anew for every picture.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from cavendish.catalog import pack
from cavendish.engines.comp.painting import anchors, bodies
from cavendish.engines.comp.scene import Relation, Scene, Subject

INDOORS = ("room", "desk", "kitchen")  # settings with a wall
COUNTERS = ("desk", "kitchen")  # settings whose ground is a table top: people stand behind it
FRONT = "prop-storefront"
_ON_FIXED = ("on", "inside", "above")  # what else is said of a window is only where in the room something is
TABLE = "_table"  # key of the table that is set under what people gather around


def cast(scene: Scene) -> Scene:
    """Give subjects without a drawing the prop that their noun names."""
    for subject in scene.subjects:
        prop = "" if subject.concept or subject.reference else prop_for(subject.noun)
        if prop:
            scene = scene.with_subject(subject.key, concept=prop)
    return _fronted(scene)


def prop_for(noun: str) -> str:
    """Return the prop for an English noun by its last words, in the singular if need be; "" for none."""
    props, words = _props(), noun.lower().split()
    for start in range(len(words)):
        tail = " ".join(words[start:])
        found = next((props[t] for t in (tail, tail.removesuffix("es"), tail.removesuffix("s")) if t in props), "")
        if found:
            return found
    head = noun.lower().partition(" of ")[0]  # "glasses of water"
    return prop_for(head) if head != noun.lower() else ""


def _fronted(scene: Scene) -> Scene:
    """Stand a shop front in its street, with the free sign of the scene over its door."""
    front = next((s.key for s in scene.subjects if _fitting(scene, s) == FRONT), "")
    if not front:
        return scene
    signs = {s.key for s in scene.subjects if s.concept == "placard" and not (s.relation or s.region) and s.count == 1}
    free = [t.key for t in scene.texts if t.role == "sign" and not (t.box or t.region) and (not t.on or t.on in signs)]
    if free:  # one sign hangs over the door; its board is the shop's own
        gone = next((t.on for t in scene.texts if t.key == free[0]), "")
        texts = tuple(replace(t, on=front) if t.key == free[0] else t for t in scene.texts)
        scene = replace(scene, texts=texts, subjects=tuple(s for s in scene.subjects if not gone or s.key != gone))
    return replace(scene, setting="street" if scene.setting in ("room", "kitchen", "studio") else scene.setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Where a part of the room is: shares of the wall's height (0 = ceiling, 1 = floor), at most `wide` of the width."""

    tall: float
    foot: float
    wide: float


@lru_cache(maxsize=64)
def staged(scene: Scene) -> Scene:
    """Return the scene with the drawing and the pose of every subject in its `concept`."""
    scene = _with_table(_regrouped(scene))
    return replace(scene, subjects=tuple(_staged(scene, s) for s in scene.subjects))


def _staged(scene: Scene, subject: Subject) -> Subject:
    art = _fitting(scene, subject)
    pose = _pose(scene, subject, art)
    if not pose:
        return replace(subject, concept=art)
    if subject.color and pose != "beast":
        return replace(subject, concept=bodies.dressed(f"{art}/{pose}", subject.color), color="")
    return replace(subject, concept=f"{art}/{pose}")


def _fitting(scene: Scene, subject: Subject) -> str:
    facts, noun = _facts(), subject.noun.lower()
    if scene.setting in INDOORS and scene.framing != "top_down" and subject.concept in facts["indoors"]:
        return str(facts["indoors"][subject.concept])
    if subject.concept in facts["boarded"] and any(s.concept == "prop-blackboard" for s in scene.subjects):
        return str(facts["boarded"][subject.concept])
    if subject.arranged == "stack" and subject.count > 1 and subject.concept in facts["stacked"]:
        return str(facts["stacked"][subject.concept])
    if subject.concept == "scarf" and _wearer(scene, subject):
        return "prop-scarf"
    if subject.concept in facts["filled"] and _holds(scene, subject):
        return str(facts["filled"][subject.concept])
    words = set(noun.replace("-", " ").split())
    for entry in facts["instead"]:
        if entry["concept"] != subject.concept:
            continue
        bodied = not words & set(entry.get("but", ())) and scene.framing != "close_up"
        if _tails(noun) & set(entry["nouns"]) if "nouns" in entry else bodied:
            return str(entry["art"])
    return subject.concept


def _wearer(scene: Scene, subject: Subject) -> bool:
    """Whether somebody wears this: a person or an animal."""
    host = scene.find(subject.relation.target) if subject.relation is not None and subject.relation.kind == "on" else None
    entry = pack.concepts().get(host.concept) if host is not None else None
    return entry is not None and entry.group in ("people-body", "animals-nature", "smileys-emotion")


def _tails(noun: str) -> set[str]:
    """Return a noun, and what it ends with: "small wooden cabin", "wooden cabin", "cabin"."""
    words = noun.split()
    return {" ".join(words[start:]) for start in range(len(words))}


def _holds(scene: Scene, subject: Subject) -> bool:
    relations = [s.relation for s in scene.subjects if s.relation is not None]
    return any(r.kind == "inside" and r.target == subject.key for r in relations)


def _pose(scene: Scene, subject: Subject, art: str) -> str:
    """Return how a figure is drawn, "" as it is in the pack."""
    kind = bodies.kind(art)
    words = subject.noun.lower().replace("-", " ").split()
    if not kind or any(w in _facts()["words"]["parts"] for w in words):
        return ""
    close = scene.framing == "close_up"
    relation = subject.relation
    host = scene.find(relation.target) if relation is not None else None
    if kind == "beast":
        return "" if close or (relation is not None and relation.kind == "inside") else "beast"
    if close or (relation is not None and relation.kind == "inside"):
        return "bust" if kind == "head" else ""
    if relation is not None and host is not None:
        if relation.kind == "on":
            place = anchors.support(_fitting(scene, host))
            rides = host.concept in _facts()["words"]["ride"]
            return "ride" if rides else "sit" if place is not None and place.sit else "stand"
        if relation.kind == "holding" or (relation.kind == "under" and _carried(host)):
            return "hold"
    return "sit" if art == "baby" or subject.pose == "sitting" else "hold" if subject.holds else "stand"


def _regrouped(scene: Scene) -> Scene:
    """Read relations as they look: an umbrella with somebody is over them, who is on a laptop sits behind it."""
    for subject in scene.subjects:
        relation = subject.relation
        other = scene.find(relation.target) if relation is not None else None
        if relation is None and _carried(subject):
            people = [s for s in scene.subjects if bodies.kind(s.concept) in ("head", "bust")]
            free = [s for s in people if s.relation is None and not s.region]
            if len(free) == 1 and not subject.region:
                scene = scene.with_subject(free[0].key, relation=Relation(kind="under", target=subject.key))
        if relation is None or other is None:
            continue
        hangs = fixed(scene, subject) is not None  # it is on its wall, whatever it is said to be beside
        if hangs or (fixed(scene, other) is not None and relation.kind not in _ON_FIXED):
            scene = scene.with_subject(subject.key, relation=None)
            continue
        beside, theirs = relation.kind in ("next_to", "right_of", "left_of"), _carried(other)
        if beside and _carried(subject) and bodies.kind(other.concept) and other.relation is None:
            scene = scene.with_subject(subject.key, relation=None)
            scene = scene.with_subject(other.key, relation=Relation(kind="under", target=subject.key))
        elif theirs and bodies.kind(subject.concept) and other.relation is None and relation.kind in ("next_to", "holding"):
            scene = scene.with_subject(subject.key, relation=Relation(kind="under", target=other.key))
        elif relation.kind == "inside" and _only_carries(_fitting(scene, other)):
            scene = scene.with_subject(subject.key, relation=replace(relation, kind="on"))  # "in a chair"
        elif relation.kind == "on" and bodies.kind(subject.concept) in ("head", "bust") and _handy(other):
            behind = None if scene.setting in COUNTERS else Relation(kind="behind", target=other.key)
            scene = scene.with_subject(subject.key, relation=behind)
    return scene


def fixed(scene: Scene, subject: Subject) -> Fixed | None:
    """Return how a subject belongs to the room of the scene, None for all that stands in it or in the open."""
    if scene.setting not in INDOORS or scene.framing == "top_down" or subject.reference or subject.region or subject.count > 3:
        return None
    own = subject.relation
    host = scene.find(own.target) if own is not None else None
    if own is not None and (own.kind == "holding" or own.kind in _ON_FIXED) and host is not None and host.concept != "house":
        return None
    facts = _facts()["fixed"].get(_fitting(scene, subject).split("/")[0])
    return Fixed(**facts) if facts else None


def _only_carries(art: str) -> bool:
    return anchors.support(art) is not None and not anchors.contains(art)


def _carried(subject: Subject) -> bool:
    roof = anchors.canopy(subject.concept)
    return roof is not None and roof.carried


def _handy(subject: Subject) -> bool:
    """Whether a thing is too small to carry a person."""
    return subject.concept in _facts()["handy"]


def _with_table(scene: Scene) -> Scene:
    """Set a table under a small thing that others stand around."""
    people = [s for s in scene.subjects if bodies.kind(s.concept) in ("head", "bust") and s.relation is not None]
    around = {s.relation.target for s in people if s.relation is not None and s.relation.kind == "around"}
    for key in sorted(around):
        host = scene.find(key)
        if host is None or host.relation is not None or _fitting(scene, host) in _facts()["big"]:
            continue
        if scene.find(TABLE) is not None:
            return scene
        table = Subject(key=TABLE, noun="table", concept="prop-table")
        moved = tuple(
            replace(s, relation=Relation(kind="on", target=TABLE)) if s.key == key
            else replace(s, relation=Relation(kind="around", target=TABLE)) if s.relation and s.relation.target == key
            and s.relation.kind == "around" else s
            for s in scene.subjects)
        return replace(scene, subjects=(*moved, table))
    return scene


@lru_cache(maxsize=1)
def _props() -> dict[str, str]:
    return {noun: prop for prop, nouns in _facts()["nouns"].items() for noun in nouns}


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    return loads(files("cavendish.engines.comp.painting").joinpath("casting.toml").read_text(encoding="utf-8"))
