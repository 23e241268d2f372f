"""Seals: bytes that travel through a caller and come back unchanged, or not at all.

HMAC-SHA256 (RFC 2104) with a secret of this installation, cut to 16 bytes (RFC 2104 section 5 allows half).
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from cavendish.errors import ConfigError, UnknownFile

_MAGIC = b"cv1"
_TAG = 16


class Sealer:
    """Signs and checks with one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ConfigError("the sealing secret is too short", hint="delete the file `secret` in the data folder")
        self._secret = secret

    def __repr__(self) -> str:
        return "Sealer(…)"

    def _tag(self, purpose: bytes, payload: bytes) -> bytes:
        return hmac.new(self._secret, purpose + b"\0" + payload, hashlib.sha256).digest()[:_TAG]

    def derive(self, purpose: bytes) -> bytes:
        """Return 32 bytes of this installation for one purpose, from which the secret cannot be found."""
        return hmac.new(self._secret, b"derive\0" + purpose, hashlib.sha256).digest()

    def seal(self, payload: bytes) -> bytes:
        """Return payload with a tag in front; `unseal` gives it back."""
        return _MAGIC + self._tag(b"state", payload) + payload

    def unseal(self, sealed: bytes) -> bytes | None:
        """Return the payload, or None for anything that this installation did not seal."""
        tag, payload = sealed[len(_MAGIC):len(_MAGIC) + _TAG], sealed[len(_MAGIC) + _TAG:]
        if not sealed.startswith(_MAGIC) or not hmac.compare_digest(tag, self._tag(b"state", payload)):
            return None
        return payload

    def sign_key(self, key: str, ttl_s: int) -> str:
        """Return `expires.signature` for a blob key, to put in a URL."""
        expires = int(time.time()) + ttl_s
        tag = self._tag(b"url", f"{key}.{expires}".encode())
        return f"{expires}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"

    def check_key(self, key: str, token: str) -> None:
        """Raise UnknownFile unless `token` was signed for this key and has not expired."""
        expires, _, tag = token.partition(".")
        wanted = base64.urlsafe_b64encode(self._tag(b"url", f"{key}.{expires}".encode())).decode().rstrip("=")
        if not hmac.compare_digest(tag.encode(), wanted.encode()):
            raise UnknownFile("this picture URL is not valid", hint="use the URL exactly as it was returned")
        if int(expires) < time.time():
            raise UnknownFile("this picture URL has expired", hint="draw it again, or ask for b64_json")


def load_secret(folder: Path) -> bytes:
    """Read the installation's secret from `folder/secret`, making it on first use (mode 600, one winner among racers)."""
    path = folder / "secret"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
    if not path.exists():
        fresh.write_bytes(secrets.token_bytes(32))
        fresh.chmod(0o600)
        with contextlib.suppress(FileExistsError):  # another process was first: its secret holds
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()
