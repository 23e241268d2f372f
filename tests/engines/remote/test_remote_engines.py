"""Remote engines against our own server acting as each vendor: the same request in, whole pictures out, faults mended or told."""

import base64
import json
import threading
import time

import numpy as np
import pytest

from cavendish.engines.remote import engines, wording
from cavendish.engines.remote.engine import Retries
from cavendish.engines.remote.openai import asked_s
from cavendish.errors import Blocked, Cancelled, ConfigError, EngineFailed, EngineUnavailable, RateLimited, Unsupported
from cavendish.imaging import codec, intake
from cavendish.imaging.raster import wrap
from cavendish.types import ImageRequest, Mask, OutputSpec, Reference, ReferenceRole, Size, TextLayer, Thinking
from engines.remote.rig import KEY, behind_, rig_  # noqa: F401  fixtures
from engines.remote.upstream import GARBAGE, HALF, PASS, RESET, SLOW, Canned

ALL = pytest.mark.parametrize("name", ["google", "openai", "server"])


def _draw(engine, **fields):
    request = ImageRequest(**({"prompt": "a dog", "size": _size(engine), "seed": 7} | fields))
    return list(engine.generate(request, lambda *_args, **_more: None))


def _size(engine) -> Size:
    """The smallest that the upstream makes."""
    return Size(1024, 1024) if engine.profile.id == "openai" else Size(512, 512)


def _picture(color: tuple[int, int, int], size: tuple[int, int] = (64, 48), mime: str = "image/png") -> bytes:
    rows = np.full((size[1], size[0], 3), color, dtype=np.uint8)
    return codec.encode(wrap(rows), OutputSpec(mime=mime)).data


def _reference(data: bytes, role: ReferenceRole = ReferenceRole.OBJECT) -> Reference:
    return Reference(data=data, role=role, pixels=intake.open_picture(data))


@ALL
def test_candidates_come_in_order_as_files_with_their_seeds(rig, name) -> None:
    pictures = _draw(rig.of(name), count=3)
    assert [p.seed for p in pictures] == [7, 8, 9]
    size = _size(rig.of(name))
    assert all((p.file.size, p.file.mime, p.pixels) == (size, "image/png", None) for p in pictures)
    assert len(rig.proxy.seen) == (3 if name == "google" else 1)
    assert rig.pauses == []


def test_google_seeds_and_openai_has_none_but_a_server_gets_one(rig, behind) -> None:
    _draw(rig.google(), count=2)
    assert sorted(r.seed for r in behind[1].seen) == [7, 8]
    behind[1].seen.clear()
    _draw(rig.server(), steps=4, guidance_scale=2.0)
    sent = json.loads(rig.proxy.seen[-1][1])
    assert (sent["seed"], sent["num_inference_steps"], sent["guidance_scale"]) == (7, 4, 2.0)
    _draw(rig.openai())
    assert "seed" not in json.loads(rig.proxy.seen[-1][1])


@pytest.mark.parametrize(("model", "size", "asked"), [
    ("gemini-3.1-flash-image", Size(1376, 768), {"aspectRatio": "16:9", "imageSize": "1K"}),
    ("gemini-3.1-flash-image", Size(1400, 800), {"aspectRatio": "16:9", "imageSize": "2K"}),
    ("gemini-3.1-flash-image", Size(4096, 4096), {"aspectRatio": "1:1", "imageSize": "4K"}),
    ("gemini-3.1-flash-image", Size(512, 512), {"aspectRatio": "1:1", "imageSize": "512"}),
    ("gemini-3-pro-image", Size(384, 3072), {"aspectRatio": "9:16", "imageSize": "4K"}),
    ("gemini-2.5-flash-image", Size(1024, 1024), {"aspectRatio": "1:1"})])
def test_google_is_asked_for_the_nearest_legal_size(rig, model, size, asked) -> None:
    body = json.loads(rig.google(model).dialect.messages(ImageRequest(prompt="x", size=size, seed=1))[0].body)
    assert body["generationConfig"]["imageConfig"] == asked


@pytest.mark.parametrize(("name", "size", "asked"), [
    ("openai", Size(1536, 1024), "1536x1024"), ("openai", Size(1376, 768), "1376x768"), ("openai", Size(1000, 1000), "1024x1024"),
    ("openai", Size(384, 3072), "1024x1536"), ("server", Size(1000, 700), "1008x704")])
def test_openai_is_asked_for_the_nearest_legal_size(rig, name, size, asked) -> None:
    assert json.loads(rig.of(name).dialect.messages(ImageRequest(prompt="x", size=size, seed=1))[0].body)["size"] == asked


@ALL
def test_pictures_mask_words_and_roles_arrive(rig, behind, name) -> None:
    base, other = _picture((200, 0, 0)), _picture((0, 0, 200), mime="image/avif")
    mask = wrap(np.pad(np.full((10, 10, 1), 255, dtype=np.uint8), ((0, 38), (0, 54), (0, 0))))
    made = _draw(rig.of(name), prompt="swap the sign", system="be brief", size=Size(64, 48) if name != "openai" else Size(1024, 1024),
                 references=(_reference(other), _reference(base, ReferenceRole.BASE)), mask=Mask(data=b"x", pixels=mask),
                 text_layers=(TextLayer(text="OPEN"),), history=("a shop",), negative_prompt="people")
    assert len(made) == 1
    seen = behind[1].seen[-1]
    assert seen.references[0].data == base  # the picture to edit comes first, as it was
    assert intake.open_picture(seen.references[1].data).size == Size(64, 48)  # AVIF goes as PNG
    said = seen.prompt + seen.system + seen.negative_prompt
    assert all(w in said for w in ("swap the sign", "be brief", 'Write exactly: "OPEN"', "a shop", "people"))
    if name == "google":
        assert len(seen.references) == 3  # the mask goes along as a picture
        assert "mask" in said
    else:
        marked = np.frombuffer(seen.mask.pixels.data, dtype=np.uint8).reshape(48, 64)
        assert (marked[:10, :10] == 255).all()
        assert marked.sum() == 255 * 100


@pytest.mark.parametrize(("mime", "output_format"), [("image/jpeg", "jpeg"), ("image/webp", "webp"), ("image/avif", "png")])
def test_openai_is_asked_for_the_wanted_format(rig, mime, output_format) -> None:
    made, = _draw(rig.openai(), output=OutputSpec(mime=mime, quality=80), thinking=Thinking.HIGH)
    sent = json.loads(rig.proxy.seen[-1][1])
    assert (sent["output_format"], sent["quality"]) == (output_format, "high")
    assert made.file.mime == f"image/{output_format}"


@ALL
def test_the_file_is_handed_on_as_it_came(rig, name) -> None:
    made, = _draw(rig.of(name))
    rig.proxy.faults = [Canned(200, _answer(name, made.file.data))]
    again, = _draw(rig.of(name))
    assert again.file.data == made.file.data


def _answer(name: str, data: bytes) -> dict:
    text = base64.b64encode(data).decode()
    if name == "google":
        return {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": text}}]},
                                "finishReason": "STOP"}]}
    return {"data": [{"b64_json": text}]}


LIMITED = Canned(429, {"error": {"code": 429, "message": "quota", "details": [
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "13.5s"}]}}, {"retry-after": "13.5"})
OVERLOADED = Canned(503, {"error": {"message": "The model is overloaded."}})
ILL = Canned(500, {"error": {"message": "An internal error has occurred."}})


@ALL
@pytest.mark.parametrize(("faults", "pauses"), [
    ([LIMITED], [13.5]), ([OVERLOADED], [2.0]), ([ILL, OVERLOADED, ILL], [2.0, 4.0, 8.0]), ([RESET], [2.0]), ([HALF], [2.0]),
    ([GARBAGE], [2.0])], ids=["429", "503", "500s", "reset", "half", "garbage"])
def test_what_passes_by_is_tried_again(rig, name, faults, pauses) -> None:
    rig.proxy.faults = list(faults)
    made, = _draw(rig.of(name))
    assert made.file.size == _size(rig.of(name))
    assert rig.pauses == pauses
    assert rig.breaker.open_s() == 0


@ALL
def test_what_stays_is_told_after_four_tries(rig, name) -> None:
    rig.proxy.faults = [OVERLOADED] * 4
    with pytest.raises(EngineFailed, match=r"503.*overloaded") as caught:
        _draw(rig.of(name))
    assert caught.value.retryable
    assert rig.pauses == [2.0, 4.0, 8.0]


@ALL
def test_a_long_wait_is_the_callers_decision(rig, name) -> None:
    rig.proxy.faults = [Canned(429, {"error": {"message": "daily quota", "details": [{"retryDelay": "3600s"}]}}, {"retry-after": "3600"})]
    with pytest.raises(RateLimited, match="daily quota") as caught:
        _draw(rig.of(name))
    assert (caught.value.retry_after_s, rig.pauses) == (3600.0, [])


@ALL
def test_silence_ends_the_call_and_is_not_paid_for_twice(rig, name) -> None:
    rig.read_s = 0.2
    rig.proxy.faults, rig.proxy.slow_s = [SLOW], 1.0
    with pytest.raises(EngineFailed, match=r"silent for 0\.2 s"):
        _draw(rig.of(name))
    assert rig.pauses == []


@ALL
def test_nobody_there_is_told(rig, name) -> None:
    rig.proxy.url = "http://127.0.0.1:9"
    with pytest.raises(EngineFailed, match=r"cannot be reached|connection broke"):
        _draw(rig.of(name))
    assert rig.pauses == [2.0, 4.0, 8.0]


@pytest.mark.parametrize(("name", "canned", "error", "said"), [
    ("google", Canned(400, {"error": {"message": "Unable to process input image"}}), Unsupported, "Unable to process"),
    ("google", Canned(400, {"error": {"message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}}),
     EngineUnavailable, "API key not valid"),
    ("google", Canned(404, {"error": {"message": "models/x is not found"}}), EngineUnavailable, "not found"),
    ("google", Canned(403, b"no json"), EngineUnavailable, "HTTP 403"),
    ("google", Canned(302, {}, {"location": "http://127.0.0.1:9/"}), EngineUnavailable, "HTTP 302"),
    ("openai", Canned(307, {}, {"location": "http://127.0.0.1:9/"}), EngineUnavailable, "HTTP 307"),
    ("google", Canned(200, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "not that"}}), Blocked,
     "PROHIBITED_CONTENT.*not that"),
    ("openai", Canned(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}), EngineUnavailable, r"\[key\]"),
    ("openai", Canned(429, {"error": {"code": "insufficient_quota", "message": "pay first"}}), EngineUnavailable, "pay first"),
    ("openai", Canned(400, {"error": {"code": "moderation_blocked", "message": "no", "moderation_details": {
        "categories": ["violence"], "moderation_stage": "input"}}}), Blocked, "refused the prompt"),
    ("server", Canned(422, {"detail": "size must divide by 32"}), Unsupported, "divide by 32"),
    ("server", Canned(500, {"error": {"message": "CUDA"}}, {"x-should-retry": "false"}), EngineFailed, "CUDA")])
def test_what_a_repeat_cannot_mend_is_told_at_once(rig, name, canned, error, said) -> None:
    rig.proxy.faults = [canned]
    with pytest.raises(error, match=said) as caught:
        _draw(rig.of(name))
    assert rig.pauses == []
    assert KEY not in caught.value.sentence()


@pytest.mark.parametrize(("reason", "ours"), [("IMAGE_SAFETY", "safety"), ("NO_IMAGE", "no_image"), ("IMAGE_OTHER", "other"),
                                              ("IMAGE_RECITATION", "recitation"), ("SOMETHING_NEW", "other")])
def test_google_without_a_picture_keeps_its_reason(rig, reason, ours) -> None:
    rig.proxy.faults = [Canned(200, {"candidates": [{"finishReason": reason, "finishMessage": "because"}],
                                     "usageMetadata": {"promptTokenCount": 1000}})]
    made, = _draw(rig.google())
    assert (made.finish_reason, made.file) == (ours, None)
    assert "because" in made.note
    assert made.upstream_micros == 500


def test_words_instead_of_a_picture_are_told(rig) -> None:
    rig.proxy.faults = [Canned(200, {"candidates": [{"content": {"parts": [{"text": "thinking", "thought": True},
                                                                           {"text": "I would rather talk."}]}, "finishReason": "STOP"}]})]
    made, = _draw(rig.google())
    assert made.finish_reason == "no_image"
    assert made.note.endswith("I would rather talk.")


def test_a_picture_that_openai_blocks_after_drawing_is_a_candidate_with_the_reason(rig) -> None:
    rig.proxy.faults = [Canned(400, {"error": {"code": "moderation_blocked", "message": "the output", "moderation_details": {
        "categories": ["sexual"], "moderation_stage": "output"}}})]
    made = _draw(rig.openai(), count=2)
    assert [(p.finish_reason, p.seed) for p in made] == [("safety", 7), ("safety", 8)]


def test_the_last_picture_that_is_no_thought_counts(rig) -> None:
    wrong, right = _answer("google", _picture((1, 1, 1))), _answer("google", _picture((9, 9, 9)))
    wrong["candidates"][0]["content"]["parts"][0]["thought"] = True
    wrong["candidates"][0]["content"]["parts"] += right["candidates"][0]["content"]["parts"]
    rig.proxy.faults = [Canned(200, wrong)]
    made, = _draw(rig.google())
    assert made.file.data == _picture((9, 9, 9))


@pytest.mark.parametrize("data", [b"hello", _picture((1, 2, 3))[:-20], b"GIF89a" + bytes(40), b""])
def test_a_file_that_is_no_whole_picture_is_asked_for_again(rig, data) -> None:
    rig.proxy.faults = [Canned(200, _answer("server", data))]
    made, = _draw(rig.server())
    assert made.file.size == Size(512, 512)
    assert rig.pauses == [2.0]


def test_the_cost_is_the_upstreams_own_count_at_its_list_price(rig) -> None:
    answer = _answer("openai", _picture((1, 2, 3)))
    answer["data"] *= 3
    answer["usage"] = {"input_tokens_details": {"text_tokens": 10, "image_tokens": 100}, "output_tokens": 3000,
                       "output_tokens_details": {"image_tokens": 3000, "text_tokens": 0}}
    rig.proxy.faults = [Canned(200, answer)]
    made = _draw(rig.openai(), count=3)
    assert sum(p.upstream_micros for p in made) == 10 * 5 + 100 * 8 + 3000 * 30
    google = _answer("google", _picture((1, 2, 3))) | {"usageMetadata": {
        "promptTokenCount": 1130, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 10}, {"modality": "IMAGE", "tokenCount": 1120}],
        "candidatesTokenCount": 1120, "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}], "thoughtsTokenCount": 100}}
    rig.proxy.faults = [Canned(200, google)]
    one, = _draw(rig.google())
    assert one.upstream_micros == 1130 * 0.5 + 1120 * 60 + 100 * 3


@ALL
def test_a_stopped_run_closes_its_connection_at_once(rig, name) -> None:
    rig.proxy.faults, rig.proxy.slow_s = [SLOW, SLOW, SLOW], 8.0
    asked = threading.Event()

    def on_step(*_args, **_more) -> None:
        if rig.proxy.seen:
            asked.set()
            raise Cancelled("gone", hint="")

    start = time.monotonic()
    with pytest.raises(Cancelled):
        list(rig.of(name).generate(ImageRequest(prompt="x", size=Size(1024, 1024), seed=1, count=2), on_step))
    assert asked.is_set()
    assert time.monotonic() - start < 6  # the upstream would have been silent for 8 s


def test_a_stopped_run_does_not_wait_out_its_pause(rig) -> None:
    upstream = engines.Upstream(rig.proxy.url, KEY, retries=Retries(base_s=30.0))
    rig.proxy.faults = [OVERLOADED]
    engine = rig.kept(engines.google(upstream, rig.google().dialect._card))
    begun = time.monotonic()

    def on_step(*_args, **_more) -> None:
        if time.monotonic() - begun > 0.3:
            raise Cancelled("gone", hint="")

    with pytest.raises(Cancelled):
        list(engine.generate(ImageRequest(prompt="x", size=Size(1024, 1024), seed=1), on_step))
    assert time.monotonic() - begun < 15


def test_one_failed_candidate_fails_the_run_without_waiting_for_the_rest(rig) -> None:
    rig.proxy.faults, rig.proxy.slow_s = [Canned(400, {"error": {"message": "bad"}}), SLOW], 8.0
    start = time.monotonic()
    with pytest.raises(Unsupported):
        _draw(rig.google(), count=2)
    assert time.monotonic() - start < 6


def test_production_waits_at_least_two_seconds() -> None:
    assert Retries().base_s >= 2
    assert [Retries(jitter=lambda: 1.0).wait_s(n, 0) for n in (1, 2, 3)] == [2.5, 5.0, 10.0]
    assert Retries(jitter=lambda: 0.0).wait_s(1, 13.2) == 13.2


def test_keys_are_in_no_repr(rig) -> None:
    for engine in (rig.google(), rig.openai(), rig.server()):
        assert KEY not in repr(engine)
        assert KEY not in repr(engine.dialect) + repr(engine.transport)
    assert KEY not in repr(rig._upstream(""))


@pytest.mark.parametrize("text", ["key sk-proj-abcdEFGH1234 is wrong", "?key=AIzaSyA-abcdefgh", "Bearer abc.def-ghi", "test-key-0123456789"])
def test_quoted_messages_hold_no_keys(text: str) -> None:
    said = wording.quoted(text, "test-key-0123456789")
    assert "[key]" in said
    assert not any(secret in said for secret in ("abcdEFGH1234", "AIzaSyA-abcdefgh", "abc.def-ghi", "0123456789"))


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, 0), ({"retry-after": "7"}, 7), ({"retry-after-ms": "250", "retry-after": "9"}, 0.25), ({"retry-after": "soon"}, 0),
    ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30), ({"retry-after": "-5"}, 0)])
def test_retry_after_is_read(headers: dict[str, str], seconds: float) -> None:
    assert asked_s(headers) == seconds


def test_wrong_settings_are_told(rig) -> None:
    with pytest.raises(ConfigError, match="without a model"):
        rig.server("")
    with pytest.raises(ConfigError, match="is a model of openai"):
        rig.google("gpt-image-2")
    with pytest.raises(ConfigError, match="not http"):
        engines.server(engines.Upstream("ftp://x", ""), "m")


def test_faults_pass_when_the_script_is_over(rig) -> None:
    rig.proxy.faults = [PASS]
    assert _draw(rig.google())[0].finish_reason == "stop"
