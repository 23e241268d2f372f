"""The classical default: a keyed, repeated tile of spread Fourier coefficients under a perceptual mask, read blind.

What it survives, what it costs and what it does not protect against is measured in docs/watermark.md.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from cavendish.errors import ConfigError, InvalidValue
from cavendish.imaging.raster import Array, wrap
from cavendish.trust.watermark import code, frame, lattice
from cavendish.trust.watermark.base import Answer, Detection, Marked
from cavendish.trust.watermark.carrier import KEYS, TILE, Carriers, bins, of_tile, ramp, to_tile
from cavendish.types import Pixels

_MIN_SIDE = 128  # px; below, a picture holds too few periods to be worth changing
_BUDGET_RMS = 1.95  # luma steps over the whole picture: 42.3 dB
_ROUNDS = 3
_GUESSES = 4  # lattices tried
_CANDIDATES = 24  # codewords decoded per lattice


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: int
    shift: tuple[float, float]
    turn: int  # quarter turns, plus 4 when mirrored
    z: float


def spread(secret: bytes) -> "SpreadWatermarker":
    """Return the classical watermarker of one secret (32 bytes or more). Keep it: its carriers are made once."""
    return SpreadWatermarker(secret)


class SpreadWatermarker:
    """Spread-spectrum marks of 48 bits. Thread-safe."""

    name = "spread"
    alg = "org.cavendish.spread.1"
    bits = code.ID_BITS

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ConfigError("the watermark's secret is too short", hint="give 32 random bytes or more")
        self._secret = secret

    def __repr__(self) -> str:
        return "SpreadWatermarker(…)"

    @functools.cached_property
    def _carriers(self) -> Carriers:
        return Carriers(self._secret)

    def embed(self, pixels: Pixels, mark_id: int, region: Array | None = None) -> Marked:
        """Return the picture with `mark_id` (0 <= id < 2**48) hidden in its luma; see Watermarker.

        Pictures with a side under 128 px come back as they are, not readable. Raises InvalidValue.
        """
        if not 0 <= mark_id < 1 << self.bits:
            raise InvalidValue(f"a mark id has {self.bits} bits", field="mark_id", hint="draw it with secrets.randbits(48)")
        if region is not None and region.shape != (pixels.height, pixels.width):
            raise InvalidValue("the region is not as large as the picture", field="region", hint="give one value per pixel")
        if min(pixels.width, pixels.height) < _MIN_SIDE or (region is not None and not (region > 0).any()):
            return Marked(pixels=pixels, strength=0.0, readable=False)
        luma = frame.luma_frame(pixels)
        change = self._shape(luma, mark_id, _shrink(region, luma))
        out = wrap(frame.apply(pixels, change, region))
        strength = float(np.sqrt(np.mean(np.square(change))))
        return Marked(pixels=out, strength=strength, readable=mark_id in self._read_upright(frame.luma_frame(out)))

    def _shape(self, luma: Array, mark_id: int, region: Array | None) -> Array:
        """Return the luma change on the frame: embed, look, and push the bits that came out weak, a few times."""
        content = cv2.resize(luma, (8, 8), interpolation=cv2.INTER_AREA).astype(np.uint8).tobytes()
        key, down, right = self._carriers.choose(content + mark_id.to_bytes(6, "big"))
        sent, move = code.encode(mark_id), ramp(down, right)
        seen = frame.study(luma)
        room = seen.allowed if region is None else seen.allowed * region
        gain = np.ones(code.CODED_BITS, dtype=np.float32)
        change = np.zeros_like(luma)
        for turn in range(_ROUNDS):
            tile = to_tile(self._coefficients(key, sent * gain) * move)
            change = room * frame.spread_out(tile / tile.std(), luma.shape)
            change *= min(1.0, _BUDGET_RMS / max(float(np.sqrt(np.mean(np.square(change)))), 1e-9))
            if turn == _ROUNDS - 1:
                break
            marked = (luma + change).clip(0, 255)
            tile_seen = of_tile(frame.fold(frame.high_pass(marked) * seen.weight)) * move.conj()
            soft = self._soft(key, _whitened(tile_seen)) * sent
            mean = max(float(soft.mean()), 1e-6)
            gain = np.clip(gain + 0.7 * (mean - soft) / mean, 0.4, 2.2).astype(np.float32)
        return change

    def _coefficients(self, key: int, signs: Array) -> Array:
        """Return the tile's coefficients for signed bits (CODED_BITS,)."""
        keys = self._carriers
        parts = np.zeros(2 * len(bins()[0]), dtype=np.float32)
        parts[keys.bit_dims[key]] = keys.bit_signs[key] * signs[:, None]
        out = parts.view(np.complex64).copy()
        out[keys.sync_bins[key]] = keys.sync_signs[key] * np.float32(2 ** 0.5)
        return np.asarray(out)

    def _soft(self, key: int, coefficients: Array) -> Array:
        """Return the soft value of each coded bit from coefficients (bins,)."""
        keys = self._carriers
        parts = np.ascontiguousarray(coefficients, dtype=np.complex64).view(np.float32)
        return np.asarray((parts[keys.bit_dims[key]] * keys.bit_signs[key]).sum(axis=1))

    def detect(self, pixels: Pixels) -> Detection:
        """Look for marks: upright first, then at any scale, turn and crop that leaves enough of the picture."""
        luma = frame.luma_frame(pixels)
        if min(luma.shape) < TILE // 2:
            return Detection(answer="cannot_tell", mark_ids=(), score=0.0)
        seen = frame.study(luma)
        signal = (frame.high_pass(luma) * seen.weight).astype(np.float32)
        found, score = self._read(signal, np.eye(2), turns=(0, 4))
        if not found:
            lags = lattice.autocorrelation(signal)
            side = (luma.shape[0] * luma.shape[1]) ** 0.5
            guesses = lattice.search(lags, luma.shape, (0.85 * side / 512, 2.3), _GUESSES)
            for guess in guesses:
                more, z = self._read(signal, guess.basis, turns=range(8))
                found, score = found | more, max(score, z)
                if found:
                    break
        ids = tuple(sorted(found, key=lambda i: -found[i]))
        answer: Answer = "present" if ids else "absent"
        return Detection(answer=answer, mark_ids=ids, score=score)

    def _read_upright(self, luma: Array) -> dict[int, float]:
        signal = frame.high_pass(luma) * frame.study(luma).weight
        return self._read(signal, np.eye(2), turns=(0,))[0]

    def _read(self, signal: Array, basis: Array, turns: "range | tuple[int, ...]") -> tuple[dict[int, float], float]:
        """Return ids with their sync score, and the best sync score, for one guess of the geometry."""
        tile = frame.fold(_upright(signal, basis))
        candidates, views = [], {}
        for turn in turns:
            views[turn] = _whitened(of_tile(_turned(tile, turn)))
            candidates += self._syncs(views[turn], turn)
        best = sorted(candidates, key=lambda c: -c.z)[:_CANDIDATES]
        soft = np.stack([self._soft(c.key, views[c.turn] * ramp(*c.shift).conj()) for c in best])
        found: dict[int, float] = {}
        for candidate, mark_id in zip(best, code.decode(soft), strict=True):
            if mark_id is not None:
                found[mark_id] = max(candidate.z, found.get(mark_id, 0.0))
        return found, best[0].z

    def _syncs(self, coefficients: Array, turn: int) -> list[_Candidate]:
        """Return each key's best shift."""
        ky, kx, _ = bins()
        spectrum = np.zeros((TILE, TILE // 2 + 1), dtype=np.complex64)
        spectrum[ky, kx] = coefficients
        maps = np.fft.irfft2(self._carriers.sync_spectra * spectrum, s=(TILE, TILE))
        flat = maps.reshape(KEYS, -1)
        at = flat.argmax(axis=1)
        z = flat[np.arange(KEYS), at] / flat.std(axis=1)
        order = np.argsort(-z)[:_CANDIDATES]
        return [_Candidate(key=int(k), shift=_sub_pixel(maps[k], int(at[k])), turn=turn, z=float(z[k])) for k in order]


def _sub_pixel(values: Array, at: int) -> tuple[float, float]:
    """Return (y, x) of a maximum of a periodic map, by parabolas through its neighbours."""
    y, x = divmod(at, TILE)
    out = []
    for lower, middle, upper, here in ((values[y - 1, x], values[y, x], values[(y + 1) % TILE, x], y),
                                       (values[y, x - 1], values[y, x], values[y, (x + 1) % TILE], x)):
        bend = float(lower + upper - 2 * middle)
        out.append(here + (0.5 * float(lower - upper) / bend if bend < 0 else 0.0))
    return out[0], out[1]


def _whitened(coefficients: Array) -> Array:
    """Divide by the power of each ring: what the picture itself is loud at says least."""
    _, _, radius = bins()
    ring = radius.astype(np.intp)
    power = np.bincount(ring, np.abs(coefficients) ** 2) / np.maximum(np.bincount(ring), 1)
    smooth = np.convolve(np.pad(power, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    return np.asarray(coefficients / np.sqrt(smooth[ring] + 1e-20), dtype=np.complex64)


def _turned(tile: Array, turn: int) -> Array:
    return np.rot90(tile[:, ::-1] if turn >= 4 else tile, turn % 4)


def _upright(signal: Array, basis: Array) -> Array:
    """Resample so that one period is TILE pixels again: basis maps tile coordinates to the picture's."""
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


def _shrink(region: Array | None, luma: Array) -> Array | None:
    """Return the region as shares 0..1 on the frame."""
    if region is None:
        return None
    share = (region > 0).astype(np.float32)
    return np.asarray(cv2.resize(share, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_AREA))
