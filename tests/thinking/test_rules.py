"""The rules read what words say in so many terms, and nothing else."""

import pytest

from cavendish.thinking.rules import read
from cavendish.types import Thinking


@pytest.mark.parametrize(("words", "ratio"), [
    ("a red barn, 16:9", "16:9"), ("a barn in 3 by 2 format", "3:2"), ("an Instagram story about shoes", "9:16"),
    ("portrait format, a cat", "3:4"), ("a cat, in portrait", "3:4"), ("landscape orientation: hills", "4:3"), ("a square image of a dog", "1:1"),
    ("a banner for a bakery", "4:1"), ("Design a web banner with bread", "4:1"), ("a YouTube  thumbnail", "16:9"), ("an A4 poster of a band", "3:4"),
    ("a portrait of a woman", ""), ("a landscape with hills", ""), ("a square on a table", ""), ("a man holding a banner", ""),
    ("a clock at 10:30 pm", ""), ("a clock that shows 3:45", ""), ("a sign “16:9”", ""), ("a vertical garden", ""), ("", "")])
def test_a_shape_is_read_where_it_is_named(words: str, ratio: str) -> None:
    assert read(words).ratio == ratio


@pytest.mark.parametrize(("words", "texts"), [
    ('a poster that says "Big Sale" and “50% off”', ("Big Sale", "50% off")), ("a sign reading 'Joe's Bar' at night", ("Joe's Bar",)),
    ("ein Schild „Hallo Welt“", ("Hallo Welt",)), ("看板「営業中」", ("営業中",)), ("une affiche « Été »", ("Été",)),
    ('a dog named "Rex" beside a sign "OPEN"', ("OPEN",)), ('remove the word "SALE"', ()), ('replace "OLD" with "NEW"', ("NEW",)),
    ('a shirt with the word "LOVE"', ("LOVE",)), ('in the style of "Starry Night"', ()), ("it's a dog's life", ()), ('"A" then "A"', ("A",))])
def test_quoted_text_is_to_be_shown_unless_the_words_say_otherwise(words: str, texts: tuple[str, ...]) -> None:
    assert read(words).texts == texts


@pytest.mark.parametrize(("words", "counts"), [
    ("three red cups and 2 dogs on a table", ["3 red cups", "2 dogs"]), ("two people riding 3 horses", ["2 people", "3 horses"]),
    ("5 minutes later", []), ("10 to 20 people", []), ("4 variations of a cat", []), ("a 50 mm lens", []), ("two of them", []),
    ("one dog", []), ("a sign “3 dogs”", []), ("1000 birds", [])])
def test_counts_are_of_things(words: str, counts: list[str]) -> None:
    assert [str(c) for c in read(words).counts] == counts


@pytest.mark.parametrize(("words", "negatives"), [
    ("a street, no people, no cars", ("people", "cars")), ("a wall without text or watermarks", ("text", "watermarks")),
    ("don't show any clouds", ("clouds",)), ("no doubt a cat", ()), ("paint it without changing the background", ()),
    ("a sign “no parking”", ()), ("a knot", ())])
def test_negatives_are_read(words: str, negatives: tuple[str, ...]) -> None:
    assert read(words).negatives == negatives


@pytest.mark.parametrize(("words", "level"), [
    ('a sign "OPEN"', Thinking.HIGH), ("three cups", Thinking.MEDIUM), ("a dog", Thinking.MINIMAL), ("word " * 30, Thinking.MEDIUM)])
def test_dynamic_is_resolved_by_the_words(words: str, level: Thinking) -> None:
    assert read(words).level(Thinking.DYNAMIC, can_misspell=True) is level


def test_an_asked_level_stands() -> None:
    assert read('a sign "OPEN"').level(Thinking.MINIMAL, can_misspell=True) is Thinking.MINIMAL
    assert read('a sign "OPEN"').level(Thinking.DYNAMIC, can_misspell=False) is Thinking.MEDIUM


def test_reading_is_linear_in_hostile_words() -> None:
    for words in ("'" * 131_072, '"' * 131_071, "no " * 40_000, "2 a " * 30_000, "in portrait " * 10_000, "1:" * 60_000, "“" * 100_000):
        reading = read(words)
        assert len(reading.texts) <= 8
        assert len(reading.negatives) <= 12
