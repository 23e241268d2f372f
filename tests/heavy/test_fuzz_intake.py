"""Fuzzing for a bounded time: pictures, masks and bodies. Nothing but errors of ours, no answer of 500 or more."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cavendish.engines.fake import FakeEngine
from cavendish.errors import CavendishError
from cavendish.imaging.sandbox import Sandbox
from cavendish.types import Size
from conftest import KEY, Server, serving
from imaging.hostile import ROWS, picture, saved

pytestmark = pytest.mark.heavy
ROOT = Path(__file__).parents[1]
SECONDS = 12
KINDS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
FILES = {kind: saved(picture(), kind) for kind in KINDS} | {
    row.name: row.make() for row in ROWS if row.outcome == "opens" and row.size[0] * row.size[1] < 100_000 and "10 MB" not in row.name}
WORDS = ("contents", "parts", "inlineData", "mimeType", "data", "fileData", "fileUri", "generationConfig", "imageConfig", "aspectRatio",
         "imageSize", "mask", "maskFeather", "textLayers", "box", "seed", "thinkingConfig", "thinkingBudget", "candidateCount", "role",
         "partMetadata", "prompt", "image", "images", "image_url", "url", "size", "quality", "n", "model", "flash", "messages",
         "content", "type", "text", "extra_body", "google", "image_config", "safety_settings", "output_format", "background",
         "references", "history", "output", "bit_depth", "1e400", "-9223372036854775809", "null", "data:image/png;base64,")


def _bodies(*folders: str) -> Iterator[bytes]:
    """Golden requests as seeds."""
    for folder in folders:
        for path in sorted((ROOT / "http" / folder).glob("*.json")):
            value = json.loads(path.read_text("utf-8"))
            for item in value if isinstance(value, list) else [value]:
                body = item.get("body", item) if isinstance(item, dict) else item
                yield json.dumps(body).encode()


def _seeds(target: str) -> Iterator[bytes]:
    if target == "pictures":
        yield from FILES.values()
    elif target == "masks":
        yield from (flag + data for flag in (b"\0", b"\x01", b"\x80") for data in FILES.values())
    elif target == "openai":
        form = b'--b\r\nContent-Disposition: form-data; name="image[]"; filename="a"\r\n\r\nx\r\n--b--\r\n'
        yield from (bytes((1, route)) + form for route in range(4))
        yield from (bytes((0, route)) + body for body in _bodies("openai") for route in (0, 1, 3))
    elif target == "gemini":
        yield from _bodies("gemini")
    else:
        yield b'{"prompt": "a", "references": [{"data": "aGk=", "role": "base"}], "mask": {"data": "aGk="}, "size": "1K"}'


@pytest.mark.parametrize("target", ["pictures", "masks", "gemini", "openai", "native"])
def test_guided_by_coverage_nothing_unexpected_is_raised(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has wheels for Linux on x86_64 only: pip install --group fuzz")
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for number, data in enumerate(_seeds(target)):
        (seeds / str(number)).write_bytes(data)
    words = tmp_path / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    done = subprocess.run(
        [sys.executable, str(ROOT / "heavy" / "fuzz_target.py"), target, str(seeds), f"-max_total_time={SECONDS}", "-timeout=20",
         "-rss_limit_mb=3000", "-max_len=16384", f"-dict={words}", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1"],
        cwd=tmp_path, capture_output=True, timeout=SECONDS * 10 + 60)
    log = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, log[-4000:]
    runs = int(log.split("stat::number_of_executed_units:")[1].split()[0])
    print(f"{target}: {runs} runs")
    assert runs > 100


@pytest.fixture(scope="module")
def workers() -> Iterator[Sandbox]:
    box = Sandbox(2)
    yield box
    box.close()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A file of ours with bytes changed, cut out, repeated, or another file's tail."""
    data = bytearray(draw(st.sampled_from(sorted(FILES.values()))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        how = draw(st.sampled_from(["byte", "cut", "repeat", "word", "splice"]))
        if how == "byte" and data:
            data[at] = draw(st.integers(0, 255))
        elif how == "cut":
            del data[at:at + draw(st.integers(1, 200))]
        elif how == "repeat":
            data[at:at] = data[at:at + 64] * draw(st.integers(1, 40))
        elif how == "word":
            data[at:at + 4] = draw(st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x01"]))
        else:
            data[at:] = draw(st.sampled_from(sorted(FILES.values())))[at:]
    return bytes(data)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=damaged(), mask=st.booleans(), alpha=st.booleans())
def test_damaged_files_open_or_are_refused_by_a_worker(data: bytes, mask: bool, alpha: bool, workers: Sandbox) -> None:
    try:
        opened = workers.open_mask(data, Size(40, 24), alpha) if mask else workers.open_picture(data)
    except CavendishError as exc:
        assert exc.code in ("bad_image", "too_large")  # noqa: PT017  either way is right
        assert exc.hint  # noqa: PT017
    else:
        assert opened.channels in ((1,) if mask else (3, 4))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("fuzz"), {"comp": FakeEngine()}, intake_workers=2) as running:
        yield running


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=damaged(), mask=st.one_of(st.none(), damaged(), st.just(saved(Image.new("RGBA", (40, 24))))),
       way=st.sampled_from(["gemini", "form", "json", "chat", "native"]), junk=st.binary(max_size=30))
def test_damaged_uploads_get_an_answer_in_every_dialect(data: bytes, mask: bytes | None, way: str, junk: bytes, server: Server) -> None:
    answer = _sent(server, way, data, mask, junk)
    assert answer.status_code < 500, (way, answer.status_code, answer.text[:300])
    if answer.status_code >= 400:
        problem = answer.json()
        assert "error" in problem or "detail" in problem


def _sent(server: Server, way: str, data: bytes, mask: bytes | None, junk: bytes) -> httpx.Response:
    headers = {"x-goog-api-key": KEY, "authorization": f"Bearer {KEY}"}
    text, marked = base64.b64encode(data).decode(), base64.b64encode(mask or b"").decode()
    url = {"url": f"data:image/png;base64,{text}"}
    size = {"size": "512x512", "model": "flash"}
    if way == "form":
        files = [("image[]", ("a", data)), *([("mask", ("m", mask))] if mask is not None else []), ("user", (None, junk))]
        return httpx.post(server.url + "/v1/images/edits", data={"prompt": "x", **size}, files=files, headers=headers, timeout=60)
    bodies = {
        "gemini": ("/v1beta/models/flash:generateContent", {
            "contents": [{"parts": [{"text": "edit this photo"}, {"inlineData": {"data": text}}]}],
            "generationConfig": {"imageConfig": {"imageSize": "512"} | ({"mask": {"data": marked}} if mask else {})}}),
        "json": ("/v1/images/edits", {"prompt": "x", "images": [{"image_url": url["url"]}]} | size
                 | ({"mask": {"image_url": f"data:;base64,{marked}"}, "mask_mode": "luminance"} if mask else {})),
        "chat": ("/v1/chat/completions", {"model": "flash", "image_config": {"image_size": "512"}, "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": url}]}]}),
        "native": ("/api/v1/images", {"prompt": "x", "size": "512", "references": [{"data": text, "role": "base"}]}
                   | ({"mask": {"data": marked}} if mask else {})),
    }
    path, body = bodies[way]
    return httpx.post(server.url + path, json=body, headers=headers, timeout=60)
