"""Packing: blocks into rows on the ground, or near an anchor where nothing is covered. It decides sizes, not who goes where."""

from dataclasses import dataclass, replace

from cavendish.engines.comp.painting.backdrops import settings
from cavendish.engines.comp.painting.blocks import Item, World, extent
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.zones import Box, extreme, frame_of
from cavendish.engines.comp.scene import Scene
from cavendish.types import Size

NEAR = 0.16  # of the picture's sides: how far from where it was put a thing may give way before it is made smaller
HERO = 1.14  # a product alone in the studio is its hero: more of the frame is its own
SEEN = 0.58  # of the height of a person behind a table
FILL = {"close_up": 0.88, "medium": 0.62, "wide": 0.34, "top_down": 0.56, "low_angle": 0.78}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What placing needs: the world of blocks, the picture, its room, and the ground from `horizon` to `front` (px)."""

    world: World
    size: Size
    room: Box
    horizon: float
    front: float

    @property
    def floats(self) -> bool:
        return settings()[self.world.scene.setting].floats or self.world.scene.framing == "top_down"


def on_ground(stand: Stand, blocks: list[list[Item]]) -> list[Item]:
    """Pack blocks into rows on the ground as large as the framing allows, and stand them in the room."""
    best, rows = 0.0, [blocks]
    for count in range(1, len(blocks) + 1):
        split = deal(blocks, count)
        scale = _row_scale(stand, split) * (1.0 if count == 1 else 0.82)
        if scale > best * 1.001:
            best, rows = scale, split
    scale = _row_scale(stand, rows)
    scene, room = stand.world.scene, stand.room
    total = sum(tall_of(row) for row in rows) * scale
    y = stand.front if not stand.floats else room.y + (room.height + total) / 2
    out: list[Item] = []
    for depth, row in enumerate(rows):
        width = wide_of(row) * scale
        lean = _lean(scene, stand.world.seed, depth)
        x = room.x + (room.width - width) * (0.5 + lean * (room.width - width > room.width * 0.2))
        floor = y
        for i, block in enumerate(row):
            left, _, right, bottom = extent(block)
            own = rng(stand.world.seed, block[0].key, "depth")
            rise = own.uniform(0, 0.05) * stand.size.height * (len(row) > 1) * (not stand.floats)
            drop = max(0.0, bottom) * scale
            out += [
                replace(
                    b.scaled(scale).moved(x - left * scale, floor - rise - drop),
                    front=b.front - depth * 10 + (1 - rise / stand.size.height),
                )
                for b in block
            ]
            x += (right - left + gap_of(row) * (i < len(row) - 1)) * scale
        y -= tall_of(row) * scale
    return out


def behind_counter(stand: Stand, blocks: list[list[Item]]) -> list[Item]:
    """Stand people behind the table that the ground is, in one row: what is below its back edge is not seen."""
    if not blocks:
        return []
    room, row = stand.room, blocks
    tall = max(-min(i.y for i in b) for b in row)
    fill = min(1.0, FILL[stand.world.scene.framing] / FILL["medium"] * stand.world.scene.zoom)
    above = max(stand.size.height * 0.12, (stand.horizon - room.y) * 0.96 * fill)
    below = max(1.0, frame_of(stand.size).bottom - stand.horizon)
    scale = min(above / (tall * SEEN), below / (tall * (1 - SEEN)), room.width * 0.94 / wide_of(row))
    x, out = room.x + (room.width - wide_of(row) * scale) / 2, []
    for block in row:
        left, _, right, _ = extent(block)
        own = -min(i.y for i in block) * scale
        foot = stand.horizon + own * (1 - SEEN)
        out += [replace(b.scaled(scale).moved(x - left * scale, foot), front=b.front - 20) for b in block]
        x += (right - left + gap_of(row)) * scale
    return out


def _lean(scene: Scene, seed: int, depth: int) -> float:
    """Return how far a row stands from the middle, -0.5..0.5 of the space left: by thirds, chosen by the seed."""
    still = scene.setting in ("studio", "plain") or scene.copy_space or any(not t.on for t in scene.texts)
    if still and depth == 0:
        return 0.0
    return rng(seed, "lean", depth).choice((-0.28, -0.12, 0.0, 0.12, 0.28))


def deal(blocks: list[list[Item]], count: int) -> list[list[list[Item]]]:
    """Deal blocks to rows in order, front row first, of about equal width."""
    share = sum(extent(b)[2] - extent(b)[0] for b in blocks) / count
    rows: list[list[list[Item]]] = [[]]
    filled = 0.0
    for block in blocks:
        if rows[-1] and filled >= share * len(rows) * 0.98 and len(rows) < count:
            rows.append([])
        rows[-1].append(block)
        filled += extent(block)[2] - extent(block)[0]
    return rows


def gap_of(row: list[list[Item]]) -> float:
    widths = [extent(b)[2] - extent(b)[0] for b in row]
    return 0.16 * sum(widths) / len(widths)


def wide_of(row: list[list[Item]]) -> float:
    return sum(extent(b)[2] - extent(b)[0] for b in row) + gap_of(row) * (len(row) - 1)


def tall_of(row: list[list[Item]]) -> float:
    return max(extent(b)[3] - extent(b)[1] for b in row) * 1.06


def _row_scale(stand: Stand, rows: list[list[list[Item]]]) -> float:
    """Return pixels per unit: the largest that fits the room, the ground and the framing."""
    scene, room = stand.world.scene, stand.room
    copies = sum(len(b) for r in rows for b in r)
    full = 0.55 if copies > 6 else 0.8 if extreme(stand.size) and scene.framing == "medium" else 0.0
    fill = min(0.97, max(FILL[scene.framing], full) * scene.zoom)  # a crowd needs room to be counted, a strip has little height
    if copies == 1 and scene.setting in ("studio", "plain") and scene.framing == "medium":
        fill = min(0.97, fill * HERO)
    wide, tall = max(wide_of(r) for r in rows), sum(tall_of(r) for r in rows)
    factor = max(stand.world.natures[b[0].key].factor for r in rows for b in r)
    height = room.height if stand.floats else stand.front - room.y
    ample = min(1.0, fill * 1.22 * factor**0.9)
    crowd = 1.0 + 0.16 * min(4, len({i.key for r in rows for b in r for i in b}) - 1)
    ample = max(ample, min(0.94, fill * 1.42)) if copies > 2 else min(0.86, ample) if copies == 1 else ample
    if tall > 1.7 * wide and not extreme(stand.size) and scene.framing == "medium":
        fill = min(0.97, fill * 1.3)  # a standing figure is narrow: it takes the height
    scale = min(height * min(1.0, fill * crowd * factor**0.9) / tall, room.width * min(1.0, ample * crowd) / wide)
    if not stand.floats and (len(rows) > 1 or copies > 1):
        rise = tall - tall_of(rows[-1]) + max(_rise(b) for b in rows[-1])
        if rise > 0:
            shore = 0.18 + settings()[scene.setting].shore * 0.84
            scale = min(scale, max(stand.front - stand.size.height * shore, 1.0) / rise)
    return float(scale)


def _rise(block: list[Item]) -> float:
    """Return how far up the ground the last row of a block stands."""
    bases = [i.base for i in block if i.grounded]
    return max(0.0, max(bases) - min(bases)) if bases else 0.0


def near_anchor(
    stand: Stand, block: list[Item], anchor: tuple[float, float, bool], around_it: tuple[float, list[Item], list[Box]]
) -> list[Item]:
    """Place a block as near to its anchor as it can stand without covering anything, shrinking it when there is no room."""
    scale, items, taken = around_it
    frame = frame_of(stand.size)
    left, top, right, bottom = extent(block)
    wide, tall = right - left, bottom - top
    factor = stand.world.natures[block[0].key].factor
    scale = min(scale, frame.width * 0.42 * max(1.0, factor) / wide, frame.height * 0.42 * max(1.0, factor) / tall)
    blocked = [Box(i.x, i.y, i.width, i.height).inset(-0.008 * stand.size.height) for i in items] + taken
    tries = []
    for shrink in (1.0, 0.86, 0.72, 0.58, 0.46, 0.36):
        covered, away, box = _nearest(frame, (wide * scale * shrink, tall * scale * shrink), anchor, blocked, stand.front)
        tries.append((covered > 1.0, away > NEAR, covered if covered > 1.0 else 0.0, -shrink, box))
        if covered <= 1.0 and away <= NEAR:
            break
    box = min(tries)[-1]
    k = box.width / wide
    front = 0.5 if anchor[2] else -5.0
    return [
        replace(b.scaled(k).moved(box.x - left * k, box.y - top * k), front=b.front + front, grounded=b.grounded and anchor[2])
        for b in block
    ]


def _nearest(
    frame: Box, size: tuple[float, float], anchor: tuple[float, float, bool], blocked: list[Box], front: float
) -> tuple[float, float, Box]:
    """Return the least covered area, how far from the anchor it is, and the box, the nearest among equals."""
    w, h = min(size[0], frame.width), min(size[1], frame.height)
    x0, y0, grounded = anchor
    spots = []
    rows = [front - h] if grounded else [frame.y + (frame.height - h) * i / 12 for i in range(13)] + [y0 - h / 2]
    columns = [frame.x + (frame.width - w) * i / 24 for i in range(25)] + [x0 - w / 2]
    for x in columns:
        for y in rows:
            box = Box(min(max(x, frame.x), frame.right - w), min(max(y, frame.y), frame.bottom - h), w, h)
            away = abs(box.center[0] - x0) / frame.width + (0 if grounded else abs(box.center[1] - y0) / frame.height)
            spots.append((sum(box.overlap(b) for b in blocked), away, box))
    return min(spots, key=lambda s: (round(s[0], 3), round(s[1], 6), s[2]))
