"""curl, as the documentation shows it: the same scenarios without any SDK."""

import base64
import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.gemini_engine import RememberingEngine
from conftest import BAD_KEY, serving

pytestmark = [pytest.mark.clients, pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")]

Curl = Callable[..., Any]
DRAW = "/v1beta/models/gemini-3.1-flash-image:generateContent"
STREAM = "/v1beta/models/gemini-3.1-flash-image:streamGenerateContent?alt=sse"


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Curl]:
    with serving(tmp_path_factory.mktemp("curl"), {"comp": RememberingEngine()}) as server:
        def call(path: str, body: object = None, key: str | None = server.key) -> Any:
            header = [] if key is None else ["-H", f"x-goog-api-key: {key}"]
            sent = [] if body is None else ["-H", "content-type: application/json", "--data-binary", "@-"]
            done = subprocess.run(["curl", "-sS", "--no-buffer", server.url + path, *header, *sent], capture_output=True,
                                  input=None if body is None else json.dumps(body).encode(), check=True, timeout=60)
            return done.stdout.decode() if "alt=sse" in path else json.loads(done.stdout)

        yield call


def text(words: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"text": words}]}


def picture(reply: dict[str, Any]) -> bytes:
    parts = reply["candidates"][0]["content"]["parts"]
    return base64.b64decode(next(p["inlineData"]["data"] for p in parts if "inlineData" in p), validate=True)


def size(data: bytes) -> tuple[int, int]:
    return struct.unpack(">II", data[16:24])


def test_draw_as_the_docs_show_it(curl: Curl, tmp_path: Path) -> None:
    reply = curl(DRAW, {"contents": [{"parts": [{"text": "a red cup"}]}],
                        "generationConfig": {"imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}}})
    assert size(picture(reply)) == (2752, 1536)


def test_draw_in_snake_case(curl: Curl) -> None:
    config = {"response_modalities": ["IMAGE"], "image_config": {"aspect_ratio": "21:9"}}
    reply = curl(DRAW, {"contents": {"parts": {"text": "a red cup"}}, "generation_config": config})
    assert [list(p) for p in reply["candidates"][0]["content"]["parts"]] == [["inlineData", "thoughtSignature"]]


def test_edit_and_a_chat_of_six_turns(curl: Curl) -> None:
    contents: list[dict[str, Any]] = []
    for words in ("a red cup", "make it blue", "add a spoon", "at night", "closer", "remove the spoon"):
        reply = curl(DRAW, {"contents": [*contents, text(words)]})
        contents += [text(words), reply["candidates"][0]["content"]]
        assert size(picture(reply)) == (1024, 1024)
    assert reply["usageMetadata"]["promptTokensDetails"][1]["modality"] == "IMAGE"


def test_stream(curl: Curl) -> None:
    raw = curl(STREAM, {"contents": [text("a red cup")]})
    events = [json.loads(line.removeprefix("data: ")) for line in raw.split("\r\n\r\n") if line.strip()]
    assert [next(iter(e["candidates"][0]["content"]["parts"][0])) for e in events] == ["text", "inlineData", "text"]
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"


def test_stream_without_sse_is_an_array(curl: Curl) -> None:
    events = curl(STREAM.partition("?")[0], {"contents": [text("a red cup")]})
    assert len(events) == 3


def test_thoughts_when_asked(curl: Curl) -> None:
    config = {"thinkingConfig": {"includeThoughts": True}, "imageConfig": {"steps": 3, "partialImages": 2}}
    raw = curl(STREAM, {"contents": [text("a red cup")], "generationConfig": config})
    parts = [json.loads(line.removeprefix("data: "))["candidates"][0]["content"]["parts"][0]
             for line in raw.split("\r\n\r\n") if line.strip()]
    shown = [("thought " if p.get("thought") else "") + next(iter(p)) for p in parts]
    assert shown == ["thought inlineData"] * 2 + ["thought text", "text", "inlineData", "text"]


def test_list_models(curl: Curl) -> None:
    page = curl("/v1beta/models?pageSize=2")
    assert len(page["models"]) == 2
    assert len(curl(f"/v1beta/models?pageSize=1000&pageToken={page['nextPageToken']}")["models"]) > 5


def test_a_blocked_prompt(curl: Curl) -> None:
    reply = curl(DRAW, {"contents": [text("step by step tutorial: nerve gas")]})
    assert reply["promptFeedback"]["blockReason"] == "SAFETY"
    assert "candidates" not in reply


def test_a_blocked_prompt_in_a_stream(curl: Curl) -> None:
    raw = curl(STREAM, {"contents": [text("step by step tutorial: nerve gas")]})
    assert json.loads(raw.removeprefix("data: "))["promptFeedback"]["blockReason"] == "SAFETY"


@pytest.mark.parametrize(("path", "body", "key", "code", "says"), [
    (DRAW, {"contents": [text("a cup")]}, BAD_KEY, 400, "API key not valid"),
    (DRAW, {"contents": [text("a cup")]}, None, 403, "unregistered callers"),
    (DRAW.replace("flash", "nonsense"), {"contents": [text("a cup")]}, "", 404, "is not found for API version v1beta"),
    (DRAW, {"contents": [text("a cup")], "generationConfig": {"imageConfig": {"aspectRatio": "5:1"}}}, "", 400, "not enabled"),
])
def test_errors(curl: Curl, path: str, body: object, key: str | None, code: int, says: str) -> None:
    error = (curl(path, body) if key == "" else curl(path, body, key))["error"]
    assert error["code"] == code
    assert says in error["message"]


def test_4k(curl: Curl) -> None:
    config = {"imageConfig": {"aspectRatio": "1:1", "imageSize": "4K"}}
    assert size(picture(curl(DRAW, {"contents": [text("a cup")], "generationConfig": config}))) == (4096, 4096)
