"""Pixels to tensors and back, and the small arithmetic that every family shares."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from cavendish.imaging.raster import as_float, with_channels, wrap
from cavendish.imaging.resize import fit
from cavendish.types import Pixels, Size


def from_pixels(pixels: Pixels, channels: int = 3) -> torch.Tensor:
    """Return float32 (channels, height, width) in 0..1."""
    return torch.from_numpy(np.array(as_float(with_channels(pixels, channels)))).permute(2, 0, 1)


def to_pixels(picture: torch.Tensor, depth: int = 8) -> Pixels:
    """Round float (height, width, channels) in 0..1 to 8 bits, or keep it as it is: `depth` 32. uint8 stays."""
    if picture.dtype == torch.uint8:
        return wrap(picture.numpy())
    kept = picture.clamp(0, 1)
    return wrap(torch.round(kept * 255).to(torch.uint8).numpy() if depth == 8 else kept.numpy())


def limited(pixels: Pixels, area: int, multiple: int) -> Pixels:
    """Shrink to at most `area` pixels, keep the shape as well as sides that divide by `multiple` allow."""
    return fit(pixels, legal_size(pixels.size, area, multiple))


def legal_size(size: Size, area: int, multiple: int) -> Size:
    """The nearest size of at most `area` pixels, about the same shape, with sides that divide by `multiple`."""
    shrink = min(1.0, (area / size.pixels) ** 0.5)
    width, height = (max(multiple, round(side * shrink / multiple) * multiple) for side in (size.width, size.height))
    while width * height > max(area, multiple * multiple) and max(width, height) > multiple:
        width, height = (width - multiple, height) if width >= height else (width, height - multiple)
    return Size(width, height)


def area_size(size: Size, area: int, multiple: int) -> Size:
    """The size of about `area` pixels in the same shape, sides dividing by `multiple`: smaller pictures grow to it."""
    ratio = size.width / size.height
    width = (area * ratio) ** 0.5
    return Size(max(1, round(width / multiple)) * multiple, max(1, round(width / ratio / multiple)) * multiple)


def to_sigmas(scheduler: Any, levels: Sequence[float], mu: float) -> tuple[float, ...]:  # noqa: ANN401  diffusers' scheduler
    """Noise levels after the scheduler's own shift, with the last 0."""
    fresh = type(scheduler).from_config(scheduler.config)
    fresh.set_timesteps(sigmas=list(levels), mu=mu)
    return tuple(float(s) for s in fresh.sigmas)


def shift_of(scheduler: Any, tokens: int, rule: Callable[..., float]) -> float:  # noqa: ANN401  diffusers' scheduler
    """How far the noise levels of a picture of so many tokens are shifted, by the scheduler's own configuration."""
    config = scheduler.config
    return rule(tokens, config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096),
                config.get("base_shift", 0.5), config.get("max_shift", 1.15))


def pack(grid: torch.Tensor) -> torch.Tensor:
    """Return (tokens, channels * 4) of (channels, height, width): each 2x2 patch becomes a token."""
    channels, height, width = grid.shape
    patches = grid.reshape(channels, height // 2, 2, width // 2, 2).permute(1, 3, 0, 2, 4)
    return patches.reshape(height // 2 * (width // 2), channels * 4)


def unpack(tokens: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Return (channels, height, width): what `pack` took apart."""
    patches = tokens.reshape(height // 2, width // 2, -1, 2, 2).permute(2, 0, 3, 1, 4)
    return patches.reshape(-1, height, width)


def digest(text: str) -> str:
    """Content address of words."""
    return hashlib.sha256(text.encode()).hexdigest()
