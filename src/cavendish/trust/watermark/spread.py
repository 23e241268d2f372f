"""The classical default: a keyed, repeated tile of spread Fourier coefficients under a perceptual mask, read blind.

What it survives, what it costs and what it does not protect against is measured in docs/watermark.md.
"""

import functools
from collections.abc import Iterator

import cv2
import numpy as np

from cavendish.catalog.models import catalog
from cavendish.errors import ConfigError, InvalidValue
from cavendish.imaging.raster import Array, wrap
from cavendish.trust.watermark import code, frame, lattice
from cavendish.trust.watermark.base import Answer, Detection, Marked, Watermarker
from cavendish.trust.watermark.carrier import TILE, Carriers, bins, of_tile, ramp, to_tile
from cavendish.trust.watermark.reading import ALL_TURNS, MIRRORED, TURNED, UPRIGHT, read, soft_bits, whitened
from cavendish.types import Pixels

_MIN_SIDE = 128  # px; below, a picture holds too few periods to be worth changing
_BUDGET_RMS = 1.95  # luma steps over the whole picture: 42.3 dB
_ROUNDS = 3
_SCALES = (0.85, 2.4)  # of the search: 1 is the whole picture, 2 a quarter of its area
_GUESSES, _GUESS_SCORE, _SURE_SCORE = 6, 6.0, 10.0  # lattices tried, when they score more; in all turns, the best
_CLEAR_SYNC, _CLEAR_ROOM, _CLEAR_AREA = 6.2, 100.0, 256 * 256  # what "absent" needs: docs/watermark.md, "Three answers"


def spread(secret: bytes) -> Watermarker:
    """Return the classical watermarker of one secret (32 bytes or more). Keep it: its carriers are made once."""
    return SpreadWatermarker(secret)


class SpreadWatermarker:
    """Spread-spectrum marks of 48 bits. Thread-safe."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ConfigError("the watermark's secret is too short", hint="give 32 random bytes or more")
        self._secret = secret

    def __repr__(self) -> str:
        return "SpreadWatermarker(…)"

    @property
    def name(self) -> str:
        return "spread"

    @property
    def alg(self) -> str:
        return "org.cavendish.spread.1"

    @property
    def bits(self) -> int:
        return code.ID_BITS

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
        change = self._change(frame.luma_frame(pixels), mark_id, region)
        out = wrap(frame.apply(pixels, change, region))
        found, _ = read(self._carriers, _signal(frame.study(frame.luma_frame(out))), [np.eye(2)], UPRIGHT)
        return Marked(pixels=out, strength=float(np.sqrt(np.mean(np.square(change)))), readable=mark_id in found)

    def _change(self, luma: Array, mark_id: int, region: Array | None) -> Array:
        """Return the luma change on the frame: embed, look, and push the bits that came out weak, a few times."""
        content = cv2.resize(luma, (8, 8), interpolation=cv2.INTER_AREA).astype(np.uint8).tobytes()
        key, down, right = self._carriers.choose(content + mark_id.to_bytes(self.bits // 8, "big"))
        sent, move = code.encode(mark_id), ramp(down, right)
        seen = frame.study(luma)
        room = seen.allowed if region is None else seen.allowed * _shrink(region, luma)
        gain = np.ones(code.CODED_BITS, dtype=np.float32)
        change = self._repeat(key, sent, move, room)
        for _ in range(_ROUNDS - 1):
            marked = (luma + change).clip(0, 255)
            back = whitened(of_tile(frame.fold(frame.high_pass(marked) * seen.weight)) * move.conj())
            soft = soft_bits(self._carriers, key, back) * sent
            mean = max(float(soft.mean()), 1e-6)
            gain = np.clip(gain + 0.7 * (mean - soft) / mean, 0.4, 2.2).astype(np.float32)
            change = self._repeat(key, sent * gain, move, room)
        return change

    def _repeat(self, key: int, bits: Array, move: Array, room: Array) -> Array:
        """Return the mark of signed bits (CODED_BITS,) over the frame, as loud as `room` and the budget allow."""
        keys = self._carriers
        parts = np.zeros(2 * len(bins()[0]), dtype=np.float32)
        parts[keys.bit_dims[key]] = keys.bit_signs[key] * bits[:, None]
        coefficients = parts.view(np.complex64)
        coefficients[keys.sync_bins[key]] = keys.sync_signs[key] * np.float32(2 ** 0.5)
        tile = to_tile(coefficients * move)
        change = room * frame.spread_out(tile / tile.std(), room.shape)
        return np.asarray(change * min(1.0, _BUDGET_RMS / max(float(np.sqrt(np.mean(np.square(change)))), 1e-9)))

    def detect(self, pixels: Pixels) -> Detection:
        """Look for marks: upright first, then at any scale, turn and crop that leaves enough of the picture."""
        luma = frame.luma_frame(pixels)
        if min(luma.shape) < TILE // 2:
            return Detection(answer="cannot_tell", mark_ids=(), score=0.0)
        seen = frame.study(frame.enlarged(luma))
        score = 0.0
        for found, z in self._looks(pixels, luma, seen):
            score = max(score, z)
            if found:
                ids = tuple(sorted(found, key=lambda i: -found[i]))
                return Detection(answer="present", mark_ids=ids, score=score)
        enough = luma.size >= _CLEAR_AREA and min(luma.shape) >= _MIN_SIDE and _room(seen) > _CLEAR_ROOM
        answer: Answer = "absent" if enough and score < _CLEAR_SYNC else "cannot_tell"
        return Detection(answer=answer, mark_ids=(), score=score)

    def _looks(self, pixels: Pixels, luma: Array, seen: frame.Frame) -> Iterator[tuple[dict[int, float], float]]:
        """Yield (ids, highest sync peak) of one look after the other, cheap ones first."""
        signal = _signal(seen)
        own = np.diag([signal.shape[1] / luma.shape[1], signal.shape[0] / luma.shape[0]])
        whole = [np.eye(2)] if signal.shape == luma.shape else [np.eye(2), own]
        yield read(self._carriers, signal, whole, MIRRORED)
        guesses = lattice.search(lattice.autocorrelation(signal), signal.shape, _SCALES, _GUESSES)
        for n, guess in enumerate(g for g in guesses if g.score > _GUESS_SCORE):
            turns = ALL_TURNS if n == 0 and guess.score > _SURE_SCORE else MIRRORED
            yield read(self._carriers, signal, [guess.basis], turns)
        yield read(self._carriers, signal, whole[:1], TURNED)
        yield read(self._carriers, signal, _cuts(pixels, luma, own), UPRIGHT)


def _signal(seen: frame.Frame) -> Array:
    return np.asarray(frame.high_pass(seen.luma) * seen.weight, dtype=np.float32)


def _room(seen: frame.Frame) -> float:
    """Return how far a whole mark at full strength would stand above this picture, in standard deviations."""
    scale = min(1.0, _BUDGET_RMS / max(float(np.sqrt(np.mean(np.square(seen.allowed)))), 1e-9))
    return scale * float(np.sqrt((seen.allowed * seen.weight).sum()))


@functools.cache
def _sides() -> tuple[float, ...]:
    """Return the square roots of the areas that the catalog's models draw, no two nearer than 0.3 %."""
    tables = (row for card in catalog().cards for row in card.table.values())
    areas = sorted({size.pixels for row in tables for size in row.values()})
    out: list[float] = []
    for side in (area ** 0.5 for area in areas):
        if not out or side > out[-1] * 1.003:
            out.append(side)
    return tuple(out)


def _cuts(pixels: Pixels, luma: Array, own: Array) -> Iterator[Array]:
    """Yield the bases of crops, not scaled, from pictures of the sizes drawn here: heavy textures hide the period."""
    mine = (pixels.width * pixels.height) ** 0.5
    here = (luma.shape[0] * luma.shape[1]) ** 0.5
    for side in _sides():
        if 1.005 * mine < side <= _SCALES[1] * mine:
            yield own * (max(side / 512, 1.0) * here / mine)


def _shrink(region: Array, luma: Array) -> Array:
    """Return the region as shares 0..1 on the frame."""
    share = (region > 0).astype(np.float32)
    return np.asarray(cv2.resize(share, (luma.shape[1], luma.shape[0]), interpolation=cv2.INTER_AREA))
