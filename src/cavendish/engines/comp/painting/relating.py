"""Relating: a subject with everything that stands in relation to it, as one block. Who goes where is placing.py."""

from cavendish.engines.comp.painting.blocks import Item, World, cluster
from cavendish.engines.comp.painting.placing import PLACE
from cavendish.engines.comp.scene import Scene, Subject


def compose(world: World, root: Subject) -> list[Item]:
    """Return a root with everything that stands in relation to it, however deep."""
    items = cluster(world, root)
    return attach_all(world, root, items, frozenset({root.key}))


def attach_all(world: World, parent: Subject, items: list[Item], seen: frozenset[str]) -> list[Item]:
    """Add to `items` what is related to `parent`, whose copies are among them; a host may be moved or grown by it."""
    for child, kind in children(world.scene, parent):
        if child.key in seen:
            continue
        seen |= {child.key}
        hosts = [i for i in items if i.key == parent.key]
        placed = PLACE[kind](world, child, hosts, items)
        again = {(i.key, i.index) for i in placed}
        items = attach_all(world, child, [*(i for i in items if (i.key, i.index) not in again), *placed], seen)
    return items


def children(scene: Scene, parent: Subject) -> list[tuple[Subject, str]]:
    """Return who hangs on this subject, and how: those related to it, and what it holds."""
    out = []
    for other in scene.subjects:
        relation = other.relation
        if relation and relation.target == parent.key and relation.kind != "holding":
            out.append((other, relation.kind))
    held = [parent.relation.target] if parent.relation and parent.relation.kind == "holding" else []
    for key in (*held, *parent.holds):
        thing = scene.find(key)
        if thing is not None and (thing.relation is None or thing.relation.target == parent.key):
            out.append((thing, "held"))
    return out


def roots(scene: Scene) -> list[Subject]:
    """Return the subjects that hang on no other; a circle of relations starts at its first member."""
    found: list[Subject] = []
    reached: set[str] = set()
    held = {s.relation.target for s in scene.subjects if s.relation and s.relation.kind == "holding"}
    held |= {key for s in scene.subjects for key in s.holds}
    for subject in scene.subjects:
        hangs = (
            subject.relation is not None
            and subject.relation.kind != "holding"
            and scene.find(subject.relation.target) is not None
        )
        if not hangs and subject.key not in held:
            found.append(subject)
    for subject in found:
        _reach(scene, subject, reached)
    for subject in scene.subjects:
        if subject.key not in reached:
            found.append(subject)
            _reach(scene, subject, reached)
    return found


def _reach(scene: Scene, subject: Subject, reached: set[str]) -> None:
    if subject.key in reached:
        return
    reached.add(subject.key)
    for child, _ in children(scene, subject):
        _reach(scene, child, reached)
