"""Where pictures are written: names, formats, and no file lost by accident."""

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cavendish.errors import ConfigError, InvalidValue

STDOUT = "-"
MIME_BY_FORMAT = MappingProxyType({"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp",
                                   "avif": "image/avif", "tiff": "image/tiff", "tif": "image/tiff", "jxl": "image/jxl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What `-o` named: one file, `count` numbered files, or standard output."""

    out: str
    count: int
    force: bool

    @property
    def is_stdout(self) -> bool:
        return self.out == STDOUT

    @property
    def paths(self) -> tuple[Path, ...]:
        """One path per candidate: puppy.png, or puppy-1.png … puppy-4.png."""
        path = Path(self.out)
        if self.count == 1:
            return (path,)
        return tuple(path.with_name(f"{path.stem}-{i}{path.suffix}") for i in range(1, self.count + 1))

    def check(self) -> None:
        """Raise InvalidValue when the pictures could not be written there, before any is drawn."""
        if self.is_stdout:
            _check_stdout(self.count)
            return
        for path in self.paths:
            if path.is_dir() or not path.name:
                raise InvalidValue(f"{path} is a folder", hint="name a file, such as -o picture.png")
            if path.exists() and not self.force:
                raise InvalidValue(f"{path} exists already", hint="choose another name, or add --force to replace it")
            if not path.parent.is_dir():
                raise InvalidValue(f"the folder {path.parent} does not exist", hint="make it first, or write elsewhere")

    def write(self, index: int, data: bytes) -> str:
        """Write candidate `index`; return what to call it. Raises ConfigError when the disk refuses."""
        if self.is_stdout:
            sys.stdout.buffer.write(data)
            return STDOUT
        path = self.paths[index]
        _replace(path, data)
        return str(path)


def mime_of(out: str, named: str | None, default: str) -> str:
    """Return the MIME type: `--format`, else what the extension says, else the default of the settings."""
    suffix = Path(out).suffix.lower().removeprefix(".")
    if named is None and suffix and suffix not in MIME_BY_FORMAT:
        raise InvalidValue(f"no picture format goes by .{suffix[:20]}",
                           hint="use .png, .jpg, .webp, .avif, .tiff or .jxl, or say --format")
    return MIME_BY_FORMAT.get(named or suffix, default)


def _check_stdout(count: int) -> None:
    if count > 1:
        raise InvalidValue(f"{count} pictures do not fit one standard output", hint="name a file, such as -o picture.png")
    if sys.stdout.isatty():
        raise InvalidValue("standard output is a terminal", hint="pipe it into a program, or name a file")


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(data)
        os.replace(fresh, path)
    except OSError as exc:
        fresh.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written: {exc.strerror}", hint="check the disk and the permissions") from exc
