"""Anchors: where a drawing carries, holds, shelters or lights other things, as shares of its box, from data."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from tomllib import loads
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A surface: feet rest on `top`, who sits does so on `sit` (None = nobody sits here), between `left` and `right`."""

    top: float
    left: float = 0.04
    right: float = 0.96
    sit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vessel:
    """A mouth: its front edge begins at `rim` on both sides and runs `sag` lower in the middle."""

    rim: float = 0.42
    sag: float = 0.03
    left: float = 0.10
    right: float = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Canopy:
    """A roof: what is under it stands below `low`. `carried` roofs are held over heads, `among` = it stands among the legs."""

    low: float
    carried: bool = False
    among: bool = False


def support(art: str) -> Support | None:
    """Return where things rest on a drawing, None when its outline must say."""
    facts = _facts()["support"].get(art.split("/")[0])
    return Support(**facts) if facts else None


def vessel(art: str) -> Vessel:
    """Return where things sit in a drawing."""
    return Vessel(**_facts()["vessel"].get(art, {}))


def contains(art: str) -> bool:
    """Whether a drawing is known to have an inside."""
    facts = _facts()
    return art in facts["vessel"] or art in facts["opening"]


def opening(art: str) -> tuple[float, float, float, float] | None:
    """Return left, top, right, bottom of what one looks through, None for drawings that are not looked into."""
    area = _facts()["opening"].get(art)
    return (area[0], area[1], area[2], area[3]) if area else None


def canopy(art: str) -> Canopy | None:
    """Return the roof of a drawing."""
    facts = _facts()["canopy"].get(art)
    return Canopy(**facts) if facts else None


def face(art: str) -> tuple[float, float, float, float] | None:
    """Return left, top, right, bottom of the part of a drawing that is there to be written on."""
    area = _facts()["face"].get(art)
    return (area[0], area[1], area[2], area[3]) if area else None


def lamp(art: str) -> tuple[float, float, float] | None:
    """Return where a drawing shines (x, y) and how far, in its widths."""
    spot = _facts()["lamp"].get(art)
    return (spot[0], spot[1], spot[2]) if spot else None


@lru_cache(maxsize=1)
def _facts() -> dict[str, Any]:
    return loads(files("cavendish.engines.comp.painting").joinpath("anchors.toml").read_text(encoding="utf-8"))
