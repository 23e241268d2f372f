"""The files of the page keep the house rules: small modules, no globals, nothing inline, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "src" / "cavendish" / "web"
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))
PAGES = sorted(WEB.glob("*.html"))


def _name(path: Path) -> str:
    return str(path.relative_to(WEB))


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_a_script_is_a_small_module_that_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("/**")
    assert len(text.splitlines()) <= 200
    assert max(map(len, text.splitlines())) <= 170
    assert not re.search(r"\b(innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write|globalThis|window\.)", text)
    assert not re.search(r"^(let|var) ", text, re.M)


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_every_import_is_a_file_of_ours(path: Path) -> None:
    for target in re.findall(r"""(?:from|import) "([^"]+)"$""", path.read_text("utf-8"), re.M):
        assert target.startswith("."), target
        assert (path.parent / target).is_file() or "snippets" in path.parts


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_every_lasting_listener_can_end(path: Path) -> None:
    calls = re.split(r"\b(?=\w+\.addEventListener\()", path.read_text("utf-8"))[1:]
    for call in (c for c in calls if re.match(r"document|form|run|turns", c)):
        assert "{ signal }" in call, call[:80]


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_a_page_has_nothing_inline_and_names_only_files_that_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\s(style|on\w+)=|<style|<script(?![^>]*\ssrc=)", text)
    for target in re.findall(r'(?:href|src)="/web/([^"]+)"', text):
        assert (WEB / target).is_file(), target


def test_every_style_sheet_is_used_and_layered() -> None:
    pages = "".join(p.read_text("utf-8") for p in PAGES)
    for path in STYLES:
        assert f"/web/{_name(path)}" in pages
        assert "@layer" in path.read_text("utf-8")


@pytest.mark.parametrize("path", [p for p in STYLES if p.name != "tokens.css"], ids=_name)
def test_colours_come_from_the_tokens(path: Path) -> None:
    assert not re.search(r"#[0-9a-f]{6}\b|rgb\(|hsl\(", path.read_text("utf-8"))
    assert "url(" not in path.read_text("utf-8")
