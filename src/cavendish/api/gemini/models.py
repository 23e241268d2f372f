"""Model cards as the Gemini API lists them. Pure."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from cavendish.catalog.models import ModelCard
from cavendish.errors import InvalidValue

DEFAULT_PAGE, MAX_PAGE = 50, 1_000
METHODS = ("generateContent", "countTokens")
_VENDORS = ("cavendish", "google")  # models of other vendors answer here too, and are listed by their own dialect


def render_one(card: ModelCard, name: str = "") -> dict[str, Any]:
    """One card, under the name it was asked by."""
    return {"name": f"models/{name or card.id}", "baseModelId": card.id, "version": card.version,
            "displayName": card.display_name, "description": card.description, "inputTokenLimit": card.input_token_limit,
            "outputTokenLimit": card.output_token_limit, "supportedGenerationMethods": list(METHODS),
            "temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 1, "thinking": len(card.thinking) > 1}


def render_list(cards: Iterable[ModelCard]) -> list[dict[str, Any]]:
    """All entries: each card and those of its aliases that lists show."""
    return [render_one(card, name) for card, name in _listed(cards)]


def render_page(cards: Iterable[ModelCard], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of `GET models`; `query` holds pageSize and pageToken. Raises InvalidValue."""
    return _page(render_list(cards), "models", query)


def _listed(cards: Iterable[ModelCard]) -> list[tuple[ModelCard, str]]:
    return [(card, name) for card in cards if card.vendor in _VENDORS for name in (card.id, *card.listed_aliases)]


def render_publisher(card: ModelCard, name: str = "") -> dict[str, Any]:
    """One card as Vertex shows it."""
    return {"name": f"publishers/google/models/{name or card.id}", "versionId": card.version, "launchStage": "GA",
            "openSourceCategory": "PROPRIETARY" if card.vendor == "google" else "OPEN_SOURCE",
            "supportedActions": {}, "publisherModelTemplate": f"projects/{{project}}/locations/{{location}}/publishers/google/"
                                                              f"models/{name or card.id}"}


def render_publishers(cards: Iterable[ModelCard], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of the list that Vertex gives. Raises InvalidValue."""
    return _page([render_publisher(card, name) for card, name in _listed(cards)], "publisherModels", query)


def _page(items: list[dict[str, Any]], key: str, query: Mapping[str, str]) -> dict[str, Any]:
    size, token = query.get("pageSize") or query.get("page_size"), query.get("pageToken") or query.get("page_token")
    limit = DEFAULT_PAGE
    if size:
        if not size.isascii() or not size.isdigit() or len(size) > 9:
            raise InvalidValue(f"Invalid value at 'page_size' (TYPE_INT32), \"{size[:20]}\"", field="page_size",
                               hint=f"use 1 to {MAX_PAGE}")
        limit = min(int(size), MAX_PAGE) or DEFAULT_PAGE
    start = _offset(token) if token else 0
    rest = {"nextPageToken": _token(start + limit)} if start + limit < len(items) else {}
    return {key: items[start:start + limit], **rest}


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode().rstrip("=")


def _offset(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
        if text[:1] != "o" or not text[1:].isdigit() or len(text) > 9:
            raise ValueError(text)
        return int(text[1:])
    except (ValueError, binascii.Error) as exc:
        raise InvalidValue("The page token is not valid", field="page_token",
                           hint="use the nextPageToken of the last page") from exc
