"""What an invisible watermark is to the rest of the house: embed an id, find ids again. Another one may stand in its place."""

from dataclasses import dataclass
from typing import Literal, Protocol

from cavendish.imaging.raster import Array
from cavendish.types import Pixels

Answer = Literal["present", "absent", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A picture with its mark."""

    pixels: Pixels  # the same size, channels and depth as given
    strength: float  # root mean square change of luma over the picture, in 8-bit steps; 0 when nothing was changed
    readable: bool  # the detector found the id again in exactly these pixels


@dataclass(frozen=True, slots=True)
class Detection:
    """What a picture says about itself. Whether an id was issued here is the caller's to look up."""

    answer: Answer
    mark_ids: tuple[int, ...]  # ids whose checksum holds, best first; empty unless "present"
    score: float  # height of the best sync peak in standard deviations; without a mark about 5.3, rarely above 6.2


class Watermarker(Protocol):
    """Puts a number into pixels and reads it back. Thread-safe; blocking; no network."""

    @property
    def name(self) -> str: ...
    @property
    def alg(self) -> str:
        """Return the algorithm's id for the C2PA soft binding."""
    @property
    def bits(self) -> int:
        """Return the width of `mark_id`."""
    def embed(self, pixels: Pixels, mark_id: int, region: Array | None = None) -> Marked:
        """Return the picture with `mark_id` in it; outside region > 0 (h, w) every sample stays, bit for bit."""
    def detect(self, pixels: Pixels) -> Detection:
        """Look for marks of the same secret."""
