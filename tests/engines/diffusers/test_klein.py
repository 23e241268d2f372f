"""Our loop against the pipeline it was cut from: the same pixels."""

import numpy as np
import pytest
import torch
from PIL import Image

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.family import Brief
from cavendish.engines.diffusers.klein import Klein
from cavendish.imaging.raster import wrap
from cavendish.types import Size
from engines.diffusers import tiny
from engines.diffusers.drawing import drawn

SIZE = Size(64, 96)


def by_the_pipeline(pipe, family, brief, images=None, **options):
    noise = family.noise(brief.size, 7).T.reshape(1, -1, brief.size.height // 16, brief.size.width // 16)
    made = pipe(image=images, prompt=brief.prompt, height=brief.size.height, width=brief.size.width, latents=noise,
                output_type="pt", text_encoder_out_layers=tiny.TEXT_LAYERS, **options)
    return made.images[0].permute(1, 2, 0)


def test_text_to_image_is_the_pipelines_bit_for_bit(klein, klein_pipe):
    brief = Brief(prompt="a red mug", size=SIZE)
    theirs = by_the_pipeline(klein_pipe, klein, brief, num_inference_steps=4, guidance_scale=1.0)
    assert torch.equal(drawn(klein, brief), theirs)


def test_references_are_the_pipelines(klein, klein_pipe):
    pictures = [np.random.default_rng(n).integers(0, 255, (80, 64, 3), dtype=np.uint8) for n in range(2)]
    brief = Brief(prompt="a cat", size=SIZE, references=tuple(wrap(p) for p in pictures), reference_digests=("a", "b"))
    theirs = by_the_pipeline(klein_pipe, klein, brief, images=[Image.fromarray(p) for p in pictures], num_inference_steps=4,
                             guidance_scale=1.0)
    ours = drawn(klein, brief)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert not torch.allclose(ours, drawn(klein, Brief(prompt="a cat", size=SIZE)), atol=1e-3)


def test_the_base_model_is_guided():
    pipe = tiny.klein_pipe(distilled=False)
    family = Klein(pipe, weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
    brief = Brief(prompt="a green cat", size=SIZE, guidance=4.0)
    theirs = by_the_pipeline(pipe, family, brief, num_inference_steps=3, guidance_scale=4.0)
    assert torch.allclose(drawn(family, brief, steps=3), theirs, atol=1e-5)
    assert family.facts.steps == 50


def test_words_and_references_are_encoded_once(klein):
    picture = wrap(np.zeros((32, 32, 3), dtype=np.uint8))
    brief = Brief(prompt="a red mug", size=SIZE, references=(picture,), reference_digests=("zero",))
    with torch.inference_mode():
        klein.condition(brief)
        before = klein._cache.misses
        klein.condition(brief)
    assert klein._cache.misses == before
    assert klein._cache.hits >= 2


@pytest.mark.parametrize("seed", [0, 1, 2**62])
def test_noise_depends_on_size_and_seed_only(klein, seed):
    assert torch.equal(klein.noise(SIZE, seed), klein.noise(SIZE, seed))
    assert not torch.equal(klein.noise(SIZE, seed), klein.noise(SIZE, seed + 1))
