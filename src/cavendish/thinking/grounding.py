"""Grounding: a request that wants facts -> the same request with what was found, and the sources to show.

What was found is data of strangers. It is stripped of markup, cut short, read by policy as the prompt is, and told to trained
engines in a field of its own; it never becomes the prompt. A search that fails fails no picture: the note says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from cavendish.engines.base import EngineProfile
from cavendish.errors import BadImage, Blocked, TooLarge
from cavendish.imaging.intake import IN_PROCESS, Intake
from cavendish.thinking.grounding_text import plain
from cavendish.types import MAX_REFERENCES, ImageRequest, Reference, Result, Search, Source

MAX_SOURCES = 5
MAX_FACT_CHARS = 320
MAX_FACTS_CHARS = 1_200     # of all together: a text encoder reads some 500 tokens
MAX_QUERY_CHARS = 380       # of the strictest service (400)
MAX_QUERY_WORDS = 48        # likewise (50)
MAX_CATALOG_PICTURES = 4    # offered for one request

Check = Callable[[], None]
Admit = Callable[[ImageRequest], None]


class NothingFound(Exception):
    """A search failed. `why` is for people and holds no key and no address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Provider(Protocol):
    """Looks words up. Blocking; safe from many threads."""

    @property
    def name(self) -> str:
        """For people, such as "Brave Search"."""
        ...

    @property
    def remote(self) -> bool:
        """Whether the words of a query leave this machine."""
        ...

    def search(self, query: str, limit: int, check: Check) -> tuple[Source, ...]:
        """The best sources first. `check` is called while waiting and raises to leave. Raises NothingFound."""
        ...

    def picture(self, source: Source) -> bytes | None:
        """The file of a source's picture where it is the user's own, None where there is none."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What grounding came to. Without a search: the request as it came."""

    request: ImageRequest
    note: str = ""
    queries: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def told(self, result: Result) -> Result:
        """The result with its sources, and what is to be said about them."""
        wanted = self.request.search
        if wanted is None:
            return result
        return replace(result, note=" ".join(filter(None, (result.note, self.note))), queries=self.queries,
                       sources=self.sources, sources_pictured=wanted.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounder:
    """Asks the providers in order, until there are enough sources. The default asks nobody."""

    providers: tuple[Provider, ...] = ()
    intake: Intake = field(default=IN_PROCESS, repr=False)

    def ground(self, request: ImageRequest, profile: EngineProfile, check: Check, admit: Admit) -> Found:
        """Look up what a request wants to know. `admit` raises Blocked for words that policy refuses.

        Raises what `check` raises.
        """
        if request.search is None:
            return Found(request=request)
        if not self.providers:
            return Found(request=request, note="Nothing was searched: no search provider is set up here (CAVENDISH_SEARCH).")
        query = query_of(request.prompt)
        if not query:
            return Found(request=request, note="Nothing was searched: the prompt has no words to look up.")
        asked, failed = self._asked(query, request.search, check)
        kept, refused = _admitted([s for s, _ in asked], request, admit)
        homes = {id(s): p for s, p in asked}
        pictured, about = self._pictures([(s, homes[id(s)]) for s in kept], request, profile)
        facts = cut(s.fact() for s in kept) if profile.trained else ()
        grounded = replace(request, facts=facts, references=(*request.references, *pictured))
        note = _note(kept, failed, refused, read=bool(facts), engine=profile.name)
        return Found(request=grounded, note=" ".join(filter(None, (note, about))), queries=(query,), sources=tuple(kept))

    def _asked(self, query: str, search: Search, check: Check) -> tuple[list[tuple[Source, Provider]], list[str]]:
        """What every provider gave, each page once, and the sentences of those that failed."""
        found: dict[str, tuple[Source, Provider]] = {}
        failed = []
        for provider in self.providers:
            if len(found) >= MAX_SOURCES:
                break
            check()
            try:
                sources = provider.search(query, MAX_SOURCES + len(search.exclude), check)
            except NothingFound as exc:
                failed.append(f"{provider.name} gave nothing: {exc.why}")
                continue
            for source in sources:
                if not _excluded(source.url, search.exclude):
                    found.setdefault(source.url, (source, provider))
        return list(found.values())[:MAX_SOURCES], failed

    def _pictures(self, kept: list[tuple[Source, Provider]], request: ImageRequest,
                  profile: EngineProfile) -> tuple[tuple[Reference, ...], str]:
        """The sources' own pictures as references, opened, as many as the model takes; and what is to be said about them."""
        room = min(profile.max_references, MAX_REFERENCES) - len(request.references)
        known = {r.digest for r in request.references}
        taken: list[Reference] = []
        left, broken = [], []
        for source, provider in kept:
            data = provider.picture(source)
            if data is None:
                continue
            reference = Reference(data=data, label=source.title)
            if reference.digest in known:
                continue
            if len(taken) >= min(room, MAX_CATALOG_PICTURES):
                left.append(source.title)
                continue
            try:
                taken.append(replace(reference, pixels=self.intake.open_picture(data)))
                known.add(reference.digest)
            except (BadImage, TooLarge):
                broken.append(source.title)
        shown = ", ".join(r.label for r in taken)
        said = [f"The catalog's pictures were used for: {shown}." if taken else "",
                f"The pictures of {', '.join(left)} were left out: no more input pictures are taken." if left else "",
                f"The pictures of {', '.join(broken)} could not be opened." if broken else ""]
        return tuple(taken), " ".join(filter(None, said))

    def close(self) -> None:
        """Let connections and threads go."""
        for provider in self.providers:
            provider.close()


def query_of(prompt: str) -> str:
    """The words that are looked up: the prompt without line breaks and search operators, cut where services cut."""
    words = [w.lstrip("-+!:").replace('"', "") for w in plain(prompt, len(prompt)).split()]
    query = ""
    for word in [w for w in words if w][:MAX_QUERY_WORDS]:
        if len(query) + len(word) + 1 > MAX_QUERY_CHARS:
            break
        query = f"{query} {word}" if query else word
    return query


def cut(facts: Iterable[str]) -> tuple[str, ...]:
    """Facts for an engine: each and all of them short; quotation marks become none, as a model would paint what is quoted."""
    kept: list[str] = []
    left = MAX_FACTS_CHARS
    for fact in facts:
        short = plain(fact.translate(_QUOTES), min(MAX_FACT_CHARS, left))
        if short:
            kept.append(short)
            left -= len(short)
        if left < 40:
            break
    return tuple(kept)


_QUOTES = dict.fromkeys(map(ord, "\"“”„‟«»‹›「」『』〝〞〟＂`"))


def _admitted(sources: list[Source], request: ImageRequest, admit: Admit) -> tuple[list[Source], int]:
    """The sources whose words policy takes, alone and together with the prompt; and how many it refused."""
    def passes(kept: list[Source]) -> bool:
        try:
            admit(replace(request, history=(*request.history, *(f"{s.title}\n{s.snippet}" for s in kept))))
        except Blocked:
            return False
        return True

    kept = [s for s in sources if passes([s])]
    if len(kept) > 1 and not passes(kept):
        kept = []
    return kept, len(sources) - len(kept)


def _excluded(url: str, hosts: tuple[str, ...]) -> bool:
    host = urlsplit(url).hostname or ""
    return any(host == h or host.endswith("." + h) for h in map(str.lower, hosts))


def _note(kept: list[Source], failed: list[str], refused: int, *, read: bool, engine: str) -> str:
    said = []
    if kept:
        titles = ", ".join(dict.fromkeys(s.title for s in kept))
        said.append(f"Looked up: {titles}.")
        if not read:
            said.append(f"{engine} draws your own words and does not read what was found.")
    else:
        said.append("The search found nothing to use.")
    if refused:
        said.append(f"Policy refused {refused} of the sources.")
    said += [f"{f.rstrip('.')}." for f in failed]
    return " ".join(said)
