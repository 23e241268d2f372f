"""Presets by memory, without torch."""

import pytest

from cavendish.catalog.weights import all_weights, weights
from cavendish.engines.presets import choose
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


def test_the_catalog_is_whole():
    for row in all_weights():
        assert row.licence_url.startswith("https://")
        assert set(row.parameters) >= {"transformer", "text_encoder", "vae"}
        assert row.requires_safety or row.commercial_use
