"""The engines of this installation, by id, and which of a chain serves a model."""

from collections.abc import Mapping
from dataclasses import dataclass

from cavendish.engines.base import Engine
from cavendish.errors import EngineUnavailable


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

    def close(self) -> None:
        """Close every engine."""
        for engine in self.engines.values():
            engine.close()
