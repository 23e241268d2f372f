"""Weights on disk -> an engine on a device. A new family is one file beside this one, one line here, one catalog entry."""

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.family import Family
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.memory import Place, device_memory_gb, pick_device
from cavendish.engines.diffusers.qwen import Networks, QwenImage
from cavendish.engines.diffusers.zimage import ZImage
from cavendish.engines.local import Installed, profile_of
from cavendish.engines.presets import choose, relief
from cavendish.errors import ConfigError

CODE_REVISION = "2"  # raise it when the same weights would draw other pixels


def load(installed: Installed, device: str = "auto", preset: str = "auto", *, speaks: bool = False) -> DiffusionEngine:
    """Read the weights and bring them to the device. Minutes for large models. Raises ConfigError naming what is missing."""
    where = pick_device(device)
    place = Place(device=where, preset=choose(installed.facts, device_memory_gb(where), preset), adapters=installed.adapters,
                  speaks=speaks)
    family = _FAMILIES[installed.facts.family](installed, place)
    profile = profile_of(family.facts, revision(installed, place), tuple(installed.adapters))
    return DiffusionEngine(profile, family, max_batch=place.preset.max_batch, relief=relief(installed.facts, place.preset))


def revision(installed: Installed, place: Place) -> str:
    """What decides the pixels besides the request: code, weights, precision, torch and diffusers."""
    weights = installed.revision or _folder_digest(installed)
    libraries = [version("torch"), version("diffusers")]
    plain = json.dumps([CODE_REVISION, weights, place.preset.storage, place.device.type, place.attention, *libraries])
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _folder_digest(installed: Installed) -> str:
    """A content address of local weights without reading gigabytes: names, sizes and times."""
    roots = [p for p in (installed.main, installed.edit, installed.adapter, installed.edit_adapter, installed.network) if p]
    files = sorted(f for root in roots for f in ([root] if root.is_file() else root.rglob("*")) if f.is_file())
    return hashlib.sha256(repr([(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]).encode()).hexdigest()


def _pipeline(kind: Any, folder: Path, place: Place, **parts: Any) -> Any:  # noqa: ANN401  diffusers' classes and parts
    storage = torch.float32 if place.preset.storage == "fp32" else torch.bfloat16
    try:
        return kind.from_pretrained(folder, dtype=storage, local_files_only=True, **parts)
    except (OSError, ValueError, KeyError) as exc:
        raise ConfigError(f"the weights in {folder} cannot be read: {exc}",
                          hint="fetch them again with `cavendish models pull`, or name a whole diffusers folder") from exc


def _replaced(pipe: Any, installed: Installed, place: Place) -> Any:  # noqa: ANN401  a diffusers pipeline
    """Put a single file's network in the place of the folder's, and the model's own adapter into it."""
    if installed.network is not None:
        kind = type(pipe.transformer)
        pipe.transformer = kind.from_single_file(str(installed.network), config=str(installed.main / "transformer"),
                                                 dtype=place.dtype, local_files_only=True)
    return _fused(pipe, installed.adapter)


def _fused(pipe: Any, adapter: Path | None) -> Any:  # noqa: ANN401  a diffusers pipeline
    if adapter is not None:
        pipe.load_lora_weights(adapter)
        pipe.fuse_lora()
        pipe.unload_lora_weights()
    return pipe


def _klein(installed: Installed, place: Place) -> Family:
    pipe = _pipeline(diffusers.Flux2KleinPipeline, installed.main, place)
    return Klein(_replaced(pipe, installed, place), installed.facts, place)


def _zimage(installed: Installed, place: Place) -> Family:
    pipe = _pipeline(diffusers.ZImagePipeline, installed.main, place)
    return ZImage(_replaced(pipe, installed, place), installed.facts, place)


def _qwen(installed: Installed, place: Place) -> Family:
    draw = _replaced(_pipeline(diffusers.QwenImagePipeline, installed.main, place), installed, place)
    edit = None
    if installed.edit is not None:
        shared = {"text_encoder": draw.text_encoder, "vae": draw.vae, "tokenizer": draw.tokenizer, "scheduler": draw.scheduler}
        edit = _fused(_pipeline(diffusers.QwenImageEditPlusPipeline, installed.edit, place, **shared), installed.edit_adapter)
    return QwenImage(Networks(draw=draw, edit=edit), installed.facts, place)


def _qwen21(installed: Installed, place: Place) -> Family:
    _needs("QwenImage21Pipeline", installed)
    from cavendish.engines.diffusers.qwen21 import QwenImage21  # absent from older diffusers

    pipe = _pipeline(diffusers.QwenImage21Pipeline, installed.main, place)
    return QwenImage21(_replaced(pipe, installed, place), installed.facts, place)


def _flux3(installed: Installed, place: Place) -> Family:
    """A modular pipeline names its parts by their hub addresses: here each comes from its own folder."""
    _needs("Flux3DistilledModularPipeline", installed)
    from diffusers.modular_pipelines.flux3.modular_blocks_flux3_distilled import Flux3DistilledAutoBlocks

    from cavendish.engines.diffusers.flux3 import Flux3  # absent from older diffusers

    parts = {"transformer": diffusers.Flux3Transformer2DModel, "vae": diffusers.AutoencoderKLFlux2,
             "text_encoder": transformers.Qwen3VLForConditionalGeneration}
    loaded = {name: _pipeline(kind, installed.main / name, place) for name, kind in parts.items()}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(installed.main / "tokenizer", local_files_only=True)
    except (OSError, ValueError, KeyError) as exc:
        raise ConfigError(f"the tokenizer in {installed.main} cannot be read: {exc}",
                          hint="fetch the weights again with `cavendish models pull`") from exc
    pipe = Flux3DistilledAutoBlocks().init_pipeline()
    pipe.update_components(**loaded, tokenizer=tokenizer)
    return Flux3(_replaced(pipe, installed, place), installed.facts, place)


def _needs(pipeline: str, installed: Installed) -> None:
    """Raise ConfigError where the installed diffusers is older than the family."""
    if not hasattr(diffusers, pipeline):
        raise ConfigError(f"{installed.facts.name} needs diffusers with {pipeline}, and {version('diffusers')} is installed",
                          hint="pip install --upgrade diffusers")


_FAMILIES: Mapping[str, Callable[[Installed, Place], Family]] = {
    "klein": _klein, "z-image": _zimage, "qwen-image": _qwen, "qwen-image-2.1": _qwen21, "flux-3": _flux3}
