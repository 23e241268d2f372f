"""Nouns are drawn as what they are: a reviewed table of what a user would accept, a card where no drawing fits."""

import tomllib
from pathlib import Path

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.planning.planner import plan
from cavendish.types import ImageRequest

TABLE = tomllib.loads((Path(__file__).parent / "fitting.toml").read_text(encoding="utf-8"))
NOUNS = [(noun, frozenset(listed.split())) for group in TABLE.values() for noun, listed in group.items()]
pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")


def played_by(noun: str) -> str:
    """Return the drawing of the pack that plays a noun, "card" when none does."""
    first = plan(ImageRequest(prompt=f"a {noun}")).subjects[0]
    return first.concept if first.concept in pack.concepts() else "card"


def test_the_table_is_large_and_asks_for_both_drawings_and_cards():
    assert len(NOUNS) >= 150
    assert sum("card" in accepted for _, accepted in NOUNS) >= 50
    assert sum("card" not in accepted for _, accepted in NOUNS) >= 70


@pytest.mark.parametrize(("noun", "accepted"), NOUNS, ids=[n for n, _ in NOUNS])
def test_a_noun_is_drawn_as_what_it_is(noun, accepted):
    assert played_by(noun) in accepted


def test_the_accepted_drawings_exist():
    assert {c for _, accepted in NOUNS for c in accepted} - pack.concepts().keys() == {"card"}
