"""Open-weight models: typed view of weights.toml. Facts only; nothing here loads or fetches."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from cavendish.errors import InvalidValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One model whose weights anybody may fetch. Sides and areas in pixels, parameters in billions."""

    id: str
    engine: str                        # the engine id that it serves: "flash", "pro"
    family: str                        # which file of engines/diffusers draws with it
    name: str
    repo: str                          # hub id
    edit_repo: str = ""                # a second network for edits
    adapter_repo: str = ""             # a LoRA that belongs to it
    edit_adapter_repo: str = ""
    licence: str
    licence_url: str
    commercial_use: bool = True
    requires_safety: bool = False      # the licence forbids running it without content filters
    files_gb: float
    parameters: Mapping[str, float] = field(hash=False)
    steps: int                         # how many it was made for
    guidance: float = 1.0              # classifier-free guidance; 1 or less = the network runs once per step
    reads_guidance: bool = False
    patch: int                         # pixels per latent token and side
    side_multiple: int = 0             # both sides of a picture divide by it; 0 = by `patch`
    native_pixels: int                 # beyond this the family repeats itself: larger pictures are upscaled
    max_references: int = 0            # pictures it reads one by one; more are tiled into sheets
    edits: bool = False                # it was trained to follow a picture
    transparent: bool = False          # it draws an alpha channel of its own
    scripts: tuple[str, ...] = ()
    megapixel_s: Mapping[str, float] = field(default_factory=dict, hash=False)  # published seconds at 1024², by preset

    @property
    def sides(self) -> int:
        """What both sides of a picture divide by."""
        return self.side_multiple or self.patch


@lru_cache(maxsize=1)
def all_weights() -> tuple[Weights, ...]:
    """Read weights.toml once."""
    raw = tomllib.loads(files("cavendish.catalog").joinpath("weights.toml").read_text("utf-8"))
    return tuple(Weights(**row | {"scripts": tuple(row.get("scripts", ()))}) for row in raw["weights"])


def weights(name: str) -> Weights:
    """Find by id, or the default of an engine ("flash", "pro"). Raises InvalidValue with the nearest name."""
    rows = all_weights()
    for row in rows:
        if name in (row.id, row.repo):
            return row
    for row in rows:
        if name == row.engine:
            return row
    near = difflib.get_close_matches(name, [r.id for r in rows], 1)
    raise InvalidValue(f"unknown weights {name[:60]!r}", field="weights",
                       hint=f"did you mean {near[0]}?" if near else "use one of " + ", ".join(r.id for r in rows))
