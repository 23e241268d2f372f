"""Search services behind one face: SearXNG, Brave Search, Tavily. Only the service that the settings name is asked.

Each service is two pure functions, what is sent and what is read; the exchange is shared. Keys live in a header that no repr
and no error shows. Answers are untrusted: their types are checked, their text is made plain, their links are http or https.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from cavendish.engines.remote.transport import Abort, Answer, Message, Timeouts, Transport, Unreachable
from cavendish.errors import Cancelled, ConfigError
from cavendish.thinking.grounding import Check, NothingFound
from cavendish.thinking.grounding_text import MAX_TITLE_CHARS, link, plain
from cavendish.types import Source

MAX_ANSWER_BYTES = 4 * 2**20
MAX_SNIPPET_CHARS = 500
MAX_ENTRIES = 100  # of one answer that are read
AGAIN_AFTER_S = 0.5
POLL_S = 0.02
_PARALLEL = 8
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})

Entry = tuple[object, object, object, object]  # title, URL, snippet, picture URL, as they came


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: how it is asked, how its answer is read. `entries` raises KeyError or TypeError for another shape."""

    name: str
    default_url: str
    key_header: str  # with {key} where the key goes: "name: value"
    ask: Callable[[str, int], Message]
    entries: Callable[[Any], Iterable[Entry]]
    hints: Mapping[int, str] = field(default_factory=dict)  # status -> what it means there


def _ask_searxng(query: str, _limit: int) -> Message:
    return Message(path="/search?" + urlencode({"q": query, "format": "json", "safesearch": "1", "pageno": "1"}))


def _read_searxng(answer: Any) -> Iterable[Entry]:  # noqa: ANN401  JSON
    return [(r.get("title"), r.get("url"), r.get("content"), r.get("img_src") or r.get("thumbnail")) for r in answer["results"]]


def _ask_brave(query: str, limit: int) -> Message:
    return Message(path="/res/v1/web/search?" + urlencode({
        "q": query, "count": str(min(limit, 20)), "safesearch": "moderate", "text_decorations": "false",
        "result_filter": "web"}))


def _read_brave(answer: Any) -> Iterable[Entry]:  # noqa: ANN401  JSON
    results = (answer.get("web") or {}).get("results", [])  # no web section: nothing was found
    return [(r.get("title"), r.get("url"), r.get("description"), (r.get("thumbnail") or {}).get("original")) for r in results]


def _ask_tavily(query: str, limit: int) -> Message:
    body = {"query": query, "max_results": min(limit, 20), "search_depth": "basic", "include_answer": False}
    return Message(path="/search", body=json.dumps(body, ensure_ascii=False).encode())


def _read_tavily(answer: Any) -> Iterable[Entry]:  # noqa: ANN401  JSON
    return [(r.get("title"), r.get("url"), r.get("content"), "") for r in answer["results"]]


SERVICES: Mapping[str, Service] = {
    "searxng": Service(name="SearXNG", default_url="", key_header="authorization: Bearer {key}", ask=_ask_searxng,
                       entries=_read_searxng, hints={403: "its settings do not allow JSON (add json to search.formats)"}),
    "brave": Service(name="Brave Search", default_url="https://api.search.brave.com", key_header="x-subscription-token: {key}",
                     ask=_ask_brave, entries=_read_brave, hints={422: "it does not take the key or the query"}),
    "tavily": Service(name="Tavily", default_url="https://api.tavily.com", key_header="authorization: Bearer {key}",
                      ask=_ask_tavily, entries=_read_tavily, hints={432: "the plan's limit is reached",
                                                                    433: "the limit of pay as you go is reached"}),
}
_HINTS = {401: "it does not take the key (CAVENDISH_SEARCH_KEY)", 403: "it does not take the key (CAVENDISH_SEARCH_KEY)",
          402: "its plan is used up", 429: "it was asked too often"}


@dataclass(slots=True)
class WebSearch:
    """A service behind its base URL."""

    service: Service
    transport: Transport = field(repr=False)
    timeout_s: float = 8.0
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_PARALLEL, "search"), repr=False)

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def remote(self) -> bool:
        return True

    def search(self, query: str, limit: int, check: Check) -> tuple[Source, ...]:
        """Ask, with one repeat within the time. Raises NothingFound; what `check` raises."""
        abort = Abort()
        until = time.monotonic() + self.timeout_s
        future = self.threads.submit(self._asked, self.service.ask(query, limit), abort)
        try:
            while not wait((future,), timeout=POLL_S).done:
                check()
                if time.monotonic() > until:
                    raise NothingFound(f"it did not answer within {self.timeout_s:g} s")
            return sources(self.service, future.result())[:limit]
        finally:
            abort.stop()
            future.cancel()

    def picture(self, source: Source) -> bytes | None:
        """Pictures of strangers are never fetched: nobody has cleared them for use."""
        return None

    def close(self) -> None:
        """Let the threads and connections go."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.transport.close()

    def _asked(self, message: Message, abort: Abort) -> bytes:
        """Return the body of a good answer. Raises NothingFound."""
        for last in (False, True):
            try:
                answer = self.transport.post(message, abort)
                if answer.status == 200:
                    return answer.body
                why, again = self._why(answer), answer.status in _AGAIN
            except Unreachable as exc:
                why, again = exc.why, exc.again
            except Cancelled:
                raise NothingFound("it was stopped") from None
            if last or not again:
                break
            try:
                abort.pause(AGAIN_AFTER_S)
            except Cancelled:
                raise NothingFound("it was stopped") from None
        raise NothingFound(why)

    def _why(self, answer: Answer) -> str:
        known = self.service.hints.get(answer.status) or _HINTS.get(answer.status, "")
        return f"{known} (status {answer.status})" if known else f"it answered with status {answer.status}"


def sources(service: Service, body: bytes) -> tuple[Source, ...]:
    """Read an answer. Entries without a title or a usable link are left out. Raises NothingFound for another shape."""
    try:
        entries = service.entries(json.loads(body))
        read = [_source(entry) for entry in islice(entries, MAX_ENTRIES)]
    except (ValueError, RecursionError):
        raise NothingFound("its answer is not JSON") from None
    except (KeyError, TypeError, AttributeError):
        raise NothingFound("its answer has not the shape that was expected") from None
    return tuple(s for s in read if s is not None)


def _source(entry: Entry) -> Source | None:
    title, url, snippet, picture = entry
    named = plain(title, MAX_TITLE_CHARS) if isinstance(title, str) else ""
    at = link(url)
    if not named or not at:
        return None
    said = plain(snippet, MAX_SNIPPET_CHARS) if isinstance(snippet, str) else ""
    return Source(title=named, url=at, snippet=said, image_url=link(picture))


def web_search(name: str, url: str, key: str, timeout_s: float) -> WebSearch:
    """Join a service by its id; "" is its own URL. Raises ConfigError for what is no URL."""
    service = SERVICES[name]
    if not key.isascii() or any(c.isspace() or not c.isprintable() for c in key):
        raise ConfigError("CAVENDISH_SEARCH_KEY has characters that no key has", hint="copy it again, without spaces")
    header, _, value = service.key_header.partition(": ")
    headers = {"accept": "application/json"} | ({header: value.format(key=key)} if key else {})
    transport = Transport(url or service.default_url, headers, Timeouts(connect_s=min(5.0, timeout_s), read_s=timeout_s),
                          pool=_PARALLEL, max_bytes=MAX_ANSWER_BYTES)
    return WebSearch(service=service, transport=transport, timeout_s=timeout_s)
