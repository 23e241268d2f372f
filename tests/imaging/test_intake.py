"""The gate: everything ordinary opens alike, everything hostile is refused with a sentence, and quickly."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from cavendish.errors import BadImage, CavendishError, TooLarge
from cavendish.imaging import intake
from cavendish.imaging.png import SIGNATURE, chunk
from cavendish.imaging.raster import view
from cavendish.types import Size


def _picture(mode="RGB", size=(40, 24)):
    """A ramp with a red top left corner, so that turns and channel mix-ups show."""
    x, y = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    rows = np.stack([255 - x / 2, y, x], axis=2).astype(np.uint8)
    return Image.fromarray(rows).convert(mode)


def _bytes(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(width, height, depth=8, color=2, body=b"", extra=b""):
    """A PNG with any header, by hand."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _array(data):
    return view(intake.open_picture(data)).astype(int)


def _near(data, expected, tolerance):
    rows = _array(data)
    return rows.shape == expected.shape and np.abs(rows - expected).mean() <= tolerance


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("GIF", 12), ("JPEG", 3), ("WEBP", 4),
                                                 ("AVIF", 4)])
def test_every_accepted_format_opens_as_the_same_rgb(kind, tolerance):
    data = _bytes(_picture(), kind)
    assert intake.probe(data) == Size(40, 24)
    assert _near(data, np.asarray(_picture()).astype(int), tolerance)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind, orientation):
    turned = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}[orientation]  # Image.Transpose that undoes it
    stored = _picture()
    for turn in turned:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = _bytes(stored, kind, exif=exif, **options)
    assert _near(data, np.asarray(_picture()).astype(int), 3 if kind == "JPEG" else 0)


def test_cmyk_jpeg_comes_out_as_rgb():
    assert _near(_bytes(_picture("CMYK"), "JPEG", quality=95), np.asarray(_picture("CMYK").convert("RGB")).astype(int), 4)


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
    assert _array(_bytes(Image.fromarray(rows), "TIFF"))[0, 0].tolist() == [1, 1, 1]


@pytest.mark.parametrize("mode", ["L", "1", "P"])
def test_few_colours_come_out_as_rgb(mode):
    assert _near(_bytes(_picture(mode)), np.asarray(_picture(mode).convert("RGB")).astype(int), 0)


def test_palette_with_transparency_is_straight_rgba():
    image = _picture("P")
    data = _bytes(image, transparency=image.getpixel((0, 0)))
    opened = view(intake.open_picture(data))
    assert opened.shape[2] == 4
    assert opened[0, 0, 3] == 0
    assert opened[-1, -1, 3] == 255


def test_gray_with_alpha_is_straight_rgba():
    rows = np.array([[[100, 0], [200, 128]]], dtype=np.uint8)
    assert _array(_bytes(Image.fromarray(rows)))[0].tolist() == [[100, 100, 100, 0], [200, 200, 200, 128]]


def test_alpha_that_hides_nothing_is_dropped():
    assert intake.open_picture(_bytes(_picture("RGBA"))).channels == 3


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animations_give_their_first_frame(kind):
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "lime", "blue")]
    data = _bytes(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    red, green, blue = _array(data).mean(axis=(0, 1))[:3]
    assert red > 240
    assert green < 15
    assert blue < 15


def test_a_profile_is_converted_to_srgb():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    swapped = _swapped_primaries()
    plain, tagged = _array(_bytes(_picture())), _array(_bytes(_picture(), icc_profile=swapped))
    assert np.abs(tagged[..., [1, 0, 2]] - plain).mean() < 4  # the profile says red is green
    assert (_array(_bytes(_picture(), icc_profile=lab)) == plain).all()  # another colour space: left aside
    assert (_array(_bytes(_picture(), icc_profile=b"nonsense")) == plain).all()


def _swapped_primaries():
    """sRGB with the red and green colorant tags exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")


def test_an_srgb_profile_moves_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (_array(_bytes(_picture(), icc_profile=srgb)) == np.asarray(_picture())).all()


def test_metadata_and_trailing_archives_do_not_stop_a_picture():
    data = _bytes(_picture(), "JPEG", comment=b"<script>") + b"PK\x03\x04 a zip"
    assert intake.open_picture(data).size == Size(40, 24)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (16_384, 1)])
def test_thin_pictures_open(size):
    assert intake.open_picture(_bytes(Image.new("RGB", size))).size == Size(*size)


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


def _hostile():
    jpeg, png = _bytes(_picture(), "JPEG"), _bytes(_picture())
    progressive = _bytes(_picture(size=(64, 64)), "JPEG", progressive=True)
    scan = progressive.rindex(b"\xff\xda")
    yield "png cut", png[:-30]
    yield "png without end", png[:-12]
    yield "png bad crc", png[:60] + bytes([png[60] ^ 1]) + png[61:]
    yield "png without data", _png(64, 64)
    yield "png too little data", _png(64, 64, body=zlib.compress(b"\0" * 50))
    yield "png broken deflate", _png(64, 64, body=b"\x78\x01 no deflate here")
    yield "png of no size", _png(0, 5)
    yield "png of odd depth", _png(4, 4, depth=3, body=zlib.compress(bytes(100)))
    yield "png header only", png[:20]
    yield "png iccp bomb", _png(1, 1, body=zlib.compress(bytes(4)),
                                extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(30_000_000))))
    yield "png chunk storm", SIGNATURE + png[8:33] + chunk(b"tEXt", b"a\0b") * 70_000 + png[33:]
    yield "jpeg cut", jpeg[:len(jpeg) * 2 // 3]
    yield "jpeg header only", jpeg[:100]
    yield "jpeg scan storm", progressive[:scan] + progressive[scan:-2] * 200 + progressive[-2:]
    yield "webp cut", _bytes(_picture(size=(200, 200)), "WEBP")[:-200]
    yield "avif cut", _bytes(_picture(size=(200, 200)), "AVIF")[:-100]
    yield "gif cut", _bytes(_picture(), "GIF")[:30]
    yield "tiff loop", b"II*\0\x08\0\0\0\0\0\x08\0\0\0"
    yield "tiff far away", b"MM\0*\xff\xff\xff\xf0"
    yield "tiff of floats", _bytes(Image.new("F", (4, 4)), "TIFF")
    yield "bmp cut", _bytes(_picture(), "BMP")[:60]


HOSTILE = dict(_hostile())


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged_files_are_refused_in_words(name):
    start = time.perf_counter()
    with pytest.raises(BadImage) as caught:
        intake.open_picture(HOSTILE[name])
    assert caught.value.hint
    assert time.perf_counter() - start < 5


def _giants():
    yield "png 60000", _png(60_000, 60_000)
    yield "png 2^31", _png(2**31 - 1, 2**31 - 1)
    yield "png 100 million wide", _png(100_000_000, 1)
    yield "png one bit", _png(30_000, 30_000, depth=1, color=0, body=zlib.compress(bytes(3751 * 3000)))
    yield "png 12000 of zeros", _png(12_000, 12_000, body=zlib.compress(bytes(1000)))
    yield "webp 16000", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 15_999 | 15_999 << 14) + bytes(8)
    yield "jpeg 65000", b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 65_000, 65_000) + bytes(20)
    yield "gif 65535", b"GIF89a\xff\xff\xff\xff\0\0\0;"
    yield "bmp", b"BM" + bytes(12) + struct.pack("<Iii", 40, 50_000, -50_000) + bytes(30)
    yield "tiff", b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHIIHHII", 256, 4, 1, 90_000, 257, 4, 1, 90_000) + bytes(4)


GIANTS = dict(_giants())


@pytest.mark.parametrize("name", GIANTS)
def test_giants_are_refused_before_a_decoder_sees_them(name):
    start = time.perf_counter()
    with pytest.raises(TooLarge) as caught:
        intake.open_picture(GIANTS[name])
    assert "megapixels" in caught.value.hint
    assert time.perf_counter() - start < 5


def test_limits_are_the_callers():
    data = _bytes(_picture())
    for limits in (intake.Limits(file_bytes=50), intake.Limits(pixels=900), intake.Limits(side_px=39)):
        with pytest.raises(TooLarge):
            intake.open_picture(data, limits)


def test_a_gif_whose_frame_is_larger_than_its_screen_meets_the_limit_too():
    data = bytearray(_bytes(Image.new("P", (100, 100)), "GIF"))
    data[6:10] = struct.pack("<HH", 1, 1)
    with pytest.raises(TooLarge):
        intake.open_picture(bytes(data), intake.Limits(pixels=5000))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"]), st.data())
def test_bytes_changed_at_random_open_or_fail_with_words(kind, data):
    file = bytearray(_bytes(_picture(), kind))
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
    opened = intake.open_mask(_bytes(Image.fromarray(_mask())), Size(40, 24), alpha_marks_edit=False)
    assert (view(opened)[..., 0] == _mask()).all()


def test_transparent_marks_what_to_repaint_when_asked():
    data = _bytes(Image.fromarray(_mask("RGBA")))
    assert (view(intake.open_mask(data, Size(40, 24), alpha_marks_edit=True))[..., 0] == _mask()).all()


def test_without_alpha_white_marks_even_when_alpha_was_expected():
    data = _bytes(Image.fromarray(_mask()).convert("RGB"))
    assert (view(intake.open_mask(data, Size(40, 24), alpha_marks_edit=True))[..., 0] == _mask()).all()


def test_a_jpeg_mask_has_no_gray_noise():
    data = _bytes(Image.fromarray(_mask()), "JPEG", quality=40)
    assert set(np.unique(view(intake.open_mask(data, Size(40, 24), False)))) == {0, 255}


def test_a_mask_of_another_size_names_both():
    with pytest.raises(BadImage, match=r"40x24.*41x24") as caught:
        intake.open_mask(_bytes(Image.fromarray(_mask())), Size(41, 24), False)
    assert "41x24" in caught.value.hint


def test_a_mask_that_marks_nothing_is_refused():
    with pytest.raises(BadImage, match="no pixel") as caught:
        intake.open_mask(_bytes(Image.new("L", (4, 4))), Size(4, 4), False)
    assert "white" in caught.value.hint


def test_a_palette_picture_without_its_palette_is_refused_in_words():
    with pytest.raises(BadImage):
        intake.open_picture(_png(4, 4, color=3, body=zlib.compress(bytes(20))))
