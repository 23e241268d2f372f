"""The comp engine: requests -> layout comps. It joins planner, layout and painter, and says honestly what came of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cavendish.catalog import pack
from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.comp import notes, onto
from cavendish.engines.comp.painting import art, casting, painter, sprites
from cavendish.engines.comp.painting.cutout import cut, light_in
from cavendish.engines.comp.painting.layout import Layout, Past, Spot, lay_out
from cavendish.engines.comp.painting.painter import Media
from cavendish.engines.comp.painting.sprites import Shape
from cavendish.engines.comp.photo import photograph
from cavendish.engines.comp.planning import edits, planner
from cavendish.engines.comp.record import Record, record, unpack
from cavendish.engines.comp.scene import Scene
from cavendish.imaging import mask as masks
from cavendish.imaging import resize
from cavendish.imaging.raster import Array, is_opaque, with_channels, with_depth, wrap
from cavendish.types import ImageRequest, Picture, Pixels, Reference

REVISION = "4"
STEPS = 1 + len(painter.STAGES)  # the plan, then the painter's stages
CARD = Shape(aspect=1.32)
_VARIATION = re.compile(
    r"\W*(?:(?:please|make|draw|create|show|give|me|us)\s+)*(?:(?:an?|another|some|more)\s+)?variations?"
    r"(?:\s+(?:of|on)\s+(?:this|the|it|that)(?:\s+(?:picture|image|one|scene))?)?\W*",
    re.I,
)
_ABSENT = (
    "an input picture of the earlier turn is shown in this one and did not come along; send that picture again "
    "together with this request"
)
_PREVIEWS = {0: (), 1: ("subjects",), 2: ("backdrop", "subjects"), 3: ("backdrop", "subjects", "text")}


def profile() -> EngineProfile:
    """Return the facts of this engine with the art pack that is installed."""
    scripts = tuple(dict.fromkeys(s for f in pack.font_files() for s in f.scripts))
    return EngineProfile(
        id="comp",
        name="Cavendish comp",
        revision=f"{REVISION}-{pack.revision()}",
        licence="Apache-2.0",
        transparent_background=True,
        negative_prompt=True,
        in_place=True,
        scripts=scripts,
        needs="nothing: no GPU, no weights",
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One candidate in the making."""

    request: ImageRequest
    index: int
    on_step: OnStep

    @property
    def seed(self) -> int:
        return self.request.complete()[1] + self.index

    def step(self, stage: str, rows: Array | None = None) -> None:
        """Report a stage; raises what the caller raises to stop."""
        number = 1 if rows is None else 2 + painter.STAGES.index(stage)
        wanted = rows is not None and stage in _PREVIEWS[self.request.partial_images]
        preview = painter.preview(rows) if wanted and rows is not None else None
        self.on_step(number + STEPS * self.index, STEPS * self.request.count, preview, self.index)


@dataclass(frozen=True, slots=True)
class CompEngine:
    """The embedded engine: CPU only, no weights, the same pixels for the same request and revision."""

    profile: EngineProfile = field(default_factory=profile)

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        """Draw or edit candidate after candidate. What cannot be done comes back without pixels and with the reason."""
        return (_candidate(_Job(request, index, on_step)) for index in range(request.count))

    def close(self) -> None:
        """Nothing to close."""


def _candidate(job: _Job) -> Picture:
    base = job.request.base
    if base is None:
        return _fresh(job)
    if base.state:
        return _revised(job, unpack(base.state), base)
    return _photograph(job, base)


def _fresh(job: _Job) -> Picture:
    scene = _drawable(planner.plan(job.request))
    job.step("plan")
    return _drawn(job, scene, job.seed)


def _drawn(job: _Job, scene: Scene, seed: int) -> Picture:
    size, _ = job.request.complete()
    media = media_of(scene, job.request.references)
    rows, layout = _paint(job, scene, (seed, media, None, None))
    return Picture(
        seed=job.seed,
        pixels=wrap(rows),
        note=notes.drawn(scene),
        thoughts=notes.thoughts(scene, size),
        state=record(scene, seed, layout).pack(),
    )


def _revised(job: _Job, before: Record, base: Reference) -> Picture:
    """Change the scene of our own picture and draw it again; under a mask only the marked part is new."""
    if job.request.mask is None and _VARIATION.fullmatch(job.request.prompt[:200]):
        return _varied(job, _drawable(before.scene))
    revision = edits.revise(before.scene, job.request)
    job.step("plan")
    scene = _drawable(revision.scene)
    if revision.missed or scene == before.scene:
        return _refused(job, revision.missed)
    missing = _digests(scene) - {r.digest for r in job.request.references}
    if missing:
        return _refused(job, _ABSENT)
    size, _ = job.request.complete()
    seed = before.seed + job.index
    past = before.past if job.index == 0 else None  # further candidates are further layouts
    mask = job.request.mask.pixels if job.request.mask is not None else None
    rows, layout = _paint(job, scene, (seed, media_of(scene, job.request.references), past, onto.spot_of(mask)))
    pixels = wrap(rows)
    if job.request.mask is not None and mask is not None and base.pixels is not None:
        pixels = _under_mask(base.pixels, pixels, mask, job.request.mask.feather_px)
        if masks.bounds(masks.difference(pixels, _like(base.pixels, pixels))) is None:
            return _refused(job, "the change lies outside the mask; mark the part that shall change, or send no mask")
    return Picture(
        seed=job.seed,
        pixels=pixels,
        note=notes.revised(scene, revision.changes),
        thoughts=notes.thoughts(scene, size),
        state=record(scene, seed, layout).pack(),
    )


def _varied(job: _Job, scene: Scene) -> Picture:
    """Draw the scene of our own picture again, laid out by this call's seed."""
    job.step("plan")
    if _digests(scene) - {r.digest for r in job.request.references}:
        return _refused(job, _ABSENT)
    return _drawn(job, scene, job.seed)


def _like(base: Pixels, pixels: Pixels) -> Pixels:
    fitted = with_depth(base, pixels.depth)
    return resize.fit(fitted, pixels.size) if fitted.size != pixels.size else fitted


def _under_mask(base: Pixels, edited: Pixels, mask: Pixels, feather_px: int) -> Pixels:
    """Lay an edit over its base where the mask allows; all are brought to the edit's size first."""
    under = _like(base, edited)
    over = with_depth(edited, under.depth)
    if under.channels == 4 and is_opaque(under):
        under = with_channels(under, 3)
    marked = mask if mask.size == edited.size else resize.scale(mask, edited.size, light=False)
    return masks.composite(under, over, marked, feather_px)


def _photograph(job: _Job, base: Reference) -> Picture:
    """Edit an uploaded picture with image operations, or draw onto it what the words add."""
    if base.pixels is None:
        raise ValueError("the base picture has not been opened by intake")
    scene = onto.wanted(job.request)
    job.step("plan")
    outcome = photograph.edit(job.request, base.pixels) if scene is None else None
    if outcome is not None and outcome.pixels is not None:
        return Picture(
            seed=job.seed,
            pixels=outcome.pixels,
            note=notes.edited(outcome.changes, outcome.missed),
            edited_base=True,
            reshaped=outcome.pixels.size != base.pixels.size,
        )
    if scene is None:
        return _refused(job, outcome.missed if outcome is not None else "")
    return _onto(job, base.pixels, scene)


def _onto(job: _Job, base: Pixels, scene: Scene) -> Picture:
    mask = job.request.mask.pixels if job.request.mask is not None else None
    spot = onto.spot_of(mask)
    if mask is not None and spot is None:
        return _refused(job, "the mask marks nothing; paint white where the picture may change")
    scene = _drawable(scene)
    media = media_of(scene, job.request.references, into=base)
    under = with_depth(base, 8)
    pixels = onto.draw_onto(under, scene, shapes_of(scene, media), (job.seed, media, spot))
    if job.request.mask is not None and mask is not None:
        pixels = masks.composite(under, pixels, mask, job.request.mask.feather_px)
    return Picture(
        seed=job.seed,
        pixels=pixels,
        note=notes.placed(onto.nouns(scene)),
        edited_base=True,
        thoughts=notes.thoughts(scene, pixels.size)[:1],
    )


def _refused(job: _Job, why: str) -> Picture:
    return Picture(seed=job.seed, finish_reason="no_image", note=notes.refused(why))


def _paint(job: _Job, scene: Scene, look: tuple[int, Media, Past | None, Spot | None]) -> tuple[Array, Layout]:
    seed, media, past, spot = look
    size, _ = job.request.complete()
    layout = lay_out(scene, size, seed, shapes_of(scene, media), past, spot)
    transparent = job.request.output.background == "transparent"
    return painter.paint(scene, layout, seed, media, transparent=transparent, on_stage=job.step), layout


def _drawable(scene: Scene) -> Scene:
    """Turn drawings that this installation lacks into labelled cards."""
    scene = casting.cast(scene)
    if all(not s.concept or art.exists(s.concept) for s in scene.subjects):
        return scene
    known = (replace(s, concept=s.concept if art.exists(s.concept) else "") for s in scene.subjects)
    return replace(scene, subjects=tuple(known))


def _digests(scene: Scene) -> set[str]:
    return {d for d in (*(s.reference for s in scene.subjects), scene.background_reference, scene.style_reference) if d}


def media_of(scene: Scene, references: tuple[Reference, ...], into: Pixels | None = None) -> Media:
    """Open the input pictures that the scene shows: cut out for subjects, whole for backdrop and look.

    Subjects that come into a picture (`into`, or the scene's backdrop picture) are lit as it is.
    """
    by_digest = {r.digest: r.pixels for r in references if r.pixels is not None}
    shown = {s.reference for s in scene.subjects if s.reference in by_digest}
    whole = {d for d in (scene.background_reference, scene.style_reference) if d in by_digest}
    around = into if into is not None else by_digest.get(scene.background_reference)
    light = light_in(around) if around is not None else (1.0, 1.0, 1.0)
    cutouts = {d: cut(by_digest[d], light) for d in sorted(shown)}
    return Media(cutouts=cutouts, pictures={d: by_digest[d] for d in sorted(whole)})


def shapes_of(scene: Scene, media: Media) -> dict[str, Shape]:
    """Return the outline of every subject, by key."""

    def one(reference: str, concept: str, cutouts: Mapping[str, object]) -> Shape:
        if reference in cutouts:
            return media.cutouts[reference].shape
        return sprites.shape(concept) if concept else CARD

    return {s.key: one(s.reference, s.concept, media.cutouts) for s in casting.staged(scene).subjects}
