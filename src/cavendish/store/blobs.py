"""Content-addressed bytes in a folder (or, by URL, a bucket). Keys are sha256 hex digests."""

import hashlib
import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore

from cavendish.errors import InternalError, UnknownFile


class Blobs(Protocol):
    """Stores bytes by their digest."""

    def put(self, data: bytes) -> str: ...

    def get(self, key: str) -> bytes: ...


class FolderBlobs:
    """Blobs under a folder, two levels deep. Writes are atomic (obstore writes beside and renames).

    With `keep_s`, blobs go that long after they were last put; `put` sweeps now and then.
    """

    def __init__(self, folder: Path, keep_s: float | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store = LocalStore(prefix=str(folder))
        self._keep_s = keep_s
        self._next_sweep = 0.0

    def put(self, data: bytes) -> str:
        """Keep bytes; return their key. Putting the same bytes twice is harmless."""
        key = hashlib.sha256(data).hexdigest()
        try:
            self._store.put(_path(key), data)
        except BaseError as exc:
            raise InternalError("the picture could not be stored", hint="check the disk of the data folder") from exc
        if self._keep_s is not None and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + self._keep_s / 10
            self.sweep(self._keep_s)
        return key

    def sweep(self, keep_s: float) -> int:
        """Delete blobs last put more than `keep_s` seconds ago; return how many."""
        limit = datetime.now(UTC) - timedelta(seconds=keep_s)
        old = [meta["path"] for page in self._store.list() for meta in page if meta["last_modified"] < limit]
        with suppress(NotFoundError, FileNotFoundError):  # another process may have swept it first
            self._store.delete(old)
        return len(old)

    def get(self, key: str) -> bytes:
        """Read bytes back. Raises UnknownFile."""
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            raise UnknownFile("no such picture", hint="use the URL exactly as it was returned")
        try:
            return bytes(self._store.get(_path(key)).bytes())
        except (NotFoundError, FileNotFoundError) as exc:
            raise UnknownFile("no such picture", hint="it may have been removed; draw it again") from exc


def _path(key: str) -> str:
    return f"{key[:2]}/{key[2:4]}/{key}"
