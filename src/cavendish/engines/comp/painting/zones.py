"""Zones: which part of the picture belongs to the words, and which is left to the subjects. Pixels, by the picture's shape."""

from dataclasses import dataclass

from cavendish.engines.comp.painting.light import rng
from cavendish.engines.comp.scene import REGIONS, Scene, SceneText
from cavendish.types import Size

SAFE = 0.045  # margin, share of the short side


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def center(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def overlap(self, other: "Box") -> float:
        """Return the shared area."""
        across = min(self.right, other.right) - max(self.x, other.x)
        along = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(0.0, across) * max(0.0, along)

    def inset(self, by: float) -> "Box":
        """Return it smaller (or larger) on every side."""
        return Box(self.x + by, self.y + by, max(1.0, self.width - 2 * by), max(1.0, self.height - 2 * by))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """Where words go. `align` is start, center or end; the plate decides what lies under them."""

    key: str
    box: Box
    align: str = "center"


@dataclass(frozen=True, slots=True)
class Plan:
    """Places of the free words, and the room that is left for subjects."""

    texts: tuple[TextPlace, ...]
    room: Box


def extreme(size: Size) -> bool:
    """Whether a picture is a strip: it is a banner itself, and its words use all of the short side."""
    return not 1 / 2.6 < size.width / size.height < 2.6


def frame_of(size: Size) -> Box:
    """Return the picture without its safe margins."""
    margin = SAFE * min(size.width, size.height)
    return Box(margin, margin, size.width - 2 * margin, size.height - 2 * margin)


def divide(scene: Scene, size: Size, seed: int) -> Plan:
    """Give every free text a zone and return the room for subjects. Signs that stand in the scene are subjects, not zones."""
    frame = frame_of(size)
    room = _without_copy_space(scene, frame)
    fixed, free = [], []
    for text in scene.texts:
        if (text.on and scene.find(text.on) is not None) or (text.role == "sign" and not text.box and not text.region):
            continue
        if text.box is not None:
            x, y, w, h = text.box
            fixed.append(TextPlace(key=text.key, box=Box(x * size.width, y * size.height, w * size.width, h * size.height)))
        elif text.region in REGIONS:
            fixed.append(TextPlace(key=text.key, box=_cell(text, frame)))
        else:
            free.append(text)
    strips = [t for t in free if t.role == "banner" and not extreme(size)]
    for i, text in enumerate(strips):
        tall = min(frame.height * 0.2, max(frame.height * 0.11, min(size.width, size.height) * 0.12))
        strip = Box(room.x, room.bottom - tall, room.width, tall) if i % 2 == 0 else Box(room.x, room.y, room.width, tall)
        fixed.append(TextPlace(key=text.key, box=Box(0, strip.y, size.width, strip.height)))
        room = Box(room.x, room.y if i % 2 == 0 else strip.bottom + tall * 0.2, room.width, room.height - tall * 1.2)
    words = [t for t in free if t not in strips]
    if not words:
        return Plan(tuple(fixed), room)
    zone, room = _split(scene, frame, room, seed)
    return Plan((*fixed, *_stack(words, zone)), room)


def _without_copy_space(scene: Scene, frame: Box) -> Box:
    share = 0.44
    return {
        "left": Box(frame.x + frame.width * share, frame.y, frame.width * (1 - share), frame.height),
        "right": Box(frame.x, frame.y, frame.width * (1 - share), frame.height),
        "top": Box(frame.x, frame.y + frame.height * share, frame.width, frame.height * (1 - share)),
        "bottom": Box(frame.x, frame.y, frame.width, frame.height * (1 - share)),
    }.get(scene.copy_space, frame)


def _split(scene: Scene, frame: Box, room: Box, seed: int) -> tuple[Box, Box]:
    """Return the zone of the words and the room left. Wide pictures put words beside, others above."""
    if scene.copy_space in ("left", "right", "top", "bottom"):  # the copy space that was asked for is where copy goes
        zone = {
            "left": Box(frame.x, frame.y, room.x - frame.x, frame.height),
            "right": Box(room.right, frame.y, frame.right - room.right, frame.height),
            "top": Box(frame.x, frame.y, frame.width, room.y - frame.y),
            "bottom": Box(frame.x, room.bottom, frame.width, frame.bottom - room.bottom),
        }[scene.copy_space]
        return zone.inset(min(zone.width, zone.height) * 0.04), room
    if not scene.subjects:
        return Box(frame.x, frame.y + frame.height * 0.12, frame.width, frame.height * 0.76).inset(0), frame
    aspect = frame.width / frame.height
    if aspect >= 1.7:
        strip = aspect > 2.6
        wide = frame.width * (0.46 if strip else 0.42)
        sides = {side for s in scene.subjects for side in ("left", "right") if side in s.region}
        left = "right" in sides if len(sides) == 1 else scene.copy_space == "left" or rng(seed, "words").random() < 0.6
        high = frame.height * (0.02 if strip else 0.06)
        zone = Box(frame.x if left else frame.right - wide, frame.y + high, wide, frame.height - 2 * high)
        rest = frame.width - wide - frame.height * 0.06
        return zone, Box(frame.right - rest if left else frame.x, frame.y, rest, frame.height)
    longest = sum(len(t.text) for t in scene.texts)
    share = 0.26 if longest < 60 else 0.34
    tall = min(frame.height * share, frame.width * (1.8 if aspect < 0.4 else 0.6))
    return (
        Box(frame.x, frame.y, frame.width, tall),
        Box(frame.x, frame.y + tall * 1.08, frame.width, frame.height - tall * 1.08),
    )


def _stack(words: list[SceneText], zone: Box) -> list[TextPlace]:
    """Share a zone among texts from top to bottom: headlines get more, and the more the longer."""
    roles = ("headline", "banner", "card", "sign", "label", "body", "point", "button")
    order = sorted(words, key=lambda t: roles.index(t.role))
    shares = {"headline": 2.1, "banner": 2.1, "card": 1.7, "button": 1.5}
    weights = [shares.get(t.role, 1.0) * (0.7 + min(1.6, len(t.text) / 60)) for t in order]
    places, y = [], zone.y
    for text, weight in zip(order, weights, strict=True):
        tall = zone.height * weight / sum(weights)
        places.append(TextPlace(key=text.key, box=Box(zone.x, y, zone.width, tall * 0.94)))
        y += tall
    return places


def _cell(text: SceneText, frame: Box) -> Box:
    wide = frame.width * (0.9 if text.region in ("top", "center", "bottom") else 0.46)
    tall = frame.height * (0.24 if text.role in ("headline", "card") else 0.16)
    return around(text.region, frame, (wide, tall))


def around(region: str, frame: Box, size: tuple[float, float]) -> Box:
    """Return a box of a size in one of the nine regions of a frame, against its borders."""
    wide, tall = size
    x = frame.x if "left" in region else frame.right - wide if "right" in region else frame.x + (frame.width - wide) / 2
    y = frame.y if "top" in region else frame.bottom - tall if "bottom" in region else frame.y + (frame.height - tall) / 2
    return Box(x, y, wide, tall)
