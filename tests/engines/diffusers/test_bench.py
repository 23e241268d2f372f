"""The GPU bench runs: with toy shapes on the processor."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.heavy
def test_the_bench_measures_every_row(tmp_path):
    out = tmp_path / "rows.json"
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests")))
    subprocess.run([sys.executable, str(ROOT / "bench" / "gpu_flash.py"), "--tiny", "--repeat", "2", "--out", str(out)],
                   check=True, capture_output=True, env={**os.environ, "PYTHONPATH": paths})
    rows = json.loads(out.read_text())["rows"]
    assert len(rows) == 13 + (find_spec("spandrel") is not None)
    assert all(r["p50"] > 0 or r["rate"] > 0 for r in rows)
