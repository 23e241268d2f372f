"""Rows and blobs keep what they were given."""

import os
import time
from pathlib import Path

import pytest
import sqlalchemy.exc

from cavendish.errors import UnknownFile
from cavendish.store.blobs import FolderBlobs
from cavendish.store.rows import Issued, Lineage, Rows, sqlite_url, wal_is_safe


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


def _issued(digest: str, **more: object) -> Issued:
    return Issued(**({"asset_digest": digest, "request_digest": "r", "engine": "comp", "revision": "1", "seed": 2**62} | more))


def test_issued_files_are_found_by_digest_and_by_mark_newest_first(tmp_path: Path) -> None:
    rows = Rows(sqlite_url(tmp_path))
    top = 2**48 - 1
    for n, digest in enumerate(("a", "b", "c")):
        rows.remember((), None, _issued(digest, mark_id=top, fingerprint=b"look", manifest="m", created_s=n + 1))
    rows.remember((), None, _issued("unmarked"))
    assert rows.issued_file("b") == _issued("b", mark_id=top, fingerprint=b"look", manifest="m", created_s=2)
    assert [i.asset_digest for i in rows.issued_marks((5, top))] == ["c", "b", "a"]
    assert rows.issued_file("unmarked").mark_id is None
    assert (rows.issued_file("none"), rows.issued_marks(()), rows.issued_marks((1,))) == (None, (), ())
    rows.close()


def test_a_file_and_its_lineage_are_recorded_together_or_not_at_all(tmp_path: Path) -> None:
    rows = Rows(sqlite_url(tmp_path))
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        rows.remember(("d",), Lineage(engine="comp", state=b"s", request_digest="r"), _issued("f", engine=None))
    assert rows.recall(("d",)) is None
    rows.remember(("d",), Lineage(engine="comp", state=b"s", request_digest="r"), _issued("f"))
    rows.remember(("d",), Lineage(engine="comp", state=b"t", request_digest="r"), _issued("f", seed=1))
    assert (rows.recall(("d",)).state, rows.issued_file("f").seed) == (b"t", 1)
    rows.close()
