"""Outside the mask nothing moves, whatever the edit, the feather and the alpha."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.imaging import mask
from cavendish.imaging.crop import Box
from cavendish.imaging.raster import view, wrap


def _noise(shape, seed, dtype=np.uint8):
    return wrap(np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype))


MARKED = Box(10, 8, 20, 16)


def _mask(box=MARKED, shape=(40, 50)):
    rows = np.zeros(shape, np.uint8)
    rows[box.y:box.y + box.height, box.x:box.x + box.width] = 255
    return wrap(rows)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 60), st.sampled_from([3, 4]), st.sampled_from([3, 4]), st.sampled_from([np.uint8, np.uint16]),
       st.integers(0, 99))
def test_outside_the_mask_every_bit_is_the_base(feather, under, over, dtype, seed):
    base, edited = _noise((40, 50, under), seed, dtype), _noise((40, 50, over), seed + 1, dtype)
    marks = _noise((40, 50, 1), seed + 2)
    marks = wrap(np.where(view(marks) > 100, view(marks), 0))
    out = mask.composite(base, edited, marks, feather)
    kept = view(marks)[..., 0] == 0
    assert np.array_equal(view(out)[kept][:, :under], view(base)[kept])
    assert mask.outside_digest(out, marks) == mask.outside_digest(base, marks)


def test_a_hard_mask_shows_exactly_the_edit_inside():
    base, edited = _noise((40, 50, 3), 1), _noise((40, 50, 3), 2)
    out = view(mask.composite(base, edited, _mask()))
    assert np.array_equal(out[8:24, 10:30], view(edited)[8:24, 10:30])


def test_the_feather_ramps_inwards():
    base, edited = wrap(np.zeros((40, 50, 3), np.uint8)), wrap(np.full((40, 50, 3), 200, np.uint8))
    line = view(mask.composite(base, edited, _mask(), feather_px=4))[16, :, 0].astype(int)
    assert (line[:10] == 0).all()
    assert (np.diff(line[9:15]) > 0).all()
    assert (line[15:25] == 200).all()


def test_the_feather_leaves_the_border_of_the_picture_alone():
    base, edited = wrap(np.zeros((20, 20, 3), np.uint8)), wrap(np.full((20, 20, 3), 200, np.uint8))
    whole = wrap(np.full((20, 20), 255, np.uint8))
    assert (view(mask.composite(base, edited, whole, feather_px=8)) == 200).all()


def test_gray_lets_through_in_part():
    base, edited = wrap(np.zeros((2, 2, 3), np.uint8)), wrap(np.full((2, 2, 3), 200, np.uint8))
    assert (view(mask.composite(base, edited, wrap(np.full((2, 2), 51, np.uint8)))) == 40).all()


def test_an_edit_may_make_part_of_the_base_transparent():
    base = wrap(np.full((40, 50, 3), 9, np.uint8))
    out = view(mask.composite(base, wrap(np.zeros((40, 50, 4), np.uint8)), _mask()))
    assert out[16, 20, 3] == 0
    assert out[0, 0].tolist() == [9, 9, 9, 255]


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="do not lie"):
        mask.composite(_noise((4, 4, 3), 1), _noise((4, 5, 3), 1), _noise((4, 4, 1), 1))


def test_bounds_are_tight():
    assert mask.bounds(_mask()) == MARKED
    assert mask.bounds(wrap(np.zeros((4, 4), np.uint8))) is None


def test_the_digest_sees_one_level_outside_and_nothing_inside():
    base = _noise((40, 50, 3), 4)
    inside, outside = view(base).copy(), view(base).copy()
    inside[10, 12] ^= 1
    outside[0, 0, 0] ^= 1
    before = mask.outside_digest(base, _mask())
    assert mask.outside_digest(wrap(inside), _mask()) == before
    assert mask.outside_digest(wrap(outside), _mask()) != before


def test_difference_marks_what_changed():
    base = _noise((9, 9, 3), 6)
    rows = view(base).copy()
    rows[3, 4, 1] ^= 1
    assert mask.bounds(mask.difference(base, wrap(rows))) == Box(4, 3, 1, 1)
