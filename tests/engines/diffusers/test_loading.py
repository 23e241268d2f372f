"""Weights on disk: folders written by the pipelines themselves."""

from dataclasses import replace
from types import SimpleNamespace

import diffusers
import pytest
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.flux3 import TEXT_LAYERS
from cavendish.engines.diffusers.loading import load
from cavendish.engines.local import Installed, named
from cavendish.errors import ConfigError
from cavendish.imaging.raster import view
from cavendish.types import ImageRequest, OutputSpec, Size
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


def test_the_parts_of_flux_3_come_from_their_own_folders(tmp_path):
    pipe = tiny.flux3_pipe(TEXT_LAYERS)
    for name in ("transformer", "vae", "text_encoder", "tokenizer"):
        getattr(pipe, name).save_pretrained(tmp_path / name)
    (tmp_path / "modular_model_index.json").write_text("{}")
    installed = named(f"flux-3-klein={tmp_path}", "pro")
    engine = load(installed, device="cpu")
    try:
        made = next(iter(engine.generate(REQUEST, ignore)))
    finally:
        engine.close()
    assert view(made.pixels).std() > 1
    assert engine.profile.requires_safety
    assert not engine.profile.commercial_use


def test_qwen_image_2_1_is_loaded_by_its_pipeline_and_offers_transparency(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(diffusers.QwenImage21Pipeline, "from_pretrained",
                        lambda folder, **more: asked.append((folder, more["local_files_only"])) or tiny.qwen21_pipe())
    engine = load(Installed(facts=weights("qwen-image-2.1"), main=tmp_path), device="cpu")
    try:
        request = replace(REQUEST, steps=2, output=OutputSpec(background="transparent"))
        engine.profile.check(request)
        made = next(iter(engine.generate(request, ignore)))
    finally:
        engine.close()
    assert made.pixels.channels == 4
    assert asked == [(tmp_path, True)]


def test_an_older_diffusers_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("cavendish.engines.diffusers.loading.diffusers", SimpleNamespace())
    with pytest.raises(ConfigError, match="needs diffusers with Flux3DistilledModularPipeline"):
        load(Installed(facts=weights("flux-3-klein"), main=tmp_path), device="cpu")
