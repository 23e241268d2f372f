"""Modules of the page that compute: events however they are cut, literals that hold, names of files."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import Page

from web.fixtures import chromium_fixture, open_page_fixture, page_fixture, studio_fixture  # noqa: F401  found by name

pytestmark = pytest.mark.browser

STREAM = ': hello\n\nevent: progress\ndata: {"step": 1}\n\nevent: candidate\ndata: {"note": "日本 🍌"}\n\n: alive\n\nevent: result\ndata: {}\n\n'
EVENTS = [{"name": "progress", "value": {"step": 1}}, {"name": "candidate", "value": {"note": "日本 🍌"}}, {"name": "result", "value": {}}]
READ = """async ([text, size]) => {
    const { readEvents } = await import("/web/js/api/events.js")
    const bytes = new TextEncoder().encode(text)
    const body = new ReadableStream({ start(c) {
        for (let i = 0; i < bytes.length; i += size) c.enqueue(bytes.slice(i, i + size))
        c.close()
    } })
    const events = []
    for await (const event of readEvents(body)) events.push(event)
    return events
}"""
NASTY = ("", "it's", 'say "hi"', "a\\nb", "line\nbreak", "\u2028\u2029\x7f\x85", "${x} `y` $(z) !", "日本 🍌", "\t\x00", "</script>")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 4096])
def test_events_arrive_whole_however_the_bytes_are_cut(page: Page, size: int) -> None:
    assert page.evaluate(READ, [STREAM, size]) == EVENTS


def test_base64_goes_there_and_back(page: Page) -> None:
    assert page.evaluate("""async () => {
        const { toBase64, toBlob } = await import("/web/js/api/base64.js")
        const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 256)
        const text = await toBase64(new Blob([bytes]))
        return [text, await toBase64(toBlob(text, "image/png")), toBlob(text, "image/png").type]
    }""")[1:] == [page.evaluate("() => btoa(String.fromCharCode(...Array.from({ length: 1000 }, (_, i) => i % 256)))"), "image/png"]


def test_a_literal_is_read_back_as_it_was_by_every_language(page: Page) -> None:
    for name, text in zip(("quoted", "shellWord"), (NASTY, [t for t in NASTY if "\x00" not in t]), strict=True):
        written = page.evaluate(f"""async (all) => {{
            const {{ {name} }} = await import("/web/js/snippets/quote.js")
            return all.map({name})
        }}""", list(text))
        assert [_read(name, w) for w in written] == list(text)


def _read(kind: str, literal: str) -> str:
    """What the language itself makes of a literal."""
    if kind == "quoted":
        program = f"import json, sys; sys.stdout.write(json.dumps({literal}))"
        return json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
    return subprocess.run(["sh", "-c", f"printf %s {literal}"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize(("prompt", "name"), [
    ("A dog, on the SOFA!", "a-dog-on-the-sofa-4x3-seed7.png"), ("../../etc/passwd", "etc-passwd-4x3-seed7.png"), ("🍌", "picture-4x3-seed7.png"),
    ("犬がソファに", "犬がソファに-4x3-seed7.png"), ("word " * 40, "word-word-word-word-word-word-word-word-word-4x3-seed7.png")])
def test_a_file_name_is_short_and_safe(page: Page, prompt: str, name: str) -> None:
    assert page.evaluate("""async (prompt) => {
        const { fileName } = await import("/web/js/studio/file_name.js")
        return fileName(prompt, { width: 4, height: 3, seed: 7, mime: "image/png" })
    }""", prompt) == name
