"""Pictures for the checks: words really set, a scripted reader, an engine that fails on purpose."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import skia

from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.fake import FAKE
from cavendish.imaging import typeset
from cavendish.imaging.raster import wrap
from cavendish.thinking.language import Question, Said
from cavendish.thinking.ocr import Page, TextReader
from cavendish.types import ImageRequest, Picture, Pixels

TRAINED = replace(FAKE, id="comp", trained=True)  # `comp` is at the end of every chain, so no test needs weights


def sign(text: str, side: int = 512, lean: float = 0.0, ink=(240, 230, 200), board=(40, 70, 60), seed: int = 1) -> Pixels:
    """A board with a text on it, seen at an angle, before a noisy wall."""
    flat = np.zeros((200, 700, 3), dtype=np.float32) + board
    surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeA8(700, 200))
    surface.getCanvas().clear(0)
    if text:
        typeset.fit(text, 620, 140, typeset.Type(color=0xFFFFFFFF)).draw(surface.getCanvas(), 40, 30)
    cover = np.asarray(surface.makeImageSnapshot().toarray(colorType=skia.kAlpha_8_ColorType)).reshape(200, 700, 1) / 255
    flat = flat * (1 - cover) + np.array(ink) * cover
    quad = np.array([[.15, .35 - lean], [.85, .35 + lean], [.86, .55 + lean], [.14, .55 - lean]], dtype=np.float32) * side
    way = cv2.getPerspectiveTransform(np.array([[0, 0], [700, 0], [700, 200], [0, 200]], dtype=np.float32), quad)
    wall = np.linspace((120, 150, 190), (90, 80, 70), side)[:, None] + np.random.default_rng(seed).normal(0, 5, (side, side, 1))
    laid = cv2.warpPerspective(flat.astype(np.float32), way, (side, side))
    inside = cv2.warpPerspective(np.ones((200, 700), dtype=np.float32), way, (side, side))[..., None]
    return wrap(np.clip(wall * (1 - inside) + laid * inside, 0, 255).astype(np.uint8))


@dataclass(slots=True)
class Remembering:
    """The real reader, asked once for the same pixels: each reading takes most of a second."""

    inner: TextReader
    known: dict[str, tuple[Page, ...]] = field(default_factory=dict)
    name: str = "remembering"

    def read(self, pixels: Pixels) -> tuple[Page, ...]:
        key = pixels.digest()
        if key not in self.known:
            self.known[key] = self.inner.read(pixels)
        return self.known[key]


def flat(side: int = 512) -> Pixels:
    return Pixels(width=side, height=side, channels=3, data=bytes([90]) * (side * side * 3))


@dataclass(slots=True)
class ScriptedEngine:
    """Draws what `draw` says for each request; remembers the requests."""

    draw: Callable[[ImageRequest, int], Pixels]
    profile: EngineProfile = TRAINED
    seen: list[ImageRequest] = field(default_factory=list)

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        self.seen.append(request)
        on_step(1, 1)
        _, seed = request.complete()
        return [Picture(seed=seed + i, pixels=self.draw(request, seed + i), note="Drawn.") for i in range(request.count)]

    def close(self) -> None:
        """Nothing to close."""


@dataclass(slots=True)
class Looker:
    """A model that looks: answers the checklist by `see`, plans nothing."""

    see: Callable[[Question], list[bool]]
    name: str = "looker"
    vision: bool = True
    questions: list[Question] = field(default_factory=list)

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        self.questions.append(question)
        check()
        return Said(value={"answers": self.see(question)} if question.pictures else {}, tokens=5)

    def close(self) -> None:
        """Nothing to close."""
