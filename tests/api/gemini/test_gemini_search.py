"""googleSearch: its spellings, the groundingMetadata of answers, and the official client reading it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import types

from cavendish.api.gemini import grounded, tools
from cavendish.api.gemini.parse import parse
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import InvalidRequest, InvalidValue, Unsupported
from cavendish.types import Candidate, Result, Search, Size, Source, Usage
from conftest import Server, serving

MODEL = "gemini-3.1-flash-image"
WEB, BOTH = Search(), Search(pictures=True)
SOURCES = (
    Source(title='Tower <script>"&', url="https://www.a.example/x?a=1&b=2", snippet="330 m", image_url="https://a.example/t.jpg"),
    Source(title="Kettle", url="catalog:p.csv#row=2", place='p "<.csv, row 2'))


def asked(*tool: Any) -> Search | None:
    body = {"contents": [{"parts": [{"text": "a tower"}]}], "tools": list(tool)}
    return parse(json.dumps(body).encode(), MODEL).request.search


@pytest.mark.parametrize(("tool", "search"), [
    ([{"googleSearch": {}}], WEB),
    ([{"google_search": {}}], WEB),
    ([{"googleSearch": {}, "functionDeclarations": None}], WEB),
    ([{"googleSearchRetrieval": {"dynamicRetrievalConfig": {"mode": "MODE_DYNAMIC", "dynamicThreshold": 0.3}}}], WEB),
    ([{"google_search_retrieval": {"dynamic_retrieval_config": {"mode": 1}}}], WEB),
    ([{"googleSearch": {"searchTypes": {"webSearch": {}, "imageSearch": {}}}}], BOTH),
    ([{"google_search": {"search_types": {"image_search": {}, "web_search": None}}}], BOTH),
    ([{"googleSearch": {"searchTypes": ["web_search", "image_search"]}}], BOTH),
    ([{"googleSearch": {"searchTypes": {"webSearch": {}}}}], WEB),
    ([{"googleSearch": {"excludeDomains": ["B.example"]}}, {"google_search": {}}], Search(exclude=("b.example",))),
    ([], None),
])
def test_every_spelling_of_the_search_is_one_wish(tool: list[Any], search: Search | None) -> None:
    assert asked(*tool) == search


@pytest.mark.parametrize(("tool", "error"), [
    ([{}], Unsupported), ([{"functionDeclarations": [{"name": "f"}]}], Unsupported), (["google_search"], Unsupported), ([7], Unsupported),
    ([{"googleSearch": {}}, {"codeExecution": {}}], Unsupported), ([{"googleSearch": {}, "urlContext": {}}], Unsupported),
    ([{"enterpriseWebSearch": {}}], Unsupported), ([{"googleSearch": {"timeRangeFilter": {"startTime": "2026-01-01"}}}], Unsupported),
    ([{"googleSearch": 7}], InvalidValue), ([{"googleSearch": {"searchTypes": {"videoSearch": {}}}}], InvalidValue),
    ([{"googleSearch": {"searchTypes": 7}}], InvalidValue), ([{"googleSearch": {"excludeDomains": [7]}}], InvalidValue),
    ([{"googleSearch": {"excludeDomains": ["a"] * 99}}], InvalidValue), ([{"googleSearch": {"excludeDomains": ["a" * 300]}}], InvalidValue),
])
def test_other_tools_and_options_are_refused_in_words(tool: list[Any], error: type[InvalidRequest]) -> None:
    with pytest.raises(error) as refused:
        asked(*tool)
    assert refused.value.hint


def test_tools_beside_the_search_are_what_is_refused() -> None:
    assert tools.read([{"googleSearch": {}, "codeExecution": {}}, {}])[1] == [{"codeExecution": {}}]


def result_of(*sources: Source, queries: tuple[str, ...] = ("a <tower>",), pictured: bool = False) -> Result:
    return Result(id="r", model=MODEL, engine="fake", revision="1", size=Size(1, 1), aspect_ratio="1:1", usage=Usage(),
                  candidates=(Candidate(index=0, seed=1, asset=None, finish_reason="no_image"),), queries=queries,
                  sources=sources, sources_pictured=pictured)


def test_metadata_escapes_what_strangers_wrote() -> None:
    told = grounded.metadata(result_of(*SOURCES, pictured=True))["groundingMetadata"]
    shown = told["searchEntryPoint"]["renderedContent"]
    assert "<script" not in shown
    assert "a &lt;tower&gt;" in shown
    assert 'href="https://www.a.example/x?a=1&amp;b=2"' in shown
    assert "catalog:" not in shown
    assert 'title="p &quot;&lt;.csv, row 2"' in shown
    assert told["webSearchQueries"] == told["imageSearchQueries"] == ["a <tower>"]
    assert told["groundingChunks"] == [
        {"web": {"uri": "https://www.a.example/x?a=1&b=2", "title": 'Tower <script>"&', "domain": "www.a.example"}},
        {"web": {"uri": "catalog:p.csv#row=2", "title": "Kettle", "domain": "catalog"}},
        {"image": {"sourceUri": "https://www.a.example/x?a=1&b=2", "imageUri": "https://a.example/t.jpg", "title": 'Tower <script>"&',
                   "domain": "www.a.example"}}]


def test_without_a_search_there_is_no_metadata_and_without_sources_no_chunks() -> None:
    assert grounded.metadata(result_of(queries=())) == {}
    assert set(grounded.metadata(result_of())["groundingMetadata"]) == {"webSearchQueries", "searchEntryPoint"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("shop")
    (folder / "p.csv").write_text("title,height,link\nEiffel tower,330 m,https://shop.example/eiffel\n")
    with serving(folder / "data", {"comp": FakeEngine(profile=FAKE)}, catalog=str(folder / "p.csv")) as running:
        yield running


@pytest.fixture(scope="module")
def client(shop: Server) -> genai.Client:
    return genai.Client(api_key=shop.key, http_options=types.HttpOptions(base_url=shop.url))


SEARCH = types.GenerateContentConfig(tools=[types.Tool(google_search=types.GoogleSearch())],
                                     image_config=types.ImageConfig(image_size="512"))


def _checked(metadata: types.GroundingMetadata | None) -> None:
    assert metadata is not None
    assert metadata.web_search_queries == ["draw the eiffel tower"]
    (chunk,) = metadata.grounding_chunks
    assert (chunk.web.uri, chunk.web.title, chunk.web.domain) == ("https://shop.example/eiffel", "Eiffel tower", "shop.example")
    assert "Eiffel tower" in metadata.search_entry_point.rendered_content


def test_the_official_client_reads_the_grounding(client: genai.Client) -> None:
    answer = client.models.generate_content(model=MODEL, contents="draw the eiffel tower", config=SEARCH)
    _checked(answer.candidates[0].grounding_metadata)
    assert "Looked up: Eiffel tower." in answer.text


def test_the_official_client_reads_the_grounding_of_a_stream(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents="draw the eiffel tower", config=SEARCH))
    _checked(chunks[-1].candidates[0].grounding_metadata)
    assert "Looked up" in "".join(c.text or "" for c in chunks)


def test_without_the_tool_nothing_is_searched(client: genai.Client) -> None:
    answer = client.models.generate_content(model=MODEL, contents="draw the eiffel tower")
    assert answer.candidates[0].grounding_metadata is None


def test_the_native_api_answers_with_its_sources(shop: Server) -> None:
    wanted = {"prompt": "draw the eiffel tower", "search": True, "size": "512"}
    with httpx.Client(base_url=shop.url, headers={"authorization": f"Bearer {shop.key}"}) as http:
        answer = http.post("/api/v1/images", json=wanted).json()
        plain = http.post("/api/v1/images", json=wanted | {"search": False}).json()
        told = http.get("/api/v1/capabilities").json()["search"]
    assert answer["queries"] == ["draw the eiffel tower"]
    assert answer["sources"] == [{"title": "Eiffel tower", "url": "https://shop.example/eiffel", "snippet": "height: 330 m",
                                  "image_url": "", "place": "p.csv, row 2"}]
    assert (plain["queries"], plain["sources"]) == ([], [])
    assert told == {"providers": ["the catalog"], "leaves_machine": False}


def test_without_a_provider_the_reply_says_that_nothing_was_searched(tmp_path: Path) -> None:
    with serving(tmp_path, {"comp": FakeEngine(profile=FAKE)}) as bare:
        client = genai.Client(api_key=bare.key, http_options=types.HttpOptions(base_url=bare.url))
        answer = client.models.generate_content(model=MODEL, contents="draw the eiffel tower", config=SEARCH)
    assert "Nothing was searched" in answer.text
    assert answer.candidates[0].grounding_metadata is None
