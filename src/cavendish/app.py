"""The composition root: Settings -> App. It joins the parts of `parts/`; nothing else knows who is joined to whom."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cavendish.catalog import chains, pack
from cavendish.catalog.models import Catalog, catalog
from cavendish.engines.base import Engine
from cavendish.engines.breaker import Guarded
from cavendish.engines.deferred import Deferred
from cavendish.engines.registry import Registry
from cavendish.engines.warming import Warmer
from cavendish.finish import Provenance
from cavendish.imaging.intake import Intake
from cavendish.ledger.keys import KeyRing
from cavendish.parts import engines as engine_parts
from cavendish.parts import places
from cavendish.parts import thinking as thinking_parts
from cavendish.parts import trust as trust_parts
from cavendish.recall import Recall
from cavendish.service import ImageService
from cavendish.settings import Settings
from cavendish.store.blobs import Blobs, FolderBlobs
from cavendish.store.rows import Rows, sqlite_url
from cavendish.thinking.check import Checker
from cavendish.thinking.grounding import Grounder
from cavendish.thinking.review import Reviewer
from cavendish.thinking.thinker import Thinker
from cavendish.trust import policy
from cavendish.trust.credentials import Credentials
from cavendish.trust.credentials_read import CredentialReader
from cavendish.trust.seal import Sealer, load_secret
from cavendish.trust.watermark.spread import spread
from cavendish.types import Asset
from cavendish.verify import Verifier
from cavendish.work.outside import OutsideModel, OutsideProvider
from cavendish.work.pool import Pool


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
        found = engine_parts.installed(settings) | engine_parts.remote(settings) if engines is None else engines
        pool = Pool(settings.workers, settings.queue_size)
        registry = Registry({k: places.in_turns(e, pool) for k, e in found.items()},
                            {k: e.breaker for k, e in found.items() if isinstance(e, Guarded)})
        stack.callback(registry.close)
        warmer = Warmer({k: e for k, e in found.items() if isinstance(e, Deferred)}, engine_parts.warm_sizes(settings))
        stack.callback(warmer.close)
        if not settings.safety:
            registry.refuse_unsafe()
        intake = places.intake_of(settings, pool)
        stack.callback(intake.close)
        room = places.picture_room(settings, pool, found.values())
        sealer = Sealer(secret)
        manifests, signing = FolderBlobs(folder / "manifests"), trust_parts.credentials_of(settings)
        marks = spread(sealer.derive(b"watermark")) if settings.watermark else None
        provenance = Provenance(watermarker=marks, mark_key=sealer.derive(b"mark ids"), masked=settings.masked_watermark,
                                credentials=signing, with_prompt=settings.credentials_prompt)
        grounder = Grounder(providers=tuple(OutsideProvider(p, pool.aside) if p.remote else p
                                            for p in thinking_parts.search_providers(settings)), intake=intake)
        stack.callback(grounder.close)
        model = thinking_parts.language_model(settings, found)
        thinker = Thinker(model and OutsideModel(model, pool.aside))
        stack.callback(thinker.close)
        stack.callback(pool.close)
        cards = chains.arranged(catalog(), found, chains.parse(settings.chains))
        service = ImageService(
            catalog=cards, registry=registry, rows=rows, sealer=sealer, strict_models=settings.strict_models,
            credit=pack.credit(), provenance=provenance, manifests=manifests, corrected=FolderBlobs(folder / "corrected"),
            recall=Recall(settings.cache_mb * 2**20, pool.aside), aside=pool.aside, intake=intake, room=room.of,
            fetcher=trust_parts.fetcher(settings), words=policy.load(settings.policy_file, enabled=settings.safety),
            classifier=trust_parts.classifier(settings), upscaler=engine_parts.upscaler(settings), grounder=grounder,
            thinker=thinker, reviewer=Reviewer(checker=Checker(reader=thinking_parts.reader(), model=thinker.model)))
        verifier = Verifier(rows=rows, reader=CredentialReader(trust_parts.anchors_of(settings, signing)), intake=intake,
                            room=room.of, watermarker=spread(sealer.derive(b"watermark")))
        yield App(settings=settings, catalog=cards, service=service, registry=registry, rows=rows, sealer=sealer, pool=pool,
                  blobs=FolderBlobs(folder / "urls", keep_s=settings.url_ttl_s), intake=intake, verifier=verifier,
                  keys=KeyRing(settings.api_keys, settings.commercial_keys), credentials=signing, warmer=warmer)
