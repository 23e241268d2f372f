"""How many of what an installation does at once: engines, decoders and input pictures in the pool's turns."""

from collections.abc import Iterable

from cavendish.engines.base import Engine
from cavendish.engines.wrappers import Shared
from cavendish.imaging import sandbox
from cavendish.imaging.intake import InProcess, Intake
from cavendish.settings import Settings
from cavendish.work.inputs import ORDINARY_RUNS, PictureRoom, TurnedIntake
from cavendish.work.pool import SPARE, Pool


def in_turns(engine: Engine, pool: Pool) -> Engine:
    """The engine as runs may use it together: in their own places, or in places of its device."""
    profile = engine.profile
    return engine if profile.in_place else Shared(engine, pool.gate(profile.concurrency).place, pool.aside)


def intake_of(settings: Settings, pool: Pool) -> Intake:
    """Where input pictures are opened: in worker processes, or here where there are none."""
    if not settings.intake_workers or not sandbox.supported():
        return InProcess()
    spare = min(SPARE, settings.intake_workers - 1)
    return TurnedIntake(sandbox.Sandbox(settings.intake_workers), pool.gate(settings.intake_workers - spare, spare))


def picture_room(settings: Settings, pool: Pool, engines: Iterable[Engine]) -> PictureRoom:
    """Room for every edit that an engine takes at once. Giants leave a decoder, and a place to compute, to all others."""
    ordinary = max([ORDINARY_RUNS, *(e.profile.concurrency for e in engines)])
    decoders = settings.intake_workers - SPARE if settings.intake_workers else settings.workers
    giants = min(settings.workers, decoders) - 1
    return PictureRoom(ordinary=pool.gate(ordinary), giants=pool.gate(max(1, giants)))
