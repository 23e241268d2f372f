"""Typesetting: words fit their box in every script of the pack; a character without a glyph is an error with its name."""

import numpy as np
import pytest
import skia

from cavendish.errors import Unsupported
from cavendish.imaging.typeset import Type, check, family_of, fit, is_rtl

WORDS = {"Latn": "Summer Sale", "Cyrl": "Привет мир", "Grek": "Καλημέρα", "Arab": "مرحبا بالعالم", "Hebr": "שלום עולם",
         "Deva": "नमस्ते दुनिया", "Thai": "สวัสดีชาวโลก", "Jpan": "いらっしゃいませ東京", "Hang": "안녕하세요", "Hans": "欢迎光临"}


def ink(text: str, type_: Type, width: int = 400, height: int = 160) -> np.ndarray:
    """Draw words on white in a box with a margin of 60 px; return where they left ink."""
    surface = skia.Surface.MakeRasterN32Premul(width + 120, height + 120)
    surface.getCanvas().clear(0xFFFFFFFF)
    fit(text, width, height, type_).draw(surface.getCanvas(), 60, 60)
    return surface.makeImageSnapshot().toarray()[..., 0] < 128


@pytest.mark.parametrize("script", WORDS)
def test_words_of_every_script_fill_their_box_and_stay_in_it(script: str) -> None:
    marks = ink(WORDS[script], Type())
    rows, columns = np.nonzero(marks)
    assert marks.sum() > 2500
    assert columns.min() >= 56
    assert columns.max() <= 464
    assert rows.min() >= 40
    assert rows.max() <= 240


def test_a_missing_glyph_is_named() -> None:
    with pytest.raises(Unsupported, match="PARTY POPPER") as caught:
        fit("hello 🎉", 300, 80, Type())
    assert caught.value.hint


def test_arabic_letters_join() -> None:
    joined = fit("مرحبا", 2000, 100, Type(largest=80)).width
    apart = fit("م ر ح ب ا", 2000, 100, Type(largest=80)).width
    assert joined < apart * 0.75


def test_right_to_left_begins_on_the_right() -> None:
    hebrew = np.nonzero(ink("שלום", Type(align="start", largest=40)))[1]
    latin = np.nonzero(ink("salam", Type(align="start", largest=40)))[1]
    assert hebrew.min() > 260 > 240 > latin.max()


@pytest.mark.parametrize(("text", "rtl"), [("hello", False), ("שלום hello", True), ("123 مرحبا", True), ("...", False)])
def test_direction_follows_the_first_letter(text: str, rtl: bool) -> None:
    assert is_rtl(text) is rtl


def test_han_follows_the_language_around_it() -> None:
    assert "Noto Sans JP" in check("東京へ")
    assert "Noto Sans SC" in check("欢迎")


def test_no_word_is_broken() -> None:
    block = fit("Extraordinarily wide", 300, 400, Type())
    assert block.paragraph.MinIntrinsicWidth <= 301


def test_lines_are_balanced() -> None:
    wide = fit("the quick brown fox jumps over it", 420, 100, Type(largest=40))
    assert wide.height < 100
    assert wide.width < 400


def test_the_largest_size_is_kept() -> None:
    assert fit("a", 500, 500, Type(largest=32)).size <= 32


@pytest.mark.parametrize(("wanted", "family"), [("Caveat", "Caveat"), ("oswald", "Oswald"), ("handwritten", "Caveat"),
                                                ("serif", "Noto Serif Display"), ("Comic Sans", "Inter"), ("", "Inter")])
def test_fonts_by_name_or_look(wanted: str, family: str) -> None:
    assert family_of(wanted) == family


@pytest.mark.parametrize("text", ["여름 대박 할인 행사", "夏季 大减价 全场五折", "ลดราคา ครั้งใหญ่ หน้าร้อน", "SUMMER SALE 50% OFF", "Coffee fest"])
def test_no_word_breaks_where_spaces_show_the_words(text: str) -> None:
    for width in (90, 160, 220, 400):
        block = fit(text, width, 200, Type())
        widest = max(fit(w, 9000, block.size * 1.12 * 1.3, Type(largest=block.size)).width for w in text.split())
        assert widest <= block.width + 1
        assert block.height <= 200.5
