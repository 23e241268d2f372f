"""The public test double: a real Engine whose pictures are cheap and whose behaviour can be scripted."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cavendish.engines.base import EngineProfile, OnStep
from cavendish.errors import CavendishError
from cavendish.types import ImageRequest, Picture, Pixels

FAKE = EngineProfile(id="fake", name="Fake engine", revision="1", licence="Apache-2.0", transparent_background=True,
                     tuning=frozenset({"steps", "guidance_scale"}), needs="nothing")


def flat(request: ImageRequest, seed: int) -> Pixels:
    """Fill the requested size with a colour that depends only on the seed."""
    size, _ = request.complete()
    color = np.array([seed & 255, seed >> 8 & 255, seed >> 16 & 255], dtype=np.uint8)
    data = np.broadcast_to(color, (size.height, size.width, 3)).tobytes()
    return Pixels(width=size.width, height=size.height, channels=3, data=data)


@dataclass(slots=True)
class FakeEngine:
    """Flat colour from the seed unless told otherwise. Users test against it too.

    `draw` makes the pixels, `delay_s` is spent per step, `fail` is raised instead of drawing, `seen` keeps the requests.
    """

    profile: EngineProfile = FAKE
    draw: Callable[[ImageRequest, int], Pixels] = flat
    delay_s: float = 0.0
    fail: CavendishError | None = None
    seen: list[ImageRequest] = field(default_factory=list)

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        self.seen.append(request)
        _, seed = request.complete()
        steps = request.steps or 1
        for step in range(1, steps + 1):
            if self.delay_s:
                time.sleep(self.delay_s)
            on_step(step, steps, self.draw(request, seed) if request.partial_images else None)
        if self.fail is not None:
            raise self.fail
        return [Picture(seed=seed + i, pixels=self.draw(request, seed + i)) for i in range(request.count)]

    def close(self) -> None:
        """Nothing to close."""
