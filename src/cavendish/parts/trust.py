"""What an installation signs with, whom it trusts, what looks at its pictures, and what it may fetch."""

import logging
from pathlib import Path

from cavendish.errors import ConfigError
from cavendish.settings import Settings
from cavendish.trust import certificates, fetch
from cavendish.trust.credentials import Credentials, TimeStamps
from cavendish.trust.policy.pictures import PictureClassifier, open_classifier

log = logging.getLogger("cavendish.app")
CREDENTIALS_FOLDER = "credentials"  # in the data folder


def credentials_of(settings: Settings) -> Credentials | None:
    """Return what signs the pictures: the user's chain, one made here on first use, or nothing. Raises ConfigError."""
    stamps = TimeStamps(url=settings.tsa_url, timeout_s=settings.tsa_timeout_s, policy=settings.tsa_policy)
    asked = stamps if settings.tsa_url else None
    if settings.credentials == "off":
        return None
    if settings.credentials != "auto":
        signing = Credentials(certificates.load(Path(settings.credentials).expanduser()), asked)
        signing.check()
        return signing
    folder = settings.data_dir / CREDENTIALS_FOLDER
    if not folder.exists():
        log.info("making a certificate for content credentials, for development: validators will call it untrusted")
    return Credentials(certificates.make_or_load(folder), asked)


def anchors_of(settings: Settings, signing: Credentials | None) -> bytes:
    """Return the roots that `verify` trusts: our own and the configured list. Raises ConfigError."""
    try:
        listed = Path(settings.trust_list).expanduser().read_bytes() if settings.trust_list else b""
    except OSError as exc:
        raise ConfigError(f"the trust list {settings.trust_list} cannot be read: {exc.strerror}",
                          hint="CAVENDISH_TRUST_LIST names a PEM file") from exc
    return (signing.chain.root if signing else b"") + listed


def classifier(settings: Settings) -> PictureClassifier | None:
    """The picture classifier that was configured; None without one, or with safety off."""
    if not settings.picture_classifier or not settings.safety:
        return None
    return open_classifier(Path(settings.picture_classifier).expanduser())


def fetcher(settings: Settings) -> fetch.Fetcher:
    """What fetches pictures that callers name by URL, or refuses to."""
    return fetch.Fetcher(rules=fetch.Rules(schemes=fetch.MODES[settings.fetch_urls], hosts=settings.fetch_hosts))
