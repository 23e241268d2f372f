"""Edits of uploaded photographs by rules: light, colour, sharpness, shape, a plain backdrop, retouching under a mask.

`edit` does every clause it understands, in order, and says what it did not do. It never hands the input back as an edit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cavendish.engines.comp.photo import captions, operations, reshaping, segment
from cavendish.engines.comp.photo.wording import Step, read
from cavendish.engines.comp.planning import edits_copy
from cavendish.errors import ConfigError, Unsupported
from cavendish.imaging import mask as masks
from cavendish.imaging.color import parse_hex, to_hex
from cavendish.imaging.crop import Box
from cavendish.imaging.raster import Array, view, with_channels, with_depth, wrap
from cavendish.types import ImageRequest, Pixels, Size

CAN = ("light, contrast, colour, sharpness, blur and grain, crop, turn and mirror, enlarge, replace or remove a plain "
       "background, write words, and, with a mask, remove or recolour what it marks")
_NO_SUBJECT = "no clear subject stands out from the background; send a mask that marks the part to change"
_NOT_PLAIN = "the background is not one plain colour; send a mask that marks it, or use an image model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`pixels` is None when nothing was changed. `changes` and `missed` are for the reply; both may be filled."""

    pixels: Pixels | None = None
    changes: tuple[str, ...] = ()
    missed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Canvas:
    rows: Array           # uint8 RGB
    alpha: Array | None   # uint8 (h, w)
    inside: Array | None  # bool (h, w): what the mask marks
    seed: int

    @property
    def size(self) -> Size:
        return Size(self.rows.shape[1], self.rows.shape[0])


@dataclass(frozen=True, slots=True)
class _Done:
    canvas: _Canvas
    said: str


def edit(request: ImageRequest, base: Pixels) -> Outcome:
    """Change `base` as the prompt says; under a mask everything outside it stays, bit for bit.

    The size may change (crop, turn, enlarge); fitting to `request.size` is the finish stage's. Raises ValueError when the
    request's mask has not been opened.
    """
    base = with_depth(base if base.channels == 4 else with_channels(base, 3), 8)
    mask = _opened_mask(request)
    reading = read(request.prompt, masked=mask is not None)
    canvas = _canvas(base, mask, request.seed or 0)
    changes, problems = [], []
    for step in (*reading.steps, *_layers(request, reading.steps)):
        done = _apply(step, canvas)
        if isinstance(done, str):
            problems.append(done)
        elif _same(done.canvas, canvas):
            problems.append(f"{done.said} would change nothing in this picture")
        else:
            canvas = done.canvas
            changes.append(done.said)
    if edits_copy.asked(request.prompt):
        problems.append(edits_copy.WANTED)
    missed = _missed(tuple(problems), reading.unread, reading.unmasked, asked=bool(reading.steps or request.text_layers))
    pixels = _finished(base, canvas, mask, request)
    if changes and pixels == base:
        return Outcome(missed=_sentences((missed, "The changes cancel each other out, so the picture is as it was.")))
    return Outcome(pixels=pixels, changes=tuple(changes), missed=missed) if changes else Outcome(missed=missed)


def _opened_mask(request: ImageRequest) -> Pixels | None:
    if request.mask is None:
        return None
    if request.mask.pixels is None:
        raise ValueError("the mask has not been opened by intake")
    return request.mask.pixels


def _canvas(base: Pixels, mask: Pixels | None, seed: int) -> _Canvas:
    rows = view(base)
    return _Canvas(rows=np.ascontiguousarray(rows[..., :3]), alpha=rows[..., 3].copy() if base.channels == 4 else None,
                   inside=view(mask)[..., 0] > 0 if mask is not None else None, seed=seed)


def _finished(base: Pixels, canvas: _Canvas, mask: Pixels | None, request: ImageRequest) -> Pixels:
    edited = wrap(canvas.rows if canvas.alpha is None else np.dstack([canvas.rows, canvas.alpha]))
    if mask is None or request.mask is None:
        return edited
    return masks.composite(base, edited, mask, request.mask.feather_px)


def _same(a: _Canvas, b: _Canvas) -> bool:
    if a.size != b.size or (a.alpha is None) != (b.alpha is None):
        return False
    planes = [(a.rows, b.rows)]
    if a.alpha is not None and b.alpha is not None:
        planes.append((a.alpha, b.alpha))
    changed = (before != after for before, after in planes)
    return not any((plane if b.inside is None else plane[b.inside]).any() for plane in changed)


def _apply(step: Step, canvas: _Canvas) -> _Done | str:
    if step.kind in reshaping.KINDS:
        return _shape(step, canvas)
    if step.kind in _OWN:
        return _OWN[step.kind](step, canvas)
    return _tone(step, canvas)


def _shape(step: Step, canvas: _Canvas) -> _Done | str:
    if canvas.inside is not None:
        return f"a mask cannot hold a change of the whole picture's shape ({step.kind}); send it without the mask"
    rows, said = reshaping.apply(step, canvas.rows)
    alpha = reshaping.apply(step, canvas.alpha[..., None])[0].reshape(rows.shape[:2]) if canvas.alpha is not None else None
    return _Done(replace(canvas, rows=np.ascontiguousarray(rows), alpha=alpha), said)


def _tone(step: Step, canvas: _Canvas) -> _Done | str:
    """Light, colour and texture, of everything or of the subject or background alone."""
    change, name = _TONES[step.kind]
    said = name.format(step.amount).replace("%", " %") + ("" if step.target == "whole" else f" ({step.target})")
    if step.target == "whole":
        return _Done(replace(canvas, rows=_marked_part(canvas, lambda rows: change(rows, step.amount))
                             if step.kind in _MEASURED else change(canvas.rows, step.amount)), said)
    cut = segment.subject(canvas.rows)
    if cut is None:
        return _NO_SUBJECT
    if step.kind == "blur" and step.target == "background":
        return _Done(replace(canvas, rows=operations.blur_behind(canvas.rows, step.amount, cut.subject)), said)
    weight = cut.subject if step.target == "subject" else 1 - cut.subject
    return _Done(replace(canvas, rows=operations.blend(canvas.rows, change(canvas.rows, step.amount), weight)), said)


def _marked_part(canvas: _Canvas, change: Callable[[Array], Array]) -> Array:
    """Apply a change that measures the picture to the mask's box only, so that it measures what will change."""
    if canvas.inside is None or not canvas.inside.any():
        return change(canvas.rows)
    ys, xs = np.flatnonzero(canvas.inside.any(axis=1)), np.flatnonzero(canvas.inside.any(axis=0))
    window = np.s_[ys[0]:ys[-1] + 1, xs[0]:xs[-1] + 1]
    out = canvas.rows.copy()
    out[window] = change(np.ascontiguousarray(out[window]))
    return out


def _tint(step: Step, canvas: _Canvas) -> _Done | str:
    if step.color is None:
        return "a tint needs a colour, such as “a blue tint”"
    return _Done(replace(canvas, rows=operations.tint(canvas.rows, step.amount, step.color)), f"tinted {to_hex(step.color)}")


def _grain(step: Step, canvas: _Canvas) -> _Done | str:
    return _Done(replace(canvas, rows=operations.grain(canvas.rows, step.amount, canvas.seed)), "film grain")


def _recolor(step: Step, canvas: _Canvas) -> _Done | str:
    if canvas.inside is None or step.color is None:
        return "recolouring needs a mask and a colour"
    return _Done(replace(canvas, rows=operations.recolor(canvas.rows, step.color, canvas.inside)),
                 f"recoloured to {to_hex(step.color)} inside the mask")


def _inpaint(_step: Step, canvas: _Canvas) -> _Done | str:
    if canvas.inside is None:
        return "removing a thing needs a mask that marks it"
    if canvas.inside.all():
        return "the mask marks the whole picture, so nothing is left to fill it from"
    return _Done(replace(canvas, rows=operations.inpaint(canvas.rows, canvas.inside)),
                 "filled the masked part from its surroundings")


def _layers(request: ImageRequest, said: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the request's text layers as steps, without those that the words ask for already."""
    spoken = {step.text for step in said}
    return tuple(Step(kind="text", text=layer.text, color=parse_hex(layer.color) if layer.color else None,
                      detail={"where": "top" if layer.role == "headline" else "bottom", "font": layer.font}
                      | ({"box": " ".join(map(str, layer.box))} if layer.box else {}))
                 for layer in request.text_layers if layer.text not in spoken)


def _text(step: Step, canvas: _Canvas) -> _Done | str:
    """Inside the mask when there is one."""
    frame = Box(0, 0, canvas.size.width, canvas.size.height)
    if canvas.inside is not None:
        frame = masks.bounds(wrap(canvas.inside.astype(np.uint8))) or frame
        if not step.detail.get("where"):  # the mask is the place
            step = replace(step, detail={**step.detail, "box": "0.04 0.04 0.92 0.92"})
    try:
        rows = captions.write(canvas.rows, step, frame)
    except (Unsupported, ConfigError) as exc:
        return exc.sentence().rstrip(".")
    return _Done(replace(canvas, rows=rows), f"wrote “{step.text}”")


def _backdrop(step: Step, canvas: _Canvas) -> _Done | str:
    """Flat colour or transparency behind the subject: by the picture's own alpha, a plain backdrop, or the mask."""
    cut = _cut(canvas)
    if cut is None:
        return _NOT_PLAIN
    if step.color is not None:
        rows = operations.on_backdrop(canvas.rows, cut.subject, cut.backdrop, step.color)
        return _Done(replace(canvas, rows=rows, alpha=None), f"background {to_hex(step.color)}")
    rows = operations.clean_edges(canvas.rows, cut.subject, cut.backdrop)
    return _Done(replace(canvas, rows=rows, alpha=np.rint(cut.subject * 255).astype(np.uint8)), "background removed")


def _cut(canvas: _Canvas) -> segment.Cut | None:
    if canvas.alpha is not None and (canvas.alpha < 255).any():
        return segment.Cut(canvas.alpha / np.float32(255), None)
    plain = segment.plain_backdrop(canvas.rows)
    if plain is None and canvas.inside is not None:  # the mask marks the background
        return segment.Cut((~canvas.inside).astype(np.float32), None)
    return plain


_OWN: dict[str, Callable[[Step, _Canvas], _Done | str]] = {
    "tint": _tint, "grain": _grain, "recolor": _recolor, "inpaint": _inpaint, "backdrop": _backdrop,
    "text": _text,
}
_TONES: dict[str, tuple[Callable[[Array, float], Array], str]] = {
    "brightness": (operations.brightness, "brightness {:+.0%}"), "contrast": (operations.contrast, "contrast {:+.0%}"),
    "saturation": (operations.saturation, "saturation {:+.0%}"), "warmth": (operations.warmth, "warmth {:+.0%}"),
    "monochrome": (operations.monochrome, "black and white"), "sepia": (operations.sepia, "sepia"),
    "invert": (operations.invert, "inverted colours"), "enhance": (operations.enhance, "levels and white balance corrected"),
    "sharpen": (operations.sharpen, "sharpened"), "denoise": (operations.denoise, "noise reduced"),
    "blur": (operations.blur, "blurred"), "pixelate": (operations.pixelate, "pixelated"),
    "vignette": (operations.vignette, "vignette"),
}
_MEASURED = frozenset({"brightness", "contrast", "enhance"})


def _missed(problems: tuple[str, ...], unread: tuple[str, ...], unmasked: tuple[str, ...], asked: bool) -> str:
    parts = [f"{p[:1].upper()}{p[1:]}." for p in problems]
    if unmasked:
        parts.append(f"{_quoted(unmasked)} needs a mask that shows where (white = change).")
    if unread:
        parts.append(f"This needs an image model: {_quoted(unread)}. Here I can change {CAN}.")
    if not parts and not asked:
        parts.append(f"The words ask for no change that I know. Here I can change {CAN}.")
    return _sentences(tuple(parts))


def _quoted(clauses: tuple[str, ...]) -> str:
    shown = [f"“{c[:77]}…”" if len(c) > 78 else f"“{c}”" for c in clauses[:5]]
    return ", ".join(shown) + (" and more" if len(clauses) > 5 else "")


def _sentences(parts: tuple[str, ...]) -> str:
    return " ".join(p for p in parts if p)
