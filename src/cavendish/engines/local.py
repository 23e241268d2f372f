"""The engines of open weights on this disk, known by their catalog entry until the first request loads them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from cavendish.catalog.weights import Weights, all_weights, weights
from cavendish.engines.base import Engine, EngineProfile
from cavendish.engines.deferred import Deferred
from cavendish.errors import ConfigError
from cavendish.types import MAX_REFERENCES

CONCURRENCY = 64  # calls that may wait at the device, which batches them itself
NOT_LOADED = "not loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Weights on disk. `main` is a diffusers folder; `network` a single file that replaces its transformer."""

    facts: Weights
    main: Path
    edit: Path | None = None
    adapter: Path | None = None
    edit_adapter: Path | None = None
    network: Path | None = None
    adapters: Mapping[str, Path] = field(default_factory=dict, hash=False)  # LoRA adapters that a request may name
    revision: str = ""  # of the weights: the hub's commit, "" for a folder of the user's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where to draw: "auto", "cuda", "mps" or "cpu", and the memory preset or "auto"."""

    name: str = "auto"
    preset: str = "auto"
    speaks: bool = False  # text encoders are kept whole, to answer as language models


def profile_of(facts: Weights, revision: str = NOT_LOADED, adapters: tuple[str, ...] = ()) -> EngineProfile:
    """The engine's face of a model. More references than it reads one by one are tiled into sheets."""
    tuning = frozenset({"steps", "guidance_scale"} if facts.reads_guidance else {"steps"})
    return EngineProfile(id=facts.engine, name=facts.name, revision=revision, licence=facts.licence, trained=True,
                         commercial_use=facts.commercial_use, requires_safety=facts.requires_safety,
                         max_references=MAX_REFERENCES if facts.max_references else 0, masks=True,
                         transparent_background=facts.transparent,
                         negative_prompt=facts.reads_guidance, tuning=tuning, adapters=adapters, scripts=facts.scripts,
                         concurrency=CONCURRENCY,
                         needs=f"{facts.files_gb:.0f} GB of weights on disk")


def engine(installed: Installed, device: Device) -> Engine:
    """Return the engine of installed weights, not loaded yet. Raises ConfigError without torch."""
    if not has_torch():
        raise ConfigError(f"{installed.facts.name} is installed, but torch is not", hint="pip install 'cavendish[gpu]'")

    def load() -> Engine:
        from cavendish.engines.diffusers.loading import load  # torch: seconds, and only for who draws with it

        return load(installed, device.name, device.preset, speaks=device.speaks)

    return Deferred(profile_of(installed.facts, adapters=tuple(installed.adapters)), load)


def has_torch() -> bool:
    """Whether the extra for open weights is installed."""
    return find_spec("torch") is not None and find_spec("diffusers") is not None


def named(value: str, engine_id: str) -> Installed | None:
    """Read a setting that names a local diffusers folder, or FAMILY=FOLDER; None when it names a model of the catalog.

    A single .safetensors file needs its family's folder, which holds the other parts: FAMILY=FOLDER+FILE.
    """
    if "=" not in value and not Path(value).expanduser().is_dir():
        return None
    name, _, place = value.rpartition("=")
    folder, _, network = place.partition("+")
    facts = weights(name or engine_id)
    main = Path(folder).expanduser()
    if not any((main / index).is_file() for index in ("model_index.json", "modular_model_index.json")):
        raise ConfigError(f"{main} is no diffusers folder: it has no model_index.json",
                          hint="name the folder that holds transformer, vae and text_encoder")
    return Installed(facts=facts, main=main, network=Path(network).expanduser() if network else None)


def in_folder(facts: Weights, folder: Path, revision: str) -> Installed:
    """Describe pulled weights: one folder per repository."""
    def place(role: str) -> Path | None:
        return folder / role if (folder / role).is_dir() else None

    return Installed(facts=facts, main=folder / "main", edit=place("edit"), adapter=place("adapter"),
                     edit_adapter=place("edit_adapter"), revision=revision)


def adapters_in(folder: Path) -> dict[str, Path]:
    """Find the adapters of a folder: each NAME.safetensors."""
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))} if folder.is_dir() else {}


def engine_ids() -> Iterator[str]:
    """Every engine that open weights can serve."""
    yield from dict.fromkeys(row.engine for row in all_weights())
