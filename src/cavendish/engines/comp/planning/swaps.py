"""Two things of a picture trade places: "swap the cat and the dog". It changes nothing else."""

import re
from dataclasses import replace

from cavendish.engines.comp.planning import changes, drafting
from cavendish.engines.comp.planning.changes import Step
from cavendish.engines.comp.planning.drafts import Thing
from cavendish.engines.comp.planning.reading import read
from cavendish.engines.comp.scene import Relation, Scene, Subject

_SWAP = re.compile(r"^(?:please |now |can you |could you )*(?:swap|switch|exchange|trade)(?: places)?(?: of| the places of"
                   r"| the positions of| positions of)? (?P<first>.+?) (?:and|with) (?P<second>the .+?)(?: around| places)?"
                   r"[ .!]*$", re.I)


def swap(scene: Scene, prompt: str) -> Step | None:
    """Return the scene with two subjects in each other's places, why not, or None when the words ask for no swap."""
    said = _SWAP.match(prompt.strip())
    if said is None or re.search(r"[,;.:]", said[0].rstrip(".!")):
        return None
    found: list[Subject] = []
    for name in (said["first"], said["second"]):
        things: list[Thing] = drafting.draft(read(name, "en")).things
        meant = [s for t in things[:1] for s in changes.matches(scene, t, colored=True)]
        if not meant:
            there = ", ".join(s.noun for s in scene.subjects) or "nothing but the background"
            return Step(scene, missed=f"there is no {name.removeprefix('the ')} in the picture to swap; it shows {there}")
        found.append(meant[0])
    first, second = found
    if first.key == second.key:
        return Step(scene, missed="a swap needs two different things of the picture")
    return Step(_traded(scene, first, second), (f"swapped the {first.noun} and the {second.noun}",))


def _traded(scene: Scene, first: Subject, second: Subject) -> Scene:
    """Put each into the other's place in the order, the region and the relation; what either wears goes along."""
    placed = {first.key: _at(second, first), second.key: _at(first, second)}
    return replace(scene, subjects=tuple(placed.get(s.key, s) for s in scene.subjects))


def _at(subject: Subject, place: Subject) -> Subject:
    relation = place.relation
    if relation is not None and relation.target == subject.key:
        relation = Relation(kind=relation.kind, target=place.key)
    return replace(subject, region=place.region, relation=relation)
