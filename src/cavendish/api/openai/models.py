"""Model cards -> OpenAI's model objects. Pure."""

from collections.abc import Iterable
from typing import Any

from cavendish.catalog.models import ModelCard

CREATED_S = 1_795_219_200  # 2026-11-21, the catalogue's date: our entries are made by it, not by the vendors


def render_list(cards: Iterable[ModelCard]) -> dict[str, Any]:
    """The body of a list: every card, and the aliases that lists show."""
    return {"object": "list", "data": [render_one(card, name) for card in cards for name in (card.id, *card.listed_aliases)]}


def render_one(card: ModelCard, name: str = "") -> dict[str, Any]:
    """One model object, under the name it was asked by."""
    return {"id": name or card.id, "object": "model", "created": CREATED_S, "owned_by": card.vendor}
