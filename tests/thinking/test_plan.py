"""The plan completes a request: size, seed, opened inputs, within bounds."""

import io

import pytest
from PIL import Image

from cavendish.catalog.models import catalog
from cavendish.errors import BadImage, InvalidValue, TooLarge
from cavendish.thinking.plan import plan
from cavendish.types import ImageRequest, Mask, Reference, ReferenceRole, Size


def _png(width: int, height: int, color: object = 0, mode: str = "L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), color).save(out, "PNG")
    return out.getvalue()


def _plan(**fields: object):
    return plan(ImageRequest(prompt="x", **fields), catalog().model("flash"))


BASE = Reference(data=_png(160, 90), role=ReferenceRole.BASE)


@pytest.mark.parametrize(("asked", "size"), [
    ({}, Size(1024, 1024)), ({"aspect_ratio": "21:9", "tier": "512"}, Size(792, 336)), ({"size": Size(70, 40)}, Size(70, 40)),
    ({"references": (BASE,)}, Size(1376, 768)), ({"references": (BASE,), "aspect_ratio": "1:1"}, Size(1024, 1024))])
def test_the_size_is_asked_or_follows_the_base(asked: dict, size: Size) -> None:
    assert _plan(**asked).request.size == size


def test_a_masked_edit_keeps_the_size_of_its_base() -> None:
    planned = _plan(references=(BASE,), mask=Mask(data=_png(160, 90, 255)))
    assert planned.request.size == Size(160, 90)
    assert planned.request.mask.pixels.channels == 1


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(BadImage):
        _plan(references=(BASE,), mask=Mask(data=_png(10, 10, 255)))


def test_a_ratio_that_the_model_does_not_make_is_refused() -> None:
    with pytest.raises(InvalidValue):
        plan(ImageRequest(prompt="x", aspect_ratio="1:8"), catalog().model("gemini-3-pro-image"))


def test_seeds_are_chosen_when_open_and_kept_when_given() -> None:
    assert _plan(seed=5).request.seed == 5
    assert len({_plan().request.seed for _ in range(5)}) == 5


def test_many_small_files_of_many_pixels_are_refused_before_they_are_opened() -> None:
    big = _png(7000, 7000)
    assert len(big) < 100_000
    with pytest.raises(TooLarge):
        _plan(references=tuple(Reference(data=big) for _ in range(4)))
