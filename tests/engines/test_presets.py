"""Presets by memory, without torch."""

import pytest

from cavendish.catalog.weights import all_weights, weights
from cavendish.engines.presets import PRESETS, choose, relief, smaller
from cavendish.errors import ConfigError


@pytest.mark.parametrize(("model", "device_gb", "preset"), [
    ("klein-4b", 141, "80gb"), ("klein-4b", 80, "80gb"), ("klein-4b", 23.6, "24gb"), ("klein-4b", 16, "12gb"),
    ("klein-4b", 12, "12gb"), ("klein-4b", 8, "8gb"), ("klein-4b", None, "cpu"), ("z-image-turbo", 23.6, "24gb"),
    ("z-image-turbo", 12, "8gb"), ("qwen-image", 141, "80gb"), ("qwen-image", 80, "24gb-fp8"), ("qwen-image", 23.6, "24gb-fp8")])
def test_the_best_preset_that_fits_is_chosen(model, device_gb, preset):
    assert choose(weights(model), device_gb).id == preset


def test_what_fits_nowhere_says_what_would():
    with pytest.raises(ConfigError, match="needs 23 GB of GPU memory and 8 GB are here"):
        choose(weights("qwen-image"), 8)
    with pytest.raises(ConfigError, match="CAVENDISH_PRESET='mine'"):
        choose(weights("klein-4b"), 8, "mine")


def test_what_is_set_when_memory_ran_out_needs_less():
    klein = weights("klein-4b")
    named = {p.id: p for p in PRESETS}
    assert smaller(klein, named["80gb"]).id == "24gb-fp8"
    assert smaller(klein, named["12gb"]).id == "8gb"
    assert smaller(klein, named["8gb"]) is None
    assert relief(klein, named["24gb"]) == "CAVENDISH_PRESET=24gb-fp8, which needs about 6 GB of GPU memory instead of 18"
    assert "CAVENDISH_DEVICE=cpu" in relief(klein, named["8gb"])
    assert relief(klein, named["cpu"]) == ""


def test_graphs_are_taken_by_name_only():
    assert not any(choose(row, 1000).graphs for row in all_weights())
    assert choose(weights("klein-4b"), 141, "80gb-graphs").graphs


def test_the_catalog_is_whole():
    for row in all_weights():
        assert row.licence_url.startswith("https://")
        assert set(row.parameters) >= {"transformer", "text_encoder", "vae"}
        assert row.requires_safety == row.licence.startswith("FLUX")  # these oblige who runs them to filter
        assert row.commercial_use == (row.licence == "Apache-2.0")
