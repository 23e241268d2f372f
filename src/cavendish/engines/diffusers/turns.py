"""Whose turn it is on the device: shapes take turns, and what people wait for goes before what nobody waits for."""

from collections.abc import Hashable, Mapping

TURN_STEPS = 8       # in a row for one shape while others wait: two pictures of four steps
PATIENCE_STEPS = 32  # after so many for people, work that nobody waits for gets a step


class Turns:
    """Remembers who was served when. For one thread: the device's."""

    def __init__(self) -> None:
        self._step = 0
        self._served: dict[Hashable, int] = {}  # shape -> the step it was last served in
        self._current: Hashable = None
        self._in_a_row = 0
        self._for_people = 0

    def next(self, waiting: Mapping[Hashable, bool]) -> Hashable:
        """Return the shape of the next step. `waiting`: shape -> whether somebody waits for it, oldest first, not empty."""
        self._served = {shape: self._served.get(shape, 0) for shape in waiting}
        candidates = self._candidates(waiting)
        goes_on = self._current in candidates and (self._in_a_row < TURN_STEPS or len(candidates) == 1)
        shape = self._current if goes_on else min(candidates, key=self._served.__getitem__)
        self._in_a_row = self._in_a_row + 1 if shape == self._current else 1
        self._for_people = self._for_people + 1 if waiting[shape] else 0
        self._step += 1
        self._served[shape], self._current = self._step, shape
        return shape

    def _candidates(self, waiting: Mapping[Hashable, bool]) -> list[Hashable]:
        """Shapes that people wait for; the others where there is none, or when they were passed over long enough."""
        urgent = [shape for shape, is_urgent in waiting.items() if is_urgent]
        others = [shape for shape, is_urgent in waiting.items() if not is_urgent]
        passed_over = others and self._for_people >= PATIENCE_STEPS
        return others if passed_over or not urgent else urgent
