"""LoRA adapters by name, on a tiny real network."""

import numpy as np
import pytest
import torch
from peft import LoraConfig

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.memory import Place
from cavendish.engines.local import adapters_in, profile_of
from cavendish.engines.presets import choose
from cavendish.errors import ConfigError, InvalidValue, Unsupported
from cavendish.imaging.raster import view
from cavendish.types import ImageRequest, Size
from engines.diffusers import tiny

pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`")  # several adapters are the point


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two adapters for the tiny network, one that fits nothing."""
    made = tmp_path_factory.mktemp("adapters")
    for number, name in enumerate(("ink", "wax")):
        network = tiny.klein_pipe().transformer
        network.add_adapter(LoraConfig(r=2, target_modules=["to_q", "to_k", "to_v"], init_lora_weights=False), adapter_name=name)
        torch.manual_seed(number)
        for key, value in network.named_parameters():
            if "lora_" in key:
                torch.nn.init.normal_(value, std=2.0)
        network.save_lora_adapter(made, adapter_name=name, weight_name=f"{name}.safetensors")
    from safetensors.torch import load_file, save_file
    for name in ("ink", "wax"):
        save_file({f"transformer.{k}": v for k, v in load_file(made / f"{name}.safetensors").items()}, made / f"{name}.safetensors")
    save_file({"unet.nothing.lora_A.weight": torch.zeros(2, 2)}, made / "foreign.safetensors")
    return made


@pytest.fixture
def engine(folder):
    files = adapters_in(folder)
    place = Place(device=torch.device("cpu"), preset=choose(weights("klein-4b"), None), adapters=files)
    family = Klein(tiny.klein_pipe(), weights("klein-4b"), place, text_layers=tiny.TEXT_LAYERS)
    made = DiffusionEngine(profile_of(family.facts, "tiny", tuple(files)), family)
    yield made
    made.close()


def draw(engine, *adapters):
    request = ImageRequest(prompt="a cat", size=Size(64, 64), seed=1, adapters=adapters)
    engine.profile.check(request)
    return view(next(iter(engine.generate(request, lambda *a, **k: None))).pixels).astype(int)


def test_adapters_change_the_picture_by_name_and_weight_and_come_off_again(engine):
    plain, ink, wax = draw(engine), draw(engine, ("ink", 1.0)), draw(engine, ("wax", 1.0))
    both, half = draw(engine, ("ink", 1.0), ("wax", 1.0)), draw(engine, ("ink", 0.5))
    pictures = [plain, ink, wax, both, half]
    assert all((a != b).any() for n, a in enumerate(pictures) for b in pictures[n + 1:])
    assert np.abs(draw(engine) - plain).max() == 0
    assert np.abs(draw(engine, ("ink", 1.0)) - ink).max() == 0


def test_an_unknown_adapter_names_those_that_are_here(engine):
    with pytest.raises(Unsupported) as refused:
        draw(engine, ("oil", 1.0))
    assert "ink" in refused.value.hint


def test_an_adapter_of_another_model_is_said(engine):
    with pytest.raises(ConfigError, match="foreign"):
        draw(engine, ("foreign", 1.0))
    draw(engine)  # and the engine lives on


def test_weights_are_bounded():
    with pytest.raises(InvalidValue, match="weight"):
        ImageRequest(prompt="a", adapters=(("ink", 9.0),))
    with pytest.raises(InvalidValue, match="one twice"):
        ImageRequest(prompt="a", adapters=(("ink", 1.0), ("ink", 1.0)))
