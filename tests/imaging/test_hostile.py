"""Each file of the corpus gets what docs/intake.md says, in this process and in a worker, in words and within seconds."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cavendish.errors import CavendishError
from cavendish.imaging import header, intake
from cavendish.imaging.intake import Intake
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
def test_a_file_gets_what_is_written_here_and_in_a_worker(row: Row, workers: Sandbox) -> None:
    data, start = row.make(), time.monotonic()
    assert header.is_sequence(data) == row.several
    if row.outcome == OPENS:
        opened = workers.open_picture(data)
        assert opened.size == Size(*row.size)
        assert not row.corner or view(opened)[0, 0].tolist()[:3] == list(row.corner)
        assert row.size[0] > 3000 or (view(opened) == view(intake.open_picture(data))).all()
    else:
        here, there = (_refusal(place, data) for place in (intake.IN_PROCESS, workers))
        assert (here.code, bool(here.hint)) == (row.outcome, True)
        assert (type(there), there.sentence(), there.field) == (type(here), here.sentence(), here.field)
    assert time.monotonic() - start < 20


def _refusal(place: Intake, data: bytes) -> CavendishError:
    with pytest.raises(CavendishError) as caught:
        place.open_picture(data)
    return caught.value


def test_a_turned_picture_equals_the_upright_one(workers: Sandbox) -> None:
    upright = np.asarray(hostile.picture())
    for number in range(1, 9):
        row = next(r for r in ROWS if r.name == f"PNG with EXIF orientation {number}")
        assert (view(workers.open_picture(row.make())) == upright).all()


def test_the_document_lists_the_corpus() -> None:
    assert hostile.table() in DOC.read_text("utf-8")
