"""Painter: sizes, settings, hours, weathers and styles that differ, colours that can be measured, words that stay legible."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import skia

from cavendish.engines.comp.painting import lettering_veil, painter, recolor, sprites
from cavendish.engines.comp.painting.cutout import cut
from cavendish.engines.comp.painting.layout import lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.painting.sprites import Dress, Shape
from cavendish.engines.comp.scene import FRAMINGS, SETTINGS, STYLES, TIMES, WEATHERS, Adjust, Scene, SceneText, Subject
from cavendish.errors import Unsupported
from cavendish.imaging.raster import Array
from cavendish.types import Pixels, Size

SMALL = Size(320, 320)
APPLE = Subject(key="apple", noun="apple", concept="red-apple")
SCENE = Scene(subjects=(APPLE,), setting="meadow")


def draw(scene: Scene, size: Size = SMALL, seed: int = 1, media: Media | None = None, transparent: bool = False) -> Array:
    media = media or Media()
    shapes = {s.key: media.cutouts[s.reference].shape if s.reference else sprites.shape(s.concept) if s.concept else Shape(aspect=1.3)
              for s in scene.subjects}
    return painter.paint(scene, lay_out(scene, size, seed, shapes), seed, media, transparent=transparent)


def apart(a: Array, b: Array) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


@pytest.mark.parametrize("size", [Size(192, 1536), Size(1536, 192), Size(424, 632), Size(792, 336)], ids=str)
def test_the_size_is_exact(size: Size) -> None:
    rows = draw(SCENE, size)
    assert rows.shape == (size.height, size.width, 3)
    assert rows.std() > 10


@pytest.mark.parametrize(("field", "values", "least"), [
    ("setting", SETTINGS, 4), ("time", TIMES, 4), ("weather", WEATHERS, 1), ("style", STYLES, 4), ("framing", FRAMINGS, 2)])
def test_all_of_a_kind_look_different(field: str, values: tuple[str, ...], least: float) -> None:
    pictures = {v: draw(replace(SCENE, **{field: v})) for v in values}
    for a, b in combinations(values, 2):
        assert apart(pictures[a], pictures[b]) > least, (a, b)


def test_night_is_darker_than_day() -> None:
    assert draw(replace(SCENE, time="night")).mean() < draw(SCENE).mean() * 0.5


def test_golden_hour_is_warmer_than_day() -> None:
    warm, cool = draw(replace(SCENE, time="golden_hour")), draw(SCENE)
    assert warm[..., 0].mean() - warm[..., 2].mean() > cool[..., 0].mean() - cool[..., 2].mean() + 20


def test_noir_has_no_colour() -> None:
    rows = draw(replace(SCENE, style="noir")).astype(int)
    assert np.abs(rows[..., 0] - rows[..., 2]).max() < 12


def test_pixel_art_is_made_of_cells() -> None:
    rows = draw(replace(SCENE, style="pixel"))
    assert (rows[0::2] == rows[1::2]).all()
    assert (rows[:, 0::2] == rows[:, 1::2]).all()


@pytest.mark.parametrize("color", ["#d02020", "#1f5fd0", "#20a040", "#f0c020", "#7a2fb0", "#f07fb0", "#ffffff", "#141414"])
@pytest.mark.parametrize("concept", ["red-apple", "hot-beverage", "automobile", "dog", "balloon", "running-shoe", "t-shirt", "chair"])
def test_the_asked_colour_rules_the_sprite(concept: str, color: str) -> None:
    image = sprites.sprite(concept, 200, Dress(color=color, finish="bare"))
    assert recolor.dominant_share(image.toarray(colorType=skia.kRGBA_8888_ColorType), color) > 0.4


def test_details_survive_a_recolouring() -> None:
    rows = sprites.sprite("red-apple", 200, Dress(color="#1f5fd0", finish="bare")).toarray(colorType=skia.kRGBA_8888_ColorType)
    leaf = (rows[..., 1] > 150) & (rows[..., 2] < 110) & (rows[..., 3] > 200)
    assert leaf.sum() > 100


def test_gold_looks_golden_and_glass_lets_through() -> None:
    gold = sprites.sprite("automobile", 200, Dress(material="golden", finish="bare")).toarray(colorType=skia.kRGBA_8888_ColorType)
    glass = sprites.sprite("automobile", 200, Dress(material="glass", finish="bare")).toarray(colorType=skia.kRGBA_8888_ColorType)
    assert recolor.dominant_share(gold, "#dba520") > 0.5
    assert np.median(glass[..., 3][glass[..., 3] > 0]) < 230


def test_the_backdrop_colour_is_the_asked_one() -> None:
    rows = draw(Scene(setting="plain", background="#20a0c0", subjects=(APPLE,), style="pastel"))
    plain = draw(Scene(setting="plain", background="#20a0c0", subjects=(APPLE,)))
    assert plain[4:20, 150:170].reshape(-1, 3).mean(axis=0) == pytest.approx((32, 160, 192), abs=48)
    assert apart(rows, plain) > 4


@pytest.mark.parametrize(("adjust", "check"), [
    (Adjust(brightness=0.5), lambda a, b: b.mean() > a.mean() + 15), (Adjust(brightness=-0.5), lambda a, b: b.mean() < a.mean() - 15),
    (Adjust(contrast=0.5), lambda a, b: b.std() > a.std() * 1.1), (Adjust(saturation=-1.0), lambda a, b: np.ptp(b.astype(int), axis=2).mean() < 4),
    (Adjust(warmth=0.8), lambda a, b: b[..., 0].mean() > a[..., 0].mean() > a[..., 2].mean() - 60 and b[..., 2].mean() < a[..., 2].mean()),
    (Adjust(blur=0.8), lambda a, b: np.abs(np.diff(b.astype(int), axis=0)).mean() < np.abs(np.diff(a.astype(int), axis=0)).mean() * 0.8),
    (Adjust(background_brightness=-0.6), lambda a, b: b.mean() < a.mean() - 15),
    (Adjust(background_blur=0.8), lambda a, b: apart(a, b) > 0.5)])
def test_adjustments_do_what_they_say(adjust: Adjust, check: object) -> None:
    assert check(draw(SCENE), draw(replace(SCENE, adjust=adjust)))


def test_transparent_pictures_have_only_the_subject() -> None:
    rows = draw(SCENE, transparent=True)
    assert rows.shape[2] == 4
    assert rows[0, 0, 3] == 0
    assert 0.03 < (rows[..., 3] > 250).mean() < 0.7


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    scene = Scene(subjects=(replace(APPLE, count=3),), setting="forest", style="watercolor")
    assert (draw(scene, seed=3) == draw(scene, seed=3)).all()
    assert apart(draw(scene, seed=3), draw(scene, seed=4)) > 2


def test_words_that_no_font_has_are_an_error() -> None:
    with pytest.raises(Unsupported, match="U\\+1F389"):
        draw(Scene(texts=(SceneText(key="t", text="party 🎉"),)))


@pytest.mark.parametrize("role", ["headline", "body", "sign", "label", "card", "banner"])
@pytest.mark.parametrize("time", ["day", "night"])
def test_words_stand_out_from_their_ground(role: str, time: str) -> None:
    bare = draw(Scene(setting="city", time=time), Size(512, 512))
    worded = draw(Scene(setting="city", time=time, texts=(SceneText(key="t", text="OPEN", role=role),)), Size(512, 512))
    assert (np.abs(worded.astype(int) - bare).max(axis=2) > 70).sum() > 300


def test_contrast_is_that_of_wcag() -> None:
    assert lettering_veil.contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert lettering_veil.contrast((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)) == 1


def bottle(background: tuple[int, int, int]) -> Pixels:
    rows = np.full((200, 200, 3), background, dtype=np.uint8)
    rows[40:180, 70:130] = (200, 30, 40)
    return Pixels(width=200, height=200, channels=3, data=rows.tobytes())


def test_a_plain_background_is_cut_away() -> None:
    cutout = cut(bottle((250, 250, 250)))
    assert not cutout.framed
    assert cutout.shape.aspect == pytest.approx(60 / 140, rel=0.06)


def test_a_busy_background_makes_a_framed_print() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    cutout = cut(Pixels(width=160, height=120, channels=3, data=noise.tobytes()))
    assert cutout.framed
    assert cutout.shape.aspect == pytest.approx(4 / 3)


def test_a_reference_is_placed_like_a_sprite() -> None:
    scene = Scene(subjects=(Subject(key="b", noun="bottle", reference="x"),), setting="plain", background="#e8e8e8")
    rows = draw(scene, media=Media(cutouts={"x": cut(bottle((250, 250, 250)))})).astype(int)
    red = (rows[..., 0] > 150) & (rows[..., 1] < 90)
    assert 0.03 < red.mean() < 0.5


def test_a_backdrop_picture_covers_everything() -> None:
    rows = draw(Scene(background_reference="x"), media=Media(pictures={"x": bottle((10, 200, 90))})).astype(int)
    assert rows[5, 5] == pytest.approx((10, 200, 90), abs=14)
    assert rows[-5, -5] == pytest.approx((10, 200, 90), abs=14)


def test_stages_are_reported_in_order() -> None:
    seen: list[str] = []
    shapes = {"apple": sprites.shape("red-apple")}
    painter.paint(SCENE, lay_out(SCENE, SMALL, 1, shapes), 1, Media(), on_stage=lambda stage, _rows: seen.append(stage))
    assert seen == list(painter.STAGES)
