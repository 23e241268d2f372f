"""What a model family is to the engine: facts, and a few verbs that turn words and pictures into denoised pixels.

Every family here is a rectified flow: the network predicts a velocity, and one Euler step moves the latents from one noise
level to the next (arXiv:2209.03003). That makes denoising one loop for all of them; a family says only what is its own.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from cavendish.catalog.weights import Weights
from cavendish.types import Pixels, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What one picture is made from, in the family's terms: words, size, pictures to look at."""

    prompt: str
    size: Size
    negative: str = ""
    guidance: float = 1.0
    transparent: bool = False  # the caller wants nothing behind the subject
    adapters: tuple[tuple[str, float], ...] = ()
    references: tuple[Pixels, ...] = field(default=(), repr=False)
    reference_digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A brief, encoded: tensors on the device. Conditions of one `shape` can be denoised together."""

    shape: Hashable
    size: Size
    tensors: dict[str, Any] = field(repr=False)
    guidance: float = 1.0
    adapters: tuple[tuple[str, float], ...] = ()

    @property
    def nbytes(self) -> int:
        return sum(t.element_size() * t.nelement() for t in self.tensors.values() if isinstance(t, torch.Tensor))


class Family(Protocol):
    """One model family, loaded on one device. Called from the device's thread only."""

    @property
    def facts(self) -> Weights: ...

    @property
    def device(self) -> torch.device: ...

    def condition(self, brief: Brief) -> Condition:
        """Encode words and references, from the cache where they were seen before."""
        ...

    def noise(self, size: Size, seed: int) -> torch.Tensor:
        """Return float32 latents (tokens, channels) that depend on size and seed only: drawn on the CPU."""
        ...

    def encode(self, pixels: Pixels) -> torch.Tensor:
        """Return a picture's latents (tokens, channels), float32. Its sides divide by `facts.sides`."""
        ...

    def sigmas(self, size: Size, steps: int) -> tuple[float, ...]:
        """Return the noise levels, falling, `steps` + 1 of them, the last 0."""
        ...

    def velocity(self, latents: torch.Tensor, sigmas: torch.Tensor, after: torch.Tensor,
                 conditions: Sequence[Condition]) -> torch.Tensor:
        """Predict float32 velocities (batch, tokens, channels) for latents at these noise levels.

        `after`: the levels that the step goes to, which flow maps read. Conditions share a shape.
        """
        ...

    def decode(self, latents: torch.Tensor, size: Size) -> torch.Tensor:
        """Return float32 pixels (height, width, 3 or 4 channels) in 0..1 of latents (tokens, channels)."""
        ...

    def relieve(self) -> bool:
        """Need less memory from now on: forget what was kept, let the VAE work in tiles. False when that gives nothing."""
        ...


def generator(seed: int) -> torch.Generator:
    """A generator whose numbers are the same on every device and machine."""
    return torch.Generator("cpu").manual_seed(seed & (2**63 - 1))


def guided(with_words: torch.Tensor, without: torch.Tensor, scale: float) -> torch.Tensor:
    """Classifier-free guidance (arXiv:2207.12598)."""
    return without + scale * (with_words - without)
