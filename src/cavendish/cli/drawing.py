"""What `generate` and `edit` share: their options, the run, and how its result is told."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from cavendish.app import App, build
from cavendish.cli import exits
from cavendish.cli.output import MIME_BY_FORMAT, Target, mime_of
from cavendish.cli.progress import shown
from cavendish.engines.base import Engine
from cavendish.errors import InvalidValue
from cavendish.settings import Settings, read
from cavendish.types import (
    MAX_CANDIDATES,
    TIERS,
    Candidate,
    ImageRequest,
    OnEvent,
    OutputSpec,
    Reference,
    ReferenceRole,
    Result,
    Search,
    Size,
    TextLayer,
    Thinking,
)
from cavendish.work.run import Stop

F = TypeVar("F", bound=Callable[..., Any])
ROLES = tuple(role.value for role in ReferenceRole if role is not ReferenceRole.BASE)


class ReferenceType(click.ParamType[Reference]):
    """`cup.jpg`, or `cup.jpg:style` with one of ROLES."""

    name = "file[:role]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Reference:  # noqa: ANN401
        """Read the file."""
        path, _, role = value.rpartition(":")
        if not path or role not in ROLES or Path(value).exists():
            path, role = value, ReferenceRole.OBJECT
        return Reference(data=read_file(path), role=ReferenceRole(role))


class AdapterType(click.ParamType[tuple[str, float]]):
    """`watercolour`, or `watercolour=0.6`."""

    name = "name[=weight]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:  # noqa: ANN401
        """Read name and weight."""
        name, _, weight = value.partition("=")
        try:
            return name, float(weight or 1)
        except ValueError:
            self.fail(f"{weight!r} is no number", param, ctx)


class SizeType(click.ParamType[str | Size]):
    """A tier such as `2K`, or `1536x1024`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Size:  # noqa: ANN401
        """Read either form."""
        if isinstance(value, Size) or value.upper() in TIERS:
            return value if isinstance(value, Size) else value.upper()
        return Size.parse(value)


_OPTIONS = (
    click.option("-o", "--out", metavar="FILE", help="Where to write; `-` is standard output. With -n 4, puppy.png becomes "
                 "puppy-1.png to puppy-4.png."),
    click.option("--ratio", metavar="W:H", help="Aspect ratio, such as 16:9. `cavendish models` lists them."),
    click.option("--size", type=SizeType(), metavar="SIZE", help="512, 1K, 2K or 4K, or exact pixels such as 1536x1024."),
    click.option("--seed", type=int, help="Same seed, same picture. Picture i of several draws with seed + i."),
    click.option("-n", "--count", type=click.IntRange(1, MAX_CANDIDATES), default=1, show_default=True,
                 help="How many pictures."),
    click.option("--ref", "references", type=ReferenceType(), multiple=True, metavar="FILE[:ROLE]",
                 help=f"An input picture; repeat for more. Roles: {', '.join(ROLES)}; object unless said."),
    click.option("--model", default="flash", show_default=True, help="A model id or alias."),
    click.option("--negative", default="", metavar="WORDS", help="What must not be in the picture."),
    click.option("--text", "texts", multiple=True, metavar="WORDS", help="Words to typeset exactly; repeat for more."),
    click.option("--background", type=click.Choice(("auto", "opaque", "transparent")), default="auto", show_default=True),
    click.option("--format", "file_format", type=click.Choice(tuple(MIME_BY_FORMAT)),
                 help="File format; else the extension of -o says it."),
    click.option("--quality", type=int, default=92, show_default=True, help="1 to 100, for jpeg, webp, avif and jxl."),
    click.option("--bit-depth", type=click.Choice(("8", "10", "12", "16")), default="8", show_default=True,
                 help="16 for png, tiff and jxl; 10 or 12 for avif."),
    click.option("--max-bytes", type=click.IntRange(1), metavar="BYTES",
                 help="The largest the file may be; the best quality that fits is found."),
    click.option("--adapter", "adapters", type=AdapterType(), multiple=True, metavar="NAME[=WEIGHT]",
                 help="Put a LoRA adapter on the model; repeat for more."),
    click.option("--thinking", type=click.Choice([t.value for t in Thinking]), default=Thinking.MINIMAL.value,
                 show_default=True, help="How much to plan and check."),
    click.option("--search", is_flag=True, help="Look facts up first, with the provider in CAVENDISH_SEARCH."),
    click.option("--exact-text", is_flag=True, help="Typeset quoted text that the model misspells twice. Needs OCR."),
    click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder; ~/.cavendish unless set."),
    click.option("--force", is_flag=True, help="Replace files that exist."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
)


def picture_options(command: F) -> F:
    """Give a command the options that every picture has."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A request, where its pictures go, and how to tell about it."""

    request: ImageRequest
    target: Target
    as_json: bool


def order(prompt: str, options: Mapping[str, Any], settings: Settings, **more: Any) -> Order:  # noqa: ANN401  request fields
    """Build an Order from parsed options; `more` are further fields of the request. Raises InvalidRequest."""
    target = target_of(options)
    target.check()
    request = request_of(prompt, options, mime_of(target.out, options["file_format"], settings.default_mime), **more)
    return Order(request=request, target=target, as_json=options["as_json"])


def request_of(prompt: str, options: Mapping[str, Any], mime: str, **more: Any) -> ImageRequest:  # noqa: ANN401
    """Build the request of parsed options; `more` fields win. Raises InvalidRequest."""
    size = options["size"]
    return ImageRequest(**{
        "prompt": prompt, "model": options["model"], "aspect_ratio": options["ratio"], "seed": options["seed"],
        "size": size if isinstance(size, Size) else None, "tier": None if isinstance(size, Size) else size,
        "count": options["count"], "references": options["references"], "negative_prompt": options["negative"],
        "adapters": options["adapters"], "search": Search() if options["search"] else None,
        "text_layers": tuple(TextLayer(text=t) for t in options["texts"]), "thinking": Thinking(options["thinking"]),
        "text": "exact" if options["exact_text"] else "drawn",
        "output": OutputSpec(mime=mime, quality=options["quality"], background=options["background"],
                             bit_depth=int(options["bit_depth"]), max_bytes=options["max_bytes"])} | more)


def target_of(options: Mapping[str, Any]) -> Target:
    """Return where the pictures go. Raises InvalidValue when the command line does not say, or says two things."""
    if not options["out"]:
        raise InvalidValue("it is not said where to write the picture", hint="add -o picture.png")
    target = Target(out=options["out"], count=options["count"], force=options["force"])
    if target.is_stdout and options["as_json"]:
        raise InvalidValue("the picture and the JSON cannot share standard output", hint="name a file, or leave out --json")
    return target


def settings_of(options: Mapping[str, Any]) -> Settings:
    """Read the settings, the command line last."""
    return read(data=options["data"])


def draw(wanted: Order, settings: Settings, engines: Mapping[str, Engine] | None) -> int:
    """Run an Order, write its pictures, tell about them; return the exit code. Ctrl-C stops the run between steps."""
    start = time.perf_counter()
    with build(settings, engines) as core, shown(wanted.request.count, quiet=wanted.as_json) as on_event:
        result = run(core, wanted.request, on_event)
    names = [wanted.target.write(c.index, c.asset.data) if c.asset else "" for c in result.candidates]
    told = _as_json if wanted.as_json else _as_text
    told(wanted, result, names, time.perf_counter() - start)
    return exits.OK if all(names) else exits.NO_IMAGE


def run(core: App, request: ImageRequest, on_event: OnEvent) -> Result:
    """Make the pictures on a worker thread, so that Ctrl-C reaches this one and stops the run."""
    stop = Stop(core.settings.deadline_s)
    future = core.pool.submit(lambda: core.service.generate(request, stop, on_event))
    try:
        wait((future,))
    except KeyboardInterrupt:
        stop.cancel()
        wait((future,))
        raise
    return future.result()


def read_file(path: str) -> bytes:
    """Read an input file, `-` from standard input. Raises click.BadParameter."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as exc:
        raise click.BadParameter(f"{path} cannot be read: {exc.strerror}") from exc


def read_prompt(words: str) -> str:
    """Return the prompt, `-` from standard input."""
    return read_file("-").decode("utf-8", "replace").strip() if words == "-" else words


def _as_text(wanted: Order, result: Result, names: list[str], seconds: float) -> None:
    for candidate, name in zip(result.candidates, names, strict=True):
        if candidate.asset is None:
            click.echo(f"no picture {candidate.index + 1}: {candidate.note or candidate.finish_reason}", err=True)
            continue
        kind = candidate.asset.mime.removeprefix("image/").upper()
        click.echo(f"{name}: {candidate.asset.size} {kind}, seed {candidate.seed}, drawn by {result.engine} in {seconds:.1f} s",
                   err=wanted.target.is_stdout)
    for note in dict.fromkeys((result.note, *(c.note for c in result.candidates if c.asset))):
        if note:
            click.echo(f"note: {note}", err=True)
    for source in result.sources:
        click.echo(f"source: {source.title} ({source.place or source.url})", err=True)


def _as_json(wanted: Order, result: Result, names: list[str], seconds: float) -> None:
    usage = result.usage
    click.echo(json.dumps({
        "id": result.id, "model": result.model, "engine": result.engine, "revision": result.revision, "size": str(result.size),
        "aspect_ratio": result.aspect_ratio, "prompt": wanted.request.prompt, "note": result.note, "seconds": round(seconds, 3),
        "request_digest": result.request_digest, "queries": result.queries,
        "sources": [{"title": s.title, "url": s.url, "place": s.place} for s in result.sources],
        "usage": {"prompt": usage.prompt, "output": usage.output, "thoughts": usage.thoughts, "total": usage.total,
                  "list_price_micros": usage.list_price_micros},
        "pictures": [_picture(c, name) for c, name in zip(result.candidates, names, strict=True)]}, ensure_ascii=False))


def _picture(candidate: Candidate, name: str) -> dict[str, object]:
    asset = candidate.asset
    told: dict[str, object] = {"index": candidate.index, "seed": candidate.seed, "finish_reason": candidate.finish_reason,
                               "note": candidate.note, "path": name or None}
    if candidate.receipt is not None:
        told["receipt"] = dict(candidate.receipt)
    return told | ({"mime": asset.mime, "size": str(asset.size), "bytes": len(asset.data), "sha256": asset.digest}
                   if asset else {})
