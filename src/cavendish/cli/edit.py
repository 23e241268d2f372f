"""`cavendish edit`."""

from typing import Any

import click

from cavendish.cli.drawing import draw, order, picture_options, read_file, read_prompt, settings_of
from cavendish.types import Mask, Reference, ReferenceRole


@click.command(short_help="Change a picture with words.")
@click.argument("picture")
@click.argument("prompt")
@click.option("--mask", metavar="FILE", help="A picture of the same size: white is changed, black stays as it is.")
@click.option("--mask-alpha", is_flag=True, help="The transparent part of the mask is changed, as in OpenAI's API.")
@click.option("--mask-feather", type=int, default=0, metavar="PX", help="Soften the mask's edge inwards, 0 to 256 pixels.")
@picture_options
@click.pass_context
def edit(ctx: click.Context, /, picture: str, prompt: str, **options: Any) -> None:  # noqa: ANN401  parsed options
    """Change a picture with words.

    PICTURE is a file, `-` reads it from standard input. A picture that was drawn with the same data folder is changed as a
    scene: what the words do not name stays where it is.

    \b
      cavendish edit bicycle.png "make the bicycle blue" -o blue.png
      cavendish edit photo.jpg "warmer light" --mask sky.png -o warm.jpg
    """
    settings = settings_of(options)
    base = Reference(data=read_file(picture), role=ReferenceRole.BASE)
    mask = options["mask"] and Mask(data=read_file(options["mask"]), alpha_marks_edit=options["mask_alpha"],
                                    feather_px=options["mask_feather"])
    wanted = order(read_prompt(prompt), options, settings, references=(*options["references"], base), mask=mask or None)
    ctx.exit(draw(wanted, settings, ctx.obj))
