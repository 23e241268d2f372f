"""The default watermark: what it survives, what it leaves alone, what it says when it does not know."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from cavendish.errors import ConfigError, InvalidValue
from cavendish.imaging.raster import view, wrap
from cavendish.trust.watermark import Marked, Watermarker, spread
from cavendish.types import Pixels
from trust.watermark.pictures import jpeg, middle, photo, psnr, rows, scaled

SECRET = b"0123456789abcdef0123456789abcdef"
MARK = 0x5EEDED0C0FFE


@pytest.fixture(scope="module")
def marker() -> Watermarker:
    return spread(SECRET)


@pytest.fixture(scope="module")
def made(marker: Watermarker) -> Marked:
    return marker.embed(wrap(photo(720, 560)), MARK)


def test_a_marked_picture_looks_the_same_and_says_its_id(marker: Watermarker, made: Marked) -> None:
    assert made.readable
    assert 0.5 < made.strength < 2.0
    assert psnr(photo(720, 560), rows(made.pixels)) >= 42
    seen = marker.detect(made.pixels)
    assert (seen.answer, seen.mark_ids) == ("present", (MARK,))
    assert seen.score > 8


def _rotated(pixels: Pixels) -> Pixels:
    turn = cv2.getRotationMatrix2D((pixels.width / 2, pixels.height / 2), 2.0, 1.0)
    return wrap(cv2.warpAffine(rows(pixels), turn, (pixels.width, pixels.height), flags=cv2.INTER_CUBIC))


EDITS: dict[str, Callable[[Pixels], Pixels]] = {
    "JPEG 50": lambda p: jpeg(p, 50),
    "half": lambda p: scaled(p, 0.5),
    "double": lambda p: scaled(p, 2.0),
    "half of the area": lambda p: middle(p, 0.5),
    "a corner": lambda p: wrap(np.ascontiguousarray(rows(p)[37:480, 51:600])),
    "rotated": _rotated,
    "quarter turn": lambda p: wrap(np.ascontiguousarray(np.rot90(rows(p)))),
    "mirrored": lambda p: wrap(np.ascontiguousarray(rows(p)[:, ::-1])),
    "darker": lambda p: wrap((rows(p) * 0.8).astype(np.uint8)),
    "screenshot": lambda p: jpeg(scaled(p, 0.83), 80),
    "crop and JPEG": lambda p: jpeg(middle(p, 0.6), 60),
}


@pytest.mark.parametrize("edit", EDITS)
def test_the_id_survives(marker: Watermarker, made: Marked, edit: str) -> None:
    assert marker.detect(EDITS[edit](made.pixels)).mark_ids == (MARK,)


def test_another_secret_reads_nothing(made: Marked) -> None:
    assert spread(SECRET[::-1]).detect(made.pixels).mark_ids == ()


def test_an_unmarked_photograph_is_absent(marker: Watermarker) -> None:
    seen = marker.detect(wrap(photo(600, 600, seed=9)))
    assert (seen.answer, seen.mark_ids) == ("absent", ())
    assert seen.score < 6.2


def test_two_marks_are_both_read(marker: Watermarker, made: Marked) -> None:
    again = marker.embed(made.pixels, 77).pixels
    assert marker.detect(again).mark_ids[0] in (MARK, 77)
    assert 77 in marker.detect(again).mark_ids


def test_outside_the_region_nothing_moves(marker: Watermarker) -> None:
    before = photo(600, 520)
    region = np.zeros((520, 600), np.uint8)
    cv2.ellipse(region, (300, 260), (260, 230), 0, 0, 360, 255, -1)
    marked = marker.embed(wrap(before), MARK, region)
    after = rows(marked.pixels)
    assert (after[region == 0] == before[region == 0]).all()
    assert (after[region > 0] != before[region > 0]).any()
    assert marked.readable
    assert marker.detect(marked.pixels).mark_ids == (MARK,)


def test_an_empty_region_changes_nothing(marker: Watermarker) -> None:
    before = wrap(photo(256, 256))
    assert marker.embed(before, MARK, np.zeros((256, 256))) == Marked(pixels=before, strength=0.0, readable=False)


def test_16_bits_stay_fine(marker: Watermarker) -> None:
    deep = photo(512, 384).astype(np.uint16) * 257 + np.arange(512, dtype=np.uint16)[None, :, None] % 200
    made = marker.embed(wrap(deep), MARK)
    change = rows(made.pixels).astype(int) - deep
    assert made.pixels.depth == 16
    assert (change % 257 != 0).mean() > 0.9  # not steps of 8 bits
    assert (change[..., 0] == change[..., 1])[(deep < 60_000).all(axis=2) & (deep > 5_000).all(axis=2)].all()
    assert marker.detect(made.pixels).mark_ids == (MARK,)


def test_gray_and_alpha_keep_their_shape(marker: Watermarker) -> None:
    gray = wrap(photo(384, 384)[..., 1])
    assert marker.detect(marker.embed(gray, MARK).pixels).mark_ids == (MARK,)
    alpha = np.full((384, 384, 1), 255, np.uint8)
    alpha[:100] = 40
    before = np.concatenate([photo(384, 384), alpha], axis=2)
    after = marker.embed(wrap(before), MARK).pixels
    assert after.channels == 4
    assert (view(after)[..., 3] == before[..., 3]).all()
    assert marker.detect(after).mark_ids == (MARK,)


@pytest.mark.parametrize("size", [(1, 1), (127, 900), (30_000, 1)])
def test_tiny_pictures_are_left_alone(marker: Watermarker, size: tuple[int, int]) -> None:
    before = wrap(np.full((size[1], size[0], 3), 90, np.uint8))
    assert marker.embed(before, MARK) == Marked(pixels=before, strength=0.0, readable=False)
    assert marker.detect(before).answer == "cannot_tell"


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_plain_colour_is_hardly_touched(marker: Watermarker, shade: int) -> None:
    before = np.full((512, 512, 3), shade, np.uint8)
    made = marker.embed(wrap(before), MARK)
    assert np.abs(rows(made.pixels).astype(int) - shade).max() <= 3
    assert made.readable == (MARK in marker.detect(made.pixels).mark_ids)
    assert marker.detect(wrap(before)).mark_ids == ()


def test_an_edge_on_white_gets_no_halo(marker: Watermarker) -> None:
    before = np.full((768, 768, 3), 255, np.uint8)
    cv2.circle(before, (384, 384), 200, (200, 40, 30), -1, cv2.LINE_AA)
    assert np.abs(rows(marker.embed(wrap(before), MARK).pixels).astype(int) - before).max() <= 3


def test_noise_too_small_to_carry_a_mark_is_not_called_absent(marker: Watermarker) -> None:
    assert marker.detect(wrap(photo(180, 180))).answer == "cannot_tell"


def test_what_it_refuses(marker: Watermarker) -> None:
    with pytest.raises(InvalidValue, match="48 bits"):
        marker.embed(wrap(photo(128, 128)), 1 << 48)
    with pytest.raises(InvalidValue, match="region"):
        marker.embed(wrap(photo(128, 128)), 1, np.ones((127, 128)))
    with pytest.raises(ConfigError, match="secret"):
        spread(b"short")


def test_the_secret_does_not_show() -> None:
    assert "0123" not in repr(spread(SECRET))


def test_the_mark_of_a_picture_is_the_same_every_time(marker: Watermarker, made: Marked) -> None:
    assert spread(SECRET).embed(wrap(photo(720, 560)), MARK).pixels.digest() == made.pixels.digest()


@pytest.mark.heavy
def test_no_mark_is_found_in_a_thousand_unmarked_pictures(marker: Watermarker) -> None:
    assert [n for n in range(1000) if marker.detect(wrap(photo(320, 288, seed=n))).mark_ids] == []


@pytest.mark.heavy
def test_forty_pictures_keep_their_ids_through_three_edits(marker: Watermarker) -> None:
    missed = []
    for n in range(40):
        marked = marker.embed(wrap(photo(1024, 1024, seed=n)), n).pixels
        missed += [(n, e) for e in ("JPEG 50", "half", "half of the area") if n not in marker.detect(EDITS[e](marked)).mark_ids]
    assert missed == []
