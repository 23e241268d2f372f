"""Every format, read back by other people's decoders: sizes, depths, alpha, profile, and the byte cap."""

import importlib
import io
import struct

import cv2
import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from cavendish.errors import InvalidValue, Unsupported
from cavendish.imaging import codec, icc
from cavendish.imaging.raster import view, with_depth, wrap
from cavendish.types import BIT_DEPTHS, MIME_TYPES, OutputSpec

LOSSLESS = [(mime, depth) for mime in ("image/png", "image/tiff", "image/jxl") for depth in BIT_DEPTHS[mime]]
LOSSY = [m for m in MIME_TYPES if m not in ("image/png", "image/tiff")]


@pytest.fixture(name="jxl", scope="module")
def jxl_fixture():
    return pytest.importorskip("imagecodecs")


def _photo(height=120, width=160, channels=3, depth=8):
    """Smooth colour with a little noise at the depth's own precision."""
    rng = np.random.default_rng(channels * depth)
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (9 + 3 * c) + y / 23) * 0.3 + 0.5 for c in range(min(channels, 3))]
    if channels == 4:
        waves.append(np.clip((x - 20) / (width - 40), 0, 1))
    full = (1 << depth) - 1
    return np.rint(np.stack(waves, axis=2) * full * 0.98 + rng.integers(0, max(1, full // 60), (height, width, channels))).clip(0, full) \
        .astype(np.uint8 if depth == 8 else np.uint16)


def _decode(data, mime):
    """Samples as (h, w, c) by a decoder that is not what wrote them, where there is one that reads the depth."""
    if mime == "image/jxl":
        rows = importlib.import_module("imagecodecs").jpegxl_decode(data)
        return rows.reshape(*rows.shape[:2], -1)
    if mime == "image/tiff" and Image.open(io.BytesIO(data)).mode != "RGBA":  # that OpenCV premultiplies and Pillow cuts to 8 bits
        rows = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        rows = rows.reshape(*rows.shape[:2], -1)
        return rows[..., {1: [0], 3: [2, 1, 0]}[rows.shape[2]]]
    image = pyvips.Image.new_from_buffer(data, "", fail_on="warning")
    return image.numpy().reshape(image.height, image.width, image.bands)


@pytest.mark.parametrize(("mime", "depth"), LOSSLESS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossless_formats_keep_every_bit_of_every_depth(mime, depth, channels, jxl):
    rows = _photo(channels=channels, depth=depth)
    asset = codec.encode(wrap(rows), OutputSpec(mime=mime, bit_depth=depth, quality=100))
    assert (asset.mime, asset.size) == (mime, wrap(rows).size)
    back = _decode(asset.data, mime)
    assert back.dtype == rows.dtype
    assert np.array_equal(back, rows)


@pytest.mark.parametrize("mime", ["image/png", "image/tiff", "image/jxl"])
def test_sixteen_bits_survive_from_an_engines_floats(mime, jxl):
    floats = np.random.default_rng(2).random((40, 50, 3), dtype=np.float32)
    back = _decode(codec.encode(wrap(floats), OutputSpec(mime=mime, bit_depth=16, quality=100)).data, mime)
    assert np.array_equal(back, np.rint(floats * np.float32(65_535)).astype(np.uint16))


@pytest.mark.parametrize("depth", [10, 12])
def test_deep_avif_is_finer_than_eight_bits(depth):
    """A ramp over four 8-bit levels: 8 bits give 5 values, 10 and 12 bits give many more."""
    ramp = np.broadcast_to(np.linspace(0.5, 0.5 + 4 / 255, 256, dtype=np.float32)[None, :, None], (64, 256, 3))
    values = {}
    for bits in (8, depth):
        data = codec.encode(wrap(np.ascontiguousarray(ramp)), OutputSpec(mime="image/avif", bit_depth=bits, quality=95)).data
        rows = _decode(data, "image/avif")
        values[bits] = len(np.unique(rows[..., 1]))
        white = 255 if rows.dtype == np.uint8 else 65_536 - (1 << 16 - depth)
        assert np.abs(rows[..., 1].mean(axis=0) / white - ramp[0, :, 1]).max() < 0.004
    assert struct.pack(">B", depth) * 3 in data[data.find(b"pixi"):][:12]
    assert values[depth] > 2 * values[8]


@pytest.mark.parametrize("mime", LOSSY)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_lossy_formats_stay_near(mime, channels, jxl):
    rows = _photo(channels=channels)
    back = _decode(codec.encode(wrap(rows), OutputSpec(mime=mime, quality=92)).data, mime).astype(int)
    seen = rows.astype(int)
    if mime == "image/jpeg" and channels == 4:
        share = seen[..., 3:] / 255
        seen = seen[..., :3] * share + 255 * (1 - share)
    if back.shape[2] == 3 and seen.shape[2] == 1:
        seen = seen.repeat(3, axis=2)
    visible = np.ones(seen.shape[:2], bool) if seen.shape[2] < 4 else seen[..., 3] > 8
    assert back.shape == seen.shape
    assert np.abs(back - seen)[visible].mean() < 2.5


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp", "image/avif", "image/tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_files_carry_a_profile_that_readers_call_srgb(mime, channels):
    data = codec.encode(wrap(_photo(channels=channels)), OutputSpec(mime=mime)).data
    image = Image.open(io.BytesIO(data))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert ImageCms.getProfileDescription(profile).strip() == "sRGB"
    mode = "L" if channels == 1 and mime in ("image/jpeg", "image/tiff") else "RGB"
    assert profile.profile.xcolor_space.strip() == {"L": "GRAY", "RGB": "RGB"}[mode]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_profile_changes_no_level(channels):
    every = np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32)
    source = every if channels == 1 else np.stack([every, every.T, every[::-1]], axis=2)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc.srgb(channels)))
    assert profile.profile.version == 2.4
    assert len(icc.srgb(channels)) < 600
    transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "L" if channels == 1 else "RGB", "RGB")
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(source), transform)).astype(int)
    moved = moved - (source[..., None] if channels == 1 else source)
    assert np.abs(moved).max() <= 1
    assert np.count_nonzero(moved) <= moved.size * 0.02  # lcms' own rounding, not ours


def test_jpeg_keeps_all_colour_from_quality_90():
    rows = np.zeros((32, 32, 3), np.uint8)
    rows[:, ::2] = (255, 0, 0)
    rows[:, 1::2] = (0, 0, 255)
    errors = [np.abs(_decode(codec.encode(wrap(rows), OutputSpec(mime="image/jpeg", quality=q)).data, "image/jpeg").astype(int)
                     - rows).mean() for q in (89, 90)]
    assert errors[1] < errors[0] / 3


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(["image/jpeg", "image/webp"]), st.integers(3_000, 30_000))
def test_a_byte_cap_holds_and_the_next_quality_would_not_fit(mime, cap):
    pixels = wrap(_photo(200, 240))
    asset = codec.fit_bytes(pixels, OutputSpec(mime=mime, quality=95), cap)
    assert len(asset.data) <= cap
    sizes = [len(codec.encode(pixels, OutputSpec(mime=mime, quality=q)).data) for q in range(1, 96)]
    best = sizes.index(len(asset.data)) + 1
    assert best == 95 or sizes[best] > cap


def test_what_is_small_enough_is_written_as_asked():
    pixels = wrap(_photo())
    free = codec.encode(pixels, OutputSpec(mime="image/jpeg", quality=70))
    assert codec.fit_bytes(pixels, OutputSpec(mime="image/jpeg", quality=70), len(free.data)).data == free.data


def test_room_is_left_for_what_is_added_later():
    spec = OutputSpec(mime="image/jpeg", max_bytes=12_000)
    assert len(codec.encode(wrap(_photo(200, 240)), spec, reserve_bytes=4_000).data) <= 8_000


@pytest.mark.parametrize("mime", [m for m in MIME_TYPES if m != "image/jxl"])
def test_an_impossible_cap_says_what_is_possible(mime):
    pixels = wrap(_photo())
    with pytest.raises(InvalidValue, match="the smallest file has") as caught:
        codec.fit_bytes(pixels, OutputSpec(mime=mime), 400)
    assert caught.value.field == "output.max_bytes"
    reachable = int(caught.value.message.rsplit(" ", 1)[1])
    assert len(codec.fit_bytes(pixels, OutputSpec(mime=mime), reachable).data) == reachable


def test_a_lossless_file_is_deflated_harder_before_it_is_refused():
    pixels = wrap(_photo(300, 300))
    fast = len(codec.encode(pixels, OutputSpec()).data)
    dense = codec.fit_bytes(pixels, OutputSpec(), fast - 1)
    assert len(dense.data) < fast
    assert np.array_equal(_decode(dense.data, "image/png"), view(pixels))
    assert b"sRGB\0" in dense.data[:60]


def test_jxl_without_its_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not codec.available("image/jxl")
    with pytest.raises(Unsupported) as caught:
        codec.encode(wrap(_photo()), OutputSpec(mime="image/jxl"))
    assert "cavendish[jxl]" in caught.value.hint


def test_jxl_quality_orders_sizes(jxl):
    sizes = [len(codec.encode(wrap(_photo(depth=8)), OutputSpec(mime="image/jxl", quality=q)).data) for q in (1, 29, 30, 60, 90, 100)]
    assert sizes == sorted(sizes)


def test_eight_bits_from_sixteen_are_dithered_in_the_file():
    ramp = np.broadcast_to(np.linspace(0.4, 0.4 + 2 / 255, 512, dtype=np.float32)[None, :, None], (128, 512, 3))
    rows = _decode(codec.encode(with_depth(wrap(np.ascontiguousarray(ramp)), 16), OutputSpec()).data, "image/png")
    assert np.abs(rows.mean(axis=0) / 255 - ramp[0]).max() < 0.06 / 255 * 4
