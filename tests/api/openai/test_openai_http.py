"""The dialect behind a real server: what callers send by mistake, slow work, clients that leave, engines that fail."""

import base64
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from api.openai import golden
from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import EngineFailed
from cavendish.types import ImageRequest, Picture
from conftest import Server, serving

COMP = replace(FAKE, id="comp")
DRAW = {"prompt": "a puppy", "model": "comp", "size": "512x512"}


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data"), {"comp": FakeEngine(profile=COMP)}, max_body_mb=8) as running:
        yield running


def post(server: Server, path: str, **arguments: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {server.key}"} | arguments.pop("headers", {})
    return httpx.post(server.url + path, headers=headers, timeout=30, **arguments)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.new("RGB", (600, 300)), "JPEG", exif=exif)


def sixty_thousand() -> bytes:
    return golden.PNG[:16] + (60_000).to_bytes(4, "big") * 2 + golden.PNG[24:]


@pytest.mark.parametrize(("body", "status", "code"), [
    (b"{not json", 400, "invalid_body"), (b"", 400, "invalid_body"), (b"[1]", 400, "invalid_body"),
    (b'{"prompt": "' + b"x" * 2**20 + b'"}', 400, "string_above_max_length"),
    (b'{"prompt": "x", "seed": 1e300}', 400, "invalid_value"),
    (b'{"prompt": "x", "n": 99999999999999999999999999}', 400, "invalid_value"),
    (b" " * (9 * 2**20), 413, "request_too_large"),
])
def test_a_bad_body_gets_openais_error(fake: Server, body: bytes, status: int, code: str) -> None:
    found = post(fake, "/v1/images/generations", content=body)
    assert (found.status_code, found.json()["error"]["code"]) == (status, code)
    assert found.headers["x-request-id"]


@pytest.mark.parametrize("data", [
    b"these are notes", golden.PNG[:40], sixty_thousand(), b"<svg/>",
], ids=["text", "cut", "60000 pixels wide", "svg"])
def test_a_bad_picture_gets_openais_error(fake: Server, data: bytes) -> None:
    found = post(fake, "/v1/images/edits", data={"prompt": "x", "model": "comp"}, files={"image": ("a.png", data, "image/png")})
    assert found.status_code in (400, 413), found.text
    assert found.json()["error"]["type"] == "invalid_request_error"
    assert len(found.json()["error"]["message"]) > 20


@pytest.mark.parametrize("data", [
    saved(Image.new("CMYK", (300, 300)), "JPEG"), saved(Image.new("I;16", (300, 300)), "PNG"), rotated(),
    saved(Image.new("RGB", (300, 300)), "GIF", save_all=True, append_images=[Image.new("RGB", (300, 300), (255, 0, 0))]),
    saved(Image.new("P", (300, 300)), "PNG"),
], ids=["CMYK", "16 bit", "EXIF rotated", "animated", "palette"])
def test_an_unusual_picture_is_edited(fake: Server, data: bytes) -> None:
    found = post(fake, "/v1/images/edits", data={"prompt": "x", "model": "comp"}, files={"image": ("a", data, "text/plain")})
    assert found.status_code == 200, found.text


def test_a_rotated_picture_keeps_the_shape_people_see(fake: Server) -> None:
    found = post(fake, "/v1/images/edits", data={"prompt": "x", "model": "comp"}, files={"image": rotated()}).json()
    width, height = map(int, found["size"].split("x"))
    assert height > width


def test_a_mask_of_another_size_says_which_size(fake: Server) -> None:
    small = saved(Image.new("RGBA", (10, 10)), "PNG")
    found = post(fake, "/v1/images/edits", data={"prompt": "x", "model": "comp"},
                 files={"image": saved(Image.new("RGB", (300, 200)), "PNG"), "mask": small})
    assert (found.status_code, found.json()["error"]["param"]) == (400, "mask")
    assert "300x200" in found.json()["error"]["message"]


def test_no_key_is_told(fake: Server) -> None:
    found = httpx.post(fake.url + "/v1/images/generations", json=DRAW)
    assert (found.status_code, found.json()["error"]["code"]) == (401, "missing_api_key")


@pytest.mark.parametrize("path", ["/v1/images/nonsense", "/v1/chat/nonsense", "/v1beta/openai/nonsense"])
def test_an_unknown_route_gets_this_dialects_error(fake: Server, path: str) -> None:
    found = post(fake, path, json={})
    body = found.json()
    error = body[0]["error"] if isinstance(body, list) else body["error"]
    assert (found.status_code, error["code"]) in ((404, "unknown_url"), (404, 404))


def test_partial_images_come_while_it_draws(fake: Server) -> None:
    with openai.OpenAI(api_key=fake.key, base_url=fake.url + "/v1") as client:
        events = list(client.images.generate(prompt="x", model="comp", stream=True, partial_images=3,
                                             extra_body={"steps": 5, "image_size": "512"}))
    assert [getattr(e, "partial_image_index", None) for e in events] == [0, 1, 2, None]
    assert {e.size for e in events} == {"512x512"}


@dataclass(slots=True)
class Undecided:
    """An engine that makes nothing."""

    profile: EngineProfile = COMP
    reason: str = "no_image"

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        return [Picture(seed=1, finish_reason=self.reason, note="There is nothing to edit here.") for _ in range(request.count)]

    def close(self) -> None:
        """Nothing to close."""


def test_no_picture_is_an_error_with_its_reason(serve: Any) -> None:
    server = serve({"comp": Undecided()})
    plain = post(server, "/v1/images/generations", json=DRAW)
    assert (plain.status_code, plain.json()["error"]["code"]) == (400, "no_image")
    assert "nothing to edit" in plain.json()["error"]["message"]
    with openai.OpenAI(api_key=server.key, base_url=server.url + "/v1", max_retries=0) as client:
        stream = client.images.generate(prompt="x", model="comp", stream=True)
        with pytest.raises(openai.APIError, match="nothing to edit"):
            list(stream)
        chat = client.chat.completions.create(model="comp", messages=[{"role": "user", "content": "x"}])
    assert chat.choices[0].message.refusal == "There is nothing to edit here."


def test_an_engine_that_fails_is_a_500_that_may_be_tried_again(serve: Any) -> None:
    server = serve({"comp": FakeEngine(profile=COMP, fail=EngineFailed("the engine fell over", hint="try again"))})
    found = post(server, "/v1/images/generations", json=DRAW)
    assert (found.status_code, found.headers["x-should-retry"]) == (500, "true")
    with openai.OpenAI(api_key=server.key, base_url=server.url + "/v1", max_retries=0) as client:
        with pytest.raises(openai.APIError, match="fell over"):
            list(client.images.generate(prompt="x", model="comp", stream=True))
        with pytest.raises(openai.APIError, match="fell over"):
            list(client.chat.completions.create(model="comp", stream=True, messages=[{"role": "user", "content": "x"}]))


def test_a_slow_answer_sends_white_space_and_still_parses(serve: Any) -> None:
    server = serve({"comp": FakeEngine(profile=COMP, delay_s=0.5)}, keepalive_s=1)
    found = post(server, "/v1/images/generations", json=DRAW | {"steps": 4})
    assert found.content.startswith(b"\n")
    assert found.json()["data"][0]["b64_json"]


def test_a_deadline_is_a_504(serve: Any) -> None:
    server = serve({"comp": FakeEngine(profile=COMP, delay_s=0.2)})
    found = post(server, "/v1/images/generations", json=DRAW | {"steps": 50}, headers={"x-server-timeout": "0.5"})
    assert (found.status_code, found.json()["error"]["code"]) == (504, "deadline_exceeded")


def test_a_full_queue_is_a_429_with_when_to_come_back(serve: Any) -> None:
    server = serve({"comp": FakeEngine(profile=COMP, delay_s=0.1)}, workers=1, queue_size=0)
    body = json.dumps(DRAW | {"steps": 30, "stream": True})
    with httpx.stream("POST", server.url + "/v1/images/generations", content=body,
                      headers={"authorization": f"Bearer {server.key}"}) as first:
        chunks = first.iter_raw()  # kept: closing it would end the run
        next(chunks)
        found = post(server, "/v1/images/generations", json=DRAW)
    assert (found.status_code, found.json()["error"]["code"]) == (429, "server_is_overloaded")
    assert int(found.headers["retry-after"]) >= 1
    assert (found.headers["x-ratelimit-limit-requests"], found.headers["x-ratelimit-remaining-requests"]) == ("1", "0")


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_its_run(serve: Any, stream: bool) -> None:
    server = serve({"comp": FakeEngine(profile=COMP, delay_s=0.05)})
    with httpx.Client(headers={"authorization": f"Bearer {server.key}"}, timeout=0.4) as client:
        ask = client.build_request("POST", server.url + "/v1/images/generations", json=DRAW | {"steps": 200, "stream": stream})
        if stream:
            client.send(ask, stream=True).close()
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.send(ask)
    deadline = time.monotonic() + 3
    while server.core.pool.inside and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.core.pool.inside == 0


def test_json_and_form_of_one_seeded_call_make_the_same_bytes(fake: Server) -> None:
    picture = saved(Image.new("RGB", (300, 200), (9, 90, 200)), "PNG")
    url = "data:image/png;base64," + base64.b64encode(picture).decode()
    ask = {"prompt": "x", "model": "comp", "seed": 5}
    form = post(fake, "/v1/images/edits", data={k: str(v) for k, v in ask.items()}, files={"image": picture}).json()
    plain = post(fake, "/v1/images/edits", json=ask | {"images": [{"image_url": url}]}).json()
    assert form["data"] == plain["data"]


def test_moderation_low_lifts_nothing_that_is_sure_and_settings_do(fake: Server) -> None:
    ask = DRAW | {"prompt": "an nsfw poster"}
    lifted = {"google": {"safety_settings": [{"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "threshold": "BLOCK_NONE"}]}}
    answers = [post(fake, "/v1/images/generations", json=ask | more) for more in ({"moderation": "auto"}, {"moderation": "low"}, lifted)]
    assert [a.status_code for a in answers] == [400, 400, 200]


@pytest.mark.parametrize("field", ["extra_body", "n", "guidance_scale", "stream", "seed"])
def test_a_form_full_of_brackets_is_refused(fake: Server, field: str) -> None:
    found = post(fake, "/v1/images/edits", data={"prompt": "x", field: "[" * 100_000}, files={"image": golden.PNG})
    assert (found.status_code, found.json()["error"]["code"]) == (400, "invalid_value")
