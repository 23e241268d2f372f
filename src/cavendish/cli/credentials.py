"""`cavendish credentials`: the certificate that signs pictures."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cavendish.parts.trust import CREDENTIALS_FOLDER
from cavendish.settings import Settings, read
from cavendish.trust import certificates
from cavendish.trust.certificates import Chain

UNTRUSTED = ("This certificate is self-made: validators call its signatures valid, and the signer untrusted, until somebody "
             "installs root.pem. It proves nothing to strangers. For production put your own chain.pem and key.pem in a folder "
             "and set CAVENDISH_CREDENTIALS to it (docs/provenance.md).")


@click.group(short_help="Make or show the certificate that signs pictures.")
def credentials() -> None:
    """Make or show the certificate that signs the content credentials (C2PA) of pictures. Both commands take --json."""


@credentials.command(short_help="Make a certificate for development.")
@click.option("--organisation", default="Cavendish self-hosted", show_default=True, metavar="NAME",
              help="Who signs, as others will read it.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def init(organisation: str, data: Path | None, as_json: bool) -> None:
    """Make a root, an issuer and a signing certificate in the data folder, keys readable by you alone."""
    folder = read(data=data).data_dir / CREDENTIALS_FOLDER
    _tell(folder, certificates.make(folder, organisation), as_json=as_json)


@credentials.command(short_help="Show what signs the pictures now.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(data: Path | None, as_json: bool) -> None:
    """Show what signs the pictures now, until when, and where its files are."""
    settings = read(data=data)
    folder = folder_of(settings)
    if folder is None:
        facts: Mapping[str, Any] = {"signing": False, "why": "CAVENDISH_CREDENTIALS=off"}
        click.echo(json.dumps(facts) if as_json else f"Nothing is signed: {facts['why']}")
        return
    if settings.credentials == "auto" and not folder.exists():
        why = "no certificate yet: the first picture or `cavendish credentials init` makes one"
        click.echo(json.dumps({"signing": False, "why": why}) if as_json else f"There is {why}")
        return
    _tell(folder, certificates.load(folder), as_json=as_json)


def folder_of(settings: Settings) -> Path | None:
    """Return where the certificate is, or will be; None when nothing is signed."""
    if settings.credentials == "off":
        return None
    return settings.data_dir / CREDENTIALS_FOLDER if settings.credentials == "auto" else Path(settings.credentials).expanduser()


def _tell(folder: Path, chain: Chain, *, as_json: bool) -> None:
    facts = {"signing": True, "signer": chain.subject, "algorithm": chain.alg, "until": f"{chain.not_after:%Y-%m-%d}",
             "folder": str(folder), "development": chain.development}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"Signer     {chain.subject}\nAlgorithm  {chain.alg}\nUntil      {facts['until']}\nFolder     {folder}")
    if chain.development:
        click.echo(f"\n{UNTRUSTED}")
