"""Eight hostile uploads at once, over and over, while ordinary work goes on: it all succeeds, hardly slower, in bounded memory."""

import base64
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from cavendish.imaging.sandbox import Budget
from cavendish.types import Size
from conftest import KEY
from imaging.hostile import ROWS, saved

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]
ATTACK = ("WebP of 7000x7000 in 34 bytes", "GIF of 400 frames of 2000x2000", "PNG with 80 MB of compressed text",
          "PNG with an 80 MB compressed profile", "PNG with a million tiny chunks", "progressive JPEG of 65000 scans",
          "JPEG with a 10 MB colour profile", "PNG of 12000x12000 zeros")
SERVER_MIB = 1500  # measured: 1,114, most of it two accepted pictures of 49 megapixels (docs/performance.md)
WORKER_MIB = Budget.of(Size(7000, 7000)).memory_bytes / 2**20 + 100
ORDINARY, ROUNDS = 8, 4
# The goals are 2 and 3 times (docs/performance.md); the bounds below are what a machine under other load keeps.
OTHER_KEY = "other-key-0123456789"
REFUSALS = ("invalid_image_file", "request_too_large")
BRIGHTER = "make this photo brighter"
WORDS = {"model": "comp", "prompt": "a red bicycle on a beach", "size": "512x512"}


@dataclass(slots=True)
class Peaks:
    """The largest resident sets seen, in MiB."""

    server: float = 0.0
    workers: dict[int, float] = field(default_factory=dict)

    def look(self, pid: int) -> None:
        """Read the server's and its children's."""
        self.server = max(self.server, _rss(pid))
        for child in _children(pid):
            self.workers[child] = max(self.workers.get(child, 0), _rss(child))


def _rss(pid: int) -> float:
    """Resident memory of our own, in MiB: pages of shared files count for who maps them."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(c) for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]
    return []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """`cavendish serve` as people run it, the comp engine in it: base URL and process id."""
    process = subprocess.Popen([str(Path(sys.executable).with_name("cavendish")), "serve", "--port", "0", "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path,
                               env=os.environ | {"CAVENDISH_DATA": str(tmp_path / "data"), "CAVENDISH_API_KEYS": f"{KEY},{OTHER_KEY}"})
    yield json.loads(process.stdout.readline())["gemini_base_url"], process.pid
    process.terminate()
    process.wait(60)
    process.stdout.close()


def _ordinary(client: httpx.Client, number: int, photo: str) -> tuple[bool, float]:
    """One request of everyday use, drawing and editing in turn: whether a picture came, and the seconds."""
    start = time.perf_counter()
    if number % 2:
        answer = client.post("/v1/images/edits", json=WORDS | {"prompt": BRIGHTER, "images": [{"image_url": photo}]})
    else:
        answer = client.post("/v1/images/generations", json=WORDS | {"seed": number})
    return answer.status_code == 200 and "data" in answer.json(), time.perf_counter() - start


@dataclass(slots=True)
class Attack:
    """Eight clients that send their hostile file again and again while `hostile` is set."""

    url: str
    key: str
    hostile: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    resting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    sent: list[str] = field(default_factory=list)
    wrong: list[tuple[str, int, str]] = field(default_factory=list)

    def client(self, name: str, data: bytes, opens: bool) -> None:
        """Send one file over and over; note answers that are not what that file should get."""
        with httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.key}"}, timeout=300) as client:
            self.resting.release()
            while self.hostile.wait() and not self.done.is_set():
                self.resting.acquire()
                answer = client.post("/v1/images/edits", data=WORDS | {"prompt": BRIGHTER}, files={"image": ("a.png", data)})
                self.resting.release()
                self.sent.append(name)
                refused = answer.json().get("error", {}).get("code") in REFUSALS  # a slow answer has begun with 200
                if refused == opens or answer.status_code >= 500:
                    self.wrong.append((name, answer.status_code, answer.text[:200]))

    def rest(self) -> None:
        """Stop sending, and wait until every answer is there."""
        self.hostile.clear()
        for _ in ATTACK:
            self.resting.acquire()
        self.resting.release(len(ATTACK))


@contextlib.contextmanager
def _attacked(server: tuple[str, int], key: str, peaks: Peaks) -> Iterator[Attack]:
    attack = Attack(*server[:1], key)

    def watch() -> None:
        while not attack.done.is_set():
            peaks.look(server[1])
            time.sleep(0.05)

    rows = [row for row in ROWS if row.name in ATTACK]
    threads = [threading.Thread(target=attack.client, args=(r.name, r.make(), r.outcome == "opens")) for r in rows]
    threads.append(threading.Thread(target=watch))
    assert len(threads) == 9
    for thread in threads:
        thread.start()
    yield attack
    attack.done.set()
    attack.hostile.set()
    for thread in threads:
        thread.join(300)


@pytest.mark.parametrize(("attacker", "at_most"), [(OTHER_KEY, 4.0), (KEY, 8.0)], ids=["another caller", "the same caller"])
def test_ordinary_work_goes_on_under_hostile_uploads(server: tuple[str, int], attacker: str, at_most: float) -> None:
    rows = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    photo = "data:image/jpeg;base64," + base64.b64encode(saved(Image.fromarray(rows), "JPEG")).decode()
    peaks, calm, under = Peaks(), [], []
    with (httpx.Client(base_url=server[0], headers={"authorization": f"Bearer {KEY}"}, timeout=300) as client,
          _attacked(server, attacker, peaks) as attack):
        warm = [_ordinary(client, number, photo)[0] for number in range(4)]
        for turn in range(ROUNDS):
            attack.rest()
            calm += [_ordinary(client, 100 * turn + number, photo) for number in range(ORDINARY)]
            attack.hostile.set()
            time.sleep(1)
            under += [_ordinary(client, 100 * turn + 50 + number, photo) for number in range(ORDINARY)]
    quiet, loud = (statistics.median(seconds for _, seconds in part) for part in (calm, under))
    kinds = [statistics.median(s for _, s in part[kind::2]) * 1000 for kind in (0, 1) for part in (calm, under)]
    print(f"\nhostile uploads answered: {len(attack.sent)}; server peak {peaks.server:.0f} MiB, workers' peak "
          f"{max(peaks.workers.values()):.0f} MiB; ordinary request: {quiet * 1000:.0f} ms calm, {loud * 1000:.0f} ms under attack "
          f"({loud / quiet:.1f}x); drawing {kinds[0]:.0f} and {kinds[1]:.0f} ms, editing {kinds[2]:.0f} and {kinds[3]:.0f} ms")
    assert all(warm)
    assert all(came for came, _ in [*calm, *under])
    assert attack.wrong == []
    assert len(attack.sent) >= 16
    assert peaks.server < SERVER_MIB
    assert max(peaks.workers.values()) < WORKER_MIB
    assert loud / quiet <= at_most
