"""The payload code: what it corrects, what it refuses."""

import numpy as np
import pytest

from cavendish.trust.watermark import code


@pytest.mark.parametrize("mark_id", [0, 1, 0x123456789ABC, (1 << 48) - 1])
def test_a_clean_codeword_gives_its_id(mark_id: int) -> None:
    assert code.decode(code.encode(mark_id)[None]) == [mark_id]


def test_noise_as_loud_as_the_signal_is_corrected() -> None:
    rng = np.random.default_rng(1)
    ids = [int(rng.integers(0, 1 << 48)) for _ in range(50)]
    sent = np.stack([code.encode(i) for i in ids])
    read = code.decode(sent * 1.6 + rng.normal(size=sent.shape))
    assert read == ids
    assert ((sent * 1.6 + rng.normal(size=sent.shape)) * sent < 0).mean() > 0.03  # hard decisions would be wrong often


def test_noise_alone_gives_nothing() -> None:
    rng = np.random.default_rng(2)
    assert set(code.decode(rng.normal(size=(300, code.CODED_BITS)))) == {None}


def test_silence_is_no_id() -> None:
    assert code.decode(np.zeros((1, code.CODED_BITS))) == [None]


def test_the_codeword_of_one_id_never_changes() -> None:
    """Marks must stay readable: this is the wire format."""
    signs = (code.encode(0x0123456789AB) < 0).astype(np.uint8)
    assert np.packbits(signs).tobytes().hex() == "0003b28cb64f4e70a540417f73d45c05dce252ed9dc0"
