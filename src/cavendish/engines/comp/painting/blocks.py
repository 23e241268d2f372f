"""Blocks: subjects with their copies and with what stands in relation to them, composed in units of their own.

y grows downwards and 0 is the ground that the block's first subject stands on. Nothing here knows the picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cavendish.engines.comp.painting.backdrops import settings
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.proportion import Nature, has_face_only
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


Place = Callable[[World, Subject, list[Item], list[Item]], list[Item]]  # child, hosts, everything placed so far


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


def compose(world: World, root: Subject) -> list[Item]:
    """Return a root with everything that stands in relation to it, however deep."""
    items = cluster(world, root)
    return attach_all(world, root, items, frozenset({root.key}))


def attach_all(world: World, parent: Subject, items: list[Item], seen: frozenset[str]) -> list[Item]:
    """Add to `items` what is related to `parent`, whose copies are among them."""
    for child, kind in children(world.scene, parent):
        if child.key in seen:
            continue
        seen |= {child.key}
        hosts = [i for i in items if i.key == parent.key]
        placed = _PLACE[kind](world, child, hosts, items)
        items = attach_all(world, child, [*items, *placed], seen)
    return items


def children(scene: Scene, parent: Subject) -> list[tuple[Subject, str]]:
    """Return who hangs on this subject, and how: those related to it, and what it holds."""
    out = []
    for other in scene.subjects:
        relation = other.relation
        if relation and relation.target == parent.key and relation.kind != "holding":
            out.append((other, relation.kind))
    if parent.relation and parent.relation.kind == "holding":
        held = scene.find(parent.relation.target)
        if held is not None and (held.relation is None or held.relation.target == parent.key):
            out.append((held, "held"))
    return out


def roots(scene: Scene) -> list[Subject]:
    """Return the subjects that hang on no other; a circle of relations starts at its first member."""
    found: list[Subject] = []
    reached: set[str] = set()
    held = {s.relation.target for s in scene.subjects if s.relation and s.relation.kind == "holding"}
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


def _on(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    nature = world.natures[child.key]
    if nature.headwear or nature.eyewear:
        return _worn(world, child, hosts)
    host = hosts[0]
    copies = cluster(world, child, limit=max(host.width, host.height) * 1.25)
    spread = hosts[: len(copies)] if len(hosts) >= len(copies) > 1 else [host] * len(copies)
    left, _, right, _ = extent(copies)
    k = min(1.0, host.width * 1.02 / (right - left)) if len(copies) > 1 and spread[0] is spread[-1] else 1.0
    out = []
    for copy, seat in zip(copies, spread, strict=True):
        small = copy.scaled(k)
        place = seat.width / 2 + (small.middle if spread[0] is spread[-1] else 0.0)
        reach = small.width * 0.3
        given = world.natures[seat.key].seat if seat.key in world.natures else None
        crest = (
            given if given is not None else _crest(world, seat, ((place - reach) / seat.width, (place + reach) / seat.width))
        )
        out.append(
            replace(
                small,
                x=seat.x + place - small.width / 2,
                y=seat.y + seat.height * (crest + 0.025) - small.height,
                front=seat.front + 0.1,
                grounded=False,
                rests=seat.key,
            )
        )
    return out


def _crest(world: World, seat: Item, reach: tuple[float, float]) -> float:
    shape = world.shapes[seat.key]
    start, end = (1 - reach[1], 1 - reach[0]) if seat.flip else reach
    return shape.crest(start, end)


def _worn(world: World, child: Subject, hosts: list[Item]) -> list[Item]:
    """Put hats on heads and glasses on eyes: side views look to the left, faces to the front."""
    subject = next(s for s in world.scene.subjects if s.key == hosts[0].key)
    frontal = has_face_only(subject.concept) or subject.concept in (
        "teddy-bear",
        "snowman",
        "snowman-without-snow",
        "penguin",
        "owl",
    )
    shape, eyes = world.shapes[child.key], world.natures[child.key].eyewear
    out = []
    for i, host in enumerate(hosts[: max(1, child.count)]):
        width = host.width * ((0.6 if eyes else 0.62) if frontal else (0.3 if eyes else 0.36))
        height = width / shape.aspect
        place = 0.5 if frontal else (0.8 if host.flip else 0.2)
        crest = _crest(world, host, (place - 0.08, place + 0.08))
        y = (
            host.y + host.height * (crest + (0.32 if frontal else 0.13)) - height / 2
            if eyes
            else host.y + host.height * (crest + 0.06) - height
        )
        out.append(
            Item(
                key=child.key,
                index=i,
                x=host.x + host.width * place - width / 2,
                y=y,
                width=width,
                height=height,
                front=host.front + 0.1,
                grounded=False,
                rests=host.key,
                flip=host.flip,
            )
        )
    return out


def _under(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    nature = world.natures[host.key]
    if nature.sky or nature.flies:
        copies = cluster(world, child)
        _, top, _, _ = extent(copies)
        drop = host.base - top + host.height * 0.15
        return [c.moved(host.middle, drop) for c in copies]
    copies = cluster(world, child, limit=min(host.width * 0.8, host.height * 0.52))
    return [replace(c.moved(host.middle, host.base + host.height * 0.02), front=host.front + 0.2) for c in copies]


def _beside(side: int, gap: float = 0.14) -> Place:
    def place(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
        toward = side or (-1 if rng(world.seed, child.key, "side").random() < 0.5 else 1)
        copies = cluster(world, child)
        left, _, right, _ = extent(copies)
        mine, _, theirs, _ = extent(every)
        space = gap * max(hosts[0].width, (right - left))
        dx = theirs + space - left if toward > 0 else mine - space - right
        lift = _rest_of(world, child, hosts)
        return [c.moved(dx, hosts[0].base if lift is None else lift) for c in copies]

    return place


def _rest_of(world: World, child: Subject, hosts: list[Item]) -> float | None:
    """What flies hangs beside the middle of its neighbour instead of standing at its foot."""
    nature = world.natures[child.key]
    return hosts[0].y + hosts[0].height * 0.6 if nature.sky or nature.flies else None


def _behind(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = cluster(world, child)
    left, top, right, _ = extent(copies)
    side = -1 if rng(world.seed, child.key, "side").random() < 0.5 else 1
    taller = -top > host.height * 1.7
    shift = 0.0 if taller else side * (host.width / 2 + (right - left) * 0.06)
    lift = host.height * (0.10 if taller else 0.16)
    return [replace(c.moved(host.middle + shift, host.base - lift), front=host.front - 1 + c.front * 0.1) for c in copies]


def _in_front(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = cluster(world, child)
    left, top, right, _ = extent(copies)
    side = -1 if rng(world.seed, child.key, "side").random() < 0.5 else 1
    covers = (right - left) > host.width * 0.5 and -top > host.height * 0.5
    shift = side * (host.width * 0.36 + (right - left) * 0.22) if covers else side * host.width * 0.16
    return [
        replace(c.moved(host.middle + shift, host.base + host.height * 0.07), front=host.front + 1 + c.front * 0.1)
        for c in copies
    ]


def _above(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = cluster(world, child)
    top = min(i.y for i in every if i.x < host.x + host.width and i.x + i.width > host.x)
    return [replace(c.moved(host.middle, top - host.height * 0.14), grounded=False) for c in copies]


def _inside(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = cluster(world, child, limit=min(host.width * 0.86, host.height * 0.95))
    left, _, right, _ = extent(copies)
    k = min(1.0, host.width * 0.78 / (right - left))
    wall = host.y + host.height * world.natures[host.key].vessel
    out = []
    for copy in copies:
        small = copy.scaled(k)
        out.append(
            replace(
                small,
                x=host.middle + small.middle - small.width / 2,
                y=wall + small.height * 0.34 - small.height + (small.base if small.base < 0 else 0) * 0.3,
                front=host.front + 0.05,
                grounded=False,
                rests=host.key,
                inside=True,
            )
        )
    return out


def _held(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    frontal = has_face_only(next(s.concept for s in world.scene.subjects if s.key == host.key))
    copies = cluster(world, child, limit=max(host.width, host.height) * 0.62)
    hand = 0.92 if frontal else (0.9 if host.flip else 0.1)
    flies = world.natures[child.key].flies or world.natures[child.key].sky
    y = host.y + host.height * (0.28 if flies else 0.82)
    return [
        replace(c.moved(host.x + host.width * hand, y), front=host.front + 0.3, grounded=False, rests=host.key) for c in copies
    ]


_PLACE: Mapping[str, Place] = {
    "on": _on,
    "under": _under,
    "left_of": _beside(-1),
    "right_of": _beside(1),
    "next_to": _beside(0),
    "behind": _behind,
    "in_front_of": _in_front,
    "above": _above,
    "inside": _inside,
    "held": _held,
}
