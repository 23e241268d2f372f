"""Fixtures: windows, doors, fireplaces, curtains and lamps where a room has them: on its wall, behind all that stands in it."""

from collections.abc import Iterable

from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.casting import Fixed, fixed
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.packing import Stand
from cavendish.engines.comp.painting.relating import attach_all
from cavendish.engines.comp.painting.zones import Box, frame_of
from cavendish.engines.comp.scene import Scene, Subject

GLAZED = frozenset({"prop-window", "prop-curtains"})  # where these are, the backdrop opens its window
BACK = -100.0  # behind everything else
_PLACES = (0.5, 0.27, 0.73, 0.2, 0.8, 0.38, 0.62)  # of the width: where the middle of a fixture may be


def is_fixture(scene: Scene, subject: Subject) -> bool:
    """Whether a subject belongs to the room of the staged scene."""
    return fixed(scene, subject) is not None


def fit_out(stand: Stand, items: list[Item]) -> list[Item]:
    """Return the items with every fixture that is not among them yet, each where the least stands before it."""
    scene = stand.world.scene
    out = list(items)
    present = {i.key for i in items}
    for subject in scene.subjects:
        how = fixed(scene, subject)
        if how is None or subject.key in present:
            continue
        hung: list[Item] = []
        for index in range(max(1, subject.count)):
            hung.append(_hang(stand, (subject, index), how, [*out, *hung]))
        k = stand.world.natures[subject.key].size / max(hung[0].width, hung[0].height)  # relations are settled in natural units
        placed = attach_all(stand.world, subject, [i.scaled(k) for i in hung], frozenset({subject.key}))
        out += [i.scaled(1 / k) for i in placed]
    return out


def glass(scene: Scene, items: Iterable[Item]) -> tuple[tuple[float, float, float, float], ...]:
    """Return x, y, width, height of the panes that the backdrop draws for the fixtures of a staged scene, px."""
    found = []
    for item in items:
        subject = scene.find(item.key)
        if subject is None or subject.concept not in GLAZED or not is_fixture(scene, subject):
            continue
        inset = 0.17 if subject.concept == "prop-curtains" else 0.07
        found.append((item.x + item.width * inset, item.y + item.height * (0.04 if inset < 0.1 else 0.10),
                      item.width * (1 - 2 * inset), item.height * (0.86 if inset < 0.1 else 0.66)))
    return tuple(found[-1:] if any(_is(scene, i, "prop-curtains") for i in items) else found)


def mounted(scene: Scene, items: Iterable[Item]) -> tuple[tuple[float, float, float, float], ...]:
    """Return the boxes of all other fixtures: the backdrop's own window gives way to them."""
    found = ((i, scene.find(i.key)) for i in items)
    return tuple((i.x, i.y, i.width, i.height) for i, s in found if s is not None and s.concept not in GLAZED
                 and is_fixture(scene, s))


def _is(scene: Scene, item: Item, art: str) -> bool:
    subject = scene.find(item.key)
    return subject is not None and subject.concept == art


def _hang(stand: Stand, which: tuple[Subject, int], how: Fixed, items: list[Item]) -> Item:
    subject, index = which
    aspect = stand.world.shapes[subject.key].aspect
    size, wall = stand.size, stand.horizon
    tall = min(wall * how.tall, size.width * how.wide / aspect, 0.86 * min(size.width, size.height) * how.tall / 0.74)
    tall *= min(1.2, stand.world.natures[subject.key].factor)
    wide = tall * aspect
    foot = wall * how.foot if how.foot > 0.5 else max(frame_of(size).y * 0.4 + tall, wall * how.foot)
    boxes = [Box(max(0.0, min(size.width - wide, size.width * at - wide / 2)), foot - tall, wide, tall) for at in _PLACES]
    drapes = [i for i in items if i.front <= BACK and {_art(stand, i.key), subject.concept} == GLAZED]
    if drapes:  # curtains hang at their window
        boxes = [Box(drapes[0].middle - wide / 2, foot - tall, wide, tall)]
    first = rng(stand.world.seed, subject.key, index, "wall").random() < 0.5
    if first:  # the seed chooses between left and right where both are as free
        boxes = [boxes[0], *(Box(size.width - b.x - b.width, b.y, b.width, b.height) for b in boxes[1:])]
    things = [Box(i.x, i.y, i.width, i.height) for i in items]
    free = min(boxes, key=lambda b: round(sum(b.overlap(t) for t in things) / (wide * tall), 2))
    front = BACK + (1.0 if subject.concept == "prop-curtains" else 0.0)
    return Item(key=subject.key, index=index, x=free.x, y=free.y, width=wide, height=tall, front=front, grounded=False)


def _art(stand: Stand, key: str) -> str:
    subject = stand.world.scene.find(key)
    return subject.concept if subject is not None else ""
