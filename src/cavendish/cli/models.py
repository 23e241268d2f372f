"""`cavendish models`."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from cavendish.app import installed
from cavendish.catalog.models import ModelCard, catalog
from cavendish.engines.base import Engine


@click.command(short_help="List the models, and the engine that serves each one now.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models, and the engine that serves each one now.

    Every id and alias works in --model and in both APIs.
    """
    engines: Mapping[str, Engine] = installed() if ctx.obj is None else ctx.obj
    rows = [row(card, engines) for card in catalog().cards]
    if as_json:
        click.echo(json.dumps({"models": rows}, ensure_ascii=False))
    else:
        _show(rows)


def row(card: ModelCard, engines: Mapping[str, Engine]) -> dict[str, Any]:
    """Describe a model in plain values; `served_by` is None when no engine of its chain is installed."""
    return {"id": card.id, "vendor": card.vendor, "name": card.display_name, "aliases": list(card.aliases),
            "sizes": [str(s) for s in card.named.listed] if card.named else list(card.tiers),
            "ratios": [r for r in card.ratios if r in card.table],
            "served_by": next((name for name in card.chain if name in engines), None), "chain": list(card.chain)}


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(pad_edge=False, show_edge=False, box=None)
    for title in ("id", "vendor", "served by", "sizes", "ratios", "aliases"):
        table.add_column(title, overflow="fold")
    for r in rows:
        table.add_row(r["id"], r["vendor"], r["served_by"] or "nothing here",
                      *(" ".join(r[k]) for k in ("sizes", "ratios", "aliases")))
    Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)
