"""A real Chromium, a studio server to look at, and a page that reports what it should not have done."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Signal

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from cavendish.engines.base import OnStep
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import Cancelled
from cavendish.types import ImageRequest, Picture, Pixels
from conftest import Server

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]
REPORT = """document.addEventListener("securitypolicyviolation",
    (e) => console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"""
COOKIE = "cavendish_session"


def noise(request: ImageRequest, seed: int) -> Pixels:
    """A picture that no other seed has."""
    size, _ = request.complete()
    data = np.random.default_rng(seed).integers(0, 255, (size.height, size.width, 3), dtype=np.uint8)
    return Pixels(width=size.width, height=size.height, channels=3, data=data.tobytes())


@dataclass(slots=True)
class Painter(FakeEngine):
    """Takes its time, says what it thinks, leaves a state behind, and tells whether it was stopped."""

    steps: int = 2
    stopped: Signal = field(default_factory=Signal)
    refuses: str = ""  # why there is no picture

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        self.seen.append(request)
        if self.fail is not None:
            raise self.fail
        pictures = []
        for index in range(request.count):
            seed = request.complete()[1] + index
            for step in range(1, self.steps + 1):
                self._step(on_step, step, index, self.draw(request, seed) if request.partial_images else None)
            if self.refuses:
                pictures.append(Picture(seed=seed, finish_reason="no_image", note=self.refuses))
                continue
            pictures.append(Picture(seed=seed, pixels=self.draw(request, seed), note="A layout comp, drawn from rules.",
                                    thoughts=("One subject: a dog.",), state=request.prompt.encode()))
        return pictures

    def _step(self, on_step: OnStep, step: int, index: int, preview: Pixels | None) -> None:
        self.stopped.wait(self.delay_s)
        try:
            on_step(step, self.steps, preview, index)
        except Cancelled:
            self.stopped.set()
            raise


@dataclass(frozen=True, slots=True)
class Studio:
    """A server, the engine in it, and the cookie of an open session."""

    server: Server
    engine: Painter
    cookie: str

    @property
    def last(self) -> ImageRequest:
        return self.engine.seen[-1]


def painter(*, trained: bool = False, **changes: object) -> Painter:
    return Painter(profile=replace(FAKE, id="comp", name="Comp", trained=trained), draw=noise, **changes)


def session_of(server: Server) -> str:
    """Redeem the server's one token."""
    return httpx.get(f"{server.url}/", params={"token": server.token}).cookies[COOKIE]


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """A page whose complaints are collected; an answer that is not 200 is the business of the test."""
    page = context.new_page()
    page.set_default_timeout(8000)
    page.add_init_script(REPORT)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def draw(page: Page, prompt: str, pictures: int = 1) -> None:
    """Type, draw, and wait for the pictures of that turn."""
    turns = page.locator(".turn-strip li").count()
    page.fill("#prompt", prompt)
    page.click("[data-draw]")
    page.locator(".turn-strip li").nth(turns).wait_for(state="attached")
    page.locator(".picture[data-state=done]").nth(pictures - 1).wait_for()
    page.locator("[data-draw]:enabled").wait_for()


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"input[name={name}][value='{value}']").check(force=True)


def natural_size(page: Page) -> list[int]:
    return page.locator(".picture img").first.evaluate("e => e.decode().then(() => [e.naturalWidth, e.naturalHeight])")
