"""The catalog's facts are whole: every alias resolves, every table is the vendor's."""

import re
from datetime import date

import pytest

from cavendish.catalog.models import catalog
from cavendish.errors import InvalidValue, UnknownModel
from cavendish.types import TIERS, Size, Usage

CARDS = catalog().cards
IDS = ("gemini-3.1-flash-image", "gemini-3.1-flash-image-preview", "gemini-nano-banana-2.1", "gemini-3-pro-image",
       "gemini-3-pro-image-preview", "nano-banana-pro-preview", "gemini-2.5-flash-image", "gemini-3.1-flash-lite-image",
       "gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare",
       "chatgpt-image-latest", "dall-e-2", "dall-e-3", "flash", "pro", "comp")


@pytest.mark.parametrize("name", IDS)
def test_every_public_id_resolves(name: str) -> None:
    assert catalog().model(name) is catalog().model(f"models/{name.upper()}")


def test_no_name_belongs_to_two_models() -> None:
    names = [n for card in CARDS for n in (card.id, *card.aliases)]
    assert len(names) == len(set(names))
    assert all(set(card.listed_aliases) <= set(card.aliases) for card in CARDS)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownModel):
        catalog().model("gemini-9")


def test_the_table_has_14_ratios_in_4_tiers_of_the_right_shape() -> None:
    table = catalog().model("flash").table
    assert len(table) == 14
    for ratio, row in table.items():
        width, height = map(int, ratio.split(":"))
        assert tuple(row) == TIERS
        for size in row.values():
            assert abs(size.width / size.height / (width / height) - 1) < 0.05, (ratio, size)


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.id)
def test_every_card_is_usable(card) -> None:
    assert card.chain[-1] == "comp"
    assert card.tokens.keys() >= {t for t in card.tiers if t in card.table["1:1"]}
    for ratio in card.ratios:
        if ratio in card.table and "1K" in card.table[ratio]:
            assert card.nearest_ratio(card.size(ratio, "1K")) == ratio


def test_what_a_model_does_not_make_is_refused_with_what_it_does() -> None:
    with pytest.raises(InvalidValue, match="1:8") as caught:
        catalog().model("gemini-3-pro-image").size("1:8", "1K")
    assert "16:9" in caught.value.hint
    with pytest.raises(InvalidValue):
        catalog().model("gemini-nano-banana-2.1").size("1:1", "512")


@pytest.mark.parametrize(("model", "size", "good"), [
    ("gpt-image-2", "3840x2160", True), ("gpt-image-2", "1000x1000", False), ("gpt-image-2", "4096x2160", False),
    ("gpt-image-1", "1536x1024", True), ("gpt-image-1", "512x512", False), ("dall-e-3", "1792x1024", True),
    ("dall-e-2", "256x256", True), ("flash", "777x333", True), ("gemini-3-pro-image", "777x333", False)])
def test_explicit_sizes_follow_the_model(model: str, size: str, good: bool) -> None:
    card = catalog().model(model)
    if good:
        card.check_size(Size.parse(size))
    else:
        with pytest.raises(InvalidValue):
            card.check_size(Size.parse(size))


def test_list_prices_match_the_public_price_per_picture() -> None:
    picture = Usage(output_image=1120)
    assert catalog().model("gemini-3-pro-image").price.of(picture) == 134_400
    assert catalog().model("gemini-3.1-flash-image").price.of(picture) == 67_200
    assert catalog().model("flash").price.of(picture) == 0


def test_openai_tokens_scale_with_area() -> None:
    assert catalog().tokens_for("high", Size(1024, 1536)) == 6240
    assert catalog().tokens_for("low", Size(2048, 2048)) == 272 * 4


@pytest.mark.parametrize("name", ["models", "sizes", "prices"])
def test_every_data_file_says_when_it_was_checked_and_whence(name: str) -> None:
    from importlib.resources import files

    text = files("cavendish.catalog").joinpath(f"{name}.toml").read_text("utf-8")
    assert date.fromisoformat(re.search(r"verified_on = (\S+)", text)[1]) >= date(2026, 11, 1)
    assert re.search(r"Sources?:", text)
