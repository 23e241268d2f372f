"""Certificates: made, loaded, renewed, and refused with a reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from cavendish.errors import ConfigError
from cavendish.trust import certificates
from cavendish.trust.certificates import CHAIN_FILE, KEY_FILE, ROOT_FILE


def test_a_made_chain_has_the_profile_of_the_conformance_program(tmp_path: Path):
    chain = certificates.make(tmp_path / "c", "Acme")
    leaf, issuer = x509.load_pem_x509_certificates(chain.certificates)
    root = x509.load_pem_x509_certificate(chain.root)
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.ObjectIdentifier(certificates.CLAIM_SIGNING)} == set(usages)
    assert leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)
    assert "development" in chain.subject
    assert chain.development


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path):
    certificates.make(tmp_path / "c")
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "c").iterdir()} == {0o600}
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


def test_a_chain_is_made_once_and_never_replaced(tmp_path: Path):
    first = certificates.make_or_load(tmp_path / "c")
    assert certificates.make_or_load(tmp_path / "c") == first
    with pytest.raises(ConfigError, match="already"):
        certificates.make(tmp_path / "c")
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_leaf_about_to_end_is_renewed_by_the_same_issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(certificates, "LEAF_DAYS", 10)
    old = certificates.make(tmp_path / "c", "Acme")
    monkeypatch.undo()
    new = certificates.make_or_load(tmp_path / "c")
    assert new.not_after - datetime.now(UTC) > timedelta(days=300)
    assert new.root == old.root
    assert new.key != old.key
    x509.load_pem_x509_certificates(new.certificates)[0].verify_directly_issued_by(
        x509.load_pem_x509_certificates(old.certificates)[1])


def test_an_ended_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(certificates, "LEAF_DAYS", 0)
    with pytest.raises(ConfigError, match="ended"):
        certificates.make(tmp_path / "c")


def test_a_users_chain_is_not_called_a_development_one(tmp_path: Path):
    certificates.make(tmp_path / "c")
    (tmp_path / "c" / certificates.ISSUER_KEY_FILE).unlink()
    (tmp_path / "c" / ROOT_FILE).unlink()
    chain = certificates.load(tmp_path / "c")
    assert (chain.development, chain.root) == (False, b"")


@pytest.mark.parametrize(("name", "content", "says"), [
    (KEY_FILE, b"nonsense", "cannot be read"), (CHAIN_FILE, b"", "cannot be read"), (KEY_FILE, None, "cannot be read")])
def test_broken_files_are_refused_with_a_reason(tmp_path: Path, name: str, content: bytes | None, says: str):
    certificates.make(tmp_path / "c")
    path = tmp_path / "c" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as caught:
        certificates.load(tmp_path / "c")
    assert caught.value.hint


def _pem(key, encryption=None) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption or serialization.NoEncryption())


def test_a_foreign_or_locked_key_is_refused(tmp_path: Path):
    certificates.make(tmp_path / "c")
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "c" / KEY_FILE).write_bytes(_pem(key))
    with pytest.raises(ConfigError, match="does not belong"):
        certificates.load(tmp_path / "c")
    (tmp_path / "c" / KEY_FILE).write_bytes(_pem(key, serialization.BestAvailableEncryption(b"secret")))
    with pytest.raises(ConfigError, match="cannot be read"):
        certificates.load(tmp_path / "c")


@pytest.mark.parametrize(("key", "alg"), [
    (ec.generate_private_key(ec.SECP384R1()), "es384"), (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
    (rsa.generate_private_key(65537, 2048), "ps256")])
def test_the_algorithm_follows_the_key(key, alg: str):
    assert certificates._alg(key) == alg


def test_the_key_is_not_in_the_repr(tmp_path: Path):
    chain = certificates.make(tmp_path / "c")
    assert "PRIVATE" not in repr(chain)


def test_those_who_start_at_once_share_one_chain(tmp_path: Path):
    with ThreadPoolExecutor(4) as threads:
        chains = list(threads.map(lambda _: certificates.make_or_load(tmp_path / "c"), range(4)))
    assert len({chain.key for chain in chains}) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
