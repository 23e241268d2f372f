"""`cavendish doctor`: what this machine can run, measured, and the next command to type."""

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from urllib.parse import urlsplit

import click

from cavendish.app import App, build
from cavendish.catalog import pack
from cavendish.catalog.weights import weights
from cavendish.cli import exits
from cavendish.cli.drawing import run
from cavendish.engines import local
from cavendish.engines.base import Engine
from cavendish.engines.presets import choose
from cavendish.errors import CavendishError, ConfigError
from cavendish.imaging import codec, sandbox
from cavendish.imaging.intake import InProcess
from cavendish.parts.engines import open_weights
from cavendish.settings import Settings, read
from cavendish.store.rows import wal_is_safe
from cavendish.thinking.grounding import NothingFound
from cavendish.thinking.grounding_catalog import CatalogSearch
from cavendish.types import ImageRequest, OutputSpec, Pixels, Size, ignore_events

PROMPT = "a red bicycle on a beach at sunset"
MIN_FREE_BYTES = 2**30
GPU_QUERY = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
GPU_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. `state` is ok, note (works, worth knowing) or bad (must be mended); `fix` says how."""

    name: str
    text: str
    state: str = "ok"
    fix: str = ""


@click.command(short_help="Say what this machine can run, and the next command to type.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(ctx: click.Context, /, as_json: bool, **options: Any) -> None:  # noqa: ANN401  parsed options
    """Say what this machine can run, and the next command to type.

    Draws one 512 px picture to measure the speed. Exits with 4 when something must be mended first.
    """
    settings = read(**options)
    findings: list[Finding] = []
    for finding in examine(settings, ctx.obj):
        findings.append(finding)
        if not as_json:
            click.echo(_line(finding))
    command = _next_command(findings)
    if as_json:
        click.echo(json.dumps({"findings": [asdict(f) for f in findings], "next": command}, ensure_ascii=False))
    else:
        click.echo(f"\nNext: {command}")
    ctx.exit(exits.CONFIG if any(f.state == "bad" for f in findings) else exits.OK)


def examine(settings: Settings, engines: Mapping[str, Engine] | None) -> Iterator[Finding]:
    """Look at the machine, then at the installation, then draw."""
    yield Finding(name="python", text=f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Finding(name="processor", text=f"{_cores()} cores")
    yield _memory()
    yield _gpu()
    yield _art()
    folder = _folder(settings.data_dir)
    yield folder
    if folder.state == "bad":
        return
    yield _disk(settings.data_dir)
    try:
        with build(settings, engines) as core:
            yield _database(settings.data_dir)
            yield _engines(core)
            yield from _weights(settings)
            yield from _remote(core)
            yield from _safety(core)
            yield _search(core)
            yield _thinking(core)
            yield _intake(core)
            yield _credentials(core)
            yield _watermark(core)
            yield _speed(core)
    except CavendishError as exc:
        yield Finding(name="engines", text=exc.message, state="bad", fix=exc.hint)


def _cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = f"{total / 2**30:.1f} GiB"
    if total < 2 * 2**30:
        return Finding(name="memory", text=text, state="note", fix="4K pictures want 2 GiB: keep to 2K here")
    return Finding(name="memory", text=text)


def _gpu() -> Finding:
    if shutil.which("nvidia-smi") is None:
        return Finding(name="gpu", text="none found; the comp engine draws without one")
    try:
        found = subprocess.run(["nvidia-smi", *GPU_QUERY], capture_output=True, text=True, timeout=GPU_TIMEOUT_S,  # noqa: S603,S607
                               check=True).stdout
    except (OSError, subprocess.SubprocessError) as exc:
        return Finding(name="gpu", text=f"nvidia-smi failed: {type(exc).__name__}", state="note",
                       fix="run nvidia-smi to see what is wrong with the driver")
    cards = [[part.strip() for part in line.split(",")] for line in found.splitlines() if line.count(",") == 2]
    return Finding(name="gpu", text="; ".join(f"{n}, {int(mib) / 1024:.0f} GiB, driver {driver}" for n, mib, driver in cards)
                   or "none found; the comp engine draws without one")


NO_ART = ("the npm registry could not be reached when this was installed, so the comp engine draws labelled cards only; "
          "install again where it can be reached")


def _art() -> Finding:
    if not pack.present():
        return Finding(name="art", text="none", state="note", fix=NO_ART)
    scripts = sorted({s for font in pack.font_files() for s in font.scripts})
    return Finding(name="art", text=f"{len(pack.concepts())} drawings, {len(pack.font_files())} fonts for {', '.join(scripts)}")


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return Finding(name="data", text=f"{folder} can be written")
    except OSError as exc:
        return Finding(name="data", text=f"{folder} cannot be written: {exc.strerror}", state="bad",
                       fix="choose another folder with --data or CAVENDISH_DATA")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB free"
    return Finding(name="disk", text=text) if free >= MIN_FREE_BYTES else Finding(
        name="disk", text=text, state="note", fix="make room, or choose another folder with --data")


def _database(folder: Path) -> Finding:
    connection = sqlite3.connect(folder / "cavendish.db")
    mode = connection.execute("pragma journal_mode").fetchone()[0]
    connection.close()
    why = "" if wal_is_safe(sqlite3.sqlite_version_info) else " (this version's WAL can lose pages, so it is not used)"
    return Finding(name="database", text=f"SQLite {sqlite3.sqlite_version}, journal {mode}{why}")


def _engines(core: App) -> Finding:
    known = dict.fromkeys(name for card in core.catalog.cards for name in card.chain)
    have = [f"{e.profile.id} (revision {e.profile.revision})" for e in core.registry.engines.values()]
    lack = [name for name in known if name not in core.registry.engines]
    return Finding(name="engines", text=(", ".join(have) or "none") + (f"; not installed: {', '.join(lack)}" if lack else ""))


def _weights(settings: Settings) -> Iterator[Finding]:
    """Say how open weights would lie in this machine's memory, and how long a picture takes where somebody published it."""
    here = {i.facts.engine: i.facts for i in open_weights(settings)}
    device_gb = _gpu_gb() if settings.device in ("auto", "cuda") else None
    for engine_id in local.engine_ids():
        facts = here.get(engine_id) or weights(engine_id)
        try:
            preset = choose(facts, device_gb, settings.preset)
        except ConfigError as exc:
            yield Finding(name=engine_id, text=exc.message, state="note", fix=exc.hint)
            continue
        seconds = facts.megapixel_s.get(preset.id)
        speed = f"about {seconds:g} s a megapixel as published" if seconds else "no published time for this preset"
        text = f"{facts.name}, preset {preset.id}: {preset.storage}, {speed}"
        if engine_id in here:
            yield Finding(name=engine_id, text=text)
        elif device_gb is not None:
            yield Finding(name=engine_id, text=f"not pulled; here it would be {text}", state="note",
                          fix=f"cavendish models pull {engine_id}" + ("" if local.has_torch() else
                                                                       ", after pip install 'cavendish[gpu]'"))


def _gpu_gb() -> float | None:
    """Memory of the first GPU in GB, None without one."""
    try:
        found = subprocess.run(["nvidia-smi", *GPU_QUERY], capture_output=True, text=True, timeout=GPU_TIMEOUT_S,  # noqa: S603,S607
                               check=True).stdout
        return int(found.splitlines()[0].split(",")[1]) * 2**20 / 1e9
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _remote(core: App) -> Iterator[Finding]:
    """Name the upstreams that may be asked, without asking and without keys. Requests leave this machine for them."""
    places = {"google": core.settings.google_base_url, "openai": core.settings.openai_base_url,
              "server": core.settings.server_url}
    found = [f"{name}: {core.registry.engines[name].profile.revision} at {urlsplit(url).hostname}"
             for name, url in places.items() if name in core.registry.engines]
    if found:
        yield Finding(name="remote", text="; ".join(found) + "; prompts and pictures are sent there")


def _safety(core: App) -> Iterator[Finding]:
    words, classifier = core.service.words, core.service.classifier
    own = f", {words.own_rules} of them from {words.source}" if words.source else ""
    if words.enabled:
        yield Finding(name="words", text=f"{len(words.rules)} policy rules read prompts{own}")
    else:
        yield Finding(name="words", text="CAVENDISH_SAFETY=off: only the rules that nothing turns off read prompts",
                      state="note", fix="set CAVENDISH_SAFETY=on before other people use this server")
    yield Finding(name="pictures", text=f"{classifier.name} looks at every picture before it leaves" if classifier else
                  "no picture classifier is installed: what was drawn is not looked at (CAVENDISH_PICTURE_CLASSIFIER)")


def _thinking(core: App) -> Finding:
    """Say what plans and checks pictures, without asking it."""
    checker = core.service.reviewer.checker
    model = "the words are read by rules alone (CAVENDISH_LLM_URL is not set)"
    if checker.model is not None:
        where = urlsplit(core.settings.llm_url).hostname
        eyes = "and looks at pictures; both are sent there" if checker.looks else "and sees no pictures; prompts are sent there"
        model = f"{checker.model.name} at {where} plans {eyes}"
    if checker.reader is None:
        return Finding(name="thinking", text=f"{model}; quoted text is not read back: no OCR is installed", state="note",
                       fix="pip install 'cavendish[ocr]'")
    return Finding(name="thinking", text=f"{model}; {checker.reader.name} reads quoted text back")


def _search(core: App) -> Finding:
    """Name who looks facts up. A service is not asked; a catalog is read, and what could not be read of it is told."""
    found: list[str] = []
    problems: list[str] = []
    for provider in core.service.grounder.providers:
        if isinstance(provider, CatalogSearch):
            try:
                provider.refresh()
            except NothingFound as exc:
                return Finding(name="search", text=f"the catalog: {exc.why}", state="note",
                               fix=f"look at {provider.path} (CAVENDISH_CATALOG)")
            found.append(f"the catalog {provider.path} with {provider.rows} rows")
            problems += provider.problems
        else:
            found.append(f"{provider.name}: the words of requests that ask for it are sent there")
    if not found:
        return Finding(name="search", text="nothing is searched for requests that ask for it (CAVENDISH_SEARCH is not set)")
    return Finding(name="search", text="; ".join(found), state="note" if problems else "ok", fix="; ".join(problems[:3]))


def _intake(core: App) -> Finding:
    """Open a picture as a server would, and say what guards it."""
    if isinstance(core.intake, InProcess):
        why = "CAVENDISH_INTAKE_WORKERS=0" if sandbox.supported() else "this system cannot pass files to a worker process"
        return Finding(name="intake", text=f"input pictures are opened in the server itself: {why}", state="note",
                       fix="open only files that you trust, or run the server on Linux with CAVENDISH_INTAKE_WORKERS=2")
    dot = codec.encode(Pixels(width=1, height=1, channels=3, data=bytes(3)), OutputSpec()).data
    cold, warm = (_timed(lambda: core.intake.open_picture(dot)) for _ in range(2))
    return Finding(name="intake", text=f"{core.settings.intake_workers} processes open input pictures, with limits of "
                   f"{sandbox.limits_kept()}; one starts in {cold * 1000:.0f} ms and answers in {warm * 1000:.0f} ms")


def _credentials(core: App) -> Finding:
    """Say who signs, and what that is worth to strangers."""
    signing = core.credentials
    if signing is None:
        return Finding(name="credentials", text="pictures are not signed (CAVENDISH_CREDENTIALS=off)", state="note",
                       fix="CAVENDISH_CREDENTIALS=auto signs them with a certificate made here")
    signing.check()
    stamps = "; time-stamps from " + core.settings.tsa_url if core.settings.tsa_url else ""
    text = f"signed by {signing.chain.subject} until {signing.chain.not_after:%Y-%m-%d}{stamps}"
    left = signing.chain.not_after - datetime.now(UTC)
    if signing.chain.development:
        return Finding(name="credentials", text=text, state="note",
                       fix="self-made: validators call it untrusted; docs/provenance.md says how to bring your own")
    if left < timedelta(days=30):
        return Finding(name="credentials", text=text, state="note", fix=f"replace the certificate within {left.days} days")
    return Finding(name="credentials", text=text)


def _watermark(core: App) -> Finding:
    marker = core.service.provenance.watermarker
    if marker is None:
        return Finding(name="watermark", text="off (CAVENDISH_WATERMARK=off): copies of pictures are not recognised",
                       state="note", fix="CAVENDISH_WATERMARK=on, unless another system marks them")
    return Finding(name="watermark", text=f"{marker.name} ({marker.alg}), masked edits: {core.settings.masked_watermark}")


def _speed(core: App) -> Finding:
    """Draw twice: the first picture pays for opening fonts and art."""
    request = ImageRequest(prompt=PROMPT, model="comp", size=Size(512, 512))
    cold, warm = (_timed(lambda: run(core, request, ignore_events)) for _ in range(2))
    return Finding(name="speed", text=f"a 512 px comp takes {warm * 1000:.0f} ms, the first one {cold * 1000:.0f} ms")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _next_command(findings: list[Finding]) -> str:
    broken = next((f for f in findings if f.state == "bad"), None)
    if broken is not None:
        return broken.fix
    return f'cavendish generate "{PROMPT}" -o bicycle.png    (or: cavendish serve)'


def _line(finding: Finding) -> str:
    mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[finding.state]
    return f"{mark}  {finding.name:<10} {finding.text}" + (f"\n      {'':<10} {finding.fix}" if finding.fix else "")
