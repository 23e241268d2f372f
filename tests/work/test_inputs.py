"""Input pictures are opened without holding a place, giants among themselves."""

import threading
from pathlib import Path

from cavendish.app import build
from cavendish.settings import Settings
from cavendish.types import MAX_PIXELS, Pixels, Size
from cavendish.work.inputs import PictureRoom, TurnedIntake
from cavendish.work.pool import Pool


class Slow:
    """An Intake that opens nothing before it is told to."""

    def __init__(self) -> None:
        self.inside, self.go = threading.Semaphore(0), threading.Event()

    def open_picture(self, data: bytes) -> Pixels:
        self.inside.release()
        assert self.go.wait(10)
        return Pixels(width=1, height=1, channels=3, data=b"abc")

    def open_mask(self, data: bytes, size: Size, alpha_marks_edit: bool = False) -> Pixels:
        return self.open_picture(data)

    def start(self) -> None: ...

    def close(self) -> None: ...


def test_who_waits_for_a_decoder_holds_no_place() -> None:
    pool, slow = Pool(workers=1, queue_size=8), Slow()
    intake = TurnedIntake(slow, pool.gate(2))
    opening = [pool.submit(lambda: intake.open_picture(b"")) for _ in range(4)]
    assert slow.inside.acquire(timeout=10)
    assert slow.inside.acquire(timeout=10)
    assert not slow.inside.acquire(timeout=0.05)  # two decoders
    assert pool.submit(lambda: 1).result(5) == 1
    slow.go.set()
    assert all(o.result(5).channels == 3 for o in opening)
    pool.close()


def test_giants_wait_for_giants_and_nobody_else_does() -> None:
    pool, go, begun = Pool(workers=4, queue_size=8), threading.Event(), threading.Semaphore(0)
    room = PictureRoom(ordinary=pool.gate(8), giants=pool.gate(1))

    def edits(pixels: int) -> int:
        with room.of(pixels):
            begun.release()
            if pixels > MAX_PIXELS:
                assert go.wait(10)
        return pixels

    giants = [pool.submit(lambda: edits(MAX_PIXELS + 1)) for _ in range(4)]
    assert begun.acquire(timeout=10)
    assert not begun.acquire(timeout=0.05)
    assert [pool.submit(lambda p=p: edits(p)).result(5) for p in (0, 1, MAX_PIXELS)] == [0, 1, MAX_PIXELS]
    go.set()
    assert len([g.result(5) for g in giants]) == 4
    pool.close()


def test_the_installation_opens_pictures_in_turn(tmp_path: Path) -> None:
    with build(Settings(data=tmp_path, credentials="off"), {}) as app:
        assert isinstance(app.intake, TurnedIntake)
        assert app.service.intake is app.intake
        assert app.verifier.intake is app.intake
