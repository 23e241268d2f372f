"""The composition root: Settings -> App. The only place that knows every concrete class."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from cavendish.catalog import chains, pack
from cavendish.catalog.models import Catalog, catalog
from cavendish.engines import local
from cavendish.engines.base import Engine
from cavendish.engines.breaker import Guarded
from cavendish.engines.deferred import Deferred
from cavendish.engines.registry import Registry
from cavendish.engines.warming import Warmer
from cavendish.engines.wrappers import Shared
from cavendish.errors import ConfigError, InvalidValue
from cavendish.finish import Provenance
from cavendish.imaging import sandbox
from cavendish.imaging.intake import InProcess, Intake
from cavendish.imaging.upscale import Upscaler
from cavendish.ledger.keys import KeyRing
from cavendish.recall import Recall
from cavendish.service import ImageService
from cavendish.settings import Settings
from cavendish.store.blobs import Blobs, FolderBlobs
from cavendish.store.rows import Rows, sqlite_url
from cavendish.store.weights import WeightsFolder
from cavendish.thinking import ocr
from cavendish.thinking.check import Checker
from cavendish.thinking.grounding import Grounder, Provider
from cavendish.thinking.language import LanguageModel
from cavendish.thinking.local import LocalModel, Speaks
from cavendish.thinking.review import Reviewer
from cavendish.thinking.thinker import Thinker
from cavendish.trust import certificates, fetch, policy
from cavendish.trust.credentials import Credentials, TimeStamps
from cavendish.trust.credentials_read import CredentialReader
from cavendish.trust.policy.pictures import PictureClassifier, open_classifier
from cavendish.trust.seal import Sealer, load_secret
from cavendish.trust.watermark.spread import spread
from cavendish.types import Asset, Size
from cavendish.verify import Verifier
from cavendish.work.inputs import ORDINARY_RUNS, PictureRoom, TurnedIntake
from cavendish.work.outside import OutsideModel, OutsideProvider
from cavendish.work.pool import SPARE, Pool

log = logging.getLogger("cavendish.app")
CREDENTIALS_FOLDER = "credentials"  # in the data folder


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything a server or a command needs, already joined."""

    settings: Settings
    catalog: Catalog
    service: ImageService
    registry: Registry
    rows: Rows
    blobs: Blobs
    sealer: Sealer
    keys: KeyRing
    pool: Pool
    intake: Intake
    verifier: Verifier
    credentials: Credentials | None  # None = nothing is signed
    warmer: Warmer

    def asset_url(self, base_url: str, asset: Asset) -> str:
        """Store a finished picture and return a URL that serves it for `url_ttl_s`. `base_url` has no trailing slash."""
        key = self.blobs.put(asset.data)
        token = self.sealer.sign_key(key, self.settings.url_ttl_s)
        return f"{self.settings.public_url.rstrip('/') or base_url}/v1/images/files/{key}?token={token}"


@contextmanager
def build(settings: Settings, engines: Mapping[str, Engine] | None = None) -> Iterator[App]:
    """Join the parts; close what was opened, last first. `engines` replaces the installed ones (tests, embedding)."""
    with ExitStack() as stack:
        folder = settings.data_dir
        secret = load_secret(folder)
        rows = Rows(sqlite_url(folder))
        stack.callback(rows.close)
        found = installed(settings) | remote(settings) if engines is None else engines
        pool = Pool(settings.workers, settings.queue_size)
        registry = Registry({k: _shared(e, pool) for k, e in found.items()},
                            {k: e.breaker for k, e in found.items() if isinstance(e, Guarded)})
        stack.callback(registry.close)
        warmer = Warmer({k: e for k, e in found.items() if isinstance(e, Deferred)}, warm_sizes(settings))
        stack.callback(warmer.close)
        if not settings.safety:
            registry.refuse_unsafe()
        intake = _intake(settings, pool)
        stack.callback(intake.close)
        room = _picture_room(settings, pool, found.values())
        sealer = Sealer(secret)
        manifests, signing = FolderBlobs(folder / "manifests"), credentials_of(settings)
        marks = spread(sealer.derive(b"watermark")) if settings.watermark else None
        provenance = Provenance(watermarker=marks, mark_key=sealer.derive(b"mark ids"), masked=settings.masked_watermark,
                                credentials=signing, with_prompt=settings.credentials_prompt)
        grounder = Grounder(providers=tuple(OutsideProvider(p, pool.aside) if p.remote else p
                                            for p in search_providers(settings)), intake=intake)
        stack.callback(grounder.close)
        model = language_model(settings, found)
        thinker = Thinker(model and OutsideModel(model, pool.aside))
        stack.callback(thinker.close)
        stack.callback(pool.close)
        cards = chains.arranged(catalog(), found, chains.parse(settings.chains))
        service = ImageService(catalog=cards, registry=registry, rows=rows, sealer=sealer, credit=pack.credit(),
                               provenance=provenance, manifests=manifests,
                               recall=Recall(settings.cache_mb * 2**20, pool.aside), intake=intake, room=room.of,
                               aside=pool.aside,
                               fetcher=_fetcher(settings), strict_models=settings.strict_models,
                               words=policy.load(settings.policy_file, enabled=settings.safety),
                               classifier=_classifier(settings), upscaler=_upscaler(settings), thinker=thinker,
                               grounder=grounder,
                               reviewer=Reviewer(checker=Checker(reader=_reader(), model=thinker.model)),
                               corrected=FolderBlobs(folder / "corrected"))
        yield App(settings=settings, catalog=cards, service=service, registry=registry, rows=rows,
                  blobs=FolderBlobs(folder / "urls", keep_s=settings.url_ttl_s), sealer=sealer,
                  keys=KeyRing(settings.api_keys, settings.commercial_keys), pool=pool, intake=intake, credentials=signing,
                  warmer=warmer,
                  verifier=Verifier(rows=rows, reader=CredentialReader(anchors_of(settings, signing)), intake=intake,
                                    room=room.of, watermarker=spread(sealer.derive(b"watermark"))))


def _shared(engine: Engine, pool: Pool) -> Engine:
    """The engine as runs may use it together: in their own places, or in places of its device."""
    profile = engine.profile
    return engine if profile.in_place else Shared(engine, pool.gate(profile.concurrency).place, pool.aside)


def _intake(settings: Settings, pool: Pool) -> Intake:
    """Where input pictures are opened: in worker processes, or here where there are none."""
    if not settings.intake_workers or not sandbox.supported():
        return InProcess()
    spare = min(SPARE, settings.intake_workers - 1)
    return TurnedIntake(sandbox.Sandbox(settings.intake_workers), pool.gate(settings.intake_workers - spare, spare))


def _picture_room(settings: Settings, pool: Pool, engines: Iterable[Engine]) -> PictureRoom:
    """Room for every edit that an engine takes at once. Giants leave a decoder, and a place to compute, to all others."""
    ordinary = max([ORDINARY_RUNS, *(e.profile.concurrency for e in engines)])
    decoders = settings.intake_workers - SPARE if settings.intake_workers else settings.workers
    giants = min(settings.workers, decoders) - 1
    return PictureRoom(ordinary=pool.gate(ordinary), giants=pool.gate(max(1, giants)))


def credentials_of(settings: Settings) -> Credentials | None:
    """Return what signs the pictures: the user's chain, one made here on first use, or nothing. Raises ConfigError."""
    stamps = TimeStamps(url=settings.tsa_url, timeout_s=settings.tsa_timeout_s, policy=settings.tsa_policy)
    asked = stamps if settings.tsa_url else None
    if settings.credentials == "off":
        return None
    if settings.credentials != "auto":
        signing = Credentials(certificates.load(Path(settings.credentials).expanduser()), asked)
        signing.check()
        return signing
    folder = settings.data_dir / CREDENTIALS_FOLDER
    if not folder.exists():
        log.info("making a certificate for content credentials, for development: validators will call it untrusted")
    return Credentials(certificates.make_or_load(folder), asked)


def anchors_of(settings: Settings, signing: Credentials | None) -> bytes:
    """Return the roots that `verify` trusts: our own and the configured list. Raises ConfigError."""
    try:
        listed = Path(settings.trust_list).expanduser().read_bytes() if settings.trust_list else b""
    except OSError as exc:
        raise ConfigError(f"the trust list {settings.trust_list} cannot be read: {exc.strerror}",
                          hint="CAVENDISH_TRUST_LIST names a PEM file") from exc
    return (signing.chain.root if signing else b"") + listed


def _classifier(settings: Settings) -> PictureClassifier | None:
    """The picture classifier that was configured; None without one, or with safety off."""
    if not settings.picture_classifier or not settings.safety:
        return None
    return open_classifier(Path(settings.picture_classifier).expanduser())


def language_model(settings: Settings, engines: Mapping[str, Engine]) -> LanguageModel | None:
    """The language model that plans and checks, None without one. Raises ConfigError."""
    if settings.llm_local:
        return _local_model(settings, engines)
    if not settings.llm_url:
        return None
    if not settings.llm_model:
        raise ConfigError("CAVENDISH_LLM_URL is set, but not which model to ask", hint="set CAVENDISH_LLM_MODEL")
    from cavendish.thinking.chat import chat_model  # urllib3 and ssl: nobody without an endpoint waits for them

    return chat_model(settings.llm_url, settings.llm_key, settings.llm_model, vision=settings.llm_vision,
                      timeout_s=settings.llm_timeout_s)


def _local_model(settings: Settings, engines: Mapping[str, Engine]) -> LanguageModel:
    """The text encoder of flash as the language model. Raises ConfigError where there are no weights to speak."""
    flash = engines.get("flash")
    if settings.llm_url or not isinstance(flash, Deferred):
        why = "CAVENDISH_LLM_URL is set, too" if settings.llm_url else "no weights serve flash here"
        raise ConfigError(f"CAVENDISH_LLM_LOCAL=on, but {why}",
                          hint="choose one of them" if settings.llm_url else "cavendish models pull flash")
    return LocalModel(f"the text encoder of {flash.profile.name}", lambda: cast(Speaks, flash.ready()))


def _reader() -> ocr.TextReader | None:
    """OCR where its extra is installed; its models are not loaded before a text has to be read."""
    return ocr.RapidReader() if ocr.installed() else None


def search_providers(settings: Settings) -> tuple[Provider, ...]:
    """Who looks facts up, in order: the user's own catalog, then the service that was chosen. Raises ConfigError."""
    found: list[Provider] = []
    if settings.catalog:
        from cavendish.thinking.grounding_catalog import open_catalog  # sqlite3: only who has a catalog waits for it

        found.append(open_catalog(Path(settings.catalog).expanduser(), settings.data_dir / "catalog-index.db"))
    if settings.search not in ("", "catalog"):
        from cavendish.thinking.grounding_web import web_search  # urllib3 and ssl

        found.append(web_search(settings.search, settings.search_url, settings.search_key, settings.search_timeout_s))
    return tuple(found)


def _upscaler(settings: Settings) -> Upscaler | None:
    """The network that was configured, not loaded before a picture has to grow. Raises ConfigError for a wrong file."""
    if not settings.upscaler:
        return None
    from cavendish.engines.diffusers.superres import SuperResolution  # heavy once it is used: torch

    return SuperResolution(Path(settings.upscaler).expanduser())


def _fetcher(settings: Settings) -> fetch.Fetcher:
    return fetch.Fetcher(rules=fetch.Rules(schemes=fetch.MODES[settings.fetch_urls], hosts=settings.fetch_hosts))


def installed(settings: Settings) -> dict[str, Engine]:
    """The engines this machine can run now. Raises ConfigError for weights that are named and not here."""
    from cavendish.engines.comp.engine import CompEngine  # heavy: numpy and Skia; `--help` does not need them

    device = local.Device(name=settings.device, preset=settings.preset, speaks=settings.llm_local)
    return {"comp": CompEngine()} | {i.facts.engine: local.engine(i, device) for i in open_weights(settings)}


def warm_sizes(settings: Settings) -> tuple[Size, ...]:
    """The sizes that are drawn once at the start. Raises ConfigError."""
    try:
        return tuple(map(Size.parse, settings.warm))
    except InvalidValue as exc:
        raise ConfigError(f"CAVENDISH_WARM: {exc}", hint="name sizes like 1024x1024,1376x768") from exc


def weights_folder(settings: Settings) -> WeightsFolder:
    """Where pulled weights lie."""
    return WeightsFolder(Path(settings.models).expanduser() if settings.models else settings.data_dir / "models")


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
