"""The engine seam: a profile (facts), one verb, an end. Blocking; as many calls at a time as the profile says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cavendish.errors import Unsupported
from cavendish.types import MAX_REFERENCES, ImageRequest, Picture, Pixels


class OnStep(Protocol):
    """Called by an engine as it works, on its own thread. Raises Cancelled when the run must stop.

    `preview` is a rough or unfinished picture of candidate `index`, given only when the request wants partial images.
    """

    def __call__(self, step: int, total: int, preview: Pixels | None = None, index: int = 0) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProfile:
    """What an engine can do. Facts only: no clients, no weights. Documents, validation and the page read the same facts."""

    id: str                          # "comp", "flash", "pro"
    name: str                        # for people
    revision: str                    # changes whenever the same request may give other pixels
    licence: str
    trained: bool = False            # a model learnt from data draws; False = rules and art only
    commercial_use: bool = True
    max_references: int = MAX_REFERENCES
    max_candidates: int = 10
    masks: bool = True
    transparent_background: bool = False
    negative_prompt: bool = True
    tuning: frozenset[str] = frozenset()  # which of "steps", "guidance_scale" it reads
    adapters: tuple[str, ...] = ()   # LoRA adapters it can put on, by name
    scripts: tuple[str, ...] = ()    # ISO 15924 codes of the scripts it can write, () = none promised
    holds_seeds: bool = True         # same request + same seed = same pixels; a remote model only tries
    in_place: bool = False           # computes on the run's own thread and in its place, for any number of runs at once
    concurrency: int = 1             # else: calls that it takes at once; a device draws one batch at a time
    requires_safety: bool = False    # its licence forbids running it without content filters
    needs: str = ""                  # what the machine must have, for people
    marks: str = ""                  # a watermark that its pictures carry already, such as "SynthID": they get no second one

    def unread(self, request: ImageRequest) -> tuple[str, ...]:
        """Return the tuning knobs the request sets and this engine does not read."""
        return tuple(k for k in ("steps", "guidance_scale") if getattr(request, k) is not None and k not in self.tuning)

    def check(self, request: ImageRequest) -> None:
        """Raise Unsupported, with what to do, for anything this engine cannot honour."""
        problems = {
            "references": (len(request.references) > self.max_references, f"send at most {self.max_references}"),
            "count": (request.count > self.max_candidates, f"ask for at most {self.max_candidates}"),
            "mask": (request.mask is not None and not self.masks, "choose a model that supports masks"),
            "negative_prompt": (bool(request.negative_prompt) and not self.negative_prompt, "say it in the prompt"),
            "output.background": (request.output.background == "transparent" and not self.transparent_background,
                                  "ask for an opaque background"),
        }
        lacking = [name for name, _ in request.adapters if name not in self.adapters]
        offered = ", ".join(self.adapters) or "none is installed for this model"
        problems["adapters"] = (bool(lacking), f"use one of these: {offered}")
        problems |= {k: (True, "leave it out for this model") for k in self.unread(request)}
        for field, (wrong, hint) in problems.items():
            if wrong:
                raise Unsupported(f"{self.id} does not support this {field}", field=field, hint=hint)


class Engine(Protocol):
    """Turns a complete request (size, seed, opened references) into one Picture per candidate, in order.

    A list, or a generator that gives each picture as soon as it is done; `generate` may do its work while iterated.

    The pictures are near the requested size or exactly it; finish makes it exact. Same request + same
    `profile.revision` = same pixels. Raises CavendishError only; Cancelled passes through from `on_step`.
    """

    @property
    def profile(self) -> EngineProfile: ...

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterable[Picture]: ...

    def close(self) -> None: ...
