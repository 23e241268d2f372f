"""Every ratio and tier of the table, with every family: drawn near it at a legal size, finished exactly."""

from dataclasses import replace

import pytest

from cavendish.catalog.models import catalog
from cavendish.catalog.weights import all_weights, weights
from cavendish.engines.diffusers import qwen
from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.flux3 import Flux3
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.qwen21 import QwenImage21
from cavendish.engines.diffusers.tensors import legal_size
from cavendish.engines.diffusers.zimage import ZImage
from cavendish.engines.local import profile_of
from cavendish.finish import FinishSpec, finish
from cavendish.imaging.crop import cover
from cavendish.types import ImageRequest, Size
from engines.diffusers import tiny

CARD = catalog().model("flash")
SIZES = [(ratio, tier, CARD.size(ratio, tier)) for tier in CARD.tiers for ratio in CARD.ratios]
SMALL = 128 * 128  # what the toy networks call their native size here: the rest is enlarged


def families():
    yield Klein(tiny.klein_pipe(), weights("klein-4b"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)
    yield ZImage(tiny.zimage_pipe(), weights("z-image-turbo"), tiny.CPU)
    yield qwen.QwenImage(qwen.Networks(draw=tiny.qwen_pipes()[0]), weights("qwen-image-lightning"), tiny.CPU)
    yield QwenImage21(tiny.qwen21_pipe(), weights("qwen-image-2.1"), tiny.CPU)
    yield Flux3(tiny.flux3_pipe(), weights("flux-3-klein"), tiny.CPU, text_layers=tiny.TEXT_LAYERS)


@pytest.fixture(scope="module", params=range(5), ids=["klein", "z-image", "qwen", "qwen-2.1", "flux-3"])
def engine(request):
    family = list(families())[request.param]
    family.facts = replace(family.facts, native_pixels=SMALL)
    made = DiffusionEngine(profile_of(family.facts, "tiny"), family)
    yield made
    made.close()


def test_the_table_has_all_ratios_and_tiers():
    assert len(SIZES) == 14 * 4
    assert {"8:1", "1:8", "4:1", "1:4"} <= {ratio for ratio, _, _ in SIZES}


@pytest.mark.parametrize("facts", all_weights(), ids=lambda facts: facts.id)
def test_every_drawn_size_is_legal_and_little_is_cut_from_it(facts):
    for ratio, tier, size in SIZES:
        drawn = legal_size(size, facts.native_pixels, facts.sides)
        assert (drawn.width % facts.sides, drawn.height % facts.sides) == (0, 0), (ratio, tier)
        assert drawn.pixels <= facts.native_pixels
        kept = cover(drawn, size)
        assert kept.width * kept.height >= 0.9 * drawn.pixels, (ratio, tier)
        if size.pixels <= facts.native_pixels:
            assert drawn.pixels >= 0.85 * size.pixels, (ratio, tier)


def finished(engine, size):
    request = ImageRequest(prompt="a cat", size=size, seed=1, steps=1)
    picture = next(iter(engine.generate(request, lambda *a, **k: None)))
    return finish(picture, 0, FinishSpec(request=request, engine=engine.profile, request_digest="d")).asset.size


@pytest.mark.parametrize(("ratio", "size"), [(r, s) for r, t, s in SIZES if t == "512"], ids=lambda v: str(v))
def test_a_picture_of_the_smallest_tier_is_exact(engine, ratio, size):
    assert finished(engine, size) == size


@pytest.mark.heavy
@pytest.mark.parametrize(("ratio", "size"), [(r, s) for r, t, s in SIZES if t != "512"], ids=lambda v: str(v))
def test_a_picture_of_every_larger_tier_is_exact(engine, ratio, size):
    assert finished(engine, size) == size


def test_a_side_that_fits_is_drawn_as_asked():
    assert legal_size(Size(1024, 1024), weights("qwen-image-2.1").native_pixels, 32) == Size(1024, 1024)
