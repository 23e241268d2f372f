"""The pool is bounded and says when to come back."""

import threading
import time

import pytest

from cavendish.errors import Cancelled, QueueFull
from cavendish.work.pool import Pool
from cavendish.work.run import Stop


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


def test_who_stands_aside_lets_others_compute() -> None:
    pool, gate = Pool(workers=1, queue_size=8), threading.Event()

    def waits() -> bool:
        with pool.aside():
            return gate.wait(10)

    waiting = [pool.submit(waits, caller=c) for c in "aab"]
    assert pool.submit(lambda: 5, caller="a").result(5) == 5
    gate.set()
    assert all(w.result(5) for w in waiting)
    pool.close()


@pytest.mark.parametrize("callers", ["aaaaaa", "abcabc"])
def test_no_more_compute_at_once_than_places(callers: str) -> None:
    pool, lock, now, most = Pool(workers=2, queue_size=8), threading.Lock(), [0], [0]

    def compute() -> None:
        for _ in range(3):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.005)
            with lock:
                now[0] -= 1
            with pool.aside():
                time.sleep(0.001)

    for future in [pool.submit(compute, caller=c) for c in callers]:
        future.result(10)
    assert most[0] == (2 if len(set(callers)) == 1 else 3)
    pool.close()


def test_who_was_cancelled_leaves_the_queue() -> None:
    pool, gate, stop = Pool(workers=1, queue_size=1), threading.Event(), Stop(60)
    running = pool.submit(gate.wait)
    waiting = pool.submit(lambda: 2, check=stop.check)
    stop.cancel()
    with pytest.raises(Cancelled):
        waiting.result(5)
    assert pool.has_room
    gate.set()
    assert running.result(5)
    pool.close()


def test_who_was_cancelled_aside_gets_no_place_again() -> None:
    pool, away, gate, stop = Pool(workers=1, queue_size=1), threading.Event(), threading.Event(), Stop(60)

    def waits() -> None:
        with pool.aside():
            away.set()
            gate.wait(10)

    run = pool.submit(waits, check=stop.check)
    away.wait(10)
    other = threading.Event()
    busy = pool.submit(lambda: other.wait(10))
    while pool.computing < 1:
        time.sleep(0.001)
    stop.cancel()
    gate.set()
    with pytest.raises(Cancelled):
        run.result(5)
    other.set()
    assert busy.result(5)
    assert pool.computing == 0
    pool.close()


def test_closing_drops_what_has_not_begun() -> None:
    pool, gate = Pool(workers=1, queue_size=2), threading.Event()
    running, waiting = pool.submit(lambda: gate.wait(10)), pool.submit(lambda: 2)
    closer = threading.Thread(target=pool.close)
    closer.start()
    with pytest.raises(Cancelled):
        waiting.result(5)
    gate.set()
    closer.join(10)
    assert running.result(5)
