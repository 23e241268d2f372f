"""Two things trade places; what a drawing cannot show is said, never "already as asked"."""

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.planning.edits import revise
from cavendish.engines.comp.planning.planner import plan
from cavendish.types import ImageRequest

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")


def edit(prompt: str, words: str):
    scene = plan(ImageRequest(prompt=prompt))
    return scene, revise(scene, ImageRequest(prompt=words))


@pytest.mark.parametrize("words", ["swap the cat and the dog", "switch the cat with the dog", "Please swap the cat and the dog."])
def test_a_swap_trades_the_places_of_two_things(words):
    before, revision = edit("a black cat next to a brown dog", words)
    assert [s.key for s in revision.scene.subjects] == [s.key for s in reversed(before.subjects)]
    assert {(s.key, s.concept, s.color) for s in before.subjects} == {(s.key, s.concept, s.color) for s in revision.scene.subjects}
    assert all(s.relation is None or s.relation.target != s.key for s in revision.scene.subjects)


def test_a_swap_with_something_absent_says_so():
    _, revision = edit("a cat next to a dog", "swap the cat and the elephant")
    assert "elephant" in revision.missed


@pytest.mark.parametrize("words", ["make the dog look happy", "undo", "undo the last change", "rotate the picture", "flip it",
                                   "rotate the dog by 90 degrees"])
def test_what_cannot_be_done_is_said_and_not_called_done(words):
    before, revision = edit("a dog in a meadow", words)
    assert revision.scene == before
    assert revision.missed
    assert "already" not in revision.missed


def test_what_is_so_already_is_called_so():
    _, revision = edit("a brown dog in a meadow", "make the dog brown")
    assert "already" in revision.missed


@pytest.mark.parametrize("words", ["change the dog to a cat", "remove the dog", "make the dog red"])
def test_a_breed_is_found_by_its_kind(words):
    before, revision = edit("a corgi on a beach", words)
    assert revision.scene != before
    assert not revision.missed
