"""The engine: fresh pictures, revisions of its own, photographs, masks, references, previews, and the same pixels everywhere."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import STEPS, CompEngine
from cavendish.engines.comp.record import unpack
from cavendish.engines.comp.scene import Scene
from cavendish.errors import Cancelled, ConfigError, InvalidValue
from cavendish.imaging import codec, typeset
from cavendish.imaging.raster import Array, view, wrap
from cavendish.types import ImageRequest, Mask, OutputSpec, Picture, Pixels, Reference, ReferenceRole, Size

COMP = CompEngine()
SIZE = Size(256, 256)


def ask(prompt: str, **fields: object) -> ImageRequest:
    return ImageRequest(**{"prompt": prompt, "model": "comp", "size": SIZE, "seed": 7} | fields)


def quiet(*_args: object, **_named: object) -> None:
    """An OnStep that does nothing."""


def one(prompt: str, **fields: object) -> Picture:
    return next(iter(COMP.generate(ask(prompt, **fields), quiet)))


def rows(picture: Picture) -> Array:
    assert picture.pixels is not None, picture.note
    return view(picture.pixels)


def reference(pixels: Pixels, role: ReferenceRole = ReferenceRole.OBJECT, state: bytes = b"") -> Reference:
    return Reference(data=codec.encode(pixels, OutputSpec()).data, role=role, pixels=pixels, state=state)


def again(picture: Picture, prompt: str, *more: Reference, **fields: object) -> Picture:
    assert picture.pixels is not None
    return one(prompt, references=(*more, reference(picture.pixels, ReferenceRole.BASE, picture.state)), **fields)


def flat(color: tuple[int, int, int], size: Size = SIZE) -> Pixels:
    data = np.broadcast_to(np.array(color, np.uint8), (size.height, size.width, 3)).tobytes()
    return Pixels(width=size.width, height=size.height, channels=3, data=data)


def product(color: tuple[int, int, int]) -> Pixels:
    picture = np.full((120, 120, 3), 250, np.uint8)
    picture[20:100, 40:80] = color
    return Pixels(width=120, height=120, channels=3, data=picture.tobytes())


def mask(x: int, y: int, side: int, feather_px: int = 0) -> Mask:
    marks = np.zeros((SIZE.height, SIZE.width), np.uint8)
    marks[y:y + side, x:x + side] = 255
    return Mask(data=b"x", feather_px=feather_px, pixels=Pixels(width=SIZE.width, height=SIZE.height, channels=1, data=marks.tobytes()))


def test_a_picture_says_what_it_is_and_what_it_shows() -> None:
    picture = one("two dogs on a beach at sunset")
    assert picture.note.startswith("This is a layout comp drawn by Cavendish without an image model")
    assert "dog" in picture.note
    assert "beach" in picture.note
    assert "sunset" in picture.note
    assert 2 <= len(picture.thoughts) <= 3
    assert picture.pixels is not None
    assert picture.pixels.size == SIZE


def test_unknown_nouns_are_cards_and_the_note_says_so() -> None:
    assert "FPO" in one("a flux capacitor on a desk").note


def test_candidates_take_the_next_seeds() -> None:
    first, second = COMP.generate(ask("three red mugs", count=2), quiet)
    assert (first.seed, second.seed) == (7, 8)
    assert (rows(first) != rows(second)).any()
    assert (rows(second) == rows(one("three red mugs", seed=8))).all()


def test_two_processes_draw_the_same_pixels() -> None:
    code = ("import hashlib; from cavendish.engines.comp.engine import CompEngine; from cavendish.types import *; "
            "p = next(CompEngine().generate(ImageRequest(prompt='a cat and a red ball in a forest', size=Size(256, 256), seed=7), "
            "lambda *a, **k: None)); print(hashlib.sha256(p.pixels.data).hexdigest())")
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()[-1]
    here = one("a cat and a red ball in a forest")
    assert here.pixels is not None
    assert hashlib.sha256(here.pixels.data).hexdigest() == there


def test_previews_come_as_often_as_asked_and_steps_count_up() -> None:
    steps: list[tuple[int, int, bool]] = []
    list(COMP.generate(ask("a dog", partial_images=2),
                       lambda n, total, preview=None, index=0: steps.append((n, total, preview is not None))))
    assert [n for n, _, _ in steps] == sorted(n for n, _, _ in steps)
    assert {total for _, total, _ in steps} == {STEPS}
    assert steps[-1][0] == STEPS
    assert sum(shown for _, _, shown in steps) == 2


def test_cancelling_stops_the_drawing() -> None:
    def stop(*_args: object, **_named: object) -> None:
        raise Cancelled("enough")
    with pytest.raises(Cancelled):
        list(COMP.generate(ask("a dog"), stop))


def test_a_transparent_picture_has_straight_alpha() -> None:
    picture = one("a red apple", output=OutputSpec(background="transparent"))
    assert picture.pixels is not None
    assert picture.pixels.channels == 4
    assert rows(picture)[0, 0, 3] == 0


def test_a_chain_of_edits_changes_only_what_was_asked() -> None:
    first = one("a brown dog and a red ball in a meadow")
    second = again(first, "add a blue balloon top left")
    moved = (np.abs(rows(first).astype(int) - rows(second)).max(axis=2) > 8)
    assert 0.004 < moved.mean() < 0.25
    assert not moved[150:, :].any()
    third = again(second, "remove the balloon")
    assert (rows(third) == rows(first)).all()
    assert "balloon" in second.note


def test_the_seed_of_the_first_picture_keeps_its_layout() -> None:
    first = one("a dog in a meadow", seed=7)
    second = again(first, "make it night", seed=99)
    assert unpack(second.state).seed == unpack(first.state).seed == 7
    assert unpack(second.state).layout["items"] == unpack(first.state).layout["items"]


def test_what_cannot_be_done_is_no_image_with_a_reason() -> None:
    picture = again(one("a dog in a meadow"), "remove the elephant")
    assert picture.finish_reason == "no_image"
    assert "elephant" in picture.note


def test_a_masked_edit_of_our_own_keeps_everything_outside() -> None:
    first = one("a dog in a meadow")
    where = mask(8, 8, 90, feather_px=4)
    second = again(first, "add a red balloon", mask=where)
    outside = view(where.pixels)[..., 0] == 0
    assert (rows(second)[outside] == rows(first)[outside]).all()
    assert (rows(second)[~outside] != rows(first)[~outside]).any(axis=1).mean() > 0.1


def test_a_balloon_is_drawn_onto_a_photograph_under_its_mask() -> None:
    photo, where = flat((90, 140, 80)), mask(60, 40, 120, feather_px=3)
    picture = one("add a red balloon", references=(reference(photo, ReferenceRole.BASE),), mask=where)
    outside = view(where.pixels)[..., 0] == 0
    drawn = rows(picture).astype(int)
    assert (drawn[outside] == view(photo)[outside]).all()
    assert ((drawn[..., 0] > 170) & (drawn[..., 1] < 90)).sum() > 1500
    assert picture.edited_base


def test_an_empty_mask_is_refused() -> None:
    picture = one("add a red balloon", references=(reference(flat((9, 9, 9)), ReferenceRole.BASE),), mask=mask(0, 0, 0))
    assert picture.finish_reason == "no_image"


def test_photographs_are_edited_with_image_operations() -> None:
    picture = one("make it brighter", references=(reference(flat((90, 100, 110)), ReferenceRole.BASE),))
    assert rows(picture).mean() > 110
    assert picture.edited_base


def test_fourteen_references_are_all_shown() -> None:
    colors = [(int(20 + 15 * i), int(220 - 14 * i), int((i * 67) % 256)) for i in range(14)]
    picture = one("a group of products", references=tuple(reference(product(c)) for c in colors), size=Size(1024, 1024))
    drawn = rows(picture).astype(int)
    for color in colors:
        assert (np.abs(drawn - color).max(axis=2) < 16).sum() > 150, color


def test_a_lost_reference_is_asked_for_again() -> None:
    bottle = reference(product((200, 30, 40)))
    first = one("the bottle from image 1 on a beach", references=(bottle,))
    assert "send that picture again" in again(first, "make it night").note
    assert again(first, "make it night", bottle).finish_reason == "stop"


def test_a_state_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InvalidValue, match="record"):
        one("make it night", references=(reference(flat((1, 2, 3)), ReferenceRole.BASE, b"garbage"),))


def test_drawings_that_this_installation_lacks_become_cards() -> None:
    first = one("a dog in a meadow")
    before = unpack(first.state)
    foreign = replace(before, scene=before.scene.with_subject(before.scene.subjects[0].key, concept="no-such-drawing"))
    assert isinstance(foreign.scene, Scene)
    picture = again(replace(first, state=foreign.pack()), "make it night")
    assert picture.finish_reason == "stop"


def test_the_profile_states_facts() -> None:
    assert COMP.profile.id == "comp"
    assert {"Latn", "Arab", "Deva"} <= set(COMP.profile.scripts)
    assert COMP.profile.transparent_background
    assert not COMP.profile.tuning


def test_without_an_art_pack_everything_is_a_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _forget_pack()
    monkeypatch.setattr(pack, "FOLDER", tmp_path)
    try:
        picture = one("a dog in a meadow")
        with pytest.raises(ConfigError, match="art pack"):
            one('a poster that says "Hello"')
    finally:
        _forget_pack()
    assert "FPO" in picture.note
    assert rows(picture).std() > 10


def _forget_pack() -> None:
    for cached in (pack._head, pack._art, pack.concepts, pack.font_files, typeset._typeface):
        cached.cache_clear()


@pytest.mark.parametrize(("prompt", "reshaped"), [("crop to square", True), ("rotate 90 degrees", True), ("make it darker", False)])
def test_a_crop_or_turn_says_that_the_shape_is_meant(prompt: str, reshaped: bool) -> None:
    ramps = np.dstack([np.tile(np.arange(90, dtype=np.uint8), (60, 1)) + shift for shift in (20, 60, 100)])
    picture = one(prompt, references=(reference(wrap(ramps), ReferenceRole.BASE),))
    assert (picture.reshaped, picture.finish_reason) == (reshaped, "stop")


def test_notes_name_colours_in_words() -> None:
    assert "a red ball" in one("a red ball in a forest").note
