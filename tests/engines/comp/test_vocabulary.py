"""What words mean: names of the art, everyday nouns, and data files that point at nothing that is not there."""

import re
import time

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp import scene
from cavendish.engines.comp.planning import vocabulary
from cavendish.engines.comp.planning.planner import adjusted, plan
from cavendish.engines.comp.planning.words import fold, hold, phrase, tokens
from cavendish.engines.comp.scene import Adjust
from cavendish.types import ImageRequest

needs_pack = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")
NOUNS = [(concept, noun) for group, entries in vocabulary.table("things").items() if group not in ("kinds", "plain", "none")
         for concept, listed in entries.items() for noun in vocabulary.phrases(listed)]


@needs_pack
def test_data_files_name_drawings_that_exist():
    named = {c for c, _ in NOUNS} | {c for e in vocabulary.table("nouns").values() for c in e}
    named |= vocabulary.kinds("containers") | vocabulary.kinds("wearables")
    together = [text.partition(" ") for text in vocabulary.table("combinations")["en"].values()]
    named |= {owner for owner, _, _ in together}
    named |= {part.split(" ")[-1] for _, _, parts in together for part in vocabulary.phrases(parts)}
    named |= {text.split(" ")[1] for text in vocabulary.table("combinations")["dressing"].values()}
    named |= {c for listed in vocabulary.table("habitats")["concept"].values() for c in vocabulary.phrases(listed)}
    named = {c for c in named if not c.startswith("prop-")}  # the painter's own drawings
    assert named - pack.concepts().keys() == {""}  # "" = on purpose a card


@needs_pack
def test_three_thousand_nouns_resolve():
    senses = vocabulary.lexicon("en").senses
    assert len(NOUNS) > 2000
    assert [n for _, n in NOUNS if "concept" not in senses[phrase(n)]] == []


@needs_pack
def test_asking_for_a_noun_draws_it():
    lost = [noun for _, noun in NOUNS if noun[0].isalpha()
            and not any(s.concept for s in plan(ImageRequest(prompt=f"a photo of a {noun}")).subjects)]
    assert len(lost) < len(NOUNS) * 0.02, lost


@needs_pack
@pytest.mark.parametrize("noun", ["dog", "cat", "pizza", "guitar", "astronaut", "castle", "bicycle", "tulip"])
def test_the_plain_name_is_the_plain_drawing(noun):
    assert [s.concept for s in plan(ImageRequest(prompt=f"a {noun}")).subjects] == [noun]


@needs_pack
def test_every_lexicon_loads_quickly():
    for lang in vocabulary.LANGUAGES:
        vocabulary.lexicon.cache_clear()
        pack.concepts.cache_clear()
        start = time.process_time()
        assert len(vocabulary.lexicon(lang).senses) > 1000
        assert time.process_time() - start < 1.0  # measured under 0.1 s; the margin is for loaded machines


@pytest.mark.parametrize(("kind", "allowed"), [
    ("setting", scene.SETTINGS), ("time", scene.TIMES), ("weather", scene.WEATHERS), ("style", scene.STYLES),
    ("framing", scene.FRAMINGS), ("size", scene.SIZES), ("region", scene.REGIONS), ("script", scene.TEXT_ROLES),
    ("poses", scene.POSES),
    ("relation", (*scene.RELATIONS, "wearing", "held_by", "worn_by", "surrounded_by", "between"))])
def test_data_values_are_those_of_the_scene(kind, allowed):
    table = vocabulary.table("looks").get(kind) or vocabulary.table("grammar")[kind]
    assert {place(v) if kind == "setting" else said(v) for by_value in table.values() for v in by_value} <= set(allowed)


def place(value: str) -> str:
    """Return the setting of a place with what covers it: "mountains snow", "moon #b5582f"."""
    setting, _, cover = value.partition(" ")
    return setting if not cover or cover == "snow" or re.fullmatch(r"#[0-9a-f]{6}", cover) else value


def said(value: str) -> str:
    """Return what a value of the data says; "day warmth+0.25" is day, and "day nonsense" is nothing that is allowed."""
    first, _, light = value.partition(" ")
    parts = [re.fullmatch(r"([a-z_]+)[+-]\d+(?:\.\d+)?", part) for part in light.split()]
    return first if all(p and p[1] in Adjust.__slots__ for p in parts) and not value.endswith(" ") else value


@pytest.mark.parametrize("value", ["day nonsense", "day warmth", "day warmth+", "day warmth+0.2 nonsense", "day shine+0.2"])
def test_a_value_with_anything_but_adjustments_behind_it_is_not_allowed(value):
    assert said(value) not in scene.TIMES


def test_places_of_things_are_settings_of_the_scene():
    table = vocabulary.table("habitats")
    named = {s for kind in ("noun", "concept", "subgroup") for s in table[kind]} | set(table["open"].values())
    assert named <= set(scene.SETTINGS)


def test_no_thing_is_at_home_in_two_places():
    for kind in ("noun", "concept", "subgroup"):
        listed = [p for text in vocabulary.table("habitats")[kind].values() for p in set(vocabulary.phrases(text))]
        assert sorted(listed) == sorted(set(listed))


def test_every_adjustment_of_the_data_changes_something():
    listed = [v for by_value in vocabulary.table("looks")["adjust"].values() for v in by_value]
    assert all(adjusted(Adjust(), [v]) != Adjust() for v in listed)


@pytest.mark.parametrize(("text", "lang"), [
    ("un gato rojo en la mesa", "es"), ("ein roter Hund auf dem Tisch", "de"), ("un chat noir sur une table", "fr"),
    ("due gatti bianchi su una sedia", "it"), ("três cachorros na praia", "pt"), ("masanın üzerinde kırmızı bir fincan", "tr"),
    ("赤い猫が机の上に", "ja"), ("一只黑猫", "zh"), ("책상 위에 빨간 컵", "ko"), ("قطة سوداء", "ar"), ("मेज पर लाल कप", "hi"),
    ("a red fox", "en"), ("perro azul", "es")])
def test_the_language_is_told_from_the_words(text, lang):
    if not pack.present():
        pytest.skip("needs the art pack's names")
    assert vocabulary.guess_language(tokens(text), text) == lang


def test_spelling_variants_fold_together():
    assert fold("Café") == fold("CAFE") == "cafe"
    assert fold("İstanbul") == "istanbul"
    assert phrase("Wine-Glass") == "wine glass"


@pytest.mark.parametrize("text", ['say "Hi there" now', "say “Hi there” now", "say «Hi there» now", "say 「Hi there」 now",
                                  "say ‘Hi there’ now", "say 'Hi there' now", "say „Hi there“ now"])
def test_quoted_words_are_held_exactly(text):
    assert [q.text for q in hold(text)[1]] == ["Hi there"]


def test_apostrophes_are_not_quotes():
    assert hold("the dog's bowl and the cat's toy, don't blur")[1] == ()
