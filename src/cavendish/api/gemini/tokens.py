"""`countTokens`: the words and pictures of contents, counted by the rule that answers are counted by. Pure."""

from typing import Any

from cavendish.api import edge
from cavendish.api.gemini import render, turns
from cavendish.api.gemini.schema import read
from cavendish.catalog.models import ModelCard
from cavendish.errors import InvalidValue
from cavendish.ledger.usage import prompt_usage


def count(body: bytes, card: ModelCard) -> dict[str, Any]:
    """Count `{contents}` or `{generateContentRequest: {…}}`. Text is estimated (`ledger.usage`), pictures are the card's."""
    data = read("CountTokensRequest", edge.json_object(body))
    asked = data.get("generate_content_request", data)
    if not asked.get("contents"):
        raise InvalidValue("contents are empty", field="contents", hint="send the contents to count")
    merged = turns.turns(asked["contents"])
    system = [p.get("text", "") for p in asked.get("system_instruction", {}).get("parts", [])]
    words = (*system, *(text for turn in merged for text in turn.texts))
    used = prompt_usage(words, sum(len(turn.pictures) for turn in merged), card)
    return {"totalTokens": used.prompt, "promptTokensDetails": render.details(used.prompt_text, used.prompt_image)}
