"""Fixtures of the browser tests. Each is of its module: Playwright has one loop per thread."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import KEY, Server, serving
from web.browsing import COOKIE, FLAGS, Studio, painter, session_of, watched


@pytest.fixture(name="studio", scope="module")
def studio_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio behind a key, without a cache: every call reaches the engine."""
    engine = painter()
    with serving(tmp_path_factory.mktemp("studio"), {"comp": engine}, cache_mb=0, api_keys=(KEY,)) as server:
        yield Studio(server, engine, session_of(server))


@pytest.fixture(name="chromium", scope="module")
def chromium_fixture() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed: Debian's package `chromium` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture(name="open_page")
def open_page_fixture(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A factory: `open_page(server, cookie)` opens the page in a fresh profile. No complaint may be left at the end."""
    contexts, complaints = [], []

    def opened(server: Server, cookie: str, **options: object) -> Page:
        contexts.append(chromium.new_context(**options))
        contexts[-1].add_cookies([{"name": COOKIE, "value": cookie, "url": server.url}])
        page = watched(contexts[-1], complaints)
        page.goto(server.url + "/")
        page.locator("body[data-ready]").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(name="page")
def page_fixture(open_page: Callable[..., Page], studio: Studio) -> Page:
    return open_page(studio.server, studio.cookie)
