"""OpenAI's models in the catalogue: every id the SDK knows, sizes that follow the picture, tokens by quality."""

from typing import get_args

import pytest
from openai.types import ImageModel

from cavendish.api.openai import models
from cavendish.catalog.models import catalog
from cavendish.ledger import usage
from cavendish.thinking.plan import Plan
from cavendish.types import ImageRequest, Size, Thinking


@pytest.mark.parametrize("name", get_args(ImageModel))
def test_every_id_of_the_sdk_is_known(name: str) -> None:
    assert catalog().model(name).vendor == "openai"


def test_lists_show_every_card_and_its_public_aliases() -> None:
    names = [m["id"] for m in models.render_list(catalog().cards)["data"]]
    assert len(names) == len(set(names))
    assert {"flash", "gpt-image-1", "gemini-3-pro-image-preview"} <= set(names)


@pytest.mark.parametrize(("model", "base", "size"), [
    ("gpt-image-2", "1536x864", "1536x864"),     # legal as it is
    ("gpt-image-2", "1000x1000", "1024x1024"),
    ("gpt-image-2", "4000x2667", "1536x1024"),
    ("gpt-image-1", "1200x1800", "1024x1536"),
    ("dall-e-2", "500x500", "512x512"),
    ("dall-e-2", "3000x1000", "1024x1024"),
])
def test_an_edit_without_a_size_follows_the_picture(model: str, base: str, size: str) -> None:
    named = catalog().model(model).named
    assert named is not None
    assert named.follow(Size.parse(base)) == Size.parse(size)


@pytest.mark.parametrize(("thinking", "size", "tokens"), [
    (Thinking.MINIMAL, "1024x1024", 272), (Thinking.MEDIUM, "1024x1536", 1584), (Thinking.HIGH, "1536x1024", 6208),
    (Thinking.MEDIUM, "2048x2048", 4224),
])
def test_quality_and_size_decide_the_tokens(thinking: Thinking, size: str, tokens: int) -> None:
    request = ImageRequest(prompt="x", model="gpt-image-2", size=Size.parse(size), seed=1, thinking=thinking)
    assert usage.image_tokens(Plan(request=request, aspect_ratio="", tier="1K", shape_fixed=True), catalog().model("gpt-image-2")) == tokens
