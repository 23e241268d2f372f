"""Opening input pictures: in worker processes beside the same in this process. Run: python bench/intake.py

Prints medians of alternating runs in milliseconds, and what a worker costs to start. The limit is one copy of the pixels.
"""

import io
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from cavendish.imaging import intake
from cavendish.imaging.raster import view
from cavendish.imaging.sandbox import Sandbox
from cavendish.types import Pixels

ROUNDS = 9
KINDS = {"PNG": {"compress_level": 3}, "JPEG": {"quality": 90}, "WEBP": {"quality": 80}}


def photo(side: int) -> np.ndarray:
    """A picture with the statistics of a photograph: smooth, with a little noise. (side, side, 3)"""
    rng = np.random.default_rng(1)
    smooth = cv2.resize(rng.integers(0, 255, (side // 16, side // 16, 3)).astype(np.uint8), (side, side),
                        interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth.astype(np.int16) + rng.integers(-4, 4, smooth.shape), 0, 255).astype(np.uint8)


def saved(rows: np.ndarray, kind: str) -> bytes:
    """Encode with Pillow."""
    out = io.BytesIO()
    Image.fromarray(rows).save(out, kind, **KINDS[kind])
    return out.getvalue()


def timed(work: Callable[[bytes], Pixels], data: bytes) -> float:
    """Milliseconds until every pixel has been read once."""
    start = time.perf_counter()
    view(work(data)).max()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print the tables."""
    dot = saved(photo(64), "PNG")
    starts = []
    for _ in range(5):
        box = Sandbox(1)
        starts.append(timed(box.open_picture, dot))
        box.close()
    print(f"a worker starts and opens its first picture in {statistics.median(starts):.0f} ms\n")
    box = Sandbox(1)
    box.open_picture(dot)
    print("| picture | in process, ms | in a worker, ms | extra, ms | ratio |\n| --- | --- | --- | --- | --- |")
    for side in (1024, 4096):
        rows = photo(side)
        for kind in KINDS:
            data = saved(rows, kind)
            pairs = [(timed(intake.open_picture, data), timed(box.open_picture, data)) for _ in range(ROUNDS)]
            here, there = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {side}x{side} {kind} | {here:.1f} | {there:.1f} | {there - here:+.1f} | {there / here:.2f} |")
    box.close()


if __name__ == "__main__":
    main()
