"""Remote engines in the one flow: what a caller of each dialect sees when the upstream draws, fails, rests or refuses."""

import base64
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from cavendish.app import build
from cavendish.cli.doctor import examine
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import EngineUnavailable
from cavendish.imaging import codec, intake
from cavendish.imaging.raster import view, wrap
from cavendish.parts.engines import remote
from cavendish.settings import Settings, read
from cavendish.types import ImageRequest, Mask, OutputSpec, Reference, ReferenceRole, Size
from cavendish.work.run import Stop
from engines.remote.rig import KEY, behind_, rig_  # noqa: F401  fixtures
from engines.remote.upstream import Canned

PLAIN = {"watermark": False, "credentials": "off", "intake_workers": 0}
OVERLOADED = Canned(503, {"error": {"message": "The model is overloaded."}})
REFUSED = Canned(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "not that"}})
UNSAFE = Canned(200, {"candidates": [{"finishReason": "IMAGE_SAFETY", "finishMessage": "It looked unsafe."}]})
SPENT = Canned(429, {"error": {"message": "quota", "details": [{"retryDelay": "3600s"}]}})
BAD_KEY = Canned(400, {"error": {"message": f"API key not valid: {KEY}", "details": [{"reason": "API_KEY_INVALID"}]}})


@pytest.fixture
def front(rig, serve):
    """Our own server with Google as upstream; comp stands in."""
    return serve({"google": rig.google(), "comp": FakeEngine(profile=replace(FAKE, id="comp"))}, **PLAIN)


def _gemini(front, **body):
    return httpx.post(f"{front.url}/v1beta/models/gemini-3.1-flash-image:generateContent", headers={"x-goog-api-key": front.key},
                      json={"contents": [{"parts": [{"text": "a dog"}]}]} | body)


def _openai(front):
    return httpx.post(f"{front.url}/v1/images/generations", headers={"authorization": f"Bearer {front.key}"},
                      json={"model": "gemini-3.1-flash-image", "prompt": "a dog"})


@pytest.mark.parametrize(("fault", "gemini", "openai"), [
    ([OVERLOADED] * 4, (500, "INTERNAL"), (500, "engine_failed")),
    ([SPENT], (429, "RESOURCE_EXHAUSTED"), (429, "rate_limit_exceeded")),
    ([BAD_KEY], (503, "UNAVAILABLE"), (503, "engine_unavailable")),
    ([Canned(400, {"error": {"message": "bad ratio"}})], (400, "INVALID_ARGUMENT"), (400, "unsupported_value"))],
    ids=["503", "429", "key", "400"])
def test_each_dialect_tells_an_upstreams_error_in_its_own_shape(rig, front, fault, gemini, openai) -> None:
    rig.proxy.faults = list(fault)
    answer = _gemini(front)
    assert (answer.status_code, answer.json()["error"]["status"]) == gemini
    rig.breaker.succeeded()
    rig.proxy.faults = list(fault)
    other = _openai(front)
    assert (other.status_code, other.json()["error"]["code"]) == openai
    assert KEY not in answer.text + other.text
    if gemini[0] == 429:
        assert any(d.get("retryDelay") == "3600s" for d in answer.json()["error"]["details"])
        assert other.headers["retry-after"] == "3600"


def test_refusals_of_the_upstream_keep_their_reason(rig, front) -> None:
    rig.proxy.faults = [REFUSED, REFUSED, UNSAFE, UNSAFE]
    feedback = _gemini(front).json()["promptFeedback"]
    assert feedback["blockReason"] == "PROHIBITED_CONTENT"
    assert "not that" in feedback["blockReasonMessage"]
    refused = _openai(front)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "moderation_blocked")
    candidate = _gemini(front).json()["candidates"][0]
    assert candidate["finishReason"] == "IMAGE_SAFETY"
    assert "It looked unsafe." in candidate["finishMessage"]
    unsafe = _openai(front).json()["error"]
    assert (unsafe["code"], unsafe["moderation_details"]["moderation_stage"]) == ("moderation_blocked", "output")


def test_an_open_breaker_lets_the_next_of_the_chain_draw_and_says_so(rig, front) -> None:
    rig.proxy.faults = [OVERLOADED] * 5
    assert _gemini(front).status_code == 500
    assert _gemini(front).status_code == 200  # one more failure opens the breaker; the call's own repeat succeeds
    rig.breaker.succeeded()
    rig.proxy.faults = [OVERLOADED] * 8
    assert [_gemini(front).status_code for _ in range(2)] == [500, 500]
    asked = len(rig.proxy.seen)
    answer = _gemini(front)
    assert answer.headers["x-cavendish-engine"] == "comp"
    text = answer.json()["candidates"][0]["content"]["parts"][0]["text"]
    assert text.startswith("Nano Banana 2 does not answer at present (")
    assert "503" in text
    assert len(rig.proxy.seen) == asked
    rig.clock += 31
    assert _gemini(front).headers["x-cavendish-engine"] == "google"  # the trial
    assert _gemini(front).headers["x-cavendish-engine"] == "google"


def test_strict_installations_get_the_error_and_when_to_come_back(rig, tmp_path: Path) -> None:
    for _ in range(5):
        rig.breaker.failed("503")
    engines = {"google": rig.google(), "comp": FakeEngine(profile=replace(FAKE, id="comp"))}
    with build(Settings(data=tmp_path, strict_models=True, **PLAIN), engines) as app:
        with pytest.raises(EngineUnavailable, match="does not answer at present") as caught:
            app.service.generate(ImageRequest(prompt="x", model="gemini-3.1-flash-image"), Stop(30))
        assert caught.value.retry_after_s == 30


def test_a_picture_of_another_size_is_made_exact(rig, tmp_path: Path) -> None:
    small = codec.encode(wrap(np.full((300, 200, 3), 90, dtype=np.uint8)), OutputSpec()).data
    rig.proxy.faults = [Canned(200, {"candidates": [{"content": {"parts": [{"inlineData": {
        "mimeType": "image/png", "data": base64.b64encode(small).decode()}}]}, "finishReason": "STOP"}]})]
    with build(Settings(data=tmp_path, **PLAIN), {"google": rig.google()}) as app:
        result = app.service.generate(ImageRequest(prompt="x", model="gemini-3.1-flash-image", aspect_ratio="16:9"), Stop(30))
    assert intake.open_picture(result.candidates[0].asset.data).size == Size(1376, 768)


@pytest.mark.parametrize("name", ["google", "openai", "server"])
def test_outside_the_mask_nothing_moves(rig, tmp_path: Path, name: str) -> None:
    rows = np.random.default_rng(1).integers(0, 255, (384, 688, 3), dtype=np.uint8)
    base = codec.encode(wrap(rows), OutputSpec()).data
    marked = np.zeros((384, 688, 1), dtype=np.uint8)
    marked[100:200, 100:300] = 255
    model = {"google": "gemini-3.1-flash-image", "openai": "gpt-image-2.6-sunburst", "server": "flash"}[name]
    with build(Settings(data=tmp_path, **PLAIN), {name: rig.of(name)}) as app:
        result = app.service.generate(ImageRequest(
            prompt="a hole", model=model, seed=3, references=(Reference(data=base, role=ReferenceRole.BASE),),
            mask=Mask(data=codec.encode(wrap(marked), OutputSpec()).data)), Stop(30))
    drawn = view(intake.open_picture(result.candidates[0].asset.data))
    outside = marked[..., 0] == 0
    assert (drawn[outside] == rows[outside]).all()
    assert (drawn[150, 200] == drawn[160, 250]).all()  # the fake upstream's flat colour


def test_the_file_is_not_encoded_again_and_the_cost_is_recorded(rig, tmp_path: Path) -> None:
    rows = np.random.default_rng(2).integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    sent = codec.encode(wrap(rows), OutputSpec(mime="image/jpeg", quality=61)).data  # not a quality that we would choose
    rig.proxy.faults = [Canned(200, {"data": [{"b64_json": base64.b64encode(sent).decode()}], "usage": {
        "input_tokens_details": {"text_tokens": 4}, "output_tokens_details": {"image_tokens": 272}}})]
    with build(Settings(data=tmp_path, **PLAIN), {"openai": rig.openai()}) as app:
        result = app.service.generate(ImageRequest(prompt="x", model="gpt-image-2.6-sunburst", seed=5,
                                                   output=OutputSpec(mime="image/jpeg")), Stop(30))
    scan = sent[-400_000:]
    assert result.candidates[0].asset.data.endswith(scan)
    assert result.usage.upstream_micros == result.candidates[0].upstream_micros == 4 * 5 + 272 * 30
    assert "does not hold seeds" in result.note


def test_google_marks_its_pictures_itself(rig) -> None:
    assert rig.google().profile.marks == "SynthID"
    assert rig.openai().profile.marks == ""


def test_settings_make_engines_and_doctor_shows_no_key(rig, tmp_path: Path) -> None:
    values = {"CAVENDISH_GOOGLE_API_KEY": KEY, "CAVENDISH_GOOGLE_BASE_URL": rig.proxy.url, "CAVENDISH_OPENAI_API_KEY": KEY,
              "CAVENDISH_OPENAI_BASE_URL": rig.proxy.url + "/v1", "CAVENDISH_SERVER_URL": rig.proxy.url + "/v1",
              "CAVENDISH_SERVER_MODEL": "klein", "CAVENDISH_DATA": str(tmp_path), "CAVENDISH_INTAKE_WORKERS": "0",
              "CAVENDISH_SERVER_API_KEY": KEY, "CAVENDISH_CREDENTIALS": "off"}
    settings = read(values)
    engines = remote(settings) | {"comp": FakeEngine(profile=replace(FAKE, id="comp"))}
    told = " ".join(finding.text for finding in examine(settings, engines))
    assert "google: gemini-3.1-flash-image at 127.0.0.1; openai: gpt-image-2.6-sunburst at 127.0.0.1; server: klein at" in told
    assert KEY not in told + repr(settings) + repr(engines)
    assert rig.proxy.seen == []  # nothing is asked before somebody draws
    assert remote(read({})) == {}
