"""Values check themselves and know their own name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.errors import InvalidRequest, InvalidValue, TooLarge, TooManyReferences
from cavendish.types import ImageRequest, Mask, OutputSpec, Pixels, Reference, ReferenceRole, Size, TextLayer, Usage


@pytest.mark.parametrize("text", ["1024x1024", " 64 X 32 ", "5504×3072"])
def test_sizes_are_read(text: str) -> None:
    assert str(Size.parse(text)) == text.strip().replace(" ", "").replace("X", "x").replace("×", "x")


@pytest.mark.parametrize("text", ["", "x", "1024", "0x5", "-1x5", "1e3x5", "99999999x1", "10x10x10"])
def test_bad_sizes_say_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Size.parse(text)
    assert caught.value.hint


BAD_REQUESTS = {
    "prompt": {"prompt": "  "}, "count": {"count": 0}, "count-high": {"count": 11}, "seed": {"seed": -1},
    "tier": {"tier": "8K"}, "steps": {"steps": 0}, "guidance": {"guidance_scale": 51.0}, "partials": {"partial_images": 4},
    "mask": {"mask": Mask(data=b"x")}, "side": {"size": Size(16385, 1)}, "pixels": {"size": Size(8000, 8000)},
}


@pytest.mark.parametrize("wrong", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_bad_requests_are_refused_with_a_hint(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ImageRequest(**({"prompt": "a dog"} | wrong))
    assert caught.value.hint


def test_a_fifteenth_reference_is_refused() -> None:
    with pytest.raises(TooManyReferences):
        ImageRequest(prompt="all of them", references=(Reference(data=b"x"),) * 15)


def test_an_endless_prompt_is_refused() -> None:
    with pytest.raises(TooLarge):
        ImageRequest(prompt="a" * 1_000_000)


def test_the_digest_covers_what_decides_the_pixels() -> None:
    base = ImageRequest(prompt="a dog", seed=1)
    others = [ImageRequest(prompt="a cat", seed=1), ImageRequest(prompt="a dog", seed=2),
              ImageRequest(prompt="a dog", seed=1, references=(Reference(data=b"x"),)),
              ImageRequest(prompt="a dog", seed=1, output=OutputSpec(mime="image/jpeg"))]
    assert len({r.digest() for r in (base, *others)}) == 5
    assert base.digest() == ImageRequest(prompt="a dog", seed=1).digest()


def test_opened_pixels_do_not_change_the_digest() -> None:
    pixels = Pixels(width=1, height=1, channels=3, data=b"abc")
    one = ImageRequest(prompt="x", references=(Reference(data=b"f"),))
    two = ImageRequest(prompt="x", references=(Reference(data=b"f", pixels=pixels),))
    assert one.digest() == two.digest()


def test_the_base_is_the_last_one_with_that_role() -> None:
    first, last = (Reference(data=d, role=ReferenceRole.BASE) for d in (b"1", b"2"))
    assert ImageRequest(prompt="x", references=(first, Reference(data=b"3"), last)).base == last


@pytest.mark.parametrize("wrong", [{"mime": "image/gif"}, {"quality": 0}, {"bit_depth": 12}, {"max_bytes": 0},
                                   {"bit_depth": 16, "mime": "image/webp"}, {"bit_depth": 16, "mime": "image/avif"}, {"background": "pink"}, {"background": "transparent", "mime": "image/jpeg"}])
def test_bad_outputs_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        OutputSpec(**wrong)


@pytest.mark.parametrize("wrong", [{"text": " "}, {"text": "x", "box": (0, 0, 2, 1)}])
def test_bad_text_layers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        TextLayer(**wrong)


def test_pixels_must_fill_their_shape() -> None:
    with pytest.raises(ValueError, match="bytes do not make"):
        Pixels(width=2, height=2, channels=3, data=b"123")


@given(st.tuples(*[st.integers(0, 10**6)] * 5))
def test_usage_adds_up(counts: tuple[int, ...]) -> None:
    names = ("prompt_text", "prompt_image", "output_text", "output_image", "thoughts")
    usage = Usage(**dict(zip(names, counts, strict=True)))
    assert usage.total == usage.prompt + usage.output + usage.thoughts == sum(counts)
