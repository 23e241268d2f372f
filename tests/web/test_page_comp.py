"""The page with the embedded engine: what a person meets first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from web.browsing import choose, draw, natural_size, session_of
from web.fixtures import chromium_fixture, open_page_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser


def _centre(page: Page) -> list[int]:
    """The colours of the picture on the stage, averaged over eight by eight fields."""
    return page.locator(".picture img").first.evaluate("""(e) => {
        const small = Object.assign(document.createElement("canvas"), { width: 8, height: 8 })
        small.getContext("2d").drawImage(e, 0, 0, 8, 8)
        return [...small.getContext("2d").getImageData(0, 0, 8, 8).data]
    }""")


def test_draw_edit_and_go_back_with_the_embedded_engine(open_page: Callable[..., Page], serve: Callable) -> None:
    server = serve()
    page = open_page(server, session_of(server))
    choose(page, "tier", "512")
    choose(page, "ratio", "4:3")
    page.fill("#seed", "7")
    draw(page, "a red ball on a wooden table")
    assert natural_size(page) == [600, 448]
    expect(page.locator(".notes")).to_contain_text("comp")
    day = _centre(page)
    page.locator(".picture").get_by_role("button", name="Edit").click()
    draw(page, "make the ball blue")
    assert natural_size(page) == [600, 448]
    blue = _centre(page)
    assert blue != day
    page.locator(".turn-strip button").first.click()
    expect(page.locator(".notes .asked")).to_have_text("a red ball on a wooden table")
    assert _centre(page) == day


def test_the_largest_table_size_arrives_in_the_page(open_page: Callable[..., Page], serve: Callable) -> None:
    server = serve()
    page = open_page(server, session_of(server))
    page.set_default_timeout(60_000)
    choose(page, "tier", "4K")
    choose(page, "ratio", "16:9")
    draw(page, "a lighthouse at sunset")
    assert natural_size(page) == [5504, 3072]
