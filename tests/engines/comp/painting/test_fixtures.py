"""Windows, doors and fireplaces belong to their room; what lies in a stack, a heap, a row or a circle lies so."""

import numpy as np
import pytest

from cavendish.engines.comp.painting import backdrops_built
from cavendish.engines.comp.painting.casting import staged
from cavendish.engines.comp.painting.props import names
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.scene import Scene
from cavendish.types import ImageRequest
from engines.comp.painting.drawn import SMALL, drawn, thing


def read(prompt: str) -> Scene:
    return plan(ImageRequest(prompt=prompt, model="comp", size=SMALL, seed=1))


@pytest.mark.parametrize("art", ["window", "door", "prop-fireplace", "prop-curtains", "prop-chandelier", "prop-blackboard"])
def test_what_belongs_to_a_room_is_on_its_wall_behind_all_else(art):
    picture = drawn(thing("cat", kind="next_to", target=art), thing(art), setting="room")
    fixture, cat = picture.one(art), picture.one("cat")
    assert fixture.base <= picture.layout.horizon * 1.06 < cat.base
    assert fixture.front < cat.front
    assert not fixture.grounded
    assert fixture.x >= 0
    assert fixture.x + fixture.width <= SMALL.width
    assert fixture.y >= 0


def test_a_window_that_is_beside_a_thing_hangs_on_the_wall_all_the_same():
    picture = drawn(thing("prop-sofa"), thing("window", kind="next_to", target="prop-sofa"), setting="room")
    window = picture.one("window")
    assert window.height > SMALL.height * 0.3
    assert window.base < picture.layout.horizon


def test_a_window_in_the_open_is_a_thing():
    picture = drawn(thing("window"), setting="meadow")
    assert picture.one("window").grounded


def test_rain_is_seen_through_the_window_and_nowhere_else(monkeypatch):
    picture = drawn(thing("window"), setting="room", weather="rain")
    box, rain = picture.one("window"), picture.rows
    monkeypatch.setattr(backdrops_built, "_weather", lambda *_args: None)
    differ = np.abs(drawn(thing("window"), setting="room", weather="rain").rows.astype(int) - rain).max(axis=2) > 2
    inside = np.zeros_like(differ)
    inside[int(box.y) - 4:int(box.base) + 4, int(box.x) - 4:int(box.x + box.width) + 4] = True
    assert differ[inside].mean() > 0.3
    assert not differ[~inside].any()


def test_what_is_on_a_window_sits_on_its_sill():
    picture = drawn(thing("cat", kind="on", target="window"), thing("window"), setting="room")
    window, cat = picture.one("window"), picture.one("cat")
    assert window.y + window.height * 0.7 < cat.base <= window.base + 1
    assert cat.height > window.height * 0.15
    assert window.x <= cat.middle <= window.x + window.width


@pytest.mark.parametrize(("prompt", "way"), [
    ("a stack of blue books", "stack"), ("a pile of oranges", "heap"), ("a row of mugs", "row"), ("a circle of chairs", "circle"),
    ("ein Stapel Bücher", "stack"), ("una pila de libros", "stack"), ("un tas de pommes", "heap"), ("three mugs", "")])
def test_how_copies_lie_is_read(prompt, way):
    subject = read(prompt).subjects[0]
    assert subject.arranged == way
    assert subject.count >= 3


@pytest.mark.parametrize(("way", "columns"), [("stack", 1), ("row", 5)])
def test_a_stack_is_a_column_and_a_row_one_line(way, columns):
    items = drawn(thing("closed-book", count=5, arranged=way)).layout.of("closed-book")
    wide = items[0].width
    assert len({round(i.middle / (wide * 0.5)) for i in items}) >= columns
    feet = sorted(i.base for i in items)
    assert (feet[-1] - feet[0] < wide * 0.2) == (way == "row")
    if way == "stack":
        assert max(i.middle for i in items) - min(i.middle for i in items) < wide * 0.3


def test_a_heap_grows_narrower_and_a_circle_has_a_back():
    heap = drawn(thing("tangerine", count=6, arranged="heap")).layout.of("tangerine")
    feet = {round(i.base) for i in heap}
    assert len(feet) == 3
    ring = drawn(thing("chair", count=6, arranged="circle")).layout.of("chair")
    assert max(i.base for i in ring) - min(i.base for i in ring) > ring[0].height * 0.4


def test_a_scarf_is_worn_round_the_neck():
    scene = staged(Scene(subjects=(thing("girl"), thing("scarf", kind="on", target="girl", color="#cc2222"))))
    assert scene.subjects[1].concept == "prop-scarf"
    assert "prop-scarf" in names()
    assert staged(Scene(subjects=(thing("scarf"),))).subjects[0].concept == "scarf"


def test_steam_rises_over_what_steams():
    cold, hot = (drawn(thing("hot-beverage", material=m), setting="desk") for m in ("", "steaming"))
    cup = hot.one("hot-beverage")
    above = slice(max(0, int(cup.y - cup.height * 0.4)), int(cup.y)), slice(int(cup.x), int(cup.x + cup.width))
    assert np.abs(hot.rows[above].astype(int) - cold.rows[above].astype(int)).max() > 12
    assert read("a steaming cup of coffee").subjects[0].material == "steaming"
    assert read("una taza de café humeante").subjects[0].material == "steaming"


def test_the_moon_is_a_ground_and_snow_lies_on_mountains():
    assert read("an astronaut riding a horse on the moon").setting == "moon"
    assert read("a rover on mars").surface == "#b5582f"
    bare, snowy = (drawn(thing("house"), setting="mountains", surface=s).rows[-40:].mean() for s in ("", "snow"))
    assert snowy > bare + 60
    rider = drawn(thing("astronaut"), setting="moon").one("astronaut")
    assert rider.grounded


@pytest.mark.parametrize("prompt", ["a snowy mountain landscape with a small wooden cabin", "une montagne enneigée avec un chalet",
                                    "雪山下的小木屋", "karlı dağda bir ev", "눈 덮인 산과 작은 오두막"])
def test_snowy_mountains_are_both(prompt):
    scene = read(prompt)
    assert (scene.setting, scene.surface) == ("mountains", "snow")
    assert len(scene.subjects) == 1


def test_a_family_has_children():
    counts = {s.concept: s.count for s in read("a family of four on a beach").subjects}
    assert counts == {"man": 1, "woman": 1, "child": 2}
    assert sum(s.count for s in read("a family of three in a park").subjects) == 3
    assert read("children in a classroom").subjects[0].count == 3


def test_black_marble_is_both_black_and_marble():
    assert read("perfume bottle on black marble, product shot").surface == "#141414 marble"


def test_couples_are_of_one_scale_under_a_lamp():
    picture = drawn(thing("man", kind="under", target="prop-street-lamp"), thing("woman", kind="next_to", target="man"),
                    thing("prop-street-lamp"), setting="street")
    assert 0.8 < picture.one("man").height / picture.one("woman").height < 1.25
