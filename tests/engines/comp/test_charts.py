"""Charts, points and buttons: what is read from words, and what the pixels show of the numbers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import skia

from cavendish.catalog import pack
from cavendish.engines.comp import notes
from cavendish.engines.comp.painting import charts as painted
from cavendish.engines.comp.painting import figures, lettering_veil, painter, recolor, sprites
from cavendish.engines.comp.painting.layout import Layout, Past, lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.painting.sprites import Shape
from cavendish.engines.comp.painting.zones import Box
from cavendish.engines.comp.planning import charts
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.scene import Chart, Relation, Scene, SceneText, Subject
from cavendish.errors import InvalidValue
from cavendish.imaging.raster import Array
from cavendish.imaging.typeset import Type, fit
from cavendish.types import ImageRequest, Size

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's fonts and names")
RED = "#e02020"
SIZES = [Size(640, 640), Size(1536, 192), Size(192, 1536), Size(768, 432), Size(432, 768)]


def read(prompt: str) -> Scene:
    return plan(ImageRequest(prompt=prompt))


def draw(scene: Scene, size: Size = SIZES[0]) -> Array:
    shapes = {s.key: sprites.shape(s.concept) if s.concept else Shape(aspect=1.3) for s in scene.subjects}
    return painter.paint(scene, lay_out(scene, size, 1, shapes), 1, Media())


def like(rows: Array, color: tuple[int, int, int], reach: int = 60) -> Array:
    return np.abs(rows.astype(int) - np.array(color)).sum(axis=2) < reach


CASES = {
    "a bar chart of sales: Q1 10, Q2 15, Q3 12, Q4 20": ("bar", (10, 15, 12, 20), ("Q1", "Q2", "Q3", "Q4"), "Sales", ""),
    "pie chart: 60% coffee, 30% tea, 10% water": ("pie", (60, 30, 10), ("coffee", "tea", "water"), "", "%"),
    "line chart of temperature 12, 15, 19, 23": ("line", (12, 15, 19, 23), (), "Temperature", ""),
    'a bar chart "Revenue" with Jan $1.2k, Feb $900 and Mar $2k': ("bar", (1200, 900, 2000), ("Jan", "Feb", "Mar"), "Revenue", "$"),
    "bar chart of people 1,200, 3,400, 5,600": ("bar", (1200, 3400, 5600), (), "People", ""),
    "a bar chart showing values 3, 5 and 8 for A, B and C": ("bar", (3, 5, 8), ("A", "B", "C"), "", ""),
    "bar chart with 2021: 12, 2022: -15": ("bar", (12, -15), ("2021", "2022"), "", ""),
    "Balkendiagramm: Äpfel 10, Birnen 20": ("bar", (10, 20), ("Äpfel", "Birnen"), "", ""),
    "棒グラフ：東京 10、大阪 20": ("bar", (10, 20), ("東京", "大阪"), "", ""),
    "pie chart: 60% coffee, 40% tea and a dog": ("pie", (60, 40), ("coffee", "tea"), "", "%"),
    "line chart with 1°C, 2°C, 4°C. Title: “Heat”.": ("line", (1, 2, 4), (), "Heat", "°C"),
}


@pytest.mark.parametrize("prompt", CASES)
def test_numbers_are_read_from_words(prompt: str) -> None:
    (chart,) = read(prompt).charts
    assert (chart.kind, chart.values, chart.labels, chart.title, chart.unit) == CASES[prompt]


def test_the_words_around_a_chart_are_read_as_ever() -> None:
    scene = read("a red bar chart: A 1, B 2 on a beach at sunset with a dog, watercolor style")
    assert (scene.setting, scene.time, scene.style) == ("beach", "sunset", "watercolor")
    assert [s.noun for s in scene.subjects] == ["dog"]
    assert scene.charts[0].colors


@pytest.mark.parametrize("prompt", ["a bar chart", "a man holding a pie chart", "line graph on a desk with 3 pens"])
def test_no_numbers_no_chart_but_a_card_that_says_so(prompt: str) -> None:
    scene = read(prompt)
    card = next(s for s in scene.subjects if charts.without_numbers(s.noun))
    assert not scene.charts
    assert not card.concept
    assert "numbers in the prompt" in notes.drawn(scene)


@pytest.mark.parametrize("prompt", ["two dogs, 3 cats", "a room with 12 chairs and 4 tables", "a sign that says “Top 10”",
                                    "a chart with 5 columns and 3 rows", "a pie chart with 4 slices and 3 colours"])
def test_other_numbers_are_no_charts(prompt: str) -> None:
    assert not read(prompt).charts


def test_a_scene_with_charts_survives_packing() -> None:
    scene = read("pie chart “Drinks”: 60% coffee, 40% tea")
    assert Scene.unpack(scene.pack()) == scene
    assert scene.without("chart").charts == ()


@pytest.mark.parametrize("wrong", [{"kind": "radar"}, {"values": []}, {"labels": ["one"]}, {"values": ["NaN", 1]},
                                   {"kind": "pie", "values": [-1, 2]}])
def test_a_chart_that_cannot_be_drawn_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        Scene.from_json({"charts": [{"key": "c", "kind": "bar", "values": [1, 2]} | wrong]})


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("setting", ["plain", "beach"])
def test_bars_are_as_long_as_their_numbers(size: Size, setting: str) -> None:
    values = (10.0, 15.0, 12.0, 20.0)
    scene = Scene(setting=setting, charts=(Chart(key="c", kind="bar", values=values, labels=tuple("abcd"), colors=(RED,)),))
    mask = like(draw(scene, size), (224, 32, 32), 90)
    mask = mask if len(_spans(mask.any(axis=0))) == 4 else mask.T  # lying bars in tall pictures
    lengths = [mask[:, a:b].any(axis=1).sum() for a, b in _spans(mask.any(axis=0))]
    assert len(lengths) == 4
    slack = 2 / max(lengths)  # a pixel at each end is shared with what is behind it
    for length, value in zip(lengths, values, strict=True):
        assert length / max(lengths) == pytest.approx(value / 20, abs=0.02 * value / 20 + slack)


def _spans(line: Array) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 3]


def test_slices_are_as_wide_as_their_numbers() -> None:
    colors = {"#d02020": 60.0, "#20a040": 30.0, "#2040d0": 10.0}
    chart = Chart(key="c", kind="pie", values=tuple(colors.values()), unit="%", colors=tuple(colors))
    rows = draw(Scene(setting="plain", charts=(chart,)), Size(900, 900))
    disc = rows[:560]  # the legend lies below
    found = [like(disc, tuple(int(c[i:i + 2], 16) for i in (1, 3, 5)), 70).sum() for c in colors]
    for area, share in zip(found, colors.values(), strict=True):
        assert 360 * area / sum(found) == pytest.approx(3.6 * share, abs=2.0)


def test_a_line_rises_with_its_numbers() -> None:
    scene = Scene(setting="plain", charts=(Chart(key="c", kind="line", values=(10, 20, 40), colors=(RED,)),))
    mask = like(draw(scene), (224, 32, 32), 90)
    columns = np.flatnonzero(mask.any(axis=0))
    middle = int((columns[0] + columns[-1]) / 2)
    heights = [np.flatnonzero(mask[:, c]).mean() for c in (columns[4], middle, columns[-5])]
    assert (heights[0] - heights[1]) / (heights[0] - heights[2]) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize(("values", "zero"), [((10, 20), True), ((97, 99.5), False), ((-4, 9), True), ((0.001, 0.002), True),
                                              ((5, 5), True), ((0, 0), True), ((1e9, 3e9), False)])
def test_ticks_are_round_and_hold_every_number(values: tuple[float, ...], zero: bool) -> None:
    found = painted.axis(values, 5, zero=zero)
    assert found.low <= min(values)
    assert found.high >= max(values)
    steps = np.diff(found.ticks)
    digits = f"{steps[0]:.6e}".split("e")[0]
    assert float(digits) in (1, 2, 5)
    assert 2 <= len(found.ticks) <= 9


@pytest.mark.parametrize(("value", "unit", "said"), [
    (1200, "$", "$1,200"), (12500, "", "12.5k"), (12345, "", "12,345"), (-3, "%", "−3%"), (2e6, "€", "2M€"), (0.25, "kg", "0.25 kg")])
def test_numbers_are_written_exactly(value: float, unit: str, said: str) -> None:
    assert painted.number(value, unit) == said


@pytest.mark.parametrize("style", ["photorealistic", "neon", "blueprint", "noir", "watercolor", "poster"])
def test_words_of_a_chart_stay_legible_in_every_style(style: str) -> None:
    scene = Scene(setting="city", time="night", style=style, charts=(Chart(key="c", kind="bar", values=(3, 9), title="Sales"),))
    layout = lay_out(scene, SIZES[0], 1, {})
    rows = painter.paint(scene, layout, 1, Media())
    head = layout.texts[0].box.inset(40)
    tones = rows[int(head.y):int(head.y) + 50, int(head.x):int(head.x) + 140].reshape(-1, 3) / 255
    dark, light = (tuple(np.percentile(tones, p, axis=0)) for p in (1, 99))
    assert lettering_veil.contrast(dark, light) >= 4.5


def test_points_are_read_with_a_title_and_drawings() -> None:
    scene = read("an infographic about healthy living with three points: “Eat an apple”, “Walk the dog”, “Sleep”")
    assert [(t.role, t.text) for t in scene.texts] == [
        ("headline", "Healthy living"), ("point", "Eat an apple"), ("point", "Walk the dog"), ("point", "Sleep")]
    assert [t.icon for t in scene.texts[1:3]] == ["red-apple", "dog"]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_points_stand_in_a_grid_of_equal_cells(size: Size) -> None:
    texts = tuple(SceneText(key=f"p{n}", text=f"Point {n}", role="point") for n in range(5))
    layout = lay_out(Scene(setting="plain", texts=(SceneText(key="h", text="Title"), *texts)), size, 1, {})
    boxes = [t.box for t in layout.texts if t.key != "h"]
    assert max(b.width for b in boxes) - min(b.width for b in boxes) <= 1
    assert all(a.overlap(b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(b.x >= 0 and b.y >= 0 and b.right <= size.width and b.bottom <= size.height for b in boxes)


def test_a_button_is_read_and_drawn() -> None:
    scene = read("poster “Summer sale” on a beach with a call to action “Shop now”")
    assert [(t.role, t.text) for t in scene.texts] == [("button", "Shop now"), ("headline", "Summer sale")]
    bare = replace(scene, texts=scene.texts[1:])
    layout = lay_out(scene, SIZES[0], 1, {})
    rows, less = (painter.paint(s, layout, 1, Media()) for s in (scene, bare))
    box = next(t.box for t in layout.texts if t.key == "button")
    changed = np.abs(rows.astype(int) - less).sum(axis=2) > 60
    assert changed[int(box.y):int(box.bottom), int(box.x):int(box.right)].mean() > 0.15


@pytest.mark.parametrize("setting", ["street", "beach", "forest", "room", "snow"])
@pytest.mark.parametrize("time", ["night", "day", "dusk"])
def test_a_sign_reads_on_its_board_at_any_hour(setting: str, time: str) -> None:
    scene = Scene(setting=setting, time=time, texts=(SceneText(key="s", text="OPEN", role="sign"),))
    layout = lay_out(scene, SIZES[0], 1, {})
    rows = painter.paint(scene, layout, 1, Media())
    x, y, w, h = (int(v) for v in figures.board_face(layout.items[0]))
    tones = rows[y:y + h, x:x + w].reshape(-1, 3) / 255
    paper = np.median(tones, axis=0)
    letters = max((tuple(np.percentile(tones, p, axis=0)) for p in (3, 97)), key=lambda c: lettering_veil.contrast(c, tuple(paper)))
    assert lettering_veil.contrast(letters, tuple(paper)) >= 4.5


@pytest.mark.parametrize("role", ["headline", "banner"])
def test_the_words_of_a_strip_use_its_height(role: str) -> None:
    beach = Scene(setting="beach", subjects=(Subject(key="palm", noun="palm", concept="palm-tree"),))
    size = Size(1536, 192)
    worded = replace(beach, texts=(SceneText(key="h", text="SUMMER SALE 50% OFF", role=role),))
    layout = lay_out(worded, size, 1, {"palm": sprites.shape("palm-tree")})
    palm = layout.of("palm")[0]
    box = layout.texts[0].box
    assert box.height > 0.8 * size.height
    assert box.overlap(Box(palm.x, palm.y, palm.width, palm.height)) == 0
    assert fit("SUMMER SALE 50% OFF", box.width * 0.9, box.height * 0.76, Type(family="Oswald")).size > 0.25 * size.height
    rows = painter.paint(worded, layout, 1, Media())
    white = like(rows, (255, 255, 255), 60)[:, int(box.x):int(box.right)]
    assert np.ptp(np.flatnonzero(white.sum(axis=1) > 20)) > 0.2 * size.height


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("setting", ["space", "underwater", "sky"])
def test_what_floats_is_scattered_and_large_enough(size: Size, setting: str) -> None:
    cat = Subject(key="cat", noun="cat", concept="cat", relation=Relation(kind="next_to", target="planet"))
    scene = Scene(setting=setting, subjects=(cat, Subject(key="planet", noun="planet", concept="ringed-planet", count=3)))
    items = lay_out(scene, size, 3, {s.key: sprites.shape(s.concept) for s in scene.subjects}).items
    boxes = [Box(i.x, i.y, i.width, i.height) for i in items]
    assert len(items) == 4
    assert all(a.overlap(b) == 0 for i, a in enumerate(boxes) for b in boxes[:i])
    assert max(max(i.width, i.height) for i in items if i.key == "cat") >= 0.2 * min(size.width, size.height)
    if size.width == size.height:
        assert np.ptp([i.middle for i in items]) > 0.25 * size.width
        assert np.ptp([i.base for i in items]) > 0.15 * size.height


@pytest.mark.parametrize(("concept", "color"), [("bicycle", "#1f5fd6"), ("automobile", "#20a040"), ("umbrella", "#e0c020"),
                                                ("delivery-truck", "#8030c0")])
def test_an_asked_colour_is_the_main_colour_of_a_made_thing(concept: str, color: str) -> None:
    image = sprites.sprite(concept, 256, sprites.Dress(color=color, finish="bare"))
    rows = np.asarray(image.toarray(colorType=skia.kRGBA_8888_ColorType))
    chroma = cv2.cvtColor(np.ascontiguousarray(rows[..., :3]), cv2.COLOR_RGB2LAB).astype(int)[..., 1:] - 128
    colored = rows[(rows[..., 3] > 200) & (np.hypot(chroma[..., 0], chroma[..., 1]) > 16)]
    assert recolor.dominant_share(colored[None], color, 60) > 0.6


DOG = Subject(key="dog", noun="dog", concept="dog")


def grown(before: Scene, after: Scene, size: Size) -> tuple[Layout, Layout]:
    shapes = {s.key: sprites.shape(s.concept) for s in after.subjects}
    first = lay_out(before, size, 1, shapes)
    return first, lay_out(after, size, 1, shapes, Past(scene=before, layout=first.as_json()))


def test_a_chart_stays_where_it_is_when_something_is_added() -> None:
    before = replace(read("a bar chart: A 1, B 2 in a meadow"), subjects=(DOG,))
    first, second = grown(before, replace(before, subjects=(DOG, replace(DOG, key="cat", concept="cat"))), Size(768, 432))
    assert second.texts == first.texts
    assert second.of("cat")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_page_makes_room_for_its_first_subject(size: Size) -> None:
    before = read("a bar chart: A 1, B 2 in a meadow")
    _, after = grown(before, replace(before, subjects=(DOG,)), size)
    dog, page = after.of("dog")[0], after.texts[0].box
    assert page.overlap(Box(dog.x, dog.y, dog.width, dog.height)) == 0
