"""Edits of the whole view or of sizes: zoom, crop, bigger, smaller, lighter, darker, blurred. Each says what it did."""

import re
from dataclasses import replace

from cavendish.engines.comp.planning.changes import Step, absent, matches, put, resize, targets
from cavendish.engines.comp.planning.clauses import Clause
from cavendish.engines.comp.scene import Scene

ZOOM = 1.35
_ZOOM_RANGE = (0.35, 4.0)
_SHAPES = re.compile(r"\d|square|ratio|portrait|landscape|vertical|horizontal|cuadrad|carré|quadrat|quadrad|正方|정사각|kare\b"
                     r"|مربع|वर्ग", re.IGNORECASE)


def _zoom(scene: Scene, factor: float, word: str) -> Step:
    low, high = _ZOOM_RANGE
    zoom = round(min(high, max(low, scene.zoom * factor)), 4)
    if zoom == scene.zoom:
        return Step(scene, missed=f"the picture is already zoomed {word} as far as it goes")
    return Step(replace(scene, zoom=zoom), (f"zoomed {word}",))


def zoom_in(scene: Scene, _clause: Clause) -> Step:
    """Bring the whole picture closer."""
    return _zoom(scene, ZOOM, "in")


def zoom_out(scene: Scene, _clause: Clause) -> Step:
    """Show more of the surroundings."""
    return _zoom(scene, 1 / ZOOM, "out")


def crop(scene: Scene, clause: Clause) -> Step:
    """Show less of the surroundings; the picture's shape is the request's."""
    if _SHAPES.search(clause.whole):
        return Step(scene, missed="the shape of the picture comes from the request's aspect ratio or size; ask for it there")
    if any(matches(scene, t) for t in clause.draft.things):
        return Step(scene, missed="a crop to one thing is not known; zoom in, or move it to the centre first")
    return _zoom(scene, ZOOM, "in")


def _sized(scene: Scene, clause: Clause, step: int) -> Step:
    done: list[str] = []
    after = resize(scene, clause, step, done)
    if done:
        return Step(after, tuple(done))
    name = clause.draft.things[0].noun if clause.draft.things else "subject"
    if targets(scene, clause):
        return Step(scene, missed=f"the {name} has the {'largest' if step > 0 else 'smallest'} size already")
    return absent(scene, name)


def enlarge(scene: Scene, clause: Clause) -> Step:
    """Make a subject one size bigger."""
    return _sized(scene, clause, 1)


def shrink(scene: Scene, clause: Clause) -> Step:
    """Make a subject one size smaller."""
    return _sized(scene, clause, -1)


def _relight(scene: Scene, clause: Clause, change: str) -> Step:
    return put(scene, replace(clause, compare=(change,)))


def brighten(scene: Scene, clause: Clause) -> Step:
    """More light on the picture, the background, or one thing."""
    return _relight(scene, clause, "brightness+0.25")


def darken(scene: Scene, clause: Clause) -> Step:
    """Less light on the picture, the background, or one thing."""
    return _relight(scene, clause, "brightness-0.25")


def blur(scene: Scene, clause: Clause) -> Step:
    """Blur everything, or the background."""
    return _relight(scene, clause, "blur+0.5")


def sharpen(scene: Scene, clause: Clause) -> Step:
    """Take blur away."""
    neutral = replace(scene.adjust, blur=0.0, background_blur=0.0)
    if neutral == scene.adjust:
        return Step(scene, missed="the picture is not blurred")
    return Step(replace(scene, adjust=neutral), ("removed the blur",))

