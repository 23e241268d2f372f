"""Each edit changes what it names and nothing else, or says why it cannot."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.catalog import pack
from cavendish.engines.comp.planning import edits
from cavendish.engines.comp.planning.edits import Revision, revise
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.scene import Scene
from cavendish.types import ImageRequest, Reference

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")
PROMPT = 'a brown dog wearing a hat next to a red mug and a blue vase in a meadow, with the headline "Hello"'


def base() -> Scene:
    return plan(ImageRequest(prompt=PROMPT))


def edit(words: str, scene: Scene | None = None) -> Revision:
    return revise(scene or base(), ImageRequest(prompt=words))


def changed(before: Scene, after: Scene) -> set[str]:
    """Name the fields that differ, and the keys of the subjects and texts that do."""
    out = {f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)} - {"subjects", "texts", "accent"}
    for name in ("subjects", "texts"):
        old, new = ({p.key: p for p in getattr(s, name)} for s in (before, after))
        out |= {k for k in old.keys() | new.keys() if old.get(k) != new.get(k)}
    return out


@pytest.mark.parametrize(("words", "what"), [
    ("add a red balloon top left", {"balloon"}), ("remove the hat", {"hat"}), ("change the dog to a cat", {"dog"}),
    ("make the mug blue", {"mug"}), ("make it three dogs", {"dog"}), ("move the dog to the left", {"dog"}),
    ("make the dog bigger", {"dog"}), ("put it on a beach", {"setting"}), ("make the background darker", {"adjust"}),
    ("change background to pink", {"setting", "background"}), ("make it night", {"time"}), ("add rain", {"weather"}),
    ("as watercolor", {"style"}), ("brighter, warmer, more contrast", {"adjust"}), ("make it black and white", {"style"}),
    ("blur the background", {"adjust"}), ("zoom in", {"zoom"}), ("zoom out", {"zoom"}),
    ("change the headline to “Big Sale”", {"text"}), ("add the text “SALE”", {"text-2"}), ("remove the text", {"text"}),
    ("make the text red", {"text"}), ("make the mug blue and the vase red", {"mug", "vase"}),
    ("remove the vase and make it night", {"vase", "time"}), ("give the dog sunglasses", {"sunglasses"}),
    ("put a crown on the mug", {"crown"}), ("replace the mug with a bottle of wine", {"mug"}), ("without the hat", {"hat"}),
    ("quita el sombrero", {"hat"}), ("añade un globo rojo", {"globo"}), ("cambia el perro por un gato", {"dog"}),
    ("ajoute un ballon rouge", {"ballon"}), ("entferne den Hut", {"hat"}), ("adicione um gato", {"gato"}),
    ("rimuovi il cappello", {"hat"}), ("change the setting to a kitchen", {"setting"}), ("at sunset", {"time"}),
    ("move it behind the vase", {"dog"}), ("make the sky stormy", {"weather"}), ("the vase should be green", {"vase"}),
    ("paint the mug green", {"mug"}), ("remove the hat from the dog", {"hat"}), ("reduce the contrast", {"adjust"}),
    ("a cat instead of the dog", {"dog"}), ("instead of a dog, draw a cat", {"dog"}), ("make the hat red and move it to the top left", {"hat"}),
    ("change the text to \"Hi\" and make it blue", {"text"}), ("remove everything except the dog", {"hat", "mug", "vase", "dog"}),
    ("犬を猫に変えて", {"dog"}), ("把狗换成猫", {"dog"}), ("背景を夜にして", {"time"}), ("添加一个红色气球", {"气球"}), ("add another dog", {"dog-2"}), ("make everything warmer", {"adjust"}),
])
def test_an_edit_changes_what_it_names_and_nothing_else(words, what):
    revision = edit(words)
    assert changed(base(), revision.scene) == what
    assert revision.changes
    assert not revision.missed


@pytest.mark.parametrize("words", ["rotate it", "translate the text to French", "remove the elephant", "blah blah", "make it day",
                                   "undo", "make the dog brown", "change the headline to “Hello”", "keep everything"])
def test_what_cannot_be_done_is_said_in_words(words):
    revision = edit(words)
    assert revision.scene == base()
    assert revision.missed
    assert not revision.changes


def test_replacing_keeps_key_and_relations():
    scene = edit("change the dog to a cat").scene
    assert scene.find("dog").concept == "cat"
    assert scene.find("dog").relation == base().find("dog").relation
    assert scene.find("hat").relation.target == "dog"


def test_new_values_are_the_ones_said():
    assert edit("change the headline to “Big Sale”").scene.texts[0].text == "Big Sale"
    assert edit("make it three dogs").scene.find("dog").count == 3
    assert edit("add a red balloon top left").scene.find("balloon").region == "top_left"
    assert edit("move it behind the vase").scene.find("dog").relation.target == "vase"


def test_it_means_what_the_clause_before_was_about():
    scene = edit("make the hat red and move it to the top left").scene
    assert (scene.find("hat").region, scene.find("dog").region) == ("top_left", "")
    assert edit('change the text to "Hi" and make it blue').scene.texts[0].color


def test_less_is_less():
    assert edit("reduce the brightness").scene.adjust.brightness < 0 < edit("increase the brightness").scene.adjust.brightness


@pytest.mark.parametrize("words", ["make the dog wear sunglasses", "add sunglasses to the dog", "give the dog sunglasses"])
def test_what_is_worn_goes_on_its_wearer(words):
    assert edit(words).scene.find("sunglasses").relation.target == "dog"


def test_a_description_of_another_picture_is_a_new_picture():
    scene = edit("A photo of a spaceship over a city at night").scene
    assert [s.concept for s in scene.subjects] == ["rocket"]
    assert scene.texts == ()


def test_half_done_says_what_is_missing():
    revision = edit("remove the hat and remove the elephant")
    assert revision.scene.find("hat") is None
    assert "elephant" in revision.changes[-1]


def test_six_turns_add_up():
    scene = base()
    for words in ("make it night", "add a cat next to the dog", "make the cat orange", "change the headline to “Night”", "zoom out",
                  "remove the vase"):
        scene = edit(words, scene).scene
    assert (scene.time, scene.find("cat").relation.target, scene.texts[0].text) == ("night", "dog", "Night")
    assert scene.find("vase") is None
    assert scene.zoom < 1


def test_a_picture_sent_with_an_edit_is_placed():
    picture = Reference(data=b"cup")
    revision = revise(base(), ImageRequest(prompt="add image 1", references=(picture,)))
    assert picture.digest in {s.reference for s in revision.scene.subjects}


def test_the_dispatch_knows_every_verb_of_the_data():
    verbs = {v for table in edits.clauses.vocabulary.table("edits")["verbs"].values() for v in table}
    assert verbs <= edits._OPERATIONS.keys()


words = st.sampled_from(["add", "remove", "make", "change", "it", "to", "the dog", "a cat", "red", "night", "and", ",", "on", "move",
                         "left", "“X”", "the text", "background", "bigger", "three", "with", "put", "give", "image 1"])


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=100), st.lists(words, min_size=1, max_size=12).map(" ".join)))
def test_any_words_either_change_the_scene_or_say_why_not(text):
    if not text.strip():
        return
    revision = edit(text)
    assert (revision.scene == base()) == bool(revision.missed)
    assert Scene.unpack(revision.scene.pack()) == revision.scene


@pytest.mark.parametrize("prompt", ["改成夜晚", "kediyi kaldır", "बिल्ली हटाओ", "اجعلها ليلا", "고양이를 빼줘"])
def test_a_verb_that_is_not_understood_is_said_to_be_so(prompt: str) -> None:
    scene = plan(ImageRequest(prompt="a cat and a red apple on a beach"))
    revision = revise(scene, ImageRequest(prompt=prompt))
    assert (revision.scene == scene) == ("no change was understood" in revision.missed)
