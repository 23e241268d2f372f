"""Seals: only what this installation sealed comes back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.errors import ConfigError, UnknownFile
from cavendish.trust.seal import Sealer, load_secret

SEALER = Sealer(bytes(range(32)))


@given(st.binary(max_size=500))
def test_what_was_sealed_comes_back(payload: bytes) -> None:
    assert SEALER.unseal(SEALER.seal(payload)) == payload


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(junk: bytes) -> None:
    assert SEALER.unseal(junk) is None


@given(st.binary(min_size=1, max_size=50), st.data())
def test_any_flipped_bit_is_refused(payload: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(payload))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    assert SEALER.unseal(bytes(sealed)) is None


def test_a_url_token_fits_its_key_until_it_expires() -> None:
    token = SEALER.sign_key("a" * 64, 60)
    SEALER.check_key("a" * 64, token)
    for key, wrong in (("b" * 64, token), ("a" * 64, token + "x"), ("a" * 64, ""), ("a" * 64, SEALER.sign_key("a" * 64, -1))):
        with pytest.raises(UnknownFile):
            SEALER.check_key(key, wrong)


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = load_secret(tmp_path / "data")
    assert first == load_secret(tmp_path / "data")
    assert (tmp_path / "data" / "secret").stat().st_mode & 0o077 == 0
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["secret"]


def test_a_cut_secret_is_refused() -> None:
    with pytest.raises(ConfigError):
        Sealer(b"short")


def test_a_derived_secret_is_of_one_purpose_and_one_installation() -> None:
    one, other = Sealer(b"a" * 32), Sealer(b"b" * 32)
    made = {one.derive(b"watermark"), one.derive(b"mark ids"), other.derive(b"watermark")}
    assert len(made) == 3
    assert {len(m) for m in made} == {32}
    assert one.derive(b"watermark") in made
