"""`cavendish edit`: the base, the mask and their mistakes."""

from pathlib import Path

import pytest

from cavendish.imaging import codec, intake
from cavendish.imaging.raster import view
from cavendish.types import OutputSpec, Pixels, ReferenceRole, Size


@pytest.fixture
def picture(cavendish) -> Path:
    cavendish("generate", "a cup", "-o", "cup.png", "--size", "640x480", "--model", "comp", "--seed", "5")
    return Path("cup.png")


def _mask(size: Size) -> bytes:
    half = size.pixels // 2
    pixels = Pixels(width=size.width, height=size.height, channels=1, data=b"\xff" * half + b"\0" * (size.pixels - half))
    return codec.encode(pixels, OutputSpec()).data


def test_the_picture_is_the_base_and_its_shape_holds(cavendish, engine, picture):
    result = cavendish("edit", str(picture), "make it blue", "-o", "blue.png", "--ref", f"{picture}:style")
    assert result.exit_code == 0, result.output
    seen = engine.seen[-1]
    assert seen.base.data == picture.read_bytes()
    assert [r.role for r in seen.references] == [ReferenceRole.STYLE, ReferenceRole.BASE]


def test_a_mask_reaches_the_engine(cavendish, engine, picture):
    Path("mask.png").write_bytes(_mask(Size(640, 480)))
    result = cavendish("edit", str(picture), "make it blue", "-o", "b.png", "--mask", "mask.png", "--mask-feather", "4")
    assert result.exit_code == 0, result.output
    assert (engine.seen[-1].mask.feather_px, engine.seen[-1].mask.alpha_marks_edit) == (4, False)
    assert engine.seen[-1].mask.pixels.size == Size(640, 480)


def test_a_mask_of_another_size(cavendish, picture):
    Path("mask.png").write_bytes(_mask(Size(64, 64)))
    result = cavendish("edit", str(picture), "make it blue", "-o", "b.png", "--mask", "mask.png")
    assert result.exit_code == 2
    assert "send a mask of exactly 640x480" in result.stderr


def test_from_pipe_to_pipe(cavendish, picture):
    result = cavendish("edit", "-", "make it blue", "-o", "-", input=picture.read_bytes())
    assert result.exit_code == 0, result.stderr
    intake.open_picture(result.stdout_bytes)


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), (b"", "empty"), (b"plain words", "hint:")])
def test_what_is_no_picture(cavendish, content, words):
    if content is not None:
        Path("in.png").write_bytes(content)
    result = cavendish("edit", "in.png", "make it blue", "-o", "out.png")
    assert (result.exit_code, Path("out.png").exists()) == (2, False)
    assert words in result.stderr


def test_an_own_picture_is_changed_as_a_scene_by_another_run(cavendish, as_json):
    """The data folder knows the scene of a file that carries none: the real engine changes it and keeps the rest."""
    small = ("--model", "comp", "--size", "512", "--json")
    as_json(cavendish("generate", "a red bicycle on a beach", "-o", "red.png", "--seed", "7", *small, obj=None))
    told = as_json(cavendish("edit", "red.png", "make the bicycle blue", "-o", "blue.png", *small, obj=None))
    red, blue = (view(intake.open_picture(Path(name).read_bytes())).astype(int) for name in ("red.png", "blue.png"))
    moved = abs(red - blue).max(axis=2) > 24
    assert "bicycle" in told["pictures"][0]["note"]
    assert 0.01 < moved.mean() < 0.4  # the bicycle, not the picture
