"""Weights on disk: folders written by the pipelines themselves."""

import pytest
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.loading import load
from cavendish.engines.local import Installed
from cavendish.errors import ConfigError
from cavendish.imaging.raster import view
from cavendish.types import ImageRequest, Size
from engines.diffusers import tiny

REQUEST = ImageRequest(prompt="a red mug", size=Size(64, 64), seed=3)


def ignore(*args, **more):
    pass


@pytest.fixture(scope="module")
def zimage_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zimage")
    tiny.zimage_pipe().save_pretrained(folder)
    return folder


def test_a_folder_is_loaded_and_draws(zimage_folder):
    engine = load(Installed(facts=weights("z-image-turbo"), main=zimage_folder), device="cpu")
    try:
        made = next(iter(engine.generate(REQUEST, ignore)))
    finally:
        engine.close()
    assert view(made.pixels).std() > 1
    assert engine.profile.id == "flash"
    assert engine.profile.trained


def test_the_revision_follows_the_weights_and_the_precision(zimage_folder):
    plain = Installed(facts=weights("z-image-turbo"), main=zimage_folder)
    pinned = Installed(facts=weights("z-image-turbo"), main=zimage_folder, revision="abc")
    revisions = []
    for installed, preset in ((plain, "auto"), (plain, "auto"), (pinned, "auto"), (plain, "12gb")):
        engine = load(installed, device="cpu", preset=preset)
        revisions.append(engine.profile.revision)
        engine.close()
    assert revisions[0] == revisions[1]
    assert len(set(revisions)) == 3


def test_a_single_file_replaces_the_network(tmp_path, zimage_folder):
    from safetensors.torch import save_file
    pipe = tiny.zimage_pipe()
    torch.nn.init.normal_(pipe.transformer.all_final_layer["2-1"].linear.weight)
    save_file(pipe.transformer.state_dict(), tmp_path / "mine.safetensors")
    pictures = []
    for network in (None, tmp_path / "mine.safetensors"):
        engine = load(Installed(facts=weights("z-image-turbo"), main=zimage_folder, network=network), device="cpu")
        pictures.append(next(iter(engine.generate(REQUEST, ignore))).pixels.digest())
        engine.close()
    assert pictures[0] != pictures[1]


def test_a_broken_folder_says_how_to_mend_it(tmp_path):
    (tmp_path / "model_index.json").write_text("{}")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(Installed(facts=weights("klein-4b"), main=tmp_path), device="cpu")
