"""Open-weight models on disk: fetched from a hub by commit, checked file by file, with the licence that was accepted.

A model is a folder: one folder per repository (`main`, `edit`, `adapter`, `edit_adapter`) and `weights.json`, written last: a
folder without it is a pull that was cut off, and the next pull goes on from what lies there.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from cavendish.catalog.weights import Weights, all_weights, weights
from cavendish.errors import ConfigError, EngineUnavailable, Forbidden

RECORD = "weights.json"
PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "LICENSE*", "NOTICE*")  # no pickles, no code
_SPARE = 1.02  # of the disk that the files need
_CHUNK = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file of a repository at one commit. `sha256` is "" where the hub names none (small text files)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A repository at one commit."""

    repo: str
    commit: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    """Where weights come from."""

    def commit(self, repo: str, revision: str) -> Commit:
        """Resolve a branch, tag or commit. Raises CavendishError."""
        ...

    def fetch(self, commit: Commit, file: RemoteFile, folder: Path, on_bytes: Callable[[int], None]) -> None:
        """Bring one file into a folder, going on where a former try stopped. Raises CavendishError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `weights.json` says of an installed model."""

    id: str
    licence: str
    accepted_s: int                   # Unix time when the licence was accepted, 0 when it asks for nothing
    commits: dict[str, str]           # role -> commit
    repos: dict[str, str]             # role -> repository
    files: dict[str, dict[str, str]]  # role -> file -> sha256

    @property
    def revision(self) -> str:
        """One word for all commits."""
        return hashlib.sha256(json.dumps(self.commits, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a pull is. `done` and `total` in bytes over all files."""

    file: str
    done: int
    total: int


class WeightsFolder:
    """The installed models of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def installed(self) -> Iterator[tuple[Weights, Path, Record]]:
        """Yield what is whole, in the catalog's order."""
        for facts in all_weights():
            record = self._record(facts.id)
            if record is not None:
                yield facts, self.root / facts.id, record

    def path(self, name: str) -> Path:
        """Return the folder of installed weights. Raises EngineUnavailable."""
        facts = weights(name)
        if self._record(facts.id) is None:
            raise EngineUnavailable(f"{facts.id} is not installed", hint=f"fetch it with `cavendish models pull {facts.id}`")
        return self.root / facts.id

    def remove(self, name: str) -> int:
        """Delete installed or half-fetched weights; return the bytes freed. Raises EngineUnavailable."""
        folder = self.root / weights(name).id
        if not folder.is_dir():
            raise EngineUnavailable(f"{folder.name} is not installed", hint="`cavendish models list` shows what is")
        freed = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
        (folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(folder)
        return freed

    def pull(self, facts: Weights, hub: Hub, *, accept: bool = False, revision: str = "main",
             on_progress: Callable[[Progress], None] = lambda _: None) -> Record:
        """Fetch a model. Raises Forbidden for a licence that must be accepted, ConfigError without room or for a damaged file.

        A branch is resolved to a commit once and recorded. Files that lie here whole are not fetched again.
        """
        check_licence(facts, accept)
        repos = {"main": facts.repo, "edit": facts.edit_repo, "adapter": facts.adapter_repo,
                 "edit_adapter": facts.edit_adapter_repo}
        commits = {role: _wanted(hub.commit(repo, revision)) for role, repo in repos.items() if repo}
        folder = self.root / facts.id
        (folder / RECORD).unlink(missing_ok=True)
        self._check_room(facts, commits)
        total, done = sum(f.size for c in commits.values() for f in c.files), 0
        sums: dict[str, dict[str, str]] = {}
        for role, commit in commits.items():
            for file in commit.files:
                start = done
                on_progress(Progress(file=file.name, done=done, total=total))
                digest = _fetched(hub, commit, file, folder / role,
                                  lambda n, f=file, s=start: on_progress(Progress(file=f.name, done=s + n, total=total)))  # type: ignore[misc]
                sums.setdefault(role, {})[file.name] = digest
                done = start + file.size
        record = Record(id=facts.id, licence=facts.licence, accepted_s=int(time.time()) if accept else 0,
                        commits={r: c.commit for r, c in commits.items()}, repos={r: c.repo for r, c in commits.items()},
                        files=sums)
        beside = folder / (RECORD + ".new")
        beside.write_text(json.dumps(asdict(record), indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(folder / RECORD)
        on_progress(Progress(file="", done=total, total=total))
        return record

    def _record(self, name: str) -> Record | None:
        try:
            return Record(**json.loads((self.root / name / RECORD).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as exc:
            raise ConfigError(f"{self.root / name / RECORD} cannot be read: {exc}",
                              hint=f"fetch it again with `cavendish models pull {name}`") from exc

    def _check_room(self, facts: Weights, commits: dict[str, Commit]) -> None:
        folder = self.root / facts.id
        folder.mkdir(parents=True, exist_ok=True)
        wanted = sum(f.size for role, c in commits.items() for f in c.files
                     if _size(folder / role / f.name) != f.size) * _SPARE
        free = shutil.disk_usage(folder).free
        if wanted > free:
            raise ConfigError(f"{facts.name} needs {wanted / 1e9:.1f} GB and {free / 1e9:.1f} GB are free in {folder}",
                              hint="free some, or put CAVENDISH_MODELS on a larger disk")


def check_licence(facts: Weights, accept: bool) -> None:
    """Raise Forbidden for weights whose licence somebody must have read and accepted."""
    if facts.commercial_use or accept:
        return
    raise Forbidden(f"{facts.name} is under the {facts.licence}, which does not allow commercial use",
                    hint=f"read {facts.licence_url} and pull again with --accept-licence")


def check_file(path: Path, file: RemoteFile) -> str:
    """Return the sha256 of a fetched file. Raises ConfigError, and deletes it, when it is not what the hub announced."""
    summed = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            summed.update(chunk)
    digest = summed.hexdigest()
    if path.stat().st_size != file.size or (file.sha256 and digest != file.sha256):
        path.unlink()
        raise ConfigError(f"{file.name} arrived damaged", hint="pull again: whole files are kept")
    return digest


def _fetched(hub: Hub, commit: Commit, file: RemoteFile, folder: Path, on_bytes: Callable[[int], None]) -> str:
    target = folder / file.name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"the repository {commit.repo} names a file outside its folder: {file.name[:80]!r}",
                          hint="report it to the publisher; nothing was written")
    if _size(target) != file.size:
        hub.fetch(commit, file, folder, on_bytes)
    return check_file(target, file)


def _wanted(commit: Commit) -> Commit:
    """Without what no engine reads: other formats, demos, pickles."""
    kept = tuple(f for f in commit.files if any(Path(f.name).match(p) for p in PATTERNS))
    if not any(f.name.endswith(".safetensors") for f in kept):
        raise EngineUnavailable(f"{commit.repo} holds no .safetensors file", hint="name another repository or a local folder")
    return replace(commit, files=kept)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
