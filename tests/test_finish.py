"""Finish: exact pixels, one encoding, and none where the engine brought the file that was asked."""

import pytest

from cavendish import finish as stage
from cavendish.engines.fake import FAKE
from cavendish.finish import FinishSpec, finish
from cavendish.imaging import codec, intake
from cavendish.trust.labels import read_labels
from cavendish.types import Asset, ImageRequest, OutputSpec, Picture, Pixels, Size

SIZE = Size(40, 30)


def _file(mime: str = "image/png", size: Size = SIZE) -> Asset:
    data = bytes(range(256)) * (size.pixels * 3 // 256 + 1)
    pixels = Pixels(width=size.width, height=size.height, channels=3, data=data[:size.pixels * 3])
    return codec.encode(pixels, OutputSpec(mime=mime))


def _spec(**output) -> FinishSpec:
    request = ImageRequest(prompt="a dog", size=SIZE, seed=7, output=OutputSpec(**output))
    return FinishSpec(request=request, engine=FAKE, request_digest="d" * 32)


def test_a_file_as_asked_is_labelled_and_never_decoded(monkeypatch):
    file = _file()
    monkeypatch.setattr(stage.intake, "open_picture", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr(stage.codec, "encode", lambda *_: pytest.fail("encoded"))
    asset = finish(Picture(seed=7, file=file), 0, _spec()).asset
    assert read_labels(asset.data)["seed"] == "7"
    monkeypatch.undo()
    assert intake.open_picture(asset.data) == intake.open_picture(file.data)


@pytest.mark.parametrize(("file", "output"), [
    (_file("image/jpeg"), {}), (_file(size=Size(80, 60)), {}), (_file(), {"bit_depth": 16}), (_file(), {"background": "opaque"})])
def test_any_other_file_becomes_what_was_asked(file, output):
    asset = finish(Picture(seed=7, file=file), 0, _spec(**output)).asset
    assert (asset.mime, intake.probe(asset.data)) == ("image/png", SIZE)


def test_a_picture_has_pixels_or_a_file_exactly_when_it_stopped_well():
    for wrong in ({}, {"file": _file(), "finish_reason": "no_image"}):
        with pytest.raises(ValueError, match="exactly when"):
            Picture(seed=1, **wrong)
