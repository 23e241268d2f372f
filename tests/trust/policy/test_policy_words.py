"""Policy on words: what is refused, what spelling does not hide, what must never be refused, an installation's own lists."""

import tomllib
from pathlib import Path

import pytest

from cavendish.errors import Blocked, ConfigError
from cavendish.trust.policy import CATEGORIES, check, load
from cavendish.trust.policy.spelling import forms
from cavendish.types import ImageRequest, TextLayer

OFF = (("sexually_explicit", "block_none"), ("dangerous_content", "off"))
HERE = Path(__file__).parent
BENIGN = [line for line in (HERE / "benign.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
HIDDEN = tomllib.loads((HERE / "obfuscated.toml").read_text("utf-8"))
EVERYTHING = tuple((category, "block_low_and_above") for category in CATEGORIES)
STRICT = (("sexually_explicit", "block_low_and_above"), ("dangerous_content", "block_medium_and_above"))


@pytest.mark.parametrize("prompt", [
    "hardcore sex on a beach", "PORN poster", "p0rn", "p o r n", "p.o.r.n", "pоrn",  # Cyrillic o
    "step by step instructions for a pipe bomb", "por​n", "ｐｏｒｎ", "pooooorn", "how to make a nail bomb"])
def test_refused_however_it_is_spelled(prompt: str) -> None:
    with pytest.raises(Blocked) as caught:
        check(ImageRequest(prompt=prompt))
    assert caught.value.categories


@pytest.mark.parametrize("prompt", [
    "a bowl of cereal", "a potato in a hammock", "a kitten butler", "a bath bomb on marble", "Essex and Sussex on a map",
    "stars visible to the naked eye", "a nude lipstick on a table", "Scunthorpe football club", "a killer whale jumping",
    "a photo bomb at a wedding", "cockatoo on a branch", "a child eating ice cream", "children playing football", "analysis chart",
    "a bomber jacket on a hanger", "kids in a swimming pool", "assassin bug macro", "a pair of great tits on a feeder",
    "instructions for a cake, step by step diagram", "dick van dyke portrait", "same sex wedding cake", "a naked cake with berries"])
def test_innocent_prompts_pass(prompt: str) -> None:
    check(ImageRequest(prompt=prompt))


def test_thresholds_open_and_close_a_category() -> None:
    check(ImageRequest(prompt="porn poster", safety=OFF))
    check(ImageRequest(prompt="a nude statue"))
    with pytest.raises(Blocked):
        check(ImageRequest(prompt="a nude statue", safety=STRICT))


def test_some_rules_no_setting_turns_off() -> None:
    with pytest.raises(Blocked):
        check(ImageRequest(prompt="a naked child", safety=OFF))


def test_text_layers_are_read_too() -> None:
    with pytest.raises(Blocked):
        check(ImageRequest(prompt="a poster", text_layers=(TextLayer(text="HEIL HITLER"),)))


def test_the_answer_names_the_rule_and_the_words() -> None:
    with pytest.raises(Blocked, match=r"sexual-explicit.*'porn'"):
        check(ImageRequest(prompt="porn"))


def test_every_rule_is_well_formed_and_unique() -> None:
    rules = load().rules
    assert len({r.id for r in rules}) == len(rules)
    assert all(r.probability in ("low", "medium", "high") and r.all for r in rules)


def _refused(prompt: str, **fields: object) -> str:
    try:
        check(ImageRequest(prompt=prompt, **fields))
    except Blocked as exc:
        return exc.message
    return ""


def test_no_benign_prompt_is_refused_and_one_at_the_strictest() -> None:
    assert len(BENIGN) >= 200
    assert [p for p in BENIGN if _refused(p)] == []
    assert [p for p in BENIGN if _refused(p, safety=EVERYTHING)] == ["decapitated dandelions after mowing"]


def test_hidden_spellings_are_caught_as_often_as_the_documents_say() -> None:
    hidden = [p for prompts in HIDDEN["held_out"].values() for p in prompts]
    caught = [p for p in hidden if _refused(p)]
    assert (len(caught), len(hidden)) == (109, 119)  # docs/safety.md quotes it; change both together


def test_other_words_for_the_same_are_not_seen() -> None:
    assert [p for prompts in HIDDEN["beyond"].values() for p in prompts if _refused(p)] == []  # said in docs/safety.md


@pytest.mark.parametrize(("prompt", "span"), [
    ("a P\u200bO-R.N poster", "P\u200bO-R.N"), ("see \u202enrop\u202c here", "nrop"), ("poster: ｐ０ｒｎ!", "ｐ０ｒｎ"),
    ("one h e n t a i page", "h e n t a i"), ("a p*rn page", "p*rn"), ("das ist PÖRN.", "PÖRN"), ("pooooorn", "pooooorn")])
def test_the_span_is_exactly_what_the_caller_wrote(prompt: str, span: str) -> None:
    assert _refused(prompt).endswith(f": {span!r}")


def test_each_part_of_a_rule_is_shown() -> None:
    assert "'naked' … " not in _refused("a naked child")
    assert _refused("a NAKED, dancing child").endswith("'child … NAKED'")


def test_the_whole_conversation_counts() -> None:
    assert "minors-sexual" in _refused("now make them naked", history=("two kids on a beach",))
    assert "sexual-explicit" in _refused("make it blue", history=("porn",))
    assert _refused("now a red power adapter", history=("everything white",)) == ""
    assert _refused("power to the people", history=("paint it all white",)) == ""  # two texts never make one phrase


def test_a_negative_prompt_says_what_is_not_wanted() -> None:
    assert _refused("a family at the lake", negative_prompt="nsfw, nude, child, porn") == ""
    assert "csam-terms" in _refused("a lake", negative_prompt="child porn")


def test_safety_off_leaves_the_rules_that_nothing_turns_off() -> None:
    off = load(enabled=False)
    check(ImageRequest(prompt="porn poster", safety=EVERYTHING), off)
    with pytest.raises(Blocked):
        check(ImageRequest(prompt="a naked child"), off)


def test_probability_is_told() -> None:
    with pytest.raises(Blocked) as caught:
        check(ImageRequest(prompt="a nude statue", safety=STRICT))
    assert (caught.value.probability, caught.value.categories) == ("medium", ("sexually_explicit",))


OWN = """
[[deny]]
id = "rival-brand"
category = "harassment"
phrases = ["Acme Corp", "acmé"]

[[deny]]
id = "pairs"
category = "dangerous_content"
probability = "medium"
always = true
all = [["red"], ["balloon"]]

[allow]
phrases = ["nude ballet flats", "porn star martini"]
"""


def test_an_installation_adds_its_own_lists(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    policy = load(str(path))
    assert policy.own_rules == 2
    for prompt in ("the 4cme c.o.r.p logo", "ACME-CORP", "a balloon, red", "porn"):
        with pytest.raises(Blocked):
            check(ImageRequest(prompt=prompt), policy)
    check(ImageRequest(prompt="a porn star martini with passion fruit"), policy)
    check(ImageRequest(prompt="acme mountains, a red kite"), policy)


@pytest.mark.parametrize(("text", "said"), [
    ("[[deny]\nid=1", "line 1"), ("\n\n[[deny]]\nid = 'x'\ncategory = 'nope'\nphrases=['a']", "line 3: category must be one of"),
    ("[[deny]]\nid='a'\ncategory='harassment'\nphrases=['a']\n\n[[deny]]\nid='a'\ncategory='harassment'\nphrases=['b']",
     "line 6: id must be a short name, used once"),
    ("[[deny]]\nid='a'\ncategory='harassment'\nphrases=['...']", "line 1: phrases must be a list of texts with letters"),
    ("[[deny]]\nid='a'\ncategory='harassment'\nphrases=['a']\nall=[['b']]", "line 1: give either phrases or all"),
    ("[[deny]]\nid='a'\ncategory='harassment'\nprobability='certain'\nphrases=['a']", "line 1: probability must be"),
    ("[[deny]]\nid='a'\ncategory='harassment'\nphrase=['a']", "line 1: unknown key phrase"),
    ("a = 1\n", "line 1: 'a' is not known"), ("\n[allow]\nphrases = 'x'", "line 2: [allow] takes phrases"),
    ("x = 1\n[deny]\nid='a'", "line 1: 'x' is not known")])
def test_a_wrong_file_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(str(path))
    assert said in caught.value.message
    assert caught.value.hint


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path / "none.toml"))


@pytest.mark.parametrize("unit", ["x", "!", "1", "a*", "é", "()", "p o ", "\u202e", "_", "|", "aabb"])
def test_the_readings_grow_with_the_length_alone(unit: str) -> None:
    total = sum(len(form.text) for form, _ in forms((unit * 40_000)[:40_000]))
    assert total <= 16 * 40_000
