"""Certificates for signing content credentials: a chain that we make for development, or the user's own.

Profile of the C2PA specification 2.4, section 14.5, and its conformance program's claim-signing leaf (AL1): P-256,
digitalSignature, emailProtection and c2pa-kp-claimSigning, at most 366 days. A chain made here is nobody's proof: validators
call it untrusted until somebody installs its root, and it is never presented as more.
"""

import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.errors import ConfigError

if TYPE_CHECKING:  # cryptography costs 40 ms to import: only those who sign pay
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

CHAIN_FILE, KEY_FILE, ROOT_FILE, ISSUER_KEY_FILE = "chain.pem", "key.pem", "root.pem", "issuer-key.pem"
CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"  # c2pa-kp-claimSigning
LEAF_DAYS, ISSUER_DAYS = 365, 3650
RENEW_BEFORE = timedelta(days=180)  # at start: a server may then run for half a year
_BACKDATED = timedelta(hours=1)  # clocks of those who check may be behind
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A certificate chain and its key, ready to sign. `certificates` is PEM, leaf first; `root` is what others may trust."""

    certificates: bytes = field(repr=False)
    key: bytes = field(repr=False)  # PKCS#8, PEM
    root: bytes = field(repr=False)
    alg: str                        # COSE's name in lower case: es256, ps256, ed25519 …
    subject: str                    # who signs, for people
    not_after: datetime
    development: bool               # made by `make`: nobody else knows its root


def make(folder: Path, organisation: str = "Cavendish self-hosted") -> Chain:
    """Make root, intermediate and leaf in `folder` (keys 0600) and return the chain; one winner among racing processes.

    The root's key is thrown away. Raises ConfigError when the folder holds credentials already or cannot be written.
    """
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        fresh.mkdir(parents=True, mode=0o700)
        _write_chain(fresh, organisation)
        os.rename(fresh, folder)  # fails when another process was first: its chain holds
    except OSError as exc:
        shutil.rmtree(fresh, ignore_errors=True)
        if not (folder / CHAIN_FILE).exists():
            raise ConfigError(f"credentials cannot be written to {folder}: {exc.strerror}",
                              hint="choose another data folder, or set CAVENDISH_CREDENTIALS=off") from exc
        raise ConfigError(f"{folder} holds credentials already", hint="move that folder away first to make new ones") from exc
    return load(folder)


def make_or_load(folder: Path) -> Chain:
    """Return the development chain of `folder`, made when there is none, its leaf renewed half a year before it ends."""
    if not (folder / CHAIN_FILE).exists():
        try:
            return make(folder)
        except ConfigError:
            if not (folder / CHAIN_FILE).exists():
                raise
    chain = load(folder, expired=True)
    if chain.not_after - datetime.now(UTC) < RENEW_BEFORE and (folder / ISSUER_KEY_FILE).exists():
        _renew(folder)
    return load(folder)


def load(folder: Path, *, expired: bool = False) -> Chain:
    """Read `chain.pem` (leaf first), `key.pem` and, when there, `root.pem`. Raises ConfigError that says what is wrong."""
    try:
        certificates, key = (folder / CHAIN_FILE).read_bytes(), (folder / KEY_FILE).read_bytes()
        root = (folder / ROOT_FILE).read_bytes() if (folder / ROOT_FILE).exists() else b""
    except OSError as exc:
        raise ConfigError(f"the credentials in {folder} cannot be read: {exc.strerror}",
                          hint=f"put {CHAIN_FILE} (leaf first) and {KEY_FILE} there; `cavendish credentials init` makes a "
                               "chain for development") from exc
    leaf, private = _parsed(folder, certificates, key)
    if not expired and leaf.not_valid_after_utc <= datetime.now(UTC):
        raise ConfigError(f"the certificate in {folder} ended on {leaf.not_valid_after_utc:%Y-%m-%d}",
                          hint="replace it, or set CAVENDISH_CREDENTIALS=off")
    return Chain(certificates=certificates, key=_pkcs8(private), root=root, alg=_alg(private), subject=_name_of(leaf),
                 not_after=leaf.not_valid_after_utc, development=(folder / ISSUER_KEY_FILE).exists())


def _parsed(folder: Path, certificates: bytes, key: bytes) -> "tuple[x509.Certificate, PrivateKeyTypes]":
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        leaf = x509.load_pem_x509_certificates(certificates)[0]
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as exc:  # TypeError: the key asks for a password
        raise ConfigError(f"the credentials in {folder} cannot be read: {str(exc)[:120]}",
                          hint="PEM files, the key without a password") from exc
    raw = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*raw) != private.public_key().public_bytes(*raw):
        raise ConfigError(f"the key in {folder} does not belong to the first certificate",
                          hint="the chain starts with the certificate that signs")
    return leaf, private


def _alg(key: "PrivateKeyTypes") -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    raise ConfigError("content credentials cannot be signed with this kind of key",
                      hint="use P-256, P-384, P-521, Ed25519 or RSA of at least 2048 bits")


def _pkcs8(key: "PrivateKeyTypes") -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _name_of(certificate: "x509.Certificate") -> str:
    from cryptography.x509.oid import NameOID

    names = [a.value for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
             for a in certificate.subject.get_attributes_for_oid(kind)]
    return ", ".join(str(n) for n in dict.fromkeys(names))


def _write_chain(folder: Path, organisation: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, issuer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _issued(organisation, "Cavendish development root", root_key, None, root_key, path_length=1)
    issuer = _issued(organisation, "Cavendish development issuer", issuer_key, root, root_key, path_length=0)
    _write(folder / ROOT_FILE, _pem(root))
    _write(folder / ISSUER_KEY_FILE, _pkcs8(issuer_key))
    _write_leaf(folder, organisation, issuer, issuer_key)


def _renew(folder: Path) -> None:
    """Replace the leaf; the key first, so that a reader in between sees a mismatch and not a wrong signature."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    leaf, issuer = x509.load_pem_x509_certificates((folder / CHAIN_FILE).read_bytes())[:2]
    issuer_key = serialization.load_pem_private_key((folder / ISSUER_KEY_FILE).read_bytes(), None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise ConfigError(f"{folder / ISSUER_KEY_FILE} is not a key of ours",
                          hint="move the folder away to make new credentials")
    organisation = str(leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)
    _write_leaf(folder, organisation, issuer, issuer_key)


def _write_leaf(folder: Path, organisation: str, issuer: "x509.Certificate", issuer_key: "EllipticCurvePrivateKey") -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    leaf = _issued(organisation, "Cavendish (self-made, for development)", key, issuer, issuer_key)
    _write(folder / KEY_FILE, _pkcs8(key))
    _write(folder / CHAIN_FILE, _pem(leaf) + _pem(issuer))


def _issued(organisation: str, name: str, key: "EllipticCurvePrivateKey", issuer: "x509.Certificate | None",
            issuer_key: "EllipticCurvePrivateKey", path_length: int | None = None) -> "x509.Certificate":
    """Issue a CA certificate, or with no path length a claim-signing leaf."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    is_ca = path_length is not None
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
                         x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - _BACKDATED
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
                           "decipher_only"), False)
    built = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
             .public_key(key.public_key()).serial_number(x509.random_serial_number())
             .not_valid_before(start).not_valid_after(start + timedelta(days=ISSUER_DAYS if is_ca else LEAF_DAYS))
             .add_extension(x509.BasicConstraints(is_ca, path_length), True)
             .add_extension(x509.KeyUsage(digital_signature=not is_ca, key_cert_sign=is_ca, crl_sign=is_ca, **usage), True)
             .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
             .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))
    if not is_ca:
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION,
                                                           x509.ObjectIdentifier(CLAIM_SIGNING)]), False)
    return built.sign(issuer_key, hashes.SHA256())


def _pem(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(fresh, path)
