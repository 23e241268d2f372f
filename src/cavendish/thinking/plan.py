"""Plan: a request as it came -> a complete one: size and seed fixed, references opened, former states unsealed.

It reads no words: `thinker` did, and what it came to travels along.
"""

import secrets
from dataclasses import dataclass, field, replace

from cavendish.catalog.models import ModelCard
from cavendish.errors import TooLarge
from cavendish.imaging import header, intake
from cavendish.imaging.intake import IN_PROCESS, Intake
from cavendish.thinking.thinker import Thought
from cavendish.types import ImageRequest, Size

MAX_INPUT_PIXELS = 150_000_000  # of all references together: what a worker holds at once, 4 bytes each
SEED_BITS = 31  # seeds of our own choosing fit every dialect's integer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A request with nothing left open, and what it counts as."""

    request: ImageRequest
    aspect_ratio: str  # "" when the size is free
    tier: str
    shape_fixed: bool  # by the caller: a size, a ratio, or a mask that fits the base
    note: str = ""     # what the caller should know about the inputs, one sentence
    thought: Thought = field(default_factory=Thought)


def plan(request: ImageRequest, card: ModelCard, inputs: Intake = IN_PROCESS, thought: Thought | None = None) -> Plan:
    """Complete a request for a model, its pictures opened by `inputs`. The shape is the caller's, else the thought's.

    Raises BadImage, TooLarge, InvalidValue (a ratio, tier or size it does not make), QueueFull.
    """
    opened, thought = open_inputs(request, inputs), thought or Thought()
    base = opened.base
    base_size = base.pixels.size if base is not None and base.pixels is not None else None
    size, ratio, tier = _size(opened, card, base_size, thought.aspect_ratio)
    if opened.mask is not None and base_size is not None:
        mask = inputs.open_mask(opened.mask.data, base_size, opened.mask.alpha_marks_edit)
        opened = replace(opened, mask=replace(opened.mask, pixels=mask))
    seed = secrets.randbits(SEED_BITS) if request.seed is None else request.seed
    fixed = request.size is not None or request.aspect_ratio is not None or request.mask is not None
    return Plan(request=replace(opened, size=size, seed=seed), aspect_ratio=ratio, tier=tier, shape_fixed=fixed,
                note=_first_frames(request), thought=thought)


def open_inputs(request: ImageRequest, inputs: Intake = IN_PROCESS) -> ImageRequest:
    """Return the request with the pixels of every reference."""
    claimed_pixels(request)
    opened = tuple(replace(r, pixels=r.pixels or inputs.open_picture(r.data)) for r in request.references)
    return replace(request, references=opened)


def claimed_pixels(request: ImageRequest) -> int:
    """Count the pixels of the references that are not open yet, as their files claim them. Raises BadImage, TooLarge."""
    total = sum(intake.probe(r.data).pixels for r in request.references if r.pixels is None)
    if total > MAX_INPUT_PIXELS:
        raise TooLarge(f"the input images have {total} pixels together", field="references",
                       hint=f"send fewer or smaller ones: {MAX_INPUT_PIXELS} pixels in all")
    return total


def _first_frames(request: ImageRequest) -> str:
    """Say that of an animation, or of several pages, the first one counts."""
    several = sum(header.is_sequence(r.data) for r in request.references)
    if not several:
        return ""
    which = "An input image holds" if several == 1 else f"{several} input images hold"
    return f"{which} several frames or pages; the first one was used."


def _size(request: ImageRequest, card: ModelCard, base: Size | None, meant: str = "") -> tuple[Size, str, str]:
    """Size, ratio and tier. `meant` is the shape that the words ask for where the caller fixed none."""
    if request.size is not None:
        card.check_size(request.size)
        return request.size, "", card.tier_of(request.size)
    tier = request.tier or card.default_tier
    ratio = request.aspect_ratio or (card.nearest_ratio(base) if base is not None else meant or "1:1")
    if request.mask is not None and base is not None and request.aspect_ratio is None and request.tier is None:
        return base, "", card.tier_of(base)  # a masked edit keeps every pixel outside the mask, so also the size
    if card.named is not None and base is not None and request.aspect_ratio is None and request.tier is None:
        size = card.named.follow(base)
        return size, "", card.tier_of(size)
    size = card.size(ratio, tier)
    if card.named is not None and ratio == meant and request.tier is None:  # of the sizes that an OpenAI model makes
        named = card.named.follow(size)
        return named, ratio if named == size else "", tier
    return size, ratio, tier
