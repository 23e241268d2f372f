"""Shares of facts shown over the measured prompt set, and a contact sheet of its pictures.

Run: PYTHONPATH=tests python bench/comp_facts.py [--words] [--sheet docs/images/comp-sheet.jpg] [--missed] [--held-out].
Prints a table by kind of fact and, when asked, every fact that is missed. tests/engines/comp/test_facts.py asserts.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
import skia
from PIL import Image

from cavendish.imaging.typeset import Type, fit
from engines.comp.facts.asked import Case, cases
from engines.comp.facts.checks import Fact, judge
from engines.comp.facts.seen import look

CELL, LINES, COLUMNS = 236, 44, 7
CERTAIN = ("size", "note")
SHOWN, LARGEST = 42, 600_000


def chosen(every: list[Case]) -> list[Case]:
    """Return pictures for the sheet: one of every kind, then more of the large ones, spread over each."""
    kinds = Counter(c.kind for c in every)
    seats = dict.fromkeys(kinds, 1)
    while sum(seats.values()) < SHOWN:
        seats[max(kinds, key=lambda k: kinds[k] / seats[k])] += 1
    own = {k: [c for c in every if c.kind == k] for k in kinds}
    return [own[k][i * len(own[k]) // seat] for k, seat in seats.items() for i in range(seat)]


def sheet(path: Path, picked: list[Case]) -> None:
    """Write pictures with their prompts below, at most 600 KB."""
    rows = -(-len(picked) // COLUMNS)
    page = skia.Surface(COLUMNS * (CELL + 8) + 8, rows * (CELL + LINES + 8) + 8)
    pen = page.getCanvas()
    pen.clear(skia.ColorWHITE)
    smooth = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    for n, case in enumerate(picked):
        drawn = look(case.text, case.size).rows
        picture = skia.Image.fromarray(np.dstack([drawn, np.full(drawn.shape[:2], 255, np.uint8)]), skia.kRGBA_8888_ColorType)
        k = CELL / max(picture.width(), picture.height())
        wide, high = picture.width() * k, picture.height() * k
        x, y = 8 + n % COLUMNS * (CELL + 8), 8 + n // COLUMNS * (CELL + LINES + 8)
        box = skia.Rect.MakeXYWH(x + (CELL - wide) / 2, y + (CELL - high) / 2, wide, high)
        pen.drawImageRect(picture.withDefaultMipmaps(), box, smooth)
        fit(case.text, CELL, LINES - 4, Type(weight=400, color=0xFF333333, largest=12.5)).draw(pen, x, y + CELL + 2)
    image = Image.fromarray(np.asarray(page.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType))[..., :3])
    for quality in (84, 76, 68, 60, 50):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST:
            return


def table(facts: list[Fact]) -> None:
    """Print shares by kind of fact."""
    asked, shown = Counter(f.kind for f in facts), Counter(f.kind for f in facts if f.shown)
    print("| fact | asked | shown | share |\n|---|---|---|---|")
    for kind in sorted(asked, key=lambda k: -asked[k]):
        print(f"| {kind} | {asked[kind]} | {shown[kind]} | {100 * shown[kind] / asked[kind]:.1f} % |")
    counted = [f for f in facts if f.kind not in CERTAIN]
    print(f"| all but size and note | {len(counted)} | {sum(f.shown for f in counted)} "
          f"| {100 * sum(f.shown for f in counted) / len(counted):.1f} % |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", action="store_true", help="read words by OCR, too")
    parser.add_argument("--held-out", action="store_true", help="measure the second set, heldout.toml, instead")
    parser.add_argument("--missed", action="store_true", help="name every fact that is missed")
    parser.add_argument("--sheet", type=Path, help="write the contact sheet here and measure nothing")
    given = parser.parse_args()
    every = cases("heldout.toml") if given.held_out else cases()
    if given.sheet:
        sheet(given.sheet, chosen(every))
        return
    reader = None
    if given.words:
        from engines.comp.facts.letters import shows as reader
    start, facts = time.monotonic(), []
    for case in every:
        found = judge(case, reader)[1]
        facts += found
        if given.missed and (bad := [f"{f.kind}: {f.what}" for f in found if not f.shown]):
            print(f"{case.text}\n    {'; '.join(bad)}", flush=True)
    table(facts)
    print(f"{len(every)} prompts, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
