"""Breakers, places and chains: who is asked, and what is said about who is not."""

from dataclasses import replace

import pytest

from cavendish.catalog import chains
from cavendish.catalog.models import catalog
from cavendish.engines.breaker import Breaker
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.engines.registry import Registry
from cavendish.errors import ConfigError, EngineUnavailable, UnknownModel
from cavendish.types import ImageRequest, Size

REQUEST = ImageRequest(prompt="x", size=Size(8, 8), seed=1)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_tries_one_call_after_a_rest() -> None:
    clock = Clock()
    breaker = Breaker(failures=3, rest_s=30, clock=clock)
    for _ in range(2):
        breaker.failed("503")
    breaker.succeeded()
    for _ in range(2):
        breaker.failed("503")
    assert breaker.open_s() == 0
    breaker.failed("503 again")
    assert (breaker.open_s(), breaker.why) == (30, "503 again")
    clock.now += 30
    assert breaker.open_s() == 0
    breaker.begin()  # the trial
    assert breaker.open_s() == 30
    breaker.succeeded()
    assert breaker.open_s() == 0


def test_a_trial_that_fails_opens_it_again_at_once() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=10, clock=clock)
    breaker.failed("a")
    breaker.failed("b")
    clock.now += 11
    breaker.begin()
    breaker.failed("c")
    assert breaker.open_s() == 10


def test_the_registry_passes_over_who_rests_and_says_so() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=12, clock=clock)
    registry = Registry({"google": FakeEngine(profile=replace(FAKE, id="google", name="Google")), "comp": FakeEngine()},
                        {"google": breaker})
    assert registry.pick(("google", "comp"), strict=False).profile.id == "google"
    breaker.failed("503")
    assert registry.pick(("google", "comp"), strict=False).profile.id == "fake"
    assert registry.absence("google") == "does not answer at present (503)"
    assert registry.absence("flash") == "is not installed here"
    with pytest.raises(EngineUnavailable, match="Google does not answer") as caught:
        registry.pick(("google", "comp"), strict=True)
    assert caught.value.retry_after_s == 12


def _chain(installed: set[str], model: str, wishes: str = "") -> tuple[str, ...]:
    return chains.arranged(catalog(), installed, chains.parse(wishes)).model(model).chain


def test_a_vendors_engine_comes_first_for_its_own_models_alone() -> None:
    assert _chain({"comp"}, "gemini-3-pro-image") == ("pro", "flash", "comp")
    assert _chain({"comp", "google"}, "nano-banana-pro-preview") == ("google", "pro", "flash", "comp")
    assert _chain({"comp", "google"}, "gpt-image-2") == ("pro", "flash", "comp")
    assert _chain({"comp", "google"}, "flash") == ("flash", "comp")
    assert _chain({"comp", "server"}, "flash") == ("flash", "server", "comp")
    assert _chain({"comp", "server", "openai"}, "gpt-image-2") == ("openai", "pro", "flash", "server", "comp")
    assert _chain({"comp", "server"}, "comp") == ("comp",)


def test_a_wish_replaces_a_chain() -> None:
    assert _chain({"google"}, "gemini-3-pro-image", "gemini-3-pro-image = flash > comp, flash=server") == ("flash", "comp")
    assert _chain(set(), "nano-banana", "nano-banana=server>comp") == ("server", "comp")
    with pytest.raises(ConfigError):
        chains.parse("flash")
    with pytest.raises(ConfigError):
        chains.parse("flash=a>>b")
    with pytest.raises(ConfigError, match="no engine 'flsh'"):
        _chain(set(), "flash", "flash=flsh>comp")
    with pytest.raises(UnknownModel):
        _chain(set(), "flash", "nothing=comp")
