"""`cavendish models`: the public models, and the open weights behind them."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from cavendish.catalog.models import ModelCard, catalog
from cavendish.catalog.weights import Weights, all_weights, weights
from cavendish.engines.base import Engine
from cavendish.errors import ConfigError
from cavendish.parts.engines import installed, weights_folder
from cavendish.settings import read
from cavendish.store.weights import Progress


@click.group(invoke_without_command=True, short_help="List the models; fetch or remove open weights.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models, and the engine that serves each one now; fetch or remove open weights.

    Every id and alias works in --model and in both APIs.
    """
    if ctx.invoked_subcommand is None:
        _list(ctx, as_json)


@models.command("list", short_help="The models, and the open weights that can serve them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the models with the engine that serves each one now, and the open weights with their licences."""
    _list(ctx, as_json)


@models.command(short_help="Fetch open weights: flash, pro, or a name from the list.")
@click.argument("name")
@click.option("--accept-licence", is_flag=True, help="I have read the licence that does not allow commercial use, and keep it.")
@click.option("--revision", default="main", show_default=True,
              help="Branch, tag or commit; a branch is resolved once and recorded.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def pull(name: str, accept_licence: bool, revision: str, as_json: bool) -> None:
    """Fetch open weights into the models folder. What is cut off goes on with the next pull; whole files are kept."""
    try:
        from cavendish.store.hub import HuggingFace  # an extra: only who pulls needs it
    except ModuleNotFoundError as exc:
        raise ConfigError("fetching weights needs the library huggingface_hub", hint="pip install 'cavendish[gpu]'") from exc
    settings, facts = read(), weights(name)
    if not as_json:
        click.echo(f"{facts.name}, {facts.files_gb:.0f} GB, licence {facts.licence}: {facts.licence_url}", err=True)
    with _bar(quiet=as_json) as on_progress:
        record = weights_folder(settings).pull(facts, HuggingFace(settings.hub, settings.hub_token), accept=accept_licence,
                                               revision=revision, on_progress=on_progress)
    folder = weights_folder(settings).path(facts.id)
    if as_json:
        click.echo(json.dumps({"id": facts.id, "path": str(folder), "licence": facts.licence, "commits": record.commits}))
    else:
        click.echo(f"{facts.id} is in {folder}; `cavendish doctor` says how it fits this machine")


@models.command(short_help="Print the folder of pulled weights.")
@click.argument("name")
def path(name: str) -> None:
    """Print the folder of pulled weights."""
    click.echo(weights_folder(read()).path(name))


@models.command(short_help="Delete pulled weights.")
@click.argument("name")
def remove(name: str) -> None:
    """Delete pulled weights, also half-fetched ones."""
    click.echo(f"{weights_folder(read()).remove(name) / 1e9:.1f} GB freed")


def row(card: ModelCard, engines: Mapping[str, Engine]) -> dict[str, Any]:
    """Describe a model in plain values; `served_by` is None when no engine of its chain is installed."""
    return {"id": card.id, "vendor": card.vendor, "name": card.display_name, "aliases": list(card.aliases),
            "sizes": [str(s) for s in card.named.listed] if card.named else list(card.tiers),
            "ratios": [r for r in card.ratios if r in card.table],
            "served_by": next((name for name in card.chain if name in engines), None), "chain": list(card.chain)}


def weights_row(facts: Weights, pulled: frozenset[str]) -> dict[str, Any]:
    """Describe open weights in plain values."""
    return {"id": facts.id, "engine": facts.engine, "name": facts.name, "repo": facts.repo, "licence": facts.licence,
            "commercial_use": facts.commercial_use, "files_gb": facts.files_gb, "installed": facts.id in pulled}


def _list(ctx: click.Context, as_json: bool) -> None:
    settings = read()
    engines: Mapping[str, Engine] = installed(settings) if ctx.obj is None else ctx.obj
    rows = [row(card, engines) for card in catalog().cards]
    pulled = frozenset(facts.id for facts, _, _ in weights_folder(settings).installed())
    open_weights = [weights_row(facts, pulled) for facts in all_weights()]
    if as_json:
        click.echo(json.dumps({"models": rows, "weights": open_weights}, ensure_ascii=False))
    else:
        _show(rows, open_weights)


def _show(rows: list[dict[str, Any]], open_weights: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    def table(*titles: str) -> Table:
        made = Table(pad_edge=False, show_edge=False, box=None)
        for title in titles:
            made.add_column(title, overflow="fold")
        return made

    public = table("id", "vendor", "served by", "sizes", "ratios", "aliases")
    for r in rows:
        public.add_row(r["id"], r["vendor"], r["served_by"] or "nothing here",
                       *(" ".join(r[k]) for k in ("sizes", "ratios", "aliases")))
    weighed = table("open weights", "serves", "here", "GB", "licence")
    for r in open_weights:
        weighed.add_row(r["id"], r["engine"], "yes" if r["installed"] else "no", f"{r['files_gb']:.0f}", r["licence"])
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(public, "", weighed, sep="\n")


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Any]:
    """Yield the callback that moves a bar of bytes; plain lines per file where stderr is no terminal."""
    if quiet:
        yield lambda _: None
        return
    if not sys.stderr.isatty():
        told: set[str] = set()

        def tell(progress: Progress) -> None:
            if progress.file and progress.file not in told:
                told.add(progress.file)
                click.echo(f"{progress.done / 1e9:.1f} of {progress.total / 1e9:.1f} GB: {progress.file}", err=True)

        yield tell
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn(), bars.TransferSpeedColumn(),
               bars.TimeRemainingColumn())
    with bars.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("fetching", total=None)
        yield lambda p: bar.update(task, description=p.file or "done", total=p.total, completed=p.done)
