"""Native bodies -> ImageRequest, and what is said about a body that is wrong."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.api.native import parse
from cavendish.api.native.schema import ImageBody
from cavendish.errors import CavendishError, InvalidBody, InvalidRequest, InvalidValue, TooManyReferences, UnknownField
from cavendish.types import ImageRequest, OutputSpec, ReferenceRole, Size, TextLayer, Thinking

DATA = base64.b64encode(b"picture").decode()


def _read(**body: object) -> ImageRequest:
    return parse.request(parse.read(json.dumps({"prompt": "a dog"} | body).encode()))


def test_only_a_prompt_is_needed() -> None:
    assert _read() == ImageRequest(prompt="a dog")


def test_every_field_arrives() -> None:
    request = _read(
        model="pro", aspect_ratio="16:9", size="2k", seed=7, count=3, negative_prompt="people", history=["a cat"], system="calm",
        steps=8, guidance_scale=3.5, thinking="high", partial_images=2, safety={"harassment": "block_none"},
        references=[{"data": DATA, "role": "base", "signature": "c2ln"}], mask={"data": DATA, "feather_px": 4},
        text_layers=[{"text": "OPEN", "role": "sign", "box": [0, 0, 0.5, 1], "color": "#ff0000"}],
        output={"mime": "image/webp", "quality": 80, "max_bytes": 90_000})
    assert (request.model, request.aspect_ratio, request.tier, request.seed, request.count) == ("pro", "16:9", "2K", 7, 3)
    assert (request.history, request.system, request.steps, request.guidance_scale) == (("a cat",), "calm", 8, 3.5)
    assert (request.thinking, request.partial_images, request.negative_prompt) == (Thinking.HIGH, 2, "people")
    assert request.safety == (("harassment", "block_none"),)
    assert (request.base.data, request.base.role, request.base.signature) == (b"picture", ReferenceRole.BASE, b"sig")
    assert (request.mask.data, request.mask.feather_px, request.mask.alpha_marks_edit) == (b"picture", 4, False)
    assert request.text_layers == (TextLayer(text="OPEN", role="sign", box=(0, 0, 0.5, 1), color="#ff0000"),)
    assert request.output == OutputSpec(mime="image/webp", quality=80, max_bytes=90_000)


@pytest.mark.parametrize(("size", "pixels", "tier"), [
    ("1K", None, "1K"), ("4k", None, "4K"), (" 512 ", None, "512"), ("640x480", Size(640, 480), None), ("640 × 480", Size(640, 480), None)])
def test_size_is_a_tier_or_pixels(size: str, pixels: Size | None, tier: str | None) -> None:
    request = _read(size=size)
    assert (request.size, request.tier) == (pixels, tier)


def test_both_base64_alphabets_are_read() -> None:
    data = bytes(range(256))
    for text in (base64.b64encode(data), base64.urlsafe_b64encode(data).rstrip(b"=")):
        assert _read(references=[{"data": text.decode()}]).references[0].data == data


@pytest.mark.parametrize(("body", "kind", "field", "hint"), [
    (b"{", InvalidBody, "", "JSON object"),
    (b"[]", InvalidBody, "", "prompt"),
    (b"{}", InvalidValue, "prompt", "add it"),
    (b'{"prompt": ""}', InvalidValue, "prompt", "describe"),
    (b'{"prompt": 7}', InvalidValue, "prompt", "string"),
    (b'{"prompt": "x", "promt": 1}', UnknownField, "promt", "did you mean 'prompt'?"),
    (b'{"prompt": "x", "output": {"mine": 1}}', UnknownField, "output.mine", "did you mean 'mime'?"),
    (b'{"prompt": "x", "references": [{"data": "eA==", "rolle": 1}]}', UnknownField, "references.0.rolle", "'role'"),
    (b'{"prompt": "x", "references": [{"data": "eA==", "role": "boss"}]}', InvalidValue, "references.0.role", "character"),
    (b'{"prompt": "x", "references": [{"data": "%%%"}]}', InvalidValue, "references.0.data", "base64"),
    (b'{"prompt": "x", "references": [{"data": ""}]}', InvalidValue, "references.0.data", "whole file"),
    (b'{"prompt": "x", "count": "2"}', InvalidValue, "count", "integer"),
    (b'{"prompt": "x", "count": 11}', InvalidValue, "count", "1 to 10"),
    (b'{"prompt": "x", "seed": 99999999999999999999}', InvalidValue, "seed", "0 to"),
    (b'{"prompt": "x", "size": "8K"}', InvalidValue, "tier", "512"),
    (b'{"prompt": "x", "size": "axb"}', InvalidValue, "size", "1024x1024"),
    (b'{"prompt": "x", "size": "640x480", "aspect_ratio": "4:3"}', InvalidValue, "size", "either"),
    (b'{"prompt": "x", "safety": {"rudeness": "off"}}', InvalidValue, "safety", "harassment"),
    (b'{"prompt": "x", "safety": {"harassment": "maybe"}}', InvalidValue, "safety.harassment", "block_none"),
    (b'{"prompt": "x", "guidance_scale": NaN}', InvalidValue, "guidance_scale", ""),
    (b'{"prompt": "x", "mask": {"data": "eA=="}}', InvalidValue, "mask", "belongs"),
])
def test_a_wrong_body_is_explained(body: bytes, kind: type[CavendishError], field: str, hint: str) -> None:
    with pytest.raises(kind) as caught:
        parse.request(parse.read(body))
    assert caught.value.field == field
    assert hint in caught.value.hint


def test_fifteen_references_are_too_many() -> None:
    with pytest.raises(TooManyReferences, match="15"):
        _read(references=[{"data": DATA}] * 15)


def test_a_wrong_value_is_not_repeated() -> None:
    with pytest.raises(InvalidValue) as caught:
        parse.read(json.dumps({"prompt": ["secret words"]}).encode())
    assert "secret" not in caught.value.sentence()


def test_the_schema_knows_no_field_that_is_not_read() -> None:
    read = {*parse.AS_THEY_ARE, "size", "references", "mask", "text_layers", "adapters", "thinking", "safety", "output", "stream",
            "search"}
    assert set(ImageBody.model_fields) == read


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.dictionaries(st.sampled_from([*ImageBody.model_fields, "data", "role", "x"]), inner, max_size=5)
    | st.lists(inner, max_size=3), max_leaves=12).map(lambda v: json.dumps(v).encode()))
def test_no_body_breaks_the_parser(body: bytes) -> None:
    said = ""
    try:
        said = parse.request(parse.read(body)).prompt
    except InvalidRequest as error:
        said = error.hint
    assert said
