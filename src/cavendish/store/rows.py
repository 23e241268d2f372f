"""Rows: which pictures this installation made (issued), and what an engine needs to go on from them (the lineage)."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from sqlite3 import sqlite_version_info
from typing import Any

import sqlalchemy as sa

from cavendish.types import Source

# SQLite before 3.51.3 can lose committed pages when a WAL is reset while another process checkpoints (sqlite.org/wal.html,
# "WAL-reset bug"; back-ported to 3.50.7 and 3.44.6): such versions run with a rollback journal.
WAL_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))

METADATA = sa.MetaData()
LINEAGE = sa.Table(
    "lineage", METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),     # sha256 of the file, or of its decoded pixels
    sa.Column("engine", sa.String(64), nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),       # the engine's own record of the picture
    sa.Column("request_digest", sa.String(64), nullable=False),
    sa.Column("created_s", sa.BigInteger, nullable=False),
)
ISSUED = sa.Table(
    "issued", METADATA,
    sa.Column("asset_digest", sa.String(64), primary_key=True),  # sha256 of the file that left
    sa.Column("mark_id", sa.BigInteger, index=True),             # of its watermark, null when it carries none of ours
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),    # what the marked pixels look like, b"" without a mark
    sa.Column("request_digest", sa.String(64), nullable=False),
    sa.Column("engine", sa.String(64), nullable=False),
    sa.Column("revision", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("manifest", sa.String(64), nullable=False),        # key of its C2PA manifest store in the blobs, "" unsigned
    sa.Column("created_s", sa.BigInteger, nullable=False),
)
REVIEWS = sa.Table(
    "reviews", METADATA,
    sa.Column("asset_digest", sa.String(64), primary_key=True),  # sha256 of the file that left
    sa.Column("before", sa.String(64), nullable=False),          # key of the picture drawn first, "" when it is not kept
    sa.Column("facts", sa.JSON, nullable=False),                 # what failed, how it was mended, what was typeset
    sa.Column("created_s", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """That a picture was mended before it left. `before` is the key of the first one in the blobs of corrected pictures."""

    asset_digest: str
    facts: Mapping[str, Any]
    before: str = ""
    created_s: int = 0

CITED = sa.Table(
    "cited", METADATA,
    sa.Column("asset_digest", sa.String(64), primary_key=True),  # sha256 of a file that was drawn with facts looked up
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),                 # file and row of a catalog, "" for a page
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A file that left this installation. With a mark of ours `fingerprint` says what its pixels look like."""

    asset_digest: str
    request_digest: str
    engine: str
    revision: str
    seed: int
    mark_id: int | None = None
    fingerprint: bytes = field(default=b"", repr=False)
    manifest: str = ""
    created_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What made a picture: enough for the engine to go on from it."""

    engine: str
    state: bytes = field(repr=False)
    request_digest: str
    created_s: int = 0


class Rows:
    """The tables of one database. Safe to call from many threads."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        METADATA.create_all(self._engine)

    def remember(self, digests: tuple[str, ...], lineage: Lineage | None, issued: Issued | None = None,
                 review: Review | None = None) -> None:
        """Record where pictures with these digests came from, and the file that is about to leave, in one transaction.

        `review` says how that file was mended.

        A digest seen before takes the newer record.
        """
        now = int(time.time())
        with self._engine.begin() as connection:
            if lineage is not None:
                rows = [{"digest": d, "engine": lineage.engine, "state": lineage.state, "created_s": lineage.created_s or now,
                         "request_digest": lineage.request_digest} for d in dict.fromkeys(digests)]
                connection.execute(sa.delete(LINEAGE).where(LINEAGE.c.digest.in_([r["digest"] for r in rows])))
                connection.execute(sa.insert(LINEAGE), rows)
            if issued is not None:
                connection.execute(sa.delete(ISSUED).where(ISSUED.c.asset_digest == issued.asset_digest))
                connection.execute(sa.insert(ISSUED), asdict(issued) | {"created_s": issued.created_s or now})
            if review is not None:
                connection.execute(sa.delete(REVIEWS).where(REVIEWS.c.asset_digest == review.asset_digest))
                connection.execute(sa.insert(REVIEWS), {"asset_digest": review.asset_digest, "before": review.before,
                                                        "facts": dict(review.facts), "created_s": review.created_s or now})

    def review(self, asset_digest: str) -> Review | None:
        """How the file with this sha256 was mended before it left, None when it was not."""
        query = sa.select(REVIEWS).where(REVIEWS.c.asset_digest == asset_digest)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        return Review(**dict(row)) if row is not None else None

    def cite(self, digest: str, sources: tuple[Source, ...]) -> None:
        """Record the sources of the facts that the file with this sha256 was drawn with."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(CITED).where(CITED.c.asset_digest == digest))
            connection.execute(sa.insert(CITED), [
                {"asset_digest": digest, "position": i, "title": s.title, "url": s.url, "place": s.place}
                for i, s in enumerate(sources)])

    def cited(self, digest: str) -> tuple[Source, ...]:
        """The sources of a file's facts, by its sha256; without their snippets."""
        query = sa.select(CITED.c.title, CITED.c.url, CITED.c.place).where(CITED.c.asset_digest == digest)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(CITED.c.position)).mappings().all()
        return tuple(Source(**dict(row)) for row in rows)

    def issued_file(self, digest: str) -> Issued | None:
        """Find the record of a file by its sha256: it left here exactly so."""
        found = self._issued(ISSUED.c.asset_digest == digest, 1)
        return found[0] if found else None

    def issued_marks(self, mark_ids: tuple[int, ...], limit: int = 64) -> tuple[Issued, ...]:
        """Find the files that left with one of these watermark ids, newest first."""
        return self._issued(ISSUED.c.mark_id.in_(mark_ids), limit) if mark_ids else ()

    def _issued(self, where: sa.ColumnElement[bool], limit: int) -> tuple[Issued, ...]:
        query = sa.select(ISSUED).where(where).order_by(ISSUED.c.created_s.desc()).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(Issued(**dict(row)) for row in rows)

    def recall(self, digests: tuple[str, ...]) -> Lineage | None:
        """Find the lineage of a picture by any of its digests."""
        query = sa.select(LINEAGE).where(LINEAGE.c.digest.in_(digests)).order_by(LINEAGE.c.created_s.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return Lineage(engine=row["engine"], state=row["state"], request_digest=row["request_digest"],
                       created_s=row["created_s"])

    def ping(self) -> None:
        """Ask the database for one row of nothing. Raises sqlalchemy.exc.SQLAlchemyError when it is away."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("select 1"))

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def sqlite_url(folder: Path) -> str:
    """The default database: one file in the data folder."""
    return f"sqlite:///{folder / 'cavendish.db'}"


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the WAL-reset fix."""
    return version >= WAL_FIXED[-1] or any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_FIXED)


def _tune_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401  DBAPI objects have no common type
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode=" + ("wal" if wal_is_safe(sqlite_version_info) else "delete"))
    cursor.execute("pragma synchronous=full")
    cursor.execute("pragma busy_timeout=10000")
    cursor.close()
