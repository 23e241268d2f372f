"""Qwen-Image-2.1 in our loop against its pipeline: words, references, alpha, the prefix that is computed once."""

import numpy as np
import pytest
import torch
from PIL import Image

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers import qwen21
from cavendish.engines.diffusers.family import Brief
from cavendish.imaging.raster import wrap
from cavendish.types import Size
from engines.diffusers import tiny
from engines.diffusers.drawing import drawn

SIZE = Size(64, 96)


@pytest.fixture(scope="module")
def pipe():
    return tiny.qwen21_pipe()


@pytest.fixture
def family(pipe):
    return qwen21.QwenImage21(pipe, weights("qwen-image-2.1"), tiny.CPU)


def by_the_pipeline(pipe, family, prompt, **options):
    made = pipe(prompt=prompt, height=SIZE.height, width=SIZE.width, output_type="pt",
                latents=family.noise(SIZE, 7)[None], **options)
    return made.images[0].permute(1, 2, 0)


def picture(seed, channels=4):
    return np.random.default_rng(seed).integers(0, 255, (64, 64, channels), dtype=np.uint8)


def test_drawing_is_the_pipelines_with_alpha(pipe, family):
    theirs = by_the_pipeline(pipe, family, "a red mug on the table", num_inference_steps=4)
    ours = drawn(family, Brief(prompt="a red mug on the table", size=SIZE))
    assert ours.shape == (96, 64, 4)
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_two_references_are_the_pipelines(pipe, family, monkeypatch):
    monkeypatch.setattr(qwen21, "REFERENCE_PIXELS", 64 * 64)
    rows = [picture(0), picture(1, channels=3)]
    brief = Brief(prompt="a green mug", size=SIZE, references=tuple(wrap(r) for r in rows), reference_digests=("a", "b"))
    theirs = by_the_pipeline(pipe, family, "a green mug", image=[Image.fromarray(r) for r in rows], num_inference_steps=4,
                             output_resolution=64)
    assert torch.allclose(drawn(family, brief), theirs, atol=1e-5)
    assert not torch.allclose(theirs, drawn(family, Brief(prompt="a green mug", size=SIZE)), atol=1e-3)


def test_turbo_takes_the_noise_levels_of_its_weights():
    levels = [1.0, 0.8, 0.4]
    pipe = tiny.qwen21_pipe(levels)
    family = qwen21.QwenImage21(pipe, weights("qwen-image-2.1-turbo"), tiny.CPU)
    assert family.facts.steps == 3
    theirs = by_the_pipeline(pipe, family, "a cat")
    assert torch.allclose(drawn(family, Brief(prompt="a cat", size=SIZE), steps=3), theirs, atol=1e-5)


def test_pictures_of_one_length_share_a_batch_and_their_own_prefixes(family):
    briefs = [Brief(prompt=p, size=SIZE) for p in ("a red cat", "a red mug", "a red cat")]
    with torch.inference_mode():
        conditions = [family.condition(b) for b in briefs]
        conditions[2] = conditions[0]
        latents = torch.stack([family.noise(SIZE, n) for n in range(3)])
        levels, zero = torch.tensor([0.9, 0.4, 0.6]), torch.zeros(3)
        together = family.velocity(latents, levels, zero, conditions)
        candidates = family.velocity(latents[::2], levels[::2], zero[::2], conditions[::2])
        alone = torch.cat([family.velocity(latents[n:n + 1], levels[n:n + 1], zero[:1], conditions[n:n + 1]) for n in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(candidates, alone[::2], atol=1e-5)
    assert family.condition(Brief(prompt="a cat", size=SIZE)).shape != conditions[0].shape  # the picture's places move


def test_words_and_references_pass_the_network_once_not_at_every_step(family, pipe, monkeypatch):
    lengths = []
    block = pipe.transformer.transformer_blocks[0]
    handle = block.register_forward_pre_hook(lambda _m, _a, options: lengths.append(options["hidden_states"].shape[1]),
                                             with_kwargs=True)
    drawn(family, Brief(prompt="a red mug on the table", size=SIZE))
    handle.remove()
    tokens = SIZE.pixels // 256
    assert lengths[1:] == [tokens] * 4
    assert lengths[0] < tokens + 20


def test_a_transparent_background_is_asked_for_in_the_cards_words(family, monkeypatch):
    said = []
    monkeypatch.setattr(family, "_encoded", lambda prompt, _pictures: said.append(prompt) or (torch.zeros(3, 16),
                                                                                             torch.zeros(3, dtype=torch.bool)))
    family.condition(Brief(prompt="A fox.", size=SIZE, transparent=True))
    assert said == ["This is an RGBA image with transparency. A fox. "
                    "The image has alpha channel and the background is transparent."]
