"""Rows: which pictures this installation made, and what an engine needs to go on from them (the lineage)."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import sqlite_version_info
from typing import Any

import sqlalchemy as sa

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

    def remember(self, digests: tuple[str, ...], lineage: Lineage) -> None:
        """Record that pictures with these digests came from this lineage. A digest seen before takes the newer record."""
        rows = [{"digest": d, "engine": lineage.engine, "state": lineage.state, "request_digest": lineage.request_digest,
                 "created_s": lineage.created_s or int(time.time())} for d in dict.fromkeys(digests)]
        with self._engine.begin() as connection:
            connection.execute(sa.delete(LINEAGE).where(LINEAGE.c.digest.in_([r["digest"] for r in rows])))
            connection.execute(sa.insert(LINEAGE), rows)

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
