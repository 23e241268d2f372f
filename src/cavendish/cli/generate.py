"""`cavendish generate`."""

import json
from collections.abc import Mapping
from typing import Any

import click

from cavendish.cli.drawing import draw, order, picture_options, read_prompt, request_of, settings_of


@click.command(short_help="Draw pictures from words.")
@click.argument("prompt")
@picture_options
@click.option("--explain", is_flag=True, help="Print the scene that the comp engine reads in the words, as JSON; draw nothing.")
@click.pass_context
def generate(ctx: click.Context, /, prompt: str, explain: bool, **options: Any) -> None:  # noqa: ANN401  parsed options
    """Draw pictures from words.

    PROMPT says what to draw; `-` reads it from standard input.

    \b
      cavendish generate "a red bicycle on a beach at sunset" -o bicycle.png
      cavendish generate "a poster that says 'OPEN'" -o open.png --ratio 2:3 --size 2K -n 4
    """
    words = read_prompt(prompt)
    if explain:
        click.echo(json.dumps(_scene(words, options), ensure_ascii=False, indent=None if options["as_json"] else 2))
        return
    settings = settings_of(options)
    ctx.exit(draw(order(words, options, settings), settings, ctx.obj))


def _scene(prompt: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from cavendish.engines.comp.planning.planner import plan

    return plan(request_of(prompt, options, mime="image/png")).as_json()
