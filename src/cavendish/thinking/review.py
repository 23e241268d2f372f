"""Review: each picture is checked before it leaves, and mended once where the level of thinking pays for it.

minimal  a blank picture of a trained model is drawn again with another seed, once; still blank, it does not leave
medium   the check is told in the thoughts
high     what fails is mended once: by an edit where the engine edits, else the best of three more seeds; the better one leaves
exact    (the request's `text`) quoted text that is misspelt twice is typeset by us

Engines of rules are not suspected of blanks, and their text is read back at `high` and `exact` only: they set type themselves.
A corrective pass runs when the device is free: pictures after one that needs it wait.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from cavendish.engines.base import EngineProfile
from cavendish.errors import CavendishError, EngineError, Unsupported
from cavendish.imaging import codec, intake
from cavendish.imaging.raster import flatten, with_depth
from cavendish.thinking.check import Checker, Report, is_blank
from cavendish.thinking.lettering import set_exactly
from cavendish.thinking.plan import Plan
from cavendish.types import (
    MAX_CANDIDATES,
    MAX_SEED,
    ImageRequest,
    OutputSpec,
    Picture,
    Pixels,
    Reference,
    ReferenceRole,
    Thinking,
)

SEED_STEP = 1_000_003  # between a picture's seed and that of its repeats: no candidate's own
MOST_SEEDS = 3
TWICE_BLANK = "The engine drew an empty picture twice; nothing was delivered. Another prompt or seed may help."

Render = Callable[[ImageRequest], Iterable[Picture]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run under review. `render` draws a complete request; `check` raises when the run must stop."""

    plan: Plan
    profile: EngineProfile
    render: Render
    check: Callable[[], None]

    @property
    def exact(self) -> bool:
        return self.plan.request.text == "exact" and bool(self.plan.thought.reading.texts)

    @property
    def seeds(self) -> int:
        """How many further seeds may be tried where the engine does not edit."""
        return MOST_SEEDS if self.plan.thought.level is Thinking.HIGH else 1 if self.exact else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A picture that may leave. Where it was mended, `before` is what was drawn first and `facts` say how it came about."""

    picture: Picture
    tokens: int = 0
    before: Picture | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """A picture with its check. `pixels` are None where nothing was looked at."""

    picture: Picture
    report: Report = field(default_factory=Report)
    pixels: Pixels | None = field(default=None, repr=False)

    def told(self, *more: str) -> Picture:
        thoughts = tuple(dict.fromkeys((*self.picture.thoughts, *self.report.told, *more)))
        return replace(self.picture, thoughts=thoughts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Checks and mends with what is installed."""

    checker: Checker = field(default_factory=Checker)

    def admit(self, request: ImageRequest) -> None:
        """Raise Unsupported for exact text where nothing can read it back."""
        if request.text == "exact" and self.checker.reader is None:
            raise Unsupported("exact text needs OCR, which is not installed here", field="text",
                              hint="pip install 'cavendish[ocr]', or leave `text` out")

    def reviewed(self, job: Job, pictures: Generator[Picture, None, None]) -> Generator[Reviewed, None, None]:
        """Yield the pictures of a run in order, each checked; those that need mending when `pictures` have ended."""
        waiting: list[_Try] = []
        with closing(pictures):
            for picture in pictures:
                first = self._looked(job, picture)
                if waiting or self._needs_mending(job, first):
                    waiting.append(first)
                else:
                    yield Reviewed(picture=first.told(), tokens=first.report.tokens)
        for first in waiting:
            yield self._mended(job, first) if self._needs_mending(job, first) else Reviewed(picture=first.told(),
                                                                                          tokens=first.report.tokens)

    def _looked(self, job: Job, picture: Picture) -> _Try:
        """Check a picture as its level asks."""
        if picture.finish_reason != "stop":
            return _Try(picture=picture)
        thought, level = job.plan.thought, job.plan.thought.level
        reads = level is Thinking.HIGH or job.exact or (job.profile.trained and level is Thinking.MEDIUM)
        if not reads:
            blank = (job.profile.trained and picture.pixels is not None and not thought.reading.may_be_plain
                     and is_blank(picture.pixels))
            report = Report(blank=True, told=("The picture is blank.",)) if blank else Report()
            return _Try(picture=picture, report=report, pixels=picture.pixels)
        pixels = picture.pixels
        if pixels is None and picture.file is not None:
            pixels = intake.open_picture(picture.file.data)
        assert pixels is not None  # a picture that stopped well has one of them
        report = self.checker.look(pixels, thought, job.check)
        if report.blank and not job.profile.trained:
            report = self.checker.spelled(pixels, thought)
        return _Try(picture=picture, report=report, pixels=pixels)

    def _needs_mending(self, job: Job, tried: _Try) -> bool:
        report = tried.report
        if report.blank:
            return True
        return (job.plan.thought.level is Thinking.HIGH and not report.passed) or (job.exact and bool(report.misspelt))

    def _mended(self, job: Job, first: _Try) -> Reviewed:
        """One corrective pass; the better picture, and what it took."""
        tries, how, trouble = self._again(job, first)
        best = min((first, *tries), key=lambda one: one.report.score)  # the first wins a tie
        spent = sum(t.report.tokens for t in (first, *tries))
        cost = sum(t.picture.upstream_micros for t in (first, *tries))
        if best.report.blank:
            return Reviewed(picture=Picture(seed=first.picture.seed, finish_reason="other", note=TWICE_BLANK,
                                            upstream_micros=cost), tokens=spent)
        told = [*first.report.told, trouble or _outcome(how, first, best)]
        facts: dict[str, Any] = {"how": how, "before": {"seed": first.picture.seed, **first.report.facts()},
                                 "after": {"seed": best.picture.seed, **best.report.facts()}}
        picture = replace(best.picture, upstream_micros=cost, thoughts=first.picture.thoughts,
                          edited_base=first.picture.edited_base, reshaped=first.picture.reshaped)
        final = replace(best, picture=picture, report=replace(best.report, told=tuple(told) + best.report.told))
        if job.exact and best.report.misspelt and best.pixels is not None:
            final, set_texts = self._typeset(job, final, best.pixels)
            facts |= {"typeset": list(set_texts), "after": facts["after"] | final.report.facts()}
        changed = final.picture.pixels is not first.picture.pixels or final.picture.file is not first.picture.file
        return Reviewed(picture=final.told(), tokens=spent, before=first.picture if changed else None, facts=facts)

    def _again(self, job: Job, first: _Try) -> tuple[list[_Try], str, str]:
        """Draw the corrective pictures. Returns them, how, and what went wrong: a failure leaves the first picture standing."""
        request = job.plan.thought.for_engine(job.plan.request, job.profile)
        edit = None if first.report.blank else _edit_of(request, job.profile, first)
        tries: list[_Try] = []
        try:
            if edit is not None:
                tries += [self._looked(job, p) for p in tuple(job.render(edit))]  # the device is free before they are looked at
            for number in range(1, 1 + (0 if edit is not None else 1 if first.report.blank else job.seeds)):
                job.check()
                tries += [self._looked(job, p) for p in tuple(job.render(_reseeded(request, first.picture.seed, number)))]
                if tries and tries[-1].report.passed and tries[-1].picture.finish_reason == "stop":
                    break
        except EngineError as exc:
            return _delivered(tries), "edit" if edit else "seeds", f"The corrective pass failed: {exc.message}."
        return _delivered(tries), "edit" if edit is not None else "seeds", ""

    def _typeset(self, job: Job, best: _Try, pixels: Pixels) -> tuple[_Try, tuple[str, ...]]:
        """Set what is still misspelt, and read it back."""
        try:
            exact, set_texts = set_exactly(pixels, best.report.misspelt, job.plan.request.text_layers)
        except CavendishError as exc:
            told = f"The text could not be typeset: {exc.message}."
            return replace(best, report=replace(best.report, told=(*best.report.told, told))), ()
        read = self.checker.spelled(exact, job.plan.thought)
        said = f"The engine misspelt text twice, so Cavendish typeset it: {'; '.join(set_texts)}."
        picture = replace(best.picture, pixels=exact, file=None, note=f"{best.picture.note} {said}".strip())
        report = replace(best.report, spellings=read.spellings, told=(*best.report.told, said, *read.told))
        return _Try(picture=picture, report=report, pixels=exact), set_texts


def _delivered(tries: list[_Try]) -> list[_Try]:
    return [t for t in tries if t.picture.finish_reason == "stop"]


def _outcome(how: str, first: _Try, best: _Try) -> str:
    if best is first:
        return f"A corrective pass ({how}) did not make it better; the first picture stands."
    done = "an edit" if how == "edit" else f"another seed, {best.picture.seed}"
    return f"Corrected by {done}" + ("." if best.report.passed else ", though not all is right.")


def _edit_of(request: ImageRequest, profile: EngineProfile, first: _Try) -> ImageRequest | None:
    """The request that mends a picture by an edit; None where the engine learnt no editing, or a mask no longer fits."""
    pixels = first.pixels
    if pixels is None or not profile.trained or not profile.max_references:
        return None
    if request.mask is not None and (request.mask.pixels is None or request.mask.pixels.size != pixels.size):
        return None
    shown = with_depth(flatten(pixels), 8)
    base = Reference(data=codec.encode(shown, OutputSpec()).data, role=ReferenceRole.BASE, pixels=shown,
                     state=first.picture.state)
    words = f"Correct this picture. {' '.join(first.report.orders())} Change nothing else."
    return replace(request, prompt=words, references=(base,), history=(), text_layers=(), count=1, partial_images=0,
                   seed=_seed(first.picture.seed, 1))


def _reseeded(request: ImageRequest, seed: int, number: int) -> ImageRequest:
    return replace(request, seed=_seed(seed, number), count=1, partial_images=0)


def _seed(seed: int, number: int) -> int:
    return (seed + number * SEED_STEP) % (MAX_SEED - MAX_CANDIDATES)
