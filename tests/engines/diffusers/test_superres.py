"""A real network of spandrel's, with random weights that the test saves: loaded from its file, run over tiles.

Skipped without torch and spandrel (`make gpu-venv`); what must hold without them is in test_superres_absent.py.
"""

import numpy as np
import pytest

from cavendish.engines.diffusers.superres import SuperResolution
from cavendish.errors import ConfigError
from cavendish.imaging.raster import view, wrap
from cavendish.imaging.upscale import Tiling, enlarge, upscale
from cavendish.types import Size

torch = pytest.importorskip("torch")
save_file = pytest.importorskip("safetensors.torch").save_file
try:
    from spandrel.architectures import ESRGAN, Compact
except (ImportError, RuntimeError) as exc:  # torchvision refuses a torch of another build with RuntimeError
    pytest.skip(f"spandrel cannot be imported: {exc}", allow_module_level=True)


def _save(network, path):
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
    return path


@pytest.fixture(name="weights", scope="module")
def weights_fixture(tmp_path_factory):
    torch.manual_seed(1)
    return _save(Compact.Compact(num_feat=8, num_conv=2, upscale=2), tmp_path_factory.mktemp("weights") / "compact-x2.safetensors")


def _photo(width, height):
    y, x = np.mgrid[0:height, 0:width]
    rows = np.stack([np.sin(x / 9), np.cos(y / 7), np.sin((x + y) / 13)], axis=2) * 0.4 + 0.5
    return wrap((rows * 255).astype(np.uint8))


def test_the_file_says_which_network_it_is(weights):
    net = SuperResolution(weights, "cpu")
    assert (net.scale, net.name) == (2, "RealESRGAN Compact (compact-x2.safetensors)")


def test_tiles_give_what_the_whole_picture_gives(weights):
    """Away from tile borders exactly the same; where tiles blend, what zero padding leaves of the difference."""
    net, pixels = SuperResolution(weights, "cpu"), _photo(150, 110)
    whole = net(view(pixels).astype(np.float32) / 255)
    made = view(upscale(pixels, net, tiling=Tiling(64, 24))).astype(np.float32) / 255
    assert made.shape == whole.shape == (220, 300, 3)
    gap = np.abs(made - whole)
    assert np.median(gap) < 1 / 255
    assert gap[:-90, :60].max() < 1.1 / 255  # far from the first seam
    assert gap.mean() < 2 / 255


def test_a_picture_reaches_its_size_through_the_network(weights):
    steps = []
    made = enlarge(_photo(60, 40), Size(130, 90), SuperResolution(weights), lambda *step: steps.append(step), Tiling(32, 8))
    assert made.size == Size(130, 90)
    assert steps[-1][0] == steps[-1][1] == len(steps)


def test_another_architecture_is_recognised(tmp_path):
    torch.manual_seed(2)
    net = SuperResolution(_save(ESRGAN.ESRGAN(in_nc=3, out_nc=3, num_filters=4, num_blocks=1, scale=4), tmp_path / "x4.safetensors"), "cpu")
    assert net.scale == 4
    assert net(np.full((16, 16, 3), 0.5, np.float32)).shape == (64, 64, 3)


def test_the_same_tile_gives_the_same_pixels(weights):
    tile = np.random.default_rng(0).random((32, 32, 3), dtype=np.float32)
    assert np.array_equal(SuperResolution(weights, "cpu")(tile), SuperResolution(weights, "cpu")(tile))


@pytest.mark.parametrize("content", [b"", b"\x08\0\0\0\0\0\0\0{}      ", b"no tensors at all" * 9])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        _ = SuperResolution(path, "cpu").scale
    assert "CAVENDISH_UPSCALER" in caught.value.hint


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"text.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(ConfigError, match="no network that is known"):
        _ = SuperResolution(path, "cpu").scale


def test_a_network_that_does_not_enlarge_is_refused(tmp_path):
    path = _save(Compact.Compact(num_feat=8, num_conv=2, upscale=1), tmp_path / "x1.safetensors")
    with pytest.raises(ConfigError, match="something else"):
        _ = SuperResolution(path, "cpu").scale
