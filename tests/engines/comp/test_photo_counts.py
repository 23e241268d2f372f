"""Levels of a photograph are counted exactly, and large ones without copies of all samples."""

import numpy as np
import pytest

from cavendish.engines.comp.photo import operations


@pytest.mark.parametrize("shape", [(1, 1, 3), (255, 7, 3), (256, 640, 3), (700, 333, 3)])
def test_brightness_depends_on_the_exact_levels(shape: tuple[int, int, int]) -> None:
    rows = np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8)
    for channel in range(3):
        counted = operations._histogram(rows, channel)
        assert (counted == np.bincount(rows[..., channel].ravel(), minlength=256)).all()
