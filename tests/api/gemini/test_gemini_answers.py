"""Answers, streams, errors and lists: shapes that the official clients read."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from cavendish.api import edge
from cavendish.api.gemini import errors, models, render, stream, tokens
from cavendish.api.gemini.parse import Call
from cavendish.catalog.models import catalog
from cavendish.errors import (
    Blocked,
    CavendishError,
    EngineFailed,
    InvalidKey,
    InvalidValue,
    QueueFull,
    RateLimited,
    UnknownField,
    UnknownModel,
    UnknownRoute,
    leaves,
)
from cavendish.types import (
    Asset,
    Candidate,
    Done,
    Event,
    ImageRequest,
    Partial,
    Progress,
    Result,
    Size,
    Thought,
    Usage,
)

ABOUT = errors.Context(model="gemini-3-pro-image", response_id="an-id")
PICTURE = Asset(data=b"\xfb\xff picture", mime="image/png", size=Size(1, 1))
DRAWN = Candidate(index=0, seed=7, asset=PICTURE, note="A cup.", thoughts=("I see a cup.",), signature=b"sealed")
REFUSED = Candidate(index=1, seed=8, asset=None, finish_reason="safety", note="It may not be shown.")
NOTHING = Candidate(index=0, seed=7, asset=None, finish_reason="no_image", note="There is no hat to remove.")
USED = Usage(prompt_text=3, prompt_image=258, output_text=5, output_image=1120, thoughts=9)


def call(*modalities: str, thoughts: bool = False) -> Call:
    return Call(request=ImageRequest(prompt="a cup"), modalities=modalities or ("TEXT", "IMAGE"), include_thoughts=thoughts)


def result(*candidates: Candidate, note: str = "") -> Result:
    return Result(id="an-id", model="gemini-3-pro-image", engine="comp", revision="1", size=Size(1, 1), aspect_ratio="1:1",
                  candidates=candidates or (DRAWN,), usage=USED, request_digest="d" * 32, note=note)


def shown(value: object) -> Any:
    return orjson.loads(edge.dump(value))


def kinds(parts: list[dict[str, Any]]) -> list[str]:
    return ["thought" if p.get("thought") else next(iter(p)) for p in parts]


@pytest.mark.parametrize(("modalities", "expected"), [
    (("TEXT", "IMAGE"), ["text", "inlineData"]), (("IMAGE", "TEXT"), ["inlineData", "text"]), (("IMAGE",), ["inlineData"])])
def test_parts_come_in_the_order_asked(modalities: tuple[str, ...], expected: list[str]) -> None:
    body = render.render(result(), call(*modalities))
    assert kinds(body["candidates"][0]["content"]["parts"]) == expected


def test_thoughts_come_first_and_only_when_asked() -> None:
    body = render.render(result(), call(thoughts=True))
    assert kinds(body["candidates"][0]["content"]["parts"]) == ["thought", "text", "inlineData"]


def test_pictures_and_first_texts_are_signed_in_standard_base64() -> None:
    text, picture = shown(render.render(result(), call()))["candidates"][0]["content"]["parts"]
    assert picture["inlineData"]["data"] == "+/8gcGljdHVyZQ=="
    assert edge.unb64(picture["thoughtSignature"], "") == b"sealed"
    assert len(edge.unb64(text["thoughtSignature"], "")) == 16


def test_a_picture_without_state_is_signed_too() -> None:
    bare = Candidate(index=0, seed=1, asset=PICTURE)
    assert edge.unb64(shown(render.picture(PICTURE, bare))["thoughtSignature"], "")


def test_usage_adds_up() -> None:
    used = render.usage(USED)
    assert used["totalTokenCount"] == used["promptTokenCount"] + used["candidatesTokenCount"] + used["thoughtsTokenCount"]
    assert sum(d["tokenCount"] for d in used["promptTokensDetails"]) == used["promptTokenCount"] == 261
    assert sum(d["tokenCount"] for d in used["candidatesTokensDetails"]) == used["candidatesTokenCount"] == 1125


def test_a_refused_picture_says_why_and_has_no_content() -> None:
    refused = render.render(result(DRAWN, REFUSED), call())["candidates"][1]
    assert refused == {"finishReason": "IMAGE_SAFETY", "finishMessage": "It may not be shown.", "index": 1}


def test_no_image_says_so_in_words() -> None:
    candidate = render.render(result(NOTHING), call())["candidates"][0]
    assert candidate["finishReason"] == "NO_IMAGE"
    assert candidate["content"]["parts"][0]["text"] == candidate["finishMessage"] == "There is no hat to remove."


def test_headers_are_ascii() -> None:
    headers = render.headers(result(DRAWN, REFUSED, note="Ünï"))
    assert headers["x-cavendish-seed"] == "7,8"
    assert headers["x-cavendish-note"].startswith("%C3%9Cn%C3%AF A cup.")
    assert all(v.isascii() for v in headers.values())


def test_the_legacy_client_gets_integers() -> None:
    body = render.as_integers(render.render(result(DRAWN, REFUSED), call()))
    assert [c["finishReason"] for c in body["candidates"]] == [1, 11]
    assert body["usageMetadata"]["promptTokensDetails"][1] == {"modality": 2, "tokenCount": 258}


async def feed(*events: Event | Result | CavendishError) -> AsyncIterator[Event | Result]:
    for event in events:
        if isinstance(event, CavendishError):
            raise event
        yield event


def streamed(*events: Event | Result | CavendishError, sse: bool = True, thoughts: bool = False, note: str = "") -> bytes:
    async def collect() -> bytes:
        items = stream.chunks(feed(*events), call(thoughts=thoughts), ABOUT, Usage(prompt_text=3))
        writing = stream.Writing(framing=stream.SSE if sse else stream.ARRAY, render_error=lambda e: errors.render(e, ABOUT)[1])
        return b"".join([p async for p in stream.frames(items, writing)])

    return asyncio.run(collect())


def chunks(raw: bytes) -> list[dict[str, Any]]:
    pieces = raw.split(b"\r\n\r\n")
    assert pieces.pop() == b""
    assert all(p.startswith(b"data: {") and b"\n" not in p for p in pieces)
    return [orjson.loads(p.removeprefix(b"data: ")) for p in pieces]


FULL = (Progress(1, 2), Thought("I see a cup."), Partial(PICTURE, 0), Done(DRAWN), result())


def test_a_stream_is_thoughts_text_picture_and_an_end() -> None:
    made = chunks(streamed(*FULL, thoughts=True))
    parts = [c["candidates"][0]["content"]["parts"] for c in made]
    assert [kinds(p) for p in parts] == [["thought"], ["thought"], ["text"], ["inlineData"], ["text"]]
    assert parts[-1] == [{"text": ""}]
    assert made[-1]["candidates"][0]["finishReason"] == "STOP"


def test_an_answer_from_memory_has_its_thoughts_too() -> None:
    parts = [c["candidates"][0]["content"]["parts"] for c in chunks(streamed(Done(DRAWN), result(), thoughts=True))]
    assert [kinds(p) for p in parts] == [["thought"], ["text"], ["inlineData"], ["text"]]


def test_thoughts_and_previews_stay_out_of_a_plain_stream() -> None:
    assert len(chunks(streamed(*FULL))) == 3


def test_every_chunk_can_be_kept_by_a_chat() -> None:
    for chunk in chunks(streamed(*FULL, thoughts=True)):
        assert {"candidates", "usageMetadata", "modelVersion", "responseId"} <= chunk.keys()
        assert chunk["candidates"][0]["content"]["role"] == "model"
        assert all(chunk["candidates"][0]["content"]["parts"])


def test_a_refused_candidate_closes_its_stream_with_content() -> None:
    closing = chunks(streamed(result(REFUSED)))[-1]["candidates"][0]
    assert (closing["finishReason"], closing["content"]["parts"]) == ("IMAGE_SAFETY", [{"text": ""}])


def test_a_stand_in_is_named_at_the_end() -> None:
    assert chunks(streamed(Done(DRAWN), result(note="comp drew this")))[-1]["candidates"][0]["content"]["parts"] == [
        {"text": " comp drew this"}]


def test_an_error_in_the_middle_is_the_last_event() -> None:
    last = chunks(streamed(Done(DRAWN), EngineFailed("it broke")))[-1]
    assert next(iter(last)) == "error"
    assert last["error"]["code"] == 500


def test_without_sse_the_stream_is_a_json_array() -> None:
    assert len(orjson.loads(streamed(*FULL, sse=False))) == 3
    assert orjson.loads(streamed(sse=False)) == []


async def slow() -> AsyncIterator[dict[str, Any]]:
    for number in range(2):
        await asyncio.sleep(0.3)  # many times the silence, also on a loaded machine
        yield {"n": number}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("framing", "expected"), [
    (stream.SSE, rb'data:  *\{"n":0\}\r\n\r\ndata:  *\{"n":1\}\r\n\r\n'), (stream.ARRAY, rb'\[ *\{"n":0\},\r\n *\{"n":1\}\]')])
def test_silence_is_filled_with_spaces_inside_an_item(framing: stream.Framing, expected: bytes, late: bool) -> None:
    async def collect() -> bytes:
        writing = stream.Writing(framing=framing, render_error=lambda e: {}, silence_s=0.01, late=late)
        return b"".join([p async for p in stream.frames(slow(), writing)])

    raw = asyncio.run(collect())
    assert re.fullmatch(expected, raw)
    assert b"   " in raw


@pytest.mark.parametrize("framing", [stream.SSE, stream.ARRAY])
def test_leaving_a_stream_ends_its_source(framing: stream.Framing) -> None:
    ended = []

    async def source() -> AsyncIterator[dict[str, Any]]:
        try:
            yield {}
            await asyncio.sleep(30)
        finally:
            ended.append(True)

    async def leave() -> None:
        pieces = stream.frames(source(), stream.Writing(framing=framing, render_error=lambda e: {}, silence_s=0.01))
        assert await anext(pieces) == framing.first + b"{}" + framing.after
        assert await anext(pieces) == framing.between
        assert await anext(pieces) == b" "
        await pieces.aclose()

    asyncio.run(leave())
    assert ended == [True]


@pytest.mark.parametrize("kind", sorted(set(leaves()), key=lambda k: k.__name__), ids=lambda k: k.__name__)
def test_every_leaf_has_a_shape(kind: type[CavendishError]) -> None:
    error = kind("a-model", hint="do this") if kind is UnknownModel else kind("it went wrong", hint="do this")
    status, body, _ = errors.render(error, ABOUT)
    if kind is Blocked:
        assert (status, body["promptFeedback"]["blockReason"]) == (200, "SAFETY")
        return
    assert body["error"]["code"] == status
    assert all(d["@type"].startswith("type.googleapis.com/google.rpc.") for d in body["error"]["details"])
    assert (status in (408, 429, 499, 500, 502, 503, 504)) or not kind.retryable


def test_a_bad_key_is_the_vendors_400() -> None:
    status, body, _ = errors.render(InvalidKey("no"))
    assert (status, body["error"]["message"]) == (400, "API key not valid. Please pass a valid API key.")
    assert body["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_an_unknown_model_is_the_vendors_404() -> None:
    about = errors.context("/v1beta/models/nope:generateContent")
    assert errors.render(UnknownModel("nope"), about)[1]["error"]["message"] == (
        "models/nope is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the "
        "list of available models and their supported methods.")


@pytest.mark.parametrize(("path", "version", "model", "method"), [
    ("/v1/models/a:generateContent", "v1", "a", "generateContent"),
    ("/v1beta1/projects/p/locations/l/publishers/google/models/a:countTokens", "v1beta1", "a", "countTokens"),
    ("/v1beta/models", "v1beta", "", ""), ("/elsewhere", "v1beta", "", "")])
def test_context_is_read_off_the_path(path: str, version: str, model: str, method: str) -> None:
    about = errors.context(path)
    assert (about.version, about.model, about.method) == (version, model, method)


@pytest.mark.parametrize("kind", [QueueFull, RateLimited])
def test_busy_says_when_to_come_back(kind: type[CavendishError]) -> None:
    status, body, headers = errors.render(kind("full", retry_after_s=13.2), ABOUT)
    details = {d["@type"].rpartition(".")[2]: d for d in body["error"]["details"]}
    assert (status, headers) == (429, {"retry-after": "14"})
    assert details["RetryInfo"]["retryDelay"] == "13.2s"
    assert details["QuotaFailure"]["violations"][0]["quotaDimensions"]["model"] == "gemini-3-pro-image"
    assert "Please retry in 13.2s." in body["error"]["message"]


def test_violations_name_the_place_in_the_callers_spelling() -> None:
    body = errors.render(InvalidValue("no such ratio", field="aspect_ratio", hint="use 1:1"))[1]
    assert body["error"]["details"][0]["fieldViolations"] == [
        {"field": "generation_config.image_config.aspect_ratio", "description": "no such ratio. Use 1:1"}]


def test_each_unknown_name_is_a_violation() -> None:
    lines = "Invalid JSON payload received. Unknown name \"{}\"{}: Cannot find field."
    error = UnknownField(lines.format("a", " at 'x.y'") + "\n" + lines.format("b", ""), field="x.y")
    violations = errors.render(error)[1]["error"]["details"][0]["fieldViolations"]
    assert [v.get("field") for v in violations] == ["x.y", None]


def test_an_unknown_method_is_told() -> None:
    about = errors.context("/v1/models/flash:predict")
    assert "not supported for predict" in errors.render(UnknownRoute("no", hint="use another"), about)[1]["error"]["message"]


def test_models_are_listed_page_by_page() -> None:
    cards, seen, token = catalog().cards, [], ""
    while True:
        page = models.render_page(cards, {"pageSize": "3", "pageToken": token})
        seen += [m["name"] for m in page["models"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert seen == [m["name"] for m in models.render_list(cards)]
    assert "models/gemini-3-pro-image-preview" in seen
    assert len(seen) == len(set(seen)) > 6


@pytest.mark.parametrize("query", [{"pageToken": "nonsense"}, {"pageToken": "é"}, {"pageSize": "-1"}, {"pageSize": "many"}])
def test_bad_paging_is_told(query: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        models.render_page(catalog().cards, query)


@pytest.mark.parametrize("wrap", [lambda c: {"contents": c}, lambda c: {"generateContentRequest": {"model": "models/x", "contents": c}}])
def test_tokens_are_counted_in_both_forms(wrap: Any) -> None:
    contents = [{"role": "user", "parts": [{"text": "four score"}, {"inlineData": {"data": "Y2F0"}}]}, {"role": "model", "parts": []}]
    counted = tokens.count(orjson.dumps(wrap(contents)), catalog().model("gemini-2.5-flash-image"))
    assert counted == {"totalTokens": 261, "promptTokensDetails": [
        {"modality": "TEXT", "tokenCount": 3}, {"modality": "IMAGE", "tokenCount": 258}]}


def test_counting_nothing_is_told() -> None:
    with pytest.raises(InvalidValue, match="contents are empty"):
        tokens.count(b"{}", catalog().cards[0])
