"""What checking and mending gain, measured with an engine that fails on purpose, and with comp. No real model was measured.

    python bench/thinking.py [--texts 20] [--wrong 0.5] [--mend 0.6]

The engine letters a board. It misspells a text with probability `--wrong`, by seed, and a corrective edit of it comes out right
with probability `--mend`. What was really lettered is known, so the OCR's own errors are counted too.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import skia

from cavendish.app import build
from cavendish.engines.base import Engine, EngineProfile, OnStep
from cavendish.engines.comp.engine import CompEngine
from cavendish.engines.fake import FAKE
from cavendish.imaging import typeset
from cavendish.imaging.raster import wrap
from cavendish.settings import Settings
from cavendish.thinking.ocr import RapidReader
from cavendish.thinking.spelling import spell
from cavendish.types import ImageRequest, Picture, Pixels, Size, Thinking
from cavendish.work.run import Stop

TEXTS = ("FRESH BREAD", "Grand Opening", "OPEN", "Summer Sale", "Coffee House", "MORNING NEWS", "Happy Birthday",
         "Farm Market", "BOOK FAIR 2026", "Ocean Drive", "Night Jazz", "Mind the gap", "City Library", "Free Entry",
         "Garden Party", "HOTEL LUNA", "Winter Games", "Lost and Found", "Sunday Brunch", "Museum of Glass", "Green Valley",
         "Radio Days", "Tailor & Sons", "Exit")
SIDE = 640
FAMILIES = ("Inter", "serif", "condensed")


def misspelt(text: str, chance: random.Random) -> str:
    """Swap two unlike neighbours, drop a letter or double one."""
    letters = list(text)
    pairs = list(pairwise(text))
    places = [i for i, (a, b) in enumerate(pairs) if a.isalpha() and b.isalpha() and a.lower() != b.lower()]
    place, kind = chance.choice(places), chance.randrange(3)
    if kind == 0:
        letters[place], letters[place + 1] = letters[place + 1], letters[place]
    elif kind == 1:
        del letters[place]
    else:
        letters.insert(place, letters[place])
    return "".join(letters)


def board(text: str, chance: random.Random) -> Pixels:
    """Letter a board on a noisy wall."""
    wall = np.random.default_rng(chance.randrange(2**31)).normal(120, 8, (SIDE, SIDE, 3))
    paper = chance.choice(((40, 70, 60), (235, 230, 215), (30, 40, 90), (240, 200, 60)))
    ink = (245, 240, 225) if sum(paper) < 380 else (40, 30, 30)
    top, height, left, width = SIDE // 3, SIDE // 4, SIDE // 10, SIDE * 8 // 10
    surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeA8(width, height))
    surface.getCanvas().clear(0)
    type_ = typeset.Type(family=chance.choice(FAMILIES), color=0xFFFFFFFF, largest=chance.uniform(50, 110))
    typeset.fit(text, width * 0.9, height * 0.8, type_).draw(surface.getCanvas(), width * 0.05, height * 0.1)
    cover = np.asarray(surface.makeImageSnapshot().toarray(colorType=skia.kAlpha_8_ColorType)).reshape(height, width, 1) / 255
    wall[top:top + height, left:left + width] = np.array(paper) * (1 - cover) + np.array(ink) * cover
    return wrap(np.clip(wall, 0, 255).astype(np.uint8))


@dataclass(slots=True)
class Careless:
    """Misspells at a known rate. `lettered` is what it really wrote, by the picture's digest."""

    wrong: float
    mend: float
    profile: EngineProfile
    lettered: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    def generate(self, request: ImageRequest, on_step: OnStep) -> list[Picture]:
        on_step(1, 1)
        self.calls += 1
        _, seed = request.complete()
        text = next(t for t in TEXTS if f'"{t}"' in request.prompt)
        chance = random.Random(f"{seed}{text}{request.base is not None}")
        right = chance.random() < (self.mend if request.base is not None else 1 - self.wrong)
        written = text if right else misspelt(text, chance)
        pixels = board(written, chance)
        self.lettered[pixels.digest()] = written
        return [Picture(seed=seed, pixels=pixels)]

    def close(self) -> None:
        """Nothing to close."""


def passes(engine: Engine, texts: tuple[str, ...], judge: Callable[[str, Pixels], bool], **fields: object) -> tuple[int, float]:
    """Draw each text once through the whole flow; how many pictures `judge` accepts, and seconds each."""
    from cavendish.imaging.intake import open_picture

    good, start = 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), watermark=False, credentials="off", intake_workers=0)
        with build(settings, {"comp": engine}) as app:
            for number, text in enumerate(texts):
                request = ImageRequest(**{"prompt": f'a board that says "{text}"', "model": "comp", "size": Size(SIDE, SIDE),
                                          "seed": number} | fields)
                asset = app.service.generate(request, Stop(600)).candidates[0].asset
                good += asset is not None and judge(text, open_picture(asset.data))
    return good, (time.perf_counter() - start) / len(texts)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--texts", type=int, default=20)
    options.add_argument("--wrong", type=float, default=0.5)
    options.add_argument("--mend", type=float, default=0.6)
    asked = options.parse_args()
    texts, reader = TEXTS[:asked.texts], RapidReader()
    verdicts = {"false alarms": 0, "misses": 0, "right pictures": 0, "wrong pictures": 0}
    print(f"{len(texts)} texts, misspelt with probability {asked.wrong:g}, an edit mends with {asked.mend:g}; "
          "a fake engine, no real model")
    for name, fields, edits in (("medium (no correction)", {"thinking": Thinking.MEDIUM}, True),
                                ("high, one edit", {"thinking": Thinking.HIGH}, True),
                                ("high, best of up to 3 more seeds", {"thinking": Thinking.HIGH}, False),
                                ('text="exact"', {"text": "exact"}, True)):
        engine = Careless(asked.wrong, asked.mend, replace(FAKE, id="comp", trained=True, max_references=14 if edits else 0))

        def right(text: str, pixels: Pixels, engine: Careless = engine) -> bool:
            written = engine.lettered.get(pixels.digest())
            by_ocr = spell(text, reader.read(pixels)).right
            if written is None:  # typeset by us: only OCR can tell
                return by_ocr
            verdicts["false alarms"] += written == text and not by_ocr
            verdicts["misses"] += written != text and by_ocr
            verdicts["right pictures" if written == text else "wrong pictures"] += 1
            return written == text

        good, seconds = passes(engine, texts, right, **fields)
        share = f"{good:2}/{len(texts)} = {good / len(texts):4.0%}"
        print(f"{name:34} right {share}   {engine.calls:3} renders   {seconds:.1f} s each", flush=True)
    print("OCR against what was lettered, final pictures: " + ", ".join(f"{k} {v}" for k, v in verdicts.items()))
    comp = CompEngine()
    for name, level in (("comp, as drawn", Thinking.MEDIUM), ("comp, high", Thinking.HIGH)):
        good, seconds = passes(comp, texts, lambda t, p: spell(t, reader.read(p)).right, thinking=level)
        print(f"{name:34} right {good:2}/{len(texts)} = {good / len(texts):4.0%} by OCR   {seconds:.1f} s each")


if __name__ == "__main__":
    main()
