"""The seam between a remote engine and an upstream's wire: what is sent, what an answer means. Pure."""

from dataclasses import dataclass
from typing import Protocol

from cavendish.engines.base import EngineProfile
from cavendish.engines.remote.transport import Answer, Message
from cavendish.errors import CavendishError
from cavendish.types import ImageRequest, Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An answer without pictures. `wait_s` is what the upstream asks for; `again`: a repeat may help."""

    error: CavendishError
    again: bool = False
    wait_s: float = 0.0
    counts: bool = False  # it speaks for the upstream being ill, so the breaker counts it
    refused_pictures: bool = False  # drawn, then blocked: the candidates end with the reason, it is no error


class BadAnswer(Exception):
    """An answer that should hold pictures and cannot be read; the reason in words."""


class Dialect(Protocol):
    """One vendor's wire."""

    @property
    def profile(self) -> EngineProfile: ...

    def messages(self, request: ImageRequest) -> list[Message]:
        """Return the calls that make all candidates, in order. Raises Unsupported."""
        ...

    def pictures(self, body: bytes, request: ImageRequest, first: int) -> list[Picture]:
        """Read an answer of status 200: one or more pictures, the first of them candidate `first`, with what they cost.

        Raises BadAnswer, Blocked.
        """
        ...

    def failure(self, answer: Answer) -> Failure:
        """Say what an answer of another status means."""
        ...
