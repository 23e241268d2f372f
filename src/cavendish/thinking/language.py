"""The seam to language models: a question with a schema, an answer that is data to judge and never an order."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cavendish.types import Pixels

_THOUGHT = re.compile(r"<think>.*?</think>", re.S)


class NoAnswer(Exception):
    """The model gave nothing that can be used. `why` is for people and holds no key and no address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: instructions, the user's words as data, pictures, and the JSON schema of the answer."""

    system: str
    user: str
    schema: Mapping[str, Any]
    pictures: tuple[Pixels, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer: one JSON object, not yet judged, and how many tokens the model spent on it."""

    value: dict[str, Any]
    tokens: int


class LanguageModel(Protocol):
    """Answers questions in JSON. Blocking; safe from many threads."""

    @property
    def name(self) -> str: ...

    @property
    def vision(self) -> bool:
        """Whether it can look at pictures."""
        ...

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        """Answer. `check` is called while waiting and raises to leave. Raises NoAnswer."""
        ...

    def close(self) -> None: ...


def parse_object(text: str) -> dict[str, Any]:
    """Find the one JSON object in what a model wrote: bare, in a fence, or after its thinking. Raises NoAnswer."""
    spoken = _THOUGHT.sub("", text)
    start = spoken.find("{")
    if start < 0:
        raise NoAnswer("its answer is not JSON")
    try:
        value, _ = json.JSONDecoder().raw_decode(spoken, start)
    except (ValueError, RecursionError):
        raise NoAnswer("its answer is not JSON") from None
    if not isinstance(value, dict):
        raise NoAnswer("its answer is not a JSON object")
    return value
