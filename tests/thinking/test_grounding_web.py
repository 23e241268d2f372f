"""The three search services, by their own wire, and every way in which one can fail."""

import json
import logging
import time
from contextlib import closing
from typing import Any

import pytest

from cavendish.errors import Cancelled, ConfigError
from cavendish.thinking import grounding_web
from cavendish.thinking.grounding import NothingFound
from cavendish.thinking.grounding_web import SERVICES, WebSearch, sources, web_search
from cavendish.types import Source
from thinking.search_server import Reply, SearchServer, reply, searched

KEY = "tvly-SECRET-0123456789"
ANSWERS: dict[str, Any] = {
    "searxng": {"query": "q", "results": [
        {"title": "Eiffel <b>Tower</b>", "url": "https://a.example/eiffel", "content": "330&nbsp;m  tall", "img_src": "",
         "thumbnail": "https://a.example/t.jpg"},
        {"title": "", "url": "https://b.example/"}, {"title": "Bad link", "url": "javascript:alert(1)"}]},
    "brave": {"type": "search", "web": {"results": [
        {"title": "Eiffel <strong>Tower</strong>", "url": "https://a.example/eiffel", "description": "330&nbsp;m  tall",
         "thumbnail": {"src": "https://proxy.example/x", "original": "https://a.example/t.jpg"}},
        {"title": "No link", "url": None}]}},
    "tavily": {"query": "q", "results": [
        {"title": "Eiffel Tower", "url": "https://a.example/eiffel", "content": "330 m tall", "score": 0.9}]},
}
PATHS = {"searxng": "/search", "brave": "/res/v1/web/search", "tavily": "/search"}


def go_on() -> None:
    """Nothing wants to stop."""


def ask(server: SearchServer, name: str = "searxng", timeout_s: float = 5.0) -> tuple[Source, ...]:
    with closing(web_search(name, server.url, KEY, timeout_s)) as web:
        return web.search("the eiffel tower", 5, go_on)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_asked_and_read_in_its_own_words(name: str) -> None:
    with searched(reply(ANSWERS[name])) as server:
        (found,) = ask(server, name)
    (asked,) = server.asked
    image = "" if name == "tavily" else "https://a.example/t.jpg"
    assert found == Source(title="Eiffel Tower", url="https://a.example/eiffel", snippet="330 m tall", image_url=image)
    assert (asked.path, (asked.body or asked.query).get("query") or asked.query["q"]) == (PATHS[name], "the eiffel tower")
    sent = asked.headers["x-subscription-token" if name == "brave" else "authorization"]
    assert sent == (KEY if name == "brave" else f"Bearer {KEY}")
    assert KEY not in asked.path + json.dumps(asked.query) + json.dumps(asked.body)
    if name == "searxng":
        assert asked.query["format"] == "json"
    if name == "tavily":
        assert (asked.method, asked.body["max_results"]) == ("POST", 5)


@pytest.mark.parametrize(("status", "name", "words"), [
    (401, "brave", "does not take the key"), (403, "searxng", "search.formats"), (403, "tavily", "does not take the key"),
    (404, "brave", "status 404"), (432, "tavily", "plan's limit"), (301, "searxng", "status 301"), (422, "brave", "the key or"),
])
def test_a_refusal_is_a_reason_and_is_not_repeated(status: int, name: str, words: str) -> None:
    with searched(Reply(b"<html>no</html>", status, {"location": "https://elsewhere.example/"})) as server, \
            pytest.raises(NothingFound, match=words):
        ask(server, name)
    assert len(server.asked) == 1


@pytest.mark.parametrize("first", [Reply(status=500), Reply(status=503), Reply(status=429), Reply(b"x" * 1_000, cut=True)])
def test_a_passing_fault_is_repeated_once(first: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding_web, "AGAIN_AFTER_S", 0.01)
    with searched(first, reply(ANSWERS["searxng"])) as server:
        assert ask(server)[0].title == "Eiffel Tower"
    with searched(first) as server, pytest.raises(NothingFound):
        ask(server)
    assert len(server.asked) == 2


@pytest.mark.parametrize(("body", "words"), [
    (b"not json", "not JSON"), (b"[" * 100_000, "not JSON"), (b"[]", "shape"), (b"null", "shape"), (b"{}", "shape"),
    (b'{"results": 7}', "shape"), (b'{"results": [7]}', "shape"), (b'{"results": [null]}', "shape"), (b"\xff\xfe\x00", "not JSON"),
    (b'{"results": {"a": 1}}', "shape"),
])
def test_an_answer_of_another_shape_is_a_reason(body: bytes, words: str) -> None:
    with searched(Reply(body)) as server, pytest.raises(NothingFound, match=words):
        ask(server)


def test_fields_of_other_types_are_left_out() -> None:
    odd = {"results": [{"title": ["x"], "url": "https://a.example"}, {"title": "x", "url": 5}, {"title": "\u202e\x00", "url": "https://a.example"},
                       {"title": "Good", "url": "https://a.example/1", "content": {"a": 1}, "img_src": 7}, {}]}
    assert sources(SERVICES["searxng"], json.dumps(odd).encode()) == (Source(title="Good", url="https://a.example/1"),)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding_web, "MAX_ANSWER_BYTES", 10_000)
    with searched(Reply(b" " * 3_000_000)) as server, pytest.raises(NothingFound, match="HTTPError"):
        ask(server)


def test_silence_ends_in_time_and_a_stop_at_once() -> None:
    with searched(Reply(silent=True)) as server:
        start = time.monotonic()
        with pytest.raises(NothingFound, match=r"silent|within 0\.3 s"):
            ask(server, timeout_s=0.3)
        calls = []

        def check() -> None:
            calls.append(1)
            if len(calls) == 3:
                raise Cancelled("stop")

        with closing(web_search("brave", server.url, KEY, 15.0)) as web, pytest.raises(Cancelled):
            web.search("x", 5, check)
        assert time.monotonic() - start < 10  # neither waited for the 15 s or the server's 20


def test_nobody_there_is_a_reason() -> None:
    with searched(reply({})) as server:
        pass
    with pytest.raises(NothingFound, match="cannot be reached"):
        ask(server)


def test_the_key_is_in_no_repr_error_or_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with searched(Reply(KEY.encode(), 401)) as server, pytest.raises(NothingFound) as failed:
        ask(server, "brave")
    web = web_search("brave", "", KEY, 5.0)
    shown = repr(web) + repr(failed.value) + failed.value.why + caplog.text
    web.close()
    assert KEY not in shown
    for bad in ("spaced key", "line\nbreak", "schlüssel"):
        with pytest.raises(ConfigError) as refused:
            web_search("brave", "", bad, 5.0)
        assert bad not in refused.value.sentence()


def test_an_address_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigError, match="not http"):
        web_search("searxng", "ftp://x", "", 5.0)


def test_pictures_of_pages_are_not_fetched() -> None:
    web: WebSearch = web_search("brave", "", KEY, 5.0)
    assert web.picture(Source(title="x", url="https://a.example", image_url="https://a.example/t.jpg")) is None
    web.close()
