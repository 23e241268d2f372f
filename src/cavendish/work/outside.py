"""What answers from outside, each with the face of what it is: a run that asks it stands aside while it waits."""

from collections.abc import Callable
from dataclasses import dataclass

from cavendish.engines.wrappers import Held
from cavendish.thinking.grounding import Check, Provider
from cavendish.thinking.language import LanguageModel, Question, Said
from cavendish.types import Source


@dataclass(frozen=True, slots=True)
class OutsideModel:
    """A LanguageModel at an endpoint."""

    inner: LanguageModel
    aside: Held

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def vision(self) -> bool:
        return self.inner.vision

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        """As the model inside."""
        with self.aside():
            return self.inner.answer(question, check)

    def close(self) -> None:
        """Close the model inside."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class OutsideProvider:
    """A Provider that searches elsewhere."""

    inner: Provider
    aside: Held

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def remote(self) -> bool:
        return self.inner.remote

    def search(self, query: str, limit: int, check: Check) -> tuple[Source, ...]:
        """As the provider inside."""
        with self.aside():
            return self.inner.search(query, limit, check)

    def picture(self, source: Source) -> bytes | None:
        """As the provider inside."""
        with self.aside():
            return self.inner.picture(source)

    def close(self) -> None:
        """Close the provider inside."""
        self.inner.close()
