"""A super-resolution network from a file of weights, by spandrel: which architecture it is, spandrel reads from the weights.

torch and spandrel are imported when the first picture has to grow, not before. Only .safetensors files are opened: the other
kinds run code of whoever made them.
"""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cavendish.errors import ConfigError, EngineFailed, OutOfMemory
from cavendish.imaging.raster import Array

_SUFFIX = ".safetensors"
_HINT = "set CAVENDISH_UPSCALER to a .safetensors file of a network that enlarges RGB pictures, such as RealESRGAN x2 or x4"


@dataclass(eq=False)
class SuperResolution:
    """An Upscaler of `path`, loaded when it is first asked for its scale or for a tile. One tile at a time, from any thread.

    `device` is torch's name ("cuda", "cpu"); "auto" takes the first GPU, else the CPU. On a GPU half precision is used where
    the architecture allows it. Raises ConfigError (missing file or library, or weights that are no such network),
    OutOfMemory or EngineFailed.
    """

    path: Path
    device: str = "auto"
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        if self.path.suffix.lower() != _SUFFIX:
            raise ConfigError(f"{self.path.name} is not a {_SUFFIX} file", hint=_HINT)
        if not self.path.is_file():
            raise ConfigError(f"{self.path} does not exist", hint=_HINT)

    @property
    def scale(self) -> int:
        """How much longer sides get."""
        return int(self._network.scale)

    @property
    def name(self) -> str:
        """The architecture and the file, for records."""
        return f"{self._network.architecture.name} ({self.path.name})"

    def __call__(self, tile: Array, /) -> Array:
        """Enlarge one tile: float32 (h, w, 3) in 0..1 -> (h * scale, w * scale, 3)."""
        network = self._network
        import torch  # heavy: only here, where a network is loaded already

        with self._lock, torch.inference_mode():
            try:
                sent = torch.from_numpy(tile).permute(2, 0, 1)[None].to(network.device, network.dtype)
                made: Array = network(sent)[0].permute(1, 2, 0).float().clamp(0, 1).cpu().numpy()
            except torch.OutOfMemoryError as exc:
                raise OutOfMemory("the GPU ran out of memory while enlarging", hint="ask for a smaller size") from exc
            except RuntimeError as exc:
                raise EngineFailed(f"{self.path.name} failed on a tile: {exc}",
                                   hint="try again, or unset CAVENDISH_UPSCALER") from exc
        return made

    @property
    def _network(self) -> Any:  # noqa: ANN401  spandrel's descriptor
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:  # noqa: ANN401  spandrel's descriptor
        return _load(self.path, self.device)


def _load(path: Path, device: str) -> Any:  # noqa: ANN401  spandrel's descriptor
    try:
        import torch
        from safetensors import SafetensorError
        from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError
    except ImportError as exc:
        raise ConfigError(f"CAVENDISH_UPSCALER needs a library that is not installed: {exc.name}",
                          hint="pip install 'cavendish[gpu]'") from exc
    except RuntimeError as exc:  # torchvision's operators, when it was built for another torch
        raise ConfigError(f"torch and torchvision do not fit each other: {exc}",
                          hint="install both of one release and one build (CUDA or CPU)") from exc
    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    try:
        found = ModelLoader(place).load_from_file(path)
    except (UnsupportedModelError, SafetensorError, ValueError, KeyError) as exc:
        raise ConfigError(f"{path.name} holds no network that is known: {exc}", hint=_HINT) from exc
    if not isinstance(found, ImageModelDescriptor) or (found.input_channels, found.output_channels) != (3, 3) \
            or found.scale < 2:
        raise ConfigError(f"{path.name} is a network for something else ({found.architecture.name}, {found.purpose})",
                          hint=_HINT)
    if place.startswith("cuda"):
        if found.supports_half:
            found.half()
        elif found.supports_bfloat16:
            found.bfloat16()
    return found.eval()
