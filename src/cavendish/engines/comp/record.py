"""Record: what a comp remembers of a picture for the next turn: the scene, the seed, and where everything stood."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cavendish.engines.comp.painting.layout import Layout, Past
from cavendish.engines.comp.scene import MAX_STATE_BYTES, Scene
from cavendish.errors import InvalidValue

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One drawn picture, without its pixels."""

    scene: Scene
    seed: int
    layout: Mapping[str, Any] = field(default_factory=dict)

    @property
    def past(self) -> Past:
        return Past(scene=self.scene, layout=self.layout)

    def pack(self) -> bytes:
        """Serialise; `unpack` reads it back."""
        raw = {"version": VERSION, "scene": self.scene.as_json(), "seed": self.seed, "layout": self.layout}
        return zlib.compress(json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def record(scene: Scene, seed: int, layout: Layout) -> Record:
    """Return the record of a picture that was just drawn."""
    return Record(scene=scene, seed=seed, layout=layout.as_json())


def unpack(state: bytes) -> Record:
    """Read a record. Raises InvalidValue when it is not one of ours or of another version."""
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(state, 2 * MAX_STATE_BYTES)
        if inflater.unconsumed_tail:
            raise InvalidValue("the record of this picture is too large", field="state", hint="draw it again with fewer parts")
        raw = json.loads(text)
        if raw["version"] != VERSION:
            raise InvalidValue("this picture was drawn by another version", field="state", hint="draw it again, then change it")
        return Record(scene=Scene.from_json(raw["scene"]), seed=int(raw["seed"]), layout=_checked(raw["layout"]))
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
        raise InvalidValue("this is not the record of a picture", field="state", hint="draw it again, then change it") from exc


def _checked(layout: dict[str, Any]) -> dict[str, Any]:
    """Give the stored places their types, or raise ValueError."""
    return {
        "aspect": float(layout["aspect"]),
        "horizon": float(layout["horizon"]),
        "items": [
            [str(k), int(n), *(float(v) for v in (x, y, w, h, front)), int(grounded), str(rests), int(inside), int(flip)]
            for k, n, x, y, w, h, front, grounded, rests, inside, flip in layout["items"]
        ],
        "texts": [[str(k), *(float(v) for v in box), str(align)] for k, *box, align in layout["texts"]],
    }
