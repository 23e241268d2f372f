"""The command line: parse, call, print. A command is imported when it is run, so that `--help` answers at once."""

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click

from cavendish.cli import exits
from cavendish.errors import CavendishError

COMMANDS = MappingProxyType({  # name, its module and its function alike -> the line that lists show
    "generate": "Draw pictures from words.",
    "edit": "Change a picture with words.",
    "serve": "Answer the Gemini and OpenAI image APIs over HTTP.",
    "verify": "Say where a picture comes from, and what proves it.",
    "credentials": "Make or show the certificate that signs pictures.",
    "models": "List the models; fetch or remove open weights.",
    "doctor": "Say what this machine can run, and the next command to type.",
    "version": "Say which version this is.",
})


class Commands(click.Group):
    """A group whose commands are imported by name; every way to end leaves through `exits`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"cavendish.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            guess = f", did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no command {args[0][:60]!r}{guess}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, **extra: Any) -> Any:  # noqa: ANN401  as click declares it
        """Run a command line and exit with one of the documented codes."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, prog_name or "cavendish", complete_var, standalone_mode=False, **extra)
        except (CavendishError, click.ClickException, click.Abort) as exc:
            code = exits.report(exc, as_json="--json" in words)
        sys.exit(code if isinstance(code, int) else exits.OK)


@click.group(cls=Commands, invoke_without_command=True, epilog=exits.EPILOG,
             context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Make and edit images on this machine.

    Settings come from CAVENDISH_ variables; options win over them.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Entry point of the program."""
    cli.main()
