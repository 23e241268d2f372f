"""Blocks: a subject with its copies, composed in units of their own; relating.py adds what stands in relation to it.

y grows downwards and 0 is the ground that the block's first subject stands on. Nothing here knows the picture.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cavendish.engines.comp.painting.backdrops import settings
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.proportion import Nature
from cavendish.engines.comp.painting.sprites import Shape
from cavendish.engines.comp.scene import Scene, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One drawn copy of a subject: its box in block units or pixels. `front` orders what is nearer to the viewer."""

    key: str
    index: int
    x: float
    y: float
    width: float
    height: float
    front: float = 0.0
    grounded: bool = True  # stands on the scene's ground: it gets a shadow there
    rests: str = ""  # key of what it stands on, sits in or is held by
    inside: bool = False
    flip: bool = False

    @property
    def base(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def moved(self, dx: float, dy: float) -> "Item":
        """Return it elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def scaled(self, k: float) -> "Item":
        """Return it k times as large about the origin."""
        return replace(self, x=self.x * k, y=self.y * k, width=self.width * k, height=self.height * k)


@dataclass(frozen=True, slots=True)
class World:
    """What composing needs besides the scene: outlines and natures by key, the seed, how wide the room is for its height."""

    scene: Scene
    shapes: Mapping[str, Shape]
    natures: Mapping[str, Nature]
    seed: int
    room: float = 1.0


def extent(items: list[Item]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom."""
    return (min(i.x for i in items), min(i.y for i in items), max(i.x + i.width for i in items), max(i.base for i in items))


def cluster(world: World, subject: Subject, limit: float | None = None) -> list[Item]:
    """Lay out a subject's copies on the ground, one row or several, centred on x = 0. `limit` caps the longer side."""
    shape, nature = world.shapes[subject.key], world.natures[subject.key]
    size = nature.size if limit is None else min(nature.size, limit)
    width, height = (size, size / shape.aspect) if shape.aspect >= 1 else (size * shape.aspect, size)
    count = max(1, subject.count)
    floats = nature.sky or nature.flies or settings()[world.scene.setting].floats
    columns = _columns(count, width / height, world.room * (1.0 if floats else 1.7))
    if subject.arranged and count > 1:
        return _arranged(world, subject, (width, height), not (nature.sky or nature.flies))
    items = []
    for i in range(count):
        row, column = divmod(i, columns)
        own = rng(world.seed, subject.key, i)
        in_row = min(columns, count - row * columns)
        pitch = width * 1.16
        x = (column - (in_row - 1) / 2) * pitch - width / 2 + own.uniform(-0.05, 0.05) * width * (count > 1)
        y = -height - row * height * 1.07 - own.uniform(0, 0.05) * height * (count > 1)
        flip = nature.flips and rng(world.seed, subject.key, "flip", i if count > 3 else 0).random() < 0.5
        items.append(
            Item(
                key=subject.key,
                index=i,
                x=x,
                y=y,
                width=width,
                height=height,
                front=-row,
                flip=flip,
                grounded=not (nature.sky or nature.flies),
            )
        )
    return items


def _arranged(world: World, subject: Subject, size: tuple[float, float], grounded: bool) -> list[Item]:
    """Lay copies as the words say: on one another, in a heap, in one row, in a circle seen from a little above."""
    width, height = size
    flips = world.natures[subject.key].flips
    copies = [Item(key=subject.key, index=i, x=-width / 2, y=-height, width=width, height=height, grounded=grounded,
                   flip=flips and rng(world.seed, subject.key, "flip", i if subject.count > 3 else 0).random() < 0.5)
              for i in range(subject.count)]
    if subject.arranged == "heap":
        half = width * 0.43 * (lowest_row(len(copies)) - 1) + width / 2
        laid = heap(copies, (-half, half))
        return [replace(c, grounded=c.base > -0.01 * height and grounded) for c in laid]
    return [_ROWS[subject.arranged](world, copy, len(copies)) for copy in copies]


def _stacked(world: World, copy: Item, _count: int) -> Item:
    slip = rng(world.seed, copy.key, copy.index, "slip").uniform(-0.05, 0.05) * copy.width
    return replace(copy.moved(slip, -copy.index * copy.height * 0.94), front=copy.index * 0.001,
                   grounded=copy.grounded and copy.index == 0)


def _in_row(_world: World, copy: Item, count: int) -> Item:
    return copy.moved((copy.index - (count - 1) / 2) * copy.width * 1.06, 0)


def _in_circle(_world: World, copy: Item, count: int) -> Item:
    turn = 2 * math.pi * (copy.index + 0.5) / count
    reach = max(0.9, count * 0.26) * copy.width
    back = math.sin(turn)
    return replace(copy.moved(math.cos(turn) * reach, -(back + 1) * reach * 0.42), front=-back)


def lowest_row(count: int) -> int:
    """Return how many lie in the lowest row of a heap."""
    return max(2, math.ceil((math.sqrt(8 * count + 1) - 1) / 2))


def heap(copies: list[Item], span: tuple[float, float]) -> list[Item]:
    """Pile copies up in rows that grow shorter, the front row drawn last."""
    rows: list[list[Item]] = []
    left = list(copies)
    lowest = lowest_row(len(copies))
    while left:
        count = min(len(left), max(1, lowest - len(rows)))
        rows.append(left[:count])
        left = left[count:]
    wide = copies[0].width
    k = min(1.0, (span[1] - span[0]) / (wide * (0.86 * (len(rows[0]) - 1) + 1)))
    out = []
    for level, row in enumerate(rows):
        for i, copy in enumerate(row):
            small = copy.scaled(k)
            x = (span[0] + span[1]) / 2 + (i - (len(row) - 1) / 2) * small.width * 0.86 - small.width / 2
            out.append(replace(small, x=x, y=-small.height - level * small.height * 0.62))
    return out


_ROWS: Mapping[str, Callable[[World, Item, int], Item]] = {"stack": _stacked, "row": _in_row, "circle": _in_circle}


def _columns(count: int, aspect: float, room: float) -> int:
    """Choose how many stand in a row so that they come out largest in a room of that shape; one row is preferred."""
    best, chosen = 0.0, count
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        scale = min(room / (columns * aspect * 1.16), 1 / (rows * 1.07)) * (1.6 if rows == 1 and count < 8 else 1.0)
        if rows * columns - count >= columns:
            continue
        if scale > best * 1.001:
            best, chosen = scale, columns
    return chosen
