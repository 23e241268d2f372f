"""Z-Image in our loop against its pipeline."""

from dataclasses import replace

import pytest
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.family import Brief
from cavendish.engines.diffusers.tensors import pack, unpack
from cavendish.engines.diffusers.zimage import ZImage
from cavendish.types import Size
from engines.diffusers import tiny
from engines.diffusers.drawing import drawn

SIZE = Size(64, 96)
BASE = replace(weights("z-image-turbo"), id="z-image", steps=50, guidance=5.0, reads_guidance=True)


@pytest.fixture(scope="module")
def pipe():
    return tiny.zimage_pipe()


def by_the_pipeline(pipe, family, brief, **options):
    noise = unpack(family.noise(brief.size, 7), brief.size.height // 8, brief.size.width // 8)[None]
    made = pipe(prompt=brief.prompt, height=brief.size.height, width=brief.size.width, latents=noise, output_type="pt", **options)
    return made.images[0].permute(1, 2, 0)


def test_turbo_draws_what_its_pipeline_draws(pipe):
    family = ZImage(pipe, weights("z-image-turbo"), tiny.CPU)
    brief = Brief(prompt="a red mug on the table", size=SIZE)
    assert torch.allclose(drawn(family, brief, steps=9), by_the_pipeline(pipe, family, brief, num_inference_steps=9,
                                                                           guidance_scale=0.0), atol=1e-5)


def test_base_is_guided_away_from_the_negative_prompt(pipe):
    family = ZImage(pipe, BASE, tiny.CPU)
    brief = Brief(prompt="a cat", negative="text", size=SIZE, guidance=5.0)
    theirs = by_the_pipeline(pipe, family, brief, num_inference_steps=4, guidance_scale=5.0, negative_prompt="text",
                             cfg_truncation=None)
    assert torch.allclose(drawn(family, brief, steps=4), theirs, atol=1e-5)


def test_packing_is_undone():
    grid = torch.randn(16, 12, 8)
    assert torch.equal(unpack(pack(grid), 12, 8), grid)
