"""The sources of a Result -> groundingMetadata. Pure. What it shows came from strangers: HTML is escaped, links are checked."""

import html
from typing import Any
from urllib.parse import urlsplit

from cavendish.types import Result, Source

_CHIP = ("display:inline-block;border:1px solid #d2d2d2;border-radius:16px;margin:0 8px 8px 0;padding:5px 16px;"
         "font:14px sans-serif;color:#1f1f1f;text-decoration:none")


def metadata(result: Result) -> dict[str, Any]:
    """`{"groundingMetadata": …}` of an answer, {} when nothing was searched.

    Pictures of web pages are listed when the request asked for them (searchTypes.imageSearch).
    """
    if not result.queries:
        return {}
    pictured = [s for s in result.sources if s.image_url] if result.sources_pictured else []
    chunks = [*({"web": _web(s)} for s in result.sources), *({"image": _image(s)} for s in pictured)]
    said = {"webSearchQueries": list(result.queries)}
    if result.sources_pictured:
        said["imageSearchQueries"] = list(result.queries)
    shown = {"searchEntryPoint": {"renderedContent": entry_point(result)}}
    return {"groundingMetadata": {**said, **({"groundingChunks": chunks} if chunks else {}), **shown}}


def entry_point(result: Result) -> str:
    """A piece of HTML that says what was searched for and links to the sources. No script, no style but of its own."""
    chips = "".join(_chip(s) for s in result.sources)
    asked = html.escape(", ".join(result.queries))
    return f'<div class="cavendish-search"><span style="{_CHIP}">{asked}</span>{chips}</div>'


def _chip(source: Source) -> str:
    title = html.escape(source.title)
    if urlsplit(source.url).scheme in ("http", "https"):
        return f'<a href="{html.escape(source.url)}" rel="noopener noreferrer nofollow" style="{_CHIP}">{title}</a>'
    return f'<span style="{_CHIP}" title="{html.escape(source.place)}">{title}</span>'


def _web(source: Source) -> dict[str, Any]:
    return {"uri": source.url, "title": source.title, "domain": _domain(source)}


def _image(source: Source) -> dict[str, Any]:
    return {"sourceUri": source.url, "imageUri": source.image_url, "title": source.title, "domain": _domain(source)}


def _domain(source: Source) -> str:
    return urlsplit(source.url).hostname or "catalog"
