"""The edge over a real server: keys, hosts, origins, limits, deadlines, a full queue, a client that leaves, logs, health."""

import json
import logging
import threading
import time

import httpx
import pytest

from cavendish.api import edge
from cavendish.engines.fake import FakeEngine
from cavendish.errors import TooLarge
from cavendish.types import MAX_FILE_BYTES
from conftest import BAD_KEY, KEY

GEMINI = "/v1beta/models/gemini-3.1-flash-image:generateContent"
BODY = {"contents": [{"parts": [{"text": "a dog"}]}]}


def _draw(server, key: str = KEY, body: dict | None = None, **headers: str) -> httpx.Response:
    return httpx.post(server.url + GEMINI, json=body or BODY, headers={"x-goog-api-key": key} | headers, timeout=30)


@pytest.fixture
def fake(serve):
    return serve({"comp": FakeEngine()})


@pytest.mark.parametrize("way", [{"headers": {"x-goog-api-key": KEY}}, {"params": {"key": KEY}},
                                 {"headers": {"authorization": f"Bearer {KEY}"}}])
def test_a_key_is_taken_from_any_of_its_places(fake, way: dict) -> None:
    assert httpx.post(fake.url + GEMINI, json=BODY, **way).status_code == 200


def test_wrong_and_missing_keys_are_the_vendors_errors(fake) -> None:
    wrong, missing = _draw(fake, BAD_KEY), httpx.post(fake.url + GEMINI, json=BODY)
    assert (wrong.status_code, wrong.json()["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    assert (missing.status_code, missing.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    openai = httpx.post(fake.url + "/v1/images/generations", json={"prompt": "x"}, headers={"authorization": f"Bearer {BAD_KEY}"})
    assert (openai.status_code, openai.json()["error"]["code"]) == (401, "invalid_api_key")


def test_without_keys_loopback_welcomes_everyone(serve) -> None:
    assert httpx.post(serve({"comp": FakeEngine()}, api_keys=()).url + GEMINI, json=BODY).status_code == 200


def test_a_rebound_host_name_is_refused(fake) -> None:
    assert _draw(fake, host="evil.example").status_code == 403


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("http://localhost:5173", 200), ("null", 403)])
def test_origins_are_checked(fake, origin: str, status: int) -> None:
    answer = _draw(fake, origin=origin)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (origin if status == 200 else None)


def test_any_origin_when_so_configured(serve) -> None:
    assert _draw(serve({"comp": FakeEngine()}, cors_origins="*"), origin="https://app.example").status_code == 200


def test_a_preflight_is_answered(fake) -> None:
    answer = httpx.options(fake.url + GEMINI, headers={
        "origin": "http://localhost:3000", "access-control-request-method": "POST",
        "access-control-request-headers": "x-goog-api-key,content-type"})
    assert answer.status_code == 200
    assert "x-goog-api-key" in answer.headers["access-control-allow-headers"]


def test_a_body_over_the_limit_is_refused(serve) -> None:
    server = serve({"comp": FakeEngine()}, max_body_mb=1)
    big = {"contents": [{"parts": [{"text": "a" * 2_000_000}]}]}
    assert _draw(server, body=big).status_code in (400, 413)

    def chunks():
        for _ in range(40):
            yield b" " * 65_536

    unsized = httpx.post(server.url + GEMINI, content=chunks(), headers={"x-goog-api-key": KEY})
    assert unsized.status_code in (400, 413)
    assert _draw(server).status_code == 200


def test_base64_of_more_than_a_file_may_be_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert edge.MAX_BASE64_CHARS > MAX_FILE_BYTES * 4 / 3 * 78 / 76  # MIME breaks lines at 76
    monkeypatch.setattr(edge, "MAX_BASE64_CHARS", 1000)
    assert edge.unb64("A" * 1000, "x") == bytes(750)
    monkeypatch.setattr(edge.pybase64, "b64decode", lambda *_args, **_more: pytest.fail("it was decoded"))
    with pytest.raises(TooLarge) as caught:
        edge.unb64("A" * 1001, "contents[0]")
    assert (caught.value.field, str(MAX_FILE_BYTES) in caught.value.hint) == ("contents[0]", True)


def test_x_server_timeout_is_honoured(serve) -> None:
    server = serve({"flash": FakeEngine(delay_s=0.1)})
    slow = BODY | {"cavendish": {"steps": 100}}
    start = time.monotonic()
    answer = _draw(server, body=slow, **{"x-server-timeout": "1"})
    assert (answer.status_code, answer.json()["error"]["status"]) == (504, "DEADLINE_EXCEEDED")
    assert time.monotonic() - start < 5


def test_a_full_queue_is_an_honest_429(serve) -> None:
    server = serve({"comp": FakeEngine(delay_s=0.5)}, workers=1, queue_size=1)
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(_draw(server))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [a for a in answers if a.status_code == 429]
    assert 1 <= len(refused) <= 3
    assert len(answers) - len(refused) >= 2
    details = refused[0].json()["error"]["details"]
    assert any(d["@type"].endswith("RetryInfo") for d in details)
    assert float(refused[0].headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", [GEMINI, GEMINI.replace("generateContent", "streamGenerateContent?alt=sse")])
def test_a_client_that_leaves_cancels_its_run(serve, path: str) -> None:
    engine = FakeEngine(delay_s=0.1)
    server = serve({"flash": engine})
    with pytest.raises(httpx.ReadTimeout), httpx.Client(timeout=httpx.Timeout(10, read=0.5)) as client:
        client.post(server.url + path, json=BODY | {"cavendish": {"steps": 100}}, headers={"x-goog-api-key": KEY})
    left = time.monotonic()
    while server.core.pool.inside and time.monotonic() - left < 5:
        time.sleep(0.02)
    assert server.core.pool.inside == 0
    assert len(engine.seen) == 1


def test_a_slow_answer_is_kept_alive_by_blank_lines(serve) -> None:
    server = serve({"flash": FakeEngine(delay_s=0.25)}, keepalive_s=1)
    answer = _draw(server, body=BODY | {"cavendish": {"steps": 10}})
    assert answer.status_code == 200
    assert answer.text.startswith("\n")
    assert answer.json()["candidates"][0]["finishReason"] == "STOP"


def test_every_answer_has_a_request_id(fake) -> None:
    ids = {_draw(fake).headers["x-request-id"], httpx.get(fake.url + "/nowhere").headers["x-request-id"]}
    assert len(ids) == 2


def test_health_readiness_and_metrics(fake) -> None:
    _draw(fake)
    assert httpx.get(fake.url + "/healthz").json()["status"] == "ok"
    assert httpx.get(fake.url + "/readyz").json()["status"] == "ready"
    text = httpx.get(fake.url + "/metrics").text
    assert "cavendish_http_requests_total" in text
    assert "cavendish_queue_depth 0.0" in text


def test_a_defect_is_a_500_without_its_text_and_the_server_lives_on(serve) -> None:
    class Broken(FakeEngine):
        def generate(self, request, on_step):
            raise RuntimeError("secret internals")

    server = serve({"comp": Broken()})
    answer = _draw(server)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert httpx.get(server.url + "/healthz").status_code == 200


def test_logs_hold_no_prompt_and_no_key(fake, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cavendish"):
        _draw(fake, body={"contents": [{"parts": [{"text": "a very private dog"}]}]})
        httpx.post(fake.url + GEMINI, json=BODY, params={"key": KEY})
    logged = json.dumps([{k: str(v) for k, v in vars(r).items()} for r in caplog.records if r.name.startswith("cavendish")])
    assert "private dog" not in logged
    assert KEY not in logged
    assert "request_id" in logged


def test_prompts_are_logged_when_somebody_wants_them(serve, caplog: pytest.LogCaptureFixture) -> None:
    server = serve({"comp": FakeEngine()}, log_prompts=True)
    with caplog.at_level(logging.INFO, "cavendish"):
        _draw(server)
    assert [r.fields["prompt"] for r in caplog.records if r.name == "cavendish.runs"] == ["a dog"]


def test_one_list_of_models_serves_both_vendors(fake) -> None:
    body = httpx.get(fake.url + "/v1/models", params={"key": KEY}).json()
    assert body["object"] == "list"
    assert any(m["name"] == "models/gemini-3-pro-image" for m in body["models"])
    assert any(m["id"] == "gpt-image-1" for m in body["data"])


def test_a_picture_url_serves_the_picture_and_nothing_else(fake) -> None:
    body = {"prompt": "a dog", "model": "dall-e-3", "response_format": "url"}
    answer = httpx.post(fake.url + "/v1/images/generations", json=body, headers={"authorization": f"Bearer {KEY}"}).json()
    url = answer["data"][0]["url"]
    picture = httpx.get(url)
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert httpx.get(url.replace("token=", "token=9")).status_code == 404
    assert httpx.get(url.split("?")[0]).status_code == 404
