"""Placing: where a subject goes that is on, under, in, behind, beside, around or held by another; in the host's own units.

Every function gets the child, the copies of its host and everything placed so far, and returns the child's copies; a host that
gives way (an umbrella over two heads) is returned changed.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from cavendish.engines.comp.painting import anchors, bodies
from cavendish.engines.comp.painting.blocks import Item, World, cluster, extent, heap
from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.painting.proportion import FRONTAL, has_face_only
from cavendish.engines.comp.scene import PRINTED, Subject

Place = Callable[[World, Subject, list[Item], list[Item]], list[Item]]
TRUE = 0.72  # of the ratio of metres: things that touch are drawn nearer to their true proportion than things apart
_FACE = (0.32, 0.34, 0.68, 0.66)  # of a thing whose face is not known: left, top, right, bottom
SUNK = 0.34  # of what is in a vessel: below its front edge


def _art(world: World, key: str) -> str:
    return next((s.concept for s in world.scene.subjects if s.key == key), "")


def _fitted(world: World, child: Subject, host: Item, limit: float) -> list[Item]:
    """Lay out a child's copies in proportion to a host that it touches, at most `limit` long."""
    own, other = world.natures[child.key], world.natures[host.key]
    true = max(host.width, host.height) * (own.metres / other.metres) ** TRUE * own.factor / other.factor
    return cluster(world, child, limit=min(limit, max(true, 0.22 * max(host.width, host.height))))


def _to_scale(world: World, child: Subject, host: Item) -> list[Item]:
    """Lay out what stands apart from its host, as much smaller than by nature as the host is: under a lamp, on a table."""
    k = max(host.width, host.height) / world.natures[host.key].size
    copies = cluster(world, child)
    return [c.scaled(k) for c in copies] if k < 0.95 else copies


def _in_line(copies: list[Item], span: tuple[float, float], pitch: float = 1.04) -> list[Item]:
    """Stand copies side by side within a span, made smaller when they are too wide for it."""
    left, right = span
    total = sum(c.width for c in copies) * pitch
    k = min(1.0, (right - left) / total * 1.06)
    x = (left + right) / 2 - total * k / 2
    out = []
    for copy in copies:
        small = copy.scaled(k)
        out.append(replace(small, x=x + small.width * (pitch - 1) / 2, y=-small.height))
        x += small.width * pitch
    return out


def _on(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    nature = world.natures[child.key]
    if child.reference and child.material == PRINTED:
        return _printed(world, child, hosts)
    if nature.headwear or nature.eyewear:
        return _worn(world, child, hosts)
    if nature.neckwear:
        return _round_the_neck(world, child, hosts)
    count = max(1, child.count)
    if len(hosts) >= count > 1:
        return [replace(_seated(world, child, host, 1)[0], index=i) for i, host in enumerate(hosts[:count])]
    return _seated(world, child, hosts[0], count)


def _printed(world: World, child: Subject, hosts: list[Item]) -> list[Item]:
    """Lay a logo or a pattern on the face of what carries it."""
    out = []
    for index, host in enumerate(hosts[:max(1, child.count)]):
        left, top, right, bottom = anchors.face(_art(world, host.key)) or _FACE
        aspect = world.shapes[child.key].aspect
        wide = min(host.width * (right - left), host.height * (bottom - top) * aspect)
        x, y = host.x + host.width * (left + right) / 2, host.y + host.height * (top + bottom) / 2
        out.append(Item(key=child.key, index=index, x=x - wide / 2, y=y - wide / aspect / 2, width=wide, height=wide / aspect,
                        front=host.front + 0.01, grounded=False, rests=host.key))
    return out


def _seated(world: World, child: Subject, host: Item, count: int) -> list[Item]:
    """Stand or seat copies on one host: on its anchored surface, or on its outline."""
    place = anchors.support(_art(world, host.key))
    joints = bodies.joints(child.concept) if bodies.split(child.concept)[1] in ("sit", "ride") else None
    share = 2.4 if joints else 1.25 if place is None else 1.6
    copies = _fitted(world, child, host, max(host.width, host.height) * share)[:count]
    left, right = (place.left, place.right) if place else (0.0, 1.0)
    if host.flip:
        left, right = 1 - right, 1 - left
    span = _slot(world, child, host, (host.x + host.width * left, host.x + host.width * right))
    if count == 1 and copies[0].width > span[1] - span[0]:
        span = ((span[0] + span[1] - copies[0].width) / 2, (span[0] + span[1] + copies[0].width) / 2)
    piled = child.arranged == "heap" or (count > 2 and place is not None and world.natures[child.key].metres < 0.25)
    if child.arranged == "stack" and count > 1:
        row = [c.moved((span[0] + span[1]) / 2, 0) for c in copies]
    else:
        row = heap(copies, span) if piled and child.arranged != "row" else _in_line(copies, span)
    out = []
    for copy in row:
        if place is not None:
            line = place.sit if joints and place.sit is not None else place.top
            foot = host.y + host.height * line + (1 - joints.seat if joints else 0.0) * copy.height
        else:
            reach = copy.width * 0.3
            ends = copy.middle - reach - host.x, copy.middle + reach - host.x
            crest = _crest(world, host, (ends[0] / host.width, ends[1] / host.width))
            foot = host.y + host.height * (crest + 0.025)
        out.append(replace(copy, y=foot + copy.base - copy.height, front=host.front + 0.1, grounded=False, rests=host.key))
    return out


def _bunch(copies: list[Item], span: tuple[float, float], wide: float) -> list[Item]:
    """Let flowers fan out over a mouth, the outer ones lower, up to twice as wide as their vase."""
    middle, count = (span[0] + span[1]) / 2, len(copies)
    step = min(copies[0].width * 0.58, wide * 1.3 / max(1, count))
    out = []
    for i, copy in enumerate(copies):
        away = i - (count - 1) / 2
        out.append(replace(copy, x=middle + away * step - copy.width / 2, y=-copy.height + abs(away) * copy.height * 0.06))
    return out


def _crest(world: World, seat: Item, reach: tuple[float, float]) -> float:
    shape = world.shapes[seat.key]
    start, end = (1 - reach[1], 1 - reach[0]) if seat.flip else reach
    return shape.crest(start, end)


def _worn(world: World, child: Subject, hosts: list[Item]) -> list[Item]:
    """Put hats on heads and glasses on eyes: side views look to the left, faces and figures to the front."""
    art = _art(world, hosts[0].key)
    figure = bool(bodies.split(art)[1])
    frontal = figure or has_face_only(art) or art in FRONTAL
    shape, eyes = world.shapes[child.key], world.natures[child.key].eyewear
    left, top, right, bottom = bodies.joints(art).head if figure else (0.0, 0.0, 1.0, 1.0)
    out = []
    for i, host in enumerate(hosts[: max(1, child.count)]):
        head = Item(key=host.key, index=0, x=host.x + host.width * left, y=host.y + host.height * top,
                    width=host.width * (right - left), height=host.height * (bottom - top))
        width = head.width * ((0.6 if eyes else 0.62 + 0.34 * figure) if frontal else (0.3 if eyes else 0.36))
        height = width / shape.aspect
        place = 0.5 if frontal else (0.8 if host.flip else 0.2)
        crest = 0.0 if figure else _crest(world, host, (place - 0.08, place + 0.08))
        y = (
            head.y + head.height * (crest + (0.42 if figure else 0.32 if frontal else 0.13)) - height / 2
            if eyes
            else head.y + head.height * (crest + 0.06 + 0.12 * figure) - height
        )
        out.append(
            Item(
                key=child.key,
                index=i,
                x=head.x + head.width * place - width / 2,
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


def _round_the_neck(world: World, child: Subject, hosts: list[Item]) -> list[Item]:
    """Hang a scarf or a tie below a head: in the middle of who looks at us, before the shoulder of who stands in profile."""
    art = _art(world, hosts[0].key)
    figure = bool(bodies.split(art)[1])
    frontal = figure or has_face_only(art) or art in FRONTAL
    out = []
    for i, host in enumerate(hosts[: max(1, child.count)]):
        low = bodies.joints(art).head[3] if figure else 0.40
        width = host.width * (0.46 if frontal else 0.30)
        height = width / world.shapes[child.key].aspect
        place = 0.5 if frontal else (0.70 if host.flip else 0.30)
        out.append(Item(key=child.key, index=i, x=host.x + host.width * place - width / 2, width=width, height=height,
                        y=host.y + host.height * low - height * 0.12, front=host.front + 0.1, grounded=False, rests=host.key))
    return out


def _peers(world: World, child: Subject, target: str) -> list[str]:
    """Return the keys of all that stand as the child does to the same host, without what is worn."""
    kind = child.relation.kind if child.relation is not None else ""
    worn = {k for k, n in world.natures.items() if n.headwear or n.eyewear or n.neckwear}
    return [s.key for s in world.scene.subjects if s.relation is not None and s.relation.target == target
            and s.relation.kind == kind and s.key not in worn]


def _side(world: World, child: Subject, host: Item) -> int:
    """Return the side that a child takes, by the seed; a second one takes the other side."""
    peers = _peers(world, child, host.key)
    first = -1 if rng(world.seed, (peers or [child.key])[0], "side").random() < 0.5 else 1
    return -first if child.key in peers and peers.index(child.key) % 2 else first


def _slot(world: World, child: Subject, host: Item, span: tuple[float, float]) -> tuple[float, float]:
    """Return a child's part of what it shares with others that stand in the same relation to the same host."""
    peers = _peers(world, child, host.key)
    if child.key not in peers or len(peers) < 2:
        return span
    wide = (span[1] - span[0]) / len(peers)
    start = span[0] + wide * peers.index(child.key)
    return start, start + wide


def _under(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    nature = world.natures[host.key]
    roof = anchors.canopy(_art(world, host.key))
    if roof is not None and roof.carried:
        return _sheltered(world, child, host, roof.low)
    if roof is None and (nature.sky or nature.flies):
        copies = cluster(world, child)
        _, top, _, _ = extent(copies)
        drop = host.base - top + host.height * 0.15
        return [c.moved(host.middle, drop) for c in copies]
    if roof is None:
        copies = cluster(world, child, limit=min(host.width * 0.8, host.height * 0.52))
        return [replace(c.moved(host.middle, host.base + host.height * 0.02), front=host.front + 0.2) for c in copies]
    clear = host.height * (1 - roof.low) * (0.86 if roof.among else 1.0)
    copies = _fitted(world, child, host, max(host.width, host.height))
    row = _in_line(copies, (host.middle - host.width * 0.48, host.middle + host.width * 0.48), 1.1)
    k = min(1.0, clear * 1.02 / max(c.height for c in row))
    side = (-1 if rng(world.seed, child.key, "side").random() < 0.5 else 1) * (host.width * 0.16 if len(row) == 1 else 0.0)
    rise = -0.05 if roof.among else 0.015
    return [replace(c.moved(-host.middle, 0).scaled(k).moved(host.middle + side, host.base + host.height * rise),
                    front=host.front + 0.2) for c in row]  # before the legs, below the seat: all of it is seen


def _sheltered(world: World, child: Subject, host: Item, low: float) -> list[Item]:
    """Hold an umbrella over the heads of who stands under it, as large as it must be."""
    copies = cluster(world, child)
    left, top, right, _ = extent(copies)
    k = max(1.0, (right - left) * 1.4 / host.width)
    wide, tall = host.width * k, min(host.height * k, -top * 0.86 / (1 - low))
    y = top + (-top) * 0.06 - tall * low
    shift = 0.0 if len(copies) % 2 == 0 else (right - left) / len(copies) * 0.30
    roof = replace(host, x=host.middle - wide / 2 + shift, y=y + host.base, width=wide, height=tall, grounded=False,
                   front=host.front - 0.1)
    return [roof, *(replace(c.moved(host.middle, host.base), front=host.front + 0.2) for c in copies)]


def _beside(side: int, gap: float = 0.14) -> Place:
    def place(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
        toward = side or (-1 if rng(world.seed, child.key, "side").random() < 0.5 else 1)
        copies = _to_scale(world, child, hosts[0])
        left, _, right, _ = extent(copies)
        mine, _, theirs, _ = extent(every)
        space = gap * max(hosts[0].width, (right - left))
        dx = theirs + space - left if toward > 0 else mine - space - right
        lift = _rest_of(world, child, hosts)
        base = max(i.base for i in every if i.grounded) if hosts[0].rests else hosts[0].base
        return [c.moved(dx, base if lift is None else lift) for c in copies]

    return place


def _rest_of(world: World, child: Subject, hosts: list[Item]) -> float | None:
    """What flies hangs beside the middle of its neighbour instead of standing at its foot."""
    nature = world.natures[child.key]
    return hosts[0].y + hosts[0].height * 0.6 if nature.sky or nature.flies else None


def _behind(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    """Stand farther back: higher, a little smaller, and partly covered."""
    host = hosts[0]
    copies = [c.scaled(0.88) for c in _to_scale(world, child, host)]
    left, top, right, _ = extent(copies)
    wide = right - left
    side = _side(world, child, host)
    seen_above = -top > host.height * 1.5 or (len(copies) > 1 and wide > host.width * 1.4)
    shift = 0.0 if seen_above else side * max(0.0, host.width / 2 + wide * 0.5 - min(0.34 * wide, 0.8 * host.width))
    lift = host.height * (0.12 if seen_above else 0.15)
    return [replace(c.moved(host.middle + shift, host.base - lift), front=host.front - 1 + c.front * 0.1) for c in copies]


def _in_front(world: World, child: Subject, hosts: list[Item], _all: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = _to_scale(world, child, host)
    left, top, right, _ = extent(copies)
    side = _side(world, child, host)
    covers = (right - left) > host.width * 0.5 and -top > host.height * 0.5
    apart = 0.30 if len(_peers(world, child, host.key)) > 1 else 0.16
    shift = side * (host.width * 0.36 + (right - left) * 0.22) if covers else side * host.width * apart
    return [
        replace(c.moved(host.middle + shift, host.base + host.height * 0.07), front=host.front + 1 + c.front * 0.1)
        for c in copies
    ]


def _above(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
    host = hosts[0]
    copies = cluster(world, child)
    top = min(i.y for i in every if i.x < host.x + host.width and i.x + i.width > host.x)
    return [replace(c.moved(host.middle, top - host.height * 0.14), grounded=False) for c in copies]


def _inside(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
    host, art = hosts[0], _art(world, hosts[0].key)
    pane = anchors.opening(art)
    if pane is not None:
        return _seen_through(world, child, host, pane)
    if world.natures[host.key].building:
        copies = _fitted(world, child, host, host.height * 0.4)
        return [replace(c.moved(host.middle, host.base + host.height * 0.03), front=host.front + 1) for c in copies]
    mouth = anchors.vessel(art)
    span = _slot(world, child, host, (host.x + host.width * mouth.left, host.x + host.width * mouth.right))
    wide = span[1] - span[0]
    spills = world.natures[child.key].plant  # flowers spread wider than the mouth of their vase
    limit = max(wide * 1.9, host.height * 1.1) if spills else min(wide * (1.0 if child.count > 1 else 1.3), host.height * 1.3)
    copies = _fitted(world, child, host, limit)
    piled = not spills and (len(copies) > 3 or (len(copies) == 3 and world.natures[child.key].metres < 0.3))
    row = _bunch(copies, span, host.width) if spills else heap(copies, span) if piled else _in_line(copies, span, 0.94)
    k = 1.0 if spills or piled else min(1.0, wide * 0.94 / (extent(row)[2] - extent(row)[0]))
    mid = (span[0] + span[1]) / 2
    sunk = 0.08 if world.natures[child.key].person else 0.26 if piled or spills else SUNK
    out = []
    for copy in row:
        small = copy.moved(-mid, 0).scaled(k).moved(mid, 0)
        level = small.base  # above the lowest row of a heap
        edge = host.y + host.height * (mouth.rim + mouth.sag * 0.7)
        out.append(replace(small, y=edge + small.height * sunk - small.height + level, front=host.front + 0.05 - 0.001 * level,
                           grounded=False, rests=host.key, inside=True))
    return out


def _seen_through(world: World, child: Subject, host: Item, pane: tuple[float, float, float, float]) -> list[Item]:
    """Fill a window or a screen with what is inside; what is larger than the opening is cut by its frame."""
    left, right = (1 - pane[2], 1 - pane[0]) if host.flip else (pane[0], pane[2])
    span = (host.x + host.width * left, host.x + host.width * right)
    tall = host.height * (pane[3] - pane[1])
    copies = cluster(world, child)
    grown = [c.scaled(tall * 0.98 / max(i.height for i in copies)) for c in copies]
    row = _in_line(grown, (span[0] + (span[1] - span[0]) * 0.04, span[1] - (span[1] - span[0]) * 0.04))
    floor = host.y + host.height * pane[3]
    return [replace(c.moved(0, floor + c.height * 0.06), front=host.front + 0.05, grounded=False, rests=host.key, inside=True)
            for c in row]


def _held(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
    """Put a thing into a hand: at its height before the body; what flies hangs above it."""
    host, art = hosts[0], _art(world, hosts[0].key)
    nature = world.natures[child.key]
    if not bodies.split(art)[1]:
        frontal = has_face_only(art)
        copies = cluster(world, child, limit=max(host.width, host.height) * 0.62)
        hand = 0.92 if frontal else (0.9 if host.flip else 0.1)
        y = host.y + host.height * (0.28 if nature.flies or nature.sky else 0.82)
        return [replace(c.moved(host.x + host.width * hand, y), front=host.front + 0.3, grounded=False, rests=host.key)
                for c in copies]
    x, y = bodies.joints(art).hand
    if any(i.rests == host.key and i.index == 0 and not i.inside and i.front == round(host.front + 0.3, 6) for i in every):
        x = 1 - x  # the other hand
    roof = anchors.canopy(child.concept)
    copies = _fitted(world, child, host, host.height * (0.72 if roof and roof.carried else 0.46))
    out = []
    for i, copy in enumerate(copies):
        carried = 0.86 if roof and roof.carried else 0.58 if copy.height > host.height * 0.2 else 0.7
        grip = 1.0 if nature.flies or nature.sky else carried
        spot = host if len(hosts) <= i else hosts[i]
        beside = copy.width * 0.42 * (1 if x > 0.5 else -1) if grip == 1.0 else 0.0
        if grip < 1.0 and spot.height * y - copy.height * grip < spot.height * bodies.joints(art).head[3]:
            beside = (copy.width * 0.5 - spot.width * 0.06) * (1 if x > 0.5 else -1)  # not before the face
        apart = copy.middle if len(hosts) <= 1 else 0.0
        out.append(replace(copy, x=spot.x + spot.width * x + beside - copy.width * 0.5 + apart,
                           y=spot.y + spot.height * y - copy.height * grip, front=round(spot.front + 0.3, 6), grounded=False,
                           rests=spot.key))
    return out


def _around(world: World, child: Subject, hosts: list[Item], every: list[Item]) -> list[Item]:
    """Stand in an arc about the host, from beside it to behind it; the ends of the arc are nearest."""
    host = hosts[0]
    copies = cluster(world, child)
    if world.natures[child.key].neckwear:
        return _round_the_neck(world, child, hosts)
    left, _, right, _ = extent([i for i in every if i.key == host.key or i.rests == host.key])
    wide = copies[0].width
    reach = max((right - left) / 2 + wide * 0.42, wide * 0.52 * max(1, len(copies) - 1))
    deep = host.height * (0.9 if any(i.rests == host.key for i in every) else 0.5)
    out = []
    for i, copy in enumerate(copies):
        turn = math.pi * ((i + 0.5) / len(copies) if len(copies) < 3 else i / (len(copies) - 1))
        back = math.sin(turn)
        k = 1 - 0.10 * back
        front = host.front - 1 - back if back > 0.25 else host.front - 0.5
        wide, tall = copy.width * k, copy.height * k
        out.append(replace(copy, x=host.middle - math.cos(turn) * reach - wide / 2, width=wide, height=tall, front=front,
                           y=host.base - deep * (0.12 + 0.62 * back) - tall))
    return out


PLACE: Mapping[str, Place] = {
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
    "around": _around,
}
