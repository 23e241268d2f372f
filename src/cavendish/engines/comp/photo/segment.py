"""Subject and backdrop of a photograph, without a model: a plain backdrop by its own colour, anything else by GrabCut."""

from typing import NamedTuple

import cv2
import numpy as np

from cavendish.imaging.raster import Array

_PLAIN_PX = 2400       # longest side on which a plain backdrop is modelled
_WORK_PX = 512         # longest side of the copy on which GrabCut looks
_PLAIN_SHARE = 0.85    # of the border must be near the backdrop's colour
_NEAR_LAB = 7.0        # CIE Lab units; noise and JPEG stay under it
_EDGE_LAB = 18.0       # from here on it is surely the subject
_UNCLIPPED_LAB = 96.0  # lightness under which a hole (a cup's handle) can be told from a white label on the subject
_NOISE = 0.04          # of the way between the two colours; less is sensor noise
_GRABCUT_ROUNDS = 4


class Cut(NamedTuple):
    """`subject` is float32 (h, w), 1 = subject; `backdrop` the colour there would be without it, uint8 (h, w, 3), or None."""

    subject: Array
    backdrop: Array | None


def plain_backdrop(rows: Array) -> Cut | None:
    """Cut the subject off a backdrop of one smoothly changing colour; None when the border is not one. Takes uint8 RGB.

    Pictures above 2400 pixels are cut on a smaller copy, which bounds the memory.
    """
    height, width = rows.shape[:2]
    if max(height, width) <= _PLAIN_PX:
        return _plain_cut(rows)
    scale = _PLAIN_PX / max(height, width)
    small = _plain_cut(cv2.resize(rows, (round(width * scale) or 1, round(height * scale) or 1), interpolation=cv2.INTER_AREA))
    if small is None or small.backdrop is None:
        return None
    grown = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in small)
    return Cut(*grown)


def _plain_cut(rows: Array) -> Cut | None:
    lab = cv2.cvtColor(rows, cv2.COLOR_RGB2LAB).astype(np.float32) * np.array([100 / 255, 1, 1], dtype=np.float32)
    modelled = _backdrop_lab(lab)
    distance = np.sqrt(((lab - modelled) ** 2).sum(axis=2))
    border = np.concatenate([distance[0], distance[-1], distance[:, 0], distance[:, -1]])
    if (border < _NEAR_LAB).mean() < _PLAIN_SHARE:
        return None
    open_area = _open_area(distance, (modelled[..., 0] < _UNCLIPPED_LAB), float(border[border < _NEAR_LAB].mean()))
    eight = (modelled / np.array([100 / 255, 1, 1], dtype=np.float32)).clip(0, 255).astype(np.uint8)
    backdrop = cv2.cvtColor(eight, cv2.COLOR_LAB2RGB)
    covered = _coverage(rows, backdrop, open_area)
    return Cut(covered, backdrop) if _plausible(covered) else None


def _coverage(rows: Array, backdrop: Array, open_area: Array) -> Array:
    """Return float32 0..1. At the edge: how far the seen colour is on the way from backdrop to the subject's colour nearby."""
    square = np.ones((3, 3), np.uint8)
    wide = max(1, round(min(rows.shape[:2]) / 700))
    core = cv2.erode(1 - open_area, square, iterations=wide + 1)
    sure = cv2.erode(open_area, square, iterations=wide)
    weight = cv2.GaussianBlur(core.astype(np.float32), (0, 0), 2.0 * wide)
    front = cv2.GaussianBlur(rows * core[..., None].astype(np.float32), (0, 0), 2.0 * wide)
    front /= np.maximum(weight, 1e-4)[..., None]
    covered = (1 - open_area).astype(np.float32)
    edge = (core == 0) & (sure == 0) & (weight > 0.01)
    behind = backdrop[edge].astype(np.float32)
    way = front[edge] - behind
    share = ((rows[edge] - behind) * way).sum(axis=1) / np.maximum((way * way).sum(axis=1), 1)
    covered[edge] = ((share - _NOISE) / (1 - 2 * _NOISE)).clip(0, 1)
    return covered


def subject(rows: Array) -> Cut | None:
    """Cut the subject out: by a plain backdrop when there is one, else what GrabCut finds inside the frame; None if unsure."""
    plain = plain_backdrop(rows)
    if plain is not None:
        return plain
    height, width = rows.shape[:2]
    scale = min(1.0, _WORK_PX / max(height, width))
    small = cv2.resize(rows, (max(8, round(width * scale)), max(8, round(height * scale))), interpolation=cv2.INTER_AREA)
    found = _grabcut(np.ascontiguousarray(small[..., ::-1]))
    if found is None:
        return None
    soft = cv2.GaussianBlur(found, (0, 0), 1.2)
    return Cut(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR).clip(0, 1), None)


def _grabcut(bgr: Array) -> Array | None:
    """Return float32 0/1 (h, w). The frame's outer eighth is taken for backdrop, as in most pictures of one thing."""
    height, width = bgr.shape[:2]
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    inset_y, inset_x = max(1, height // 16), max(1, width // 8)
    labels[inset_y:, inset_x:width - inset_x] = cv2.GC_PR_FGD
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)  # GrabCut's k-means; the same picture must cut the same way
    cv2.grabCut(bgr, labels, None, background, foreground, _GRABCUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    found = _largest(mask).astype(np.float32)
    return found if _plausible(found) else None


def _largest(mask: Array) -> Array:
    """Keep the parts of at least a tenth of the largest one's area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas * 10 >= areas.max())
    return np.isin(labels, kept)


def _plausible(found: Array) -> bool:
    return bool(0.005 < found.mean() < 0.95)


def _backdrop_lab(lab: Array) -> Array:
    """Fit a quadratic surface per channel to the border; what is far from its median (a cut subject) is left out."""
    height, width = lab.shape[:2]
    y, x = np.mgrid[-1:1:height * 1j, -1:1:width * 1j].astype(np.float32)
    rim = max(1, min(height, width) // 50)
    edge = np.ones((height, width), bool)
    edge[rim:height - rim, rim:width - rim] = False
    picked = np.flatnonzero(edge)
    picked = picked[::max(1, picked.size // 20_000)]
    samples, design = lab.reshape(-1, 3)[picked], _terms(x.ravel()[picked], y.ravel()[picked])
    keep = np.abs(samples - np.median(samples, axis=0)).max(axis=1) < 25
    fit = np.zeros((6, 3), np.float32)
    for _ in range(3):
        if keep.sum() < 12:
            break
        fit = np.linalg.lstsq(design[keep], samples[keep], rcond=None)[0].astype(np.float32)
        keep = np.abs(samples - design @ fit).max(axis=1) < _NEAR_LAB
    out = np.empty_like(lab)
    for row in range(0, height, 256):  # in bands, to spare memory
        band = np.s_[row:row + 256]
        out[band] = _terms(x[band], y[band]) @ fit
    return out


def _terms(x: Array, y: Array) -> Array:
    return np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)


def _open_area(distance: Array, tellable: Array, usual: float) -> Array:
    """Mark, 0/1, what looks like backdrop and touches the border, or is a hole with exactly the backdrop's colour."""
    near = (distance < _EDGE_LAB * 0.6).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=4)
    kept = np.zeros(count, bool)
    for line in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        kept[np.unique(line)] = True
    area = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    mean = np.bincount(labels.ravel(), weights=distance.ravel(), minlength=count) / area
    clear = np.bincount(labels.ravel(), weights=tellable.ravel(), minlength=count) / area
    kept |= (area > distance.size / 5000) & (mean < 1.6 * usual + 0.5) & (clear > 0.9)
    kept[0] = False
    return np.asarray(kept[labels].astype(np.uint8))
