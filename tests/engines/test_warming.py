"""Warming up in the background."""

import logging
import threading

import pytest

from cavendish.engines.deferred import Deferred
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.engines.warming import Warmer
from cavendish.errors import ConfigError, EngineUnavailable
from cavendish.types import ImageRequest, Size

SIZES = (Size(16, 16), Size(32, 16))


class Counting(FakeEngine):
    """Remembers what was asked of it."""

    def __init__(self):
        super().__init__()
        self.asked, self.closed = [], threading.Event()

    def generate(self, request, on_step):
        self.asked.append(request)
        on_step(1, 1)
        return super().generate(request, on_step)

    def close(self):
        self.closed.set()
        super().close()


def test_each_size_is_drawn_once_and_it_is_logged(caplog):
    engine = Counting()
    warmer = Warmer({"flash": Deferred(FAKE, lambda: engine)}, SIZES)
    assert warmer.done
    with caplog.at_level(logging.INFO, "cavendish.engines"):
        warmer.start()
        assert warmer.wait(10)
    assert [r.size for r in engine.asked] == list(SIZES)
    assert not any(r.urgent for r in engine.asked)  # a caller who comes meanwhile goes first
    assert "flash is loaded and warm after" in caplog.text


def test_it_is_not_ready_before_it_is_warm():
    may_load = threading.Event()

    def load():
        may_load.wait(10)
        return FakeEngine()

    warmer = Warmer({"flash": Deferred(FAKE, load)}, SIZES[:1])
    warmer.start()
    assert not warmer.done
    may_load.set()
    assert warmer.wait(10)


def test_a_stopping_server_draws_nothing_after_the_load_and_lets_it_go():
    loading, may_end, engine = threading.Event(), threading.Event(), Counting()

    def load():
        loading.set()
        may_end.wait(10)
        return engine

    deferred = Deferred(FAKE, load)
    warmer = Warmer({"flash": deferred}, SIZES)
    warmer.start()
    assert loading.wait(10)
    warmer.close()
    deferred.close()
    may_end.set()
    assert warmer.wait(10)
    assert engine.asked == []
    assert engine.closed.wait(10)
    with pytest.raises(EngineUnavailable):
        list(deferred.generate(ImageRequest(prompt="a", size=SIZES[0], seed=1), lambda *a, **k: None))


def test_a_failure_is_logged_and_the_next_engine_is_warmed(caplog):
    def broken():
        raise ConfigError("no weights", hint="pull them")

    engine = Counting()
    warmer = Warmer({"flash": Deferred(FAKE, broken), "pro": Deferred(FAKE, lambda: engine)}, SIZES[:1])
    warmer.start()
    assert warmer.wait(10)
    assert "flash: the warm-up failed: no weights (pull them)" in caplog.text
    assert len(engine.asked) == 1


def test_without_sizes_nothing_is_started():
    warmer = Warmer({"flash": Deferred(FAKE, lambda: pytest.fail("loaded"))}, ())
    warmer.start()
    assert warmer.done
