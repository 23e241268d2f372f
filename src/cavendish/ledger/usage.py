"""Usage: tokens as the vendors count them, and what the call would have cost at list price."""

import math
import re
from dataclasses import replace

from cavendish.catalog.models import ModelCard, catalog
from cavendish.thinking.plan import Plan
from cavendish.types import Candidate, Thinking, Usage

_QUALITY = {Thinking.MINIMAL: "low", Thinking.MEDIUM: "medium", Thinking.HIGH: "high"}
_WORD = re.compile(r"\w+|[^\w\s]")
CHARS_PER_TOKEN = 4  # the vendors' rule of thumb for English; other scripts count one token a character


def text_tokens(text: str) -> int:
    """Estimate tokens: a quarter of the Latin characters of each word, rounded up, and one for each other character.

    An estimate: the vendors' tokenisers are not public. It is monotone in the text and 0 only for an empty one.
    """
    return sum(math.ceil(len(w) / CHARS_PER_TOKEN) if w.isascii() else len(w) for w in _WORD.findall(text))


def prompt_usage(plan_texts: tuple[str, ...], images: int, card: ModelCard) -> Usage:
    """Count the input side."""
    return Usage(prompt_text=sum(map(text_tokens, plan_texts)), prompt_image=images * card.input_image_tokens)


def image_tokens(plan: Plan, card: ModelCard) -> int:
    """Output tokens of one picture: OpenAI's models count by quality and size, the others by tier."""
    if card.vendor == "openai" and len(card.thinking) > 1:  # DALL-E has no token table
        size, _ = plan.request.complete()
        return catalog().tokens_for(_QUALITY.get(plan.request.thinking, "medium"), size)
    return card.tokens.get(plan.tier, max(card.tokens.values()))


def count(plan: Plan, card: ModelCard, candidates: tuple[Candidate, ...]) -> Usage:
    """Count a finished run. Candidates without a picture cost nothing on the output side.

    Thinking is the thoughts in words, the plan's once, and what a language model spent.
    """
    request = plan.request
    texts = (request.prompt, request.system, request.negative_prompt, *request.history)
    prompt = prompt_usage(texts, len(request.references), card)
    drawn = [c for c in candidates if c.asset is not None]
    counted = replace(
        prompt, output_image=len(drawn) * image_tokens(plan, card),
        output_text=sum(text_tokens(c.note) for c in drawn),
        thoughts=_thoughts(plan, drawn) if drawn else 0)
    return replace(counted, list_price_micros=card.price.of(counted) if drawn else 0,
                   upstream_micros=sum(c.upstream_micros for c in candidates))


def _thoughts(plan: Plan, drawn: list[Candidate]) -> int:
    planned = set(plan.thought.told)
    own = [t for c in drawn for t in c.thoughts if t not in planned]
    return sum(map(text_tokens, (*plan.thought.told, *own))) + plan.thought.tokens + sum(c.thought_tokens for c in drawn)
