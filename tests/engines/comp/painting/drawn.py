"""Scenes drawn for tests, and where on the picture a thing's own pixels are."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from cavendish.engines.comp.engine import shapes_of
from cavendish.engines.comp.painting import painter
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.layout import Layout, lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.scene import Relation, Scene, Subject
from cavendish.imaging.raster import Array
from cavendish.types import Size

SMALL = Size(320, 320)


def thing(concept: str, *, kind: str = "", target: str = "", **more: object) -> Subject:
    """Return a subject whose key is its concept, in a relation to another."""
    relation = Relation(kind=kind, target=target) if kind else None
    return replace(Subject(key=concept, noun=concept.replace("-", " "), concept=concept, relation=relation), **more)


@dataclass(frozen=True)
class Drawn:
    """A scene, laid out and painted on demand."""

    scene: Scene
    size: Size = SMALL
    seed: int = 1

    @cached_property
    def layout(self) -> Layout:
        return lay_out(self.scene, self.size, self.seed, shapes_of(self.scene, Media()))

    @cached_property
    def rows(self) -> Array:
        """The picture (h, w, 3)."""
        return painter.paint(self.scene, self.layout, self.seed, Media())

    def one(self, key: str) -> Item:
        """The first copy of a subject."""
        return self.layout.of(key)[0]

    def alone(self, *keys: str) -> Array:
        """Where these things are when nothing stands before them (h, w) bool."""
        kept = replace(self.layout, items=tuple(i for i in self.layout.items if i.key in keys), texts=())
        return np.asarray(painter.paint(self.scene, kept, self.seed, Media(), transparent=True)[..., 3] > 100)

    def seen(self, key: str) -> Array:
        """Where a thing's own pixels are in the whole picture (h, w) bool: taking it away changes them."""
        rest = replace(self.layout, items=tuple(i for i in self.layout.items if i.key != key), texts=())
        full = painter.paint(self.scene, replace(self.layout, texts=()), self.seed, Media(), transparent=True)
        bare = painter.paint(self.scene, rest, self.seed, Media(), transparent=True)
        differ = np.abs(full.astype(int) - bare.astype(int)).max(axis=2) > 8
        return np.asarray(differ & self.alone(key))

    def share(self, key: str) -> float:
        """Which share of a thing is to be seen."""
        return float(self.seen(key).sum() / max(1, self.alone(key).sum()))


def drawn(*subjects: Subject, size: Size = SMALL, seed: int = 1, **scene: object) -> Drawn:
    """Return a scene of these subjects in a studio, to be drawn."""
    return Drawn(replace(Scene(subjects=subjects), **scene), size, seed)
