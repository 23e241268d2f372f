"""Framing: exact size, margins, light, alpha edges and depth; and what the dither does to the mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.errors import InvalidValue
from cavendish.imaging import resize
from cavendish.imaging.color import from_linear
from cavendish.imaging.crop import Box
from cavendish.imaging.raster import blue_noise, is_deep, view, with_depth, wrap
from cavendish.imaging.resize import Framing, frame
from cavendish.types import Size

DEPTHS = {8: np.uint8, 16: np.uint16, 32: np.float32}


def _flat(width, height, value, depth=8):
    full = 1 if depth == 32 else (1 << depth) - 1
    rows = np.empty((height, width, len(value)), DEPTHS[depth])
    rows[:] = np.array(value) * full
    return wrap(rows)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 3, 4]),
       st.sampled_from([8, 16, 32]), st.sampled_from(["cut", "pad", "stretch"]), st.sampled_from(["blur", "edge", "#204080"]))
def test_every_way_gives_exactly_the_size_and_keeps_the_depth(width, height, to_width, to_height, channels, depth, mode, fill):
    made = frame(_flat(width, height, [0.5] * channels, depth), Framing(size=Size(to_width, to_height), mode=mode, fill=fill))
    assert (made.width, made.height, made.depth) == (to_width, to_height, depth)


def test_shrinking_adds_up_light_not_numbers():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    middle = view(resize.scale(wrap(board), Size(16, 16)))[4:-4, 4:-4].mean() / 255
    assert middle == pytest.approx(float(from_linear(np.array(0.5))), abs=0.01)  # 188 of 255, not 128


def test_a_mask_is_not_light():
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert view(resize.scale(wrap(board), Size(16, 16), light=False))[4:-4, 4:-4].mean() == pytest.approx(127.5, abs=1.5)


def test_near_and_far_shrinking_agree():
    y, x = np.mgrid[0:400, 0:500]
    rows = np.stack([np.sin(x / 31) * 100 + 120, np.cos(y / 17) * 90 + 110, (x + y) % 256], axis=2).astype(np.uint8)
    near = view(resize.scale(wrap(rows[..., :2].repeat(2, axis=2)[..., :3]), Size(130, 104)))
    alpha = np.dstack([rows[..., :2].repeat(2, axis=2)[..., :3], np.full((400, 500), 255, np.uint8)])  # takes the plain way
    plain = view(resize.scale(wrap(alpha), Size(130, 104)))[..., :3]
    assert np.abs(near.astype(int) - plain).max() <= 3


@pytest.mark.parametrize("depth", [8, 16, 32])
@pytest.mark.parametrize("to", [Size(13, 13), Size(90, 90)])
def test_flat_colour_stays_exactly_flat(depth, to):
    picture = _flat(40, 40, [0.2, 0.4, 0.8], depth)
    made = view(resize.scale(picture, to)).astype(np.float64)
    assert np.abs(made - view(picture)[0, 0]).max() <= (1e-5 if depth == 32 else 1 if depth == 16 else 0)


@pytest.mark.parametrize("depth", [8, 16, 32])
@pytest.mark.parametrize("to", [Size(25, 25), Size(120, 120)])
def test_a_soft_edge_has_no_fringe(depth, to):
    """A red disc on nothing, over hidden green: wherever anything shows, it is red."""
    full = 1 if depth == 32 else (1 << depth) - 1
    y, x = np.mgrid[0:60, 0:60]
    alpha = np.clip(22 - np.hypot(x - 29.5, y - 29.5), 0, 1)
    rows = np.zeros((60, 60, 4))
    rows[..., 0], rows[..., 1] = alpha > 0, alpha == 0
    rows[..., 3] = alpha
    made = view(resize.scale(wrap((rows * full).astype(DEPTHS[depth])), to)) / full
    seen = made[..., 3] > 0.1
    assert made[seen][:, 0].min() > 0.97
    assert made[seen][:, 1].max() < 0.03
    assert made[..., 3].max() <= 1


def test_padding_keeps_the_whole_picture_between_even_margins():
    rows = np.full((50, 100, 3), 200, np.uint8)
    made = view(frame(wrap(rows), Framing(size=Size(100, 100), mode="pad", fill="#ff0000")))
    assert (made[25:75] == 200).all()
    assert (made[:25] == (255, 0, 0)).all()
    assert (made[75:] == (255, 0, 0)).all()


def test_margins_of_the_edge_continue_it():
    rows = np.zeros((10, 20, 3), np.uint8)
    rows[0], rows[-1] = 60, 90
    made = view(frame(wrap(rows), Framing(size=Size(20, 20), mode="pad", fill="edge")))
    assert (made[:6] == 60).all()
    assert (made[-6:] == 90).all()


def test_blurred_margins_are_soft_and_near_the_picture():
    rows = np.random.default_rng(0).integers(60, 200, (60, 120, 3)).astype(np.uint8)
    made = view(frame(wrap(rows), Framing(size=Size(120, 200), mode="pad", fill="blur"))).astype(int)
    assert np.array_equal(made[70:130], rows)
    assert np.abs(np.diff(made[:60], axis=1)).mean() < 2
    assert abs(made[:60].mean() - rows.mean() * 0.85) < 25


def test_a_window_is_cut_before_it_is_scaled():
    rows = np.zeros((40, 40, 3), np.uint8)
    rows[:20, :20] = 255
    assert (view(frame(wrap(rows), Framing(size=Size(10, 10), box=Box(0, 0, 20, 20)))) == 255).all()


@pytest.mark.parametrize("wrong", [{"mode": "zoom"}, {"fill": "pinkish"}])
def test_a_framing_that_is_not_known_is_refused(wrong):
    with pytest.raises(InvalidValue):
        Framing(size=Size(1, 1), **wrong)


@pytest.mark.parametrize("depth", [16, 32])
def test_the_dithered_mean_is_the_true_one(depth):
    """Over levels between two 8-bit values: plain rounding is up to half a level off, the dither a fiftieth."""
    for share in (0.1, 0.25, 0.5, 0.77):
        wanted = 100 + share
        full = 1 if depth == 32 else 65_535
        rows = np.full((128, 128, 3), wanted / 255 * full).astype(DEPTHS[depth])
        made = view(with_depth(wrap(rows), 8))
        assert set(np.unique(made)) == {100, 101}
        assert abs(made.mean() - wanted) < 0.02
        assert len({made[..., c].tobytes() for c in range(3)}) == 3  # each channel in another place: no gray specks


def test_dither_leaves_whole_levels_alone_and_needs_depth():
    eight = np.random.default_rng(3).integers(0, 256, (70, 130, 4)).astype(np.uint8)
    assert not is_deep(with_depth(wrap(eight), 16))
    for depth in (16, 32):
        assert np.array_equal(view(with_depth(with_depth(wrap(eight), depth), 8)), eight)


def test_dither_is_the_same_every_time_and_spares_alpha():
    rows = np.random.default_rng(4).random((130, 140, 4), dtype=np.float32)
    one, two = (view(with_depth(wrap(rows.copy()), 8)) for _ in range(2))
    assert np.array_equal(one, two)
    assert np.array_equal(one[..., 3], np.rint(rows[..., 3] * 255).astype(np.uint8))
    assert np.abs(one / 255 - rows).max() < 1.01 / 255
    assert np.array_equal(view(with_depth(wrap(rows), 8, dither=False)), np.rint(rows * np.float32(255)).astype(np.uint8))


def test_the_dither_hides_in_high_frequencies():
    tile = blue_noise()
    assert len(np.unique(tile)) == tile.size
    assert -0.5 < tile.min() < tile.max() < 0.5
    power = np.abs(np.fft.fft2(tile)) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    assert power[(radius > 0) & (radius < 0.15)].mean() < power[radius > 0.3].mean() / 100


def test_floats_outside_the_range_and_no_numbers_are_tamed():
    rows = np.array([[[-0.5, 1.5, np.nan]]], np.float32)
    assert view(with_depth(wrap(rows), 8)).tolist() == [[[0, 255, 0]]]
    assert view(with_depth(wrap(rows), 16)).tolist() == [[[0, 65_535, 0]]]
