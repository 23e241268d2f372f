"""Words on a picture reach WCAG 4.5:1 against what lies beneath them, measured on the finished pixels."""

import cv2
import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import media_of, shapes_of
from cavendish.engines.comp.painting import lettering, lettering_veil, painter
from cavendish.engines.comp.painting.layout import lay_out
from cavendish.engines.comp.painting.zones import Box
from cavendish.engines.comp.planning.planner import plan
from cavendish.imaging.color import to_linear
from cavendish.types import ImageRequest, Size

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's fonts and names")
PROMPTS = ['a red car on a street at night with the headline "City Lights"', 'a beach with the headline "Summer Sale"',
           'a forest with the text "Wild" in green', 'a snowy mountain with the headline "Winter"',
           'a sunset over the sea with the headline "Good evening" in orange', 'a desk with the headline "Work smarter"',
           'a city with the title "Town" in gray', 'a meadow with a banner that says "SPRING FEST"', 'a room, watercolor, headline "Home"',
           'a desert in the style of a vintage poster with the headline "Go west" in red', 'a city, noir, with the title "The Case"',
           'pixel art forest with the headline "LEVEL 1"', 'a kitchen with the headline "Bake" in white']


@pytest.mark.parametrize("prompt", PROMPTS)
def test_words_read_on_what_is_beneath_them(prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = plan(ImageRequest(prompt=prompt))
    media, size, real = media_of(scene, ()), Size(512, 512), lettering.write
    alone = painter.blank(size.width, size.height)

    def both(canvas, ground, *rest):  # type: ignore[no-untyped-def]
        real(alone.pen, ground.copy(), *rest)
        real(canvas, ground, *rest)

    monkeypatch.setattr(lettering, "write", both)
    shown = painter.paint(scene, lay_out(scene, size, 3, shapes_of(scene, media)), 3, media)
    light = to_linear(shown[..., :3].astype(np.float64) / 255) @ np.array([0.2126, 0.7152, 0.0722])
    solid = (alone.rows[..., 3] == 255).astype(np.uint8)
    if "banner" in prompt:  # its strip is solid too: the letters are the lighter part
        solid &= (alone.rows[..., :3].min(axis=2) > 200).astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    near = cv2.dilate(solid, square, iterations=2)
    around = cv2.dilate(solid, square, iterations=5) - near
    letters = float(np.median(light[cv2.erode(solid, square) > 0]))
    beneath = np.percentile(light[around > 0], (5, 95))
    ratios = [(max(letters, b) + 0.05) / (min(letters, b) + 0.05) for b in beneath]
    assert min(ratios) >= lettering_veil.LEGIBLE
    assert not beneath[0] < letters < beneath[1]


@pytest.mark.parametrize("color", [(1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (0.9, 0.1, 0.1), (0.18, 0.62, 0.27), (0.03, 0.03, 0.05)])
def test_a_veil_is_as_thin_as_may_be(color: tuple[float, float, float]) -> None:
    for low, high in (((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)), ((0.4, 0.4, 0.4), (0.6, 0.6, 0.6)), ((0.9, 0.9, 0.9), (1.0, 1.0, 1.0))):
        found = lettering_veil.veil(color, (low, high))
        if found is None:
            assert lettering_veil.reads(color, (low, high)) >= lettering_veil.LEGIBLE
            continue
        tone, cover = found
        veiled = tuple(tuple(a + (b - a) * cover for a, b in zip(end, tone, strict=True)) for end in (low, high))
        assert min(lettering_veil.contrast(color, end) for end in veiled) >= lettering_veil.LEGIBLE
        assert cover > 0.3


def test_the_extremes_are_those_that_count() -> None:
    ground = np.full((100, 100, 3), 128, np.uint8)
    ground[:, :10] = 0
    ground[50, 50] = 255  # one pixel does not count
    low, high = lettering_veil.extremes(ground, Box(0, 0, 100, 100))
    assert low == (0.0, 0.0, 0.0)
    assert high == pytest.approx((128 / 255,) * 3)
