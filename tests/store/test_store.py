"""Rows and blobs keep what they were given."""

import os
import time
from pathlib import Path

import pytest

from cavendish.errors import UnknownFile
from cavendish.store.blobs import FolderBlobs
from cavendish.store.rows import Lineage, Rows, sqlite_url, wal_is_safe


def test_blobs_come_back_by_digest(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    key = blobs.put(b"picture")
    assert blobs.get(key) == b"picture"
    assert FolderBlobs(tmp_path / "blobs").get(key) == b"picture"
    assert blobs.put(b"picture") == key


def test_old_blobs_are_swept_and_fresh_ones_stay(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path, keep_s=3600)
    old, fresh = blobs.put(b"old"), blobs.put(b"fresh")
    long_ago = time.time() - 7200
    os.utime(tmp_path / old[:2] / old[2:4] / old, (long_ago, long_ago))
    assert FolderBlobs(tmp_path, keep_s=3600).put(b"another") != old  # a put sweeps
    assert blobs.get(fresh) == b"fresh"
    with pytest.raises(UnknownFile):
        blobs.get(old)


@pytest.mark.parametrize("key", ["", "0" * 64, "../../secret", "A" * 64, "a" * 63 + "/"])
def test_unknown_or_crooked_keys_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(UnknownFile):
        FolderBlobs(tmp_path).get(key)


def test_a_lineage_is_found_by_any_digest_and_survives_a_restart(tmp_path: Path) -> None:
    rows = Rows(sqlite_url(tmp_path))
    rows.remember(("file", "pixels"), Lineage(engine="comp", state=b"scene", request_digest="r"))
    rows.close()
    again = Rows(sqlite_url(tmp_path))
    assert again.recall(("nothing", "pixels")).state == b"scene"
    assert again.recall(("file",)).engine == "comp"
    assert again.recall(("else",)) is None
    again.close()


def test_the_newer_lineage_of_a_digest_wins(tmp_path: Path) -> None:
    rows = Rows(sqlite_url(tmp_path))
    for state in (b"old", b"new"):
        rows.remember(("file", "file"), Lineage(engine="comp", state=state, request_digest="r"))
    assert rows.recall(("file",)).state == b"new"
    rows.close()


@pytest.mark.parametrize(("version", "safe"), [((3, 40, 1), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 7), True),
                                               ((3, 51, 2), False), ((3, 51, 3), True), ((3, 52, 0), True)])
def test_wal_is_used_only_where_its_reset_bug_is_fixed(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe
