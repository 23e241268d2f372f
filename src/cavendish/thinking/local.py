"""A language model that lies in memory already: the text encoder of a drawing engine that speaks."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cavendish.errors import EngineError, Unsupported
from cavendish.thinking.language import NoAnswer, Question, Said, parse_object


class Speaks(Protocol):
    """An engine whose text encoder can answer. Blocking."""

    def speak(self, system: str, user: str, check: Callable[[], None]) -> tuple[str, int]:
        """Answer in words, with the tokens that took. Raises EngineError, Unsupported; what `check` raises."""
        ...


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A LanguageModel over an engine's own text encoder. `ready` loads the engine if nobody has. It sees no pictures."""

    name: str
    ready: Callable[[], Speaks] = field(repr=False)
    vision: bool = False

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        """Ask the encoder in plain words for JSON. Raises NoAnswer; what `check` raises."""
        schema = json.dumps(question.schema, ensure_ascii=False)
        system = f"{question.system}\nAnswer with one JSON object of this schema and nothing else: {schema}"
        try:
            text, tokens = self.ready().speak(system, question.user, check)
        except (EngineError, Unsupported) as exc:
            raise NoAnswer(exc.message) from exc
        return Said(value=parse_object(text), tokens=tokens)

    def close(self) -> None:
        """Nothing of its own: the engine is closed by who owns it."""
