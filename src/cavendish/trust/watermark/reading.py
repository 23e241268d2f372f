"""From a weighted detail raster and a guess of its geometry to ids whose checksum holds."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from cavendish.imaging.raster import Array
from cavendish.trust.watermark import code, frame
from cavendish.trust.watermark.carrier import COLUMNS, KEYS, TILE, Carriers, bins, of_tile, ramp

UPRIGHT, MIRRORED, TURNED, ALL_TURNS = (0,), (0, 4), (1, 2, 3), tuple(range(8))  # quarter turns, plus 4 when mirrored
_CANDIDATES = 20  # codewords decoded per reading: with CRC-32 one reading of noise passes with 20 * 2**-32 = 4.7e-9


@dataclass(frozen=True, slots=True)
class _Candidate:
    z: float  # sync peak in standard deviations of its map
    key: int
    shift: tuple[float, float]
    coefficients: Array


def soft_bits(carriers: Carriers, key: int, coefficients: Array) -> Array:
    """Return the soft value (CODED_BITS,) of each coded bit from coefficients (bins,) of a tile without shift."""
    parts = np.ascontiguousarray(coefficients, dtype=np.complex64).view(np.float32)
    return np.asarray((parts[carriers.bit_dims[key]] * carriers.bit_signs[key]).sum(axis=1))


def whitened(coefficients: Array) -> Array:
    """Divide by the power of each ring: where the picture itself is loud it says least."""
    ring = bins()[2].astype(np.intp)
    power = np.bincount(ring, np.abs(coefficients) ** 2) / np.maximum(np.bincount(ring), 1)
    smooth = np.convolve(np.pad(power, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    return np.asarray(coefficients / np.sqrt(smooth[ring] + 1e-20), dtype=np.complex64)


def read(carriers: Carriers, signal: Array, bases: Iterable[Array], turns: Iterable[int]) -> tuple[dict[int, float], float]:
    """Return ids with the height of their sync peak, and the highest peak, over all guesses of the geometry.

    A basis (2, 2) maps tile coordinates to the raster's. One call decodes at most 20 codewords.
    """
    turns, candidates = tuple(turns), []
    for basis in bases:
        tile = frame.fold(_upright(signal, basis))
        for turn in turns:
            candidates += _syncs(carriers, whitened(of_tile(_turned(tile, turn))))
    best = sorted(candidates, key=lambda c: -c.z)[:_CANDIDATES]
    if not best:
        return {}, 0.0
    soft = np.stack([soft_bits(carriers, c.key, c.coefficients * ramp(*c.shift).conj()) for c in best])
    found: dict[int, float] = {}
    for candidate, mark_id in zip(best, code.decode(soft), strict=True):
        if mark_id is not None:
            found[mark_id] = max(candidate.z, found.get(mark_id, 0.0))
    return found, best[0].z


def _syncs(carriers: Carriers, coefficients: Array) -> list[_Candidate]:
    """Return the best shift of the keys whose sync pattern stands out most."""
    ky, kx, _ = bins()
    spectrum = np.zeros((TILE, COLUMNS), dtype=np.complex64)
    spectrum[ky, kx] = coefficients
    maps = np.fft.irfft(np.fft.ifft(carriers.sync_spectra * spectrum, axis=1), n=TILE, axis=2).reshape(KEYS, -1)
    at = maps.argmax(axis=1)
    # every map has the same expected power: that of the sync coefficients
    deviation = float(np.sqrt(np.einsum("ks,ks->", maps, maps) / maps.size)) + 1e-20
    z = maps[np.arange(KEYS), at] / deviation
    return [_Candidate(z=float(z[k]), key=int(k), shift=_sub_pixel(maps[k].reshape(TILE, TILE), int(at[k])),
                       coefficients=coefficients) for k in np.argsort(-z)[:_CANDIDATES // 2]]


def _sub_pixel(values: Array, at: int) -> tuple[float, float]:
    """Return (y, x) of a maximum of a periodic map, by parabolas through its neighbours."""
    y, x = divmod(at, TILE)
    column = values[y - 1, x], values[y, x], values[(y + 1) % TILE, x]
    row = values[y, x - 1], values[y, x], values[y, (x + 1) % TILE]
    return y + _vertex(*column), x + _vertex(*row)


def _vertex(lower: float, middle: float, upper: float) -> float:
    bend = float(lower + upper - 2 * middle)
    return 0.5 * float(lower - upper) / bend if bend < 0 else 0.0


def _turned(tile: Array, turn: int) -> Array:
    return np.rot90(tile[:, ::-1] if turn >= 4 else tile, turn % 4)


def _upright(signal: Array, basis: Array) -> Array:
    """Resample so that one period is TILE pixels again."""
    if np.array_equal(basis, np.eye(2)):
        return signal
    height, width = signal.shape
    back = np.linalg.inv(basis)
    corners = back @ np.array([[0, width, 0, width], [0, 0, height, height]], dtype=np.float64)
    low = np.floor(corners.min(axis=1))
    size = np.ceil(corners.max(axis=1) - low).astype(int)
    scale = float(np.sqrt(abs(np.linalg.det(basis))))
    soft = cv2.GaussianBlur(signal, (0, 0), 0.35 * scale) if scale > 1.25 else signal
    move = np.column_stack([basis, basis @ low])
    return np.asarray(cv2.warpAffine(soft, move, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))
