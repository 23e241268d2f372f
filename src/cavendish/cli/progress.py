"""A progress bar on stderr, where somebody can see it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cavendish.types import Event, OnEvent, Progress, ignore_events


@contextmanager
def shown(count: int, *, quiet: bool) -> Iterator[OnEvent]:
    """Yield the OnEvent that moves a bar over `count` pictures; it does nothing when stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield ignore_events
        return
    from rich import progress
    from rich.console import Console

    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(), progress.TaskProgressColumn(),
               progress.TimeElapsedColumn())
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("drawing", total=None)

        def on_event(event: Event) -> None:
            if isinstance(event, Progress):
                bar.update(task, total=event.total * count, completed=event.total * event.index + event.step)

        yield on_event
