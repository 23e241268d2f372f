"""Receipts of masked edits: small, checkable by anybody, and not to be fooled."""

import base64
import bz2
from dataclasses import replace

import numpy as np
import pytest

from cavendish.imaging.mask import composite
from cavendish.imaging.raster import view, wrap
from cavendish.trust import receipt
from cavendish.types import Pixels


def _pixels(seed: int, width: int = 61, height: int = 43, channels: int = 3) -> Pixels:
    return wrap(np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8))


def _mask(width: int = 61, height: int = 43) -> Pixels:
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    inside = (across - width / 2) ** 2 + (down - height / 2) ** 2 < (min(width, height) / 3) ** 2
    return wrap(inside.astype(np.uint8) * np.uint8(255))


def _edit(channels: int = 3) -> tuple[Pixels, Pixels, Pixels]:
    base, mask = _pixels(1, channels=channels), _mask()
    return base, composite(base, _pixels(2, channels=channels), mask, 3), mask


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_receipt_holds_for_the_edit_it_was_made_for(channels: int):
    base, edited, mask = _edit(channels)
    proof = receipt.write(base, edited, mask, 3, exact=True)
    assert receipt.check(proof, base, edited).holds
    assert receipt.check(proof, base, edited, mask).holds
    assert receipt.parse(proof.as_json()) == proof


def test_one_pixel_outside_breaks_it_and_any_inside_does_not():
    base, edited, mask = _edit()
    proof = receipt.write(base, edited, mask, 3, exact=True)
    for row in range(43):
        for column in (0, 20, 30, 60):
            rows = view(edited).copy()
            rows[row, column, 1] ^= 4
            found = receipt.check(proof, base, wrap(rows))
            inside = view(mask)[row, column, 0] > 0
            assert (found.holds, found.moved_px, found.worst) == ((True, 0, 0) if inside else (False, 1, 4))


def test_no_receipt_is_written_for_an_edit_that_moved_something():
    base, edited, mask = _edit()
    rows = view(edited).copy()
    rows[0, 0] ^= 1
    with pytest.raises(ValueError, match="moved"):
        receipt.write(base, wrap(rows), mask, 0, exact=True)


def test_another_original_another_mask_and_another_size_are_told():
    base, edited, mask = _edit()
    proof = receipt.write(base, edited, mask, 3, exact=True)
    other = view(mask).copy()
    other[0, 0] = 255
    assert "not the picture" in receipt.check(proof, _pixels(9), edited).why
    assert "not the mask" in receipt.check(proof, base, edited, wrap(other)).why
    assert "is for 61x43" in receipt.check(proof, _pixels(1, 62), edited).why


def test_an_outline_that_was_shrunk_or_grown_by_hand_does_not_fit_the_hash():
    base, edited, mask = _edit()
    proof = receipt.write(base, edited, mask, 3, exact=True)
    wider = view(mask).copy()
    wider[:20] = 255
    forged = replace(proof, area=receipt._packed(wrap(wider)))
    assert not receipt.check(forged, base, edited).holds


def test_a_drawn_mask_is_a_few_kilobytes_and_one_of_noise_is_left_out():
    large = _mask(2048, 2048)
    text = receipt._packed(large)
    assert 0 < len(text) < 4_000
    proof = receipt.Receipt(mask="", outside="", size="2048x2048", feather_px=0, area=text, exact=True)
    assert np.array_equal(view(receipt._unpacked(proof)), view(large))
    noise = wrap(np.random.default_rng(1).integers(0, 2, (512, 512), dtype=np.uint8) * np.uint8(255))
    assert receipt._packed(noise) == ""


def test_without_an_outline_the_mask_must_be_given():
    base, edited, mask = _edit()
    proof = replace(receipt.write(base, edited, mask, 3, exact=True), area="")
    assert "give the mask" in receipt.check(proof, base, edited).why
    assert receipt.check(proof, base, edited, mask).holds


@pytest.mark.parametrize("area", [
    "!", "AAAA", base64.b64encode(bz2.compress(bytes(10))).decode(), base64.b64encode(bz2.compress(bytes(50_000_000))).decode()])
def test_a_broken_outline_is_no_outline(area: str):
    base, edited, mask = _edit()
    proof = replace(receipt.write(base, edited, mask, 3, exact=True), area=area)
    assert not receipt.check(proof, base, edited).holds


@pytest.mark.parametrize("data", [None, 7, [], {}, {"mask": 1}, {"mask": "a", "outside": "b", "size": "1x1", "feather_px": "0", "area": "",
                                                                "exact": True, "version": 1},
                                  {"mask": "a", "outside": "b", "size": "1x1", "feather_px": 0, "area": "", "exact": True, "version": 2}])
def test_what_is_no_receipt_is_not_read_as_one(data: object):
    assert receipt.parse(data) is None
