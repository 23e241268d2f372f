"""Do pictures show what was asked? A measured prompt set, checked on pixels, boxes and words. See docs/comp.md."""

from collections import Counter

import pytest

from cavendish.catalog import pack
from cavendish.types import Size
from engines.comp.facts.asked import Case, cases, thing
from engines.comp.facts.checks import Fact, judge

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's drawings")
REACHED = 0.98  # 0.997 was measured, with a margin for other machines' glyphs; docs/comp.md says what is missed
CERTAIN = ("size", "note")  # always true, so not part of the share
QUICK = 12  # every so manieth prompt is drawn by default
SMALL = Size(512, 512)


def share(facts: list[Fact]) -> float:
    counted = [f for f in facts if f.kind not in CERTAIN]
    return sum(f.shown for f in counted) / len(counted)


def missed(facts: list[Fact]) -> list[str]:
    return [f"{f.kind}: {f.what}" for f in facts if not f.shown]


def facts_of(text: str, **facts: object) -> list[str]:
    return missed(judge(Case(text=text, kind="test", size=SMALL, facts=facts))[1])


def test_the_set_is_large_and_of_many_kinds_and_languages():
    every = cases()
    kinds = Counter(c.kind for c in every)
    assert len({c.text for c in every}) == len(every) >= 200
    assert len(kinds) >= 20
    assert sum(kinds[k] for k in ("es", "fr", "de", "pt", "it", "ja", "zh", "ko", "tr", "ar", "hi")) >= 40


def test_every_concept_that_is_asked_for_is_in_the_pack_by_its_exact_name_or_pattern():
    names = {n for c in cases() for line in c.facts.get("show", ()) for n in thing(line).names if n[0] != "@" and "card:" not in n and "*" not in n}
    assert {n for n in names if not n.startswith("prop-")} <= set(pack.concepts())


def test_a_sample_of_the_set_is_shown():
    facts = [f for case in cases()[::QUICK] for f in judge(case)[1]]
    assert missed([f for f in facts if f.kind in CERTAIN]) == []
    assert share(facts) >= 0.9, missed(facts)


@pytest.mark.heavy
def test_the_whole_set_is_shown():
    from engines.comp.facts.letters import shows

    facts = [f for case in cases() for f in judge(case, shows)[1]]
    assert missed([f for f in facts if f.kind in CERTAIN]) == []
    assert share(facts) >= REACHED, missed(facts)


@pytest.mark.parametrize(("text", "wrong"), [
    ("a red balloon", {"show": ["blue balloon"]}),
    ("a red balloon", {"show": ["red umbrella"]}),
    ("two dogs", {"show": ["3 dog"]}),
    ("a cat under a chair", {"rel": ["cat on chair"]}),
    ("a dog to the left of a cat", {"rel": ["dog right_of cat"]}),
    ("a house by day", {"time": "night"}),
    ("a dog in a meadow", {"setting": "desert"}),
    ("a pear on a white background", {"background": "black"}),
    ("a horse", {"style": "watercolor"}),
    ("a horse in the rain", {"weather": "clear"}),
    ("a trophy in the top left corner", {"at": ["trophy bottom_right"]}),
    ("a huge elephant filling the frame", {"space": "left"}),
    ("two dogs and a cat", {"not": ["dog"]}),
    ("a horse", {"framing": "close_up"}),
], ids=lambda v: v if isinstance(v, str) else next(iter(v)))
def test_the_checker_finds_what_is_not_there(text, wrong):
    assert facts_of(text, **wrong) != []


@pytest.mark.parametrize(("text", "right"), [
    ("a red balloon", {"show": ["red balloon"]}),
    ("three dogs", {"show": ["3 dog"]}),
    ("a cat under a chair", {"show": ["cat", "chair"], "rel": ["cat under chair"]}),
    ("a house at night", {"time": "night"}),
    ("a pear on a blue background", {"background": "blue"}),
    ("a trophy in the top left corner", {"at": ["trophy top_left"]}),
    ("a flux capacitor", {"show": ["card:flux capacitor"]}),
], ids=lambda v: v if isinstance(v, str) else next(iter(v)))
def test_the_checker_sees_what_is_there(text, right):
    assert facts_of(text, **right) == []


def test_words_are_read_with_few_mistakes_only():
    from engines.comp.facts.letters import error_rate, plain

    assert error_rate(plain("Summer Sale"), plain("the summer sa1e now")) == 0.1
    assert error_rate(plain("Summer Sale"), plain("winter")) > 0.5
