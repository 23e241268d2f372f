"""Presets by memory: what of a model lies where, in which precision. Chosen by arithmetic, or by name.

Weights in bytes per parameter: bf16 2, fp8 1 (stored in fp8, computed in bf16), fp32 4. A stage is what works at one time: the
text encoder, a denoising network, the VAE; with offload only the stage that works lies on the device.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    compiled: bool = False  # repeated blocks and the VAE's decoder are compiled
    graphs: bool = False    # what is compiled is replayed as CUDA graphs
    attention: tuple[str, ...] = ()  # diffusers' names of faster attention, tried in order where their package is installed
    chosen: bool = True     # False = taken by name only
    max_batch: int = 1

    def needs_gb(self, parameters: Mapping[str, float]) -> float:
        """Device memory in GB for a model's parameters (billions) and one picture."""
        sizes = [count * BYTES[self.storage] for count in parameters.values()]
        return (max(sizes) if self.offload else sum(sizes)) + WORK_GB


PRESETS = (  # best first
    Preset(id="80gb", least_gb=80, storage="bf16", compiled=True, attention=("_flash_3", "flash"), max_batch=16),
    Preset(id="80gb-graphs", least_gb=80, storage="bf16", compiled=True, graphs=True, attention=("_flash_3", "flash"),
           chosen=False, max_batch=16),
    Preset(id="24gb", least_gb=24, storage="bf16", attention=("flash",), max_batch=4),
    Preset(id="24gb-fp8", least_gb=24, storage="fp8", offload=True, tiling=True),
    Preset(id="12gb", least_gb=12, storage="bf16", offload=True, tiling=True),
    Preset(id="8gb", least_gb=8, storage="fp8", offload=True, tiling=True),
    Preset(id="cpu", least_gb=0, storage="fp32", tiling=True),
)


def smaller(facts: Weights, preset: Preset) -> Preset | None:
    """Return the best preset for no larger a device that needs less memory for this model, None when there is none."""
    need = preset.needs_gb(facts.parameters)
    fitting = (p for p in PRESETS[:-1] if p.least_gb <= preset.least_gb)
    return next((p for p in fitting if p.needs_gb(facts.parameters) < need), None)


def relief(facts: Weights, preset: Preset) -> str:
    """What to set when memory ran out: the setting with its need, or the processor."""
    if preset.id == "cpu":
        return ""
    less = smaller(facts, preset)
    if less is None:
        return "CAVENDISH_PRESET=cpu and CAVENDISH_DEVICE=cpu, which is slow"
    now, then = (p.needs_gb(facts.parameters) for p in (preset, less))
    return f"CAVENDISH_PRESET={less.id}, which needs about {then:.0f} GB of GPU memory instead of {now:.0f}"


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
    for preset in (p for p in PRESETS[:-1] if p.chosen):
        if preset.least_gb <= device_gb * 1.07 and preset.needs_gb(facts.parameters) <= device_gb:  # "24 GB" cards report 23.6
            return preset
    least = min(p.needs_gb(facts.parameters) for p in PRESETS[:-1])
    raise ConfigError(f"{facts.name} needs {least:.0f} GB of GPU memory and {device_gb:.0f} GB are here",
                      hint="use a smaller model, or CAVENDISH_PRESET=cpu to draw slowly on the processor")
