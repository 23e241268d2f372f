"""Pictures by URL through both dialects: off by default, in words; turned on, they count as if they had been sent."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient

from cavendish.api.app import create_app
from cavendish.app import build
from cavendish.engines.fake import FakeEngine
from cavendish.settings import Settings
from cavendish.trust.fetch import Fetcher, Rules
from imaging.hostile import picture, saved
from trust.test_fetch import PUBLIC, Names, Site, ok, says

PNG, URL = saved(picture()), "https://pictures.example/cat.png"
MASK = saved(Image.new("RGBA", (40, 24), (0, 0, 0, 0)))
GEMINI = ("/v1beta/models/flash:generateContent",
          {"contents": [{"parts": [{"text": "bluer"}, {"fileData": {"mimeType": "image/png", "fileUri": URL}}]}]})
EDIT = ("/v1/images/edits", {"prompt": "bluer", "model": "flash", "images": [{"image_url": URL}]})
CHAT = ("/v1/chat/completions", {"model": "flash", "messages": [{"role": "user", "content": [
    {"type": "text", "text": "bluer"}, {"type": "image_url", "image_url": {"url": URL}}]}]})
CALLS = {"gemini": GEMINI, "edit": EDIT, "chat": CHAT}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def client(tmp_path: Path, engine: FakeEngine, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """A server whose internet is one loopback site without TLS, or one that fetches nothing where a test says "off"."""
    site = Site(says(ok(getattr(request, "param", PNG) or PNG)))
    fetcher = Fetcher(rules=Rules(schemes=("https",)), resolver=Names(pictures_example=[PUBLIC]), dial=site.dial, tls=_Plain)
    with build(Settings(data=tmp_path, intake_workers=0), {"comp": engine}) as core:
        fetching = replace(core, service=replace(core.service, fetcher=Fetcher() if request.param is None else fetcher))
        yield TestClient(create_app(fetching))
    site.close()


class _Plain:
    """No TLS: what tests/trust/test_fetch.py proves about it needs no proof here."""

    def wrap_socket(self, link: Any, server_hostname: str) -> Any:
        assert server_hostname == "pictures.example"
        return link


@pytest.mark.parametrize("client", [PNG], indirect=True, ids=["on"])
@pytest.mark.parametrize("call", CALLS)
def test_a_picture_by_url_is_a_reference_like_any_other(call: str, client: TestClient, engine: FakeEngine) -> None:
    path, body = CALLS[call]
    assert client.post(path, json=body).status_code == 200
    assert [(r.data, r.url, r.role.value) for r in engine.seen[0].references] == [(PNG, "", "base")]


@pytest.mark.parametrize("client", [MASK], indirect=True, ids=["on"])
def test_a_mask_may_come_by_url_too(client: TestClient, engine: FakeEngine) -> None:
    inline = "data:image/png;base64," + base64.b64encode(PNG).decode()
    answer = client.post(EDIT[0], json=EDIT[1] | {"images": [{"image_url": inline}], "mask": {"image_url": URL}})
    assert answer.status_code == 200, answer.text
    assert engine.seen[0].mask.pixels.size == engine.seen[0].references[0].pixels.size


@pytest.mark.parametrize("client", [None], indirect=True, ids=["off"])
@pytest.mark.parametrize("call", CALLS)
def test_off_is_said_with_what_to_do(call: str, client: TestClient, engine: FakeEngine) -> None:
    path, body = CALLS[call]
    _refused(client.post(path, json=body), "UNSUPPORTED", "unsupported_value",
             "picture URLs are not fetched by this server. Send the picture itself, as a data: URL or inline, "
             "or have CAVENDISH_FETCH_URLS=https set")
    assert not engine.seen


@pytest.mark.parametrize("client", [PNG], indirect=True, ids=["on"])
@pytest.mark.parametrize("call", CALLS)
def test_a_url_that_may_not_be_fetched_is_refused_in_the_dialect(call: str, client: TestClient, engine: FakeEngine) -> None:
    path, body = CALLS[call]
    hidden = str(body).replace(URL, "https://169.254.169.254/latest?secret=canary").replace("'", '"')
    answer = client.post(path, content=hidden, headers={"content-type": "application/json"})
    _refused(answer, "INVALID_VALUE", "invalid_value", "the picture at '169.254.169.254' was not fetched: its host cannot be reached")
    assert "canary" not in answer.text
    assert not engine.seen


@pytest.mark.parametrize("client", [b"<html>not a picture</html>"], indirect=True, ids=["html"])
@pytest.mark.parametrize("call", CALLS)
def test_what_was_fetched_passes_the_same_gate(call: str, client: TestClient, engine: FakeEngine) -> None:
    path, body = CALLS[call]
    _refused(client.post(path, json=body), "BAD_IMAGE", "invalid_image_file", "not a picture that can be opened")
    assert not engine.seen


def _refused(answer: httpx.Response, reason: str, code: str, words: str) -> None:
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert words in error["message"]
    if "details" in error:
        assert reason in [detail.get("reason") for detail in error["details"]]
    else:
        assert error["code"] == code
