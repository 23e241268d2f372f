"""What an edit keeps in its place: who goes along with a thing that moved or grew, and how only what is new gives way."""

from collections.abc import Iterable

from cavendish.engines.comp.painting.blocks import Item, extent
from cavendish.engines.comp.painting.relating import children
from cavendish.engines.comp.painting.zones import frame_of
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.types import Size

ALONG = frozenset({"on", "inside", "held", "above"})  # what stands so to a thing goes where it goes


def redone(before: Scene, scene: Scene) -> set[str]:
    """Return the subjects that an edit moved, resized or replaced, with everything that goes along with them."""
    pairs = [(before.find(s.key), s) for s in scene.subjects]
    changed = {new.key for old, new in pairs if old is not None and _stance(old) != _stance(new)}
    return changed | riders(scene, changed)


def moved(old: Subject, new: Subject) -> bool:
    """Whether an edit put a subject elsewhere."""
    return (old.region, old.relation) != (new.region, new.relation)


def riders(scene: Scene, keys: Iterable[str]) -> set[str]:
    """Return what rests on, in, over or in the hands of these subjects, and on that in turn."""
    out: set[str] = set()
    rest = list(keys)
    while rest:
        parent = scene.find(rest.pop())
        found = [c.key for c, how in children(scene, parent) if how in ALONG] if parent is not None else []
        rest += [key for key in found if key not in out]
        out |= set(found)
    return out


def _stance(subject: Subject) -> tuple[object, ...]:
    return subject.concept, subject.reference, subject.size, subject.region, subject.relation


def settle(items: Iterable[Item], still: set[tuple[str, int]], size: Size) -> list[Item]:
    """Bring what is new or changed inside the safe frame, each group by itself; what is `still` does not give way."""
    frame = frame_of(size)
    out: list[Item] = []
    loose: dict[str, list[Item]] = {}
    for item in items:
        if (item.key, item.index) in still:
            out.append(item)
        else:
            loose.setdefault(item.rests or item.key, []).append(item)
    for group in _joined(loose):
        left, top, right, bottom = extent(group)
        k = min(1.0, frame.width / (right - left), frame.height / (bottom - top))
        if k < 1.0:
            group = [i.moved(-left, -bottom).scaled(k).moved(left, bottom) for i in group]
            left, top, right, bottom = extent(group)
        dx = max(0.0, frame.x - left) - max(0.0, right - frame.right)
        dy = max(0.0, frame.y - top) - max(0.0, bottom - frame.bottom)
        out += [i.moved(dx, dy) for i in group] if dx or dy else group
    return out


def _joined(loose: dict[str, list[Item]]) -> list[list[Item]]:
    """Put what rests on something loose into its group, so that both shift together."""
    host = {item.key: name for name, group in loose.items() for item in group}
    merged: dict[str, list[Item]] = {}
    for name, group in loose.items():
        merged.setdefault(host.get(name, name), []).extend(group)
    return list(merged.values())
