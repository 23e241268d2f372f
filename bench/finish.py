"""Encoders side by side on one photo-like picture: time and bytes, against Pillow's defaults in the same run.

    python bench/finish.py [--side 4096] [--runs 3]

Prints medians and ratios; never a timed test.
"""

import argparse
import io
import os
import statistics
import time
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from cavendish.imaging import codec, png, resize
from cavendish.imaging.raster import wrap
from cavendish.types import OutputSpec, Size


@dataclass(frozen=True)
class Row:
    name: str
    seconds: float
    size: int


def photo(side: int) -> np.ndarray:
    """Clouds of eight scales, plus light sensor noise: deflates like a photograph."""
    rng = np.random.default_rng(1)
    out = np.full((side, side, 3), 128, dtype=np.float32)
    for k in (4, 8, 16, 32, 64, 128, 256, 512):
        grid = rng.normal(size=(k + 1, k + 1, 3)).astype(np.float32)
        out += cv2.resize(grid, (side, side), interpolation=cv2.INTER_CUBIC) * (60 * (4 / k) ** 0.8)
    for y in range(0, side, 256):  # in bands, to spare memory
        out[y:y + 256] += rng.normal(size=out[y:y + 256].shape) * 1.2
    return out.clip(0, 255).astype(np.uint8)


def timed(name: str, run, runs: int) -> Row:
    times, size = [], 0
    for _ in range(runs):
        start = time.perf_counter()
        size = len(run())
        times.append(time.perf_counter() - start)
    return Row(name, statistics.median(times), size)


def pillow(rows: np.ndarray, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rows).save(out, kind, **options)
    return out.getvalue()


def compare(base: Row, rows: list[Row]) -> None:
    print(f"{'encoder':34} {'ms':>8} {'MB':>7} {'faster':>8} {'bytes':>7}")
    for row in (base, *rows):
        print(f"{row.name:34} {row.seconds * 1e3:8.0f} {row.size / 1e6:7.2f} {base.seconds / row.seconds:7.1f}x "
              f"{row.size / base.size:6.2f}x")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--side", type=int, default=4096)
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()
    rows, runs = photo(args.side), args.runs
    pixels = wrap(rows)
    print(f"{args.side}x{args.side} RGB, photo-like, {os.cpu_count()} cores, median of {runs} (Pillow's PNG: one run)\n")
    compare(timed("PNG Pillow default", lambda: pillow(rows, "PNG"), 1), [
        timed("PNG Pillow level 1", lambda: pillow(rows, "PNG", compress_level=1), 1),
        timed("PNG cavendish, 1 thread", lambda: png.encode(pixels, threads=1), runs),
        timed("PNG cavendish", lambda: codec.encode(pixels, OutputSpec()).data, runs)])
    print()
    compare(timed("JPEG 92 Pillow default (4:2:0)", lambda: pillow(rows, "JPEG", quality=92), runs), [
        timed("JPEG 92 cavendish (4:4:4)", lambda: codec.encode(pixels, OutputSpec(mime="image/jpeg")).data, runs),
        timed("JPEG 85 cavendish (4:2:0)", lambda: codec.encode(pixels, OutputSpec(mime="image/jpeg", quality=85)).data, runs)])
    print()
    for kind in ("WebP", "AVIF"):
        mime = f"image/{kind.lower()}"
        compare(timed(f"{kind} 80 Pillow default", lambda k=kind: pillow(rows, k, quality=80), 1), [
            timed(f"{kind} 80 cavendish", lambda m=mime: codec.encode(pixels, OutputSpec(mime=m, quality=80)).data, 1)])
        print()
    fit = timed("resize to 1080x1080", lambda: resize.fit(pixels, Size(1080, 1080)).data, runs)
    print(f"{fit.name:34} {fit.seconds * 1e3:8.0f}")


if __name__ == "__main__":
    main()
