"""Qwen-Image and its edit network in our loop against their pipelines."""

import numpy as np
import pytest
import torch
from PIL import Image

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers import qwen
from cavendish.engines.diffusers.family import Brief
from cavendish.imaging.raster import wrap
from cavendish.types import Size
from engines.diffusers import tiny
from engines.diffusers.drawing import drawn

SIZE = Size(64, 96)


@pytest.fixture(scope="module")
def networks():
    draw, edit = tiny.qwen_pipes()
    return qwen.Networks(draw=draw, edit=edit)


@pytest.fixture
def family(networks):
    return qwen.QwenImage(networks, weights("qwen-image"), tiny.CPU)


def by_the_pipeline(pipe, family, brief, **options):
    made = pipe(prompt=brief.prompt, height=brief.size.height, width=brief.size.width, output_type="pt",
                latents=family.noise(brief.size, 7)[None], num_inference_steps=4, **options)
    return made.images[0].permute(1, 2, 0)


@pytest.mark.parametrize(("guidance", "negative"), [(1.0, ""), (4.0, "text")])
def test_drawing_is_the_pipelines(networks, family, guidance, negative):
    brief = Brief(prompt="a red mug on the table", size=SIZE, guidance=guidance, negative=negative)
    theirs = by_the_pipeline(networks.draw, family, brief, true_cfg_scale=guidance, negative_prompt=negative or None)
    assert torch.allclose(drawn(family, brief), theirs, atol=1e-5)


def test_editing_is_the_edit_pipelines(networks, family, monkeypatch):
    small = {"SEEN_PIXELS": 64 * 64, "DRAWN_PIXELS": 96 * 96}
    for name, value in small.items():
        monkeypatch.setattr(qwen, name, value)
    module = "diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus."
    monkeypatch.setattr(module + "CONDITION_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(module + "VAE_IMAGE_SIZE", 96 * 96)
    picture = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    brief = Brief(prompt="a green mug", size=SIZE, references=(wrap(picture),), reference_digests=("r",))
    theirs = by_the_pipeline(networks.edit, family, brief, image=[Image.fromarray(picture)], true_cfg_scale=1.0)
    ours = drawn(family, brief)
    assert (ours - theirs).abs().max() < 2e-2  # the small view of the reference is scaled by another filter
    assert not torch.allclose(ours, drawn(family, Brief(prompt="a green mug", size=SIZE)), atol=1e-2)


def test_prompts_of_different_length_share_a_batch(family):
    briefs = [Brief(prompt=p, size=SIZE) for p in ("a cat", "a red mug on the table with text")]
    with torch.inference_mode():
        conditions = [family.condition(b) for b in briefs]
        latents = torch.stack([family.noise(SIZE, n) for n in range(2)])
        together = family.velocity(latents, torch.tensor([0.9, 0.4]), torch.zeros(2), conditions)
        alone = [family.velocity(latents[n:n + 1], torch.tensor([s]), torch.zeros(1), conditions[n:n + 1])[0] for n, s in enumerate((0.9, 0.4))]
    assert conditions[0].shape == conditions[1].shape
    assert torch.allclose(together, torch.stack(alone), atol=1e-5)


def test_without_the_edit_network_it_takes_no_references(networks):
    family = qwen.QwenImage(qwen.Networks(draw=networks.draw), weights("qwen-image"), tiny.CPU)
    assert family.facts.max_references == 0
