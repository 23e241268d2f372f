"""How a model lies on its device, as a preset says: precision, offload by stage, tiles, compiled blocks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from diffusers.hooks import apply_layerwise_casting

from cavendish.engines.diffusers.cache import TensorCache
from cavendish.engines.presets import Preset
from cavendish.errors import ConfigError

_ATTENTION = {"_flash_3": "flash_attn_interface", "flash": "flash_attn"}  # diffusers' name -> the package that brings it


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a family works: the device, and how its parts lie there."""

    device: torch.device
    preset: Preset
    adapters: Mapping[str, Path] = field(default_factory=dict)
    speaks: bool = False  # the text encoder is kept whole, to answer as a language model
    cache_bytes: int = 512 * 2**20  # encoded words and references kept on the device

    @property
    def dtype(self) -> torch.dtype:
        """What is computed in."""
        return torch.float32 if self.preset.storage == "fp32" else torch.bfloat16

    def stages(self, parts: Mapping[str, torch.nn.Module]) -> "Stages":
        """Bring a model's parts to this place. Once, after loading."""
        prepare(parts, self.preset, self.dtype)
        return Stages(parts, self.device, self.preset)

    @property
    def attention(self) -> str:
        """The first faster attention of the preset that this machine has, "" for torch's own."""
        usable = self.device.type == "cuda" and self.dtype == torch.bfloat16
        return next((name for name in self.preset.attention if usable and find_spec(_ATTENTION[name])), "")

    def quicken(self, network: Any) -> None:  # noqa: ANN401  one of diffusers' transformers
        """Give a network that masks nothing the faster attention. Raises ConfigError where it is installed and unusable."""
        if not self.attention:
            return
        try:
            network.set_attention_backend(self.attention)
        except (ImportError, RuntimeError, ValueError) as exc:
            raise ConfigError(f"attention by {_ATTENTION[self.attention]} does not work here: {exc}",
                              hint=f"pip uninstall {_ATTENTION[self.attention]}, or install a build for this torch") from exc


class Stages:
    """Where the parts of a model lie. With offload the one that works is on the device and the others wait in main memory."""

    def __init__(self, parts: Mapping[str, torch.nn.Module], device: torch.device, preset: Preset) -> None:
        self._parts, self._device, self._offload = parts, device, preset.offload
        self._graphs = preset.graphs
        self.moves: list[str] = []
        self._here = ""
        if not preset.offload:
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
        if self._graphs:  # what the last run of a graph gave is not read any more
            torch.compiler.cudagraph_mark_step_begin()
        yield self._parts[name]


def prepare(parts: Mapping[str, torch.nn.Module], preset: Preset, compute: torch.dtype) -> None:
    """Bring the weights to the preset's precision, tile the VAE, compile what is compiled."""
    for name, part in parts.items():
        _cast(part, compute)
        if preset.storage == "fp8" and name != "vae":
            skipped = (*(getattr(part, "_skip_layerwise_casting_patterns", None) or ()), "norm", "embed", "lm_head")
            apply_layerwise_casting(part, torch.float8_e4m3fn, compute, skip_modules_pattern=skipped)
    if preset.tiling:
        parts["vae"].enable_tiling()
    if preset.compiled:
        mode = {"mode": "reduce-overhead"} if preset.graphs else {}
        for name in ("transformer", "edit_transformer"):
            if name in parts:
                parts[name].compile_repeated_blocks(fullgraph=True, **mode)
        parts["vae"].decoder.compile()


def relieved(vae: Any, cache: TensorCache) -> bool:  # noqa: ANN401  one of diffusers' autoencoders
    """Forget the cache and tile the VAE. False when neither gives anything."""
    given = cache.nbytes > 0 or not vae.use_tiling
    cache.clear()
    vae.enable_tiling()
    return given


def _cast(part: torch.nn.Module, compute: torch.dtype) -> None:
    """Bring the parameters to a precision, save those that the network wants in float32. Buffers stay as they were made.

    A text encoder's rotary frequencies are such a buffer: in bf16 they would misplace every word.
    """
    kept = frozenset(getattr(part, "_keep_in_fp32_modules", None) or ())
    for name, parameter in part.named_parameters():
        if parameter.is_floating_point() and not kept.intersection(name.split(".")):
            parameter.data = parameter.data.to(compute)


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
