"""What the word policy catches and what it refuses by mistake, counted: `python bench/policy.py [--misses]`.

Prints docs/safety.md's table. Sets: tests/trust/policy/benign.txt and obfuscated.toml, written before the normaliser was tuned.
Alternative: whole words of the same lists on the lower-cased prompt, as simple filters do.
"""

import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from cavendish.errors import Blocked
from cavendish.trust.policy import CATEGORIES, check, load
from cavendish.types import ImageRequest

SETS = Path(__file__).parents[1] / "tests" / "trust" / "policy"
STRICT = tuple((category, "block_low_and_above") for category in CATEGORIES)


def benign() -> list[str]:
    return [line for line in (SETS / "benign.txt").read_text("utf-8").splitlines() if not line.startswith("#")]


def obfuscated() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((SETS / "obfuscated.toml").read_text("utf-8"))


def blocked(prompt: str, safety: tuple[tuple[str, str], ...] = ()) -> bool:
    try:
        check(ImageRequest(prompt=prompt, safety=safety))
    except Blocked:
        return True
    return False


def simple(prompt: str, least: tuple[str, ...] = ("high",)) -> bool:
    text = prompt.lower()
    return any(all(phrases.plain.search(text) for phrases in rule.all) for rule in load().rules if rule.probability in least)


def count(prompts: list[str], refuses: Callable[[str], bool]) -> str:
    return f"{sum(map(refuses, prompts))}/{len(prompts)}"


def main() -> None:
    sets = obfuscated()
    hidden = [p for prompts in sets["held_out"].values() for p in prompts]
    print(f"{'':28} {'Cavendish':>10} {'plain list':>11}")
    for kind, prompts in sets["held_out"].items():
        print(f"{kind:28} {count(prompts, blocked):>10} {count(prompts, simple):>11}")
    print(f"{'hidden spellings caught':28} {count(hidden, blocked):>10} {count(hidden, simple):>11}")
    for kind, prompts in sets["beyond"].items():
        print(f"{kind + ' caught':28} {count(prompts, blocked):>10} {count(prompts, simple):>11}")
    print(f"{'false alarms, default':28} {count(benign(), blocked):>10} {count(benign(), simple):>11}")
    every = ("low", "medium", "high")
    print(f"{'false alarms, strictest':28} {count(benign(), lambda p: blocked(p, STRICT)):>10} "
          f"{count(benign(), lambda p: simple(p, every)):>11}")
    for size in (80, 800, 8_000, 131_072):
        text = ("a red bicycle on a beach at sunset, 3 gulls, soft light; " * 3000)[:size]
        start = time.process_time()
        blocked(text)
        print(f"{size:>7} characters, CPU: {(time.process_time() - start) * 1e3:8.2f} ms")
    if "--misses" in sys.argv:
        print(*(repr(p) for p in hidden if not blocked(p)), sep="\n")
        print(*(repr(p) for p in benign() if blocked(p, STRICT)), sep="\n")


if __name__ == "__main__":
    main()
