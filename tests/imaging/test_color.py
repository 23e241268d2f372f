"""Colours: read, written, and turned into light and back."""

import numpy as np
import pytest

from cavendish.errors import InvalidValue
from cavendish.imaging import color
from cavendish.imaging.raster import flatten, is_opaque, luma, view, with_channels, with_depth, wrap


@pytest.mark.parametrize(("text", "rgb"), [("#1f5fd6", (31, 95, 214)), ("FFF", (255, 255, 255)), (" #0a0 ", (0, 170, 0))])
def test_hex_is_read(text, rgb):
    assert color.parse_hex(text) == rgb


@pytest.mark.parametrize("text", ["", "#12", "#12345", "red", "#gggggg"])
def test_what_is_no_hex_is_refused(text):
    with pytest.raises(InvalidValue) as caught:
        color.parse_hex(text)
    assert "#" in caught.value.hint


def test_hex_is_written_as_it_was_read():
    assert color.to_hex(color.parse_hex("#0a80ff")) == "#0a80ff"


def test_the_srgb_curve_inverts_and_meets_the_standard():
    coded = np.linspace(0, 1, 256)
    assert np.allclose(color.from_linear(color.to_linear(coded)), coded, atol=1e-9)
    assert color.to_linear(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)


def test_luminance_orders_colours():
    assert color.luminance((255, 255, 255)) == pytest.approx(1)
    assert color.luminance((0, 255, 0)) > color.luminance((255, 0, 0)) > color.luminance((0, 0, 255)) > 0


def test_channels_convert_both_ways():
    gray = wrap(np.array([[10, 200]], np.uint8))
    assert view(with_channels(gray, 4))[0].tolist() == [[10, 10, 10, 255], [200, 200, 200, 255]]
    assert view(with_channels(with_channels(gray, 4), 1))[0, :, 0].tolist() == [10, 200]


def test_flatten_lays_on_the_colour():
    clear = wrap(np.array([[[200, 0, 0, 0], [200, 0, 0, 255], [200, 0, 0, 51]]], np.uint8))
    assert view(flatten(clear, (0, 0, 100)))[0].tolist() == [[0, 0, 100], [200, 0, 0], [40, 0, 80]]
    assert not is_opaque(clear)
    assert is_opaque(flatten(clear))


def test_depth_goes_up_and_down_without_loss():
    every = wrap(np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert np.array_equal(view(with_depth(with_depth(every, 16), 8)), view(every))


def test_luma_weighs_green_most():
    assert luma(wrap(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)))[0].tolist() == [54, 182, 18]


def test_a_view_cannot_change_the_value():
    rows = view(wrap(np.zeros((2, 2, 3), np.uint8)))
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1
