"""Bodies: people and animals whose art is a head get the rest of them; colours go to clothes; framing decides."""

import numpy as np
import pytest
import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import art, bodies, casting, sprites
from cavendish.engines.comp.painting.proportion import nature
from cavendish.engines.comp.scene import Scene
from cavendish.imaging.raster import Array
from engines.comp.painting.drawn import drawn, thing


def pixels(name: str, side: int = 96) -> Array:
    return np.asarray(art.draw(name, side).toarray(colorType=skia.kRGBA_8888_ColorType))


def with_bodies(kind: str) -> list[str]:
    return [c for c in pack.concepts() if bodies.kind(c) == kind]


def test_the_pack_has_many_people_that_are_heads_or_busts() -> None:
    assert len(with_bodies("head")) > 25
    assert len(with_bodies("bust")) > 50
    assert len(with_bodies("beast")) > 8


@pytest.mark.parametrize("concept", ["woman", "boy", "cook", "firefighter", "health-worker", "santa-claus", "robot"])
@pytest.mark.parametrize("pose", ["stand", "hold", "sit", "ride"])
def test_a_figure_stands_tall_with_its_head_on_top(concept: str, pose: str) -> None:
    rows = pixels(f"{concept}/{pose}")
    solid = rows[..., 3] > 100
    high = np.flatnonzero(solid.any(axis=1))
    wide = np.flatnonzero(solid.any(axis=0))
    assert high[-1] - high[0] > 1.5 * (wide[-1] - wide[0])
    middle = solid[:, 40:56].any(axis=1)
    assert middle[high[0] + 6 : int(high[0] + 0.6 * len(high))].all()  # one piece from the crown to the hips


@pytest.mark.parametrize("concept", ["bear", "panda", "lion", "fox", "wolf", "koala", "frog"])
def test_an_animal_that_is_a_face_sits_on_paws_in_its_own_colour(concept: str) -> None:
    rows, face = pixels(f"{concept}/beast"), pixels(concept)
    solid = rows[..., 3] > 200
    assert solid[88:].any()
    assert solid.sum() > 0.25 * solid.size
    fur = rows[60:90][rows[60:90, :, 3] > 200][:, :3].astype(float)
    own = face[face[..., 3] > 200][:, :3].astype(float)
    nearest = np.abs(fur.mean(axis=0)[None] - own).sum(axis=1).min()
    assert nearest < 90


def test_framing_and_nouns_decide_between_figure_bust_and_face() -> None:
    def of(noun: str = "woman", framing: str = "medium", concept: str = "woman") -> str:
        scene = Scene(subjects=(thing(concept, noun=noun, key="who"),), framing=framing)
        found = casting.staged(scene).find("who")
        return found.concept if found else ""

    assert of() == "woman/stand"
    assert of(framing="wide") == "woman/stand"
    assert of(framing="close_up") == "woman/bust"
    assert of(noun="woman's face", concept="woman") == "woman/stand" or of(noun="face of a woman") == "woman"
    assert of(noun="woman face") == "woman"
    assert of(concept="cook", noun="chef", framing="close_up") == "cook"
    assert of(concept="fox", noun="fox") == "fox/beast"
    assert of(concept="fox", noun="fox", framing="close_up") == "fox"
    assert of(concept="dog-face", noun="dog") == "dog"
    assert of(concept="dog-face", noun="dog face") == "dog-face"
    assert of(concept="teacher", noun="teacher") == "teacher"


@pytest.mark.parametrize("concept", ["woman", "man-beard", "cook", "police-officer"])
def test_a_persons_colour_is_the_colour_of_the_clothes(concept: str) -> None:
    plain, red = pixels(f"{concept}/stand", 192), pixels(f"{concept}/stand/#c81e1e", 192)
    head = slice(0, 44)
    assert np.abs(plain[head].astype(int) - red[head].astype(int)).mean() < 4
    body = red[70:110][red[70:110, :, 3] > 200][:, :3].astype(int)
    assert (body[:, 0] > body[:, 1] + 40).mean() > 0.5


def test_people_of_a_group_differ() -> None:
    names = [bodies.varied("person/stand", i) for i in range(6)]
    assert len(set(names)) == 6
    assert bodies.varied("cook/stand", 3) == "cook/stand"
    assert bodies.varied("dog", 2) == "dog"
    picture = drawn(thing("person", count=4))
    colors = [picture.rows[int(i.y + i.height * 0.45), int(i.middle)].astype(int) for i in picture.layout.of("person")]
    assert min(np.abs(a - b).sum() for k, a in enumerate(colors) for b in colors[:k]) > 40


def test_grown_ups_are_taller_than_children_and_children_than_babies() -> None:
    def tall(concept: str) -> float:
        picture = drawn(thing(concept), thing("chair"))
        return picture.one(concept).height / picture.one("chair").height

    assert tall("man") > tall("boy") > tall("baby")


def test_a_hat_sits_on_the_head_of_a_figure() -> None:
    picture = drawn(thing("man"), thing("top-hat", kind="on", target="man"))
    man, hat = picture.one("man"), picture.one("top-hat")
    assert abs(hat.middle - man.middle) < 0.12 * man.width
    assert hat.base < man.y + 0.2 * man.height
    assert hat.width < man.width


def test_the_same_figure_is_the_same_pixels() -> None:
    first = pixels("woman/hold", 192)
    sprites._dressed_small.cache_clear()
    bodies.looks.cache_clear()
    assert (pixels("woman/hold", 192) == first).all()


PAIRS = [line.split() for line in """
mug-like:hot-beverage automobile; cat dog; dog horse; mouse cat; hot-beverage laptop; key laptop; ring watch
red-apple watermelon; banana pineapple; cat lion; lion elephant; elephant whale; bicycle automobile; motorcycle bus; taxi bus
chair house; house castle; tent house; book chair; mobile-phone laptop; laptop desktop-computer; pencil laptop; candle chair
light-bulb chair; teapot chair; bird:baby-chick eagle; duck flamingo; frog rabbit; squirrel fox; fox wolf; fox horse; hedgehog pig
goat cow; penguin polar-bear; bouquet deciduous-tree; sunflower palm-tree; cactus evergreen-tree; rose cactus; pizza bed
birthday-cake bed; hamburger birthday-cake; soccer-ball bicycle; basketball person; violin guitar; trumpet guitar; handbag luggage
running-shoe luggage; glasses top-hat; watch handbag; coin handbag; camera teddy-bear; teddy-bear snowman; crab dolphin; fish dolphin
dolphin whale; tropical-fish shark; turtle crocodile; snake t-rex; canoe sailboat; sailboat ship; automobile airplane
prop-plate prop-table; prop-mug prop-vase; prop-lamp prop-sofa; prop-stool prop-bench; prop-box automobile
""".replace("mug-like:", "").replace("apple:", "").replace("bird:", "").replace("\n", ";").split(";") if line.strip()]


def test_of_sixty_pairs_the_smaller_thing_is_drawn_smaller() -> None:
    assert len(PAIRS) >= 60
    wrong = [(a, b) for a, b in PAIRS if not nature(thing(a)).size < nature(thing(b)).size]
    assert not wrong


@pytest.mark.parametrize(("small", "large"), [("hot-beverage", "automobile"), ("cat", "horse"), ("rose", "deciduous-tree")])
def test_and_so_it_is_on_the_picture(small: str, large: str) -> None:
    picture = drawn(thing(small), thing(large))
    assert picture.alone(small).sum() < 0.6 * picture.alone(large).sum()
