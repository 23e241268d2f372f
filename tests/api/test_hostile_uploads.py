"""The corpus of hostile files through both dialects: each is a picture or the vendor's own error, from the same server."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from cavendish.engines.fake import FakeEngine
from conftest import KEY, Server, serving
from imaging import hostile
from imaging.hostile import DAMAGED, OPENS, ROWS, Row

GEMINI, EDITS = "/v1beta/models/flash:generateContent", "/v1/images/edits"
SAID = {DAMAGED: ("BAD_IMAGE", 400, "invalid_image_file"), hostile.LARGE: ("TOO_LARGE", 413, "request_too_large")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("hostile"), {"comp": FakeEngine()}, intake_workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"x-goog-api-key": KEY, "authorization": f"Bearer {KEY}"}, timeout=60) as client:
        yield client


def _gemini(http: httpx.Client, data: bytes) -> httpx.Response:
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}}
    return http.post(GEMINI, json={"contents": [{"parts": [{"text": "this photo in blue"}, part]}],
                                   "generationConfig": {"imageConfig": {"imageSize": "512"}}})


def _openai(http: httpx.Client, data: bytes, mask: bytes | None = None, prompt: str = "bluer") -> httpx.Response:
    files = {"image": ("a.png", data, "image/png")} | ({"mask": ("m.png", mask, "image/png")} if mask is not None else {})
    return http.post(EDITS, data={"prompt": prompt, "model": "flash", "size": "512x512"}, files=files)


USUAL = ("animated GIF", "CMYK JPEG", "SVG with an external entity and a script", "PNG of 30000x1", "WebP of 16000x16000 in 34 bytes",
         "PNG with 80 MB of compressed text", "JPEG cut off")  # the others take a minute


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name, marks=() if row.name in USUAL else pytest.mark.heavy) for row in ROWS])
def test_each_file_gets_its_answer_in_both_dialects(row: Row, http: httpx.Client) -> None:
    data = row.make()
    gemini, openai = _gemini(http, data), _openai(http, data)
    if row.outcome == OPENS:
        assert (gemini.status_code, openai.status_code) == (200, 200), (gemini.text[:300], openai.text[:300])
        assert ("the first one was used" in gemini.text) == row.several
        assert ("the first one was used" in openai.headers.get("x-cavendish-note", "")) == row.several
        return
    reason, status, code = SAID[row.outcome]
    assert (gemini.status_code, gemini.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert reason in [detail.get("reason") for detail in gemini.json()["error"]["details"]]
    assert (openai.status_code, openai.json()["error"]["code"]) == (status, code)


def test_an_empty_file_is_named(http: httpx.Client) -> None:
    assert (_gemini(http, b"").status_code, _openai(http, b"").status_code) == (400, 400)
    assert "holds no data" in _gemini(http, b"").json()["error"]["message"]
    assert _openai(http, b"").json()["error"]["code"] == "invalid_value"


def test_a_mask_of_another_size_names_both(http: httpx.Client) -> None:
    error = _openai(http, hostile.saved(hostile.picture()), hostile.saved(hostile.picture("RGBA", (41, 24)))).json()["error"]
    assert (error["code"], error["param"]) == ("invalid_image_file", "mask")
    assert "41x24" in error["message"]
    assert "40x24" in error["message"]


def test_where_a_photograph_was_taken_is_not_in_the_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("gps"), intake_workers=1) as comp, httpx.Client(
            base_url=comp.url, headers={"authorization": f"Bearer {KEY}"}, timeout=60) as client:
        sent = hostile.with_gps()
        assert b"GPS-CANARY" in sent
        answer = _openai(client, sent, prompt="make this photo brighter").json()
        made = base64.b64decode(answer["data"][0]["b64_json"])
        assert b"GPS-CANARY" not in made
        assert b"eXIf" not in made
