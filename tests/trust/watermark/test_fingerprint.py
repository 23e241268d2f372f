"""Fingerprints tell a copy from another picture that carries a stolen mark."""

import cv2
import numpy as np
import pytest

from cavendish.imaging.raster import wrap
from cavendish.trust.watermark import fingerprint, same_picture
from trust.watermark.pictures import jpeg, middle, photo, rows, scaled


def test_it_is_small() -> None:
    assert len(fingerprint(wrap(photo(900, 500)))) <= 64 * 64 + 3


@pytest.mark.parametrize("area", [1.0, 0.75, 0.5, 0.3])
def test_copies_and_crops_are_the_same(area: float) -> None:
    original = wrap(photo(640, 512))
    copy = jpeg(scaled(middle(original, area), 0.7), 60)
    assert same_picture(fingerprint(original), copy)


def test_turned_mirrored_and_brighter_copies_are_the_same() -> None:
    before = photo(480, 400)
    stored = fingerprint(wrap(before))
    assert same_picture(stored, wrap(np.ascontiguousarray(np.rot90(before))))
    assert same_picture(stored, wrap(np.ascontiguousarray(before[:, ::-1])))
    assert same_picture(stored, wrap((before * 0.8).astype(np.uint8)))
    turn = cv2.getRotationMatrix2D((240, 200), 2.0, 1.0)
    assert same_picture(stored, wrap(cv2.warpAffine(before, turn, (480, 400))))


def test_other_pictures_are_not() -> None:
    stored = fingerprint(wrap(photo(512, 512, seed=1)))
    assert [n for n in range(2, 8) if same_picture(stored, wrap(photo(512, 512, seed=n)))] == []


def test_plain_pictures_agree_by_brightness_alone() -> None:
    gray, black = (wrap(np.full((200, 200, 3), v, np.uint8)) for v in (120, 0))
    assert same_picture(fingerprint(gray), gray)
    assert not same_picture(fingerprint(gray), black)
    assert not same_picture(fingerprint(gray), wrap(photo(200, 200)))


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02\x00\x00\x10", b"\x01\x09\x09too short"])
def test_bytes_that_are_no_fingerprint_match_nothing(stored: bytes) -> None:
    assert not same_picture(stored, wrap(photo(200, 200)))


def test_alpha_is_laid_on_white() -> None:
    before = photo(200, 200)
    clear = np.concatenate([before, np.zeros((200, 200, 1), np.uint8)], axis=2)
    assert not same_picture(fingerprint(wrap(before)), wrap(clear))
    assert rows(wrap(clear)).shape == (200, 200, 4)
