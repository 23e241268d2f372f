"""Photographs changed in words of twelve languages, seen on the pixels; no translation on any path without a copy."""

import numpy as np
import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.engine import CompEngine
from cavendish.engines.comp.photo import captions, photograph
from cavendish.engines.comp.photo.wording import Step
from cavendish.imaging.crop import Box
from cavendish.imaging.raster import Array, view, wrap
from cavendish.types import ImageRequest, Reference, ReferenceRole, Size

LUMA = np.array([0.2126, 0.7152, 0.0722])
BASE = np.stack(np.broadcast_arrays(*(np.linspace(a, b, 60)[None, :] for a, b in ((40, 200), (60, 170), (180, 90)))), axis=2)
BASE = np.repeat(BASE, 40, axis=0).astype(np.uint8)


def edited(prompt: str) -> Array:
    pixels = wrap(np.ascontiguousarray(BASE))
    outcome = photograph.edit(ImageRequest(prompt=prompt, references=(Reference(data=b"b", pixels=pixels, role=ReferenceRole.BASE),)),
                              pixels)
    assert outcome.pixels is not None, outcome.missed
    return view(outcome.pixels)[..., :3].astype(float)


@pytest.mark.parametrize("prompt", ["make it brighter", "más claro", "plus lumineux", "mach das Bild heller", "mais claro", "più luminosa",
                                    "もっと明るくして", "变亮一点", "더 밝게 해줘", "daha parlak yap", "اجعل الصورة أكثر سطوعا", "और चमकीला करो"])
def test_brighter_is_brighter_in_every_language(prompt: str) -> None:
    assert (edited(prompt) @ LUMA).mean() > 1.08 * (BASE @ LUMA).mean()


@pytest.mark.parametrize("prompt", ["make it darker", "hazla más oscura", "plus sombre", "dunkler", "deixe mais escura", "più scura",
                                    "暗くして", "变暗", "더 어둡게", "daha karanlık yap", "اجعل الصورة أغمق", "और गहरा करो"])
def test_darker_is_darker_in_every_language(prompt: str) -> None:
    assert (edited(prompt) @ LUMA).mean() < 0.92 * (BASE @ LUMA).mean()


@pytest.mark.parametrize("prompt", ["black and white", "en blanco y negro", "noir et blanc", "schwarz-weiß", "em preto e branco",
                                    "in bianco e nero", "白黒にして", "黑白", "흑백으로", "siyah beyaz yap", "أبيض وأسود",
                                    "ब्लैक एंड व्हाइट करो"])
def test_black_and_white_is_gray_in_every_language(prompt: str) -> None:
    rows = edited(prompt)
    assert np.ptp(rows, axis=2).max() <= 1


@pytest.mark.skipif(not pack.present(), reason="needs the art pack's fonts")
@pytest.mark.parametrize("level", [20, 90, 118, 135, 160, 235])
def test_text_reads_on_any_gray(level: int) -> None:
    rows = np.full((120, 300, 3), level, np.uint8)
    out = captions.write(rows, Step(kind="text", text="HELLO"), Box(0, 0, 300, 120)).astype(float)
    letters = max((out.min(), out.max()), key=lambda v: abs(v - level)) / 255
    high, low = sorted((((v + 0.055) / 1.055) ** 2.4 for v in (letters, level / 255)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.skipif(not pack.present(), reason="needs the art pack")
def test_no_path_translates_by_itself() -> None:
    def made(prompt: str, *references: Reference) -> tuple[str, bool]:
        request = ImageRequest(prompt=prompt, references=references, size=Size(256, 256), seed=1)
        picture = next(iter(CompEngine().generate(request, lambda *_: None)))
        return picture.note, picture.pixels is not None

    photo = Reference(data=b"p", pixels=wrap(np.ascontiguousarray(BASE)), role=ReferenceRole.BASE)
    refusal, edited_photo = made("translate the text to French", photo)
    assert not edited_photo
    assert "does not translate" in refusal
    note, drawn = made("a poster with the text “Hello” translated to French")
    assert drawn
    assert "translation: the texts are set as they are written" in note
    assert "“Hello”" in note
