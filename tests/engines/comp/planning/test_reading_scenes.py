"""Relations, counts, colours, styles and places by rule: small sentences of each kind, in several languages."""

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.planning.vocabulary import hexes
from cavendish.engines.comp.scene import Scene
from cavendish.types import ImageRequest

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")


def read(prompt: str) -> Scene:
    return plan(ImageRequest(prompt=prompt))


def related(prompt: str) -> set[tuple[str, str, str]]:
    """Return (who, how, whom) of a prompt's scene, what is held besides included; a card goes by its noun."""
    scene = read(prompt)
    name = {s.key: s.concept or s.noun.lower() for s in scene.subjects}
    said = {(name[s.key], s.relation.kind, name[s.relation.target]) for s in scene.subjects if s.relation}
    return said | {(name[s.key], "holding", name[k]) for s in scene.subjects for k in s.holds}


@pytest.mark.parametrize(("prompt", "wanted"), [
    ("a farmer with two cows behind him", {("cow", "behind", "farmer")}),
    ("a toolbox with a hammer and a wrench beside it", {("hammer", "next_to", "toolbox"), ("wrench", "next_to", "toolbox")}),
    ("a cake with a dog next to it and a cat behind it", {("dog", "next_to", "birthday-cake"), ("cat", "behind", "birthday-cake")}),
    ("a laptop with a mug to its left", {("hot-beverage", "left_of", "laptop")}),
    ("a dog with a ball in its mouth", {("dog", "holding", "soccer-ball")}),
    ("a horse with a girl on its back", {("girl", "on", "horse")}),
    ("an umbrella held by a woman", {("woman", "holding", "umbrella")}),
    ("a hat worn by a dog", {("top-hat", "on", "dog")}),
    ("a girl holding a kite under a tree", {("girl", "holding", "kite"), ("girl", "under", "deciduous-tree")}),
    ("a chef holding a pizza and a knife", {("cook", "holding", "pizza"), ("cook", "holding", "kitchen-knife")}),
    ("a woman wearing a hat, a scarf and sunglasses",
     {("top-hat", "on", "woman"), ("scarf", "on", "woman"), ("sunglasses", "on", "woman")}),
    ("a violinist: a woman playing the violin", {("woman", "holding", "violin")}),
    ("a waiter carrying a cake", {("man", "holding", "birthday-cake")}),
    ("a waiter", {("man", "holding", "fork-and-knife-with-plate")}),
    ("a baby in a bathtub with a rubber duck", {("baby", "inside", "bathtub"), ("duck", "inside", "bathtub")}),
    ("a bird in a nest on a branch", {("bird", "inside", "nest-with-eggs"), ("nest-with-eggs", "on", "branch")}),
    ("a cake surrounded by candles", {("candle", "around", "birthday-cake")}),
    ("three women around a table", {("woman", "around", "table")}),
    ("an airplane above the clouds", {("airplane", "above", "cloud")}),
    ("a bicycle in front of a cafe", {("bicycle", "in_front_of", "prop-storefront")}),
    ("a cat under the table", {("cat", "under", "table")}),
    ("un vase à gauche d'une chaise", {("amphora", "left_of", "chair")}),
    ("ثلاثة طيور فوق بيت", {("bird", "above", "house")}),
    ("मेज के नीचे बिल्ली", {("cat", "under", "prop-table")}),
    ("एक औरत लाल छाता पकड़े हुए", {("woman", "holding", "umbrella")}),
    ("kırmızı şapkalı bir kadın", {("top-hat", "on", "woman")}),
    ("女孩拿着气球站在城堡前面", {("girl", "holding", "balloon"), ("girl", "in_front_of", "castle")}),
])
def test_who_stands_where(prompt, wanted):
    assert related(prompt) == wanted


@pytest.mark.parametrize(("prompt", "concept", "count"), [
    ("a camel caravan", "camel", 5), ("a dozen eggs in a basket", "egg", 12), ("two glasses of wine", "wine-glass", 2),
    ("눈 속의 고양이 두 마리", "cat", 2), ("犬が三匹", "dog", 3), ("六本书", "blue-book", 6), ("كتابان على كرسي", "blue-book", 2),
    ("حصان", "horse", 1), ("a coral reef", "coral", 3)])
def test_how_many(prompt, concept, count):
    assert {s.concept: s.count for s in read(prompt).subjects}[concept] == count


@pytest.mark.parametrize(("prompt", "concept", "color"), [
    ("a black cat", "cat", "black"), ("three blue books", "blue-book", "blue"), ("a brown bear", "bear", "brown"),
    ("un gato negro", "cat", "black"), ("검은 고양이", "cat", "black"), ("a green apple", "green-apple", "green"),
    ("एक लाल छाता", "umbrella", "red"), ("a black feather on white", "feather", "black"), ("an apple", "red-apple", "")])
def test_a_said_colour_is_the_things_own(prompt, concept, color):
    subject = next(s for s in read(prompt).subjects if s.concept == concept)
    assert subject.color == (hexes()[color] if color else "")


@pytest.mark.parametrize(("prompt", "field", "value"), [
    ("children's book illustration of a fox, watercolor", "style", "watercolor"), ("cartoon cat, pastel colors", "style", "pastel"),
    ("comic book panel in noir style, a detective", "style", "noir"), ("a flat vector fox in pastel colors", "style", "flat"),
    ("a cartoon fox", "style", "flat"), ("a wolf in a snowstorm", "weather", "snow"),
    ("a castle", "setting", "meadow"), ("a red car", "setting", "street"), ("a lighthouse", "setting", "beach"),
    ("a park bench", "setting", "meadow"), ("two sailboats", "setting", "sea"), ("a rocket", "setting", "space"),
    ("a penguin", "setting", "snow"), ("an airplane", "setting", "sky"), ("a whale", "setting", "underwater"),
    ("a dog in the rain", "setting", "meadow"), ("a mug in the rain", "setting", "street"), ("a chair in the snow", "setting", "snow"),
    ("a product shot of a car", "setting", "studio"), ("a sticker of a fox", "setting", "studio"), ("a car logo", "setting", "studio"),
    ("a toy car", "setting", "studio"), ("a car on a white background", "setting", "studio"), ("a mug", "setting", "studio"),
    ("a candle and a fox", "setting", "studio"), ("a mug on a dark background", "background", "#16181c"),
    ("sushi, top view, black slate", "surface", "#141414 slate"), ("un cane all'alba", "time", "dawn"),
    ("قارب في البحر ليلا", "setting", "sea")])
def test_the_look_and_the_place(prompt, field, value):
    assert getattr(read(prompt), field) == value


@pytest.mark.parametrize("prompt", ["Documentary photograph of a fox", "Single comic panel: a fox", "Skyscraper ad: a fox"])
def test_words_about_the_picture_are_no_things_in_it(prompt):
    assert [s.concept for s in read(prompt).subjects] == ["fox"]


@pytest.mark.parametrize(("prompt", "text"), [
    ("a poster with the headline Summer Sale and a watermelon", "Summer Sale"), ("a card with the title The Long Way Home", "The Long Way Home"),
    ("poster with the headline BIG DEAL", "BIG DEAL")])
def test_headlines_need_no_quotation_marks(prompt, text):
    assert [t.text for t in read(prompt).texts] == [text]


def test_a_pose_is_read_for_the_living_only():
    scene = read("a sleeping cat and a running fox next to a falling chair")
    assert [(s.concept, s.pose) for s in scene.subjects] == [("cat", "sleeping"), ("fox", "running"), ("chair", "")]


def test_a_place_that_stands_in_a_picture_is_a_thing():
    assert [s.concept for s in read("a snowy mountain landscape with a small wooden cabin").subjects] == ["hut"]
    assert "mountain" in {s.concept for s in read("a poster with a cloud, a mountain and the sea").subjects}
    assert [s.concept for s in read("people in a cabin").subjects] == ["person"]
