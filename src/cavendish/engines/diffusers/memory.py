"""Presets by memory: what of a model lies where, in which precision. Chosen by arithmetic, or by name.

Weights in bytes per parameter: bf16 2, fp8 1 (stored in fp8, computed in bf16), fp32 4. A stage is what works at one time: the
text encoder, a denoising network, the VAE; with offload only the stage that works lies on the device.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from diffusers.hooks import apply_layerwise_casting

from cavendish.catalog.weights import Weights
from cavendish.errors import ConfigError

BYTES = {"fp32": 4.0, "bf16": 2.0, "fp8": 1.0}
WORK_GB = 2.5  # activations of one 1024 x 1024 picture and the runtime's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How a model lies in memory. `least_gb` is the device memory that the name promises."""

    id: str
    least_gb: float
    storage: str            # key of BYTES: how the networks' weights are kept
    offload: bool = False   # only the stage that works lies on the device
    tiling: bool = False    # the VAE works in tiles
    compiled: bool = False  # repeated blocks are compiled
    max_batch: int = 1

    def needs_gb(self, parameters: Mapping[str, float]) -> float:
        """Device memory in GB for a model's parameters (billions) and one picture."""
        sizes = [count * BYTES[self.storage] for count in parameters.values()]
        return (max(sizes) if self.offload else sum(sizes)) + WORK_GB


PRESETS = (  # best first
    Preset(id="80gb", least_gb=80, storage="bf16", compiled=True, max_batch=16),
    Preset(id="24gb", least_gb=24, storage="bf16", max_batch=4),
    Preset(id="24gb-fp8", least_gb=24, storage="fp8", offload=True, tiling=True),
    Preset(id="12gb", least_gb=12, storage="bf16", offload=True, tiling=True),
    Preset(id="8gb", least_gb=8, storage="fp8", offload=True, tiling=True),
    Preset(id="cpu", least_gb=0, storage="fp32", tiling=True),
)


def choose(facts: Weights, device_gb: float | None, name: str = "auto") -> Preset:
    """Return the named preset, or the best that fits; `device_gb` None means that there is no accelerator.

    Raises ConfigError when nothing fits, saying what would.
    """
    named = {p.id: p for p in PRESETS}
    if name != "auto":
        if name not in named:
            raise ConfigError(f"CAVENDISH_PRESET={name[:40]!r} is not known", hint="use auto, " + ", ".join(named))
        return named[name]
    if device_gb is None:
        return named["cpu"]
    for preset in PRESETS[:-1]:
        if preset.least_gb <= device_gb * 1.07 and preset.needs_gb(facts.parameters) <= device_gb:  # "24 GB" cards report 23.6
            return preset
    least = min(p.needs_gb(facts.parameters) for p in PRESETS[:-1])
    raise ConfigError(f"{facts.name} needs {least:.0f} GB of GPU memory and {device_gb:.0f} GB are here",
                      hint="use a smaller model, or CAVENDISH_PRESET=cpu to draw slowly on the processor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a family works: the device, and how its parts lie there."""

    device: torch.device
    preset: Preset
    cache_bytes: int = 512 * 2**20  # encoded words and references kept on the device

    @property
    def dtype(self) -> torch.dtype:
        """What is computed in."""
        return torch.float32 if self.preset.storage == "fp32" else torch.bfloat16

    def stages(self, parts: Mapping[str, torch.nn.Module]) -> "Stages":
        """Bring a model's parts to this place. Once, after loading."""
        prepare(parts, self.preset, self.dtype)
        return Stages(parts, self.device, self.preset.offload)


class Stages:
    """Where the parts of a model lie. With offload the one that works is on the device and the others wait in main memory."""

    def __init__(self, parts: Mapping[str, torch.nn.Module], device: torch.device, offload: bool) -> None:
        self._parts, self._device, self._offload = parts, device, offload
        self.moves: list[str] = []
        self._here = ""
        if not offload:
            for part in parts.values():
                part.to(device)

    @contextmanager
    def working(self, name: str) -> Iterator[torch.nn.Module]:
        """Bring a part to the device, and send the one away that was there."""
        if self._offload and self._here != name:
            if self._here:
                self._parts[self._here].to("cpu")
            self._parts[name].to(self._device)
            self._here = name
            self.moves.append(name)
        yield self._parts[name]


def prepare(parts: Mapping[str, torch.nn.Module], preset: Preset, compute: torch.dtype) -> None:
    """Bring the weights to the preset's precision, tile the VAE, compile what is compiled."""
    for name, part in parts.items():
        part.to(compute)
        if preset.storage == "fp8" and name != "vae":
            skipped = (*(getattr(part, "_skip_layerwise_casting_patterns", None) or ()), "norm", "embed")
            apply_layerwise_casting(part, torch.float8_e4m3fn, compute, skip_modules_pattern=skipped)
    if preset.tiling:
        parts["vae"].enable_tiling()
    if preset.compiled:
        for name in ("transformer", "edit_transformer"):
            if name in parts:
                parts[name].compile_repeated_blocks(fullgraph=True)
        parts["vae"].decoder.compile()


def device_memory_gb(device: torch.device) -> float | None:
    """Memory of a device in GB (1e9 bytes), None for the processor."""
    if device.type == "cuda":
        return float(torch.cuda.get_device_properties(device).total_memory) / 1e9
    if device.type == "mps":
        return float(torch.mps.recommended_max_memory()) / 1e9
    return None


def pick_device(name: str) -> torch.device:
    """The named device, or the best there is. Raises ConfigError for one that this machine lacks."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError("CAVENDISH_DEVICE=cuda, but torch finds no GPU",
                          hint="install the CUDA build of torch and the driver, or use CAVENDISH_DEVICE=cpu")
    return torch.device(name)
