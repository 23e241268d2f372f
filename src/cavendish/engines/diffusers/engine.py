"""DiffusionEngine: a request -> jobs for the device -> pictures. Sizes, references, masks and words are fitted to the family.

Blocking and safe from many threads: each call waits for its own events while the device works on the pictures of all of them.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch

from cavendish.engines.base import EngineProfile, OnStep
from cavendish.engines.diffusers import sheets
from cavendish.engines.diffusers.batcher import Batcher, Call, Job, Keep, Made
from cavendish.engines.diffusers.family import Brief, Family
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.tensors import legal_size, to_pixels
from cavendish.errors import Unsupported
from cavendish.imaging.mask import composite
from cavendish.imaging.raster import view, with_depth
from cavendish.imaging.resize import fit
from cavendish.types import ImageRequest, Picture, Pixels, Size

_REALLY_CLEAR = 0.01  # of a picture: fewer clear pixels are the network's noise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A request in the family's terms."""

    request: ImageRequest
    brief: Brief
    steps: int
    note: str


class DiffusionEngine:
    """One family on one device."""

    def __init__(self, profile: EngineProfile, family: Family, *, max_batch: int = 8, relief: str = "") -> None:
        self.profile = profile
        self._family = family
        self._batcher = Batcher(family, max_batch, relief)

    def generate(self, request: ImageRequest, on_step: OnStep) -> Iterator[Picture]:
        draft = self._draft(request)
        _, seed = request.complete()
        call = Call(prepare=lambda: self._jobs(draft), previews=request.partial_images, urgent=request.urgent,
                    deep=request.output.bit_depth > 8)
        waiting: dict[int, Picture] = {}
        given = 0
        with closing(self._batcher.run(call)) as events:
            for event in events:
                if isinstance(event, Made):
                    waiting[event.index] = self._picture(draft, seed + event.index, event.pixels.wait())
                else:
                    preview = _shown(event.preview.wait(), request) if event.preview is not None else None
                    on_step(event.step, event.steps, preview, event.index)
                while given in waiting:
                    yield waiting.pop(given)
                    given += 1
                if given == request.count:
                    return

    def speak(self, system: str, user: str, check: Callable[[], None]) -> tuple[str, int]:
        """Answer by the family's text encoder, on the device's thread; with the tokens that took. Raises Unsupported."""
        family = self._family
        if not isinstance(family, Klein):
            raise Unsupported(f"the text encoder of {family.facts.name} does not speak here", field="llm_local",
                              hint="set CAVENDISH_LLM_URL to a chat endpoint instead, or draw with FLUX.2 klein")
        return self._batcher.ask(lambda stopped: family.say(system, user, stopped), check)

    def close(self) -> None:
        """Stop the device's thread and let its memory go."""
        self._batcher.close()

    def _draft(self, request: ImageRequest) -> _Draft:
        facts = self._family.facts
        size, _ = request.complete()
        pictures, note = sheets.fit_references(request.references, facts.max_references)
        brief = Brief(prompt=words(request), size=legal_size(size, facts.native_pixels, facts.sides),
                      negative=request.negative_prompt, adapters=request.adapters,
                      guidance=request.guidance_scale or facts.guidance,
                      transparent=request.output.background == "transparent",
                      references=tuple(p.pixels for p in pictures), reference_digests=tuple(p.digest for p in pictures))
        return _Draft(request=request, brief=brief, steps=request.steps or facts.steps, note=note)

    def _jobs(self, draft: _Draft) -> list[Job]:
        """Encode and draw the noise of every candidate. On the device's thread."""
        family, brief = self._family, draft.brief
        condition = family.condition(brief)
        sigmas = family.sigmas(brief.size, draft.steps)
        _, seed = draft.request.complete()
        jobs = []
        for index in range(draft.request.count):
            noise = family.noise(brief.size, seed + index)
            jobs.append(Job(index=index, latents=noise, sigmas=sigmas, condition=condition, keep=self._keep(draft, noise)))
        return jobs

    def _keep(self, draft: _Draft, noise: torch.Tensor) -> Keep | None:
        request, size, patch = draft.request, draft.brief.size, self._family.facts.patch
        base = request.base
        if request.mask is None or request.mask.pixels is None or base is None or base.pixels is None:
            return None
        mask = latent_mask(request.mask.pixels, size, patch)
        source = self._family.encode(fit(base.pixels, size))
        return Keep(source=source, noise=noise, mask=torch.from_numpy(mask).to(noise.device))

    def _picture(self, draft: _Draft, seed: int, pixels: torch.Tensor) -> Picture:
        request, base, mask = draft.request, draft.request.base, draft.request.mask
        raster = to_pixels(backed(pixels, _background(request)), 32 if request.output.bit_depth > 8 else 8)
        if mask is not None and mask.pixels is not None and base is not None and base.pixels is not None:
            depth = max(raster.depth, base.pixels.depth)
            edited = with_depth(fit(raster, base.pixels.size), depth)
            raster = composite(with_depth(base.pixels, depth), edited, mask.pixels, mask.feather_px)
        return Picture(seed=seed, pixels=raster, note=draft.note, edited_base=base is not None)


def backed(picture: torch.Tensor, background: str) -> torch.Tensor:
    """Lay float (height, width, 4) on white, unless alpha was asked for, or left open and really used."""
    if picture.shape[-1] != 4 or background == "transparent":
        return picture
    alpha = picture[..., 3:]
    if background == "auto" and float((alpha < 0.5).float().mean()) > _REALLY_CLEAR:
        return picture
    return picture[..., :3] * alpha + (1 - alpha)


def _shown(preview: torch.Tensor, request: ImageRequest) -> Pixels:
    return to_pixels(backed(preview, _background(request)))


def _background(request: ImageRequest) -> str:
    """What stands behind: the edit of an opaque picture stays opaque unless the caller asks for more."""
    base = request.base
    edited = base is not None and base.pixels is not None and base.pixels.channels != 4
    return "opaque" if edited and request.output.background == "auto" else request.output.background


def words(request: ImageRequest) -> str:
    """Return what the network reads: system text, what was said before (when drawing afresh), prompt, exact texts, facts."""
    before = () if request.base is not None else request.history
    quoted = tuple(f'with the {layer.role} text "{layer.text}"' for layer in request.text_layers
                   if layer.text not in request.prompt)
    return "\n".join(part for part in (request.system, *before, request.prompt, *quoted, request.known()) if part.strip())


def latent_mask(mask: Pixels, size: Size, patch: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return float32 (tokens, 1): 1 where any pixel of the token may change."""
    rows = view(mask)[..., 0]
    height, width = size.height // patch, size.width // patch
    top = np.arange(height) * rows.shape[0] // height
    left = np.arange(width) * rows.shape[1] // width
    marked = np.maximum.reduceat(np.maximum.reduceat(rows, top, axis=0), left, axis=1)
    return (marked > 0).astype(np.float32).reshape(-1, 1)

