"""The pool is bounded and says when to come back."""

import threading

import pytest

from cavendish.errors import QueueFull
from cavendish.work.pool import Pool


def test_the_bound_holds_and_frees_again() -> None:
    pool, gate = Pool(workers=1, queue_size=1), threading.Event()
    running, waiting = pool.submit(gate.wait), pool.submit(lambda: 2)
    with pytest.raises(QueueFull) as caught:
        pool.submit(lambda: 3)
    assert caught.value.retry_after_s >= 1
    assert not pool.has_room
    gate.set()
    assert (running.result(5), waiting.result(5)) == (True, 2)
    assert pool.submit(lambda: 4).result(5) == 4
    pool.close()


def test_a_failing_piece_frees_its_place() -> None:
    pool = Pool(workers=1, queue_size=0)
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 // 0).result(5)
    assert pool.submit(lambda: 1).result(5) == 1
    pool.close()
    assert pool.inside == 0
