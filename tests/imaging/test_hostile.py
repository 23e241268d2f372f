"""Each file of the corpus gets what docs/intake.md says, in this process and in a worker, in words and within seconds."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cavendish.errors import CavendishError
from cavendish.imaging import header, intake
from cavendish.imaging.raster import view
from cavendish.imaging.sandbox import Sandbox
from cavendish.types import Size
from imaging import hostile
from imaging.hostile import OPENS, ROWS, Row

DOC = Path(__file__).parents[2] / "docs" / "intake.md"


@pytest.fixture(scope="module")
def workers() -> Iterator[Sandbox]:
    box = Sandbox(2)
    yield box
    box.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_worker_gives_what_is_written(row: Row, workers: Sandbox) -> None:
    data, start = row.make(), time.monotonic()
    if row.outcome == OPENS:
        opened = workers.open_picture(data)
        assert opened.size == Size(*row.size)
        assert not row.corner or view(opened)[0, 0].tolist()[:3] == list(row.corner)
    else:
        with pytest.raises(CavendishError) as caught:
            workers.open_picture(data)
        assert caught.value.code == row.outcome
        assert caught.value.hint
    assert header.is_sequence(data) == row.several
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("row", [r for r in ROWS if r.outcome == OPENS and r.size[0] < 3000], ids=lambda row: row.name)
def test_a_worker_gives_the_pixels_that_this_process_gives(row: Row, workers: Sandbox) -> None:
    data = row.make()
    assert (view(workers.open_picture(data)) == view(intake.open_picture(data))).all()


@pytest.mark.parametrize("row", [r for r in ROWS if r.outcome != OPENS], ids=lambda row: row.name)
def test_a_worker_refuses_in_the_words_of_this_process(row: Row, workers: Sandbox) -> None:
    data, told = row.make(), []
    for place in (workers, intake.IN_PROCESS):
        with pytest.raises(CavendishError) as caught:
            place.open_picture(data)
        told.append((type(caught.value), caught.value.sentence(), caught.value.field))
    assert told[0] == told[1]


def test_a_turned_picture_equals_the_upright_one(workers: Sandbox) -> None:
    upright = np.asarray(hostile.picture())
    for number in range(1, 9):
        row = next(r for r in ROWS if r.name == f"PNG with EXIF orientation {number}")
        assert (view(workers.open_picture(row.make())) == upright).all()


def test_the_document_lists_the_corpus() -> None:
    assert hostile.table() in DOC.read_text("utf-8")
