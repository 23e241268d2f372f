"""Chains of six turns: after each, nothing has moved outside what the turn changed and its shadows, measured on the pixels."""

import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import CompEngine
from cavendish.engines.comp.record import Record, unpack
from cavendish.imaging.raster import Array, view
from cavendish.types import ImageRequest, Picture, Reference, ReferenceRole, Size

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack")
SIZE = Size(320, 320)
SEEN = 6        # levels of 255 by which a pixel must differ to count
DRIFT = 0.01    # of all pixels may change outside the changed things
CHAINS = [
    ("a brown dog wearing a hat next to a red mug on a beach",
     ["make the mug blue", "add a cat", "remove the hat", "make the dog bigger", "change the mug to a teapot",
      "add a red balloon top left"]),
    ("three apples and a bottle of wine on a table in a kitchen",
     ["make the bottle red", "add a banana next to the apples", "make the apples green", "add a lamp", "make the banana smaller",
      "remove the lamp"]),
    ('a woman and a man in a city, headline "Hello"',
     ["change the headline to “Goodbye”", "add a dog next to the man", "give the man a hat", "remove the dog",
      "make the headline red", "make the hat blue"]),
    ("a red car and a blue bicycle on a street",
     ["make the car yellow", "add a traffic light on the left", "move the bicycle to the right", "remove the traffic light",
      "add two birds", "make the bicycle green"]),
    ("a perfume bottle and a rose in a studio",
     ["add a candle", "make the rose white", "make the candle bigger", "move the candle to the left", "remove the rose",
      "make the bottle gold"]),
]


def drawn(prompt: str, before: Picture | None) -> Picture:
    turn = (Reference(data=b"turn", pixels=before.pixels, state=before.state, role=ReferenceRole.BASE),) if before else ()
    request = ImageRequest(prompt=prompt, size=SIZE, seed=3, references=turn)
    return next(iter(CompEngine().generate(request, lambda *_: None)))


def parts(record: Record) -> dict[str, object]:
    return {p.key: p for p in (*record.scene.subjects, *record.scene.texts, *record.scene.charts)}


def allowed(before: Record, after: Record, keys: set[str]) -> Array:
    """Mark where changed parts stood or stand, and where their shadows fall."""
    mask = np.zeros((SIZE.height, SIZE.width), bool)
    for record in (before, after):
        rows = [(row[0], *row[2:6]) for row in record.layout["items"]] + [tuple(row[:5]) for row in record.layout["texts"]]
        for key, *box in rows:
            x, y, w, h = (v * side for v, side in zip(box, (SIZE.width, SIZE.height) * 2, strict=True))
            if key in keys:
                mask[max(0, int(y - 12 - h * 0.12)):int(y + h * 1.35 + 12), max(0, int(x - w * 0.35 - 12)):int(x + w * 1.35 + 12)] = True
    return mask


@pytest.mark.parametrize("chain", CHAINS, ids=lambda c: c[0][:24])
def test_six_turns_move_nothing_else(chain: tuple[str, list[str]]) -> None:
    picture = drawn(chain[0], None)
    for turn in chain[1]:
        after = drawn(turn, picture)
        assert picture.pixels is not None
        assert after.pixels is not None, after.note
        old, new = unpack(picture.state), unpack(after.state)
        was, now = parts(old), parts(new)
        keys = {k for k in was.keys() | now.keys() if was.get(k) != now.get(k)}
        assert keys
        differs = np.abs(view(after.pixels)[..., :3].astype(int) - view(picture.pixels)[..., :3].astype(int)).max(axis=2) > SEEN
        assert differs.any(), turn
        assert (differs & ~allowed(old, new, keys)).mean() < DRIFT, turn
        picture = after


def test_what_is_worn_goes_where_its_wearer_goes() -> None:
    first = drawn("a dog wearing a hat next to a red mug on a beach", None)
    for turn in ("make the dog bigger", "move the dog to the left", "change the dog to a horse"):
        rows = {row[0]: row for row in unpack(drawn(turn, first).state).layout["items"]}
        dog, hat = rows["dog"], rows["hat"]
        assert dog[2] - hat[4] < hat[2] < dog[2] + dog[4], turn
        assert hat[3] < dog[3] + dog[5] / 2, turn
