"""Answers, streams and errors have exactly the shapes of the golden files."""

import json
from dataclasses import replace
from typing import Any

import pytest

from api.openai import golden
from cavendish.api import edge
from cavendish.api.openai import chat, errors, models, render, stream
from cavendish.api.openai.chat import ChatCall
from cavendish.api.openai.parse import Call
from cavendish.catalog.models import catalog
from cavendish.errors import Blocked, InvalidKey, QueueFull, UnknownModel, leaves
from cavendish.types import Asset, Candidate, Done, ImageRequest, OutputSpec, Partial, Progress, Size, Thought

REQUEST = ImageRequest(prompt="a puppy", model="gpt-image-2", size=Size(1024, 1024))
CALL = Call(request=REQUEST)
NOTHING = Candidate(index=0, seed=7, asset=None, finish_reason="no_image", note="There is nothing to edit.")
REFUSED = Candidate(index=1, seed=8, asset=None, finish_reason="safety", note="Refused.")
EXPECTED = {case["name"]: case["body"] for case in golden.load("render.json")}


def shown(value: object) -> Any:
    return json.loads(edge.dump(value))


def events(data: bytes) -> list[dict[str, Any]]:
    """What an SSE parser gets: event names and data; comments are gone."""
    found = []
    for block in data.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append({"event": lines.get("event"), "data": lines["data"] if lines["data"] == "[DONE]"
                          else json.loads(lines["data"])})
    return found


def two_candidates() -> Any:
    first = golden.result().candidates[0]
    return golden.result(candidates=(first, replace(first, index=1, seed=8)))


BODIES = {
    "a picture": lambda: shown(render.images(golden.result(), CALL, str)),
    "a URL from DALL-E 3": lambda: shown(render.images(
        golden.result(), replace(CALL, urls=True, revised=True, quality="hd"), lambda asset: f"http://h/{asset.digest[:8]}")),
    "who asked": lambda: shown(render.images(golden.result(), replace(CALL, safety_identifier="s1"), str)),
    "a stream": lambda: events(
        stream.encode(Thought("hm"), CALL, 1) + stream.encode(Progress(1, 4), CALL, 1)
        + stream.encode(Partial(Asset(data=b"p", mime="image/png", size=Size(1024, 1024)), 0), CALL, 1)
        + stream.encode(golden.result(), CALL, 1)),
    "a stream of two edits": lambda: events(stream.encode(
        two_candidates(), replace(CALL, event="image_edit", request=replace(REQUEST, count=2)), 1)),
    "a chat completion": lambda: shown(chat.completion(golden.result(note="Pro is not here."), "req_1")),
    "a chat stream": lambda: events(b"".join(
        chat.chunks(item, ChatCall(request=REQUEST, model="gpt-image-2", include_usage=True), "req_1", 1)
        for item in (Progress(1, 4), Done(golden.result().candidates[0]), golden.result(note="Pro is not here.")))),
    "a chat refusal": lambda: shown(chat.completion(golden.result(candidates=(REFUSED,)), "req_1")),
    "models": lambda: models.render_list(catalog().cards[-2:]),
    "a blocked prompt": lambda: list(errors.render(Blocked("no", categories=("dangerous_content",), hint="say it otherwise"))),
    "nothing to edit": lambda: list(errors.render(errors.no_picture(golden.result(candidates=(NOTHING,))))),
    "a refused picture": lambda: list(errors.render(errors.no_picture(golden.result(candidates=(REFUSED,))))),
    "a full queue": lambda: list(errors.render(QueueFull("full", hint="wait", retry_after_s=2.5))),
    "a bad key": lambda: list(errors.render(InvalidKey("bad", hint="use another"))),
    "a bad key at Google's prefix": lambda: list(errors.render(InvalidKey("bad"), "/v1beta/openai/images/generations")),
    "an unknown model at Google's prefix": lambda: list(errors.render(UnknownModel("x"), "/v1/p/endpoints/openapi/chat")),
}


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_has_its_golden_shape(name: str) -> None:
    assert BODIES[name]() == EXPECTED[name]


def test_every_golden_answer_is_tested() -> None:
    assert set(EXPECTED) == set(BODIES)


@pytest.mark.parametrize("kind", list(leaves()), ids=lambda k: k.__name__)
@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1beta/openai/chat/completions"])
def test_every_error_has_status_type_and_code(kind: Any, path: str) -> None:
    status, body, headers = errors.render(kind("x"), path)
    found = body[0]["error"] if isinstance(body, list) else body["error"]
    assert 400 <= status < 600
    assert found["message"]
    assert found["code"]
    assert headers["x-should-retry"] == ("true" if kind.retryable else "false")


def test_the_usages_of_a_stream_add_up() -> None:
    shares = [e["data"]["usage"] for e in events(stream.encode(two_candidates(), CALL, 1))]
    whole = render.usage(golden.result().usage)
    assert [sum(s[k] for s in shares) for k in ("input_tokens", "output_tokens", "total_tokens")] == [
        whole["input_tokens"], whole["output_tokens"], whole["total_tokens"]]


def test_the_parts_of_a_usage_add_up() -> None:
    usage = render.usage(golden.result().usage)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == sum(usage["output_tokens_details"].values())


def test_some_pictures_are_better_than_none() -> None:
    drawn = golden.result().candidates[0]
    assert len(render.images(golden.result(candidates=(drawn, REFUSED)), CALL, str)["data"]) == 1


def test_no_picture_at_all_is_an_error() -> None:
    with pytest.raises(Blocked, match="nothing to edit"):
        render.images(golden.result(candidates=(NOTHING,)), CALL, str)


def test_headers_are_ascii_and_say_who_drew() -> None:
    headers = render.headers(golden.result(note="Größe\r\nx: y"))
    assert headers["x-cavendish-engine"] == "comp/1"
    assert headers["x-cavendish-seed"] == "7"
    assert all(v.isascii() and "\n" not in v and "\r" not in v for v in headers.values())


def test_a_transparent_background_is_reported() -> None:
    request = replace(REQUEST, output=OutputSpec(background="transparent"))
    assert render.images(golden.result(), replace(CALL, request=request), str)["background"] == "transparent"
