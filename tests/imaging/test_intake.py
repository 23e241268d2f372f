"""The gate: everything ordinary opens alike, everything hostile is refused with a sentence (test_hostile.py)."""

import struct

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from cavendish.errors import BadImage, CavendishError, TooLarge
from cavendish.imaging import intake
from cavendish.imaging.raster import view
from cavendish.types import Size
from imaging.hostile import picture, saved


def _array(data):
    return view(intake.open_picture(data)).astype(int)


def _near(data, expected, tolerance):
    rows = _array(data)
    return rows.shape == expected.shape and np.abs(rows - expected).mean() <= tolerance


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("GIF", 12), ("JPEG", 3), ("WEBP", 4),
                                                 ("AVIF", 4)])
def test_every_accepted_format_opens_as_the_same_rgb(kind, tolerance):
    data = saved(picture(), kind)
    assert intake.probe(data) == Size(40, 24)
    assert _near(data, np.asarray(picture()).astype(int), tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind, orientation):
    turned = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}[orientation]  # Image.Transpose that undoes it
    stored = picture()
    for turn in turned:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(stored, kind, exif=exif, **options)
    assert _near(data, np.asarray(picture()).astype(int), 3 if kind == "JPEG" else 0)


def test_cmyk_jpeg_comes_out_as_rgb():
    assert _near(saved(picture("CMYK"), "JPEG", quality=95), np.asarray(picture("CMYK").convert("RGB")).astype(int), 4)


def test_sixteen_bits_are_rounded_not_cut():
    values = np.array([[0, 128, 129, 257, 384, 386, 65_535]], dtype=np.uint16)
    data = pyvips.Image.new_from_array(values).cast("ushort").copy(interpretation="grey16").pngsave_buffer(bitdepth=16)
    assert _array(data)[0, :, 0].tolist() == [round(int(v) / 257) for v in values[0]]


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(9, 7), (1, 1)])
def test_sixteen_bit_png_of_any_channels_opens(bands, shape):
    rows = np.random.default_rng(3).integers(0, 65_536, (*shape, bands)).astype(np.uint16)
    space = "grey16" if bands < 3 else "rgb16"
    image = pyvips.Image.new_from_memory(rows.tobytes(), *shape[::-1], bands, "ushort").copy(interpretation=space)
    opened = intake.open_picture(image.pngsave_buffer(bitdepth=16))
    assert opened.channels == (4 if bands in (2, 4) else 3)
    assert np.abs(view(opened)[..., 0].astype(float) - rows[..., 0] / 257).max() <= 0.5


def test_sixteen_bit_gray_tiff_opens():
    rows = np.full((4, 5), 0x00FF, dtype=np.uint16)
    assert _array(saved(Image.fromarray(rows), "TIFF"))[0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_few_colours_come_out_as_rgb(mode):
    assert _near(saved(picture(mode)), np.asarray(picture(mode).convert("RGB")).astype(int), 0)


def test_palette_with_transparency_is_straight_rgba():
    image = picture("P")
    data = saved(image, transparency=image.getpixel((0, 0)))
    opened = view(intake.open_picture(data))
    assert opened.shape[2] == 4
    assert opened[0, 0, 3] == 0
    assert opened[-1, -1, 3] == 255


def test_gray_with_alpha_is_straight_rgba():
    rows = np.array([[[100, 0], [200, 128]]], dtype=np.uint8)
    assert _array(saved(Image.fromarray(rows)))[0].tolist() == [[100, 100, 100, 0], [200, 200, 200, 128]]


def test_alpha_that_hides_nothing_is_dropped():
    assert intake.open_picture(saved(picture("RGBA"))).channels == 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animations_give_their_first_frame(kind):
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "lime", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    red, green, blue = _array(data).mean(axis=(0, 1))[:3]
    assert red > 240
    assert green < 15
    assert blue < 15


def test_a_profile_is_converted_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    swapped = _swapped_primaries()
    plain, tagged = _array(saved(picture())), _array(saved(picture(), icc_profile=swapped))
    assert np.abs(tagged[..., [1, 0, 2]] - plain).mean() < 4  # the profile says red is green
    assert (_array(saved(picture(), icc_profile=lab)) == plain).all()  # another colour space: left aside
    assert (_array(saved(picture(), icc_profile=b"nonsense")) == plain).all()


def _swapped_primaries():
    """sRGB with the red and green colorant tags exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")


def test_an_srgb_profile_moves_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (_array(saved(picture(), icc_profile=srgb)) == np.asarray(picture())).all()


def test_metadata_and_trailing_archives_do_not_stop_apicture():
    data = saved(picture(), "JPEG", comment=b"<script>") + b"PK\x03\x04 a zip"
    assert intake.open_picture(data).size == Size(40, 24)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (16_384, 1)])
def test_thin_pictures_open(size):
    assert intake.open_picture(saved(Image.new("RGB", size))).size == Size(*size)


NOT_PICTURES = {
    "empty": (b"", "empty"), "text": (b"just words\n", "text"), "svg": (b"<?xml version='1.0'?><svg onload='x'/>", "SVG"),
    "html": (b"<!doctype html><b>", "web page"), "pdf": (b"%PDF-1.7", "PDF"), "zip": (b"PK\x03\x04....", "ZIP"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"), "noise": (bytes(range(256)), "not a picture"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0", "text"), "icns": (b"icns\0\0\0\x10....", "not a picture"),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_named(name):
    data, word = NOT_PICTURES[name]
    with pytest.raises(BadImage, match=word) as caught:
        intake.open_picture(data)
    assert "send PNG" in caught.value.hint


def test_limits_are_the_callers():
    data = saved(picture())
    for limits in (intake.Limits(file_bytes=50), intake.Limits(pixels=900), intake.Limits(side_px=39)):
        with pytest.raises(TooLarge):
            intake.open_picture(data, limits)


def test_a_gif_whose_frame_is_larger_than_its_screen_meets_the_limit_too():
    data = bytearray(saved(Image.new("P", (100, 100)), "GIF"))
    data[6:10] = struct.pack("<HH", 1, 1)
    with pytest.raises(TooLarge):
        intake.open_picture(bytes(data), intake.Limits(pixels=5000))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"]), st.data())
def test_bytes_changed_at_random_open_or_fail_with_words(kind, data):
    file = bytearray(saved(picture(), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert intake.open_picture(bytes(file), intake.Limits(pixels=2_000_000)).channels in (3, 4)
    except CavendishError as exc:
        assert exc.hint  # noqa: PT017  either way is right


# masks

def _mask(mode="L"):
    rows = np.zeros((24, 40), dtype=np.uint8)
    rows[5:10, 8:20] = 255
    return rows if mode == "L" else np.dstack([np.full((24, 40, 3), 90, np.uint8), 255 - rows])


def test_white_marks_what_to_repaint():
    opened = intake.open_mask(saved(Image.fromarray(_mask())), Size(40, 24), alpha_marks_edit=False)
    assert (view(opened)[..., 0] == _mask()).all()


def test_transparent_marks_what_to_repaint_when_asked():
    data = saved(Image.fromarray(_mask("RGBA")))
    assert (view(intake.open_mask(data, Size(40, 24), alpha_marks_edit=True))[..., 0] == _mask()).all()


def test_without_alpha_white_marks_even_when_alpha_was_expected():
    data = saved(Image.fromarray(_mask()).convert("RGB"))
    assert (view(intake.open_mask(data, Size(40, 24), alpha_marks_edit=True))[..., 0] == _mask()).all()


def test_a_jpeg_mask_has_no_gray_noise():
    data = saved(Image.fromarray(_mask()), "JPEG", quality=40)
    assert set(np.unique(view(intake.open_mask(data, Size(40, 24), False)))) == {0, 255}


def test_a_mask_of_another_size_names_both():
    with pytest.raises(BadImage, match=r"40x24.*41x24") as caught:
        intake.open_mask(saved(Image.fromarray(_mask())), Size(41, 24), False)
    assert "41x24" in caught.value.hint


def test_a_mask_that_marks_nothing_is_refused():
    with pytest.raises(BadImage, match="no pixel") as caught:
        intake.open_mask(saved(Image.new("L", (4, 4))), Size(4, 4), False)
    assert "white" in caught.value.hint
