"""Our own server acts as Google, as OpenAI and as a compatible server, behind a proxy that injects faults."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cavendish.catalog.models import catalog
from cavendish.engines.breaker import Breaker
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.engines.remote import engines
from cavendish.engines.remote.engine import RemoteEngine, Retries
from engines.remote.upstream import Proxy, proxy

COMP = replace(FAKE, id="comp")
KEY = "test-key-0123456789"  # the root conftest's; it cannot be imported by name where other folders have one, too


@pytest.fixture(scope="module", name="behind")
def behind_(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, FakeEngine]]:
    """The server that draws, and its engine."""
    engine = FakeEngine(profile=COMP)
    root = request.config.pluginmanager.get_plugin(str(Path(__file__).parents[2] / "conftest.py"))
    with root.serving(tmp_path_factory.mktemp("upstream"), {"comp": engine}, watermark=False, credentials="off",
                 intake_workers=0, cache_mb=0) as server:
        yield server, engine


@dataclass
class Rig:
    """A proxy, the pauses that were asked for (none is waited), and engines that draw through it."""

    proxy: Proxy
    pauses: list[float] = field(default_factory=list)
    clock: float = 0.0
    read_s: float = 20.0
    breaker: Breaker = field(default_factory=Breaker)
    made: list[RemoteEngine] = field(default_factory=list)

    def _upstream(self, path: str) -> engines.Upstream:
        def pause(_abort: object, seconds: float) -> None:
            self.pauses.append(seconds)

        return engines.Upstream(self.proxy.url + path, KEY, engines.Timeouts(connect_s=2, read_s=self.read_s),
                                Retries(pause=pause, jitter=lambda: 0.0), self.breaker)

    def google(self, model: str = "gemini-3.1-flash-image") -> RemoteEngine:
        return self.kept(engines.google(self._upstream(""), catalog().model(model)))

    def openai(self, model: str = "gpt-image-2.6-sunburst") -> RemoteEngine:
        return self.kept(engines.openai(self._upstream("/v1"), catalog().model(model)))

    def server(self, model: str = "comp") -> RemoteEngine:
        return self.kept(engines.server(self._upstream("/v1"), model))

    def kept(self, engine: RemoteEngine) -> RemoteEngine:
        self.made.append(engine)
        return engine

    def of(self, name: str) -> RemoteEngine:
        return {"google": self.google, "openai": self.openai, "server": self.server}[name]()


@pytest.fixture(name="rig")
def rig_(behind: tuple[Any, FakeEngine]) -> Iterator[Rig]:
    server, engine = behind
    engine.seen.clear()
    with proxy(server.url) as made:
        rig = Rig(made)
        rig.breaker.clock = lambda: rig.clock
        yield rig
        for engine in rig.made:
            engine.close()
