"""Bodies of every route come to the request that golden files name, or are refused in OpenAI's words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.openai import golden
from cavendish.api.openai import chat, errors, forms, parse
from cavendish.api.openai.forms import Body
from cavendish.catalog.models import catalog
from cavendish.errors import CavendishError
from cavendish.types import ImageRequest

PARSE, REFUSE = golden.load("parse.json"), golden.load("refuse.json")


def read(route: str, body: dict[str, Any]) -> Any:
    reader = chat.read if route == "chat" else lambda b, c: parse.parse(b, route, c)
    return reader(Body(body, form=False), catalog())


@pytest.mark.parametrize("case", PARSE, ids=lambda c: c["name"])
def test_a_body_comes_to_its_request(case: dict[str, Any]) -> None:
    assert golden.plain(read(case["route"], case["body"])) == case["call"]


@pytest.mark.parametrize("case", REFUSE, ids=lambda c: c["name"])
def test_a_bad_body_is_refused_with_what_to_do(case: dict[str, Any]) -> None:
    body = case["body"] | ({"prompt": "x" * 4001} if case["body"].get("prompt") == "$LONG" else {})
    with pytest.raises(CavendishError) as caught:
        read(case["route"], body)
    status, answer, headers = errors.render(caught.value)
    assert (status, answer["error"]) == (case["status"], case["error"])
    assert headers["x-should-retry"] == "false"


FIELDS = st.fixed_dictionaries({"prompt": st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1)
                                .filter(lambda t: t.strip())}, optional={
    "model": st.sampled_from(["gpt-image-2", "gpt-image-1", "dall-e-2", "flash", "comp"]), "n": st.integers(1, 10),
    "quality": st.sampled_from(["auto", "low", "medium", "high", "hd"]), "stream": st.booleans(),
    "partial_images": st.integers(0, 3), "background": st.sampled_from(["auto", "opaque", "transparent"]),
    "output_format": st.sampled_from(["png", "webp", "avif"]), "seed": st.integers(0, 2**63 - 11),
    "negative_prompt": st.text(max_size=20), "guidance_scale": st.floats(0, 50), "steps": st.integers(1, 200),
    "aspect_ratio": st.sampled_from(["1:1", "16:9", "21:9"]), "image_size": st.sampled_from(["1K", "2k", "4K"]),
    "user": st.text(st.characters(codec="ascii"), max_size=8), "mask_feather": st.integers(0, 256),
    "extra_body": st.just({"google": {"thinking_config": {"thinking_level": "high"}}}),
})
PICTURES = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=14)
FILE_NAMES = st.sampled_from(["image", "image[]", "image[0]", "images", "images[]"])


def multipart(values: dict[str, Any], pictures: list[bytes], file_name: str) -> bytes:
    """A form as clients write it: scalars as text, files with a name and any type."""
    flat = dict(values)
    level = flat.pop("extra_body", {}).get("google", {}).get("thinking_config", {}).get("thinking_level")
    if level:
        flat["extra_body[google][thinking_config][thinking_level]"] = level
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in flat.items()}
    parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (k.encode(), v.encode()) for k, v in texts.items()]
    parts += [b'Content-Disposition: form-data; name="%s"; filename="upload"\r\nContent-Type: application/octet-stream\r\n\r\n%s'
              % (file_name.encode(), p) for p in pictures]
    return b"".join(b"--BoUnDaRy9\r\n" + p + b"\r\n" for p in parts) + b"--BoUnDaRy9--\r\n"


@given(values=FIELDS, pictures=PICTURES, file_name=FILE_NAMES)
def test_form_and_json_of_one_call_make_one_request(values: dict[str, Any], pictures: list[bytes], file_name: str) -> None:
    form = forms.read(multipart(values, pictures, file_name), "multipart/form-data; boundary=BoUnDaRy9")
    as_json = json.dumps(values | {"images": [{"image_url": "data:image/png;base64," + golden.encoded(p)} for p in pictures]})
    from_form = parse.parse(form, "edits", catalog())
    from_json = parse.parse(forms.read(as_json.encode(), "application/json"), "edits", catalog())
    assert from_form == from_json
    assert [r.data for r in from_form.request.references] == pictures


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)),
       st.sampled_from(PARSE), st.data())
def test_any_value_in_any_field_is_read_or_refused(value: Any, case: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*case["body"], "image_config", "extra_body", "messages", "image", "mask", "size"]))
    try:
        call = read(case["route"], case["body"] | {name: value})
    except CavendishError as exc:
        status, answer, _ = errors.render(exc)
        assert 400 <= status < 500
        assert answer["error"]["message"]
    else:
        assert isinstance(call.request, ImageRequest)
