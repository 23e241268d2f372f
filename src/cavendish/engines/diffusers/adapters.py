"""LoRA adapters that a request puts on by name: read when first named, kept beside the network, switched between batches."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from cavendish.errors import ConfigError

Wanted = tuple[tuple[str, float], ...]


class Adapters:
    """The adapters of one pipeline's network. For one thread: the device's."""

    def __init__(self, pipe: Any, files: Mapping[str, Path]) -> None:  # noqa: ANN401  a diffusers pipeline
        self._pipe, self._files = pipe, files
        self._read: set[str] = set()
        self._on: Wanted = ()

    def put_on(self, wanted: Wanted) -> None:
        """Make the network draw with exactly these. Raises ConfigError for a file that does not fit it."""
        if wanted == self._on:
            return
        for name, _ in wanted:
            if name not in self._read:
                self._add(name)
        network = self._pipe.transformer
        if wanted:
            network.enable_adapters()
            network.set_adapters([name for name, _ in wanted], [weight for _, weight in wanted])
        else:
            network.disable_adapters()
        self._on = wanted

    def _add(self, name: str) -> None:
        try:
            with torch.inference_mode(False):  # parameters made in inference mode cannot be joined by further ones
                self._pipe.load_lora_weights(str(self._files[name].parent), weight_name=self._files[name].name,
                                             adapter_name=name, local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as exc:
            raise ConfigError(f"the adapter {name} does not fit {type(self._pipe).__name__}: {type(exc).__name__}",
                              hint="use an adapter that was trained for this model") from exc
        if name not in (self._pipe.transformer.peft_config if hasattr(self._pipe.transformer, "peft_config") else {}):
            raise ConfigError(f"the adapter {name} holds nothing for this model", hint="use one that was trained for it")
        self._read.add(name)
