"""The tile's coefficients: keyed, disjoint, the same for ever."""

import hashlib

import numpy as np

from cavendish.trust.watermark.carrier import KEYS, TILE, Carriers, bins, of_tile, ramp, to_tile

SECRET = b"0123456789abcdef0123456789abcdef"


def test_sync_and_bits_share_no_coefficient_and_use_them_all() -> None:
    keys = Carriers(SECRET)
    for key in (0, KEYS - 1):
        bits = keys.bit_dims[key].ravel()
        used = np.concatenate([bits, 2 * keys.sync_bins[key], 2 * keys.sync_bins[key] + 1])
        assert sorted(used) == list(range(2 * len(bins()[0])))


def test_the_carriers_of_one_secret_never_change() -> None:
    keys = Carriers(SECRET)
    parts = (keys.sync_bins[5].astype("<i4"), keys.bit_dims[5].astype("<i4"), keys.bit_signs[5].astype("<i4"))
    assert hashlib.sha256(b"".join(p.tobytes() for p in parts)).hexdigest()[:16] == "d3ed8c45eacb00a4"


def test_two_secrets_agree_on_nothing() -> None:
    one, two = Carriers(SECRET), Carriers(SECRET[::-1])
    agree = [(one.bit_signs[k] == two.bit_signs[k]).mean() for k in range(KEYS)]
    assert 0.48 < np.mean(agree) < 0.52
    assert (one.bit_dims == two.bit_dims).mean() < 0.02


def test_pictures_choose_among_all_keys() -> None:
    keys = Carriers(SECRET)
    chosen = [keys.choose(b"%d" % n) for n in range(1500)]
    assert {c[0] for c in chosen} == set(range(KEYS))
    assert all(0 <= c[1] < TILE and 0 <= c[2] < TILE for c in chosen)


def test_a_tile_moves_by_its_ramp() -> None:
    rng = np.random.default_rng(1)
    shape = len(bins()[0])
    coefficients = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(np.complex64)
    moved = to_tile(coefficients * ramp(5, 11))
    assert np.allclose(moved, np.roll(to_tile(coefficients), (5, 11), axis=(0, 1)), atol=1e-2)
    assert np.allclose(of_tile(moved) * ramp(5, 11).conj() / of_tile(to_tile(coefficients)), 1, atol=1e-2)
