"""curl against a running server: what people paste, and what breaks servers."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clients.openai_inputs import BLOCKED, hole, opened, photo
from conftest import BAD_KEY, Server

pytestmark = [pytest.mark.clients, pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")]


def curl(server: Server, path: str, *arguments: str, key: str = "") -> tuple[int, str]:
    """Run curl; return status and body."""
    done = subprocess.run(["curl", "-sS", "-m", "60", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {key or server.key}",
                           *arguments, server.url + path], capture_output=True, text=True, timeout=90, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def answer(server: Server, path: str, *arguments: str) -> Any:
    status, body = curl(server, path, *arguments)
    assert status == 200, body[:500]
    return json.loads(body)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "photo.png").write_bytes(photo())
    (tmp_path / "mask.png").write_bytes(hole((512, 512), (64, 64, 192, 192)))
    (tmp_path / "notes.png").write_text("these are notes")
    return tmp_path


def test_draw_without_a_content_type(server: Server) -> None:
    found = answer(server, "/v1/images/generations", "-d", '{"model":"gpt-image-2","prompt":"a puppy","size":"1024x1536"}')
    assert opened(found["data"][0]["b64_json"]).size == (1024, 1536)


def test_large(server: Server) -> None:
    found = answer(server, "/v1/images/generations", "-d", '{"model":"gpt-image-2","prompt":"a puppy","size":"3840x2160"}')
    assert opened(found["data"][0]["b64_json"]).size == (3840, 2160)


def test_edit_with_files(server: Server, folder: Path) -> None:
    found = answer(server, "/v1/images/edits", "-F", f"image[]=@{folder}/photo.png", "-F", f"image[]=@{folder}/photo.png",
                   "-F", "prompt=make it brighter", "-F", "model=gpt-image-1", "-F", "size=1024x1024", "-F", "n=2")
    assert [opened(d["b64_json"]).size for d in found["data"]] == [(1024, 1024)] * 2


def test_edit_with_a_mask(server: Server, folder: Path) -> None:
    found = answer(server, "/v1/images/edits", "-F", f"image=@{folder}/photo.png", "-F", f"mask=@{folder}/mask.png",
                   "-F", "prompt=make it brighter")
    assert opened(found["data"][0]["b64_json"]).size == (512, 512)


def test_edit_as_json(server: Server, folder: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(photo()).decode()
    (folder / "body.json").write_text(json.dumps({"prompt": "make it brighter", "images": [{"image_url": url}],
                                                  "size": "1024x1024"}))
    found = answer(server, "/v1/images/edits", "-H", "Content-Type: application/json", "--data-binary", f"@{folder}/body.json")
    assert opened(found["data"][0]["b64_json"]).size == (1024, 1024)


def test_variation(server: Server, tmp_path: Path) -> None:
    drawn = answer(server, "/v1/images/generations", "-d", '{"model":"gpt-image-1","prompt":"a puppy"}')
    (tmp_path / "a.png").write_bytes(base64.b64decode(drawn["data"][0]["b64_json"]))
    found = answer(server, "/v1/images/variations", "-F", f"image=@{tmp_path}/a.png", "-F", "response_format=b64_json",
                   "-F", "size=256x256")
    assert opened(found["data"][0]["b64_json"]).size == (256, 256)


def test_stream(server: Server) -> None:
    status, body = curl(server, "/v1/images/generations", "-N", "-d", '{"prompt":"a puppy","stream":true,"partial_images":1}')
    assert status == 200
    assert "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\"" in body
    assert body.endswith("\n\n")


def test_chat(server: Server) -> None:
    found = answer(server, "/v1/chat/completions", "-d", json.dumps({
        "model": "flash", "messages": [{"role": "user", "content": "a puppy"}], "modalities": ["image", "text"]}))
    assert found["choices"][0]["message"]["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")


def test_models(server: Server) -> None:
    assert "gpt-image-2" in [m["id"] for m in answer(server, "/v1/models")["data"]]


@pytest.mark.parametrize(("body", "status", "code"), [
    ({"model": "gpt-image-2", "prompt": BLOCKED}, 400, "moderation_blocked"),
    ({"model": "gpt-image-99", "prompt": "x"}, 404, "model_not_found"),
    ({"model": "gpt-image-2", "prompt": "x", "size": "7x7"}, 400, "invalid_value"),
])
def test_refusals(server: Server, body: dict[str, str], status: int, code: str) -> None:
    found = curl(server, "/v1/images/generations", "-d", json.dumps(body))
    assert (found[0], json.loads(found[1])["error"]["code"]) == (status, code)


def test_a_bad_key(server: Server) -> None:
    status, body = curl(server, "/v1/images/generations", "-d", '{"prompt":"x"}', key=BAD_KEY)
    assert (status, json.loads(body)["error"]["code"]) == (401, "invalid_api_key")


def test_a_text_named_png(server: Server, folder: Path) -> None:
    status, body = curl(server, "/v1/images/edits", "-F", f"image=@{folder}/notes.png", "-F", "prompt=x")
    assert (status, json.loads(body)["error"]["code"]) == (400, "invalid_image_file")
