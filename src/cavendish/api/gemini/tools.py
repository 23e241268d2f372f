"""Tools of a Gemini request -> the search that is wanted, and the tools that are none. Pure."""

from collections.abc import Mapping
from typing import Any

from cavendish.api.gemini.schema import wrong
from cavendish.errors import InvalidValue, Unsupported
from cavendish.types import Search

# google_search_retrieval is what clients of 2024 call it; its threshold says when to search, and we always do.
SEARCHES = ("google_search", "googleSearch", "google_search_retrieval", "googleSearchRetrieval")
_KINDS = {"web_search": "web", "webSearch": "web", "WEB_SEARCH": "web",
          "image_search": "image", "imageSearch": "image", "IMAGE_SEARCH": "image"}
_IGNORED = ("dynamic_retrieval_config", "dynamicRetrievalConfig")


def read(tools: list[Any]) -> tuple[Search | None, list[Any]]:
    """Return the search, None when no tool asks for one, and what the tools hold beside it.

    Raises InvalidValue, Unsupported for options of the search that are not understood here.
    """
    search: Search | None = None
    rest = []
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            rest.append(tool)
            continue
        asked = [name for name in SEARCHES if tool.get(name) is not None]
        other = {k: v for k, v in tool.items() if k not in SEARCHES and v is not None}
        for name in asked:
            found = _search(tool[name], f"tools[{index}].{name}")
            search = found if search is None else Search(pictures=search.pictures or found.pictures,
                                                         exclude=tuple(dict.fromkeys((*search.exclude, *found.exclude))))
        if other or not asked:
            rest.append(other)
    return search, [tool for tool in rest if tool != {} or search is None]


def _search(options: object, path: str) -> Search:
    if not isinstance(options, dict):
        raise wrong(path, "type.googleapis.com/google.ai.generativelanguage.v1beta.Tool.GoogleSearch", options, "send {}")
    set_ = {k: v for k, v in options.items() if v not in (None, {}, [], "") and k not in _IGNORED}
    kinds = _kinds(set_.pop("search_types", None) or set_.pop("searchTypes", None) or {}, path)
    hosts = set_.pop("exclude_domains", None) or set_.pop("excludeDomains", None) or ()
    if set_:
        name = next(iter(set_))
        raise Unsupported(f"{name[:60]} of {path.rpartition('.')[2]} is not supported", field=path,
                          hint="leave it out; searchTypes and excludeDomains are read")
    if not isinstance(hosts, list | tuple) or not all(isinstance(h, str) for h in hosts):
        raise InvalidValue(f"Invalid value at '{path}.exclude_domains'", field=path, hint='send names: ["example.com"]')
    return Search(pictures="image" in kinds, exclude=tuple(h.strip().lower() for h in hosts))


def _kinds(types: object, path: str) -> set[str]:
    """Read `{"imageSearch": {}}`, or `["image_search"]` as other clients write it. An empty value asks for the web."""
    named = types if isinstance(types, list) else [types]
    if isinstance(types, Mapping):
        named = [name for name, value in types.items() if value is not None]
    kinds = {_KINDS.get(str(n), "") for n in named}
    if "" in kinds:
        raise InvalidValue(f"Invalid value at '{path}.search_types', {str(named)[:60]}", field=path,
                           hint="use webSearch and imageSearch")
    return kinds
