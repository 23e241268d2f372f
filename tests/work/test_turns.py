"""Turns: never more than the places, callers go round, the oldest run of a caller first, who leaves frees."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.errors import Cancelled
from cavendish.work.turns import Turn, Turns

CALLERS = st.sampled_from("abc")


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


class Line:
    """Runs that enter and stay until they are let go, in the order in which the test says."""

    def __init__(self, places: int, spare: int) -> None:
        self.turns, self.entered, self.threads = Turns(places, spare), [], []
        self.gates: dict[int, threading.Event] = {}
        self.left: set[int] = set()

    def come(self, number: int, caller: str) -> None:
        gate = self.gates[number] = threading.Event()
        joined = threading.Event()

        def check() -> None:
            if number in self.left:
                raise Cancelled("gone", hint="")

        def run() -> None:
            turn = Turn(caller=caller, number=number, check=check)
            joined.set()
            try:
                with self.turns.place(turn):
                    self.entered.append((number, caller))
                    gate.wait(10)
            except Cancelled:
                pass

        before = self.turns.waiting + self.turns.taken
        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()
        joined.wait(10)
        _until(lambda: self.turns.waiting + self.turns.taken > before)

    def go(self, number: int) -> None:
        """Let a run that entered leave, and wait until it has."""
        before = self.turns.waiting + self.turns.taken
        self.gates[number].set()
        _until(lambda: self.turns.waiting + self.turns.taken < before)


@settings(max_examples=40, deadline=None)
@given(st.lists(CALLERS, min_size=1, max_size=12), st.integers(1, 3), st.integers(0, 1))
def test_the_bound_holds_everyone_enters_and_the_oldest_of_a_caller_is_first(callers: list[str], places: int, spare: int) -> None:
    line = Line(places, spare)
    for number, caller in enumerate(callers):
        line.come(number, caller)
    gone: list[int] = []
    while len(gone) < len(callers):
        _until(lambda: len(line.entered) - len(gone) == line.turns.taken)
        inside = [row for row in line.entered if row[0] not in gone]
        assert len(inside) <= places + spare
        waiting = {caller for number, caller in enumerate(callers) if (number, caller) not in line.entered}
        held = Counter(caller for _, caller in inside)
        if waiting:
            assert len(inside) >= places  # nobody waits beside a free place
        if waiting - set(held):
            assert len(inside) == places + spare  # nor beside a spare one that is theirs
        gone.append(inside[0][0])
        line.go(inside[0][0])
    for thread in line.threads:
        thread.join(10)
    for caller in "abc":
        numbers = [number for number, who in line.entered if who == caller]
        assert numbers == sorted(numbers)
    assert sorted(number for number, _ in line.entered) == list(range(len(callers)))
    assert (line.turns.taken, line.turns.waiting) == (0, 0)


def test_callers_go_round() -> None:
    line = Line(1, 0)
    for number, caller in enumerate("aaaabb"):
        line.come(number, caller)
    for _ in range(6):
        _until(lambda: line.turns.taken == 1 and line.entered[-1][0] not in line.left)
        last = line.entered[-1][0]
        line.left.add(last)
        line.go(last)
    assert "".join(caller for _, caller in line.entered) == "aababa"


def test_the_spare_place_is_for_who_holds_none() -> None:
    line = Line(1, 1)
    line.come(0, "a")
    line.come(1, "a")
    assert line.turns.taken == 1
    line.come(2, "b")
    assert [caller for _, caller in line.entered] == ["a", "b"]
    line.go(0)
    _until(lambda: len(line.entered) == 3)
    line.go(1)
    line.go(2)


def test_who_stops_waiting_frees_and_blocks_nobody() -> None:
    line = Line(1, 0)
    for number, caller in enumerate("aab"):
        line.come(number, caller)
    line.left.add(1)
    _until(lambda: line.turns.waiting == 1)
    line.go(0)
    _until(lambda: len(line.entered) == 2)
    assert line.entered[-1] == (2, "b")
    line.go(2)
    assert (line.turns.taken, line.turns.waiting) == (0, 0)


def test_who_is_stopped_gets_no_place() -> None:
    turns = Turns(1)
    assert turns.enter_now(Turn(caller="a"))
    assert not turns.enter_now(Turn(caller="a"))

    def gone() -> None:
        raise Cancelled("gone", hint="")

    with pytest.raises(Cancelled):
        turns.enter(Turn(caller="a", check=gone))
    turns.leave(Turn(caller="a"))
    assert turns.enter_now(Turn(caller="b"))
