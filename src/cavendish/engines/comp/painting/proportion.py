"""Proportion: how large each thing is beside the others, and where it belongs: on the ground, in the air, in the sky."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any

from cavendish.catalog import pack
from cavendish.engines.comp.painting import bodies
from cavendish.engines.comp.scene import Subject

POWER = 0.40  # of metres: a car is forty times a mug and drawn about four times as large
FRONTAL = frozenset({"teddy-bear", "snowman", "snowman-without-snow", "penguin", "owl"})  # they look at us
SMALLEST = 0.09  # metres: nothing is drawn smaller, or it could not be seen
FACTORS = {"tiny": 0.45, "small": 0.7, "normal": 1.0, "large": 1.4, "huge": 1.9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What layout must know of a subject. `size` is the drawn length of the longer side in layout units."""

    size: float
    factor: float  # of the asked size word, already in `size`
    sky: bool = False  # hangs in the sky
    flies: bool = False  # moves in the air when nothing holds it
    flips: bool = False  # may be mirrored: it carries no letters and no hands
    headwear: bool = False
    eyewear: bool = False
    metres: float = 0.6  # true length of the longer side
    building: bool = False
    plant: bool = False
    person: bool = False
    neckwear: bool = False
    lights_sky: bool = False  # a sun or moon: the sky has no other


def nature(subject: Subject) -> Nature:
    """Return the nature of a subject; what has no drawing counts as a thing of middling size."""
    facts, factor = _scale(), FACTORS.get(subject.size, 1.0)
    concept, pose = bodies.split(subject.concept)
    entry = pack.concepts().get(concept)
    subgroup = entry.subgroup if entry else ""
    metres = facts["concept"].get(concept) or facts["subgroup"].get(subgroup) or facts["default"]
    if pose and pose != "beast":
        grown = next((m for word, m in facts["grown"].items() if word in concept.split("-")), 1.75)
        metres = grown * facts["poses"].get(pose, 1.0)
    if not concept:
        metres = 1.9 if subject.noun.endswith("sign") else 0.9 if not subject.reference else 0.7
    return Nature(
        size=max(SMALLEST, float(metres)) ** POWER * factor,
        factor=factor,
        sky=concept in facts["sky"],
        flies=concept in facts["flies"],
        flips=entry is not None and f"{entry.group}/{subgroup}" in facts["flips"],
        headwear=concept in facts["headwear"],
        eyewear=concept in facts["eyewear"],
        metres=max(0.02, float(metres)),
        building=subgroup in ("place-building", "place-religious"),
        plant=subgroup in ("plant-flower", "plant-other"),
        lights_sky=concept in facts["sky"] and bool({"sun", "moon"} & set(concept.split("-"))) and "cloud" not in concept,
        neckwear=concept in facts["neckwear"],
        person=bool(pose) and pose != "beast",
    )


def has_face_only(concept: str) -> bool:
    """Whether the drawing is a head without a body: it wears hats at the middle."""
    entry = pack.concepts().get(concept)
    if bodies.split(concept)[1]:
        return False
    return concept.endswith("-face") or (
        entry is not None and entry.subgroup.startswith(("face-", "person", "cat-face", "monkey-face"))
    )


@lru_cache(maxsize=1)
def _scale() -> dict[str, Any]:
    return loads(files("cavendish.engines.comp.painting").joinpath("scale.toml").read_text(encoding="utf-8"))
