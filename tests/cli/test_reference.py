"""docs/reference/cli.md is what the program says about itself."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date():
    script = runpy.run_path(str(ROOT / "docs" / "write_cli.py"))
    assert (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8") == script["page"](), "run python docs/write_cli.py"
