"""Tiles: no seam, no pixel missing, memory bounded, progress told, stopping at once."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.errors import Cancelled
from cavendish.imaging import resize, upscale
from cavendish.imaging.raster import view, with_depth, wrap
from cavendish.imaging.upscale import Tiling, enlarge
from cavendish.types import Size


class Repeat:
    """Nearest neighbour: knows nothing around a pixel, so that tiles must make exactly the whole."""

    def __init__(self, scale=2):
        self.scale = scale
        self.shapes = set()

    def __call__(self, tile):
        self.shapes.add(tile.shape)
        assert tile.dtype == np.float32
        return tile.repeat(self.scale, axis=0).repeat(self.scale, axis=1)


class Drifting(Repeat):
    """Answers each tile a little brighter than the last, as networks with global statistics do: the worst case for seams."""

    calls = 0

    def __call__(self, tile):
        self.calls += 1
        return super().__call__(tile) + np.float32(0.05 * (self.calls % 2))


def _noise(width, height, channels=3, dtype=np.uint8):
    rng = np.random.default_rng(width * height)
    if dtype == np.float32:
        return wrap(rng.random((height, width, channels), dtype=np.float32))
    return wrap(rng.integers(0, np.iinfo(dtype).max + 1, (height, width, channels)).astype(dtype))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(4, 40), st.integers(0, 20), st.integers(2, 4),
       st.sampled_from([np.uint8, np.uint16, np.float32]))
def test_tiles_make_exactly_the_whole(width, height, tile, overlap, k, dtype):
    pixels, net, seen = _noise(width, height, 3, dtype), Repeat(k), []
    tiling = Tiling(tile, min(overlap, tile // 2))
    made = upscale.upscale(pixels, net, lambda *step: seen.append(step), tiling)
    whole = view(pixels).repeat(k, axis=0).repeat(k, axis=1)
    assert np.abs(view(made).astype(np.float64) - whole).max() <= (1e-6 if dtype == np.float32 else 0)
    assert net.shapes == {(tile, tile, 3)}
    total = upscale.tile_count(pixels.size, tiling)
    assert seen == [(i, total) for i in range(1, total + 1)]


def test_neighbours_that_disagree_blend_without_a_step():
    flat = wrap(np.full((200, 300, 3), 0.5, np.float32))
    made = view(upscale.upscale(flat, Drifting(2), tiling=Tiling(64, 24)))
    assert made.max() - made.min() > 0.04
    for axis in (0, 1):
        assert np.abs(np.diff(made, axis=axis)).max() < 0.05 * 1.7 / 48  # the steepest of a raised cosine over the overlap


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_alpha_grows_beside_the_network(dtype):
    pixels = _noise(40, 30, 4, dtype)
    made = upscale.upscale(pixels, Repeat(2), tiling=Tiling(32, 8))
    assert (made.width, made.height, made.channels, made.depth) == (80, 60, 4, pixels.depth)
    alpha = wrap(np.ascontiguousarray(view(pixels)[..., 3]))
    assert np.array_equal(view(made)[..., 3], view(resize.scale(alpha, Size(80, 60), light=False))[..., 0])


def test_gray_stays_gray():
    pixels = _noise(20, 20, 1)
    assert np.array_equal(view(upscale.upscale(pixels, Repeat(2), tiling=Tiling(16, 4))), view(pixels).repeat(2, 0).repeat(2, 1))


@pytest.mark.parametrize(("size", "calls"), [(Size(64, 64), 1), (Size(128, 128), 1), (Size(150, 100), 1), (Size(250, 250), 5),
                                             (Size(70, 70), 0), (Size(32, 32), 0)])
def test_the_size_is_exact_and_the_network_runs_only_when_it_helps(size, calls):
    net, pixels = Repeat(2), _noise(64, 64)
    ran = []
    made = enlarge(pixels, size, net, lambda *step: ran.append(step), Tiling(64, 0))
    assert made.size == size
    assert len(ran) == (calls if size != Size(64, 64) else 0)
    assert bool(net.shapes) == bool(ran)


def test_without_a_network_it_is_lanczos():
    pixels = _noise(30, 20)
    assert enlarge(pixels, Size(60, 40)).digest() == resize.fit(pixels, Size(60, 40)).digest()


def test_it_stops_between_tiles():
    net, done = Drifting(2), []

    def stop(i, _total):
        done.append(i)
        if i == 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        upscale.upscale(_noise(200, 200), net, stop, Tiling(32, 8))
    assert net.calls == 3


def test_memory_is_the_result_and_one_row_of_tiles():
    pixels = _noise(512, 512)
    tracemalloc.start()
    made = upscale.upscale(pixels, Repeat(4), tiling=Tiling(64, 8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    band = 2048 * 64 * 4 * 3 * 4
    assert peak < len(made.data) + 4 * band
    assert 4 * band < 2048 * 2048 * 3 * 4 * 0.6  # a float copy of the result would not pass


def test_a_network_that_answers_another_shape_is_refused():
    net = Repeat(2)
    net.scale = 3
    with pytest.raises(ValueError, match="answered"):
        upscale.upscale(_noise(10, 10), lambda_of(net), tiling=Tiling(8, 0))


def lambda_of(net):
    class Wrong:
        scale = 2

        def __call__(self, tile):
            return net(tile)
    return Wrong()


def test_an_overlap_that_leaves_no_middle_is_refused():
    with pytest.raises(ValueError, match="overlap"):
        upscale.upscale(_noise(10, 10), Repeat(), tiling=Tiling(8, 5))


def test_float_input_keeps_its_precision():
    ramp = np.broadcast_to(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], (8, 64, 3))
    made = upscale.upscale(wrap(np.ascontiguousarray(ramp)), Repeat(2), tiling=Tiling(32, 4))
    assert len(np.unique(view(with_depth(made, 16)))) == 64
