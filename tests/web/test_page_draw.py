"""The page in Chromium: draw, see, choose, bring references, edit, cancel, and be told what went wrong."""

import base64
import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cavendish.errors import OutOfMemory
from cavendish.types import ReferenceRole, Size
from web.browsing import Studio, choose, draw, natural_size, painter, session_of, size_of
from web.fixtures import chromium_fixture, open_page_fixture, page_fixture, studio_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser


def _png(color: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "PNG")
    return out.getvalue()


def _pick(page: Page, *names: str) -> None:
    page.set_input_files("[data-files]", [{"name": n, "mimeType": "image/png", "buffer": _png()} for n in names])


def test_a_picture_arrives_in_the_pixels_of_the_table(page: Page, studio: Studio) -> None:
    choose(page, "ratio", "21:9")
    choose(page, "tier", "512")
    draw(page, "a dog")
    assert natural_size(page) == [792, 336]
    assert studio.last.size == Size(792, 336)
    expect(page.locator(".facts")).to_contain_text("792 × 336")


def test_the_picker_draws_every_shape_and_says_its_pixels(page: Page) -> None:
    shapes = page.locator(".ratios label:visible")
    assert shapes.count() == 14
    for label in shapes.all():
        wide, high = map(int, label.inner_text().split(":"))
        assert label.locator("rect").evaluate("e => e.getBBox().width / e.getBBox().height") == pytest.approx(wide / high, rel=0.01)
    choose(page, "tier", "4K")
    choose(page, "ratio", "1:8")
    expect(page.locator("[data-pixels]")).to_have_text("1536 × 12288")
    expect(page.locator(".blank .frame")).to_have_text("1536 × 12288")


def test_a_model_turns_off_what_it_does_not_make(page: Page) -> None:
    choose(page, "ratio", "8:1")
    page.select_option("#model", "gemini-2.5-flash-image")
    expect(page.locator("input[name=ratio][value='8:1']")).to_be_disabled()
    expect(page.locator("input[name=tier][value='4K']")).to_be_disabled()
    expect(page.locator("input[name=ratio][value='1:1']")).to_be_checked()


def test_candidates_arrive_each_with_its_own_seed(page: Page, studio: Studio) -> None:
    choose(page, "tier", "512")
    choose(page, "count", "3")
    page.fill("#seed", "40")
    draw(page, "a dog", pictures=3)
    assert [b.inner_text() for b in page.locator(".facts button").all()] == ["seed 40", "seed 41", "seed 42"]
    assert studio.last.count == 3


def test_a_new_seed_is_set_and_the_seed_of_a_picture_can_be_used_again(page: Page, studio: Studio) -> None:
    page.click("seed-field [data-new]")
    first = page.input_value("#seed")
    assert 0 <= int(first) < 2**31
    choose(page, "tier", "512")
    draw(page, "a dog")
    assert studio.last.seed == int(first)
    page.click("seed-field [data-clear]")
    page.click(".facts button")
    assert page.input_value("#seed") == first


def test_a_bad_seed_is_explained_and_not_drawn(page: Page, studio: Studio) -> None:
    before = len(studio.engine.seen)
    page.fill("#seed", "12x")
    expect(page.locator("#seed-problem")).to_contain_text("whole number")
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.locator("#seed")).to_be_focused()
    assert len(studio.engine.seen) == before


def test_an_empty_prompt_is_explained(page: Page) -> None:
    page.click("[data-draw]")
    expect(page.locator("[data-prompt-problem]")).to_have_text("Write what to draw first.")
    expect(page.locator("#prompt")).to_be_focused()


def test_references_by_picker_keep_order_roles_and_bytes(page: Page, studio: Studio) -> None:
    _pick(page, "cup.png", "lamp.png")
    page.locator(".reference select").nth(1).select_option("style")
    choose(page, "tier", "512")
    draw(page, "a table with the cup")
    roles = [r.role for r in studio.last.references]
    assert roles == [ReferenceRole.OBJECT, ReferenceRole.STYLE]
    assert studio.last.references[0].data == _png()


def test_a_reference_is_removed(page: Page) -> None:
    _pick(page, "cup.png", "cup.png")
    expect(page.locator(".reference img")).to_have_count(2)
    page.get_by_role("button", name="Remove reference 2, cup-2.png").click()
    expect(page.locator(".reference img")).to_have_count(1)


def test_fourteen_references_fit_and_no_more(page: Page) -> None:
    _pick(page, *(f"{i}.png" for i in range(15)))
    expect(page.locator(".reference")).to_have_count(14)
    expect(page.locator("reference-tray [data-count]")).to_contain_text("1 did not fit")
    expect(page.locator("[data-files]")).to_be_disabled()


@pytest.mark.parametrize(("event", "carrier"), [("paste", "clipboardData"), ("drop", "dataTransfer")])
def test_references_by_paste_and_by_drop(page: Page, event: str, carrier: str) -> None:
    page.locator("body").evaluate("""(body, [event, carrier, text]) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
        const moved = new DataTransfer()
        moved.items.add(new File([bytes], "seen.png", { type: "image/png" }))
        const kind = event === "paste" ? ClipboardEvent : DragEvent
        body.dispatchEvent(new kind(event, { [carrier]: moved, bubbles: true, cancelable: true }))
    }""", [event, carrier, base64.b64encode(_png()).decode()])
    expect(page.locator(".reference img")).to_have_attribute("alt", "seen.png")
    assert page.locator(".reference img").evaluate("e => e.decode().then(() => e.naturalWidth)") == 64


def test_edits_go_on_from_the_last_picture_and_back_to_any_earlier_one(page: Page, studio: Studio) -> None:
    choose(page, "tier", "512")
    choose(page, "ratio", "3:2")
    draw(page, "a dog")
    page.get_by_role("button", name="Edit").first.click()
    draw(page, "make it blue")
    assert (studio.last.base.state, studio.last.history, studio.last.size) == (b"a dog", ("a dog",), Size(632, 424))
    draw(page, "add a hat")
    assert (studio.last.base.state, studio.last.history) == (b"make it blue", ("a dog", "make it blue"))
    page.locator(".turn-strip button").first.click()
    page.locator(".picture").get_by_role("button", name="Edit").click()
    draw(page, "make it red")
    assert (studio.last.base.state, studio.last.history) == (b"a dog", ("a dog",))
    page.get_by_role("button", name="Stop editing").click()
    draw(page, "a cat")
    assert studio.last.references == ()


def test_a_download_has_a_name_that_says_what_it_is(page: Page) -> None:
    choose(page, "tier", "512")
    page.fill("#seed", "5")
    draw(page, "Ein Hündchen, auf dem Sofa!")
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download").click()
    assert caught.value.suggested_filename == "ein-hündchen-auf-dem-sofa-512x512-seed5.png"
    assert size_of(caught.value.path()) == (512, 512)


def test_what_the_engine_says_is_shown(page: Page) -> None:
    draw(page, "a dog")
    notes = page.locator(".notes")
    expect(notes).to_contain_text("A layout comp, drawn from rules.")
    expect(notes).to_contain_text("Cavendish Flash is not installed here, so Comp drew this.")
    notes.locator("summary").click()
    expect(notes.get_by_text("One subject: a dog.")).to_be_visible()


def test_a_refusal_is_shown_with_what_to_do(page: Page) -> None:
    page.fill("#prompt", "how to build a pipe bomb")
    page.click("[data-draw]")
    problem = page.get_by_role("alert").filter(has_text="Refused by policy")
    expect(problem).to_contain_text("Change these words")
    expect(page.locator("[data-draw]")).to_be_enabled()


def test_a_failing_engine_is_shown_and_the_page_goes_on(open_page: Callable[..., Page], serve: Callable) -> None:
    engine = painter(fail=OutOfMemory("the GPU ran out of memory", hint="choose a smaller size"))
    server = serve({"comp": engine})
    page = open_page(server, session_of(server))
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.get_by_role("alert").filter(has_text="Out of memory")).to_contain_text("Choose a smaller size.")
    engine.fail = None
    draw(page, "a dog")


def test_cancel_stops_the_engine_and_escape_does_the_same(open_page: Callable[..., Page], serve: Callable) -> None:
    engine = painter(steps=200, delay_s=0.05)
    server = serve({"comp": engine})
    page = open_page(server, session_of(server))
    for stop in (lambda: page.click("[data-cancel]"), lambda: page.keyboard.press("Escape")):
        engine.stopped.clear()
        page.fill("#prompt", "a dog")
        page.click("[data-draw]")
        expect(page.locator("progress[value]")).to_be_visible()
        stop()
        expect(page.locator(".notice")).to_contain_text("Cancelled")
        assert engine.stopped.wait(5)
        expect(page.locator("[data-draw]")).to_be_enabled()


def test_progress_grows_and_is_announced(open_page: Callable[..., Page], serve: Callable) -> None:
    server = serve({"comp": painter(steps=10, delay_s=0.1)})
    page = open_page(server, session_of(server))
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.locator("[data-live]")).to_have_text("Drawing")
    bar = page.locator("progress[value]")
    first = float(bar.get_attribute("value"))
    expect(page.locator("[data-live]")).to_have_text("The picture is ready")
    assert 0 < first < 1


def test_a_server_that_has_gone_is_told(open_page: Callable[..., Page], studio: Studio) -> None:
    page = open_page(studio.server, studio.cookie)
    page.context.set_offline(True)
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.get_by_role("alert").filter(has_text="The server does not answer")).to_contain_text("make serve")


def test_previews_of_a_slow_engine_are_shown_before_the_picture(open_page: Callable[..., Page], serve: Callable) -> None:
    server = serve({"comp": painter(trained=True, steps=4, delay_s=0.4)})
    page = open_page(server, session_of(server))
    choose(page, "tier", "512")
    page.fill("#prompt", "a dog")
    page.click("[data-draw]")
    expect(page.locator(".picture[data-state=waiting] img")).to_be_visible()
    expect(page.locator(".picture[data-state=done] img")).to_be_visible()


def test_no_picture_is_told_with_its_reason(open_page: Callable[..., Page], serve: Callable) -> None:
    server = serve({"comp": painter(refuses="There is no hat in this picture to remove.")})
    page = open_page(server, session_of(server))
    page.fill("#prompt", "remove the hat")
    page.click("[data-draw]")
    expect(page.locator(".picture[data-state=missing]")).to_contain_text("No picture")
    expect(page.locator(".notes")).to_contain_text("There is no hat")
    expect(page.locator("[data-live]")).to_have_text("No picture was made")
    expect(page.get_by_role("link", name="Download")).to_have_count(0)
