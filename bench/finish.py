"""Encoders, sizes and margins side by side on one photo-like picture, against Pillow's defaults in the same run.

    python bench/finish.py [--side 4096] [--runs 3]

Prints medians and ratios of the time on the clock, of the time on the processors (which other work hardly moves) and of the
bytes, and checks that lossless files decode bit for bit; never a timed test.
"""

import argparse
import io
import os
import statistics
import time
from dataclasses import dataclass

import cv2
import numpy as np
import pyvips
from PIL import Image

from cavendish.imaging import codec, png, resize
from cavendish.imaging.raster import view, with_depth, wrap
from cavendish.imaging.reframe import plan_crop
from cavendish.imaging.resize import Framing
from cavendish.imaging.upscale import upscale
from cavendish.types import OutputSpec, Pixels, Size


@dataclass(frozen=True)
class Row:
    name: str
    seconds: float
    cpu: float
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
    times, busy, size = [], [], 0
    for _ in range(runs):
        start, worked = time.perf_counter(), time.process_time()
        size = len(run())
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - worked)
    return Row(name, statistics.median(times), statistics.median(busy), size)


def pillow(rows: np.ndarray, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rows).save(out, kind, **options)
    return out.getvalue()


def ours(pixels: Pixels, mime: str = "image/png", **options) -> bytes:
    return codec.encode(pixels, OutputSpec(mime=mime, **options)).data


def compare(base: Row, rows: list[Row]) -> None:
    print(f"{'':38} {'ms':>8} {'CPU ms':>8} {'MB':>7} {'faster':>8} {'by CPU':>8} {'bytes':>7}")
    for row in (base, *rows):
        print(f"{row.name:38} {row.seconds * 1e3:8.0f} {row.cpu * 1e3:8.0f} {row.size / 1e6:7.2f} "
              f"{base.seconds / row.seconds:7.1f}x {base.cpu / row.cpu:7.1f}x {row.size / base.size:6.2f}x")
    print()


def exact(name: str, pixels: Pixels, data: bytes) -> None:
    """Decode a lossless file in two libraries and say whether it is what went in."""
    rows = view(pixels)
    readers = {"Pillow": lambda: np.asarray(Image.open(io.BytesIO(data))),
               "libvips": lambda: pyvips.Image.new_from_buffer(data, "").numpy()}
    if pixels.depth == 16:
        del readers["Pillow"]  # it cuts 16-bit colour to 8
    same = {reader: np.array_equal(read().reshape(rows.shape), rows) for reader, read in readers.items()}
    told = ", ".join(f"{reader} {'yes' if ok else 'NO'}" for reader, ok in same.items())
    print(f"{name}: bit-exact in {told}")


def lossless(rows: np.ndarray, runs: int) -> None:
    pixels, deep = wrap(rows), with_depth(wrap(rows), 16)
    compare(timed("PNG Pillow default", lambda: pillow(rows, "PNG"), 1), [
        timed("PNG Pillow level 1", lambda: pillow(rows, "PNG", compress_level=1), 1),
        timed("PNG cavendish, 1 thread", lambda: png.encode(pixels, threads=1), runs),
        timed("PNG cavendish", lambda: ours(pixels), runs)])
    small = wrap(np.ascontiguousarray(rows[:577, :577]))  # 1 MB of samples
    compare(timed("PNG of 1 MB, Pillow default", lambda: pillow(view(small), "PNG"), runs), [
        timed("PNG of 1 MB, cavendish, 1 thread", lambda: png.encode(small, threads=1), runs * 5),
        timed("PNG of 1 MB, cavendish", lambda: ours(small), runs * 5)])
    compare(timed("TIFF Pillow default (not packed)", lambda: pillow(rows, "TIFF"), runs), [
        timed("TIFF Pillow LZW", lambda: pillow(rows, "TIFF", compression="tiff_lzw"), 1),
        timed("TIFF cavendish (LZW, predictor)", lambda: ours(pixels, "image/tiff"), 1),
        timed("TIFF cavendish 16 bits (deflate)", lambda: ours(deep, "image/tiff", bit_depth=16), 1)])
    noisy = wrap(np.random.default_rng(0).integers(0, 65_536, (512, 512, 3)).astype(np.uint16))
    for name, picture, mime, depth in (("PNG", pixels, "image/png", 8), ("PNG 16", noisy, "image/png", 16),
                                       ("TIFF", pixels, "image/tiff", 8), ("TIFF 16", noisy, "image/tiff", 16)):
        exact(name, picture, ours(picture, mime, bit_depth=depth))
    print()


def lossy(rows: np.ndarray, runs: int) -> None:
    pixels = wrap(rows)
    compare(timed("JPEG 92 Pillow default (4:2:0)", lambda: pillow(rows, "JPEG", quality=92), runs), [
        timed("JPEG 92 Pillow 4:4:4", lambda: pillow(rows, "JPEG", quality=92, subsampling=0), runs),
        timed("JPEG 92 cavendish (4:4:4)", lambda: ours(pixels, "image/jpeg"), runs),
        timed("JPEG 89 cavendish (4:2:0)", lambda: ours(pixels, "image/jpeg", quality=89), runs)])
    for kind in ("WebP", "AVIF"):
        mime = f"image/{kind.lower()}"
        more = [timed(f"AVIF 80 cavendish, {d} bits", lambda d=d, m=mime: ours(pixels, m, quality=80, bit_depth=d), 1)
                for d in ((10, 12) if kind == "AVIF" else ())]
        compare(timed(f"{kind} 80 Pillow default", lambda k=kind: pillow(rows, k, quality=80), 1),
                [timed(f"{kind} 80 cavendish", lambda m=mime: ours(pixels, m, quality=80), 1), *more])
    if codec.available("image/jxl"):
        compare(timed("AVIF 80 cavendish, again", lambda: ours(pixels, "image/avif", quality=80), 1),
                [timed("JXL 90 cavendish", lambda: ours(pixels, "image/jxl", quality=90), 1),
                 timed("JXL lossless cavendish", lambda: ours(pixels, "image/jxl", quality=100), 1)])


def shapes(rows: np.ndarray, runs: int) -> None:
    pixels, deep = wrap(rows), with_depth(wrap(rows), 16)
    pil, small = Image.fromarray(rows), resize.fit(wrap(rows), Size(1024, 1024))
    square = Size(1080, 1080)
    compare(timed("to 1080x1080, Pillow LANCZOS", lambda: pil.resize((1080, 1080), Image.Resampling.LANCZOS).tobytes(), runs), [
        timed("to 1080x1080, in linear light", lambda: resize.fit(pixels, square).data, runs),
        timed("to 1080x1080, in linear light, 16 bits", lambda: resize.fit(deep, square).data, runs)])
    half = Image.fromarray(view(small))
    compare(timed("1024 to 4096, Pillow LANCZOS", lambda: half.resize((4096,) * 2, Image.Resampling.LANCZOS).tobytes(), runs), [
        timed("1024 to 4096, Lanczos", lambda: resize.fit(small, Size(4096, 4096)).data, runs),
        timed("1024 to 4096, tiles, nearest network", lambda: upscale(small, Nearest()).data, 1)])
    story = Framing(size=Size(1080, 1920), mode="pad", fill="blur")
    for row in (timed("1080x1920 with blurred margins", lambda: resize.frame(pixels, story).data, runs),
                timed("where to crop 1200x628", lambda: plan_crop(pixels, Size(1200, 628)).cuts, runs),
                timed("16 to 8 bits with dither", lambda: with_depth(_finer(deep), 8).data, 1)):
        print(f"{row.name:38} {row.seconds * 1e3:8.0f}")
    print()


class Nearest:
    """The cheapest network: what is measured is the cutting, the blending and the rounding."""

    scale = 4

    def __call__(self, tile: np.ndarray) -> np.ndarray:
        return tile.repeat(4, axis=0).repeat(4, axis=1)


def _finer(deep: Pixels) -> Pixels:
    return wrap(view(deep) | np.uint16(1))


def caps(rows: np.ndarray) -> None:
    story = resize.frame(wrap(rows), Framing(size=Size(720, 1280)))
    print("720x1280 under 100 KB")
    for mime in ("image/jpeg", "image/webp", "image/avif"):
        spec = OutputSpec(mime=mime, quality=95)
        row = timed(mime, lambda s=spec: codec.fit_bytes(story, s, 100_000).data, 1)
        back = np.asarray(Image.open(io.BytesIO(codec.fit_bytes(story, spec, 100_000).data)))
        psnr = 10 * np.log10(255**2 / np.mean((back.astype(float) - view(story)) ** 2))
        print(f"{row.name:38} {row.seconds * 1e3:8.0f} ms, {row.size} bytes, {psnr:.1f} dB")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--side", type=int, default=4096)
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()
    rows = photo(args.side)
    print(f"{args.side}x{args.side} RGB, photo-like, {os.cpu_count()} cores, median of {args.runs} (slow rows: one run)\n")
    lossless(rows, args.runs)
    lossy(rows, args.runs)
    shapes(rows, args.runs)
    caps(rows)


if __name__ == "__main__":
    main()
