"""Input pictures in the places that the words give them, lit as the picture that they come into, measured on the pixels."""

import cv2
import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import CompEngine
from cavendish.engines.comp.painting.cutout import light_in
from cavendish.engines.comp.planning import references
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.record import unpack
from cavendish.imaging.raster import Array, view, wrap
from cavendish.types import ImageRequest, Pixels, Reference, ReferenceRole, Size

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack")
RED, GREEN, BLUE = (200, 40, 40), (30, 130, 60), (30, 60, 200)


def cup() -> Array:
    rows = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(rows, (100, 110), 70, RED, -1)
    return rows


def shirt() -> Array:
    rows = np.full((240, 200, 3), 240, np.uint8)
    cv2.rectangle(rows, (30, 20), (170, 220), GREEN, -1)
    return rows


def logo() -> Array:
    rows = np.full((160, 160, 3), 255, np.uint8)
    cv2.circle(rows, (80, 80), 70, BLUE, -1)
    return rows


def room(wall: tuple[int, int, int], floor: tuple[int, int, int]) -> Array:
    rows = np.random.default_rng(1).integers(-9, 9, (300, 400, 3)) + np.array(wall)
    rows[170:] += np.array(floor) - np.array(wall)
    return rows.clip(0, 255).astype(np.uint8)


def sent(*rows: Array) -> tuple[Reference, ...]:
    return tuple(Reference(data=bytes([n]), pixels=wrap(np.ascontiguousarray(r)), role=ReferenceRole.OBJECT)
                 for n, r in enumerate(rows))


def drawn(prompt: str, pictures: tuple[Reference, ...]) -> tuple[Array, dict[str, list[float]]]:
    request = ImageRequest(prompt=prompt, references=pictures, size=Size(400, 400), seed=1)
    picture = next(iter(CompEngine().generate(request, lambda *_: None)))
    assert picture.pixels is not None
    return view(picture.pixels)[..., :3], {row[0]: row[2:6] for row in unpack(picture.state).layout["items"]}


@pytest.mark.parametrize("prompt", ["put the cup from image 1 on the table of image 2", "image 1's cup on the table in image 2",
                                    "the cup from image 1 in the scene of image 2", "use image 2 as background and put image 1 in it"])
def test_a_thing_goes_into_the_scene_of_another_picture(prompt: str) -> None:
    pictures = sent(cup(), room((120, 150, 190), (130, 80, 50)))
    scene = plan(ImageRequest(prompt=prompt, references=pictures))
    assert scene.background_reference == pictures[1].digest
    assert [s.reference for s in scene.subjects] == [pictures[0].digest]


@pytest.mark.parametrize("prompt", ["put image 2's logo on the shirt of image 1", "the logo from image 2 on the shirt from image 1"])
def test_a_logo_lies_on_the_face_of_what_carries_it(prompt: str) -> None:
    rows, items = drawn(prompt, sent(shirt(), logo()))
    x, y, w, h = next(box for key, box in items.items() if key != "shirt")
    left, top, wide, tall = items["shirt"]
    assert left < x < x + w < left + wide
    assert top < y < y + h < top + tall
    at = rows[int((y + h / 2) * 400), int((x + w / 2) * 400)].astype(int)
    assert at[2] > at[0] + 60


def colour_of_the_cup(wall: tuple[int, int, int], floor: tuple[int, int, int]) -> Array:
    rows, items = drawn("put the cup from image 1 on the table of image 2", sent(cup(), room(wall, floor)))
    x, y, w, h = items["cup"]
    part = rows[int((y + h * 0.35) * 400):int((y + h * 0.65) * 400), int((x + w * 0.35) * 400):int((x + w * 0.65) * 400)]
    return np.asarray(part.reshape(-1, 3).mean(axis=0))


def test_a_thing_takes_the_light_of_the_picture_it_comes_into() -> None:
    bright, dark = colour_of_the_cup((190, 190, 190), (180, 180, 180)), colour_of_the_cup((40, 40, 40), (30, 30, 30))
    cold, warm = colour_of_the_cup((120, 140, 190), (110, 130, 180)), colour_of_the_cup((190, 150, 110), (180, 140, 100))
    assert dark.mean() < 0.75 * bright.mean()
    assert cold[2] / cold[0] > 1.15 * warm[2] / warm[0]


def test_it_throws_a_shadow_where_it_stands() -> None:
    backdrop = room((150, 150, 150), (150, 150, 150))
    rows, items = drawn("put the cup from image 1 on the table of image 2", sent(cup(), backdrop))
    x, y, w, h = items["cup"]
    under = rows[int((y + h) * 400) + 1:int((y + h) * 400) + 5, int((x + w * 0.35) * 400):int((x + w * 0.65) * 400)]
    far = rows[int((y + h) * 400) + 1:int((y + h) * 400) + 5, :12]
    assert under.mean() < far.mean() - 12


def test_a_gray_studio_changes_no_light() -> None:
    level = 170  # linear 0.4
    gray = Pixels(width=8, height=8, channels=3, data=bytes([level]) * 192)
    assert light_in(gray) == pytest.approx((1, 1, 1), abs=0.03)


def test_belongings_of_pictures_are_worded_one_way() -> None:
    assert references.plainly("put image 3's red logo on the shirt") == "put the red logo from image 3 on the shirt"
    assert references.plainly("the cup in the scene of image 2") == "the cup with image 2 as background"
    assert references.printed("the logo of image 3 on image 1's shirt") == {3}
    assert references.printed("a dog beside image 2") == frozenset()
