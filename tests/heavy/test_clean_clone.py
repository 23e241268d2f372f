"""A clean clone in an empty directory with an empty HOME: README's first command installs, starts and draws."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.heavy
def test_make_serve_from_a_clean_clone_draws_a_picture(tmp_path: Path) -> None:
    clone, home, log = tmp_path / "clone", tmp_path / "home", tmp_path / "log"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True, timeout=120)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CAVENDISH_", "VIRTUAL_ENV", "PYTHON"))}
    env = kept | {"HOME": str(home), "CAVENDISH_PORT": "0", "PYTHON": sys.executable}
    with log.open("w") as out:
        process = subprocess.Popen(["make", "serve"], cwd=clone, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        url = _wait_for(process, log, r"(http://127\.0\.0\.1:\d+)/v1\b", 900)
        body = {"contents": [{"parts": [{"text": "a red mug on a desk"}]}]}
        call = urllib.request.Request(f"{url}/v1beta/models/flash:generateContent", json.dumps(body).encode(),
                                      {"content-type": "application/json"})
        parts = json.load(urllib.request.urlopen(call, timeout=60))["candidates"][0]["content"]["parts"]
        assert any(p.get("inlineData", {}).get("mimeType") == "image/png" for p in parts)
        assert any("comp" in p.get("text", "") for p in parts)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
    assert (clone / "src" / "cavendish" / "_pack" / "art.bin").exists()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == ""


def _wait_for(process: subprocess.Popen, log: Path, pattern: str, seconds: int) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = re.search(pattern, log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        assert process.poll() is None, log.read_text("utf-8", "replace")[-4000:]
        time.sleep(0.5)
    raise AssertionError(log.read_text("utf-8", "replace")[-4000:])
