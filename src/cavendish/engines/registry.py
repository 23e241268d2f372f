"""The engines of this installation, by id, and which of a chain serves a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cavendish.engines.base import Engine
from cavendish.engines.breaker import Breaker
from cavendish.errors import ConfigError, EngineUnavailable


@dataclass(frozen=True, slots=True)
class Registry:
    """Engine id -> engine. What is not in here is not installed. An engine with an open breaker is left alone for a while."""

    engines: Mapping[str, Engine]
    breakers: Mapping[str, Breaker] = field(default_factory=dict)

    def pick(self, chain: tuple[str, ...], *, strict: bool) -> Engine:
        """Return the first engine of a chain that is here and answers; with `strict` only its head counts.

        Raises EngineUnavailable: when to come back, where one of them only rests.
        """
        wanted = chain[:1] if strict else chain
        for name in wanted:
            if name in self.engines and not self.rest_s(name):
                return self.engines[name]
        resting = [name for name in wanted if name in self.engines]
        if resting:
            name = self.engines[resting[0]].profile.name
            error = EngineUnavailable(f"{name} {self.absence(resting[0])}", hint="try again later")
            error.retry_after_s = round(min(map(self.rest_s, resting)), 1)
            raise error
        raise EngineUnavailable(f"no engine for {chain[0]!r} is installed here",
                                hint="`cavendish doctor` says what this machine can run; the model `comp` needs nothing")

    def rest_s(self, name: str) -> float:
        """Seconds for which an engine is left alone, 0 for one that may be asked."""
        return self.breakers[name].open_s() if name in self.breakers else 0.0

    def absence(self, name: str) -> str:
        """Say why an engine of a chain does not draw, as the end of a sentence."""
        if self.rest_s(name):
            return f"does not answer at present ({self.breakers[name].why})"
        return "is not installed here"

    def refuse_unsafe(self) -> None:
        """Raise ConfigError when an engine is here whose licence forbids running it without content filters."""
        bound = [e.profile for e in self.engines.values() if e.profile.requires_safety]
        if bound:
            names = ", ".join(f"{p.id} ({p.licence})" for p in bound)
            raise ConfigError(f"CAVENDISH_SAFETY=off, but the licence of {names} asks for content filters",
                              hint="set CAVENDISH_SAFETY=on, or take the engine out of this installation")

    def close(self) -> None:
        """Close every engine."""
        for engine in self.engines.values():
            engine.close()
