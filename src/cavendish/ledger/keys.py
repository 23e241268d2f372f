"""API keys: who asks. Keys are kept and compared as hashes only."""

import hashlib
import hmac
from dataclasses import dataclass

from cavendish.errors import ConfigError, InvalidKey, MissingKey
from cavendish.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. `id` is safe to log."""

    id: str


EVERY_CALLER = "*"
ANYONE = Caller(id="anyone")  # a server on loopback without keys


class KeyRing:
    """The keys this installation accepts; without keys everyone is welcome (loopback only, `guard` sees to it)."""

    def __init__(self, keys: tuple[str, ...], commercial: tuple[str, ...] = ()) -> None:
        self._digests = {hashlib.sha256(k.encode()).digest() for k in keys}
        self._commercial = {_caller(hashlib.sha256(k.encode()).digest()).id for k in commercial if k != EVERY_CALLER}
        self._all_commercial = EVERY_CALLER in commercial

    @property
    def required(self) -> bool:
        return bool(self._digests)

    def identify(self, key: str) -> Caller:
        """Return the caller behind a key. Raises MissingKey or InvalidKey."""
        if not self.required:
            return ANYONE
        if not key:
            raise MissingKey("no API key was sent",
                             hint="send it as x-goog-api-key, as ?key= or as `Authorization: Bearer`")
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        if not any(hmac.compare_digest(digest, known) for known in self._digests):
            raise InvalidKey("the API key is not valid", hint="use a key that this server was started with")
        return _caller(digest)

    def is_commercial(self, caller_id: str) -> bool:
        """Whether this caller uses pictures commercially: weights whose licence forbids that must not draw for it."""
        return self._all_commercial or caller_id in self._commercial


def _caller(digest: bytes) -> Caller:
    return Caller(id="key-" + digest.hex()[:8])


def guard(settings: Settings) -> None:
    """Raise ConfigError for a server that others could reach without a key."""
    if not settings.loopback and not settings.api_keys:
        raise ConfigError(f"{settings.host} can be reached by others and no API key is set",
                          hint="set CAVENDISH_API_KEYS=…, or listen on 127.0.0.1")
