"""Our files in a real browser: PNG bit for bit, the others in the same colours as other decoders show."""

import base64
import io

import numpy as np
import pytest
import pyvips
from PIL import Image
from playwright.sync_api import Browser

from cavendish.imaging import codec
from cavendish.imaging.raster import view, with_depth, wrap
from cavendish.types import OutputSpec
from web.fixtures import chromium_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser

READ = """async ([type, data]) => {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0))
  const bitmap = await createImageBitmap(new Blob([bytes], { type }))
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext("2d", { colorSpace: "srgb" })
  context.drawImage(bitmap, 0, 0)
  const seen = context.getImageData(0, 0, bitmap.width, bitmap.height).data
  let text = ""
  for (let i = 0; i < seen.length; i += 8190) text += String.fromCharCode(...seen.subarray(i, i + 8190))
  return [bitmap.width, bitmap.height, btoa(text)]
}"""


@pytest.fixture(name="seen", scope="module")
def seen_fixture(chromium: Browser):
    """`seen(asset)`: the RGBA samples that Chromium shows of a file, as (h, w, 4)."""
    context = chromium.new_context()
    page = context.new_page()

    def read(asset):
        width, height, text = page.evaluate(READ, [asset.mime, base64.b64encode(asset.data).decode()])
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)

    yield read
    context.close()


def _noise(channels, dtype=np.uint8):
    rows = np.random.default_rng(channels).integers(0, np.iinfo(dtype).max + 1, (257, 301, channels)).astype(dtype)
    if channels == 4:
        rows[..., 3] = np.where(rows[..., 3] > np.iinfo(dtype).max // 2, np.iinfo(dtype).max, 0)
        rows[rows[..., 3] == 0] = 0  # a canvas keeps no colour under nothing
    return wrap(rows)


def _colors():
    """Flat patches of 48 colours: what a wrong profile, matrix or range would move."""
    patches = np.random.default_rng(7).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    patches[0, :5] = [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    return wrap(patches.repeat(32, axis=0).repeat(32, axis=1))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_is_bit_exact_in_chromium_pillow_and_libvips(seen, channels):
    pixels = _noise(channels)
    asset = codec.encode(pixels, OutputSpec())
    rows = view(pixels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(asset.data))).reshape(rows.shape), rows)
    assert np.array_equal(pyvips.Image.new_from_buffer(asset.data, "").numpy().reshape(rows.shape), rows)
    shown = seen(asset)
    assert np.array_equal(shown[..., :3], rows[..., :3] if channels > 1 else rows.repeat(3, axis=2))
    assert np.array_equal(shown[..., 3], rows[..., 3] if channels == 4 else np.full(rows.shape[:2], 255))


def test_a_large_png_of_many_stripes_is_bit_exact(seen):
    y, x = np.mgrid[0:800, 0:1100]
    rows = np.stack([(x * y) >> 8, x ^ y, (x * 3 + y * 5) >> 2], axis=2).astype(np.uint8)
    assert np.array_equal(seen(codec.encode(wrap(rows), OutputSpec()))[..., :3], rows)


def test_a_sixteen_bit_png_shows_its_high_bits(seen):
    pixels = _noise(3, np.uint16)
    shown = seen(codec.encode(pixels, OutputSpec(bit_depth=16)))[..., :3].astype(int)
    assert np.abs(shown - view(with_depth(pixels, 8, dither=False))).max() <= 1


@pytest.mark.parametrize(("mime", "depth"), [("image/jpeg", 8), ("image/webp", 8), ("image/avif", 8), ("image/avif", 10),
                                             ("image/avif", 12)])
def test_colours_are_the_same_in_the_browser(seen, mime, depth):
    pixels = _colors()
    asset = codec.encode(pixels, OutputSpec(mime=mime, bit_depth=depth, quality=95))
    middles = np.s_[16::32, 16::32]
    moved = np.abs(seen(asset)[middles][..., :3].astype(int) - view(pixels)[middles])
    assert moved.max() <= 6
    assert moved.mean() < 2
