"""The native API and the page's door, over HTTP."""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image

from cavendish.api.native.page import catalogue
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import Cancelled, OutOfMemory
from cavendish.types import ImageRequest, Picture
from conftest import BAD_KEY, KEY, Server, serving


def _fake(**changes: object) -> FakeEngine:
    return FakeEngine(profile=replace(FAKE, id="comp", name="Comp"), **changes)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("native"), {"comp": _fake()}) as running:
        yield running


@pytest.fixture(scope="module")
def client(native: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=native.url, headers={"authorization": f"Bearer {KEY}"}, timeout=20) as made:
        yield made


def _draw(client: httpx.Client, **body: object) -> httpx.Response:
    return client.post("/api/v1/images", json={"prompt": "a dog", "size": "512"} | body)


def _size(candidate: dict) -> tuple[int, int]:
    with Image.open(io.BytesIO(base64.b64decode(candidate["data"]))) as image:
        return image.size


def test_a_call_answers_with_pictures(client: httpx.Client) -> None:
    answer = _draw(client, aspect_ratio="16:9", seed=5, count=2).json()
    assert [_size(c) for c in answer["candidates"]] == [(688, 384)] * 2
    assert [c["seed"] for c in answer["candidates"]] == [5, 6]
    assert (answer["model"], answer["engine"], answer["width"]) == ("flash", "comp", 688)


def test_a_stream_brings_candidates_then_the_result(client: httpx.Client) -> None:
    text = _draw(client, stream=True, count=2).text
    names = [line[7:] for line in text.split("\n") if line.startswith("event: ")]
    assert names == ["progress", "candidate", "candidate", "result"]


def test_a_picture_goes_back_with_its_signature(client: httpx.Client) -> None:
    first = _draw(client, aspect_ratio="3:2").json()["candidates"][0]
    base = {"data": first["data"], "signature": first["signature"], "role": "base"}
    assert _size(_draw(client, references=[base]).json()["candidates"][0]) == (632, 424)


@pytest.mark.parametrize(("body", "status", "code"), [
    ({"model": "sonnet"}, 404, "unknown_model"), ({"aspect_ratio": "0:0"}, 400, "invalid_value"),
    ({"nonsense": 1}, 400, "unknown_field"), ({"references": [{"data": "bm8="}]}, 422, "bad_image"),
    ({"prompt": "how to build a pipe bomb"}, 422, "blocked"), ({"output": {"mime": "image/gif"}}, 400, "invalid_value")])
@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_call_is_a_problem_before_any_stream(client: httpx.Client, body: dict, status: int, code: str, stream: bool) -> None:
    answer = _draw(client, stream=stream, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]
    assert answer.json()["instance"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/api/v1/images", "/api/v1/verify", "/api/v1/models", "/api/v1/capabilities"])
@pytest.mark.parametrize(("headers", "code"), [({}, "missing_key"), ({"authorization": f"Bearer {BAD_KEY}"}, "invalid_key")])
def test_a_key_is_needed(native: Server, path: str, headers: dict, code: str) -> None:
    answer = httpx.request("POST" if path.endswith(("images", "verify")) else "GET", native.url + path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_address_that_does_not_exist_is_a_problem(client: httpx.Client) -> None:
    assert client.get("/api/v1/nothing").json()["code"] == "unknown_route"
    assert client.get("/api/v1/images").json()["code"] == "unknown_route"


def test_the_openapi_document_describes_the_routes(client: httpx.Client) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert set(document["paths"]) == {"/api/v1/images", "/api/v1/verify", "/api/v1/models", "/api/v1/capabilities"}
    draw = document["paths"]["/api/v1/images"]["post"]
    assert draw["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/ImageBody")
    assert set(draw["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert "application/problem+json" in draw["responses"]["default"]["content"]
    references = {part["$ref"].split("/")[-1] for part in _refs(document)}
    assert references <= set(document["components"]["schemas"])
    assert document["components"]["schemas"]["ImageBody"]["required"] == ["prompt"]


def _refs(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value
        for inner in value.values():
            yield from _refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _refs(inner)


def test_leaving_a_stream_stops_the_engine(serve: Callable) -> None:
    stopped = threading.Event()

    class Slow(FakeEngine):
        def generate(self, request: ImageRequest, on_step: Callable) -> list[Picture]:
            try:
                for step in range(1, 400):
                    stopped.wait(0.02)
                    on_step(step, 400)
            except Cancelled:
                stopped.set()
                raise
            raise AssertionError("nobody stopped the engine")

    server = serve({"comp": Slow(profile=replace(FAKE, id="comp"))})
    body = {"prompt": "a dog", "stream": True}
    with httpx.stream("POST", f"{server.url}/api/v1/images", json=body, headers={"x-goog-api-key": KEY}) as answer:
        assert next(answer.iter_lines()) == "event: progress"
    assert stopped.wait(5)


def test_a_silent_stream_is_kept_alive(serve: Callable) -> None:
    class Silent(FakeEngine):
        def generate(self, request: ImageRequest, on_step: Callable) -> list[Picture]:
            on_step(1, 2)
            threading.Event().wait(1.6)
            on_step(2, 2)
            return FakeEngine.generate(self, request, on_step)

    server = serve({"comp": Silent(profile=replace(FAKE, id="comp"))}, keepalive_s=1)
    text = httpx.post(f"{server.url}/api/v1/images", json={"prompt": "a dog", "stream": True, "size": "512"},
                      headers={"x-goog-api-key": KEY}).text
    assert "\n\n: working\n\n" in text
    assert "event: result" in text


def test_an_error_in_the_middle_of_a_stream_is_its_last_event(serve: Callable) -> None:
    server = serve({"comp": _fake(fail=OutOfMemory("too big", hint="choose a smaller size"))})
    text = httpx.post(f"{server.url}/api/v1/images", json={"prompt": "a dog", "stream": True}, headers={"x-goog-api-key": KEY}).text
    name, data = text.strip().split("\n\n")[-1].split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["hint"] == "choose a smaller size"


# ---- the page's door ----

def test_the_door_is_closed_without_a_session(native: Server) -> None:
    answer = httpx.get(native.url + "/")
    assert answer.status_code == 401
    assert "make serve" in answer.text


def test_a_token_is_exchanged_once_for_a_cookie(serve: Callable) -> None:
    server = serve({"comp": _fake()})
    first = httpx.get(server.url + "/", params={"token": server.token})
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("cavendish_session=", "httponly", "samesite=strict", "path=/"))
    assert httpx.get(server.url + "/", params={"token": server.token}).status_code == 403
    session = {"cavendish_session": first.cookies["cavendish_session"]}
    assert "<textarea" in httpx.get(server.url + "/", cookies=session).text
    assert httpx.get(server.url + "/api/v1/models", cookies=session).status_code == 200


def test_another_site_cannot_use_the_session(serve: Callable) -> None:
    server = serve({"comp": _fake()})
    session = {"cavendish_session": httpx.get(server.url + "/", params={"token": server.token}).cookies["cavendish_session"]}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = httpx.post(server.url + "/api/v1/images", json={"prompt": "a dog"}, cookies=session, headers=headers)
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize("path", sorted(catalogue()))
def test_every_file_of_the_page_is_served_under_strict_rules(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/web/{path}")
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"].split(";")[0] == {
        "js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}[path.rsplit(".")[-1]]
    assert client.get(f"/web/{path}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("path", ["../pyproject.toml", "..%2f..%2fsettings.py", "%2e%2e/settings.py", "js", "js/api/types.ts",
                                  "/etc/passwd", "js/../index.html%00.js", ""])
def test_nothing_else_is_served(native: Server, path: str) -> None:
    with httpx.Client() as raw:
        request = raw.build_request("GET", native.url)
        request.url = request.url.copy_with(raw_path=f"/web/{path}".encode())
        assert raw.send(request).status_code in (401, 404)
