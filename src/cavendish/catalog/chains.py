"""Which engines serve a model, in order: the packed chains, what is installed here, and this installation's own wishes."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from cavendish.catalog.models import Catalog, ModelCard
from cavendish.errors import ConfigError

_OWN = ("flash", "pro")  # engines that a server of one's own stands in for
_SERVER = "server"


def parse(text: str) -> dict[str, tuple[str, ...]]:
    """Read `flash=server>comp, gemini-3-pro-image=google>pro>comp`. Raises ConfigError."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        model, sign, chain = entry.partition("=")
        names = tuple(name.strip() for name in chain.split(">"))
        if not sign or not model.strip() or not all(names):
            raise ConfigError(f"CAVENDISH_CHAINS: {entry[:60]!r} is not understood", hint="write it like flash=server>comp")
        found[model.strip()] = names
    return found


def arranged(catalog: Catalog, installed: Collection[str], wishes: Mapping[str, tuple[str, ...]]) -> Catalog:
    """Put a vendor's own engine first for its models, and one's own server behind the engines that it stands in for.

    A wish replaces a model's whole chain. Raises UnknownModel for a wish about none of the catalog's models, ConfigError for an
    engine that does not exist.
    """
    known = {"google", "openai", _SERVER, *installed, *(name for card in catalog.cards for name in card.chain)}
    stranger = next((name for chain in wishes.values() for name in chain if name not in known), "")
    if stranger:
        raise ConfigError(f"CAVENDISH_CHAINS: there is no engine {stranger[:40]!r}", hint="use " + ", ".join(sorted(known)))
    asked = {catalog.model(name).id: chain for name, chain in wishes.items()}
    cards = {card.id: replace(card, chain=asked.get(card.id) or _chain(card, installed)) for card in catalog.cards}
    return replace(catalog, cards=tuple(cards.values()), by_name={n: cards[c.id] for n, c in catalog.by_name.items()})


def _chain(card: ModelCard, installed: Collection[str]) -> tuple[str, ...]:
    chain = list(card.chain)
    own = [i for i, name in enumerate(chain) if name in _OWN]
    if _SERVER in installed and own:
        chain.insert(own[-1] + 1, _SERVER)
    return (card.vendor, *chain) if card.vendor in installed else tuple(chain)
