"""The art pack as the build made it, and an installation without one."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import skia

from cavendish.catalog import pack
from cavendish.errors import ConfigError, InvalidValue

LANGUAGES = ("en", "es", "fr", "de", "pt", "it", "ja", "zh", "ko", "tr", "ar", "hi", "ru", "nl", "he", "th")
CACHES = (pack.concepts, pack.font_files, pack.licences, pack._head, pack._art)
packed = pytest.mark.skipif(not pack.present(), reason="this build could not reach npm: no art pack")


def forget() -> None:
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation whose pack folder is empty."""
    monkeypatch.setattr(pack, "FOLDER", tmp_path)
    forget()
    yield tmp_path
    forget()


@packed
def test_every_concept_has_a_drawing_a_group_and_names_in_every_language() -> None:
    assert len(pack.concepts()) > 1500
    for name, concept in pack.concepts().items():
        assert pack.svg(name).startswith(b"<svg "), name
        assert "" not in (concept.group, concept.subgroup, concept.char, concept.label), name
        assert [k for k in LANGUAGES if not concept.keywords.get(k) or not concept.labels.get(k)] == [], name


@packed
def test_the_names_belong_to_the_drawings() -> None:
    dog = pack.concepts()["dog"]
    assert (dog.char, dog.group, dog.subgroup, dog.label) == ("🐕", "animals-nature", "animal-mammal", "dog")
    assert "perro" in dog.keywords["es"]
    assert "犬" in dog.keywords["ja"]
    assert "כלב" in dog.keywords["he"]
    assert dog.labels["fr"] == "chien"


@packed
@pytest.mark.parametrize(("name", "char"), [("horizontal-traffic-light", "🚥"), ("police-car-light", "🚨"), ("piata", "🪅"),
                                            ("woman-astronaut", "👩‍🚀"), ("backhand-index-pointing-right", "👉")])
def test_concepts_with_odd_names_are_found(name: str, char: str) -> None:
    assert pack.concepts()[name].char == char


@packed
def test_skin_tones_stay_out() -> None:
    assert not [n for n in pack.concepts() if n.endswith(("-medium", "-medium-dark", "-medium-light"))]
    assert len({c.char for c in pack.concepts().values()}) > 1580


@packed
def test_ids_in_a_drawing_still_point_at_something() -> None:
    for name in pack.concepts():
        text = pack.svg(name).decode()
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)) <= {
            pair for i in re.findall(r'id="([^"]+)"', text) for pair in ((i, ""), ("", i))}, name


@packed
@pytest.mark.parametrize("name", ["shaking-face", "antenna-bars", "rolling-on-the-floor-laughing", "dog", "red-apple", "bus"])
def test_skia_draws_what_is_in_the_file(name: str) -> None:
    """Parts behind `use` and `clipPath` went missing while the files said href, which Skia does not read."""
    surface = skia.Surface(64, 64)
    with surface as canvas:
        canvas.scale(2, 2)
        drawing = skia.SVGDOM.MakeFromStream(skia.MemoryStream.MakeCopy(pack.svg(name)))
        drawing.setContainerSize(skia.Size(32, 32))
        drawing.render(canvas)
    pixels = surface.toarray()
    assert (pixels[..., 3] > 128).mean() > 0.3
    assert len({tuple(p) for p in pixels.reshape(-1, 4)}) > 200


@packed
def test_a_font_for_every_script_at_two_weights() -> None:
    scripts = {s for f in pack.font_files() for s in f.scripts}
    assert scripts >= {"Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Thai", "Jpan", "Kore", "Hans", "Hant"}
    assert {f.role for f in pack.font_files()} == {"ui", "text", "display", "hand"}
    for family in {f.family for f in pack.font_files()}:
        assert {f.weight for f in pack.font_files() if f.family == family} == {400, 700}


@packed
@pytest.mark.parametrize(("family", "text"), [
    ("Inter", "Łódź Ελλάδα Привет Việt"), ("Noto Sans", "Łódź Ελλάδα Привет Việt"), ("Noto Sans Arabic", "مرحبا"),
    ("Noto Sans Hebrew", "שלום"), ("Noto Sans Devanagari", "नमस्ते"), ("Noto Sans Thai", "สวัสดี"),
    ("Noto Sans JP", "日本語かなカナ、。ABC"), ("Noto Sans KR", "안녕뷁"), ("Noto Sans SC", "简体中文，龙"),
    ("Noto Sans TC", "繁體中文，龍臺灣瀲"), ("Noto Serif Display", "Élan Ж"), ("Oswald", "Élan Ж"), ("Caveat", "Élan Ж")])
def test_skia_finds_every_character_and_weight(family: str, text: str) -> None:
    for weight in (400, 700):
        face = skia.Typeface.MakeFromData(skia.Data.MakeWithCopy(pack.font_data(family, weight)))
        assert (face.getFamilyName(), face.fontStyle().weight()) == (family, weight)
        assert 0 not in face.unicharsToGlyphs([ord(c) for c in text])


@packed
def test_the_nearest_weight_is_taken() -> None:
    assert pack.font_data("Inter", 700) != pack.font_data("Inter")
    assert pack.font_data("Inter", 300) == pack.font_data("Inter", 400)
    assert pack.font_data("Inter", 650) == pack.font_data("Inter", 700)


@packed
def test_every_package_travels_with_its_licence_and_is_in_the_notice() -> None:
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    assert len(pack.licences()) >= 16
    for title, text in pack.licences().items():
        assert title.split()[0] in notice, title
        assert any(words in text for words in ("Permission is hereby granted", "SIL OPEN FONT LICENSE")), title


@packed
def test_names_that_do_not_exist_say_what_to_do() -> None:
    with pytest.raises(InvalidValue) as drawing:
        pack.svg("no-such-thing")
    with pytest.raises(InvalidValue) as font:
        pack.font_data("Comic Sans")
    assert drawing.value.hint
    assert "Inter" in font.value.hint


@pytest.mark.usefixtures("elsewhere")
def test_without_a_pack_lists_are_empty_and_single_things_say_why() -> None:
    assert not pack.present()
    assert (pack.revision(), pack.credit()) == ("none", "")
    assert (dict(pack.concepts()), pack.font_files(), dict(pack.licences())) == ({}, (), {})
    for call in (lambda: pack.svg("dog"), lambda: pack.font_data("Inter")):
        with pytest.raises(ConfigError) as caught:
            call()
        assert "npm" in caught.value.hint


def test_a_pack_of_another_format_counts_as_absent(elsewhere: Path) -> None:
    (elsewhere / "head.json").write_text('{"format": 0, "revision": "old"}')
    assert not pack.present()


def test_importing_reads_nothing_and_draws_in_no_big_library() -> None:
    code = ("import sys, builtins; from cavendish.catalog import pack; assert pack._head.cache_info().currsize == 0;"
            "pack.concepts(); sys.exit(bool({'numpy', 'skia'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
