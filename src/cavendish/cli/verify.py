"""`cavendish verify`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cavendish.app import App, build
from cavendish.cli import exits
from cavendish.cli.drawing import read_file
from cavendish.errors import BadImage, InvalidValue, TooLarge
from cavendish.parts.trust import CREDENTIALS_FOLDER
from cavendish.settings import Settings, read
from cavendish.trust import receipt
from cavendish.trust.receipt import Receipt
from cavendish.verify import ALTERED, UNKNOWN, Against, Verdict

_CODES = {UNKNOWN: exits.NO_PROVENANCE, ALTERED: exits.ALTERED}


@click.command(short_help="Say where a picture comes from, and what proves it.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--against", metavar="ORIGINAL", help="The picture before a masked edit: did anything move outside the mask?")
@click.option("--receipt", "receipt_file", metavar="JSON", help="The edit's receipt, when the picture's own was stripped.")
@click.option("--mask", metavar="FILE", help="The mask, when the receipt does not hold it.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def verify(ctx: click.Context, /, files: tuple[str, ...], as_json: bool, **options: Any) -> None:  # noqa: ANN401  parsed options
    """Say where a picture comes from, and what proves it: its content credentials, its watermark, its labels.

    \b
    Exits with 0 when something is said and nothing contradicts it, 6 when nothing says where a picture comes from
    (which proves nothing), 7 when its credentials do not fit, its watermark was given to another picture, or the
    receipt does not hold; of several pictures the highest. Needs no network and costs nothing.

    \b
      cavendish verify screenshot.png
      cavendish verify edited.png --against photo.png
    """
    against = _against(options, len(files))
    with build(_reading(read(data=options["data"])), {}) as core:
        found = {name: _looked_at(core, name, against) for name in files}
    if as_json:
        click.echo(json.dumps({"files": [{"file": name} | told for name, told in found.items()]}, ensure_ascii=False))
    else:
        for name, told in found.items():
            click.echo("\n".join(_lines(name, told)))
    ctx.exit(max(told["exit_code"] for told in found.values()))


def _reading(settings: Settings) -> Settings:
    """Looking at pictures makes no certificate."""
    unmade = settings.credentials == "auto" and not (settings.data_dir / CREDENTIALS_FOLDER).exists()
    return replace(settings, credentials="off") if unmade else settings


def _against(options: dict[str, Any], count: int) -> Against | None:
    if not options["against"]:
        if options["receipt_file"] or options["mask"]:
            raise InvalidValue("a receipt needs the original picture to compare with", hint="add --against ORIGINAL")
        return None
    if count > 1:
        raise InvalidValue(f"{count} pictures were given to compare with one original", hint="give one picture with --against")
    return Against(original=read_file(options["against"]), receipt=_receipt(options["receipt_file"]),
                   mask=read_file(options["mask"]) if options["mask"] else b"")


def _receipt(path: str | None) -> Receipt | None:
    """Read a receipt: its JSON alone, or the JSON that `edit --json` and the native API answer with."""
    if not path:
        return None
    try:
        said = json.loads(read_file(path))
    except ValueError as exc:
        raise InvalidValue(f"{path} is not JSON", hint="give the `receipt` that came with the edited picture") from exc
    homes = [said, *(said.get("pictures") or []), *(said.get("candidates") or [])] if isinstance(said, dict) else []
    parsed = (receipt.parse(r) for home in homes if isinstance(home, dict) for r in (home, home.get("receipt")))
    found = next(filter(None, parsed), None)
    if found is None:
        raise InvalidValue(f"{path} holds no receipt", hint="give the `receipt` that came with the edited picture")
    return found


def _looked_at(core: App, name: str, against: Against | None) -> dict[str, Any]:
    """Verify one file; one that cannot be opened does not keep the others from being looked at."""
    data = read_file(name)
    try:
        verdict: Verdict = core.verifier.verify(data, against)
    except (BadImage, TooLarge) as exc:
        return {"status": "unreadable", "verdict": exc.sentence(), "code": exc.code, "exit_code": exits.USAGE}
    return verdict.as_json() | {"exit_code": _CODES.get(verdict.status, exits.OK)}


def _lines(name: str, told: dict[str, Any]) -> list[str]:
    lines = [f"{name}: {told['verdict']}"]
    if told["status"] == "unreadable":
        return lines
    said, mark = told["credentials"], told["watermark"]
    signer = f", signed by {said['signer']}" if said["signer"] else ""
    lines.append(f"  credentials  {said['state']}{signer}" + (", time-stamped" if said["stamped"] else ""))
    if said["actions"]:
        lines.append(f"               {', '.join(a.removeprefix('c2pa.') for a in said['actions'])}; {said['inputs']} inputs")
    known = f", issued here to {'this' if mark['looks_alike'] else 'another'} picture" if mark["issued_here"] else ""
    lines.append(f"  watermark    {mark['answer'].replace('_', ' ')}{known}")
    labels = told["labels"]
    lines.append(f"  labels       {labels.get('source_type', 'none').rsplit('/', 1)[-1]}"
                 + (f", {labels['creator_tool']}" if "creator_tool" in labels else ""))
    if told["record"]:
        record = told["record"]
        lines.append(f"  record       engine {record['engine']} revision {record['revision']}, seed {record['seed']}, "
                     f"{record['created']}")
    if told["receipt"]:
        lines.append(f"  receipt      {'holds' if told['receipt']['holds'] else 'does not hold'}"
                     + (f": {told['receipt']['why']}" if told["receipt"]["why"] else ""))
    return lines
