"""Presets: which one fits, and that a picture comes out of every one."""

import pytest
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.flux3 import Flux3
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.memory import Place, pick_device
from cavendish.engines.local import profile_of
from cavendish.engines.presets import PRESETS
from cavendish.errors import ConfigError
from cavendish.imaging.raster import view
from cavendish.types import ImageRequest, Size
from engines.diffusers import tiny


@pytest.mark.parametrize("preset", [p for p in PRESETS if not p.compiled], ids=lambda p: p.id)
def test_every_preset_draws(preset):
    place = Place(device=torch.device("cpu"), preset=preset)
    family = Klein(tiny.klein_pipe(), weights("klein-4b"), place, text_layers=tiny.TEXT_LAYERS)
    engine = DiffusionEngine(profile_of(family.facts, "tiny"), family)
    try:
        made = next(iter(engine.generate(ImageRequest(prompt="a cat", size=Size(64, 64), seed=1), lambda *a, **k: None)))
    finally:
        engine.close()
    assert made.pixels.size == Size(64, 64)
    assert view(made.pixels).std() > 1
    assert family._stages.moves == (["text_encoder", "transformer", "vae"] if preset.offload else [])


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own compiler
def test_the_compiled_preset_draws_what_the_plain_one_draws():
    plain = Klein(tiny.klein_pipe(), weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
    pipe = tiny.klein_pipe()
    pipe.transformer.compile_repeated_blocks(fullgraph=True)
    compiled = Klein(pipe, weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
    from cavendish.engines.diffusers.family import Brief
    from engines.diffusers.drawing import drawn
    brief = Brief(prompt="a cat", size=Size(64, 64))
    assert torch.allclose(drawn(plain, brief), drawn(compiled, brief), atol=1e-3)


def test_weights_in_eight_bits_take_half(klein_pipe):
    place = Place(device=torch.device("cpu"), preset=next(p for p in PRESETS if p.id == "8gb"))
    pipe = tiny.klein_pipe()
    Klein(pipe, weights("klein-4b"), place, text_layers=tiny.TEXT_LAYERS)
    stored = {p.dtype for p in pipe.transformer.parameters()}
    assert torch.float8_e4m3fn in stored


def test_faster_attention_is_taken_where_its_package_is_and_says_when_it_does_not_work(monkeypatch):
    preset = next(p for p in PRESETS if p.attention)
    gpu = Place(device=torch.device("cuda"), preset=preset)
    assert Place(device=torch.device("cpu"), preset=preset).attention == ""
    assert gpu.attention == ""  # not installed here
    monkeypatch.setattr("cavendish.engines.diffusers.memory.find_spec", lambda name: name == "flash_attn")
    assert gpu.attention == "flash"
    with pytest.raises(ConfigError, match="attention by flash_attn does not work here"):
        gpu.quicken(tiny.klein_pipe().transformer)


def test_buffers_and_norms_keep_their_precision():
    place = Place(device=torch.device("cpu"), preset=next(p for p in PRESETS if p.id == "12gb"))
    pipe = tiny.flux3_pipe()
    Flux3(pipe, weights("flux-3-klein"), place, text_layers=tiny.TEXT_LAYERS)
    assert pipe.transformer.proj_out.weight.dtype == torch.bfloat16
    assert pipe.transformer.single_transformer_blocks[0].attn.norm_q.weight.dtype == torch.float32
    assert pipe.text_encoder.model.language_model.rotary_emb.inv_freq.dtype == torch.float32


def test_a_missing_gpu_is_said():
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert pick_device("auto").type in ("cpu", "mps")
    with pytest.raises(ConfigError, match="torch finds no GPU"):
        pick_device("cuda")
