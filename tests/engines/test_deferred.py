"""Engines that load late."""

import threading
import time
from dataclasses import replace

import pytest

from cavendish.engines.deferred import Deferred
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import Cancelled, ConfigError
from cavendish.types import ImageRequest, Size

REQUEST = ImageRequest(prompt="a cat", size=Size(16, 16), seed=1)
STATIC = replace(FAKE, id="flash", revision="not loaded")


def ignore(*args, **more):
    pass


def test_it_loads_once_for_many_threads_and_then_speaks_for_the_loaded_engine():
    loads = []

    def load():
        loads.append(1)
        time.sleep(0.05)
        return FakeEngine()

    engine = Deferred(STATIC, load)
    assert engine.profile.revision == "not loaded"
    threads = [threading.Thread(target=lambda: list(engine.generate(REQUEST, ignore))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [1]
    assert engine.profile.id == "fake"


def test_a_failed_load_is_tried_again():
    answers = [ConfigError("no weights"), FakeEngine()]

    def load():
        answer = answers.pop(0)
        if isinstance(answer, ConfigError):
            raise answer
        return answer

    engine = Deferred(STATIC, load)
    with pytest.raises(ConfigError):
        list(engine.generate(REQUEST, ignore))
    assert list(engine.generate(REQUEST, ignore))


def test_a_caller_who_left_loads_nothing():
    def gone(*args, **more):
        raise Cancelled("gone")

    engine = Deferred(STATIC, lambda: pytest.fail("loaded for nobody"))
    with pytest.raises(Cancelled):
        list(engine.generate(REQUEST, gone))
    engine.close()
