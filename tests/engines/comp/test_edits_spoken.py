"""Edits as people type them, in twelve languages: each changes what it says on the scene, and nothing else."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.planning.edits import revise
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.planning.vocabulary import hexes
from cavendish.engines.comp.scene import SIZES, Adjust, Scene
from cavendish.types import ImageRequest

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")
PROMPT = 'a brown dog wearing a hat next to a red mug and a blue vase in a meadow, with the headline "Hello"'
SAID = tomllib.loads((Path(__file__).parent / "edits.toml").read_text(encoding="utf-8"))
CASES = [pytest.param(words, fact, id=f"{lang}-{n}") for lang, said in SAID.items()
         for n, (words, fact) in enumerate(said.items())]
SIDE_EFFECTS = {"setting": {"background", "surface"}, "background": {"setting"}}


def parts_changed(before: Scene, after: Scene) -> set[str]:
    """Name the fields that differ, and the keys of the subjects and texts that do."""
    out = {f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)} - {"subjects", "texts", "accent"}
    for name in ("subjects", "texts"):
        old, new = ({p.key: p for p in getattr(s, name)} for s in (before, after))
        out |= {k for k in old.keys() | new.keys() if old.get(k) != new.get(k)}
    return out - {"unread"}


def shown(before: Scene, after: Scene, fact: str) -> tuple[bool, set[str]]:
    """Return whether a fact of the table holds, and which parts of the scene it may have changed."""
    what, _, rest = fact.partition(" ")
    if what == "gone":
        return after.find(rest) is None, {rest} | {s.key for s in before.subjects if s.relation and s.relation.target == rest}
    if what == "new":
        concept, *told = rest.split()
        new = [s for s in after.subjects if before.find(s.key) is None]
        said = {v for s in new for v in (s.color, s.region)}
        return [s.concept for s in new] == [concept] and {hexes().get(t, t) for t in told} <= said, {s.key for s in new}
    if what == "text":
        return [t.text for t in after.texts] == [rest], {"text"}
    if what == "zoom":
        return (after.zoom > before.zoom) == (rest == "in") and after.zoom != before.zoom, {"zoom"}
    if what == "adjusted":
        what, _, rest = rest.partition(" ")
    if what in Adjust.__slots__:
        moved = getattr(after.adjust, what) - getattr(before.adjust, what)
        return (moved > 0) == (rest == "+") and bool(moved), {"adjust"}
    if what in {f.name for f in fields(Scene)}:
        return getattr(after, what) == rest, {what} | SIDE_EFFECTS.get(what, set())
    return _told(before, after, what, rest), {what}


def _told(before: Scene, after: Scene, key: str, said: str) -> bool:
    subject, old = after.find(key), before.find(key)
    assert old is not None
    if subject is None:
        return False
    how, _, value = said.partition(" ")
    grown = SIZES.index(subject.size) - SIZES.index(old.size)
    relation = (subject.relation.kind, subject.relation.target) if subject.relation else ("", "")
    return {"is": subject.concept == value, "colour": subject.color == hexes().get(value), "count": str(subject.count) == value,
            "at": subject.region == value, "bigger": grown > 0, "smaller": grown < 0}.get(how, relation == (how, value))


@pytest.mark.parametrize(("words", "fact"), CASES)
def test_an_edit_does_what_it_says(words: str, fact: str) -> None:
    before = plan(ImageRequest(prompt=PROMPT))
    revision = revise(before, ImageRequest(prompt=words))
    done, may_change = shown(before, revision.scene, fact)
    assert done, (revision.changes, revision.missed)
    assert parts_changed(before, revision.scene) <= may_change
    assert not revision.missed
    assert revision.changes


TWO = {"犬を黒くして、帽子を消して", "把狗变成黑色，去掉帽子", "강아지를 검은색으로 바꾸고 모자를 지워 주세요", "köpeği siyah yap ve şapkayı kaldır",
       "कुत्ते को काला कर दो और टोपी हटा दो", "mach den Hund schwarz und entferne den Hut", "make the dog black and remove the hat",
       "rends le chien noir et enlève le chapeau", "haz el perro negro y quita el sombrero"}


@pytest.mark.parametrize("words", sorted(TWO))
def test_two_changes_in_one_sentence_are_both_done(words: str) -> None:
    scene = revise(plan(ImageRequest(prompt=PROMPT)), ImageRequest(prompt=words)).scene
    assert scene.find("hat") is None
    assert scene.find("dog").color == hexes()["black"]


REFUSED = {"translate the headline to French": "copy", "change the headline to French": "copy", "traduce el título al inglés": "copy",
           "übersetze den Text ins Englische": "copy", "文字を英語に翻訳して": "copy", "把标题翻译成英文": "copy", "crop to a square": "aspect", "make it portrait": "aspect",
           "make the headline bigger": "layout", "make the dog smile": "expression", "rotate the dog": "cannot",
           "remove the elephant": "no elephant"}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_done_says_why(words: str) -> None:
    before = plan(ImageRequest(prompt=PROMPT))
    revision = revise(before, ImageRequest(prompt=words))
    assert revision.scene == before
    assert REFUSED[words] in revision.missed


def test_text_is_translated_from_the_copy_given_and_from_nothing_else() -> None:
    before = plan(ImageRequest(prompt='a dog with the headline "Hello" and the text "Big sale"'))
    revision = revise(before, ImageRequest(prompt='translate the text to French: "hello" = "Bonjour"'))
    assert [t.text for t in revision.scene.texts] == ["Bonjour", "Big sale"]
    assert any("no copy was given for “Big sale”" in c for c in revision.changes)
    assert revise(before, ImageRequest(prompt='translate it: "Bye" = "Adieu"')).missed


def test_general_words_reach_what_they_mean() -> None:
    before = plan(ImageRequest(prompt="three tulips and two apples on a table with a cat"))
    assert revise(before, ImageRequest(prompt="make the flowers red")).scene.find("tulips").color
    assert revise(before, ImageRequest(prompt="remove the fruit")).scene.find("apples") is None
    assert revise(before, ImageRequest(prompt="make the pet white")).scene.find("cat").color


def test_every_language_has_at_least_ten_edits() -> None:
    assert len(SAID) == 12
    assert min(len(said) for said in SAID.values()) >= 10
