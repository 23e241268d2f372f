"""A window for another format: where to cut a picture so that what matters stays, or the advice not to cut at all.

What must stay, in this order: words, the user's pins, faces, the subject; among the windows that keep them, the one over most
of what stands out. The window is always the largest of the target's ratio, so that it moves along one side only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pyvips

from cavendish.imaging.crop import Box, cover
from cavendish.imaging.raster import Array, top, view, with_channels, with_depth
from cavendish.imaging.resize import to_vips
from cavendish.imaging.saliency import saliency
from cavendish.types import Pixels, Size

MAX_JUMP = 1.6           # of the ratio; beyond it too little of the picture stays
_MARGIN = 0.02           # of the picture's shorter side, kept free around words and faces when there is room
_SUBJECT_KEPT = 0.95     # of the mask's weight; less is a cut
_SUBJECT_WEIGHT = 4.0    # against all that stands out
_EDGE_WEIGHT = 0.5       # how much a border through something counts, against losing it
_MIDDLE_WEIGHT = 0.02    # the pull to the middle where nothing decides


class FaceFinder(Protocol):
    """Finds faces, for `plan_crop(faces=…)`. None is part of Cavendish: a plan without one says that it did not look."""

    def __call__(self, pixels: Pixels, /) -> Sequence[Box]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CropPlan:
    """A window and what it does. `advice` is "crop", or "rerender" with the reason in words.

    `kept_share` is the window's share of the picture's area, `interest_share` of what stands out. `cuts` names what would be
    lost in part or whole ("text 2", "pin 1", "face 1", "subject"); `unseen` what was not looked for ("faces").
    """

    box: Box
    kept_share: float
    interest_share: float
    cuts: tuple[str, ...]
    advice: str
    reason: str = ""
    unseen: tuple[str, ...] = ()


class _Must(NamedTuple):
    """Something that stays: where it begins and ends along the side on which the window moves."""

    name: str
    start: float
    stop: float


def plan_crop(pixels: Pixels, target: Size, subject: Pixels | None = None, text_boxes: Sequence[Box] = (),
              faces: Sequence[Box] | None = None, pins: Sequence[tuple[float, float]] = ()) -> CropPlan:
    """Choose the window of `target`'s ratio. Words are never cut: when no window keeps them all, the advice is to re-render.

    `subject` is a mask of the picture's size (white = subject), boxes are in pixels, pins are points as fractions of width and
    height. Raises ValueError for a mask of another size or a pin outside.
    """
    if subject is not None and subject.size != pixels.size:
        raise ValueError(f"the subject's mask is {subject.size} and the picture {pixels.size}")
    if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in pins):
        raise ValueError("a pin lies outside the picture: pins are fractions from 0 to 1")
    window = cover(pixels.size, target)
    along = 0 if window.width < pixels.width else 1  # x when the sides are cut, else y
    span, side = (window.width, pixels.width) if along == 0 else (window.height, pixels.height)
    musts = _musts(pixels.size, along, text_boxes, pins, faces or ())
    allowed = _allowed(musts, span, side, _MARGIN * min(pixels.width, pixels.height))
    interest = saliency(pixels)
    offset = _best(pixels, _profiles(interest, subject, along), allowed, window, along)
    box = Box(offset, window.y, span, window.height) if along == 0 else Box(window.x, offset, window.width, span)
    cuts = tuple(m.name for m in musts if m.start < offset or m.stop > offset + span)
    if subject is not None and _inside(_profile(_weights(subject), along), offset, span, side) < _SUBJECT_KEPT:
        cuts = (*cuts, "subject")
    reason = _reason(pixels.size, target, cuts)
    return CropPlan(box=box, kept_share=box.width * box.height / pixels.size.pixels, cuts=cuts, reason=reason,
                    interest_share=_inside(_profile(interest, along), offset, span, side),
                    advice="rerender" if reason else "crop", unseen=("faces",) if faces is None else ())


def _musts(size: Size, along: int, texts: Sequence[Box], pins: Sequence[tuple[float, float]],
           faces: Sequence[Box]) -> list[_Must]:
    side = (size.width, size.height)[along]

    def of(name: str, box: Box) -> _Must:
        return _Must(name, max(0, box[along]), min(side, box[along] + box[along + 2]))

    return ([of(f"text {i}", b) for i, b in enumerate(texts, 1)]
            + [_Must(f"pin {i}", pin[along] * side, pin[along] * side) for i, pin in enumerate(pins, 1)]
            + [of(f"face {i}", b) for i, b in enumerate(faces, 1)])


def _allowed(musts: Sequence[_Must], span: int, side: int, margin: float) -> tuple[int, int]:
    """Return the first and the last offset: those that keep all musts, or as many as can be, the first named first.

    Margins around them narrow it further where they can, after everything else has been kept.
    """
    low, high = 0, side - span
    for room in (0.0, margin):
        for must in musts:
            start, stop = max(0.0, must.start - room), min(float(side), must.stop + room)
            first, last = max(low, math.ceil(stop - span)), min(high, math.floor(start))
            if first <= last:
                low, high = first, last
    return low, high


def _weights(mask: Pixels) -> Array:
    return view(mask)[..., 0].astype(np.float32) / top(mask)


def _profiles(interest: Array, subject: Pixels | None, along: int) -> list[tuple[Array, float]]:
    """What the window is placed over, each summed across, with its weight."""
    found = [(_profile(interest, along), 1.0)] if interest.any() else []
    if subject is not None:
        found.append((_profile(_weights(subject), along), _SUBJECT_WEIGHT))
    return found


def _profile(weights: Array, along: int) -> Array:
    """Sum across the direction of movement; the whole is 1 (or 0)."""
    line = weights.sum(axis=1 if along else 0, dtype=np.float64)
    total = line.sum()
    return np.asarray(line / total if total > 0 else line)


def _cumulated(line: Array, at: Array, side: int) -> Array:
    """How much of a profile lies before the positions `at`, in pixels of a side of `side`."""
    return np.asarray(np.interp(at, np.linspace(0, side, len(line) + 1), np.concatenate([[0.0], np.cumsum(line)])))


def _inside(line: Array, offset: int, span: int, side: int) -> float:
    before, after = _cumulated(line, np.array([offset, offset + span]), side)
    return float(after - before) if line.any() else 1.0


def _best(pixels: Pixels, profiles: list[tuple[Array, float]], allowed: tuple[int, int], window: Box, along: int) -> int:
    """The offset over most of the profiles, with borders where little is; by libvips' attention when nothing stands out."""
    low, high = allowed
    side, span = (pixels.width, window.width) if along == 0 else (pixels.height, window.height)
    if not profiles:
        return min(max(_attention(pixels, window, along), low), high)
    offsets = np.arange(low, high + 1)
    score = -_MIDDLE_WEIGHT * np.abs(offsets - (side - span) / 2) / side
    strip = max(1.0, span * 0.04)
    for line, weight in profiles:
        held = _cumulated(line, offsets + span, side) - _cumulated(line, offsets, side)
        left = _cumulated(line, offsets + strip / 2, side) - _cumulated(line, offsets - strip / 2, side)
        right = _cumulated(line, offsets + span + strip / 2, side) - _cumulated(line, offsets + span - strip / 2, side)
        score = score + weight * (held - _EDGE_WEIGHT * (left * (offsets > 0) + right * (offsets < side - span)))
    return int(offsets[int(np.argmax(score))])


def _attention(pixels: Pixels, window: Box, along: int) -> int:
    image = to_vips(with_depth(with_channels(pixels, 3), 8)).copy(interpretation="srgb")
    try:
        _, where = image.smartcrop(window.width, window.height, interesting="attention", attention_x=True, attention_y=True)
    except pyvips.Error:  # pictures of a few pixels are too small for it
        return int(window[along])
    span = (window.width, window.height)[along]
    return int(where[("attention_x", "attention_y")[along]]) - span // 2


def _reason(size: Size, target: Size, cuts: tuple[str, ...]) -> str:
    jump = (target.width / target.height) / (size.width / size.height)
    jump = max(jump, 1 / jump)
    if cuts:
        return f"no window of {target} keeps {' and '.join(cuts)} whole"
    if jump > MAX_JUMP:
        return f"the shape changes {jump:.1f} times: {100 / jump:.0f} % of the picture would stay"
    return ""
