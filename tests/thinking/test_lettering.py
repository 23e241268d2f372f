"""Exact text in pictures: several lines, colours, depth and alpha, letters without a glyph; and what configures thinking."""

from pathlib import Path

import numpy as np
import pytest

from cavendish.app import build
from cavendish.errors import ConfigError, Unsupported
from cavendish.imaging.raster import view, with_channels, with_depth, wrap
from cavendish.settings import Settings
from cavendish.thinking.lettering import BOXES, quad_of, set_exactly
from cavendish.thinking.ocr import Line
from cavendish.thinking.spelling import Spelling
from cavendish.types import Pixels, TextLayer
from thinking.drawing import ScriptedEngine, flat, sign


def _line(text: str, *corners: tuple[float, float]) -> Line:
    return Line(text=text, quad=np.array(corners, dtype=np.float64))


WRONG = Spelling(wanted="BREAD", rate=0.4, read="BRAED", lines=(_line("BRAED", (90, 190), (420, 190), (420, 270), (90, 270)),))
MISSING = Spelling(wanted="HELLO", rate=1.0)


def _changed(before: Pixels, after: Pixels) -> np.ndarray:
    return np.abs(view(before).astype(float) - view(after)).max(axis=2) > 0


@pytest.mark.parametrize(("depth", "channels"), [(8, 3), (16, 3), (32, 3), (8, 4), (8, 1)])
def test_depth_and_channels_stay_and_only_the_place_of_the_words_changes(depth: int, channels: int) -> None:
    before = with_depth(with_channels(sign("BRAED"), channels), depth)
    after, told = set_exactly(before, (WRONG,), ())
    assert (after.size, after.depth, after.channels) == (before.size, depth, channels)
    rows, columns = np.nonzero(_changed(before, after))
    assert rows.min() > 150
    assert rows.max() < 310
    assert columns.min() > 50
    assert told == ("“BREAD” was set in the place of “BRAED”",)


def test_ink_that_cannot_be_read_becomes_black_or_white() -> None:
    after, _ = set_exactly(sign("BRAED", ink=(48, 78, 66)), (WRONG,), ())
    assert view(after)[190:270, 90:420].min(axis=2).max() > 230


def test_missing_words_go_into_the_box_of_their_role_one_below_the_other() -> None:
    before = flat()
    after, told = set_exactly(before, (MISSING, Spelling(wanted="WORLD", rate=1.0)), ())
    rows, _ = np.nonzero(_changed(before, after))
    top, height = BOXES["headline"][1] * 512, BOXES["headline"][3] * 512
    assert rows.min() >= top - 1
    assert top + height * 1.2 < rows.max() <= top + height * 2.15
    assert told == ("“HELLO” was set as a headline", "“WORLD” was set as a headline")


def test_words_on_a_busy_picture_get_a_plate() -> None:
    noise = wrap(np.random.default_rng(2).integers(0, 255, (256, 256, 3), dtype=np.uint8))
    after, _ = set_exactly(noise, (MISSING,), (TextLayer(text="HELLO", box=(0.1, 0.4, 0.8, 0.2)),))
    before_spread, after_spread = (float(view(p)[104:150, 40:216].std()) for p in (noise, after))
    edge = view(after)[104:110, 60:200].std()
    assert edge < 0.6 * before_spread
    assert after_spread > edge  # the letters stand out of their plate


def test_several_lines_are_one_turned_box() -> None:
    quad = quad_of((_line("A", (10, 10), (110, 20), (108, 40), (8, 30)), _line("B", (8, 45), (60, 50), (58, 70), (6, 65))))
    edge = quad[1] - quad[0]
    assert np.arctan2(edge[1], edge[0]) == pytest.approx(np.arctan2(10, 100), abs=0.01)
    assert np.dot(edge, quad[3] - quad[0]) == pytest.approx(0, abs=1)


def test_a_letter_without_a_glyph_is_refused() -> None:
    with pytest.raises(Unsupported):
        set_exactly(flat(), (Spelling(wanted="\U00012000", rate=1.0),), ())


@pytest.mark.parametrize("wrong", [{"llm_url": "http://127.0.0.1:9/v1"}, {"llm_local": True}, {"llm_url": "nonsense", "llm_model": "m"},
                                   {"llm_local": True, "llm_url": "http://127.0.0.1:9/v1", "llm_model": "m"}])
def test_half_a_language_model_is_a_configuration_error(wrong: dict, tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda _r, _s: flat())
    with pytest.raises(ConfigError), build(Settings(data=tmp_path, intake_workers=0, **wrong), {"comp": engine}):
        pass
