"""Words on a photograph: set by typeset, coloured to be read, with a soft shadow of the opposite lightness."""

import numpy as np
import skia

from cavendish.engines.comp.photo.wording import Step
from cavendish.imaging import typeset
from cavendish.imaging.color import Rgb, luminance
from cavendish.imaging.crop import Box
from cavendish.imaging.raster import Array

_MARGIN = 0.06          # of the frame's shorter side
_HEIGHT = 0.16          # of the frame's height, for one text
_WORDS = {"upper": "top", "lower": "bottom", "centre": "center"}
_WHITE: Rgb = (255, 255, 255)
_INK: Rgb = (5, 5, 5)


def write(rows: Array, step: Step, frame: Box) -> Array:
    """Return the raster with the step's words inside `frame`. Raises Unsupported (no font), ConfigError (no fonts at all)."""
    box = place(frame, step)
    color = step.color or _readable(rows[box.y:box.y + box.height, box.x:box.x + box.width])
    block = typeset.fit(step.text, box.width, box.height, typeset.Type(
        family=step.detail.get("font") or "Inter", color=_argb(color, 255), align=_align(step)))
    surface = skia.Surface.MakeRaster(skia.ImageInfo.Make(
        box.width, box.height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType))
    canvas = surface.getCanvas()
    shade = _INK if luminance(color) > 0.25 else _WHITE
    blur = max(1.0, block.size * 0.05)
    paint = skia.Paint(ImageFilter=skia.ImageFilters.DropShadow(0, blur * 0.4, blur, blur, _argb(shade, 170)))
    canvas.saveLayer(None, paint)
    block.draw(canvas, 0, 0)
    canvas.restore()
    drawn = np.frombuffer(surface.makeImageSnapshot().tobytes(), np.uint8).reshape(box.height, box.width, 4)
    out = rows.copy()
    window = np.s_[box.y:box.y + box.height, box.x:box.x + box.width]
    left = 1 - drawn[..., 3:].astype(np.float32) / 255
    out[window] = np.rint(drawn[..., :3] + out[window] * left).clip(0, 255)
    return out


def place(frame: Box, step: Step) -> Box:
    """Return where the words go: the step's own box in fractions, else a band at the side that was said (bottom if none)."""
    if "box" in step.detail:
        x, y, width, height = (float(v) for v in step.detail["box"].split())
        return Box(frame.x + int(x * frame.width), frame.y + int(y * frame.height), max(1, int(width * frame.width)),
                   max(1, int(height * frame.height)))
    sides = _sides(step)
    margin = round(_MARGIN * min(frame.width, frame.height))
    height = max(1, round(min(_HEIGHT * float(step.detail.get("scale", 1)), 0.8) * frame.height))
    room = max(1, frame.width - 2 * margin)
    width = max(1, room // 2) if sides & {"left", "right"} else room
    x = frame.x + (frame.width - margin - width if "right" in sides else margin)
    y = margin if "top" in sides else frame.height - margin - height if "bottom" in sides else (frame.height - height) // 2
    return Box(max(0, x), frame.y + max(0, y), width, min(height, frame.height))


def _sides(step: Step) -> set[str]:
    said = step.detail.get("where", "").replace("-", " ").split()
    return {_WORDS.get(word, word) for word in said} or {"bottom"}


def _align(step: Step) -> str:
    sides = _sides(step)
    return "start" if "left" in sides else "end" if "right" in sides else "center"


def _readable(behind: Array) -> Rgb:
    """Return white or a near-black, whichever has more contrast (WCAG) with the mean of what lies behind: 4.5 at least."""
    red, green, blue = (int(v) for v in behind.reshape(-1, 3).mean(axis=0))
    light = luminance((red, green, blue))
    return _INK if (light + 0.05) / (luminance(_INK) + 0.05) > 1.05 / (light + 0.05) else _WHITE


def _argb(color: Rgb, alpha: int) -> int:
    return alpha << 24 | color[0] << 16 | color[1] << 8 | color[2]
