"""Scatter: things that float stand freely in the room, none in a row, none too small to see. Boxes only, by the seed."""

from dataclasses import dataclass, replace

from cavendish.engines.comp.painting.blocks import Item, extent
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.packing import FILL, Stand
from cavendish.engines.comp.painting.zones import Box

SMALLEST = 0.22  # of the picture's short side: the longer side of what was named singly
_TRIES = 48


@dataclass(frozen=True, slots=True)
class _Part:
    """A block in its own units, with its size there and how large it is beside the others."""

    items: list[Item]
    wide: float
    tall: float
    share: float


def scattered(stand: Stand, blocks: list[list[Item]]) -> list[Item]:
    """Place blocks apart from each other over the whole room, as large as they fit; the first named stands by a third."""
    parts = _parts([b for block in blocks for b in _copies(block)])
    short = min(stand.size.width, stand.size.height)
    single = {b[0].key for b in blocks if len(b) == 1}
    fill = FILL[stand.world.scene.framing] / FILL["medium"] * stand.world.scene.zoom
    side = min(stand.room.width * 0.62, stand.room.height * 0.62, short * 0.62) * min(1.4, fill)
    for _ in range(14):
        boxes = _boxes(stand, parts, [_size(p, side, SMALLEST * short if p.items[0].key in single else 0.0) for p in parts])
        if boxes is not None:
            break
        side *= 0.88
    boxes = boxes or _boxes(stand, parts, [_size(p, side, 0.0) for p in parts], loose=True) or []
    out: list[Item] = []
    for part, box in zip(parts, boxes, strict=True):
        left, top, _, _ = extent(part.items)
        k = box.width / part.wide
        out += [replace(i.scaled(k).moved(box.x - left * k, box.y - top * k), grounded=False) for i in part.items]
    return out


def _copies(block: list[Item]) -> list[list[Item]]:
    """Return the copies of one thing apart; a group of several things stays together."""
    return [[i] for i in block] if len({i.key for i in block}) == 1 else [block]


def _parts(blocks: list[list[Item]]) -> list[_Part]:
    extents = [extent(b) for b in blocks]
    sides = [max(right - left, bottom - top) for left, top, right, bottom in extents]
    largest = max(sides)  # a planet dwarfs a cat: sizes are drawn together so that both can be seen
    return [_Part(b, right - left, bottom - top, (side / largest) ** 0.4)
            for b, side, (left, top, right, bottom) in zip(blocks, sides, extents, strict=True)]


def _size(part: _Part, side: float, least: float) -> tuple[float, float]:
    k = max(side * part.share, least) / max(part.wide, part.tall)
    return part.wide * k, part.tall * k


def _boxes(stand: Stand, parts: list[_Part], sizes: list[tuple[float, float]], *, loose: bool = False) -> list[Box] | None:
    """Put every part where it is farthest from the others among seeded tries; None when one finds no room."""
    room, done = stand.room, dict[int, Box]()
    for at in sorted(range(len(parts)), key=lambda k: (-sizes[k][0] * sizes[k][1], k)):
        wide, tall = sizes[at]
        if wide > room.width or tall > room.height:
            return None
        item = parts[at].items[0]
        own = rng(stand.world.seed, item.key, item.index, "scatter")
        tries = [Box(room.x + own.random() * (room.width - wide), room.y + own.random() * (room.height - tall), wide, tall)
                 for _ in range(_TRIES)]
        if not done:
            tries = [Box(room.x + (room.width - wide) * own.choice((0.22, 0.3, 0.7, 0.78)),
                         room.y + (room.height - tall) * own.uniform(0.35, 0.62), wide, tall)]
        gap = min(wide, tall) * 0.08
        free = [b for b in tries if not any(b.inset(-gap).overlap(o) for o in done.values())]
        if not free and not loose:
            return None
        done[at] = max(free or tries, key=lambda b: _apart(b, list(done.values()), room))
    return [done[k] for k in range(len(parts))]


def _apart(box: Box, others: list[Box], room: Box) -> float:
    """Return how well a box keeps its distance: far from the others, and not pressed into a corner."""
    x, y = box.center
    near = min((max(abs(x - o.center[0]) / room.width, abs(y - o.center[1]) / room.height) for o in others), default=1.0)
    level = min((abs(y - o.center[1]) / room.height for o in others), default=0.5)
    edge = min(x - room.x, room.right - x) / room.width + min(y - room.y, room.bottom - y) / room.height
    return round(near + 0.5 * min(level, 0.4) + 0.35 * edge, 6)
