"""Layout: a scene, a size and a seed -> where everything goes. Pure: no pixels, no art beyond outlines.

What an earlier layout of the same picture fixed stays where it was (`Past`), so that an edit moves nothing it does not name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cavendish.engines.comp.painting.backdrops import OUTDOORS, settings
from cavendish.engines.comp.painting.blocks import Item, World, extent
from cavendish.engines.comp.painting.casting import COUNTERS, staged
from cavendish.engines.comp.painting.fixtures import fit_out, is_fixture
from cavendish.engines.comp.painting.kept import moved, redone, riders, settle
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.packing import (
    FILL,
    Stand,
    behind_counter,
    gap_of,
    near_anchor,
    on_ground,
    tall_of,
    wide_of,
)
from cavendish.engines.comp.painting.pages import arranged, divide
from cavendish.engines.comp.painting.proportion import FACTORS, nature
from cavendish.engines.comp.painting.relating import attach_all, children, compose, roots
from cavendish.engines.comp.painting.scatter import scattered
from cavendish.engines.comp.painting.sprites import Shape, shape
from cavendish.engines.comp.painting.zones import Box, TextPlace, around, frame_of
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.types import Size

PLACED = frozenset({"banner", "point", "button"})  # roles of words that keep to their part of the page
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
                    i.front,
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
    added = {s.key: shape(s.concept) for s in whole.subjects if s.key not in shapes and s.concept}
    shapes = {**added, **shapes, **{key: sign_shape(words) for key, words in boards(scene).items()}}
    kept = past if past is not None and past.fits(size) else None
    texts = _kept_texts(plan.texts, scene, size, kept)
    horizon = _horizon(scene, size, kept)
    room = _room(plan.room, texts, size, horizon, kept)
    natures = {s.key: nature(s) for s in whole.subjects}
    world = World(_freed(whole, scene.setting), shapes, natures, seed, room.width / room.height)
    stand = Stand(world=world, size=size, room=room, horizon=horizon, front=_front(scene, size, room))
    items = _kept_items(stand, kept) if kept else []
    if spot is not None:
        items = _in_spot(stand, items, spot)
    elif items:
        items = _added(stand, items, texts, _former(kept, scene, size) if kept else {})
    else:
        items = _fresh(stand, texts)
        horizon = _lowered(horizon, items, scene, size)
    if spot is None:
        items = fit_out(replace(stand, horizon=horizon), items)
    texts = tuple(_settled(t) for t in _clear(texts, items, scene, (size, kept)))
    items = [_snapped(i) for i in (items if spot is not None else _inside(items, scene, kept, size))]
    order = sorted(items, key=lambda i: (i.front, i.base if i.grounded else 0, i.index))
    return Layout(size=size, horizon=float(round(horizon)), items=tuple(order), texts=texts)


def _freed(scene: Scene, setting: str) -> Scene:
    """Let what only floats beside other things go its own way."""
    if not settings()[setting].floats:
        return scene
    return replace(scene, subjects=tuple(
        replace(s, relation=None) if s.relation is not None and s.relation.kind == "next_to" else s for s in scene.subjects))


def _snapped(item: Item) -> Item:
    """Return it on whole pixels: its record then gives back exactly the same place."""
    x, y = float(round(item.x)), float(round(item.y))
    return replace(
        item, x=x, y=y, width=max(1.0, round(item.width)), height=max(1.0, round(item.height)), front=round(item.front, 4)
    )


def _settled(place: TextPlace) -> TextPlace:
    """Return words on whole pixels, for the same reason."""
    box = place.box
    return replace(place, box=Box(round(box.x), round(box.y), max(1, round(box.width)), max(1, round(box.height))))


def boards(scene: Scene) -> dict[str, str]:
    """Return the words of every sign board: free-standing signs, and signs among the subjects that carry words."""
    standing = {t.key: t.text for t in scene.texts if t.role == "sign" and not t.on and not t.box and not t.region}
    signs = {s.key for s in scene.subjects if s.concept in SIGNS and s.count <= 1}
    return standing | {t.on: t.text for t in scene.texts if t.on in signs}


def with_signs(scene: Scene) -> Scene:
    """Return the staged scene with every sign board as a subject without a drawing, for layout and painting."""
    scene, keys = staged(scene), boards(scene)
    subjects = tuple(replace(s, concept="") if s.key in keys else s for s in scene.subjects)
    standing = tuple(Subject(key=k, noun="sign") for k in keys if scene.find(k) is None)
    return replace(scene, subjects=(*subjects, *standing), texts=tuple(t for t in scene.texts if t.key not in keys))


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


def _fresh(stand: Stand, texts: tuple[TextPlace, ...]) -> list[Item]:
    """Place everything of a new picture: the group on the ground first, then what hangs and what was put somewhere."""
    scene, natures = stand.world.scene, stand.world.natures
    free: list[tuple[Subject, list[Item]]] = []
    placed: list[tuple[Subject, list[Item]]] = []
    aloft: list[tuple[Subject, list[Item]]] = []
    counter: list[tuple[Subject, list[Item]]] = []
    for root in roots(scene):
        if is_fixture(scene, root):
            continue
        block = compose(stand.world, root)
        of = natures[root.key]
        alone = len(scene.subjects) == 1 and not (of.sky and scene.setting in OUTDOORS)
        hangs = (of.sky or of.flies) and not stand.floats and not alone and not _carries(scene, root)
        behind = scene.setting in COUNTERS and of.person and scene.framing != "top_down" and not root.region
        (placed if root.region else aloft if hangs else counter if behind else free).append((root, block))
    if not (free or placed or aloft or counter):
        return []
    taken = [t.box for t in texts]
    room = _beside_regions(stand, [r for r, _ in placed], bool(free))
    loose = settings()[scene.setting].floats and sum(len(b) for _, b in free) > 1
    pack = scattered if loose else on_ground
    if counter:  # what lies on the table before people is low enough to show them
        low = stand.horizon - 0.16 * stand.size.height
        room = Box(room.x, max(room.y, low), room.width, max(1.0, room.bottom - max(room.y, low)))
    items = pack(replace(stand, room=room), [b for _, b in free]) if free else []
    scale = _scale_of(items, [b for _, b in free])
    if not scale and placed + aloft:
        scale = _lone_scale(stand, [b for _, b in placed + aloft])
    items += behind_counter(stand, [b for _, b in counter])
    for root, block in placed:
        items += near_anchor(stand, block, _anchor(stand, root, len(free) + len(placed)), (scale, items, taken))
    for root, block in aloft:
        single = natures[root.key].sky and len(block) > 1 and len({i.key for i in block}) == 1
        for part in ([[i] for i in block] if single else [block]):
            items += near_anchor(stand, part, _sky_anchor(stand, root, part[0].index), (scale, items, taken))
    return items


def _carries(scene: Scene, root: Subject) -> bool:
    return bool(children(scene, root))


def _scale_of(items: list[Item], blocks: list[list[Item]]) -> float:
    return items[0].width / blocks[0][0].width if items else 0.0


def _lone_scale(stand: Stand, blocks: list[list[Item]]) -> float:
    """Size things that were all put somewhere: as if they shared the room."""
    tallest = max(max(i.height for i in b) for b in blocks)
    widest = max(max(i.width for i in b) for b in blocks)
    several = len(blocks) > 1 or len(blocks[0]) > 1
    sky = several and all(stand.world.natures[i.key].sky for b in blocks for i in b)
    share = 0.26 if sky else 0.62 if len(blocks) == 1 else 0.42
    fill = FILL[stand.world.scene.framing] / FILL["medium"] * stand.world.scene.zoom
    return min(stand.room.height * share / tallest, stand.room.width * share / widest) * min(1.5, fill)


def _beside_regions(stand: Stand, placed: list[Subject], others: bool) -> Box:
    """Leave the side where something was put to it."""
    room = stand.room
    for side, cut in (("left", "left"), ("right", "right")):
        if others and any(s.region == side for s in placed):
            wide = room.width * 0.36
            room = Box(room.x + wide if cut == "left" else room.x, room.y, room.width - wide, room.height)
    return room


def _anchor(stand: Stand, root: Subject, crowd: int) -> tuple[float, float, bool]:
    """Return where a subject that was put somewhere wants its middle, and whether it stands on the ground there."""
    frame = frame_of(stand.size)
    cell = around(root.region, frame, (frame.width * (0.36 if crowd > 1 else 0.42), frame.height * 0.36))
    of = stand.world.natures[root.key]
    grounded = not stand.floats and not (of.sky or of.flies) and "top" not in root.region and root.region != "center"
    return cell.center[0], cell.center[1], grounded


def _sky_anchor(stand: Stand, root: Subject, index: int = 0) -> tuple[float, float, bool]:
    own = rng(stand.world.seed, root.key, "aloft") if index == 0 else rng(stand.world.seed, root.key, "aloft", index)
    return (
        stand.room.x + stand.room.width * own.choice((0.2, 0.35, 0.65, 0.8)),
        stand.room.y + stand.horizon * own.uniform(0.16, 0.36),
        False,
    )


def _kept_texts(texts: tuple[TextPlace, ...], scene: Scene, size: Size, kept: Past | None) -> tuple[TextPlace, ...]:
    if kept is None:
        return texts
    before = {t.key: t for t in kept.scene.texts}
    now = {t.key: t for t in scene.texts}
    held = {row[0]: row for row in kept.layout["texts"]}
    if arranged(scene) and bool(scene.subjects) != bool(kept.scene.subjects):
        return texts  # a full page makes room for its first subject, and takes the room of its last one
    charts = {c.key for c in kept.scene.charts}
    out = []
    for place in texts:
        old, new, row = before.get(place.key), now.get(place.key), held.get(place.key)
        same = old is not None and new is not None and (old.region, old.box, old.role) == (new.region, new.box, new.role)
        if row is not None and (same or place.key in charts):
            w, h = size.width, size.height
            place = TextPlace(key=place.key, box=Box(row[1] * w, row[2] * h, row[3] * w, row[4] * h), align=row[5])
        out.append(place)
    return tuple(out)


def _clear(
    texts: tuple[TextPlace, ...], items: list[Item], scene: Scene, picture: tuple[Size, Past | None]
) -> tuple[TextPlace, ...]:
    """Move new words of a kept picture to the side of the frame where they cover its subjects least."""
    size, kept = picture
    if kept is None or not items:
        return texts
    loose = {t.key for t in scene.texts if t.box is None and not t.region and t.role not in PLACED}
    free = loose - {t.key for t in kept.scene.texts}
    frame, things = frame_of(size), [Box(i.x, i.y, i.width, i.height) for i in items]
    return tuple(replace(t, box=_least_covering(t.box, frame, things)) if t.key in free else t for t in texts)


def _least_covering(box: Box, frame: Box, things: list[Box]) -> Box:
    foot = Box(box.x, frame.bottom - box.height, box.width, box.height)
    high = Box(box.x, frame.y, box.width, box.height * 0.6)
    low = Box(box.x, frame.bottom - box.height * 0.6, box.width, box.height * 0.6)
    sides = [
        Box(x, frame.y, frame.width * wide, frame.height * 0.34)
        for wide in (0.42, 0.3)
        for x in (frame.x, frame.right - frame.width * wide)
    ]
    choices = [box, foot, high, low, *sides]
    covered = [sum(c.overlap(t) for t in things) / (c.width * c.height) for c in choices]
    return next((c for c, share in zip(choices, covered, strict=True) if share < 0.001), choices[covered.index(min(covered))])


def _kept_items(stand: Stand, kept: Past) -> list[Item]:
    """Return what stays where it was: unchanged subjects exactly, others resized or replaced on their own spot."""
    w, h = stand.size.width, stand.size.height
    before = _freed(with_signs(kept.scene), stand.world.scene.setting)
    out = []
    along = riders(stand.world.scene, _shifted(before, stand.world.scene))
    for key, index, x, y, width, height, front, grounded, rests, inside, flip in kept.layout["items"]:
        subject, old = stand.world.scene.find(key), before.find(key)
        if subject is None or old is None or index >= max(1, subject.count) or moved(old, subject) or key in along:
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


def _shifted(before: Scene, scene: Scene) -> list[str]:
    """Return who stands elsewhere, or is of another size or shape, so that what rests on them must find its place anew."""
    pairs = [(before.find(s.key), s) for s in scene.subjects]
    return [new.key for old, new in pairs if old is not None and (
        moved(old, new) or (old.concept, old.reference, old.size) != (new.concept, new.reference, new.size))]


def _reshaped(item: Item, old: Subject, new: Subject, aspect: float) -> Item:
    """Fit a replaced or resized subject to its spot: same foot, same middle."""
    if (old.concept, old.reference, old.size) == (new.concept, new.reference, new.size):
        return item
    k = FACTORS.get(new.size, 1.0) / FACTORS.get(old.size, 1.0)
    side = max(item.width, item.height) * k
    width, height = (side, side / aspect) if aspect >= 1 else (side * aspect, side)
    return replace(item, x=item.middle - width / 2, y=item.base - height, width=width, height=height)


def _zoomed(items: list[Item], zoom: float, stand: Stand) -> list[Item]:
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


def _added(
    stand: Stand, items: list[Item], texts: tuple[TextPlace, ...], former: Mapping[str, float]
) -> list[Item]:
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
        if missing <= 0 or is_fixture(world.scene, root):
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
        items = items + near_anchor(stand, block, anchor, (_own_scale(stand, block, former) or scale, items, taken))
        present |= {b.key for b in block}
    return items


def _own_scale(stand: Stand, block: list[Item], former: Mapping[str, float]) -> float:
    """Return the scale in which what only moves keeps its size, 0 for what was not there."""
    sides = [former[b.key] / max(b.width, b.height) for b in block[:1] if b.key in former]
    return sides[0] if sides else 0.0


def _former(kept: Past, scene: Scene, size: Size) -> dict[str, float]:
    """Return how large (longer side, px) each subject was that still is what it was."""
    same = {s.key for s in scene.subjects if (old := kept.scene.find(s.key)) is not None
            and (old.concept, old.reference, old.size) == (s.concept, s.reference, s.size)}
    k = scene.zoom / kept.scene.zoom
    return {row[0]: k * max(row[4] * size.width, row[5] * size.height) for row in kept.layout["items"] if row[0] in same}


def _in_spot(stand: Stand, items: list[Item], spot: Spot) -> list[Item]:
    """Put everything new into a box as large as it fits; without a past that is everything."""
    present = {i.key for i in items}
    blocks = [[b for b in compose(stand.world, root) if b.key not in present] for root in roots(stand.world.scene)]
    rows = [[b for b in blocks if b]]
    if not rows[0]:
        return items
    w, h = stand.size.width, stand.size.height
    box = Box(spot.x * w, spot.y * h, spot.width * w, spot.height * h).inset(min(spot.width * w, spot.height * h) * 0.06)
    k = min(box.width / wide_of(rows[0]), box.height * 1.06 / tall_of(rows[0]))
    x, out = box.x + (box.width - wide_of(rows[0]) * k) / 2, []
    for block in rows[0]:
        left, top, right, bottom = extent(block)
        grounded = box.bottom > stand.horizon
        foot = box.bottom if grounded else box.y + (box.height + (bottom - top) * k) / 2
        out += [
            replace(b.scaled(k).moved(x - left * k, foot - bottom * k), front=b.front + 20, grounded=b.grounded and grounded)
            for b in block
        ]
        x += (right - left + gap_of(rows[0])) * k
    return items + out


def _grown(stand: Stand, parent: Subject, items: list[Item], present: set[str]) -> list[Item]:
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


def _unit(stand: Stand, items: list[Item]) -> float:
    """Return pixels per unit as the standing things have it."""
    ratios = sorted(max(i.width, i.height) / stand.world.natures[i.key].size for i in items if not i.rests)
    return ratios[len(ratios) // 2] if ratios else stand.room.height * 0.3


def _ground_anchor(stand: Stand, root: Subject) -> tuple[float, float, bool]:
    own = rng(stand.world.seed, root.key, "spot")
    return stand.room.x + stand.room.width * own.uniform(0.15, 0.85), stand.room.y + stand.room.height * 0.55, not stand.floats


def _copies(stand: Stand, root: Subject, items: list[Item], more: tuple[int, list[Box]]) -> list[Item]:
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
        spot = near_anchor(
            replace(stand, front=model.base if model.grounded else stand.front),
            [unit],
            anchor,
            (1.0, [*items, *out], taken),
        )
        out += spot
    return out


def _inside(items: list[Item], scene: Scene, kept: Past | None, size: Size) -> list[Item]:
    """Bring everything inside the frame; in a picture that is being changed only what is new or changed gives way."""
    if kept is None or (kept.scene.zoom, kept.scene.framing) != (scene.zoom, scene.framing):
        return _within(items, size)
    changed = redone(with_signs(kept.scene), with_signs(scene))
    still = {(str(row[0]), int(row[1])) for row in kept.layout["items"] if row[0] not in changed}
    return settle(items, still, size)


def _within(items: Iterable[Item], size: Size) -> list[Item]:
    """Bring everything inside the safe frame: shift what hangs over its border, shrink what is larger."""
    frame = frame_of(size)
    listed = list(items)
    if not listed:
        return listed
    left, top, right, bottom = extent(listed)
    loose = frame.inset(-min(2.0, frame.x))  # what was brought inside once and put on whole pixels stays
    if left >= loose.x and top >= loose.y and right <= loose.right and bottom <= loose.bottom:
        return listed
    k = min(1.0, frame.width / (right - left), frame.height / (bottom - top))
    if k < 1.0:
        listed = [i.moved(-left, -bottom).scaled(k).moved(left, bottom) for i in listed]
        left, top, right, bottom = extent(listed)
    dx = max(0.0, frame.x - left) - max(0.0, right - frame.right)
    dy = max(0.0, frame.y - top) - max(0.0, bottom - frame.bottom)
    return [i.moved(dx, dy) for i in listed] if dx or dy else listed
