"""FLUX 3 klein in our loop against its modular blocks."""

import numpy as np
import pytest
import torch
from PIL import Image

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.family import Brief
from cavendish.engines.diffusers.flux3 import Flux3
from cavendish.imaging.raster import wrap
from cavendish.types import Size
from engines.diffusers import tiny
from engines.diffusers.drawing import drawn

SIZE = Size(64, 96)


@pytest.fixture(scope="module")
def pipe():
    return tiny.flux3_pipe()


@pytest.fixture
def family(pipe):
    return Flux3(pipe, weights("flux-3-klein"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)


def by_the_blocks(pipe, family, prompt, **options):
    grid = family.noise(SIZE, 7).T.reshape(1, -1, SIZE.height // 16, SIZE.width // 16)
    made = pipe(prompt=prompt, height=SIZE.height, width=SIZE.width, latents=grid, num_inference_steps=4, output_type="pt",
                text_encoder_out_layers=tiny.TEXT_LAYERS, **options)
    return made.images[0].permute(1, 2, 0)


def test_drawing_is_the_blocks(pipe, family):
    theirs = by_the_blocks(pipe, family, "a red mug on the table")
    assert torch.allclose(drawn(family, Brief(prompt="a red mug on the table", size=SIZE)), theirs, atol=1e-5)


@pytest.mark.parametrize("count", [1, 3])
def test_references_are_the_blocks(pipe, family, count):
    rows = [np.random.default_rng(n).integers(0, 255, (70 + n, 50, 3), dtype=np.uint8) for n in range(count)]
    brief = Brief(prompt="a cat", size=SIZE, references=tuple(wrap(r) for r in rows),
                  reference_digests=tuple(map(str, range(count))))
    theirs = by_the_blocks(pipe, family, "a cat", image=[Image.fromarray(r) for r in rows])
    assert torch.allclose(drawn(family, brief), theirs, atol=1e-5)
    assert not torch.allclose(theirs, drawn(family, Brief(prompt="a cat", size=SIZE)), atol=1e-3)


def test_a_batch_at_different_noise_levels_is_what_each_is_alone(family):
    with torch.inference_mode():
        conditions = [family.condition(Brief(prompt=p, size=SIZE)) for p in ("a cat", "a red mug on the table")]
        assert conditions[0].shape == conditions[1].shape
        latents = torch.stack([family.noise(SIZE, n) for n in range(2)])
        levels, after = torch.tensor([0.9, 0.4]), torch.tensor([0.7, 0.0])
        together = family.velocity(latents, levels, after, conditions)
        alone = [family.velocity(latents[n:n + 1], levels[n:n + 1], after[n:n + 1], conditions[n:n + 1]) for n in range(2)]
        elsewhere = family.velocity(latents[:1], levels[:1], after[1:], conditions[:1])
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)
    assert not torch.allclose(elsewhere, alone[0], atol=1e-4)  # where the step goes to matters


def test_the_schedule_is_the_distilled_ones(family):
    assert len(family.sigmas(SIZE, family.facts.steps)) == 17
    assert family.sigmas(SIZE, 4)[1] == pytest.approx(6.93 * 0.75 / (1 + 5.93 * 0.75), abs=1e-6)
