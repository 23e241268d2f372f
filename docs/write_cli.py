"""Write docs/reference/cli.md from the program's own help.

    python docs/write_cli.py           writes it
    python docs/write_cli.py --check   exits with 1 when it is out of date
"""

import sys
from pathlib import Path

import click

from cavendish.cli import COMMANDS, cli, exits

PAGE = Path(__file__).parent / "reference" / "cli.md"
WIDTH = 100
HEAD = """# Command line

Written by `docs/write_cli.py` from `--help`; a test keeps both the same.

Every command takes `--json`: one JSON object on standard output and nothing else there; an error is one JSON object on
standard error. A progress bar is drawn on standard error when that is a terminal; `NO_COLOR` is respected.

| exit code | meaning |
|---|---|
"""


def page() -> str:
    """Return the whole page."""
    codes = "".join(f"| {code} | {meaning} |\n" for code, meaning in exits.MEANINGS.items())
    return HEAD + codes + _section("cavendish", cli) + "".join(
        _section(f"cavendish {name}", cli.get_command(click.Context(cli), name)) for name in COMMANDS)


def _section(name: str, command: click.Command) -> str:
    parent = click.Context(cli, info_name="cavendish") if command is not cli else None
    context = click.Context(command, parent=parent, info_name=name.split()[-1], terminal_width=WIDTH,
                            help_option_names=["-h", "--help"])
    return f"\n## {name}\n\n```text\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
