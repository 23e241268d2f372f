"""Casting: which drawing plays each subject of a scene, and in which pose. It changes names only; records keep their own.

Two steps: `cast` gives cards the props that their nouns name (that is recorded: they are cards no longer); `staged` chooses
poses and fitting drawings from what stands in relation to what, anew for every picture.
"""

from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from cavendish.engines.comp.painting import anchors, bodies
from cavendish.engines.comp.scene import Relation, Scene, Subject

TABLE = "_table"  # key of the table that is set under what people gather around


def cast(scene: Scene) -> Scene:
    """Give subjects without a drawing the prop that their noun names."""
    props = _props()
    if not any(not s.concept and not s.reference and s.noun.lower() in props for s in scene.subjects):
        return scene
    return replace(scene, subjects=tuple(
        replace(s, concept=props.get(s.noun.lower(), "")) if not s.concept and not s.reference else s for s in scene.subjects))


@lru_cache(maxsize=64)
def staged(scene: Scene) -> Scene:
    """Return the scene with the drawing and the pose of every subject in its `concept`."""
    scene = _with_table(scene)
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
    if subject.concept in facts["filled"] and _holds(scene, subject):
        return str(facts["filled"][subject.concept])
    words = set(noun.replace("-", " ").split())
    for entry in facts["instead"]:
        if entry["concept"] != subject.concept:
            continue
        if noun in entry["nouns"] if "nouns" in entry else not words & set(entry["but"]) and scene.framing != "close_up":
            return str(entry["art"])
    return subject.concept


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
        if relation.kind == "holding":
            return "hold"
    return "sit" if art == "baby" or subject.pose == "sitting" else "hold" if subject.holds else "stand"


def _with_table(scene: Scene) -> Scene:
    """Set a table under a small thing that others stand around."""
    around = {s.relation.target for s in scene.subjects if s.relation is not None and s.relation.kind == "around"}
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
