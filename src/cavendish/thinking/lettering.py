"""Exact text: words that a model misspelt are taken out and set by us in their place, in their colours and perspective.

Ink and paper are read from the pixels: what lies around the words is paper, what differs most from it inside is ink. The old
letters are filled from their surroundings; the new ones are set flat, then laid into the quadrilateral where OCR found the old.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import skia

from cavendish.imaging import typeset
from cavendish.imaging.raster import Array, flatten, top, view, with_depth, wrap
from cavendish.thinking.ocr import Page
from cavendish.thinking.spelling import Spelling
from cavendish.types import Pixels, TextLayer

BOXES = {"headline": (0.08, 0.06, 0.84, 0.2), "body": (0.1, 0.74, 0.8, 0.18), "sign": (0.2, 0.3, 0.6, 0.25),
         "label": (0.3, 0.55, 0.4, 0.15)}  # where words go when the model left none to replace: fractions of the picture
LEAST_CONTRAST = 3.0   # WCAG's for large text
BUSY = 24.0            # mean deviation of 8-bit levels from which words get a plate under them
_OVERSAMPLE = 2        # flat words are set so much larger, then scaled once by the perspective
_RING = 0.35           # of the words' height: how far around them the paper is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Colours:
    """8-bit RGB."""

    ink: tuple[int, int, int]
    paper: tuple[int, int, int]


def set_exactly(pixels: Pixels, wrong: tuple[Spelling, ...], layers: tuple[TextLayer, ...]) -> tuple[Pixels, tuple[str, ...]]:
    """Set each misspelt text; return the picture and the texts, in words, with where each went.

    Only the place of the words changes; depth and alpha stay. Raises Unsupported for a character without a glyph.
    """
    rows = np.ascontiguousarray(view(with_depth(flatten(pixels), 8)))
    rows = np.repeat(rows, 3, axis=2) if rows.shape[2] == 1 else rows
    changed = np.zeros(rows.shape[:2], dtype=np.uint8)
    told = []
    free = {role: 0 for role in BOXES}
    for spelling in wrong:
        layer = next((one for one in layers if one.text == spelling.wanted), TextLayer(text=spelling.wanted))
        if spelling.lines and layer.box is None:
            quad = quad_of(spelling.lines)
            rows, touched = _replaced(rows, spelling, quad)
            told.append(f"“{spelling.wanted}” was set in the place of “{spelling.read}”")
        else:
            quad = _box(layer, rows.shape, free[layer.role])
            free[layer.role] += 1
            rows, touched = _placed(rows, layer, quad)
            told.append(f"“{spelling.wanted}” was set as a {layer.role}")
        changed |= touched
    return _into(pixels, rows, changed), tuple(told)


def quad_of(lines: Page) -> Array:
    """One quadrilateral around lines of text, clockwise from the top left: a lone line keeps its perspective."""
    if len(lines) == 1:
        return np.asarray(lines[0].quad, dtype=np.float32)
    points = np.concatenate([line.quad for line in lines]).astype(np.float32)
    along = lines[0].quad[1] - lines[0].quad[0]
    axis = along / max(float(np.hypot(*along)), 1e-6)
    turn = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]], dtype=np.float32)
    turned = points @ turn.T
    (x0, y0), (x1, y1) = turned.min(axis=0), turned.max(axis=0)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float32) @ turn


def _replaced(rows: Array, spelling: Spelling, quad: Array) -> tuple[Array, Array]:
    """Fill the old letters from around them and lay the new ones into their quadrilateral."""
    colours, letters = _read_colours(rows, quad)
    filled = cv2.inpaint(rows, letters, 3, cv2.INPAINT_TELEA)
    laid, touched = _laid(filled, spelling.whole or spelling.wanted, quad, colours.ink)
    return laid, np.maximum((letters > 0).astype(np.uint8), touched)


def _placed(rows: Array, layer: TextLayer, quad: Array) -> tuple[Array, Array]:
    """Set words where there were none: in black or white, on a plate where the picture is busy."""
    inside = _filled(rows.shape, quad)
    under = rows[inside > 0].astype(np.float32)
    paper = tuple(int(v) for v in np.median(under, axis=0))
    touched = np.zeros(rows.shape[:2], dtype=np.uint8)
    if float(np.abs(under - np.array(paper, dtype=np.float32)).mean()) > BUSY:
        soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), max(1.0, 0.01 * max(rows.shape[:2])))[..., None] * 0.85
        rows = np.rint(rows * (1 - soft) + np.array(paper, dtype=np.float32) * soft).astype(np.uint8)
        touched = (soft[..., 0] > 1 / 510).astype(np.uint8)
    wanted = _parsed(layer.color)
    ink = wanted if wanted is not None else _readable(None, (paper[0], paper[1], paper[2]))
    laid, letters = _laid(rows, layer.text, quad, ink, layer.font)
    return laid, np.maximum(touched, letters)


def _laid(rows: Array, text: str, quad: Array, ink: tuple[int, int, int], font: str = "") -> tuple[Array, Array]:
    """Set a text flat, in the size of the quadrilateral, and lay it in. Returns the picture and which pixels it touched."""
    width = max(4.0, float(np.hypot(*(quad[1] - quad[0])) + np.hypot(*(quad[2] - quad[3]))) / 2)
    height = max(4.0, float(np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2)
    flat_w, flat_h = round(width * _OVERSAMPLE), round(height * _OVERSAMPLE)
    type_ = typeset.Type(family=font or "Inter", color=0xFFFFFFFF, leading=1.0)
    block = typeset.fit(text, flat_w, flat_h * 1.08, type_)
    surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeA8(flat_w, flat_h))
    surface.getCanvas().clear(0)
    block.draw(surface.getCanvas(), 0.0, -0.04 * flat_h)
    flat = np.asarray(surface.makeImageSnapshot().toarray(colorType=skia.kAlpha_8_ColorType)).reshape(flat_h, flat_w)
    corners = np.array([[0, 0], [flat_w, 0], [flat_w, flat_h], [0, flat_h]], dtype=np.float32)
    way = cv2.getPerspectiveTransform(corners, quad.astype(np.float32))
    blurred = cv2.GaussianBlur(flat, (0, 0), 0.4 * _OVERSAMPLE)  # it is scaled down by the oversampling
    cover = cv2.warpPerspective(blurred, way, (rows.shape[1], rows.shape[0]), flags=cv2.INTER_LINEAR)
    share = (cover.astype(np.float32) / 255)[..., None]
    mixed = rows * (1 - share) + np.array(ink, dtype=np.float32) * share
    return np.rint(mixed).astype(np.uint8), (cover > 0).astype(np.uint8)


def _read_colours(rows: Array, quad: Array) -> tuple[_Colours, Array]:
    """Paper from around the words, ink from inside, and a mask (255) of the old letters with their soft edges."""
    height = max(4.0, float(np.hypot(*(quad[3] - quad[0]))))
    inside = _filled(rows.shape, _widened(quad, 0.06 * height))
    ring = _filled(rows.shape, _widened(quad, _RING * height)) & ~inside & 1
    around = rows[ring > 0] if ring.any() else rows[inside > 0]
    paper = np.median(around, axis=0).astype(np.float32)
    spread = max(18.0, 2.5 * float(np.abs(around - paper).mean()))
    far = np.linalg.norm(rows.astype(np.float32) - paper, axis=2)
    letters = ((far > spread) & (inside > 0)).astype(np.uint8)
    strokes = rows[(far >= np.percentile(far[letters > 0], 60)) & (letters > 0)] if letters.any() else rows[:0]
    seen = np.median(strokes, axis=0) if len(strokes) else None
    page = (int(paper[0]), int(paper[1]), int(paper[2]))
    ink = _readable(None if seen is None else (int(seen[0]), int(seen[1]), int(seen[2])), page)
    reach = max(2, round(height * 0.06))
    grown = cv2.dilate(letters, np.ones((2 * reach + 1, 2 * reach + 1), dtype=np.uint8)) * 255
    return _Colours(ink=ink, paper=page), grown


def _readable(ink: tuple[int, int, int] | None, paper: tuple[int, int, int]) -> tuple[int, int, int]:
    """The ink as it was, or black or white where it could not be read on its paper."""
    if ink is not None and _contrast(ink, paper) >= LEAST_CONTRAST:
        return ink
    black, white = (17, 17, 17), (250, 250, 250)
    return black if _contrast(black, paper) >= _contrast(white, paper) else white


def _contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG's contrast of two sRGB colours, 1 to 21."""
    def light(color: tuple[int, int, int]) -> float:
        parts = np.array(color) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def _parsed(color: str) -> tuple[int, int, int] | None:
    return (int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)) if len(color) == 7 else None


def _filled(shape: tuple[int, ...], quad: Array) -> Array:
    """1 inside the quadrilateral, uint8 (h, w)."""
    inside = np.zeros(shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad).astype(np.int32), 1)
    return inside


def _widened(quad: Array, by: float) -> Array:
    """The quadrilateral with its corners moved outwards by `by` pixels along each axis of its own."""
    right, down = quad[1] - quad[0], quad[3] - quad[0]
    right, down = right / max(float(np.hypot(*right)), 1e-6) * by, down / max(float(np.hypot(*down)), 1e-6) * by
    return np.asarray(quad + np.array([-right - down, right - down, right + down, down - right]))


def _box(layer: TextLayer, shape: tuple[int, ...], number: int) -> Array:
    """The layer's box in pixels, or that of its role; a second text of one role goes below the first."""
    x, y, w, h = layer.box or BOXES.get(layer.role, BOXES["headline"])
    if layer.box is None:
        y = min(y + number * h * 1.1, 1 - h)
    left, top, right, bottom = x * shape[1], y * shape[0], min(1.0, x + w) * shape[1], min(1.0, y + h) * shape[0]
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


def _into(pixels: Pixels, rows: Array, changed: Array) -> Pixels:
    """Bring what changed into the picture as it was: every other sample stays, bit for bit."""
    out = view(pixels).copy()
    new = view(with_depth(wrap(rows), pixels.depth))
    if pixels.channels == 1:
        new = new.mean(axis=2, keepdims=True).astype(new.dtype)
    where = changed > 0
    out[..., :new.shape[2]][where] = new[where]
    if pixels.channels == 4:
        out[..., 3][where] = top(pixels)
    return wrap(out)
