"""`cavendish serve` in a process of its own: what it prints, what it refuses, how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cavendish.cli import exits
from cavendish.cli.serve import Welcome, base_url
from cavendish.imaging import intake
from cavendish.types import Size

PROGRAM = """
import sys
from cavendish.cli import cli
from cavendish.engines.fake import FakeEngine
cli.main(sys.argv[2:], obj={"comp": FakeEngine(delay_s=float(sys.argv[1]))})
"""


@pytest.fixture
def start(tmp_path: Path):
    """Start a server; returns the process and what it said about itself."""
    running: list[subprocess.Popen] = []

    def begin(*args: str, delay_s: float = 0, **environ: str) -> tuple[subprocess.Popen, dict]:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(delay_s), "serve", "--port", "0", "--json", *args],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                                   env=os.environ | {"CAVENDISH_DATA": str(tmp_path / "data")} | environ)
        running.append(process)
        return process, json.loads(process.stdout.readline())

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_the_printed_line_draws_a_picture_when_pasted(start, tmp_path):
    _, said = start()
    done = subprocess.run(["bash", "-c", said["try"]], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert intake.probe((tmp_path / "bicycle.png").read_bytes()) == Size(1024, 1024)


def test_the_printed_addresses_answer(start):
    _, said = start()
    assert httpx.get(said["gemini_base_url"] + "/v1beta/models").json()["models"]
    assert httpx.get(said["openai_base_url"] + "/models").json()["data"]
    assert httpx.get(said["page"], follow_redirects=False).status_code in (200, 302, 303, 307)


def test_with_keys_the_line_asks_for_one(start, tmp_path):
    _, said = start(CAVENDISH_API_KEYS="a-long-enough-key")
    assert "a-long-enough-key" not in said["try"]
    environ = os.environ | {"API_KEY": "a-long-enough-key"}
    subprocess.run(["bash", "-c", said["try"]], cwd=tmp_path, env=environ, check=True, timeout=30)
    assert (tmp_path / "bicycle.png").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_answer_under_way_end(start, number):
    process, said = start(delay_s=1.5)
    url = said["openai_base_url"] + "/images/generations"
    body = json.dumps({"model": "comp", "prompt": "a cup"})
    client = subprocess.Popen(["curl", "-sS", url, "-H", "content-type: application/json", "-d", body], stdout=subprocess.PIPE)
    _wait_until_busy(said["gemini_base_url"])
    process.send_signal(number)
    answer, _ = client.communicate(timeout=30)
    assert json.loads(answer)["data"][0]["b64_json"]
    _, logged = process.communicate(timeout=30)
    assert process.returncode == exits.OK
    assert [json.loads(line)["status"] for line in logged.splitlines() if "generations" in line] == [200]


def test_the_log_is_json_without_the_prompt(start):
    process, said = start()
    httpx.post(said["openai_base_url"] + "/images/generations?key=abcdefgh", json={"model": "comp", "prompt": "a walrus"})
    process.send_signal(signal.SIGTERM)
    _, logged = process.communicate(timeout=30)
    assert {json.loads(line)["level"] for line in logged.splitlines()} == {"info"}
    assert "walrus" not in logged
    assert "abcdefgh" not in logged


def test_a_port_in_use_is_a_clear_error(cavendish):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = cavendish("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == exits.CONFIG
    assert "is in use" in result.stderr
    assert "--port 0" in result.stderr


def test_a_public_address_needs_keys(cavendish):
    result = cavendish("serve", "--host", "0.0.0.0", "--port", "0")
    assert result.exit_code == exits.CONFIG
    assert "CAVENDISH_API_KEYS" in result.stderr


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"),
                                           ("::1", "http://[::1]:1"), ("::", "http://[::1]:1"), ("box", "http://box:1")])
def test_addresses_that_this_machine_can_open(host, url):
    assert base_url(host, 1) == url


def test_people_read_the_same_addresses():
    welcome = Welcome(base="http://127.0.0.1:1", token="t0ken", with_key=True, as_json=False)
    assert all(fact in welcome.text() for fact in welcome.facts().values())
    assert "$API_KEY" in welcome.curl()


def _wait_until_busy(base: str) -> None:
    for _ in range(200):
        busy = [line for line in httpx.get(base + "/metrics").text.splitlines() if "inside" in line or "queue" in line]
        if any(line.endswith(" 1.0") for line in busy if not line.startswith("#")):
            return
    raise AssertionError("the request did not start")
