"""The worker processes: what they cannot take with them when they die, and that they do not outlive the server."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cavendish.errors import BadImage, InternalError, QueueFull
from cavendish.imaging import intake, sandbox
from cavendish.imaging.raster import view
from cavendish.imaging.sandbox import Budget, Sandbox
from cavendish.types import Size
from imaging.hostile import picture, saved, solid_webp

PNG = saved(picture())
pytestmark = pytest.mark.skipif(not sandbox.supported(), reason="no worker processes on this system")


@pytest.fixture
def one() -> Iterator[Sandbox]:
    box = Sandbox(1)
    yield box
    box.close()


def _process(box: Sandbox) -> int:
    """The id of the worker that the next picture gets."""
    place = box._free.get()
    assert place is not None
    box._free.put(place)
    return place.process.pid


def _gone(pid: int) -> bool:
    """Whether a process ends within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def _budget(monkeypatch: pytest.MonkeyPatch, memory_bytes: int = 2**30, cpu_s: float = 60.0) -> None:
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, size: cls(memory_bytes=memory_bytes, cpu_s=cpu_s)))


def test_masks_are_opened_too(one: Sandbox) -> None:
    rows = np.zeros((24, 40), np.uint8)
    rows[5:10, 8:20] = 255
    white, clear = saved(Image.fromarray(rows)), saved(Image.fromarray(np.dstack([np.full((24, 40, 3), 90, np.uint8), 255 - rows])))
    assert (view(one.open_mask(white, Size(40, 24)))[..., 0] == rows).all()
    assert (view(one.open_mask(clear, Size(40, 24), alpha_marks_edit=True))[..., 0] == rows).all()
    with pytest.raises(BadImage, match=r"40x24.*41x24") as caught:
        one.open_mask(white, Size(41, 24))
    assert caught.value.field == "mask"


def test_the_pixels_of_one_picture_stay_while_others_are_opened(one: Sandbox) -> None:
    first = one.open_picture(PNG)
    kept = view(first).copy()
    for color in ("blue", "lime"):
        one.open_picture(saved(Image.new("RGB", (40, 24), color)))
    assert (view(first) == kept).all()
    with pytest.raises(TypeError):
        first.data[0] = 0  # values do not change


def test_a_worker_is_used_again_and_replaced_when_it_is_old(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one.open_picture(PNG)
    young = _process(one)
    one.open_picture(PNG)
    assert _process(one) == young
    monkeypatch.setattr(sandbox, "JOBS_PER_WORKER", 3)
    one.open_picture(PNG)
    assert _process(one) != young
    assert one.open_picture(PNG).size == Size(40, 24)


def test_a_worker_that_died_idle_is_replaced_without_a_word(one: Sandbox) -> None:
    one.open_picture(PNG)
    os.kill(_process(one), signal.SIGKILL)
    time.sleep(0.05)
    assert one.open_picture(PNG).size == Size(40, 24)


@pytest.mark.parametrize(("end", "words"), [(signal.SIGSEGV, r"crashed \(SIGSEGV\)"), (signal.SIGSTOP, "too long")])
def test_a_crash_or_a_hang_fails_its_request_and_nothing_else(end: signal.Signals, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "WALL_OVER_CPU", 0.2 if end is signal.SIGSTOP else 10.0)
    box = Sandbox(2)
    try:
        box.start()
        box.open_picture(PNG)
        victim = _process(box)
        os.kill(victim, signal.SIGSTOP)
        if end is not signal.SIGSTOP:
            threading.Timer(0.3, lambda: os.kill(victim, end) or os.kill(victim, signal.SIGCONT)).start()
        ended: list[BaseException] = []

        def doomed() -> None:
            try:
                box.open_picture(PNG)
            except BadImage as exc:
                ended.append(exc)

        thread = threading.Thread(target=doomed)
        thread.start()
        time.sleep(0.05)
        monkeypatch.setattr(sandbox, "WALL_OVER_CPU", 10.0)
        assert box.open_picture(PNG).size == Size(40, 24)  # the other worker, meanwhile
        thread.join(20)
        assert isinstance(ended[0], BadImage)
        with pytest.raises(BadImage, match=words):
            raise ended[0]
        assert ended[0].hint
        assert _gone(victim)
        for _ in range(2):
            assert box.open_picture(PNG).size == Size(40, 24)
    finally:
        box.close()


def test_too_much_memory_is_refused_and_the_worker_goes_on(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one.open_picture(PNG)
    worker = _process(one)
    _budget(monkeypatch, memory_bytes=8 * 2**20)
    with pytest.raises(BadImage, match="memory"):
        one.open_picture(saved(Image.new("RGB", (3000, 3000))))
    _budget(monkeypatch)
    assert one.open_picture(PNG).size == Size(40, 24)
    assert _process(one) == worker


def test_too_much_computing_ends_the_worker(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one.open_picture(PNG)
    monkeypatch.setattr(Budget, "of", classmethod(lambda cls, size: cls(memory_bytes=2**31, cpu_s=0.001)))
    monkeypatch.setattr(sandbox, "WALL_OVER_CPU", 60_000.0)
    with pytest.raises(BadImage, match="too much computing"):
        [one.open_picture(solid_webp(7071, 7071)) for _ in range(4)]  # the limit is the next whole second of the process
    _budget(monkeypatch)
    assert one.open_picture(PNG).size == Size(40, 24)


def test_giants_leave_one_worker_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "GIANT_PIXELS", 100)
    small = saved(Image.new("RGB", (5, 5)))
    box = Sandbox(2)
    try:
        box.open_picture(PNG)
        stuck = _process(box)
        os.kill(stuck, signal.SIGSTOP)
        giants = [threading.Thread(target=box.open_picture, args=(PNG,)) for _ in range(3)]
        for thread in giants:
            thread.start()
        time.sleep(0.1)
        start = time.monotonic()
        assert box.open_picture(small).size == Size(5, 5)
        assert time.monotonic() - start < Budget.of(Size(40, 24)).wall_s
        os.kill(stuck, signal.SIGCONT)
        for thread in giants:
            thread.join(20)
    finally:
        box.close()


def test_the_queue_has_an_end(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [one._places.acquire(blocking=False) for _ in range(1 + sandbox.MAX_WAITING)]
    assert all(taken)
    with pytest.raises(QueueFull) as caught:
        one.open_picture(PNG)
    assert caught.value.retry_after_s
    for _ in taken:
        one._places.release()
    monkeypatch.setattr(sandbox, "WAIT_S", 0.05)
    place = one._free.get()
    with pytest.raises(QueueFull):
        one.open_picture(PNG)
    one._free.put(place)
    assert one.open_picture(PNG).size == Size(40, 24)


@pytest.mark.parametrize("reply", [{}, {"width": 10**9, "height": 10**9, "channels": 4}, {"width": -1, "height": -1, "channels": 3},
                                   {"width": "x", "height": 1, "channels": 3}, {"width": 4, "height": 4, "channels": 2},
                                   {"width": 0, "height": 0, "channels": 3}, {"code": "internal"}, {"width": None}])
def test_a_worker_that_talks_nonsense_is_not_believed(reply: dict[str, object]) -> None:
    file = sandbox._anonymous(4 * 4 * 4, sealed=True)
    with pytest.raises(BadImage, match="nonsense"):
        sandbox._pixels(reply, file)
    with pytest.raises(OSError, match="not permitted"):
        os.ftruncate(file, 1)
    os.close(file)


def test_a_worker_sees_none_of_the_servers_environment(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAVENDISH_API_KEYS", "canary-0123456789")
    one.open_picture(PNG)
    seen = Path(f"/proc/{_process(one)}/environ").read_bytes()
    assert b"canary" not in seen
    assert b"PYTHONPATH" in seen


def test_a_worker_that_cannot_start_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_MODULE", "cavendish.imaging.no_such_module")
    box = Sandbox(1)
    with pytest.raises(InternalError) as caught:
        box.open_picture(PNG)
    assert "doctor" in caught.value.hint
    box.close()


def test_a_system_without_room_for_processes_loses_no_place(one: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    one.open_picture(PNG)
    with monkeypatch.context() as full:
        full.setattr(sandbox.subprocess, "Popen", lambda *_args, **_more: (_ for _ in ()).throw(BlockingIOError("no processes")))
        full.setattr(sandbox, "JOBS_PER_WORKER", 1)
        assert one.open_picture(PNG).size == Size(40, 24)  # the worker is old now, and cannot be replaced
        for _ in range(2):
            with pytest.raises(InternalError):
                one.open_picture(PNG)
    assert one.open_picture(PNG).size == Size(40, 24)


def test_workers_end_with_the_server_even_when_it_is_killed(tmp_path: Path) -> None:
    code = ("import sys,time; from cavendish.imaging.sandbox import Sandbox\n"
            "box = Sandbox(2); box.start(); box.open_picture(sys.stdin.buffer.read())\n"
            "print(*(w.process.pid for w in list(box._free.queue)), flush=True); time.sleep(60)")
    server = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    server.stdin.write(PNG)
    server.stdin.close()
    workers = [int(word) for word in server.stdout.readline().split()]
    server.kill()
    server.wait()
    server.stdout.close()
    assert len(workers) == 2
    assert all(map(_gone, workers))


def test_closing_ends_every_worker() -> None:
    box = Sandbox(2)
    box.start()
    box.open_picture(PNG)
    workers = [w.process.pid for w in list(box._free.queue) if w]
    box.close()
    assert len(workers) == 2
    assert all(map(_gone, workers))


def test_nothing_starts_before_it_is_needed(one: Sandbox) -> None:
    assert list(one._free.queue) == [None]
    with pytest.raises(BadImage):
        one.open_picture(b"not a picture")  # refused by its header, without a worker
    assert list(one._free.queue) == [None]


def test_the_limits_grow_with_the_picture() -> None:
    small, large = Budget.of(Size(1000, 1000)), Budget.of(Size(7000, 7000))
    assert large.memory_bytes > 6 * small.memory_bytes
    assert 2 < small.cpu_s < 3 < large.cpu_s < 15
    assert intake.LIMITS.pixels >= 7000 * 7000
