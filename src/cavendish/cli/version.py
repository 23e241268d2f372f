"""`cavendish version`."""

import json
import platform

import click

from cavendish import __version__


@click.command(short_help="Say which version this is.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
def version(as_json: bool) -> None:
    """Say which version this is."""
    facts = {"cavendish": __version__, "python": platform.python_version()}
    click.echo(json.dumps(facts) if as_json else f"cavendish {__version__} (Python {facts['python']})")
