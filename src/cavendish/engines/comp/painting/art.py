"""Art: one name -> one drawing in a square: the pack's SVG, a prop of our own, or a figure with a body."""

import skia

from cavendish.catalog import pack
from cavendish.engines.comp.painting import bodies, props
from cavendish.engines.comp.painting.bodies import UNITS, drawing


def exists(name: str) -> bool:
    """Whether there is a drawing of this name, without a pose."""
    return name in pack.concepts() or name in props.names()


def draw(name: str, side: int) -> skia.Image:
    """Return a drawing `side` px large with alpha. Raises InvalidValue or KeyError for a name that nobody draws."""
    if not (name.startswith(props.PREFIX) or "/" in name):
        return drawing(name, side)
    surface = skia.Surface.MakeRasterN32Premul(side, side)
    canvas = surface.getCanvas()
    canvas.scale(side / UNITS, side / UNITS)
    if "/" in name:
        bodies.render(canvas, name, side)
    else:
        props.render(canvas, name)
    return surface.makeImageSnapshot()
