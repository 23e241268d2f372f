"""The dialect behind a real server: paths, keys, hostile input, limits, slow answers, streams that end early."""

import base64
import io
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
from PIL import Image

from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import EngineFailed, OutOfMemory
from conftest import BAD_KEY, KEY, Server, serving

MODEL = "gemini-3.1-flash-image"
DRAW = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
A_CUP: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "a cup"}]}]}
SMALL = {"generationConfig": {"imageConfig": {"imageSize": "512"}}}


def fake(**more: Any) -> FakeEngine:
    return FakeEngine(profile=replace(FAKE, id="comp"), **more)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("gemini"), {"comp": fake()}) as server:
        yield server


@pytest.fixture
def http(running: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, headers={"x-goog-api-key": KEY}, timeout=30) as client:
        yield client


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def with_pictures(*pictures: bytes, mime: str = "image/png") -> dict[str, Any]:
    parts = [{"inlineData": {"mimeType": mime, "data": encoded(p)}} for p in pictures]
    return {"contents": [{"parts": [{"text": "make it darker"}, *parts]}], **SMALL}


def file(kind: str, mode: str = "RGB", **save: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (64, 48), 0 if mode.startswith("I") else None).save(out, kind, **save)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("prefix", [
    "/v1", "/v1beta", "/v1alpha", "/v1beta1", "/v1beta1/publishers/google", "/v1/publishers/google",
    "/v1beta1/projects/my-project/locations/global/publishers/google", "/v1/projects/p/locations/us-central1/publishers/google"])
@pytest.mark.parametrize("name", [MODEL, "models/" + MODEL])
def test_every_prefix_draws(http: httpx.Client, prefix: str, name: str) -> None:
    reply = http.post(f"{prefix}/models/{name}:generateContent", json=A_CUP | SMALL)
    assert reply.status_code == 200
    assert reply.json()["modelVersion"] == MODEL


@pytest.mark.parametrize("send", [
    {"headers": {"x-goog-api-key": KEY}}, {"params": {"key": KEY}}, {"headers": {"authorization": f"Bearer {KEY}"}}])
def test_three_ways_to_send_a_key(running: Server, send: dict[str, Any]) -> None:
    assert httpx.post(running.url + DRAW, json=A_CUP | SMALL, **send).status_code == 200
    wrong = orjson.loads(orjson.dumps(send).replace(KEY.encode(), BAD_KEY.encode()))
    assert httpx.post(running.url + DRAW, json=A_CUP, **wrong).status_code == 400


def test_without_a_key(running: Server) -> None:
    reply = httpx.post(running.url + DRAW, json=A_CUP)
    assert (reply.status_code, reply.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("path", ["/v1beta/models", "/v1/models", "/v1beta1/models", "/v1alpha/models"])
def test_models_on_every_version(http: httpx.Client, path: str) -> None:
    assert f"models/{MODEL}" in [m["name"] for m in http.get(path).json()["models"]]
    assert http.get(f"{path}/{MODEL}").json()["displayName"] == "Nano Banana 2"
    assert http.get(f"{path}/nope").status_code == 404


def test_vertex_lists_publisher_models(http: httpx.Client) -> None:
    listed = http.get("/v1beta1/publishers/google/models").json()["publisherModels"]
    assert f"publishers/google/models/{MODEL}" in [m["name"] for m in listed]
    assert http.get(f"/v1beta1/publishers/google/models/{MODEL}").json()["versionId"] == "3.1"


def test_tuned_models_are_none(http: httpx.Client) -> None:
    assert http.get("/v1beta/tunedModels").json() == {"tunedModels": []}
    assert http.get("/v1beta/tunedModels/x").status_code == 404


def test_tokens_are_those_of_the_answer(http: httpx.Client) -> None:
    body = with_pictures(file("PNG"))
    counted = http.post(f"/v1beta/models/{MODEL}:countTokens", json={"contents": body["contents"]}).json()
    assert counted["totalTokens"] == http.post(DRAW, json=body).json()["usageMetadata"]["promptTokenCount"]


def test_candidates_have_an_index_and_a_seed_each(http: httpx.Client) -> None:
    reply = http.post(DRAW, json=A_CUP | {"generationConfig": {"candidateCount": 8, "seed": -1, "imageConfig": {"imageSize": "512"}}})
    assert [c["index"] for c in reply.json()["candidates"]] == list(range(8))
    assert reply.headers["x-cavendish-seed"] == ",".join(str(4294967295 + i) for i in range(8))


def test_the_legacy_client_reads_integers(http: httpx.Client) -> None:
    reply = http.post(DRAW, json=A_CUP | SMALL, params={"$alt": "json;enum-encoding=int"})
    assert reply.json()["candidates"][0]["finishReason"] == 1


def test_the_answer_is_exactly_200_json_with_an_id(http: httpx.Client) -> None:
    reply = http.post(DRAW, json=A_CUP | SMALL)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["x-request-id"].startswith("req_")
    assert len(reply.json()["responseId"]) >= 20


def test_a_browser_on_this_machine_may_call(http: httpx.Client) -> None:
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST",
             "access-control-request-headers": "x-goog-api-key,content-type"}
    allowed = http.options(DRAW, headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "http://localhost:3000")
    assert http.post(DRAW, json=A_CUP, headers={"origin": "https://elsewhere.example"}).status_code == 403


BAD: dict[str, tuple[object, str]] = {
    "not JSON": (b"hello", "the body is not JSON"),
    "a list": (b"[1]", "not a JSON object"),
    "wrong type": ({"contents": 7}, "Invalid value at 'contents[0]'"),
    "unknown field": (A_CUP | {"resolution": "4K"}, 'Unknown name "resolution": Cannot find field.'),
    "huge number": (A_CUP | {"generationConfig": {"seed": 10**18}}, "'generation_config.seed' (TYPE_INT32)"),
    "huge float": (b'{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"temperature":1e999}}', "not JSON"),
    "empty contents": ({"contents": []}, "contents are empty"),
    "no contents": ({}, "contents are empty"),
    "no words": ({"contents": [{"parts": [{"text": ""}]}]}, "prompt is empty"),
    "15 references": (with_pictures(*(file("PNG", compress_level=i % 9, pnginfo=None) + bytes([i]) for i in range(15))),
                      "15 input images"),
    "truncated base64": ({"contents": [{"parts": [{"text": "a"}, {"inlineData": {"data": "iVBORw0KG"}}]}]}, "Base64 decoding failed"),
    "truncated picture": (with_pictures(file("PNG")[:60]), "Unable to process input image"),
    "text named png": (with_pictures(b"just words, no picture at all"), "Unable to process input image"),
    "60000 x 60000": (with_pictures(png_claiming(60_000, 60_000)), "60000"),
    "a prompt of 1 MB": ({"contents": [{"parts": [{"text": "x" * 2**20}]}]}, "1048576 characters"),
    "ratio 0:0": (A_CUP | {"generationConfig": {"imageConfig": {"aspectRatio": "0:0"}}}, "aspect ratio '0:0' is not enabled"),
    "n=0": (A_CUP | {"generationConfig": {"candidateCount": 0}}, "candidateCount 0 is out of range"),
    "a URL": ({"contents": [{"parts": [{"text": "a"}, {"fileData": {"fileUri": "http://169.254.169.254/"}}]}]}, "not fetched by this server"),
    "no picture wanted": (A_CUP | {"generationConfig": {"responseModalities": ["TEXT"]}}, "combination of response modalities (TEXT)"),
}


@pytest.mark.parametrize("path", [DRAW, STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_what_to_do(http: httpx.Client, case: str, path: str) -> None:
    body, says = BAD[case]
    reply = http.post(path, content=body if isinstance(body, bytes) else orjson.dumps(body))
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert says in error["message"]
    info = next(d for d in error["details"] if d["@type"].endswith("ErrorInfo"))
    assert info["metadata"]["hint"]
    assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("data", [
    file("GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "red")]), file("JPEG", "CMYK"), file("PNG", "I;16"),
    file("JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"),
    file("WEBP"), file("BMP"), file("TIFF"), file("PNG", "P"), file("PNG", "LA"),
], ids=["animated", "cmyk", "16-bit", "rotated", "webp", "bmp", "tiff", "palette", "gray-alpha"])
def test_unusual_pictures_are_read(http: httpx.Client, data: bytes) -> None:
    reply = http.post(DRAW, json=with_pictures(data, mime="image/jpg"))
    assert reply.status_code == 200, reply.text


def test_a_body_over_the_limit(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake()}, max_body_mb=1)
    reply = httpx.post(server.url + DRAW, content=b"x" * 2**21, headers={"x-goog-api-key": KEY})
    assert "Request payload size exceeds the limit: 1048576 bytes." in reply.json()["error"]["message"]


def test_other_methods_are_unknown(http: httpx.Client) -> None:
    reply = http.post(f"/v1beta/models/{MODEL}:predict", json={})
    assert reply.status_code == 404
    assert "is not supported for predict" in reply.json()["error"]["message"]
    assert http.get(DRAW).status_code == 404
    assert http.post("/v1beta/elsewhere", json={}).json()["error"]["status"] == "NOT_FOUND"


def test_previews_need_a_stream(http: httpx.Client) -> None:
    body = A_CUP | {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}, "cavendish": {"partialImages": 1}}
    assert "Use streamGenerateContent" in http.post(DRAW, json=body).json()["error"]["message"]


def test_a_failing_engine(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(fail=EngineFailed("the engine broke", hint="try again"))})
    with httpx.Client(base_url=server.url, headers={"x-goog-api-key": KEY}) as http:
        assert http.post(DRAW, json=A_CUP).json()["error"]["code"] == 500
        reply = http.post(STREAM, json=A_CUP)
    assert reply.status_code == 200  # the first step was made: the stream had begun
    assert orjson.loads(reply.text.removeprefix("data: "))["error"]["status"] == "INTERNAL"


def test_memory_is_not_retried(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(fail=OutOfMemory("no room", hint="ask for 1K"))})
    error = httpx.post(server.url + DRAW, json=A_CUP, headers={"x-goog-api-key": KEY}).json()["error"]
    assert (error["code"], error["status"], error["message"]) == (400, "FAILED_PRECONDITION", "no room. Ask for 1K")


def test_the_callers_deadline_holds(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(delay_s=0.1)})
    body = A_CUP | {"cavendish": {"steps": 50}}
    reply = httpx.post(server.url + DRAW, json=body, headers={"x-goog-api-key": KEY, "x-server-timeout": "1"}, timeout=30)
    assert (reply.status_code, reply.json()["error"]["status"]) == (504, "DEADLINE_EXCEEDED")


def test_a_full_queue_says_when_to_come_back(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(delay_s=0.05)}, workers=1, queue_size=0)
    slow = A_CUP | {"cavendish": {"steps": 40}}
    first = threading.Thread(target=httpx.post, args=(server.url + DRAW,),
                             kwargs={"json": slow, "headers": {"x-goog-api-key": KEY}, "timeout": 30})
    first.start()
    deadline = time.monotonic() + 5
    while not server.core.pool.inside and time.monotonic() < deadline:
        time.sleep(0.01)
    for path in (DRAW, STREAM):
        reply = httpx.post(server.url + path, json=A_CUP, headers={"x-goog-api-key": KEY})
        kinds = {d["@type"].rpartition(".")[2] for d in reply.json()["error"]["details"]}
        assert reply.status_code == 429
        assert int(reply.headers["retry-after"]) >= 1
        assert {"QuotaFailure", "RetryInfo"} <= kinds
    first.join()


@pytest.mark.parametrize(("path", "opening"), [(DRAW, b"\n"), (STREAM, b"data: "), (STREAM.partition("?")[0], b"[")])
def test_slow_answers_begin_early(serve: Callable[..., Server], path: str, opening: bytes) -> None:
    server = serve({"comp": fake(delay_s=1.3)}, keepalive_s=1)
    with httpx.stream("POST", server.url + path, json=A_CUP, headers={"x-goog-api-key": KEY}, timeout=30) as reply:
        pieces = reply.iter_raw()
        assert (reply.status_code, next(pieces)) == (200, opening)
        assert b'{"candidates"' in b"".join(pieces)


def test_an_error_after_a_long_silence_is_in_the_body(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(delay_s=1.3, fail=EngineFailed("it broke"))}, keepalive_s=1)
    reply = httpx.post(server.url + DRAW, json=A_CUP, headers={"x-goog-api-key": KEY}, timeout=30)
    assert (reply.status_code, reply.json()["error"]["code"]) == (200, 500)


def test_leaving_a_stream_stops_the_engine(serve: Callable[..., Server]) -> None:
    server = serve({"comp": fake(delay_s=0.05)})
    body = A_CUP | {"generationConfig": {"thinkingConfig": {"includeThoughts": True}},
                    "cavendish": {"steps": 200, "partialImages": 1}}
    with httpx.stream("POST", server.url + STREAM, json=body, headers={"x-goog-api-key": KEY}, timeout=30) as reply:
        assert next(reply.iter_bytes()).startswith(b"data: ")
    deadline = time.monotonic() + 3
    while server.core.pool.inside and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.core.pool.inside == 0  # 200 steps of 50 ms would take 10 s
