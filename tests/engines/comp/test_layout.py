"""Layout: counts, regions, relations, proportions and room for words, at every size of the table; edits move nothing else."""

from dataclasses import replace
from importlib.resources import files
from itertools import combinations
from random import Random
from tomllib import loads

import pytest

from cavendish.engines.comp.painting import sprites
from cavendish.engines.comp.painting.blocks import Item
from cavendish.engines.comp.painting.layout import Layout, Past, Spot, lay_out
from cavendish.engines.comp.painting.sprites import Shape
from cavendish.engines.comp.scene import (
    FRAMINGS,
    REGIONS,
    RELATIONS,
    SETTINGS,
    TEXT_ROLES,
    Relation,
    Scene,
    SceneText,
    Subject,
)
from cavendish.types import Size

TABLE = loads(files("cavendish.catalog").joinpath("sizes.toml").read_text())["gemini-3"]
SIZES = [Size.parse(px) for row in TABLE.values() for px in row.values()]
DOG = Subject(key="dog", noun="dog", concept="dog")
MUG = Subject(key="mug", noun="mug", concept="hot-beverage")
CAR = Subject(key="car", noun="car", concept="automobile")
BALLOON = Subject(key="balloon", noun="balloon", concept="balloon")


SQUARE = Size(1024, 1024)


def lay(scene: Scene, size: Size = SQUARE, seed: int = 1, past: Past | None = None, spot: Spot | None = None) -> Layout:
    shapes = {s.key: sprites.shape(s.concept) if s.concept else Shape(aspect=1.3) for s in scene.subjects}
    return lay_out(scene, size, seed, shapes, past, spot)


def overlap(a: Item, b: Item) -> float:
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    tall = min(a.base, b.base) - max(a.y, b.y)
    return max(0.0, wide) * max(0.0, tall) / (min(a.width, b.width) * min(a.height, b.height))


def inside(layout: Layout) -> bool:
    w, h = layout.size.width, layout.size.height
    return all(i.x >= 0 and i.y >= 0 and i.x + i.width <= w + 0.5 and i.base <= h + 0.5 for i in layout.items)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_size_of_the_table_holds_everything_whole_and_apart(size: Size) -> None:
    texts = (SceneText(key="t", text="Summer is here"),)
    layout = lay(Scene(subjects=(replace(DOG, count=3), CAR, MUG), texts=texts, setting="beach"), size)
    assert len(layout.items) == 5
    assert inside(layout)
    assert all(overlap(a, b) < 0.02 for a, b in combinations(layout.items, 2))
    box = layout.texts[0].box
    assert not any(box.right > i.x and box.x < i.x + i.width and box.bottom > i.y and box.y < i.base for i in layout.items)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_dozen_stand_apart_in_every_setting(setting: str) -> None:
    layout = lay(Scene(subjects=(replace(DOG, count=12),), setting=setting))
    assert len(layout.of("dog")) == 12
    assert inside(layout)
    assert all(overlap(a, b) < 0.02 for a, b in combinations(layout.items, 2))


def test_a_mug_is_smaller_than_a_dog_and_a_dog_than_a_car() -> None:
    layout = lay(Scene(subjects=(MUG, DOG, CAR), setting="street"))
    mug, dog, car = (max(i.width, i.height) for key in ("mug", "dog", "car") for i in layout.of(key))
    assert mug < 0.8 * dog < dog < 0.8 * car


@pytest.mark.parametrize("region", REGIONS)
def test_regions_are_honoured(region: str) -> None:
    item = lay(Scene(subjects=(DOG, replace(BALLOON, region=region)), setting="sky")).of("balloon")[0]
    x, y = item.middle / 1024, (item.y + item.height / 2) / 1024
    assert ("left" in region) <= (x < 0.42)
    assert ("right" in region) <= (x > 0.58)
    assert ("top" in region) <= (y < 0.45)
    assert ("bottom" in region) <= (y > 0.55)


@pytest.mark.parametrize(("kind", "holds"), [
    ("left_of", lambda a, b: a.x + a.width <= b.x + 1), ("right_of", lambda a, b: a.x >= b.x + b.width - 1),
    ("above", lambda a, b: a.base <= b.y), ("under", lambda a, b: a.base >= b.base - 1 and a.front > b.front),
    ("behind", lambda a, b: a.front < b.front and a.base < b.base),
    ("in_front_of", lambda a, b: a.front > b.front and a.base > b.base),
    ("next_to", lambda a, b: a.x >= b.x + b.width - 1 or a.x + a.width <= b.x + 1),
    ("on", lambda a, b: b.y < a.base < b.y + b.height * 0.7 and b.x < a.middle < b.x + b.width),
    ("inside", lambda a, b: b.x < a.middle < b.x + b.width and a.inside),
])
def test_relations_are_honoured(kind: str, holds: object) -> None:
    cat = Subject(key="cat", noun="cat", concept="cat", relation=Relation(kind=kind, target="box"))
    layout = lay(Scene(subjects=(cat, Subject(key="box", noun="box", concept="package", size="huge")), setting="room"))
    assert holds(layout.of("cat")[0], layout.of("box")[0])


def test_what_is_held_is_at_the_holder() -> None:
    holder = replace(DOG, relation=Relation(kind="holding", target="balloon"))
    layout = lay(Scene(subjects=(holder, BALLOON), setting="meadow"))
    assert overlap(layout.of("dog")[0], layout.of("balloon")[0]) > 0
    assert layout.of("balloon")[0].rests == "dog"


def test_hats_sit_on_heads() -> None:
    hat = Subject(key="hat", noun="hat", concept="top-hat", relation=Relation(kind="on", target="dog"))
    layout = lay(Scene(subjects=(DOG, hat), setting="meadow"))
    dog, worn = layout.of("dog")[0], layout.of("hat")[0]
    assert worn.width < dog.width * 0.5
    assert worn.base < dog.y + dog.height * 0.35


def test_a_circle_of_relations_still_draws_everything() -> None:
    a = replace(DOG, relation=Relation(kind="behind", target="car"))
    b = replace(CAR, relation=Relation(kind="behind", target="dog"))
    assert {i.key for i in lay(Scene(subjects=(a, b))).items} == {"dog", "car"}


def test_copy_space_stays_empty() -> None:
    layout = lay(Scene(subjects=(DOG, CAR), copy_space="left"), Size(1376, 768))
    assert min(i.x for i in layout.items) > 1376 * 0.4


def test_seeds_change_the_layout_and_nothing_else() -> None:
    scene = Scene(subjects=(DOG, replace(MUG, count=4)), setting="meadow")
    assert lay(scene, seed=1) == lay(scene, seed=1)
    first, second = lay(scene, seed=1), lay(scene, seed=2)
    assert first.items != second.items
    assert sorted((i.key, i.index) for i in first.items) == sorted((i.key, i.index) for i in second.items)


def changed(before: Scene, after: Scene) -> tuple[Layout, Layout]:
    first = lay(before, seed=5)
    return first, lay(after, seed=5, past=Past(scene=before, layout=first.as_json()))


def places(layout: Layout, *keys: str) -> list[tuple[str, int, int, int]]:
    return sorted((i.key, round(i.x), round(i.y), round(i.width)) for i in layout.items if i.key in keys)


BEFORE = Scene(subjects=(DOG, CAR), setting="meadow")


@pytest.mark.parametrize("after", [
    replace(BEFORE, subjects=(DOG, CAR, replace(BALLOON, region="top_left"))),
    replace(BEFORE, subjects=(DOG, CAR, replace(MUG, relation=Relation(kind="on", target="car")))),
    replace(BEFORE, time="night"), replace(BEFORE, setting="beach"), replace(BEFORE, style="pixel"),
    replace(BEFORE, texts=(SceneText(key="t", text="Hello"),)),
], ids=["added", "put on", "night", "elsewhere", "style", "headline"])
def test_an_edit_moves_nothing_that_it_does_not_name(after: Scene) -> None:
    first, second = changed(BEFORE, after)
    assert places(first, "dog", "car") == places(second, "dog", "car")
    assert {s.key for s in after.subjects} == {i.key for i in second.items}


def test_what_is_replaced_stands_on_the_same_spot() -> None:
    first, second = changed(BEFORE, BEFORE.with_subject("dog", concept="cat", noun="cat"))
    old, new = first.of("dog")[0], second.of("dog")[0]
    assert abs(old.base - new.base) < 2
    assert abs(old.middle - new.middle) < 2


def test_what_is_removed_leaves_the_rest_alone() -> None:
    first, second = changed(BEFORE, BEFORE.without("dog"))
    assert places(first, "car") == places(second, "car")
    assert not second.of("dog")


def test_more_copies_leave_the_first_ones_alone() -> None:
    first, second = changed(BEFORE, BEFORE.with_subject("dog", count=3))
    assert len(second.of("dog")) == 3
    assert set(places(first, "dog", "car")) <= set(places(second, "dog", "car"))


def test_zooming_out_makes_everything_smaller() -> None:
    first, second = changed(BEFORE, replace(BEFORE, zoom=0.6))
    assert second.of("car")[0].width < first.of("car")[0].width * 0.75
    assert inside(second)


def test_a_spot_takes_what_is_new() -> None:
    item = lay(Scene(subjects=(BALLOON,)), spot=Spot(x=0.5, y=0.1, width=0.3, height=0.3)).items[0]
    assert item.x >= 512
    assert item.x + item.width <= 1024 * 0.8 + 1
    assert item.y >= 102
    assert item.base <= 1024 * 0.4 + 1


def test_a_new_headline_goes_where_it_covers_nothing() -> None:
    tall = replace(BEFORE, subjects=(replace(BALLOON, region="top"), DOG))
    _, second = changed(tall, replace(tall, texts=(SceneText(key="t", text="Hello"),)))
    box = second.texts[0].box
    assert not any(box.right > i.x and box.x < i.x + i.width and box.bottom > i.y and box.y < i.base for i in second.items)


CONCEPTS = ("dog", "hot-beverage", "automobile", "balloon", "sun", "castle", "basket", "top-hat", "")


def anything(own: Random) -> Scene:
    """A scene that nobody would ask for, but somebody might."""
    count = own.randint(1, 6)
    subjects = []
    for i in range(count):
        target = own.randrange(count)
        relation = Relation(kind=own.choice(RELATIONS), target=f"s{target}") if target != i and own.random() < 0.5 else None
        subjects.append(Subject(key=f"s{i}", noun="thing", concept=own.choice(CONCEPTS), count=own.choice((1, 1, 2, 7, 60)),
                                size=own.choice(("tiny", "normal", "huge")), relation=relation, region=own.choice(("", "", *REGIONS))))
    texts = tuple(SceneText(key=f"t{i}", text="Some words", role=own.choice(TEXT_ROLES)) for i in range(own.randint(0, 3)))
    return Scene(subjects=tuple(subjects), texts=texts, setting=own.choice(SETTINGS), framing=own.choice(FRAMINGS),
                 zoom=own.choice((0.4, 1.0, 2.5)), copy_space=own.choice(("", "", "left", "top")))


@pytest.mark.parametrize("seed", range(60))
def test_any_scene_is_whole_and_comes_back_as_it_was(seed: int) -> None:
    own = Random(seed)
    scene, size = anything(own), own.choice(SIZES)
    first = lay(scene, size, seed)
    assert inside(first)
    assert len(first.items) >= sum(s.count for s in scene.subjects)
    second = lay(replace(scene, time="night"), size, seed, Past(scene=scene, layout=first.as_json()))
    assert second == first
