"""Blocks: a subject with its copies, composed in units of their own; relating.py adds what stands in relation to it.

y grows downwards and 0 is the ground that the block's first subject stands on. Nothing here knows the picture.
"""

from collections.abc import Mapping
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
