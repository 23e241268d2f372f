"""Is a text in what OCR read: error rates, lines, what is not told apart."""

import numpy as np
import pytest

from cavendish.thinking.ocr import Line, can_read, in_reading_order
from cavendish.thinking.spelling import nearest, spell


def line(text: str, x: float = 0, y: float = 0, width: float = 100, height: float = 20) -> Line:
    return Line(text=text, quad=np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]]))


@pytest.mark.parametrize(("wanted", "read", "rate"), [
    ("OPEN", ["Now OPEN!"], 0), ("Grand Opening", ["GRAND", "OPENING"], 0), ("Café Été", ["CAFE ETE"], 0), ("SALE 50%", ["5ALE 50 %"], 0),
    ("OPEN", ["OPENN"], 0.25), ("OPEN", ["NOWOPEN"], 0), ("OPEN", ["OPNE"], 0.5), ("BREAD", ["BRAED now"], 0.4), ("HELLO", [], 1), ("HELLO", ["xyz"], 1), ("你好世界", ["你好世畀"], 0.25), ("!!!", [], 0)])
def test_the_error_rate_is_of_the_nearest_reading(wanted: str, read: list[str], rate: float) -> None:
    page = tuple(line(t, y=30 * n) for n, t in enumerate(read))
    assert spell(wanted, (page,) if read else ()).rate == pytest.approx(rate)


def test_the_lines_of_the_reading_are_named() -> None:
    page = (line("WELCOME"), line("GRNAD", y=30), line("OPENING", y=60), line("today", y=90))
    found = spell("GRAND OPENING", (page,))
    assert [one.text for one in found.lines] == ["GRNAD", "OPENING"]
    assert "“GRNAD OPENING”" in found.sentence()
    assert not found.right


def test_other_words_of_a_line_are_kept() -> None:
    page = (line("WELCOME TO THE"), line("CAFE LUNR TODAY", y=30))
    assert spell("CAFE LUNA", (page,)).whole == "CAFE LUNA TODAY"
    assert spell("GRAND OPENING", ((line("GRNAD"), line("OPENING now", y=30)),)).whole == "GRAND OPENING now"


def test_the_best_of_several_pages_counts() -> None:
    assert spell("ABCDEF", ((line("ABC"),), (line("ABCDEF"),))).right


def test_nearest_is_the_edit_distance_to_any_part() -> None:
    assert nearest("abc", "xxabcxx", ([0] * 8, [0] * 8)) == (0, 2, 5)
    assert nearest("abc", "xxabcxx", ([0] * 8, [0, 0, 0, 0, 2, 2, 1, 0]))[0] == 2
    assert nearest("abc", "xxabxcxx", ([0] * 9, [0] * 9))[0] == 1
    assert nearest("abc", "", ([0], [0])) == (3, 0, 0)


def test_reading_order_is_rows_from_the_left() -> None:
    lines = [line("b", x=200, y=3), line("c", y=50), line("a", y=0)]
    assert [one.text for one in in_reading_order(lines)] == ["a", "b", "c"]


@pytest.mark.parametrize(("text", "known"), [("Hello 24", True), ("営業中", True), ("Été", True), ("שלום", False), ("สวัสดี", False), ("!?", False)])
def test_scripts_that_ocr_reads(text: str, known: bool) -> None:
    assert can_read(text) is known
