"""Any request in any mix of snake_case and camelCase, at every depth, comes to the same ImageRequest."""

import base64
import contextlib
import random
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.api.gemini.parse import parse
from cavendish.api.gemini.schema import camel
from cavendish.errors import InvalidRequest

FREE = {"labels", "part_metadata"}  # free-form: names inside stay as they are
WORDS = st.text(min_size=1, max_size=30)
DATA = st.binary(min_size=1, max_size=40).map(lambda b: base64.b64encode(b).decode())
BLOB = st.fixed_dictionaries({"data": DATA}, optional={"mime_type": st.sampled_from(["image/png", "image/jpeg"])})
PART = st.one_of(
    st.fixed_dictionaries({"text": WORDS}, optional={"thought": st.booleans(), "thought_signature": WORDS}),
    st.fixed_dictionaries({"inline_data": BLOB}, optional={"thought_signature": DATA, "part_metadata": st.fixed_dictionaries(
        {"role": st.sampled_from(["base", "style", "object", "mask"])}, optional={"aB_c": WORDS})}))
CONTENT = st.fixed_dictionaries({"role": st.sampled_from(["user", "model"]), "parts": st.lists(PART, min_size=1, max_size=3)})
EXTRAS = st.fixed_dictionaries({}, optional={
    "negative_prompt": WORDS, "steps": st.integers(1, 200), "guidance_scale": st.floats(0, 50), "seed": st.integers(0, 2**62),
    "mask": st.fixed_dictionaries({"inline_data": BLOB}), "mask_feather": st.integers(0, 256),
    "text_layers": st.lists(st.fixed_dictionaries({"text": st.just("SALE"), "color": st.just("#ff0000")}), max_size=2)})
IMAGE = st.fixed_dictionaries({}, optional={
    "aspect_ratio": st.sampled_from(["1:1", "16:9", "21:9"]), "image_size": st.sampled_from(["512", "1K", "2k", "4K"]),
    "person_generation": st.sampled_from(["ALLOW_ALL", "allow_none"]), "negative_prompt": WORDS,
    "image_output_options": st.fixed_dictionaries({"mime_type": st.just("image/webp"), "compression_quality": st.integers(1, 100)})})
CONFIG = st.fixed_dictionaries({}, optional={
    "response_modalities": st.sampled_from([["TEXT", "IMAGE"], ["image"], [2, 1]]), "image_config": IMAGE,
    "seed": st.integers(-2**31, 2**31 - 1), "candidate_count": st.integers(1, 8), "top_p": st.floats(0, 1),
    "thinking_config": st.fixed_dictionaries({"include_thoughts": st.booleans()}, optional={
        "thinking_level": st.sampled_from(["Minimal", "HIGH"])})})
SAFETY = st.fixed_dictionaries({"category": st.sampled_from(["HARM_CATEGORY_HARASSMENT", 9]), "threshold": st.just("BLOCK_NONE")})
BODY = st.fixed_dictionaries(
    {"contents": st.lists(CONTENT, max_size=3).map(
        lambda c: [*c, {"role": "user", "parts": [{"text": "a cup"}, {"inline_data": {"data": "Y2F0"}}]}])},
    optional={"generation_config": CONFIG, "safety_settings": st.lists(SAFETY, max_size=2), "cavendish": EXTRAS,
              "system_instruction": CONTENT.filter(lambda c: all("text" in p for p in c["parts"])),
              "labels": st.dictionaries(WORDS, WORDS, max_size=2), "cached_content": st.none()})


def respelled(value: Any, rng: random.Random) -> Any:
    if isinstance(value, list):
        return [respelled(v, rng) for v in value]
    if not isinstance(value, dict):
        return value
    return {camel(k) if rng.random() < 0.5 else k: v if k in FREE else respelled(v, rng) for k, v in value.items()}


def outcome(body: dict[str, Any]) -> Any:
    try:
        return parse(orjson.dumps(body), "flash")
    except InvalidRequest as exc:
        return type(exc), exc.message, exc.field


@settings(max_examples=200, deadline=None)
@given(BODY, st.randoms(use_true_random=False))
def test_casing_never_matters(body: dict[str, Any], rng: random.Random) -> None:
    assert outcome(respelled(body, rng)) == outcome(body)


@settings(max_examples=50, deadline=None)
@given(BODY)
def test_urlsafe_base64_is_the_same_picture(body: dict[str, Any]) -> None:
    def safe(value: Any, key: str = "") -> Any:
        if isinstance(value, list):
            return [safe(v) for v in value]
        if isinstance(value, dict):
            return {k: safe(v, k) for k, v in value.items()}
        return value.replace("+", "-").replace("/", "_").rstrip("=") if key == "data" else value

    assert outcome(safe(body)) == outcome(body)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["contents", "generationConfig", "safetySettings", "cavendish", "tools"]), st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["parts", "text", "inlineData", "data", "imageConfig", "seed", "mask", "role", "fileData", "fileUri", "x"]), inner, max_size=3))))
def test_nonsense_is_always_told_as_such(body: dict[str, Any]) -> None:
    try:
        encoded = orjson.dumps(body)
    except (TypeError, orjson.JSONEncodeError):  # integers beyond 64 bits, lone surrogates
        return
    with contextlib.suppress(InvalidRequest):
        assert parse(encoded, "flash").request.prompt.strip()
