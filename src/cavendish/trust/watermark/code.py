"""48 bits that prove themselves: CRC-32, then the rate-1/2 convolutional code of constraint length 7 (171, 133 octal), read by
a soft-decision Viterbi decoder that takes many candidates at once.

Sources: Lin and Costello, Error Control Coding, ch. 11-12; the generators are those of CCSDS 131.0-B.
"""

import functools
import zlib

import numpy as np

from cavendish.imaging.raster import Array

ID_BITS = 48
_CRC_BITS, _MEMORY = 32, 6
_STATES = 1 << _MEMORY
_GENERATORS = (0o171, 0o133)
_STEPS = ID_BITS + _CRC_BITS + _MEMORY  # the tail of zeros brings the encoder home
CODED_BITS = 2 * _STEPS


def encode(mark_id: int) -> Array:
    """Return the codeword (CODED_BITS,) as float32 signs, +1 for a 0 bit."""
    raw = mark_id.to_bytes(ID_BITS // 8, "big")
    message = raw + zlib.crc32(raw).to_bytes(_CRC_BITS // 8, "big")
    bits = np.concatenate([np.unpackbits(np.frombuffer(message, np.uint8)), np.zeros(_MEMORY, np.uint8)])
    register, out = 0, []
    for bit in bits:
        register = (int(bit) << _MEMORY) | (register >> 1)
        out += [1.0 - 2.0 * ((register & g).bit_count() & 1) for g in _GENERATORS]
    return np.array(out, dtype=np.float32)


@functools.cache
def _trellis() -> tuple[Array, Array]:
    """Return, for each state and its two predecessors: the predecessor (64, 2), the signs sent on the way (64, 2, 2)."""
    before = np.empty((_STATES, 2), dtype=np.intp)
    signs = np.empty((_STATES, 2, 2), dtype=np.float32)
    for state in range(_STATES):
        bit = state >> (_MEMORY - 1)
        for dropped in (0, 1):
            before[state, dropped] = ((state << 1) & (_STATES - 1)) | dropped
            register = (bit << _MEMORY) | int(before[state, dropped])
            signs[state, dropped] = [1.0 - 2.0 * ((register & g).bit_count() & 1) for g in _GENERATORS]
    return before, signs


def decode(soft: Array) -> list[int | None]:
    """Return the id of each row of soft values (n, CODED_BITS), positive for a 0 bit, or None where the checksum fails.

    A row of noise passes with probability 2**-32.
    """
    before, signs = _trellis()
    pairs = soft.reshape(len(soft), _STEPS, 2).astype(np.float32)
    gains = np.einsum("ntc,sdc->tnsd", pairs, signs)  # (steps, n, states, 2)
    metric = np.full((len(soft), _STATES), -1e9, dtype=np.float32)
    metric[:, 0] = 0
    choices = np.empty((_STEPS, len(soft), _STATES), dtype=np.bool_)
    for step in range(_STEPS):
        arriving = metric[:, before] + gains[step]
        choices[step] = arriving[..., 1] > arriving[..., 0]
        metric = np.maximum(arriving[..., 0], arriving[..., 1])
    rows, state = np.arange(len(soft)), np.zeros(len(soft), dtype=np.intp)
    bits = np.empty((len(soft), _STEPS), dtype=np.uint8)
    for step in range(_STEPS - 1, -1, -1):
        bits[:, step] = state >> (_MEMORY - 1)
        state = before[state, choices[step, rows, state].astype(np.intp)]
    packed = np.packbits(bits[:, :ID_BITS + _CRC_BITS], axis=1)
    return [_checked(row.tobytes()) for row in packed]


def _checked(message: bytes) -> int | None:
    raw, check = message[:ID_BITS // 8], message[ID_BITS // 8:]
    if zlib.crc32(raw).to_bytes(_CRC_BITS // 8, "big") != check:
        return None
    return int.from_bytes(raw, "big")
