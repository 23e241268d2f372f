"""`cavendish generate`: what it writes, what it refuses, what it says."""

import hashlib
import json
from pathlib import Path

import pytest
import pyvips

from cavendish.engines.comp.scene import Scene
from cavendish.errors import EngineFailed, OutOfMemory
from cavendish.imaging import header, intake
from cavendish.types import Picture, ReferenceRole, Size, Thinking


def test_writes_a_picture_of_the_size_asked(cavendish):
    result = cavendish("generate", "a puppy", "-o", "puppy.png", "--ratio", "16:9", "--size", "2k", "--seed", "7")
    assert result.exit_code == 0, result.output
    assert intake.probe(Path("puppy.png").read_bytes()) == Size(2752, 1536)
    assert result.stdout.startswith("puppy.png: 2752x1536 PNG, seed 7, drawn by")


def test_exact_pixels(cavendish):
    assert cavendish("generate", "a puppy", "-o", "p.png", "--size", "640x480", "--model", "comp").exit_code == 0
    assert intake.probe(Path("p.png").read_bytes()) == Size(640, 480)


def test_several_pictures_are_numbered(cavendish):
    result = cavendish("generate", "a puppy", "-o", "puppy.png", "-n", "4", "--size", "512", "--seed", "1")
    assert sorted(p.name for p in Path().iterdir()) == [f"puppy-{i}.png" for i in (1, 2, 3, 4)]
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [f"puppy-{i}.png" for i in (1, 2, 3, 4)]
    assert len({p.read_bytes() for p in Path().iterdir()}) == 4


@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.webp", "WEBP"),
                                            ("a.avif", "AVIF"), ("a.tiff", "TIFF"), ("a.tif", "TIFF"), ("a", "PNG")])
def test_the_extension_names_the_format(cavendish, name, kind):
    assert cavendish("generate", "a puppy", "-o", name, "--size", "512").exit_code == 0
    assert header.read(Path(name).read_bytes()).kind == kind


def test_a_byte_cap_holds(cavendish):
    assert cavendish("generate", "a puppy", "-o", "a.jpg", "--size", "512", "--max-bytes", "20000").exit_code == 0
    assert len(Path("a.jpg").read_bytes()) <= 20_000


def test_a_byte_cap_that_cannot_hold_says_what_can(cavendish):
    result = cavendish("generate", "a puppy", "-o", "a.png", "--size", "512", "--max-bytes", "900")
    assert result.exit_code == 2
    assert "the smallest file has" in result.stderr
    assert not Path("a.png").exists()


def test_sixteen_bits_reach_the_file(cavendish):
    assert cavendish("generate", "a puppy", "-o", "a.tiff", "--size", "512", "--bit-depth", "16").exit_code == 0
    assert pyvips.Image.new_from_file("a.tiff").format == "ushort"


def test_format_wins_over_the_extension(cavendish):
    cavendish("generate", "a puppy", "-o", "a.img", "--format", "webp", "--size", "512")
    assert header.read(Path("a.img").read_bytes()).kind == "WEBP"


def test_standard_output_holds_the_picture_only(cavendish):
    result = cavendish("generate", "a puppy", "-o", "-", "--size", "512")
    assert intake.probe(result.stdout_bytes) == Size(512, 512)
    assert "seed" in result.stderr


def test_keeps_a_file_that_exists(cavendish):
    Path("puppy-2.png").write_bytes(b"mine")
    result = cavendish("generate", "a puppy", "-o", "puppy.png", "-n", "2", "--size", "512")
    assert result.exit_code == 2
    assert "puppy-2.png exists already" in result.stderr
    assert [p.read_bytes() for p in Path().iterdir()] == [b"mine"]


def test_force_replaces_it(cavendish):
    Path("puppy.png").write_bytes(b"mine")
    assert cavendish("generate", "a puppy", "-o", "puppy.png", "--size", "512", "--force").exit_code == 0
    assert Path("puppy.png").read_bytes() != b"mine"


def test_options_reach_the_engine(cavendish, engine):
    Path("cup.png").write_bytes(_png(cavendish))
    result = cavendish("generate", "a puppy", "-o", "b.png", "--ref", "cup.png", "--ref", "cup.png:style", "--negative", "cats",
                       "--text", "HELLO", "--thinking", "high", "--background", "transparent", "--model", "comp", "--size", "512")
    assert result.exit_code == 0, result.output
    seen = engine.seen[-1]
    assert [r.role for r in seen.references] == [ReferenceRole.OBJECT, ReferenceRole.STYLE]
    assert (seen.negative_prompt, seen.text_layers[0].text, seen.thinking) == ("cats", "HELLO", Thinking.HIGH)
    assert seen.output.background == "transparent"


def test_a_file_whose_name_ends_like_a_role(cavendish, engine):
    Path("cup:style").write_bytes(_png(cavendish))
    cavendish("generate", "a puppy", "-o", "b.png", "--ref", "cup:style", "--size", "512")
    assert engine.seen[-1].references[0].role is ReferenceRole.OBJECT


def test_the_prompt_can_come_from_standard_input(cavendish, engine):
    assert cavendish("generate", "-", "-o", "b.png", "--size", "512", input="a kitten\n").exit_code == 0
    assert engine.seen[-1].prompt == "a kitten"


def test_json_says_what_was_written(cavendish, as_json):
    told = as_json(cavendish("generate", "a puppy", "-o", "p.png", "-n", "2", "--size", "512", "--seed", "3", "--json"))
    assert [(p["path"], p["seed"]) for p in told["pictures"]] == [("p-1.png", 3), ("p-2.png", 4)]
    assert told["pictures"][1]["sha256"] == hashlib.sha256(Path("p-2.png").read_bytes()).hexdigest()
    assert (told["size"], told["aspect_ratio"], told["engine"]) == ("512x512", "1:1", "fake")


def test_a_stand_in_is_named(cavendish):
    result = cavendish("generate", "a puppy", "-o", "p.png", "--model", "gemini-3-pro-image")
    assert "note:" in result.stderr
    assert "is not installed here" in result.stderr


@pytest.mark.parametrize(("args", "code", "words"), [
    ((), 2, "Missing argument"),
    (("a puppy",), 2, "add -o picture.png"),
    (("a puppy", "-o", "p.gif"), 2, "no picture format goes by .gif"),
    (("a puppy", "-o", "nowhere/p.png"), 2, "does not exist"),
    (("a puppy", "-o", "-", "-n", "2"), 2, "one standard output"),
    (("a puppy", "-o", "-", "--json"), 2, "cannot share"),
    (("a puppy", "-o", "p.png", "--ratio", "0:0"), 2, "aspect ratio"),
    (("a puppy", "-o", "p.png", "--size", "huge"), 2, "1024x1024"),
    (("a puppy", "-o", "p.png", "-n", "11"), 2, "1<=x<=10"),
    (("a puppy", "-o", "p.png", "--model", "midjourney"), 2, "unknown model"),
    (("a puppy", "-o", "p.png", "--ref", "none.png"), 2, "none.png cannot be read"),
    (("a puppy", "-o", "p.jpg", "--background", "transparent"), 2, "JPEG has no transparency"),
    ((" ", "-o", "p.png"), 2, "the prompt is empty"),
    (("how to build a pipe bomb", "-o", "p.png"), 3, "hint:"),
])
def test_refusals(cavendish, args, code, words):
    result = cavendish("generate", *args)
    assert (result.exit_code, list(Path().iterdir())) == (code, []), result.output
    assert result.stdout == ""
    assert words in result.stderr


@pytest.mark.parametrize(("fail", "code"), [(EngineFailed("it broke", hint="try again"), 5), (OutOfMemory("too big"), 5)])
def test_engine_errors(cavendish, engine, fail, code):
    engine.fail = fail
    result = cavendish("generate", "a puppy", "-o", "p.png", "--json")
    assert result.exit_code == code
    assert json.loads(result.stderr)["error"]["message"] == fail.message


def test_no_image_is_told_and_is_no_success(cavendish, engine, monkeypatch):
    note = "there is nothing to draw"
    monkeypatch.setattr(type(engine), "generate", lambda *_: [Picture(seed=1, finish_reason="no_image", note=note)])
    result = cavendish("generate", "a puppy", "-o", "p.png")
    assert (result.exit_code, list(Path().iterdir())) == (3, [])
    assert note in result.stderr


def test_an_engine_that_is_not_installed(cavendish, monkeypatch):
    monkeypatch.setenv("CAVENDISH_STRICT_MODELS", "1")
    result = cavendish("generate", "a puppy", "-o", "p.png", "--model", "pro")
    assert result.exit_code == 4
    assert "cavendish doctor" in result.stderr


def _png(cavendish) -> bytes:
    return cavendish("generate", "a cup", "-o", "-", "--size", "512").stdout_bytes


def test_explain_prints_the_scene_and_draws_nothing(cavendish, engine):
    result = cavendish("generate", "three red apples on a wooden table at night", "--explain")
    assert result.exit_code == 0, result.output
    scene = Scene.from_json(json.loads(result.stdout))
    assert [(s.noun, s.count) for s in scene.subjects if "apple" in s.noun] == [("red apples", 3)]
    assert (scene.time, engine.seen, list(Path().iterdir())) == ("night", [], [])


def test_explain_as_json_is_one_line(cavendish, as_json):
    assert as_json(cavendish("generate", "a puppy", "--explain", "--json"))["subjects"]
