"""The catalog's index against reading the CSV and scanning it at every search. Prints ratios; CPU seconds of this process.

    python bench/catalog.py [rows]
"""

import csv
import random
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cavendish.thinking.grounding_catalog import CatalogSearch, open_catalog, words

SEARCHES = 20
PROMPT = "AK-777 the red kettle lamp on a kitchen table beside word5 and word77"


def write(path: Path, rows: int) -> None:
    """Write products of three words with prose of twenty, out of 3,005."""
    chance = random.Random(1)
    known = [f"word{i}" for i in range(3_000)] + ["kettle", "lamp", "mug", "chair", "table"]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["sku", "title", "description"])
        for number in range(rows):
            table.writerow([f"AK-{number}", " ".join(chance.sample(known, 3)), " ".join(chance.choices(known, k=20))])


def scanned(path: Path) -> int:
    """The alternative: every search reads the file and counts words of each title."""
    wanted = set(words(PROMPT))
    with path.open(newline="", encoding="utf-8") as file:
        return sum(len(wanted & set(words(row["title"]))) >= 2 for row in csv.DictReader(file))


def indexed(catalog: CatalogSearch) -> int:
    """The index."""
    return len(catalog.search(PROMPT, 5, lambda: None))


def cpu_s(work: object, times: int) -> float:
    """Median CPU seconds of a call."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()  # type: ignore[operator]
        taken.append(time.process_time() - start)
    return median(taken)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with TemporaryDirectory() as folder:
        path = Path(folder) / "products.csv"
        write(path, rows)
        catalog = open_catalog(path, Path(folder) / "index" / "index.db")
        build_s = cpu_s(catalog.refresh, 1)
        search_s, scan_s = cpu_s(lambda: indexed(catalog), SEARCHES), cpu_s(lambda: scanned(path), 3)
        size_mib, saved_s = catalog.index.stat().st_size / 2**20, scan_s - search_s
        print(f"{rows} rows: index {build_s:.2f} s once ({size_mib:.0f} MiB); search {search_s * 1e3:.1f} ms, scan "
              f"{scan_s * 1e3:.0f} ms: {scan_s / search_s:.0f} times; paid back after {build_s / saved_s:.0f} searches")


if __name__ == "__main__":
    main()
