"""Steps that change a photograph's shape: crop, turn, mirror, enlarge."""

import math
import re

import cv2
import numpy as np

from cavendish.engines.comp.photo.wording import Step
from cavendish.imaging import resize
from cavendish.imaging.crop import Box, cover
from cavendish.imaging.raster import Array, view, wrap
from cavendish.types import MAX_PIXELS, MAX_SIDE_PX, Size

KINDS = frozenset({"crop", "rotate", "flip", "upscale"})
_SHARES = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4}
_SIDES = {"left": "left", "right": "right", "top": "top", "upper": "top", "bottom": "bottom", "lower": "bottom"}
_TIERS = {"1k": 1024, "2k": 2048, "4k": 4096}
_TIGHTER = 0.8


def apply(step: Step, rows: Array) -> tuple[Array, str]:
    """Return the changed raster (any channels) and what was done, in words."""
    size = Size(rows.shape[1], rows.shape[0])
    if step.kind == "crop":
        box = window(step, size)
        return rows[box.y:box.y + box.height, box.x:box.x + box.width], f"cropped to {box.width}x{box.height}{_kept(step)}"
    if step.kind == "rotate":
        angle = degrees(step)
        return _rotate(rows, angle), f"rotated {abs(angle):g}° {'clockwise' if angle >= 0 else 'counterclockwise'}"
    if step.kind == "flip":
        return _flip(rows, step.detail.get("axis", ""))
    larger = _larger(step, size)
    return view(resize.scale(wrap(rows), larger)), f"enlarged to {larger} (Lanczos; no new detail)"


def window(step: Step, size: Size) -> Box:
    """Return what a crop keeps."""
    detail = step.detail
    if "part" in detail:
        return _part(size, _SIDES[detail["part"]], _SHARES[detail["share"]], taken_off=_is_taken_off(detail))
    if "edges" in detail:
        return _without_edges(size, detail["edges"], 0.1 if step.share is None else step.share)
    if "ratio" in detail:
        wide, high = (float(v) for v in re.findall(r"\d+(?:\.\d+)?", detail["ratio"]))
        return cover(size, Size(max(1, round(wide * 1000)), max(1, round(high * 1000))))
    if "window" in detail:
        width, height = (int(v) for v in re.findall(r"\d+", detail["window"]))
        return _middle(size, max(1, min(width, size.width)), max(1, min(height, size.height)))
    if detail.keys() & {"square", "square2", "square3"}:
        return cover(size, Size(1, 1))
    keep = 1 / max(1.0, float(detail["zoom"])) if "zoom" in detail else _TIGHTER if step.share is None else 1 - step.share
    return _middle(size, max(1, round(size.width * keep)), max(1, round(size.height * keep)))


def degrees(step: Step) -> float:
    """Return the turn, clockwise positive, in -180..180. Without a number it is a quarter."""
    angle = float(step.detail.get("degrees", 90)) % 360
    way = step.detail.get("way") or step.detail.get("side") or step.detail.get("side2") or ""
    if way in ("counterclockwise", "ccw", "left"):
        angle = -angle
    return (angle + 180) % 360 - 180 if angle % 360 != 180 else 180.0


def _is_taken_off(detail: dict[str, str]) -> bool:
    """ "crop the left half" keeps it; "crop off", "cut", "remove" and "trim" take it away."""
    return detail["verb"].split()[0] in ("cut", "trim", "remove") or "verb2" in detail or detail["verb"].endswith(
        ("off", "out", "away"))


def _part(size: Size, side: str, share: float, taken_off: bool) -> Box:
    along = size.width if side in ("left", "right") else size.height
    taken = max(1, round(along * share))
    length = max(1, along - taken) if taken_off else taken
    at_start = (side in ("left", "top")) != taken_off
    start = 0 if at_start else along - length
    return Box(start, 0, length, size.height) if along is size.width and side in ("left", "right") else Box(
        0, start, size.width, length)


def _without_edges(size: Size, edges: str, share: float) -> Box:
    everywhere = not re.search("top|bottom|left|right", edges)
    x, y = round(size.width * share), round(size.height * share)
    left, right = (x if everywhere or side in edges else 0 for side in ("left", "right"))
    top, bottom = (y if everywhere or side in edges else 0 for side in ("top", "bottom"))
    left, top = min(left, size.width - 1), min(top, size.height - 1)
    return Box(left, top, max(1, size.width - left - right), max(1, size.height - top - bottom))


def _middle(size: Size, width: int, height: int) -> Box:
    return Box((size.width - width) // 2, (size.height - height) // 2, width, height)


def _kept(step: Step) -> str:
    if "part" not in step.detail:
        return ""
    verb = "without" if _is_taken_off(step.detail) else "keeping"
    return f", {verb} the {step.detail['part']} {step.detail['share']}"


def _flip(rows: Array, axis: str) -> tuple[Array, str]:
    if "upside" in axis:
        return rows[::-1, ::-1], "turned upside down"
    if axis.startswith("vertical"):
        return rows[::-1], "mirrored top to bottom"
    return rows[:, ::-1], "mirrored left to right"


def _turned(size: Size, angle: float) -> Size:
    """The largest upright window that a turned picture still fills; exact swap for quarters."""
    if angle % 90 == 0:
        return Size(size.height, size.width) if angle % 180 else size
    sine, cosine = abs(math.sin(math.radians(angle))), abs(math.cos(math.radians(angle)))
    long, short = max(size.width, size.height), min(size.width, size.height)
    if short <= 2 * sine * cosine * long or abs(sine - cosine) < 1e-10:  # two corners touch the long sides
        half = short / 2
        width, height = (half / sine, half / cosine) if size.width >= size.height else (half / cosine, half / sine)
    else:
        spread = cosine * cosine - sine * sine
        width = (size.width * cosine - size.height * sine) / spread
        height = (size.height * cosine - size.width * sine) / spread
    return Size(max(1, int(width)), max(1, int(height)))


def _rotate(rows: Array, angle: float) -> Array:
    if angle % 90 == 0:
        return np.rot90(rows, -round(angle / 90) % 4)
    height, width = rows.shape[:2]
    target = _turned(Size(width, height), angle)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle, 1)
    matrix[:, 2] += (target.width - width) / 2, (target.height - height) / 2
    turned = cv2.warpAffine(np.ascontiguousarray(rows), matrix, (target.width, target.height), flags=cv2.INTER_CUBIC,
                            borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned)


def _larger(step: Step, size: Size) -> Size:
    """Two times unless said; never over what a picture of ours may have."""
    longer = max(size.width, size.height)
    tier = step.detail.get("tier") or step.detail.get("tier2")
    times = next((step.detail[k] for k in ("times", "times2", "times3") if k in step.detail), "")
    factor = _TIERS[tier] / longer if tier else float(times) if times else 2.0
    most = min(MAX_SIDE_PX / longer, math.sqrt(MAX_PIXELS / size.pixels))
    factor = max(1.0, min(factor, most))
    return Size(int(size.width * factor), int(size.height * factor))
