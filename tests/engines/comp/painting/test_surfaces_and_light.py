"""Surfaces that are seen, lamps that light, wet streets that mirror, and styles that keep what they are named for."""

from dataclasses import replace
from unittest.mock import patch

import cv2
import numpy as np
import pytest

from cavendish.engines.comp.painting import anchors, brush, figures, painter, recolor
from cavendish.engines.comp.painting.styles import few
from cavendish.engines.comp.scene import Scene, SceneText, Subject
from cavendish.imaging.raster import Array
from cavendish.types import Size
from engines.comp.painting.drawn import Drawn, drawn, thing

BOTTLE = thing("lotion-bottle")


def floor(surface: str, background: str = "") -> Array:
    """The free ground of a product shot, without the picture's grain."""
    picture = drawn(BOTTLE, surface=surface, background=background)
    with patch.dict(painter.TREATMENTS, {"photorealistic": replace(painter.TREATMENTS["photorealistic"], grain=0.0)}):
        rows = painter.paint(picture.scene, replace(picture.layout, items=()), 1, painter.Media())
    return rows[int(picture.layout.horizon) + 20:]


def detail(rows: Array) -> float:
    """How much fine pattern there is: what a blur takes away."""
    return float(np.abs(rows.astype(float) - cv2.GaussianBlur(rows, (0, 0), 3)).mean())


@pytest.mark.parametrize("material", ["black marble", "white marble", "#32393e slate", "linen", "oak"])
def test_a_material_is_seen_as_a_pattern_on_the_ground(material: str) -> None:
    plain = recolor.shade(material) or (recolor.material(material) or recolor.Material()).color
    assert detail(floor(material)) > 1.8 * detail(floor(plain)) + 0.15


def test_surfaces_differ_from_each_other_and_take_their_tone() -> None:
    black, white, slate = floor("black marble"), floor("white marble"), floor("#32393e slate")
    assert black.mean() < 70 < slate.mean() + 30
    assert white.mean() > 170
    assert np.abs(black.astype(int) - slate.astype(int)).mean() > 8


def test_a_material_named_as_background_clothes_the_wall() -> None:
    bare = drawn(BOTTLE, background="#e6dbc8")
    cloth = drawn(BOTTLE, background="#e6dbc8", surface="linen")
    wall = slice(10, int(bare.layout.horizon * 0.4))
    with patch.dict(painter.TREATMENTS, {"photorealistic": replace(painter.TREATMENTS["photorealistic"], grain=0.0)}):
        assert detail(cloth.rows[wall, :80]) > 2 * detail(bare.rows[wall, :80])


@pytest.mark.parametrize("kind", ["paper", "cloud", "wood", "slate", "marble", "weave"])
def test_tiles_have_a_pattern_and_no_seam(kind: str) -> None:
    alpha = brush.noise(kind).toarray()[..., 3].astype(int)
    assert alpha.std() > 8
    seam = np.abs(alpha[:, 0] - alpha[:, -1]).mean()
    inner = np.abs(np.diff(alpha, axis=1)).mean()
    assert seam < 3 * inner + 6


@pytest.mark.parametrize("lamp", ["prop-street-lamp", "candle", "fire", "prop-lamp"])
def test_lamps_light_what_is_around_them_at_night_and_not_by_day(lamp: str) -> None:
    def gain(time: str) -> float:
        picture = drawn(thing(lamp), setting="meadow", time=time)
        with patch.object(figures, "_shine", lambda *_args: None):
            unlit = painter.paint(picture.scene, picture.layout, 1, painter.Media())
        around = ~picture.alone(lamp)
        return float((picture.rows.astype(int) - unlit)[around].mean())

    assert gain("night") > 1.5
    assert gain("day") == 0.0
    assert anchors.lamp(lamp) is not None


def test_a_flame_keeps_its_own_colour_at_night() -> None:
    def light(name: str, time: str) -> float:
        picture = drawn(thing(name), setting="meadow", time=time)
        return float(picture.rows[picture.seen(name)].mean())

    assert light("fire", "night") > light("fire", "day") - 10
    assert light("red-apple", "night") < light("red-apple", "day") - 10


def test_a_street_mirrors_things_in_the_rain_only() -> None:
    def mirrored(weather: str) -> float:
        picture = drawn(thing("taxi"), setting="street", weather=weather, time="night")
        taxi = picture.one("taxi")
        with patch.object(figures, "reflect", lambda *_args: None):
            dry = painter.paint(picture.scene, picture.layout, 1, painter.Media())
        below = slice(int(taxi.base) + 2, int(taxi.base + taxi.height * 0.25))
        return float(np.abs(picture.rows[below].astype(int) - dry[below]).mean())

    assert mirrored("rain") > 1.0
    assert mirrored("clear") == 0.0


@pytest.mark.parametrize("sun", ["sun", "full-moon"])
def test_a_sun_that_is_asked_for_is_the_only_one(sun: str) -> None:
    asked = Drawn(Scene(subjects=(thing(sun), thing("dog")), setting="meadow"))
    bare = painter._stage(asked.scene, asked.layout, 1, 1.0)
    usual = painter._stage(replace(asked.scene, subjects=()), asked.layout, 1, 1.0)
    assert (bare.disc, usual.disc) == (False, True)
    without = painter.paint(asked.scene, replace(asked.layout, items=()), 1, painter.Media())
    hung = painter.paint(replace(asked.scene, subjects=()), replace(asked.layout, items=()), 1, painter.Media())
    assert hung[:120, :, 0].mean() > without[:120, :, 0].mean() + 3  # its warm glow


def hue_share(rows: Array, low: int, high: int) -> float:
    hsv = cv2.cvtColor(np.ascontiguousarray(rows), cv2.COLOR_RGB2HSV)
    strong = (hsv[..., 1] > 90) & (hsv[..., 2] > 90)
    return float((strong & (hsv[..., 0] >= low) & (hsv[..., 0] <= high)).sum() / max(1, strong.sum()))


def test_neon_keeps_a_yellow_taxi_yellow_and_the_night_dark() -> None:
    picture = drawn(thing("taxi"), setting="street", style="neon")
    area = picture.alone("taxi")
    day = cv2.cvtColor(drawn(thing("taxi"), setting="street").rows, cv2.COLOR_RGB2HSV)
    yellow = (day[..., 0] > 16) & (day[..., 0] < 32) & (day[..., 1] > 120) & (day[..., 2] > 150) & area
    yellow = cv2.erode(yellow.astype(np.uint8), np.ones((5, 5))) > 0
    assert yellow.sum() > 800
    assert hue_share(picture.rows[yellow][None], 10, 34) > 0.6
    assert picture.rows[~area].mean() < 80


def test_pencil_is_lines_on_white_paper() -> None:
    rows = drawn(thing("taxi"), setting="street", style="pencil").rows
    gray = cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY)
    assert np.median(gray) > 205
    assert (gray < 120).mean() > 0.005


def test_flat_has_few_colours_and_no_gradient_in_the_sky() -> None:
    flat = drawn(thing("dog"), setting="meadow", style="flat").rows
    photo = drawn(thing("dog"), setting="meadow").rows

    def colours(rows: Array) -> int:
        return len(np.unique(rows[:100].reshape(-1, 3), axis=0))

    assert colours(flat) < 80 < 0.2 * colours(photo)


def test_few_maps_onto_that_many_colours_of_the_picture() -> None:
    source = drawn(thing("dog"), setting="meadow").rows
    out = few(source, 9)
    assert out.shape == source.shape
    kinds, counts = np.unique(out.reshape(-1, 3), axis=0, return_counts=True)
    assert len(kinds) >= 5
    assert np.sort(counts)[-9:].sum() > 0.97 * counts.sum()  # smoothing of corners mixes a few more
    assert (few(source, 9) == out).all()


def test_clouds_that_are_asked_for_hang_in_the_sky_apart() -> None:
    picture = drawn(thing("cloud", count=3), setting="meadow")
    clouds = picture.layout.of("cloud")
    assert all(c.y + c.height / 2 < picture.layout.horizon for c in clouds)
    assert len({(round(c.x), round(c.y)) for c in clouds}) == 3


@pytest.mark.parametrize(("size", "subjects"), [
    ("1600x200", (thing("dog", kind="on", target="couch-and-lamp", count=2), thing("couch-and-lamp"))),
    ("200x1600", (thing("cook", kind="holding", target="pizza"), thing("pizza"))),
    ("1600x200", (thing("cat", kind="inside", target="package"), thing("package"))),
    ("200x1600", (thing("person", kind="under", target="umbrella", count=3), thing("umbrella")))])
def test_groups_are_whole_in_strips(size: str, subjects: tuple[Subject, ...]) -> None:
    picture = drawn(*subjects, size=Size.parse(size))
    for item in picture.layout.items:
        assert item.x >= 0
        assert item.y >= 0
        assert item.x + item.width <= picture.size.width
        assert item.base <= picture.size.height
    assert picture.alone(*(s.key for s in subjects)).mean() > 0.015


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("side", ["left", "right"])
def test_words_of_a_banner_leave_the_side_where_something_was_put(side: str, seed: int) -> None:
    headline = SceneText(key="t", text="Spring Collection")
    picture = drawn(thing("tulip", region=side), size=Size(1600, 200), seed=seed, texts=(headline,))
    place = picture.one("tulip").middle / picture.size.width
    assert place < 0.42 if side == "left" else place > 0.58
