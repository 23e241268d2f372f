"""The one flow: admit -> recall -> plan -> render -> finish -> settle. Everything that makes a picture goes through here."""

import secrets
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace

from cavendish.catalog.models import Catalog, ModelCard
from cavendish.engines.base import Engine, OnStep
from cavendish.engines.registry import Registry
from cavendish.engines.wrappers import Held, iter_of
from cavendish.errors import EngineFailed, Forbidden
from cavendish.finish import Finished, FinishSpec, Provenance, finish
from cavendish.imaging import codec
from cavendish.imaging.intake import IN_PROCESS, Intake
from cavendish.imaging.upscale import Upscaler
from cavendish.ledger import usage
from cavendish.recall import Recall
from cavendish.store.blobs import Blobs
from cavendish.store.rows import Issued, Lineage, Review, Rows
from cavendish.thinking.grounding import Grounder
from cavendish.thinking.plan import Plan, claimed_pixels, open_inputs, plan
from cavendish.thinking.review import Job, Reviewed, Reviewer
from cavendish.thinking.thinker import Thinker
from cavendish.trust import policy
from cavendish.trust.fetch import Fetcher
from cavendish.trust.policy import pictures
from cavendish.trust.seal import Sealer
from cavendish.types import (
    Candidate,
    Done,
    ImageRequest,
    OnEvent,
    OutputSpec,
    Partial,
    Picture,
    Pixels,
    Progress,
    Reference,
    Result,
    Source,
    Thought,
    ignore_events,
)
from cavendish.work.inputs import Room
from cavendish.work.run import Stop

KEPT_AS = OutputSpec(mime="image/webp", quality=90)  # the first picture, when a mended one left
MAX_SIGNATURE_BYTES = 65_536  # a larger state stays in the lineage only; the picture's digest finds it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What the stages after planning share."""

    plan: Plan
    card: ModelCard
    engine: Engine
    note: str
    digest: str
    stop: Stop
    on_event: OnEvent
    classifier: pictures.PictureClassifier | None
    sources: tuple[Source, ...] = ()  # of the facts that were looked up
    told: set[str] = field(default_factory=set)  # thoughts that were sent as events


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageService:
    """Turns an ImageRequest into a Result. Blocking; safe from many threads."""

    catalog: Catalog
    registry: Registry
    rows: Rows
    sealer: Sealer
    recall: Recall
    strict_models: bool = False
    credit: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    manifests: Blobs | None = None  # where the manifest store of each signed file is kept, by its hash
    intake: Intake = IN_PROCESS
    room: Room = nullcontext  # how many runs may have their input pictures open
    aside: Held = nullcontext  # lets others compute while a run waits
    fetcher: Fetcher = field(default_factory=Fetcher)
    upscaler: Upscaler | None = None  # None = pictures grow by Lanczos
    words: policy.Policy = field(default_factory=policy.load)
    classifier: pictures.PictureClassifier | None = None
    grounder: Grounder = field(default_factory=Grounder)
    thinker: Thinker = field(default_factory=Thinker)
    reviewer: Reviewer = field(default_factory=Reviewer)
    corrected: Blobs | None = None  # where the first picture is kept when a mended one left

    def generate(self, request: ImageRequest, stop: Stop, on_event: OnEvent = ignore_events) -> Result:
        """Make the pictures of one request. Raises CavendishError; Cancelled when `stop` says so.

        `on_event` receives thoughts, progress, previews and each candidate as it is done, on this thread.
        """
        stop.check()
        card = self.catalog.model(request.model)
        policy.check(request, self.words)
        codec.check(request.output)
        self.reviewer.admit(request)
        with self.aside():
            request = self.fetcher.fill(request, stop.check)
        engine = self.registry.pick(card.chain, strict=self.strict_models)
        _check_licence(request, engine)
        readable, note = _readable(request, card, engine, self.registry)
        found = self.grounder.ground(readable, engine.profile, stop.check, lambda r: policy.check(r, self.words))
        readable, digest = found.request, found.request.digest()

        def make() -> Result:
            with self.room(claimed_pixels(readable)):
                planned = self._with_states(self._planned(readable, card, engine, stop), engine)
                return self._make(_Run(plan=planned, card=card, engine=engine, note=f"{note} {planned.note}".strip(),
                                       digest=digest, stop=stop, sources=found.sources,
                                       on_event=on_event, classifier=self.classifier))

        if request.seed is None:
            return found.told(make())
        made: list[Result] = []
        result = self.recall.result(f"{engine.profile.id}:{engine.profile.revision}:{digest}", _keeping(make, made), stop.check)
        if not made:
            _replay(result, on_event)
        return found.told(result if made else replace(result, id=_response_id()))

    def _planned(self, request: ImageRequest, card: ModelCard, engine: Engine, stop: Stop) -> Plan:
        opened = open_inputs(request, self.intake)
        thought = self.thinker.think(opened, card, engine.profile, stop.check, lambda r: policy.check(r, self.words))
        return plan(opened, card, self.intake, thought)

    def _make(self, run: _Run) -> Result:
        candidates: list[Candidate] = []
        job = Job(plan=run.plan, profile=run.engine.profile, render=lambda r: _corrective(run, r), check=run.stop.check)
        with closing(self.reviewer.reviewed(job, _rendered(run))) as reviewed:  # an error here frees the device at once
            for item in reviewed:
                run = run if candidates else _as_shaped(run, item.picture)
                candidates.append(self._finish(run, len(candidates), item))
        size, _ = run.plan.request.complete()
        return Result(id=_response_id(), model=run.card.id, engine=run.engine.profile.id,
                      revision=run.engine.profile.revision, size=size, aspect_ratio=run.plan.aspect_ratio,
                      candidates=tuple(candidates), usage=usage.count(run.plan, run.card, tuple(candidates)),
                      request_digest=run.digest, note=run.note, created_s=int(time.time()))

    def _finish(self, run: _Run, index: int, reviewed: Reviewed) -> Candidate:
        run.stop.check()
        picture, finished = reviewed.picture, None
        _tell(run, picture.thoughts)
        if picture.finish_reason == "stop":
            finished = finish(picture, index, FinishSpec(request=run.plan.request, engine=run.engine.profile,
                                                         request_digest=run.digest, credit=self.credit,
                                                         provenance=self.provenance, upscaler=self.upscaler,
                                                         on_tile=lambda _done, _total: run.stop.check()))
        proof = finished.receipt.as_json() if finished and finished.receipt else None
        candidate = Candidate(index=index, seed=picture.seed, asset=finished.asset if finished else None, receipt=proof,
                              finish_reason=picture.finish_reason, note=picture.note, thoughts=picture.thoughts,
                              upstream_micros=picture.upstream_micros, thought_tokens=reviewed.tokens,
                              signature=self._settle(run, reviewed, finished))
        run.on_event(Done(candidate))
        return candidate

    def _settle(self, run: _Run, reviewed: Reviewed, finished: Finished | None) -> bytes:
        """Record the file and where it came from before it leaves; return the sealed state that the caller may send back."""
        if finished is None:
            return b""
        if run.sources:
            self.rows.cite(finished.asset.digest, run.sources)
        profile, picture = run.engine.profile, reviewed.picture
        review = self._review(reviewed, finished) if reviewed.facts else None
        issued = Issued(asset_digest=finished.asset.digest, request_digest=run.digest, engine=profile.id, seed=picture.seed,
                        revision=profile.revision, mark_id=finished.mark_id, fingerprint=finished.fingerprint,
                        manifest=self.manifests.put(finished.manifest) if self.manifests and finished.manifest else "")
        if not picture.state:
            self.rows.remember((), None, issued, review)
            return b""
        digests = (finished.asset.digest, finished.pixel_digest)
        self.rows.remember(digests, Lineage(engine=profile.id, state=picture.state, request_digest=run.digest), issued,
                           review)
        payload = profile.id.encode() + b"\0" + picture.state
        return self.sealer.seal(payload if len(payload) <= MAX_SIGNATURE_BYTES else profile.id.encode() + b"\0")

    def _review(self, reviewed: Reviewed, finished: Finished) -> Review:
        """Keep the picture that was drawn first, and how the one that leaves came from it."""
        before, file = reviewed.before, None
        if before is not None:
            file = codec.encode(before.pixels, KEPT_AS) if before.pixels is not None else before.file
        kept = self.corrected.put(file.data) if file is not None and self.corrected is not None else ""
        return Review(asset_digest=finished.asset.digest, facts=reviewed.facts, before=kept)

    def _with_states(self, planned: Plan, engine: Engine) -> Plan:
        """Give each reference the state of the turn that drew it: from its signature, else from the lineage."""
        references = tuple(replace(r, state=self._state(r, engine)) for r in planned.request.references)
        return replace(planned, request=replace(planned.request, references=references))

    def _state(self, reference: Reference, engine: Engine) -> bytes:
        name, _, state = (self.sealer.unseal(reference.signature) or b"").partition(b"\0")
        if state and name == engine.profile.id.encode():
            return state
        digests = (reference.digest, *((reference.pixels.digest(),) if reference.pixels else ()))
        found = self.rows.recall(digests)
        return found.state if found and found.engine == engine.profile.id else b""


def _check_licence(request: ImageRequest, engine: Engine) -> None:
    """Raise Forbidden when a commercial caller asks for weights whose licence forbids that."""
    profile = engine.profile
    if request.commercial and not profile.commercial_use:
        raise Forbidden(f"{profile.name} is under the {profile.licence}, which does not allow the use this key stands for",
                        hint="ask for the model `comp`, or have the operator install weights that allow commercial use")


def _readable(request: ImageRequest, card: ModelCard, engine: Engine, registry: Registry) -> tuple[ImageRequest, str]:
    """Check the request against the engine that will draw. A stand-in says what it cannot read; the asked one refuses."""
    profile = engine.profile
    loose = request.seed is not None and not profile.holds_seeds
    seeds = f"{profile.name} does not hold seeds: the same seed may draw another picture." if loose else ""
    if profile.id == card.chain[0]:
        profile.check(request)
        return request, seeds
    unread = profile.unread(request)
    request = replace(request, steps=None if "steps" in unread else request.steps,
                      guidance_scale=None if "guidance_scale" in unread else request.guidance_scale)
    profile.check(request)
    note = f"{card.display_name} {registry.absence(card.chain[0])}, so {profile.name} drew this."
    told = f"It does not read {' and '.join(unread)}." if unread else ""
    return request, " ".join(filter(None, (note, told, seeds)))


def _rendered(run: _Run) -> Generator[Picture, None, None]:
    """Each picture as the engine gives it, with its thoughts told first. Raises EngineFailed for too few or too many."""
    wanted, planned = run.plan.request.count, run.plan.thought.told
    _tell(run, planned)
    with closing(_taken(run)) as pictures:
        for number in range(wanted):
            picture = next(pictures, None)
            if picture is None:
                raise EngineFailed(f"the engine made {number} of {wanted} pictures", hint="try again")
            if number == wanted - 1 and next(pictures, None) is not None:  # asking frees the device before the last is encoded
                raise EngineFailed(f"the engine made more than {wanted} pictures", hint="report it")
            _tell(run, picture.thoughts)
            yield replace(picture, thoughts=(*planned, *picture.thoughts)) if planned else picture


def _tell(run: _Run, thoughts: tuple[str, ...]) -> None:
    """Send thoughts as events, each once."""
    for thought in thoughts:
        if thought not in run.told:
            run.told.add(thought)
            run.on_event(Thought(thought))


def _taken(run: _Run) -> Generator[Picture, None, None]:
    profile = run.engine.profile
    yield from _screened(run, run.engine.generate(run.plan.thought.for_engine(run.plan.request, profile), _stepping(run)))


def _corrective(run: _Run, request: ImageRequest) -> Generator[Picture, None, None]:
    """Draw once more, to mend a picture: the caller sees no steps of it, but may stop it."""
    def on_step(step: int, total: int, preview: Pixels | None = None, index: int = 0) -> None:
        run.stop.check()

    yield from _screened(run, run.engine.generate(request, on_step))


def _screened(run: _Run, drawn: Iterable[Picture]) -> Generator[Picture, None, None]:
    """What the classifier refuses goes no further: nobody else looks at it."""
    with closing(iter_of(drawn)) as found:
        for picture in found:
            yield pictures.screened(picture, run.classifier, run.plan.request.safety)


def _as_shaped(run: _Run, first: Picture) -> _Run:
    """Where the caller left the shape open and the words changed it (crop, turn), plan the size of the shape that came."""
    request = run.plan.request
    if run.plan.shape_fixed or not first.reshaped or first.pixels is None:
        return run
    ratio, came = run.card.nearest_ratio(first.pixels.size), run.card.tier_of(first.pixels.size)
    tiers = run.card.tiers
    larger = request.tier is None and came in tiers and tiers.index(came) > tiers.index(run.plan.tier)
    tier = came if larger else run.plan.tier  # "upscale" makes more pixels than the plan expected
    return replace(run, plan=replace(run.plan, request=replace(request, size=run.card.size(ratio, tier)), aspect_ratio=ratio,
                                     tier=tier))


def _stepping(run: _Run) -> OnStep:
    numbers: dict[int, int] = {}
    reached: dict[int, tuple[int, int]] = {}

    def on_step(step: int, total: int, preview: Pixels | None = None, index: int = 0) -> None:
        run.stop.check()
        if reached.get(index) != (step, total):  # an engine that only waits asks whether to stop
            reached[index] = (step, total)
            run.on_event(Progress(step, total, index))
        number = numbers.get(index, 0)
        if preview is not None and number < run.plan.request.partial_images and _may_show(run, preview):
            numbers[index] = number + 1
            run.on_event(Partial(codec.encode(preview, run.plan.request.output), number, index))

    return on_step


def _may_show(run: _Run, preview: Pixels) -> bool:
    """Whether a preview may leave: what the classifier refuses is not shown while it is drawn either."""
    return run.classifier is None or pictures.judge(preview, run.classifier, run.plan.request.safety) is None


def _keeping(make: Callable[[], Result], made: list[Result]) -> Callable[[], Result]:
    def keep() -> Result:
        made.append(make())
        return made[0]

    return keep


def _replay(result: Result, on_event: OnEvent) -> None:
    for candidate in result.candidates:
        on_event(Done(candidate))


def _response_id() -> str:
    return secrets.token_urlsafe(16)
