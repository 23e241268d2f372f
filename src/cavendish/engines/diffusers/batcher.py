"""The device's thread: pictures of many calls are denoised together, and a new call joins at the next step.

Step-level (continuous) batching: before each step the thread takes in new calls, drops cancelled ones, and moves pictures of
one shape a step further. Pictures in one batch may be at different noise levels. Which shape it is, `turns` decides.
"""

import logging
import queue
import threading
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch

from cavendish.engines.diffusers.family import Condition, Family
from cavendish.engines.diffusers.landing import Landing, Pace, land
from cavendish.engines.diffusers.turns import Turns
from cavendish.errors import CavendishError, EngineFailed, EngineUnavailable, OutOfMemory

log = logging.getLogger("cavendish.engines")
T = TypeVar("T")

ASK_POLL_S = 0.05    # how soon who asks may leave
_PREVIEW_STRIDE = 2  # previews are decoded at half the side: a quarter of the work


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """A masked edit: where `mask` (tokens, 1) is 0 the latents follow the source at every noise level."""

    source: torch.Tensor
    noise: torch.Tensor
    mask: torch.Tensor

    def hold(self, latents: torch.Tensor, sigma: float) -> torch.Tensor:
        """Return the latents with everything outside the mask as the source looks at this noise level."""
        kept = (1 - sigma) * self.source + sigma * self.noise
        return kept + self.mask * (latents - kept)


@dataclass(eq=False, slots=True, kw_only=True)
class Job:
    """One picture on its way. `latents` are float32 (tokens, channels) on the device."""

    index: int
    latents: torch.Tensor
    sigmas: tuple[float, ...]
    condition: Condition
    keep: Keep | None = None
    step: int = 0

    @property
    def steps(self) -> int:
        return len(self.sigmas) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """Picture `index` has done `step` of `steps`. `preview`: float32 (h, w, c) at half the side."""

    index: int
    step: int
    steps: int
    preview: Landing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Picture `index` is decoded: (h, w, c), float32 in 0..1 or uint8 as the call asked."""

    index: int
    pixels: Landing


Event = Stepped | Made


@dataclass(eq=False, slots=True, kw_only=True)
class Call:
    """One request on the device. `prepare` runs on the device's thread and returns its jobs."""

    prepare: Callable[[], list[Job]]
    previews: int = 0
    urgent: bool = True
    deep: bool = True  # False = 8 bits are enough: opaque pictures are rounded on the device, a quarter of the bytes to copy
    events: "queue.SimpleQueue[Event | CavendishError]" = field(default_factory=queue.SimpleQueue)
    cancelled: threading.Event = field(default_factory=threading.Event)


class Batcher:
    """Owns one device. Safe to call from many threads; the family is touched by its own thread only."""

    def __init__(self, family: Family, max_batch: int, relief: str = "") -> None:
        self._family = family
        self._max_batch = max_batch
        self._relief = relief  # what would need less memory, for the error
        self._turns, self._pace = Turns(), Pace(family.device)
        self._arrivals: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._active: list[tuple[Call, Job]] = []
        self._closing = False
        self._thread = threading.Thread(target=self._loop, name=f"device-{family.facts.id}", daemon=True)
        self._thread.start()

    def run(self, call: Call) -> Generator[Event, None, None]:
        """Hand a call to the device and yield what happens, until it is closed. Raises CavendishError."""
        if self._closing:
            raise EngineUnavailable(f"{self._family.facts.name} is shutting down", hint="try again in a moment")
        self._arrivals.put(call)
        try:
            while True:
                event = call.events.get()
                if isinstance(event, CavendishError):
                    raise event
                yield event
        finally:
            call.cancelled.set()

    def ask(self, work: Callable[[threading.Event], T], check: Callable[[], None]) -> T:
        """Run work on the device's thread, between steps, and return what it gives. Raises CavendishError.

        `check` raises to leave; the event that `work` is given is then set.
        """
        answers: list[T] = []

        def prepare() -> list[Job]:
            answers.append(work(call.cancelled))
            call.events.put(Stepped(index=0, step=1, steps=1))
            return []

        call = Call(prepare=prepare)
        self._arrivals.put(call)
        try:
            while not answers:
                try:
                    event = call.events.get(timeout=ASK_POLL_S)
                except queue.Empty:
                    check()
                    if self._closing:
                        raise EngineUnavailable(f"{self._family.facts.name} is shutting down", hint="try again") from None
                    continue
                if isinstance(event, CavendishError):
                    raise event
            return answers[0]
        finally:
            call.cancelled.set()

    def close(self) -> None:
        """Stop after the step that is running; calls that wait get EngineUnavailable."""
        self._closing = True
        self._arrivals.put(None)
        self._thread.join()

    def _loop(self) -> None:
        with torch.inference_mode():
            while not self._closing:
                self._take_in()
                self._active = [(call, job) for call, job in self._active if not call.cancelled.is_set()]
                self._move()
        for call in {id(c): c for c, _ in self._active}.values():
            call.events.put(EngineUnavailable("the server is shutting down", hint="try again in a moment"))

    def _move(self) -> None:
        """One step for the most urgent batch; what is done with it is decoded."""
        batch = self._chosen()
        if batch:
            self._guarded(batch, partial(self._advance, batch))
            self._pace.stepped()
        for pair in [pair for pair in batch if pair[1].step == pair[1].steps and pair in self._active]:
            self._active.remove(pair)
            self._guarded([pair], partial(self._finish, *pair))

    def _take_in(self) -> None:
        """Prepare what has arrived; wait for it when nothing is being drawn."""
        while True:
            try:
                call = self._arrivals.get(block=not self._active and not self._closing)
            except queue.Empty:
                return
            if call is None:
                return
            if not call.cancelled.is_set():
                self._guarded([], partial(self._start, call), call)

    def _start(self, call: Call) -> None:
        self._active += [(call, job) for job in call.prepare()]

    def _chosen(self) -> list[tuple[Call, Job]]:
        """The pictures whose turn it is, those that people wait for first, up to the batch's bound."""
        alike: dict[Hashable, list[tuple[Call, Job]]] = {}
        for call, job in self._active:
            alike.setdefault(job.condition.shape, []).append((call, job))
        if not alike:
            return []
        shape = self._turns.next({shape: any(c.urgent for c, _ in pairs) for shape, pairs in alike.items()})
        return sorted(alike[shape], key=lambda pair: not pair[0].urgent)[:self._max_batch]

    def _advance(self, batch: list[tuple[Call, Job]]) -> None:
        """Move a batch one noise level down."""
        family, jobs = self._family, [job for _, job in batch]
        latents = torch.stack([job.latents for job in jobs])
        now = torch.tensor([job.sigmas[job.step] for job in jobs], device=family.device)
        after = torch.tensor([job.sigmas[job.step + 1] for job in jobs], device=family.device)
        velocity = family.velocity(latents, now, after, [job.condition for job in jobs])
        moved = latents + (after - now)[:, None, None] * velocity
        for number, (call, job) in enumerate(batch):
            sigma = job.sigmas[job.step]
            job.step += 1
            held = moved[number]
            job.latents = job.keep.hold(held, job.sigmas[job.step]) if job.keep else held
            clean = latents[number] - sigma * velocity[number]
            preview = self._preview(call, job, clean)
            call.events.put(Stepped(index=job.index, step=job.step, steps=job.steps, preview=preview))

    def _finish(self, call: Call, job: Job) -> None:
        pixels = self._family.decode(job.latents, job.condition.size).float()
        if not call.deep and pixels.shape[-1] == 3:
            pixels = torch.round(pixels.clamp(0, 1) * 255).to(torch.uint8)
        call.events.put(Made(index=job.index, pixels=land(pixels)))

    def _preview(self, call: Call, job: Job, clean: torch.Tensor) -> Landing | None:
        """The picture as the network expects it now, where the caller asked for it. Without memory it is left out."""
        if job.step == job.steps or job.step not in preview_steps(job.steps, call.previews):
            return None
        try:
            return land(self._decoded_small(job, clean).float())
        except torch.OutOfMemoryError:
            return None

    def _decoded_small(self, job: Job, clean: torch.Tensor) -> torch.Tensor:
        patch = self._family.facts.patch
        rows, columns = job.condition.size.height // patch, job.condition.size.width // patch
        if min(rows, columns) < 2 * _PREVIEW_STRIDE:
            return self._family.decode(clean, job.condition.size)
        grid = clean.reshape(rows, columns, -1)[::_PREVIEW_STRIDE, ::_PREVIEW_STRIDE]
        small = type(job.condition.size)(grid.shape[1] * patch, grid.shape[0] * patch)
        return self._family.decode(grid.reshape(-1, grid.shape[-1]), small)

    def _guarded(self, batch: list[tuple[Call, Job]], work: Callable[[], None], starting: Call | None = None,
                 again: bool = True) -> None:
        """Run work on the device, `again` where room can be made. What fails fails its own calls; the thread lives on."""
        full = False
        try:
            work()
        except torch.OutOfMemoryError:
            full = True  # handled below, when the traceback no longer holds the tensors
        except CavendishError as exc:
            self._fail(batch, exc, starting)
        except Exception as exc:  # the worker loop: whatever a network raises must not end the device's thread
            log.exception("the device failed")
            failure = EngineFailed(f"{self._family.facts.name} failed: {type(exc).__name__}", hint="try again")
            self._fail(batch, failure, starting)
        if full and not (again and self._makes_room(batch)):
            lacking = OutOfMemory(f"{self._family.facts.name} ran out of memory",
                                  hint="ask for a smaller size or fewer references"
                                       + (f", or set {self._relief}" if self._relief else ""))
            self._fail(batch, lacking, starting)
        elif full and len(batch) < 2:
            self._guarded(batch, work, starting, again=False)

    def _makes_room(self, batch: list[tuple[Call, Job]]) -> bool:
        """A batch that does not fit is halved for its next step; for one picture what was kept is let go."""
        if self._family.device.type == "cuda":
            torch.cuda.empty_cache()
        if len(batch) > 1:
            self._max_batch = len(batch) // 2
            log.warning("out of memory: batches hold %d pictures now", self._max_batch)
            return True
        relieved = self._family.relieve()
        if relieved:
            log.warning("out of memory: the VAE works in tiles from now on")
        return relieved

    def _fail(self, batch: list[tuple[Call, Job]], failure: CavendishError, starting: Call | None) -> None:
        calls = [starting] if starting else []
        calls += [c for c in {id(c): c for c, _ in batch}.values()]
        self._active = [(c, j) for c, j in self._active if c not in calls]
        for call in calls:
            call.events.put(failure)


def preview_steps(steps: int, wanted: int) -> frozenset[int]:
    """Which steps show a preview: spread evenly, never the last."""
    wanted = min(wanted, steps - 1)
    return frozenset(round(steps * (i + 1) / (wanted + 1)) for i in range(wanted))

