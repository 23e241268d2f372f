"""The engines of this installation, by id, and which of a chain serves a model."""

from collections.abc import Mapping
from dataclasses import dataclass

from cavendish.engines.base import Engine
from cavendish.errors import ConfigError, EngineUnavailable


@dataclass(frozen=True, slots=True)
class Registry:
    """Engine id -> engine. What is not in here is not installed."""

    engines: Mapping[str, Engine]

    def pick(self, chain: tuple[str, ...], *, strict: bool) -> Engine:
        """Return the first available engine of a chain; with `strict` only its head counts. Raises EngineUnavailable."""
        wanted = chain[:1] if strict else chain
        for name in wanted:
            if name in self.engines:
                return self.engines[name]
        raise EngineUnavailable(f"no engine for {chain[0]!r} is installed here",
                                hint="`cavendish doctor` says what this machine can run; the model `comp` needs nothing")

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
