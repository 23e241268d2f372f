"""The remote engines, joined: an address, a key and a model make an Engine."""

from dataclasses import dataclass, field

from cavendish.catalog.models import ModelCard
from cavendish.engines.breaker import Breaker
from cavendish.engines.remote.engine import RemoteEngine, Retries
from cavendish.engines.remote.google import Google
from cavendish.engines.remote.openai import compatible, hosted
from cavendish.engines.remote.transport import Timeouts, Transport
from cavendish.errors import ConfigError

__all__ = ["Timeouts", "Upstream", "google", "openai", "server"]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where and with which key."""

    base_url: str
    key: str = field(repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: Retries = field(default_factory=Retries)
    breaker: Breaker = field(default_factory=Breaker)


def google(upstream: Upstream, card: ModelCard) -> RemoteEngine:
    """Google's Gemini API. Raises ConfigError for a model that is not Google's."""
    _belongs(card, "google")
    transport = Transport(upstream.base_url, {"x-goog-api-key": upstream.key}, upstream.timeouts)
    return RemoteEngine(Google(card, upstream.key), transport, upstream.retries, upstream.breaker)


def openai(upstream: Upstream, card: ModelCard) -> RemoteEngine:
    """OpenAI. Raises ConfigError for a model that is not OpenAI's."""
    _belongs(card, "openai")
    return RemoteEngine(hosted(card, upstream.key), _bearing(upstream), upstream.retries, upstream.breaker)


def server(upstream: Upstream, model: str) -> RemoteEngine:
    """A server of one's own. Raises ConfigError without a model."""
    if not model:
        raise ConfigError("CAVENDISH_SERVER_URL is set without a model", hint="set CAVENDISH_SERVER_MODEL to a name it serves")
    return RemoteEngine(compatible(model, upstream.key), _bearing(upstream), upstream.retries, upstream.breaker)


def _bearing(upstream: Upstream) -> Transport:
    headers = {"authorization": f"Bearer {upstream.key}"} if upstream.key else {}
    return Transport(upstream.base_url, headers, upstream.timeouts)


def _belongs(card: ModelCard, vendor: str) -> None:
    if card.vendor != vendor:
        raise ConfigError(f"CAVENDISH_{vendor.upper()}_MODEL={card.id} is a model of {card.vendor}",
                          hint=f"name one of {vendor}'s; `cavendish models` lists them")
