"""POST /api/v1/verify, and the receipt of a masked edit through every dialect, with the watermark on."""

import base64
import io
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image

from conftest import KEY, Server, serving


@pytest.fixture(scope="module")
def comp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The comp engine with everything on."""
    with serving(tmp_path_factory.mktemp("verify"), watermark=True) as running:
        yield running


@pytest.fixture(scope="module")
def client(comp: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=comp.url, headers={"authorization": f"Bearer {KEY}"}, timeout=60) as made:
        yield made


def _png(rows: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rows).save(out, "PNG")
    return out.getvalue()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def photo() -> bytes:
    across = np.linspace(0, 255, 512)
    rows = np.stack(np.broadcast_arrays(across[None, :], across[:, None], (across[None, :] + across[:, None]) / 2), axis=2)
    return _png((rows + np.random.default_rng(1).normal(0, 6, rows.shape)).clip(0, 255).astype(np.uint8))


BOX = np.s_[120:400, 90:410]


def _mask(*, alpha: bool = False) -> bytes:
    marked = np.zeros((512, 512), np.uint8)
    marked[BOX] = 255
    return _png(np.dstack([np.zeros((512, 512, 3), np.uint8), 255 - marked]) if alpha else marked)


def _outside_is_kept(before: bytes, after: bytes) -> bool:
    moved = (np.asarray(Image.open(io.BytesIO(before)).convert("RGB")) != np.asarray(Image.open(io.BytesIO(after)).convert("RGB"))).any(axis=2)
    inside = moved[BOX].any()
    moved[BOX] = False
    return bool(inside) and not moved.any()


def _verify(client: httpx.Client, data: bytes, **more: object) -> dict:
    answer = client.post("/api/v1/verify", json={"data": _b64(data)} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_this_server_drew_is_known_by_it(client: httpx.Client) -> None:
    drawn = base64.b64decode(client.post("/api/v1/images", json={"prompt": "a red bicycle on a beach", "size": "512", "seed": 3}).json()[
        "candidates"][0]["data"])
    told = _verify(client, drawn)
    assert (told["status"], told["record"]["engine"], told["record"]["seed"]) == ("made_here", "comp", 3)
    assert told["credentials"]["generation"]["seed"] == "3"
    copy = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("RGB").save(copy, "JPEG", quality=80)
    told = _verify(client, copy.getvalue())
    assert (told["status"], told["credentials"]["state"], told["watermark"]["looks_alike"]) == ("made_here", "none", True)


def test_a_masked_edit_by_the_native_api(client: httpx.Client, photo: bytes) -> None:
    body = {"prompt": "make it blue", "references": [{"data": _b64(photo), "role": "base"}], "mask": {"data": _b64(_mask()), "feather_px": 4}}
    candidate = client.post("/api/v1/images", json=body).json()["candidates"][0]
    edited = base64.b64decode(candidate["data"])
    assert _outside_is_kept(photo, edited)
    told = _verify(client, edited, original=_b64(photo))
    assert (told["receipt"]["holds"], told["status"]) == (True, "made_here")
    stripped = _png(np.asarray(Image.open(io.BytesIO(edited)).convert("RGB")))
    assert not _verify(client, stripped, original=_b64(photo))["receipt"]["holds"]
    assert _verify(client, stripped, original=_b64(photo), receipt=candidate["receipt"])["receipt"]["holds"]


def test_a_masked_edit_by_openais_api(client: httpx.Client, photo: bytes) -> None:
    answer = client.post("/v1/images/edits", data={"prompt": "make it blue", "model": "gpt-image-1"},
                         files={"image": ("a.png", photo, "image/png"), "mask": ("m.png", _mask(alpha=True), "image/png")})
    edited = base64.b64decode(answer.json()["data"][0]["b64_json"])
    assert _outside_is_kept(photo, edited)
    assert _verify(client, edited, original=_b64(photo))["receipt"]["holds"]


def test_a_masked_edit_by_geminis_api(client: httpx.Client, photo: bytes) -> None:
    parts = [{"inlineData": {"mimeType": "image/png", "data": _b64(photo)}}, {"text": "make it blue"},
             {"inlineData": {"mimeType": "image/png", "data": _b64(_mask())}, "partMetadata": {"role": "mask"}}]
    answer = client.post("/v1beta/models/comp:generateContent", headers={"x-goog-api-key": KEY},
                         json={"contents": [{"role": "user", "parts": parts}]})
    found = answer.json()["candidates"][0]["content"]["parts"]
    edited = base64.b64decode(next(p["inlineData"]["data"] for p in found if "inlineData" in p))
    assert _outside_is_kept(photo, edited)
    assert _verify(client, edited, original=_b64(photo))["receipt"]["holds"]


@pytest.mark.parametrize(("body", "code"), [
    ({}, "invalid_value"), ({"data": "!!"}, "invalid_value"), ({"data": _b64(b"text")}, "bad_image"), ({"data": ""}, "bad_image"),
    ({"data": "AA==", "pictures": 1}, "unknown_field"), ({"data": "AA==", "receipt": {}}, "invalid_value"),
    ({"data": "AA==", "original": "AA==", "receipt": {"mask": 1}}, "invalid_value")])
def test_wrong_bodies_are_problems(client: httpx.Client, body: dict, code: str) -> None:
    answer = client.post("/api/v1/verify", json=body)
    assert (answer.status_code in (400, 422), answer.json()["code"]) == (True, code)


def test_capabilities_say_what_is_put_into_files(client: httpx.Client) -> None:
    told = client.get("/api/v1/capabilities").json()["provenance"]
    assert told == {"watermark": told["watermark"], "masked_watermark": "inside", "development_certificate": True,
                    "signer": "Cavendish (self-made, for development), Cavendish self-hosted"}
    assert told["watermark"].startswith("org.cavendish.")
