"""Input pictures among many runs: opened in turn without holding a place to compute, and not too many open at once."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from cavendish.imaging.intake import Intake
from cavendish.types import MAX_PIXELS, Pixels, Size
from cavendish.work.pool import Gate

ORDINARY_RUNS = 8  # with up to MAX_PIXELS each, 4 bytes a pixel: half a gigabyte together
Room = Callable[[int], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class PictureRoom:
    """How many runs may have their input pictures open. Runs with giants wait for each other, and no other run for them."""

    ordinary: Gate
    giants: Gate

    def of(self, pixels: int) -> AbstractContextManager[object]:
        """Hold the room for a run's input pictures, `pixels` in all, while the context is open."""
        if not pixels:
            return nullcontext()
        return (self.giants if pixels > MAX_PIXELS else self.ordinary).place()


@dataclass(frozen=True, slots=True)
class TurnedIntake:
    """An Intake of worker processes whose callers take turns, standing aside until their picture is open."""

    inner: Intake
    workers: Gate

    def open_picture(self, data: bytes) -> Pixels:
        """As the intake inside."""
        with self.workers.pool.aside(), self.workers.place():
            return self.inner.open_picture(data)

    def open_mask(self, data: bytes, size: Size, alpha_marks_edit: bool = False) -> Pixels:
        """As the intake inside."""
        with self.workers.pool.aside(), self.workers.place():
            return self.inner.open_mask(data, size, alpha_marks_edit)

    def start(self) -> None:
        """Start what is inside."""
        self.inner.start()

    def close(self) -> None:
        """Close what is inside."""
        self.inner.close()
