"""Bodies nobody meant to send: every answer is a picture or the vendor's own error, and the server lives on. Bounded."""

import copy
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cavendish.engines.fake import FakeEngine
from conftest import KEY, serving

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GEMINI: dict[str, Any] = {
    "contents": [{"role": "user", "parts": [{"text": "make it red"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}]}],
    "generationConfig": {"imageConfig": {"aspectRatio": "1:1", "imageSize": "512"}, "seed": 1, "candidateCount": 1,
                         "responseModalities": ["TEXT", "IMAGE"], "thinkingConfig": {"includeThoughts": True}},
    "systemInstruction": {"parts": [{"text": "be brief"}]}, "safetySettings": []}
OPENAI: dict[str, Any] = {"model": "flash", "prompt": "a dog", "n": 1, "size": "512x512", "quality": "low",
                          "background": "opaque", "output_format": "png", "stream": False, "partial_images": 0, "user": "u"}
CHAT: dict[str, Any] = {"model": "flash", "modalities": ["image", "text"], "image_config": {"aspect_ratio": "1:1", "image_size": "512"},
                        "messages": [{"role": "user", "content": [{"type": "text", "text": "a dog"}]}]}
NATIVE: dict[str, Any] = {"prompt": "a dog", "model": "flash", "size": "512", "seed": 1, "count": 1, "stream": False}
CALLS = {"gemini": ("/v1beta/models/flash:generateContent", GEMINI), "openai": ("/v1/images/generations", OPENAI),
         "stream": ("/v1beta/models/flash:streamGenerateContent?alt=sse", GEMINI), "chat": ("/v1/chat/completions", CHAT),
         "native": ("/api/v1/images", NATIVE)}

JUNK = st.one_of(st.none(), st.booleans(), st.integers(-2**70, 2**70), st.floats(), st.text(max_size=30), st.just("0:0"),
                 st.just([]), st.just({}), st.just([[[[]]]]), st.just({"a": {"b": 1}}), st.just("\ud800"), st.just("A" * 5000))


def _paths(value: Any, here: tuple = ()) -> list[tuple]:
    found = [here] if here else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*here, key))
    return found


def _mutated(body: dict[str, Any], path: tuple, junk: Any, how: str) -> dict[str, Any]:
    out = copy.deepcopy(body)
    place = out
    for key in path[:-1]:
        place = place[key]
    if how == "replace":
        place[path[-1]] = junk
    elif how == "delete":
        del place[path[-1]]
    elif isinstance(place, dict):
        place["unexpected" if how == "add" else str(path[-1]) + "_"] = junk
    return out


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("fuzz"), {"flash": FakeEngine(), "comp": FakeEngine()}) as server:
        yield server


@pytest.mark.heavy
@pytest.mark.parametrize("dialect", CALLS)
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_bodies_get_an_answer_in_the_dialect(dialect: str, fake, data: st.DataObject) -> None:
    url, body = CALLS[dialect]
    path = data.draw(st.sampled_from(_paths(body)))
    changed = _mutated(body, path, data.draw(JUNK), data.draw(st.sampled_from(["replace", "delete", "add", "rename"])))
    sent = json.dumps(changed).encode("utf-8", "surrogatepass")
    answer = httpx.post(fake.url + url, content=sent, timeout=30,
                        headers={"x-goog-api-key": KEY, "content-type": "application/json"})
    assert answer.status_code < 500, (answer.status_code, answer.text[:300], changed)
    if answer.status_code >= 400:
        problem = answer.json()
        problem = problem[0] if isinstance(problem, list) else problem
        assert "error" in problem or "detail" in problem


@pytest.mark.heavy
@pytest.mark.parametrize("dialect", CALLS)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_cut_and_flipped_bytes_get_an_answer(dialect: str, fake, data: st.DataObject) -> None:
    url, body = CALLS[dialect]
    sent = bytearray(json.dumps(body).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    sent = sent[:data.draw(st.integers(0, len(sent)))]
    answer = httpx.post(fake.url + url, content=bytes(sent), timeout=30,
                        headers={"x-goog-api-key": KEY, "content-type": "application/json"})
    assert answer.status_code < 500, (answer.status_code, answer.text[:300], bytes(sent))
