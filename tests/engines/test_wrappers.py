"""An engine has places of its own: who is in it, or waits for it, computes nowhere else."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cavendish.app import build
from cavendish.engines.base import OnStep
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.engines.wrappers import Shared
from cavendish.errors import Cancelled
from cavendish.settings import Settings
from cavendish.types import ImageRequest, Picture, Size
from cavendish.work.pool import Pool
from cavendish.work.run import Stop

REQUEST = ImageRequest(prompt="x", model="comp", size=Size(8, 8), seed=1)


class Meeting(FakeEngine):
    """Draws nothing before `wanted` calls are in it at once."""

    def __init__(self, concurrency: int, wanted: int) -> None:
        super().__init__(profile=replace(FAKE, id="comp", concurrency=concurrency))
        self.met = threading.Barrier(wanted)

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        self.met.wait(10)
        return super().generate(request, on_step)


def test_sixteen_requests_are_in_a_batching_engine_at_once(tmp_path: Path) -> None:
    engine = Meeting(concurrency=16, wanted=16)
    settings = Settings(data=tmp_path, workers=2, watermark=False, credentials="off")
    with build(settings, {"comp": engine}) as app:
        runs = [app.pool.submit(lambda n=n: app.service.generate(replace(REQUEST, seed=n), Stop(60))) for n in range(16)]
        assert all(run.result(20).candidates[0].asset for run in runs)
    assert len(engine.seen) == 16


def test_a_device_of_one_place_draws_one_at_a_time_until_its_pictures_are_taken() -> None:
    pool = Pool(workers=2, queue_size=2)
    engine = Shared(FakeEngine(), pool.gate(1).place, pool.aside)
    first = engine.generate(REQUEST, lambda *_a, **_k: None)
    next(first)
    second, stop = pool.submit(lambda: list(engine.generate(REQUEST, lambda *_a, **_k: None))), Stop(60)
    third = pool.submit(lambda: list(engine.generate(REQUEST, lambda *_a, **_k: None)), check=stop.check)
    assert pool.submit(lambda: 1).result(5) == 1  # both stand aside
    stop.cancel()
    with pytest.raises(Cancelled):
        third.result(5)
    assert not second.done()
    first.close()
    assert len(second.result(5)) == 1
    pool.close()


class Lazy:
    """Draws two pictures, each when it is asked for, and says on which terms."""

    profile = FAKE

    def __init__(self, pool: Pool) -> None:
        self.pool, self.computing = pool, []

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        for seed in (1, 2):
            self.computing.append(self.pool.computing)
            yield Picture(seed=seed, finish_reason="no_image", note="none")

    def close(self) -> None: ...


def test_an_engine_draws_beside_the_places_and_gives_its_pictures_inside_them() -> None:
    pool = Pool(workers=1, queue_size=1)
    lazy = Lazy(pool)
    engine = Shared(lazy, pool.gate(1).place, pool.aside)

    def run() -> list[int]:
        return [pool.computing for _ in engine.generate(REQUEST, lambda *_a, **_k: None)]

    assert pool.submit(run).result(5) == [1, 1]
    assert lazy.computing == [0, 0]
    pool.close()


def test_equal_requests_on_one_place_do_not_wait_for_each_other(tmp_path: Path) -> None:
    engine = FakeEngine(profile=replace(FAKE, id="comp"), delay_s=0.1)
    with build(Settings(data=tmp_path, workers=1, watermark=False, credentials="off"), {"comp": engine}) as app:
        runs = [app.pool.submit(lambda: app.service.generate(REQUEST, Stop(30))) for _ in range(3)]
        assert len({run.result(20).candidates[0].asset.digest for run in runs}) == 1
    assert len(engine.seen) == 1
