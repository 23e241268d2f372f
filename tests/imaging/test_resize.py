"""Sizes come out exact, pictures uncut where they need not be, edges clean under alpha."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.imaging import crop, resize
from cavendish.imaging.raster import view, wrap
from cavendish.types import Size


def _ramp(width, height, channels=3):
    x = np.linspace(0, 255, width)[None, :, None]
    return wrap(np.broadcast_to(x, (height, width, channels)).astype(np.uint8))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 3, 4]))
def test_fit_gives_exactly_the_size(width, height, to_width, to_height, channels):
    assert resize.fit(_ramp(width, height, channels), Size(to_width, to_height)).size == Size(to_width, to_height)


def test_the_same_size_is_the_same_pixels():
    pixels = _ramp(31, 17)
    assert resize.fit(pixels, pixels.size) is pixels


def test_fit_cuts_the_sides_evenly():
    rows = view(resize.fit(_ramp(300, 100), Size(50, 50)))[25, :, 0]
    assert abs(int(rows[0]) - 85) < 4
    assert abs(int(rows[-1]) - 170) < 4


def test_scale_keeps_everything():
    rows = view(resize.scale(_ramp(300, 100), Size(50, 50)))[25, :, 0]
    assert rows[0] < 6
    assert rows[-1] > 249


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_under_transparency_does_not_bleed(dtype):
    full = np.iinfo(dtype).max
    rows = np.zeros((40, 40, 4), dtype)
    rows[:, :20] = (full, 0, 0, full)
    rows[:, 20:] = (0, full, 0, 0)  # hidden green
    out = view(resize.scale(wrap(rows), Size(17, 17))).astype(int)
    seen = out[..., 3] > full // 20
    assert out[..., 1][seen].max() <= full // 100
    assert out[..., 0][seen].min() >= full - full // 50


def test_sixteen_bits_stay_sixteen():
    rows = np.linspace(1000, 1200, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint16)
    out = resize.scale(wrap(rows), Size(32, 32))
    assert out.depth == 16
    assert abs(view(out).mean() - rows.mean()) < 2


@pytest.mark.parametrize(("focus", "x"), [((0, 0), 0), ((0.5, 0.5), 100), ((1, 1), 200), ((0.4, 0.9), 70)])
def test_the_window_follows_the_focus_and_stays_inside(focus, x):
    assert crop.cover(Size(300, 100), Size(1, 1), focus) == crop.Box(x, 0, 100, 100)


@pytest.mark.parametrize("box", [crop.Box(-1, 0, 2, 2), crop.Box(0, 0, 11, 2), crop.Box(0, 0, 0, 2)])
def test_a_window_outside_is_refused(box):
    with pytest.raises(ValueError, match=r"window|leaves"):
        crop.cut(_ramp(10, 10), box)


def test_cut_takes_the_window():
    assert np.array_equal(view(crop.cut(_ramp(10, 10), crop.Box(2, 3, 4, 5))), view(_ramp(10, 10))[3:8, 2:6])
