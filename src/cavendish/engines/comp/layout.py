"""Layout: a scene, a size and a seed -> where everything goes. Pure: no pixels, no art beyond outlines.

What an earlier layout of the same picture fixed stays where it was (`Past`), so that an edit moves nothing it does not name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cavendish.engines.comp.backdrops import settings
from cavendish.engines.comp.blocks import Item, World, attach_all, children, compose, extent, roots
from cavendish.engines.comp.light import rng
from cavendish.engines.comp.proportion import FACTORS, nature
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.engines.comp.sprites import Shape
from cavendish.engines.comp.zones import Box, TextPlace, around, divide, frame_of
from cavendish.types import Size

NEAR = 0.16  # of the picture's sides: how far from where it was put a thing may give way before it is made smaller
FILL = {"close_up": 0.88, "medium": 0.62, "wide": 0.34, "top_down": 0.56, "low_angle": 0.78}
SIGNS = frozenset({"placard"})  # drawings that our own board replaces when it carries words
TILT = {"close_up": 0.04, "medium": 0.0, "wide": -0.02, "top_down": 0.0, "low_angle": 0.14}  # of the horizon, downwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything has its place: items in drawing order, back to front, texts, and the height where the ground begins."""

    size: Size
    horizon: float  # px
    items: tuple[Item, ...]
    texts: tuple[TextPlace, ...]

    def of(self, key: str) -> list[Item]:
        """Return the copies of one subject."""
        return [i for i in self.items if i.key == key]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON in fractions of the picture, for `Past`."""
        w, h = self.size.width, self.size.height
        return {
            "aspect": round(w / h, 4),
            "horizon": round(self.horizon / h, 7),
            "items": [
                [
                    i.key,
                    i.index,
                    round(i.x / w, 7),
                    round(i.y / h, 7),
                    round(i.width / w, 7),
                    round(i.height / h, 7),
                    round(i.front, 3),
                    int(i.grounded),
                    i.rests,
                    int(i.inside),
                    int(i.flip),
                ]
                for i in self.items
            ],
            "texts": [
                [
                    t.key,
                    round(t.box.x / w, 7),
                    round(t.box.y / h, 7),
                    round(t.box.width / w, 7),
                    round(t.box.height / h, 7),
                    t.align,
                ]
                for t in self.texts
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The layout of the picture that is being changed, and the scene that it showed."""

    scene: Scene
    layout: Mapping[str, Any]

    def fits(self, size: Size) -> bool:
        """Whether the new picture has the same shape, so that places can be kept."""
        return bool(self.layout) and abs(float(self.layout["aspect"]) / (size.width / size.height) - 1) < 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where new things must go, in fractions of the picture: the box of a mask."""

    x: float
    y: float
    width: float
    height: float


def sign_shape(text: str) -> Shape:
    """Return the outline of a sign board on its post for a text."""
    return Shape(aspect=min(1.9, max(1.05, 0.62 + len(text) * 0.045)))


def lay_out(
    scene: Scene, size: Size, seed: int, shapes: Mapping[str, Shape], past: Past | None = None, spot: Spot | None = None
) -> Layout:
    """Place every subject and every text. `shapes` holds the outline of every subject, by key; a `spot` takes what is new."""
    plan = divide(scene, size, seed)
    whole = with_signs(scene)
    shapes = {**shapes, **{key: sign_shape(words) for key, words in boards(scene).items()}}
    kept = past if past is not None and past.fits(size) else None
    texts = _kept_texts(plan.texts, scene, size, kept)
    horizon = _horizon(scene, size, kept)
    room = _room(plan.room, texts, size, horizon, kept)
    world = World(whole, shapes, {s.key: nature(s) for s in whole.subjects}, seed, room.width / room.height)
    stand = _Stand(world=world, size=size, room=room, horizon=horizon, front=_front(scene, size, room))
    items = _kept_items(stand, kept) if kept else []
    if spot is not None:
        items = _in_spot(stand, items, spot)
    elif items:
        items = _added(stand, items, texts)
    else:
        items = _fresh(stand, texts)
        horizon = _lowered(horizon, items, scene, size)
    items = [_snapped(i) for i in (items if spot is not None else _within(items, size))]
    order = sorted(items, key=lambda i: (i.front, i.base if i.grounded else 0, i.index))
    return Layout(size=size, horizon=float(round(horizon)), items=tuple(order), texts=texts)


def _snapped(item: Item) -> Item:
    """Return it on whole pixels: its record then gives back exactly the same place."""
    x, y = float(round(item.x)), float(round(item.y))
    return replace(item, x=x, y=y, width=max(1.0, round(item.width)), height=max(1.0, round(item.height)))


def boards(scene: Scene) -> dict[str, str]:
    """Return the words of every sign board: free-standing signs, and signs among the subjects that carry words."""
    standing = {t.key: t.text for t in scene.texts if t.role == "sign" and not t.on and not t.box and not t.region}
    signs = {s.key for s in scene.subjects if s.concept in SIGNS and s.count <= 1}
    return standing | {t.on: t.text for t in scene.texts if t.on in signs}


def with_signs(scene: Scene) -> Scene:
    """Return the scene with every sign board as a subject without a drawing, for layout and painting."""
    keys = boards(scene)
    subjects = tuple(replace(s, concept="") if s.key in keys else s for s in scene.subjects)
    standing = tuple(Subject(key=k, noun="sign") for k in keys if scene.find(k) is None)
    return replace(scene, subjects=(*subjects, *standing), texts=tuple(t for t in scene.texts if t.key not in keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stand:
    """What placing needs: the world of blocks, the picture, its room, and the ground from `horizon` to `front` (px)."""

    world: World
    size: Size
    room: Box
    horizon: float
    front: float

    @property
    def floats(self) -> bool:
        return settings()[self.world.scene.setting].floats or self.world.scene.framing == "top_down"


def _horizon(scene: Scene, size: Size, kept: Past | None) -> float:
    if kept is not None and kept.scene.setting == scene.setting and kept.scene.framing == scene.framing:
        return float(kept.layout["horizon"]) * size.height
    return (settings()[scene.setting].horizon + TILT[scene.framing]) * size.height


def _front(scene: Scene, size: Size, room: Box) -> float:
    return min(settings()[scene.setting].front * size.height + TILT[scene.framing] * size.height * 0.3, room.bottom)


def _room(room: Box, texts: tuple[TextPlace, ...], size: Size, horizon: float, kept: Past | None) -> Box:
    return frame_of(size) if kept is not None and horizon < 0 and texts else room


def _lowered(horizon: float, items: list[Item], scene: Scene, size: Size) -> float:
    """Raise the horizon when things at the back would otherwise stand in the sky."""
    if settings()[scene.setting].floats or scene.framing == "top_down":
        return horizon
    bases = [i.base for i in items if i.grounded]
    if not bases:
        return horizon
    shore = settings()[scene.setting].shore
    return max(size.height * 0.16, min(horizon, (min(bases) - 0.01 * size.height - shore * size.height) / (1 - shore)))


def _fresh(stand: _Stand, texts: tuple[TextPlace, ...]) -> list[Item]:
    """Place everything of a new picture: the group on the ground first, then what hangs and what was put somewhere."""
    scene, natures = stand.world.scene, stand.world.natures
    free: list[tuple[Subject, list[Item]]] = []
    placed: list[tuple[Subject, list[Item]]] = []
    aloft: list[tuple[Subject, list[Item]]] = []
    for root in roots(scene):
        block = compose(stand.world, root)
        of = natures[root.key]
        hangs = (of.sky or of.flies) and not stand.floats and len(scene.subjects) > 1 and not _carries(scene, root)
        (placed if root.region else aloft if hangs else free).append((root, block))
    if not (free or placed or aloft):
        return []
    taken = [t.box for t in texts]
    room = _beside_regions(stand, [r for r, _ in placed], bool(free))
    items = _main(replace(stand, room=room), [b for _, b in free]) if free else []
    scale = _scale_of(items, [b for _, b in free]) or _lone_scale(stand, [b for _, b in placed + aloft])
    for root, block in placed:
        items += _spot(stand, block, _anchor(stand, root, len(free) + len(placed)), (scale, items, taken))
    for root, block in aloft:
        items += _spot(stand, block, _sky_anchor(stand, root), (scale, items, taken))
    return items


def _carries(scene: Scene, root: Subject) -> bool:
    return bool(children(scene, root))


def _scale_of(items: list[Item], blocks: list[list[Item]]) -> float:
    return items[0].width / blocks[0][0].width if items else 0.0


def _lone_scale(stand: _Stand, blocks: list[list[Item]]) -> float:
    """Size things that were all put somewhere: as if they shared the room."""
    tallest = max(max(i.height for i in b) for b in blocks)
    widest = max(max(i.width for i in b) for b in blocks)
    share = 0.62 if len(blocks) == 1 else 0.42
    fill = FILL[stand.world.scene.framing] / FILL["medium"] * stand.world.scene.zoom
    return min(stand.room.height * share / tallest, stand.room.width * share / widest) * min(1.5, fill)


def _beside_regions(stand: _Stand, placed: list[Subject], others: bool) -> Box:
    """Leave the side where something was put to it."""
    room = stand.room
    for side, cut in (("left", "left"), ("right", "right")):
        if others and any(s.region == side for s in placed):
            wide = room.width * 0.36
            room = Box(room.x + wide if cut == "left" else room.x, room.y, room.width - wide, room.height)
    return room


def _main(stand: _Stand, blocks: list[list[Item]]) -> list[Item]:
    """Pack blocks into rows on the ground as large as the framing allows, and stand them in the room."""
    best, rows = 0.0, [blocks]
    for count in range(1, len(blocks) + 1):
        split = _rows(blocks, count)
        scale = _row_scale(stand, split) * (1.0 if count == 1 else 0.82)
        if scale > best * 1.001:
            best, rows = scale, split
    scale = _row_scale(stand, rows)
    scene, room = stand.world.scene, stand.room
    total = sum(_tall(row) for row in rows) * scale
    y = stand.front if not stand.floats else room.y + (room.height + total) / 2
    out: list[Item] = []
    for depth, row in enumerate(rows):
        width = _wide(row) * scale
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
            x += (right - left + _gap(row) * (i < len(row) - 1)) * scale
        y -= _tall(row) * scale
    return out


def _lean(scene: Scene, seed: int, depth: int) -> float:
    """Return how far a row stands from the middle, -0.5..0.5 of the space left: by thirds, chosen by the seed."""
    still = scene.setting in ("studio", "plain") or scene.copy_space or any(not t.on for t in scene.texts)
    if still and depth == 0:
        return 0.0
    return rng(seed, "lean", depth).choice((-0.28, -0.12, 0.0, 0.12, 0.28))


def _rows(blocks: list[list[Item]], count: int) -> list[list[list[Item]]]:
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


def _gap(row: list[list[Item]]) -> float:
    widths = [extent(b)[2] - extent(b)[0] for b in row]
    return 0.16 * sum(widths) / len(widths)


def _wide(row: list[list[Item]]) -> float:
    return sum(extent(b)[2] - extent(b)[0] for b in row) + _gap(row) * (len(row) - 1)


def _tall(row: list[list[Item]]) -> float:
    return max(extent(b)[3] - extent(b)[1] for b in row) * 1.06


def _row_scale(stand: _Stand, rows: list[list[list[Item]]]) -> float:
    """Return pixels per unit: the largest that fits the room, the ground and the framing."""
    scene, room = stand.world.scene, stand.room
    fill = min(0.97, FILL[scene.framing] * scene.zoom)
    wide, tall = max(_wide(r) for r in rows), sum(_tall(r) for r in rows)
    factor = max(stand.world.natures[b[0].key].factor for r in rows for b in r)
    height = room.height if stand.floats else stand.front - room.y
    ample = min(1.0, fill * 1.22 * factor**0.9)
    crowd = 1.0 + 0.12 * min(3, sum(len(r) for r in rows) - 1)
    copies = sum(len(b) for r in rows for b in r)
    ample = max(ample, min(0.94, fill * 1.42)) if copies > 2 else ample
    scale = min(height * min(1.0, fill * crowd * factor**0.9) / tall, room.width * min(1.0, ample * crowd) / wide)
    if not stand.floats and (len(rows) > 1 or copies > 1):
        rise = tall - _tall(rows[-1]) + max(_rise(b) for b in rows[-1])
        if rise > 0:
            shore = 0.18 + settings()[scene.setting].shore * 0.84
            scale = min(scale, max(stand.front - stand.size.height * shore, 1.0) / rise)
    return float(scale)


def _rise(block: list[Item]) -> float:
    """Return how far up the ground the last row of a block stands."""
    bases = [i.base for i in block if i.grounded]
    return max(0.0, max(bases) - min(bases)) if bases else 0.0


def _anchor(stand: _Stand, root: Subject, crowd: int) -> tuple[float, float, bool]:
    """Return where a subject that was put somewhere wants its middle, and whether it stands on the ground there."""
    frame = frame_of(stand.size)
    cell = around(root.region, frame, (frame.width * (0.36 if crowd > 1 else 0.42), frame.height * 0.36))
    of = stand.world.natures[root.key]
    grounded = not stand.floats and not (of.sky or of.flies) and "top" not in root.region and root.region != "center"
    return cell.center[0], cell.center[1], grounded


def _sky_anchor(stand: _Stand, root: Subject) -> tuple[float, float, bool]:
    own = rng(stand.world.seed, root.key, "aloft")
    return (
        stand.room.x + stand.room.width * own.choice((0.2, 0.35, 0.65, 0.8)),
        stand.room.y + stand.horizon * own.uniform(0.16, 0.36),
        False,
    )


def _spot(
    stand: _Stand, block: list[Item], anchor: tuple[float, float, bool], around_it: tuple[float, list[Item], list[Box]]
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


def _kept_texts(texts: tuple[TextPlace, ...], scene: Scene, size: Size, kept: Past | None) -> tuple[TextPlace, ...]:
    if kept is None:
        return texts
    before = {t.key: t for t in kept.scene.texts}
    now = {t.key: t for t in scene.texts}
    held = {row[0]: row for row in kept.layout["texts"]}
    out = []
    for place in texts:
        old, row = before.get(place.key), held.get(place.key)
        if (
            old is not None
            and row is not None
            and (old.region, old.box, old.role) == (now[place.key].region, now[place.key].box, now[place.key].role)
        ):
            w, h = size.width, size.height
            place = TextPlace(key=place.key, box=Box(row[1] * w, row[2] * h, row[3] * w, row[4] * h), align=row[5])
        out.append(place)
    return tuple(out)


def _kept_items(stand: _Stand, kept: Past) -> list[Item]:
    """Return what stays where it was: unchanged subjects exactly, others resized or replaced on their own spot."""
    w, h = stand.size.width, stand.size.height
    out = []
    for key, index, x, y, width, height, front, grounded, rests, inside, flip in kept.layout["items"]:
        subject, old = stand.world.scene.find(key), with_signs(kept.scene).find(key)
        if subject is None or old is None or index >= max(1, subject.count) or _moved(old, subject):
            continue
        item = Item(
            key=key,
            index=index,
            x=x * w,
            y=y * h,
            width=width * w,
            height=height * h,
            front=front,
            grounded=bool(grounded),
            rests=rests if stand.world.scene.find(rests) else "",
            inside=bool(inside),
            flip=bool(flip),
        )
        out.append(_reshaped(item, old, subject, stand.world.shapes[key].aspect))
    zoom = stand.world.scene.zoom / kept.scene.zoom * FILL[stand.world.scene.framing] / FILL[kept.scene.framing]
    return _zoomed(out, zoom, stand) if abs(zoom - 1) > 0.01 else out


def _moved(old: Subject, new: Subject) -> bool:
    return old.region != new.region or old.relation != new.relation


def _reshaped(item: Item, old: Subject, new: Subject, aspect: float) -> Item:
    """Fit a replaced or resized subject to its spot: same foot, same middle."""
    if (old.concept, old.reference, old.size) == (new.concept, new.reference, new.size):
        return item
    k = FACTORS.get(new.size, 1.0) / FACTORS.get(old.size, 1.0)
    side = max(item.width, item.height) * k
    width, height = (side, side / aspect) if aspect >= 1 else (side * aspect, side)
    return replace(item, x=item.middle - width / 2, y=item.base - height, width=width, height=height)


def _zoomed(items: list[Item], zoom: float, stand: _Stand) -> list[Item]:
    """Move the camera: scale everything about the foot of the group, as far as it stays in the frame."""
    if not items:
        return items
    frame = frame_of(stand.size)
    left, top, right, bottom = extent(items)
    cx, cy = (left + right) / 2, min(bottom, stand.front)
    limit = min(
        ((cx - frame.x) / max(1.0, cx - left)), (frame.right - cx) / max(1.0, right - cx), (cy - frame.y) / max(1.0, cy - top)
    )
    k = min(zoom, max(1.0, limit))
    return [i.moved(-cx, -cy).scaled(k).moved(cx, cy) for i in items]


def _added(stand: _Stand, items: list[Item], texts: tuple[TextPlace, ...]) -> list[Item]:
    """Add what is new to a kept picture: related things to their hosts, the rest where there is room."""
    world = stand.world
    present = {i.key for i in items}
    for parent in [s for s in world.scene.subjects if s.key in present]:
        fresh = [c for c, _ in children(world.scene, parent) if c.key not in present]
        if fresh:
            items = _grown(stand, parent, items, present)
            present = {i.key for i in items}
    scale = _unit(stand, items)
    taken = [t.box for t in texts]
    for root in world.scene.subjects:
        missing = max(1, root.count) - sum(1 for i in items if i.key == root.key)
        if missing <= 0:
            continue
        of = world.natures[root.key]
        if root.key in present:
            items = items + _copies(stand, root, items, (missing, taken))
            continue
        block = compose(world, root)
        block = [b for b in block if b.key not in present]
        anchor = (
            _anchor(stand, root, 2)
            if root.region
            else _sky_anchor(stand, root)
            if (of.sky or of.flies) and not stand.floats
            else _ground_anchor(stand, root)
        )
        items = items + _spot(stand, block, anchor, (scale, items, taken))
        present |= {b.key for b in block}
    return items


def _in_spot(stand: _Stand, items: list[Item], spot: Spot) -> list[Item]:
    """Put everything new into a box as large as it fits; without a past that is everything."""
    present = {i.key for i in items}
    blocks = [[b for b in compose(stand.world, root) if b.key not in present] for root in roots(stand.world.scene)]
    rows = [[b for b in blocks if b]]
    if not rows[0]:
        return items
    w, h = stand.size.width, stand.size.height
    box = Box(spot.x * w, spot.y * h, spot.width * w, spot.height * h).inset(min(spot.width * w, spot.height * h) * 0.06)
    k = min(box.width / _wide(rows[0]), box.height * 1.06 / _tall(rows[0]))
    x, out = box.x + (box.width - _wide(rows[0]) * k) / 2, []
    for block in rows[0]:
        left, top, right, bottom = extent(block)
        grounded = box.bottom > stand.horizon
        foot = box.bottom if grounded else box.y + (box.height + (bottom - top) * k) / 2
        out += [
            replace(b.scaled(k).moved(x - left * k, foot - bottom * k), front=b.front + 20, grounded=b.grounded and grounded)
            for b in block
        ]
        x += (right - left + _gap(rows[0])) * k
    return items + out


def _grown(stand: _Stand, parent: Subject, items: list[Item], present: set[str]) -> list[Item]:
    """Attach new relatives to a host that stands already, in units in which it has its natural size."""
    hosts = [i for i in items if i.key == parent.key]
    k = max(hosts[0].width, hosts[0].height) / stand.world.natures[parent.key].size
    units = [i.scaled(1 / k) for i in hosts]
    world = replace(
        stand.world,
        scene=replace(
            stand.world.scene,
            subjects=tuple(s for s in stand.world.scene.subjects if s.key == parent.key or s.key not in present),
        ),
    )
    grown = attach_all(world, parent, units, frozenset(present))
    return items + [i.scaled(k) for i in grown[len(units) :]]


def _unit(stand: _Stand, items: list[Item]) -> float:
    """Return pixels per unit as the standing things have it."""
    ratios = sorted(max(i.width, i.height) / stand.world.natures[i.key].size for i in items if not i.rests)
    return ratios[len(ratios) // 2] if ratios else stand.room.height * 0.3


def _ground_anchor(stand: _Stand, root: Subject) -> tuple[float, float, bool]:
    own = rng(stand.world.seed, root.key, "spot")
    return stand.room.x + stand.room.width * own.uniform(0.15, 0.85), stand.room.y + stand.room.height * 0.55, not stand.floats


def _copies(stand: _Stand, root: Subject, items: list[Item], more: tuple[int, list[Box]]) -> list[Item]:
    """Place further copies of a subject that is there already, at its own size."""
    missing, taken = more
    model = next(i for i in items if i.key == root.key)
    out: list[Item] = []
    for k in range(missing):
        index = max(i.index for i in [*items, *out] if i.key == root.key) + 1
        unit = Item(
            key=root.key,
            index=index,
            x=0,
            y=-model.height,
            width=model.width,
            height=model.height,
            grounded=model.grounded,
            flip=model.flip,
        )
        side = 1 if k % 2 else -1
        anchor = (model.middle + side * model.width * 1.2, model.y + model.height / 2, model.grounded)
        spot = _spot(
            replace(stand, front=model.base if model.grounded else stand.front),
            [unit],
            anchor,
            (1.0, [*items, *out], taken),
        )
        out += spot
    return out


def _within(items: Iterable[Item], size: Size) -> list[Item]:
    """Bring everything inside the safe frame: shift what hangs over its border, shrink what is larger."""
    frame = frame_of(size)
    listed = list(items)
    if not listed:
        return listed
    left, top, right, bottom = extent(listed)
    k = min(1.0, frame.width / (right - left), frame.height / (bottom - top))
    if k < 1.0:
        listed = [i.moved(-left, -bottom).scaled(k).moved(left, bottom) for i in listed]
        left, top, right, bottom = extent(listed)
    dx = max(0.0, frame.x - left) - max(0.0, right - frame.right)
    dy = max(0.0, frame.y - top) - max(0.0, bottom - frame.bottom)
    return [i.moved(dx, dy) for i in listed] if dx or dy else listed
