"""Who can use the page: by keyboard alone, on a small screen, in the dark, with a screen reader; and who cannot."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from web.browsing import Studio, choose, draw, painter, session_of, watched
from web.fixtures import chromium_fixture, open_page_fixture, page_fixture, studio_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser


def test_drawing_by_keyboard_alone(page: Page, studio: Studio) -> None:
    expect(page.locator("#prompt")).to_be_focused()
    page.keyboard.type("a dog")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.name") == "ratio":
            break
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=ratio][value='5:4']")).to_be_checked()
    page.locator("#prompt").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".picture img")).to_be_visible()
    assert studio.last.prompt == "a dog"
    assert str(studio.last.size) == "1152x928"


def test_the_focus_can_always_be_seen(page: Page) -> None:
    unseen = page.evaluate("""() => {
        const bare = []
        for (const e of document.querySelectorAll("button, a, select, summary, input, textarea")) {
            if (!e.checkVisibility()) continue
            e.focus({ focusVisible: true })
            const shown = (x) => x && getComputedStyle(x).outlineStyle !== "none" && getComputedStyle(x).outlineWidth !== "0px"
            const boxed = e.closest(".prompt-box") && getComputedStyle(e.closest(".prompt-box")).boxShadow !== "none"
            if (document.activeElement === e && ![e, e.nextElementSibling, e.closest("label")].some(shown) && !boxed) bare.push(e.outerHTML)
        }
        return bare
    }""")
    assert unseen == []


def test_everything_that_acts_has_a_name(page: Page) -> None:
    draw(page, "a dog")
    nameless = page.evaluate("""() => [...document.querySelectorAll("button, a[href], select, input, textarea, [role=tab]")]
        .filter((e) => e.checkVisibility() && !(e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim()))
        .map((e) => e.outerHTML)""")
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_page_fits_and_its_words_can_be_read(open_page: Callable[..., Page], studio: Studio, width: int, scheme: str) -> None:
    page = open_page(studio.server, studio.cookie, viewport={"width": width, "height": 800}, color_scheme=scheme)
    choose(page, "tier", "512")
    draw(page, "a dog")
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    assert page.locator(".hint:visible, .facts, .notes p, button:visible, .ratios span").evaluate_all(CONTRAST) == []


CONTRAST = """(elements) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    const pen = canvas.getContext("2d", { willReadFrequently: true })
    const rgb = (css) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = css; pen.fillRect(0, 0, 1, 1); return pen.getImageData(0, 0, 1, 1).data }
    const light = (c) => [0, 1, 2].map((i) => c[i] / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0)
    const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c } }
    return elements.filter((e) => e.textContent.trim() && e.checkVisibility()).map((e) => {
        const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x)
        return [Math.round((a + 0.05) / (b + 0.05) * 10) / 10, e.textContent.trim().slice(0, 30)]
    }).filter(([ratio]) => ratio < 4.5)
}"""


def test_on_a_small_screen_the_picture_comes_into_sight_and_cancel_stays_there(open_page: Callable[..., Page],
                                                                               serve: Callable) -> None:
    server = serve({"comp": painter(steps=20, delay_s=0.05)})
    page = open_page(server, session_of(server), viewport={"width": 360, "height": 700})
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.locator("[data-cancel]")).to_be_in_viewport()
    expect(page.locator(".picture img")).to_be_in_viewport()


def test_the_link_opens_once_and_leaves_no_token_behind(chromium: Browser, serve: Callable) -> None:
    server, complaints = serve({"comp": painter()}), []
    link = f"{server.url}/?token={server.token}"
    first, second = chromium.new_context(), chromium.new_context()
    page = watched(first, complaints)
    page.goto(link)
    page.locator("body[data-ready]").wait_for()
    assert page.url == server.url + "/"
    assert first.cookies()[0]["httpOnly"]
    assert first.cookies()[0]["sameSite"] == "Strict"
    other = watched(second, complaints)
    assert other.goto(link).status == 403
    expect(other.get_by_role("heading")).to_have_text("This link no longer works")
    assert other.goto(server.url).status == 401
    expect(other.get_by_role("heading")).to_have_text("Open the link from your terminal")
    assert complaints == []
    first.close()
    second.close()


def test_a_session_that_ended_says_so(page: Page) -> None:
    page.context.clear_cookies()
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.get_by_role("alert").filter(has_text="The session has ended")).to_contain_text("make serve")
