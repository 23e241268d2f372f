"""Windows into a picture: which box to keep for a ratio, and cutting it out."""

from typing import NamedTuple

from cavendish.imaging.raster import view, wrap
from cavendish.types import Pixels, Size


class Box(NamedTuple):
    """Whole pixels: left and top corner, width, height."""

    x: int
    y: int
    width: int
    height: int


def cover(size: Size, target: Size, focus: tuple[float, float] = (0.5, 0.5)) -> Box:
    """Return the largest window of `size` with the ratio of `target`, as near to `focus` (fractions) as it can be."""
    width = min(size.width, max(1, round(size.height * target.width / target.height)))
    height = min(size.height, max(1, round(size.width * target.height / target.width)))
    x = round(min(max(focus[0] * size.width - width / 2, 0), size.width - width))
    y = round(min(max(focus[1] * size.height - height / 2, 0), size.height - height))
    return Box(x, y, width, height)


def cut(pixels: Pixels, box: Box) -> Pixels:
    """Return the window. Raises ValueError when it leaves the picture."""
    if min(box.x, box.y) < 0 or min(box.width, box.height) < 1:
        raise ValueError(f"{box} is not a window")
    if box.x + box.width > pixels.width or box.y + box.height > pixels.height:
        raise ValueError(f"{box} leaves the picture of {pixels.size}")
    return wrap(view(pixels)[box.y:box.y + box.height, box.x:box.x + box.width])
