"""The comp engine: time per picture and peak memory, beside the same pictures without its caches, in one run.

Run: python bench/comp.py [--prompts 12] [--size 1024x1024 ...]. Prints tables; asserts nothing, because machines differ.
The alternative is named in the table: every sprite drawn from its SVG for every picture, as a first version would.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

from cavendish.engines.comp import engine
from cavendish.engines.comp.painting import sprites
from cavendish.types import ImageRequest, Size

PROMPTS = (
    "a red running shoe on a studio background, product photo", "a dog on a beach at sunset", "three red mugs on a wooden desk",
    "a taxi in a city street at night", "a cat under a tree in a meadow", "an astronaut and a rocket in space",
    "two penguins and a snowman in the snow", "a sailboat on the sea at golden hour", "four fish and a turtle underwater",
    'a poster with the headline "Summer Sale" and a watermelon on the beach', "a teapot and a cupcake in a kitchen",
    "seven sheep in a meadow, cloudy", "a fox in a forest, watercolor", "a camel in the desert, flat illustration",
    "a bicycle in a street, pencil drawing", "a castle in the mountains, cinematic",
)
CACHES = (sprites._dressed_small, sprites._dressed_middle, sprites._dressed_large, sprites._drawn, sprites._drawn_large,
          sprites.silhouette, sprites.frame, sprites.shape)


def drop_caches() -> None:
    """Forget every raster."""
    for cache in CACHES:
        cache.cache_clear()


def once(comp: engine.CompEngine, prompt: str, size: Size, seed: int = 1) -> float:
    """Draw one picture; return milliseconds."""
    request = ImageRequest(prompt=prompt, model="comp", size=size, seed=seed)
    start = time.perf_counter()
    list(comp.generate(request, lambda *_args, **_named: None))
    return (time.perf_counter() - start) * 1000


def measure(size: Size, prompts: tuple[str, ...]) -> dict[str, float]:
    """Return milliseconds: the very first picture, then medians warm and without caches."""
    comp = engine.CompEngine()
    drop_caches()
    first = once(comp, prompts[0], size)
    cold = [once(comp, p, size) for p in prompts]
    warm = [statistics.median(once(comp, p, size, seed) for seed in (1, 2, 3)) for p in prompts]
    bare = []
    for prompt in prompts:
        drop_caches()
        bare.append(once(comp, prompt, size))
    return {"first": first, "cold": statistics.median(cold), "warm": statistics.median(warm), "worst": max(warm),
            "no cache": statistics.median(bare)}


def peak_mib(size: str, prompt: str) -> float:
    """Return the peak resident memory of a process that draws one picture."""
    code = ("import resource; from cavendish.engines.comp.engine import CompEngine; from cavendish.types import *; "
            f"request = ImageRequest(prompt={prompt!r}, model='comp', size=Size.parse({size!r}), seed=1); "
            "list(CompEngine().generate(request, lambda *a, **k: None)); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(out.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    parser.add_argument("--size", nargs="*", default=["512x512", "1024x1024", "1376x768", "3072x384", "2048x2048", "4096x4096"])
    given = parser.parse_args()
    print("milliseconds; no cache = every sprite drawn from its SVG for every picture; x = no cache / warm")
    print(f"{'size':>11} {'first':>8} {'cold':>8} {'warm':>8} {'worst':>8} {'no cache':>9}  x")
    for size in given.size:
        prompts = PROMPTS[:given.prompts if Size.parse(size).pixels < 5_000_000 else min(4, given.prompts)]
        t = measure(Size.parse(size), prompts)
        cells = "".join(f" {t[k]:8.0f}" for k in ("first", "cold", "warm", "worst", "no cache"))
        print(f"{size:>11}{cells}  {t['no cache'] / t['warm']:4.1f}", flush=True)
    for prompt in (PROMPTS[0], PROMPTS[12]):
        print(f"peak memory at 4096x4096: {peak_mib('4096x4096', prompt):.0f} MiB   ({prompt})")
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
