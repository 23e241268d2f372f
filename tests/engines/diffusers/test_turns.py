"""Turns of the device: nobody starves, people go first."""

from cavendish.engines.diffusers.turns import PATIENCE_STEPS, TURN_STEPS, Turns


def test_one_shape_alone_goes_on():
    turns = Turns()
    assert {turns.next({"a": True}) for _ in range(100)} == {"a"}


def test_a_long_job_does_not_starve_another_shape():
    turns = Turns()
    order = [turns.next({"a": True, "b": True, "c": True}) for _ in range(6 * TURN_STEPS)]
    assert order == [shape for shape in "abcabc" for _ in range(TURN_STEPS)]


def test_what_nobody_waits_for_gives_way_and_still_moves():
    turns = Turns()
    assert turns.next({"batch": False}) == "batch"
    order = [turns.next({"batch": False, "person": True}) for _ in range(2 * PATIENCE_STEPS + 2)]
    assert order == (["person"] * PATIENCE_STEPS + ["batch"]) * 2


def test_a_shape_that_left_is_forgotten():
    turns = Turns()
    for _ in range(3):
        turns.next({"a": True, "b": True})
    assert [turns.next({"b": True}) for _ in range(2)] == ["b", "b"]
    assert turns.next({"b": True, "a": True}) == "b"
