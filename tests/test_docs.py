"""The documents cannot lie: examples run, pages are generated, links lead somewhere."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import KEY

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_generated_pages_are_current(name: str) -> None:
    wanted = GENERATOR.NOTE + GENERATOR.PAGES[name]()
    assert (ROOT / "docs" / "reference" / name).read_text("utf-8") == wanted, "run: make docs"


def _blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.S)


@pytest.mark.clients
@pytest.mark.parametrize("block", _blocks(ROOT / "README.md", "python"), ids=lambda b: b.split("\n")[0])
def test_readme_examples_run(block: str, server, tmp_path: Path) -> None:
    code = block.replace("http://127.0.0.1:8787", server.url).replace("any-key", KEY)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=120)
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) == 1
    assert pictures[0].read_bytes().startswith(b"\x89PNG")


def test_readme_commands_run(tmp_path: Path) -> None:
    lines = [line for block in _blocks(ROOT / "README.md", "sh") for line in block.splitlines() if line.startswith("cavendish")]
    assert len(lines) == 3
    program = Path(sys.executable).parent / "cavendish"
    for line in lines:
        subprocess.run(line.replace("cavendish", str(program), 1), shell=True, cwd=tmp_path, check=True, timeout=120,
                       env={"PATH": "/usr/bin:/bin", "CAVENDISH_DATA": str(tmp_path / "data"), "HOME": str(tmp_path)})
    assert {p.name for p in tmp_path.glob("*.png")} == {"mugs.png", "night.png"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert [t for t in targets if not (page.parent / t).exists()] == []
