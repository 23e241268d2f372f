"""Encoders: what comes out decodes, in other people's decoders, to what went in."""

import io

import cv2
import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cavendish.errors import InvalidValue
from cavendish.imaging import codec, png
from cavendish.imaging.raster import view, wrap
from cavendish.types import OutputSpec

SHAPES = [(1, 1, 1), (7, 5, 3), (3, 9, 4), (700, 801, 3), (513, 1025, 4), (1200, 1000, 1)]


def _rows(shape, dtype=np.uint8, kind="photo"):
    rng = np.random.default_rng(sum(shape))
    if kind == "noise":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    ramp = np.add.outer(np.arange(shape[0]) * 3, np.arange(shape[1]) * 2)[..., None] + np.arange(shape[2]) * 40
    return (ramp + rng.integers(0, 4, shape)).astype(dtype)


def _opencv(data):
    rows = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    rows = rows.reshape(*rows.shape[:2], -1)
    return rows[..., {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[rows.shape[2]]]


def _libvips(data):
    image = pyvips.Image.new_from_buffer(data, "", fail_on="warning")
    return image.numpy().reshape(image.height, image.width, image.bands)


def _pillow(data):
    rows = np.asarray(Image.open(io.BytesIO(data)))
    return rows.reshape(*rows.shape[:2], -1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["photo", "noise"])
def test_png_is_bit_exact_in_three_decoders(shape, kind):
    rows = _rows(shape, kind=kind)
    data = png.encode(wrap(rows))
    for decode in (_pillow, _libvips, _opencv):
        assert np.array_equal(decode(data), rows)


@pytest.mark.parametrize("shape", SHAPES)
def test_sixteen_bit_png_is_bit_exact(shape):
    rows = _rows(shape, np.uint16, kind="noise")
    data = png.encode(wrap(rows))
    for decode in (_libvips, _opencv):
        assert np.array_equal(decode(data), rows)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 3, 4]), st.sampled_from([np.uint8, np.uint16]), st.data())
def test_png_round_trips_at_odd_sizes(width, height, channels, dtype, data):
    size = width * height * channels * np.dtype(dtype).itemsize
    rows = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), dtype).reshape(height, width, channels)
    assert np.array_equal(_opencv(png.encode(wrap(rows))), rows)


def test_png_is_the_same_file_at_any_number_of_threads():
    pixels = wrap(_rows((900, 1500, 3)))
    assert len({png.encode(pixels, threads=n) for n in (1, 2, 5)}) == 1


def test_png_says_srgb_and_has_two_stripes_per_megabyte():
    data = png.encode(wrap(_rows((900, 1500, 3))))
    assert b"sRGB\0" in data[:60]
    assert data.count(b"IDAT") == 8


@pytest.mark.parametrize("split", [0, 1, 5000, 9999])
def test_adler_sums_combine(split):
    import zlib
    data = np.random.default_rng(5).bytes(10_000)
    first, second = data[:split], data[split:]
    assert png.adler_combine(zlib.adler32(first), zlib.adler32(second), len(second)) == zlib.adler32(data)


@pytest.mark.parametrize(("mime", "kind"), [("image/jpeg", "JPEG"), ("image/webp", "WEBP"), ("image/avif", "AVIF")])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossy_formats_look_like_the_picture(mime, kind, channels):
    y, x = np.mgrid[0:60, 0:80]
    rows = np.stack([x * 3, y * 4, 255 - x, np.full_like(x, 255)], axis=2)[..., :channels].astype(np.uint8)
    asset = codec.encode(wrap(rows), OutputSpec(mime=mime, quality=92))
    image = Image.open(io.BytesIO(asset.data))
    assert (image.format, image.size, str(asset.size)) == (kind, (80, 60), "80x60")
    expected = np.asarray(Image.fromarray(rows.squeeze()).convert("RGB")).astype(int)
    assert np.abs(np.asarray(image.convert("RGB")) - expected).mean() < 3


@pytest.mark.parametrize(("quality", "sampling"), [(89, 2), (90, 0)])
def test_jpeg_keeps_all_colour_from_ninety(quality, sampling):
    from PIL import JpegImagePlugin
    asset = codec.encode(wrap(_rows((64, 64, 3))), OutputSpec(mime="image/jpeg", quality=quality))
    assert JpegImagePlugin.get_sampling(Image.open(io.BytesIO(asset.data))) == sampling


def test_quality_changes_the_bytes():
    pixels = wrap(_rows((200, 200, 3), kind="noise"))
    for mime in ("image/jpeg", "image/webp", "image/avif"):
        low, high = (len(codec.encode(pixels, OutputSpec(mime=mime, quality=q)).data) for q in (30, 95))
        assert low < high * 0.7


@pytest.mark.parametrize("mime", ["image/webp", "image/avif", "image/png"])
def test_alpha_is_kept(mime):
    rows = np.zeros((32, 32, 4), np.uint8)
    rows[:, 16:] = 255
    image = Image.open(io.BytesIO(codec.encode(wrap(rows), OutputSpec(mime=mime)).data))
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert alpha[:, 2].max() == 0
    assert alpha[:, -2].min() == 255


@pytest.mark.parametrize("spec", [OutputSpec(mime="image/jpeg", quality=100), OutputSpec(background="opaque")])
def test_alpha_that_must_go_is_laid_on_white(spec):
    rows = np.full((16, 16, 4), (255, 0, 0, 128), np.uint8)
    pixel = _pillow(codec.encode(wrap(rows), spec).data)[8, 8]
    assert np.abs(pixel.astype(int) - (255, 127, 127)).max() <= 2


def test_alpha_that_hides_nothing_is_not_stored_unless_asked():
    pixels = wrap(np.full((8, 8, 4), 255, np.uint8))
    assert _pillow(codec.encode(pixels, OutputSpec()).data).shape[2] == 3
    assert _pillow(codec.encode(pixels, OutputSpec(background="transparent")).data).shape[2] == 4


def test_depth_converts_both_ways():
    eight, sixteen = _rows((5, 5, 3), kind="noise"), _rows((5, 5, 3), np.uint16, kind="noise")
    assert np.array_equal(_opencv(codec.encode(wrap(eight), OutputSpec(bit_depth=16)).data), eight.astype(np.uint16) * 257)
    assert np.abs(_opencv(codec.encode(wrap(sixteen), OutputSpec()).data) - sixteen / 257).max() < 1  # dithered


def test_a_side_that_webp_cannot_hold_is_refused():
    with pytest.raises(InvalidValue, match="16383"):
        codec.encode(wrap(np.zeros((1, 16_384, 3), np.uint8)), OutputSpec(mime="image/webp"))


def test_views_and_copies_agree():
    rows = _rows((6, 4, 3))
    assert np.array_equal(view(wrap(rows[:, ::-1])), rows[:, ::-1])
