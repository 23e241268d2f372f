"""A drawn picture, and the same picture without one of its things or at another hour: what the checks compare."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from unittest.mock import patch

import cv2
import numpy as np

from cavendish.engines.comp.engine import CompEngine, media_of, shapes_of
from cavendish.engines.comp.painting import backdrops_built, painter
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.layout import Layout, boards, lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.record import unpack
from cavendish.engines.comp.scene import Scene
from cavendish.imaging.raster import Array, view
from cavendish.types import ImageRequest, Picture, Size

SEED = 7
VISIBLE = 6  # levels of 255 that a pixel must differ by to count as another one


@dataclass(frozen=True)
class Seen:
    """One picture as the engine gave it, with its scene and layout."""

    picture: Picture
    scene: Scene
    layout: Layout
    seed: int = SEED

    @cached_property
    def rows(self) -> Array:
        """The picture's own pixels (h, w, 3)."""
        return np.asarray(view(self.picture.pixels))

    @cached_property
    def mute(self) -> Scene:
        """The scene without words, except those of boards."""
        held = boards(self.scene)
        return replace(self.scene, texts=tuple(t for t in self.scene.texts if t.key in held or t.on in held))

    @cached_property
    def bare(self) -> Array:
        """The picture without words."""
        return self.drawn(lambda _item: True)

    @cached_property
    def cut(self) -> Array:
        """All things on nothing (h, w, 4)."""
        return self.drawn(lambda _item: True, transparent=True)

    @cached_property
    def free(self) -> Array:
        """Where nothing stands and nothing is written (h, w) bool."""
        free = self.cut[..., 3] < 8
        for place in self.layout.texts:
            b = place.box
            free[int(b.y):int(b.bottom) + 1, int(b.x):int(b.right) + 1] = False
        return free

    def drawn(self, keep: Callable[[Item], bool], *, transparent: bool = False) -> Array:
        """Draw again with some of the things, all in their places."""
        layout = replace(self.layout, items=tuple(i for i in self.layout.items if keep(i)), texts=())
        return painter.paint(self.mute, layout, self.seed, Media(), transparent=transparent)

    def other(self, **changes: object) -> Array:
        """Draw the same layout under another light, weather, style or setting; without words."""
        scene = replace(self.mute, **changes)
        return painter.paint(scene, replace(self.layout, texts=()), self.seed, Media())

    def dry(self) -> Array:
        """Draw the picture in the same light with nothing falling; without words."""
        with patch.object(painter, "falling", lambda *_args: None), patch.object(backdrops_built, "_weather", lambda *_args: None):
            return self.drawn(lambda _item: True)

    def alone(self, key: str) -> Array:
        """Where a thing would be if nothing stood before it (h, w) bool."""
        return self.drawn(lambda item: item.key == key, transparent=True)[..., 3] > 60

    def uncovered(self, key: str) -> Array:
        """Where a thing is seen beside all others (h, w) bool."""
        without = self.drawn(lambda item: item.key != key, transparent=True)
        return differs(self.cut, without) & self.alone(key)

    def apart(self, key: str) -> Array:
        """Where a thing can be told from what would be there without it (h, w) bool."""
        return differs(self.bare, self.drawn(lambda item: item.key != key)) & self.alone(key)


def differs(one: Array, other: Array) -> Array:
    """Return where two pictures differ visibly (h, w) bool."""
    return np.abs(one.astype(np.int16) - other).max(axis=2) > VISIBLE


def distance(one: Array, other: Array) -> float:
    """Return the mean difference of two pictures, in levels of 255."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def look(prompt: str, size: Size, seed: int = SEED) -> Seen:
    """Ask the engine for a picture and read its record."""
    request = ImageRequest(prompt=prompt, model="comp", size=size, seed=seed)
    picture = next(iter(CompEngine().generate(request, lambda *_a, **_k: None)))
    record = unpack(picture.state)
    media = media_of(record.scene, ())
    layout = lay_out(record.scene, size, record.seed, shapes_of(record.scene, media))
    return Seen(picture=picture, scene=record.scene, layout=layout, seed=record.seed)


def lab(rows: Array) -> Array:
    """Return CIE Lab, L 0..100, float32."""
    return cv2.cvtColor(np.ascontiguousarray(rows).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
