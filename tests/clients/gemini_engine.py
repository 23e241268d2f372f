"""The engine behind the Gemini client tests: a fake that remembers its pictures, so that chats can be followed."""

from dataclasses import dataclass, field, replace

from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.types import ImageRequest, Picture

COMP = replace(FAKE, id="comp")


@dataclass(slots=True)
class RememberingEngine:
    """Flat colours, a note on each picture, and a state that names its prompt."""

    profile: EngineProfile = COMP
    inner: FakeEngine = field(default_factory=FakeEngine)

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        return [replace(p, state=b"scene: " + request.prompt.encode(), note="A flat colour.", thoughts=("I think of a colour.",))
                for p in self.inner.generate(request, on_step)]

    def asked(self, prompt: str) -> list[ImageRequest]:
        """The requests with this prompt, oldest first."""
        return [r for r in self.inner.seen if r.prompt == prompt]

    def close(self) -> None:
        """Nothing to close."""
