"""Charts of several series, on boards, and changed in words: what is read, and what the pixels show of the numbers."""

import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import media_of, shapes_of
from cavendish.engines.comp.painting import charts as painted
from cavendish.engines.comp.painting import painter
from cavendish.engines.comp.painting.layout import lay_out
from cavendish.engines.comp.planning.edits import revise
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.scene import Chart, Scene
from cavendish.errors import InvalidValue
from cavendish.imaging.raster import Array
from cavendish.types import ImageRequest, Size

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's fonts and names")
SALES = "a bar chart of sales: Q1 10, Q2 15, Q3 12, Q4 20"


def read(prompt: str) -> Scene:
    return plan(ImageRequest(prompt=prompt))


def draw(scene: Scene, size: Size) -> Array:
    media = media_of(scene, ())
    return painter.paint(scene, lay_out(scene, size, 1, shapes_of(scene, media)), 1, media)


TABLES = {
    "bar chart of sales 2023: 10, 12; 2024: 14, 18 for Q1, Q2": ("bar", "Sales", ("2023", "2024"), (10, 12, 14, 18), ("Q1", "Q2")),
    "a line chart of users for Jan, Feb, Mar: Free: 10, 20, 40; Pro: 5, 9, 14":
        ("line", "Users", ("Free", "Pro"), (10, 20, 40, 5, 9, 14), ("Jan", "Feb", "Mar")),
    "bar chart: Q1: Anna 3, Ben 4; Q2: Anna 5, Ben 1": ("bar", "", ("Anna", "Ben"), (3, 5, 4, 1), ("Q1", "Q2")),
    "bar chart, men: 10%, 20%, women: 15%, 25% for city, country":
        ("bar", "", ("men", "women"), (10, 20, 15, 25), ("city", "country")),
    "a line chart with revenue: 10, 20, 30 and costs: 8, 15, 25 for 2021, 2022, 2023":
        ("line", "", ("revenue", "costs"), (10, 20, 30, 8, 15, 25), ("2021", "2022", "2023")),
    "gráfico de barras: 2023: 5, 6; 2024: 7, 8": ("bar", "", ("2023", "2024"), (5, 6, 7, 8), ()),
    "a bar chart of profit for north, south: 2023: -1.5, 2; 2024: 3, -4":
        ("bar", "Profit", ("2023", "2024"), (-1.5, 2, 3, -4), ("north", "south")),
}


@pytest.mark.parametrize("prompt", TABLES)
def test_rows_of_numbers_are_series(prompt: str) -> None:
    (chart,) = read(prompt).charts
    assert (chart.kind, chart.title, chart.series, chart.values, chart.labels) == TABLES[prompt]
    assert Scene.unpack(read(prompt).pack()) == read(prompt)


@pytest.mark.parametrize("prompt", ["a woman presenting a bar chart of revenue: 2022 3.2, 2023 4.1",
                                    "a man holding a poster with a pie chart: yes 60, no 40",
                                    "a teacher next to a whiteboard showing a line chart: May 3, June 5"])
def test_a_chart_beside_somebody_stands_on_a_board(prompt: str) -> None:
    scene = read(prompt)
    assert scene.charts[0].board
    assert scene.subjects
    assert scene.style == "photorealistic"


def test_a_board_leaves_room_for_who_stands_beside_it() -> None:
    scene = read("a woman presenting a bar chart of revenue: 2022 3.2, 2023 4.1")
    layout = lay_out(scene, Size(640, 640), 1, shapes_of(scene, media_of(scene, ())))
    board = next(t.box for t in layout.texts if t.key == scene.charts[0].key)
    for item in layout.items:
        assert item.x >= board.right
        assert item.height > 0.3 * 640


def test_two_cats_are_a_chart_only_where_a_chart_is_asked_for() -> None:
    assert read("a graph of 2 cats and 3 dogs").charts[0].labels == ("cats", "dogs")
    assert not read("2 cats and 3 dogs playing").charts


def test_grouped_bars_are_as_long_as_their_numbers() -> None:
    colors = ("#e02020", "#2040d0")
    chart = Chart(key="c", kind="bar", values=(10, 20, 5, 15), labels=("a", "b"), series=("x", "y"), colors=colors)
    rows = draw(Scene(setting="plain", charts=(chart,)), Size(640, 640)).astype(int)
    tall = []
    for color in ((224, 32, 32), (32, 64, 208)):
        mask = np.abs(rows - np.array(color)).sum(axis=2) < 90
        mask[:110] = False  # the legend
        columns = np.flatnonzero(mask.any(axis=0))
        cut = columns[np.flatnonzero(np.diff(columns) > 3)[0]]
        tall.append([mask[:, :cut + 1].any(axis=1).sum(), mask[:, cut + 1:].any(axis=1).sum()])
    assert np.array(tall) / tall[0][1] == pytest.approx(np.array([[0.5, 1.0], [0.25, 0.75]]), abs=0.02)


@pytest.mark.parametrize("values", [(1, 2, 3), ()])
def test_series_of_unlike_length_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue):
        Chart(key="c", kind="bar", values=values, series=("x", "y"))


def test_series_have_colours_of_their_own() -> None:
    chart = Chart(key="c", kind="line", values=tuple(range(12)), series=tuple("abcdef"))
    colors = painted.series_colors(chart, painted.Look(accent=(0.18, 0.43, 0.81)))
    assert len(set(colors)) == 6


CHANGES = {
    "change Q2 to 18": ("bar", (10, 18, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "make Q1 11": ("bar", (11, 15, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "add a bar for Q5 with 22": ("bar", (10, 15, 12, 20, 22), ("Q1", "Q2", "Q3", "Q4", "Q5")),
    "remove Q3": ("bar", (10, 15, 20), ("Q1", "Q2", "Q4")),
    "make it a pie chart": ("pie", (10, 15, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "rename Q1 to Spring": ("bar", (10, 15, 12, 20), ("Spring", "Q2", "Q3", "Q4")),
    "cambia Q2 a 18": ("bar", (10, 18, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "ändere Q2 auf 18": ("bar", (10, 18, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "Q2を18に変えて": ("bar", (10, 18, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "把Q2改成18": ("bar", (10, 18, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "円グラフにして": ("pie", (10, 15, 12, 20), ("Q1", "Q2", "Q3", "Q4")),
    "change the chart to a line chart: A 1, B 2": ("line", (1, 2), ("A", "B")),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_chart_changes_as_the_words_say(words: str) -> None:
    revision = revise(read(SALES), ImageRequest(prompt=words))
    (chart,) = revision.scene.charts
    assert (chart.kind, chart.values, chart.labels) == CHANGES[words]
    assert revision.changes
    assert not revision.missed


def test_a_chart_comes_goes_and_takes_colours() -> None:
    scene = read("a dog on a beach")
    with_chart = revise(scene, ImageRequest(prompt="add a bar chart of sales: Q1 10, Q2 20 and make it night")).scene
    assert (with_chart.charts[0].board, with_chart.time, with_chart.subjects) == (True, "night", scene.subjects)
    green = revise(with_chart, ImageRequest(prompt="make the bars green")).scene
    assert green.charts[0].colors
    assert revise(green, ImageRequest(prompt="remove the chart")).scene.charts == ()


@pytest.mark.parametrize("words", ["change Q9 to 4", "change Q2 to 15"])
def test_a_change_of_no_bar_says_so(words: str) -> None:
    scene = read(SALES)
    revision = revise(scene, ImageRequest(prompt=words))
    assert revision.scene == scene
    assert revision.missed


def test_points_keep_their_place_and_their_icons() -> None:
    scene = read("an infographic with 3 tips on a desk: drink coffee, switch off your phone, eat fruit")
    assert [t.text for t in scene.texts] == ["Drink coffee", "Switch off your phone", "Eat fruit"]
    assert scene.texts[0].icon == "hot-beverage"
    assert scene.setting == "desk"


def test_a_chart_of_several_series_is_changed_where_the_series_is_said() -> None:
    scene = read("bar chart of sales 2023: 10, 12; 2024: 14, 18 for Q1, Q2")
    assert revise(scene, ImageRequest(prompt="change Q2 of 2024 to 20")).scene.charts[0].values == (10, 12, 14, 20)
    for words in ("change Q2 to 20", "add Q3: 4"):
        revision = revise(scene, ImageRequest(prompt=words))
        assert revision.scene == scene
        assert "several series" in revision.missed
