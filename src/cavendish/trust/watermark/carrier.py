"""The tile: which Fourier coefficients of one 96 x 96 period carry which coded bit, for each of 64 secret keys.

Every coded bit rides on one coefficient (a real or an imaginary part) of each of several rings, so that what a codec removes
first never removes a whole bit. Other coefficients carry the sync pattern, by which a key and a shift are found. Which
coefficient does what, and with which sign, comes from HMAC-SHA256 and SHAKE-256 of the installation's secret, never from a
library's generator: marks must stay readable for years.
"""

import functools
import hashlib
import hmac

import numpy as np

from cavendish.imaging.raster import Array
from cavendish.trust.watermark.code import CODED_BITS

TILE = 96  # px of the frame, one period
KEYS = 64
_RINGS = (6.0, 23.5)  # cycles per tile: below is visible, above does not live through JPEG
COLUMNS = int(_RINGS[1]) + 1  # of a tile's spectrum that can hold anything
_LAYERS = 7  # coefficients per coded bit


@functools.cache
def bins() -> tuple[Array, Array, Array]:
    """Return (ky, kx, radius) of the half plane's usable coefficients, slowest first; both axes stay free of marks."""
    ky, kx = np.meshgrid(np.arange(-TILE // 2, TILE // 2), np.arange(1, TILE // 2), indexing="ij")
    radius = np.hypot(ky, kx)
    keep = (radius >= _RINGS[0]) & (radius <= _RINGS[1]) & (ky != 0)
    order = np.argsort(radius[keep], kind="stable")
    return ky[keep][order], kx[keep][order], radius[keep][order].astype(np.float32)


class Carriers:
    """The 64 keys of one secret. Immutable once made; about 5 MB."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.new(secret, b"cavendish watermark spread.1", hashlib.sha256).digest()
        ky, kx, _ = bins()
        total = len(ky)
        count = total - CODED_BITS * _LAYERS // 2
        self.sync_bins = np.empty((KEYS, count), dtype=np.intp)
        self.sync_signs = np.empty((KEYS, count), dtype=np.complex64)
        self.bit_dims = np.empty((KEYS, CODED_BITS, _LAYERS), dtype=np.intp)  # 2 * bin + (1 for the imaginary part)
        self.bit_signs = np.empty((KEYS, CODED_BITS, _LAYERS), dtype=np.float32)
        for key in range(KEYS):
            self._fill(key, total, count)
        spectra = np.zeros((KEYS, TILE, COLUMNS), dtype=np.complex64)
        rows = np.arange(KEYS)[:, None]
        spectra[rows, ky[self.sync_bins], kx[self.sync_bins]] = self.sync_signs
        self.sync_spectra = spectra.conj()

    def _fill(self, key: int, total: int, count: int) -> None:
        draw = self._stream(b"key%d" % key, 8 * (total * 4))
        words = np.frombuffer(draw, "<u8")
        edges = np.linspace(0, total, count + 1).astype(np.intp)  # one sync coefficient from each slice of the rings
        wide = np.diff(edges).astype(np.uint64)
        sync = edges[:-1] + (words[:count] % wide).astype(np.intp)
        self.sync_bins[key] = sync
        self.sync_signs[key] = np.exp(2j * np.pi * (words[total:total + count] % np.uint64(8)).astype(np.float64) / 8)
        rest = np.setdiff1d(np.arange(total), sync)
        dims = (2 * rest[:, None] + np.array([0, 1])).ravel()
        for layer in range(_LAYERS):
            part = words[2 * total + layer * CODED_BITS:][:CODED_BITS]
            self.bit_dims[key, :, layer] = dims[layer * CODED_BITS:][:CODED_BITS][np.argsort(part, kind="stable")]
            self.bit_signs[key, :, layer] = 1.0 - 2.0 * (part >> np.uint64(7) & np.uint64(1)).astype(np.float32)

    def _stream(self, purpose: bytes, size: int) -> bytes:
        return hashlib.shake_256(hmac.new(self._secret, purpose, hashlib.sha256).digest()).digest(size)

    def choose(self, content: bytes) -> tuple[int, int, int]:
        """Return (key, shift_y, shift_x) for a picture, from a keyed hash of what identifies it."""
        draw = self._stream(b"choice" + content, 8)
        return draw[0] % KEYS, int.from_bytes(draw[1:4], "big") % TILE, int.from_bytes(draw[4:7], "big") % TILE


def ramp(shift_y: float, shift_x: float) -> Array:
    """Return the phases (bins,) of a tile moved down and right by the shift in pixels."""
    ky, kx, _ = bins()
    return np.asarray(np.exp(-2j * np.pi / TILE * (ky * shift_y + kx * shift_x)), dtype=np.complex64)


def to_tile(coefficients: Array) -> Array:
    """Return the real tile (96, 96) float32 of the half plane's coefficients (bins,) complex."""
    ky, kx, _ = bins()
    spectrum = np.zeros((TILE, TILE // 2 + 1), dtype=np.complex64)
    spectrum[ky, kx] = coefficients
    return np.asarray(np.fft.irfft2(spectrum, s=(TILE, TILE)).astype(np.float32) * TILE * TILE)


def of_tile(tile: Array) -> Array:
    """Return the coefficients (bins,) of a tile (96, 96)."""
    ky, kx, _ = bins()
    return np.asarray(np.fft.rfft2(tile)[ky, kx])
