"""The engines of an installation: the embedded one, open weights, remote ones; and the network that enlarges pictures."""

from dataclasses import replace
from pathlib import Path

from cavendish.catalog.models import catalog
from cavendish.engines import local
from cavendish.engines.base import Engine
from cavendish.errors import ConfigError, InvalidValue
from cavendish.imaging.upscale import Upscaler
from cavendish.settings import Settings
from cavendish.store.weights import WeightsFolder
from cavendish.types import Size


def installed(settings: Settings) -> dict[str, Engine]:
    """The engines this machine can run now. Raises ConfigError for weights that are named and not here."""
    from cavendish.engines.comp.engine import CompEngine  # heavy: numpy and Skia; `--help` does not need them

    device = local.Device(name=settings.device, preset=settings.preset, speaks=settings.llm_local)
    return {"comp": CompEngine()} | {i.facts.engine: local.engine(i, device) for i in open_weights(settings)}


def remote(settings: Settings) -> dict[str, Engine]:
    """The remote engines that are configured. Raises ConfigError, UnknownModel."""
    if not (settings.google_api_key or settings.openai_api_key or settings.server_url):
        return {}
    from cavendish.engines.remote import engines  # urllib3 and ssl: nobody without a remote engine waits for them

    timeouts = engines.Timeouts(read_s=settings.remote_timeout_s)
    cards, found = catalog(), {}
    if settings.google_api_key:
        found["google"] = engines.google(engines.Upstream(settings.google_base_url, settings.google_api_key, timeouts),
                                         cards.model(settings.google_model))
    if settings.openai_api_key:
        found["openai"] = engines.openai(engines.Upstream(settings.openai_base_url, settings.openai_api_key, timeouts),
                                         cards.model(settings.openai_model))
    if settings.server_url:
        found["server"] = engines.server(engines.Upstream(settings.server_url, settings.server_api_key, timeouts),
                                         settings.server_model)
    return dict(found)


def open_weights(settings: Settings) -> list[local.Installed]:
    """The weights that serve flash and pro: those the settings name, else the first pulled of each; none without torch.

    Raises ConfigError, EngineUnavailable for weights that are named and cannot be used.
    """
    folder = weights_folder(settings)
    pulled = [local.in_folder(facts, path, record.revision) for facts, path, record in folder.installed()]
    adapters = local.adapters_in(Path(settings.adapters).expanduser() if settings.adapters else folder.root / "adapters")
    chosen = []
    for engine_id, value in (("flash", settings.flash), ("pro", settings.pro)):
        if value:
            found = [local.named(value, engine_id) or _pulled(folder, pulled, value)]
        else:
            found = [i for i in pulled if i.facts.engine == engine_id and local.has_torch()][:1]
        chosen += [replace(i, facts=replace(i.facts, engine=engine_id), adapters=adapters) for i in found]
    return chosen


def _pulled(folder: WeightsFolder, pulled: list[local.Installed], name: str) -> local.Installed:
    path = folder.path(name)
    return next(i for i in pulled if i.main.parent == path)


def weights_folder(settings: Settings) -> WeightsFolder:
    """Where pulled weights lie."""
    return WeightsFolder(Path(settings.models).expanduser() if settings.models else settings.data_dir / "models")


def warm_sizes(settings: Settings) -> tuple[Size, ...]:
    """The sizes that are drawn once at the start. Raises ConfigError."""
    try:
        return tuple(map(Size.parse, settings.warm))
    except InvalidValue as exc:
        raise ConfigError(f"CAVENDISH_WARM: {exc}", hint="name sizes like 1024x1024,1376x768") from exc


def upscaler(settings: Settings) -> Upscaler | None:
    """The network that was configured, not loaded before a picture has to grow. Raises ConfigError for a wrong file."""
    if not settings.upscaler:
        return None
    from cavendish.engines.diffusers.superres import SuperResolution  # heavy once it is used: torch

    return SuperResolution(Path(settings.upscaler).expanduser())
