"""Windows for formats: inside, of the right shape, never through words, over what stands out, and honest when nothing fits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.imaging.crop import Box, cover
from cavendish.imaging.raster import wrap
from cavendish.imaging.reframe import MAX_JUMP, plan_crop
from cavendish.imaging.saliency import saliency
from cavendish.types import Size

SIDES = st.integers(16, 100)


def _flat(width, height, value=128):
    return wrap(np.full((height, width, 3), value, np.uint8))


def _with_blob(width, height, x, y, r=9):
    rows = np.full((height, width, 3), (205, 214, 222), np.uint8)
    rows += np.random.default_rng(1).integers(0, 6, rows.shape).astype(np.uint8)
    yy, xx = np.mgrid[0:height, 0:width]
    rows[np.hypot(xx - x, yy - y) < r] = (200, 40, 30)
    return wrap(rows)


def _mask(width, height, box):
    rows = np.zeros((height, width), np.uint8)
    rows[box.y:box.y + box.height, box.x:box.x + box.width] = 255
    return wrap(rows)


@st.composite
def _boxes(draw, width, height):
    x, y = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
    return Box(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))


@st.composite
def _jobs(draw):
    size, target = Size(draw(SIDES), draw(SIDES)), Size(draw(SIDES), draw(SIDES))
    texts = draw(st.lists(_boxes(size.width, size.height), max_size=3))
    faces = draw(st.one_of(st.none(), st.lists(_boxes(size.width, size.height), max_size=2)))
    pins = draw(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=2))
    return size, target, texts, faces, pins


def _whole(box, inner):
    return box.x <= inner.x and box.y <= inner.y and inner.x + inner.width <= box.x + box.width \
        and inner.y + inner.height <= box.y + box.height


@settings(max_examples=35, deadline=None)
@given(_jobs(), st.integers(0, 3))
def test_windows_obey_whatever_comes(job, seed):
    size, target, texts, faces, pins = job
    picture = wrap(np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3)).astype(np.uint8))
    made = plan_crop(picture, target, None, texts, faces, pins)
    largest = cover(size, target)
    assert (made.box.width, made.box.height) == (largest.width, largest.height)
    assert _whole(Box(0, 0, size.width, size.height), made.box)
    assert made.kept_share == pytest.approx(largest.width * largest.height / size.pixels)
    assert -1e-9 <= made.interest_share <= 1 + 1e-9
    assert {f"text {i}" for i, box in enumerate(texts, 1) if not _whole(made.box, box)} == {c for c in made.cuts if c[:4] == "text"}
    assert made.unseen == (("faces",) if faces is None else ())
    assert (made.advice == "rerender") == bool(made.reason)
    if made.cuts:
        assert made.advice == "rerender"


@settings(max_examples=35, deadline=None)
@given(_jobs())
def test_what_any_window_keeps_whole_is_kept(job):
    """Against every window there is: when one keeps all words, pins and faces, the plan cuts none of them."""
    size, target, texts, faces, pins = job
    window = cover(size, target)
    made = plan_crop(_flat(*(size.width, size.height)), target, None, texts, faces, pins)
    spots = [Box(x, y, window.width, window.height) for x in range(size.width - window.width + 1)
             for y in range(size.height - window.height + 1) if window.width == size.width or window.height == size.height]

    def keeps(box):
        return all(_whole(box, b) for b in (*texts, *(faces or ()))) and all(
            box.x <= px * size.width <= box.x + box.width and box.y <= py * size.height <= box.y + box.height for px, py in pins)

    if any(map(keeps, spots)):
        assert made.cuts == ()


@pytest.mark.parametrize(("x", "low", "high"), [(30, 0, 30), (210, 90, 140), (120, 40, 100)])
def test_the_window_goes_where_something_stands_out(x, low, high):
    made = plan_crop(_with_blob(240, 120, x, 60), Size(120, 120))
    assert low <= made.box.x <= high
    assert made.box.x <= x - 9
    assert x + 9 <= made.box.x + 120
    assert made.interest_share > 0.8


def test_words_outrank_what_stands_out():
    made = plan_crop(_with_blob(200, 100, 180, 50), Size(125, 100), text_boxes=(Box(4, 40, 60, 20),))
    assert made.box.x <= 4
    assert made.cuts == ()
    assert made.advice == "crop"


def test_words_that_do_not_fit_ask_for_a_new_picture():
    made = plan_crop(_flat(200, 100), Size(130, 100), text_boxes=(Box(5, 40, 180, 20),))
    assert made.cuts == ("text 1",)
    assert made.advice == "rerender"
    assert "text 1" in made.reason


def test_a_face_and_a_pin_are_kept():
    picture = _with_blob(200, 100, 30, 50)
    assert plan_crop(picture, Size(100, 80), faces=[Box(150, 30, 40, 40)]).box.x + 125 >= 190
    assert plan_crop(picture, Size(100, 80), pins=[(0.99, 0.5)]).box.x + 125 >= 198


def test_a_subject_outweighs_the_rest_and_is_named_when_cut():
    picture = _with_blob(200, 100, 30, 50)
    kept = plan_crop(picture, Size(125, 100), subject=_mask(200, 100, Box(140, 20, 50, 60)))
    assert kept.box.x >= 65
    assert kept.cuts == ()
    cut = plan_crop(picture, Size(125, 100), subject=_mask(200, 100, Box(0, 20, 200, 60)))
    assert cut.cuts == ("subject",)
    assert cut.advice == "rerender"


def test_a_large_change_of_shape_asks_for_a_new_picture():
    near = plan_crop(_with_blob(160, 100, 80, 50), Size(100, 100))
    far = plan_crop(_with_blob(160, 100, 80, 50), Size(90, 160))
    assert near.advice == "crop"
    assert far.advice == "rerender"
    assert "2.8 times" in far.reason
    assert far.kept_share == pytest.approx(0.35, abs=0.01)
    assert MAX_JUMP == 1.6


def test_a_picture_in_which_nothing_stands_out_falls_back_to_attention():
    flat = _flat(200, 100)
    assert not saliency(flat).any()
    made = plan_crop(flat, Size(100, 100))
    assert 0 <= made.box.x <= 100
    assert made.advice == "rerender"  # 2:1 to 1:1 is over the limit; the window is still given


def test_a_map_sums_to_one_and_peaks_on_the_object():
    found = saliency(_with_blob(240, 160, 60, 110, 14))
    assert found.sum() == pytest.approx(1, abs=1e-4)
    y, x = np.unravel_index(np.argmax(found), found.shape)
    assert np.hypot(x * 240 / found.shape[1] - 60, y * 160 / found.shape[0] - 110) < 20


@pytest.mark.parametrize(("subject", "pins"), [(_mask(10, 10, Box(0, 0, 5, 5)), ()), (None, [(1.2, 0)])])
def test_what_does_not_lie_on_the_picture_is_refused(subject, pins):
    with pytest.raises(ValueError, match=r"mask|pin"):
        plan_crop(_flat(20, 20), Size(5, 5), subject, pins=pins)


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 40), Size(40, 1), Size(3, 2)])
def test_pictures_of_a_few_pixels_have_windows(size):
    made = plan_crop(wrap(np.zeros((size.height, size.width, 3), np.uint8)), Size(7, 5))
    assert made.box.width >= 1 <= made.box.height
