"""Model cards and engine profiles -> what /api/v1/models and /api/v1/capabilities answer. Pure."""

from typing import Any

from cavendish import __version__
from cavendish.catalog.models import Catalog, ModelCard
from cavendish.engines.base import EngineProfile
from cavendish.engines.registry import Registry
from cavendish.errors import EngineUnavailable
from cavendish.finish import Provenance
from cavendish.imaging import codec
from cavendish.thinking.check import Checker
from cavendish.thinking.grounding import Provider
from cavendish.trust.policy import Policy
from cavendish.types import MAX_CANDIDATES, MAX_REFERENCES, MIME_TYPES, Usage


def models(catalog: Catalog, registry: Registry, *, strict: bool) -> dict[str, Any]:
    """Every card, with the engine that serves it now. `strict`: no other engine may stand in."""
    return {"models": [model(card, registry, strict=strict) for card in catalog.cards]}


def model(card: ModelCard, registry: Registry, *, strict: bool) -> dict[str, Any]:
    """One card."""
    profile = _serving(card, registry, strict=strict)
    tiers = [t for t in card.tiers if any(t in card.table[r] for r in card.ratios)]
    ratios = [r for r in card.ratios if r in card.table]
    return {
        "id": card.id, "vendor": card.vendor, "display_name": card.display_name, "description": card.description,
        "aliases": list(card.aliases), "engine": profile.id if profile else None,
        "stand_in": profile is not None and profile.id != card.chain[0], "ratios": ratios, "tiers": tiers,
        "default_tier": card.default_tier,
        "pixels": {r: {t: [card.table[r][t].width, card.table[r][t].height] for t in tiers} for r in ratios},
        "free_size": card.free_size, "max_references": min(MAX_REFERENCES, profile.max_references if profile else 0),
        "max_candidates": min(MAX_CANDIDATES, profile.max_candidates if profile else 0), "thinking": list(card.thinking),
        "list_price_micros": {t: card.price.of(Usage(output_image=card.tokens[t])) for t in tiers}}


def _serving(card: ModelCard, registry: Registry, *, strict: bool) -> EngineProfile | None:
    try:
        return registry.pick(card.chain, strict=strict).profile
    except EngineUnavailable:
        return None


def capabilities(registry: Registry, words: Policy, classifier: str, marks: Provenance, *,
                 searches: tuple[Provider, ...] = (), checker: Checker | None = None, key_required: bool) -> dict[str, Any]:
    """What this installation can do. `classifier` is the name of the one that looks at pictures, "" for none."""
    rules = words.applying({}) if not words.enabled else words.rules
    thinks = checker or Checker()
    return {
        "version": __version__, "engines": [engine(e.profile) for e in registry.engines.values()],
        "policy": {"enabled": words.enabled, "words": bool(rules), "pictures": bool(classifier),
                   "picture_classifier": classifier or "no picture classifier is installed",
                   "categories": sorted({r.category for r in rules}), "rules": len(rules), "own_rules": words.own_rules},
        "provenance": {"watermark": marks.watermarker.alg if marks.watermarker else "", "masked_watermark": marks.masked,
                       "signer": marks.credentials.chain.subject if marks.credentials else "",
                       "development_certificate": marks.credentials is not None and marks.credentials.chain.development},
        "search": {"providers": [p.name for p in searches], "leaves_machine": any(p.remote for p in searches)},
        "thinking": {"language_model": thinks.model.name if thinks.model else "", "vision": thinks.looks,
                     "ocr": thinks.reader.name if thinks.reader else ""},
        "key_required": key_required, "max_references": MAX_REFERENCES, "max_candidates": MAX_CANDIDATES,
        "mime_types": [mime for mime in MIME_TYPES if codec.available(mime)]}


def engine(profile: EngineProfile) -> dict[str, Any]:
    """One profile."""
    names = ("id", "name", "revision", "licence", "trained", "commercial_use", "max_references", "max_candidates", "masks",
             "transparent_background", "negative_prompt", "needs", "marks")
    return {name: getattr(profile, name) for name in names} | {"tuning": sorted(profile.tuning),
                                                               "scripts": list(profile.scripts)}
