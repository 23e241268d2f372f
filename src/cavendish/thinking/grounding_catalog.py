"""The user's own catalog as a search provider: CSV rows and pictures in a full-text index, re-read when the files change.

The index is a file that is rebuilt from the catalog at any time; nothing else is kept in it. A row is found by its title or
its keys, not by prose alone, so that a kettle "for every kitchen" is not in every picture of a kitchen.
"""

import hashlib
import logging
import re
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote

from cavendish.errors import ConfigError
from cavendish.thinking import grounding_rows
from cavendish.thinking.grounding import Check, NothingFound
from cavendish.thinking.grounding_rows import Reading, Row
from cavendish.types import MAX_FILE_BYTES, Source

log = logging.getLogger("cavendish.grounding")
SCHEMA = "1"          # of the index; another one is rebuilt
LOOK_AGAIN_S = 2.0    # how often the files are looked at for changes
MAX_QUERY_WORDS = 64
CANDIDATES = 50       # rows that the index offers for one query
_FIND = """select file, number, title, text, url, image_url, title_words, key_words from product where product match ?
    order by bm25(product, 0, 0, 0, 0, 0, 0, 0, 8, 8, 1) limit ?"""
_MAKE = """create virtual table product using fts5(file unindexed, number unindexed, title unindexed, text unindexed,
    url unindexed, image_url unindexed, picture unindexed, title_words, key_words, text_words, tokenize='unicode61')"""
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_STOP = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "into", "is", "it", "its", "of", "on", "or", "our",
    "that", "the", "their", "these", "this", "those", "to", "with", "without", "draw", "show", "make", "create", "generate",
    "picture", "image", "photo", "der", "die", "das", "ein", "eine", "und", "mit", "auf", "im", "le", "la", "les", "un",
    "une", "des", "et", "sur", "dans", "el", "los", "de", "en", "con", "y",
))


@dataclass(slots=True)
class CatalogSearch:
    """Finds products by their names and numbers. Safe from many threads."""

    path: Path
    index: Path  # the file of the index, in the data folder
    clock: Callable[[], float] = time.monotonic
    problems: tuple[str, ...] = ()
    rows: int = 0
    _fingerprint: str = ""
    _looked: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def name(self) -> str:
        return "the catalog"

    @property
    def remote(self) -> bool:
        return False

    def search(self, query: str, limit: int, check: Check) -> tuple[Source, ...]:
        """The products that a prompt names, best first. Raises NothingFound when the catalog cannot be read."""
        self.refresh(check)
        wanted = tuple(dict.fromkeys((*codes(query), *words(query))))[:MAX_QUERY_WORDS]
        if not wanted:
            return ()
        anyone = " OR ".join(f'"{w}"' for w in wanted)
        try:
            with closing(_opened(self.index)) as rows:
                found = rows.execute(_FIND, (f"({{title_words key_words}} : ({anyone})) AND ({anyone})", CANDIDATES)).fetchall()
        except sqlite3.Error as exc:
            raise NothingFound(f"its index cannot be read ({type(exc).__name__})") from None
        meant = [(row, hits) for row in found if (hits := _hits(row[6], row[7], wanted))]
        best = max((hits for _, hits in meant), default=0)
        meant.sort(key=lambda pair: -pair[1])  # stable: among equals the index's own order stands
        return tuple(_source(row) for row, hits in meant if 2 * hits >= best)[:limit]

    def picture(self, source: Source) -> bytes | None:
        """The file that the source's row names, None without one."""
        with suppress(sqlite3.Error), closing(_opened(self.index)) as rows:
            numbered = re.fullmatch(r"(.*), row (\d{1,9})", source.place, re.S)
            file, number = (numbered[1], int(numbered[2])) if numbered else (source.place, 0)
            found = rows.execute("select picture from product where file = ? and number = ?", (file, number)).fetchone()
            if found and found[0]:
                return self._read(found[0])
        return None

    def _read(self, relative: str) -> bytes | None:
        root = (self.path if self.path.is_dir() else self.path.parent).resolve()
        try:
            path = (root / relative).resolve()
            if not path.is_relative_to(root) or path.stat().st_size > MAX_FILE_BYTES:
                return None
            return path.read_bytes() or None
        except OSError:
            return None

    def refresh(self, check: Check = lambda: None) -> None:
        """Read the files again when they changed since. Raises NothingFound when there are none; what `check` raises."""
        while not self._lock.acquire(timeout=0.1):  # another request reads a large catalog
            check()
        try:
            if self.clock() - self._looked < LOOK_AGAIN_S:
                return
            root, paths = grounding_rows.files(self.path)
            if not paths:
                raise NothingFound("there is no CSV file and no picture at CAVENDISH_CATALOG")
            seen = _fingerprint(root, paths)
            if seen != self._fingerprint:
                self._build(root, paths, seen, check)
            self._looked, self._fingerprint = self.clock(), seen
        except (sqlite3.Error, OSError) as exc:
            raise NothingFound(f"it cannot be indexed ({type(exc).__name__})") from None
        finally:
            self._lock.release()

    def _build(self, root: Path, paths: list[Path], seen: str, check: Check) -> None:
        """Fill a new index beside the old one, then put it in its place. One of another process with the same files stands."""
        known = _known(self.index, seen)
        if known is not None:
            self.rows, self.problems = known
            return
        reading = Reading(root=root)
        self.index.parent.mkdir(parents=True, exist_ok=True)
        with _beside(self.index) as made, closing(sqlite3.connect(made)) as new:
            new.execute("pragma journal_mode=off")  # a file that is thrown away when this fails
            new.execute("pragma synchronous=off")
            new.execute(_MAKE)
            new.execute("create table about (name text primary key, value text)")
            new.executemany("insert into product values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            (_stored(r) for r in _checked(grounding_rows.rows(reading, paths), check)))
            told = {"files": seen, "rows": str(reading.rows), "problems": "\n".join(reading.problems)}
            new.executemany("insert into about values (?, ?)", told.items())
            new.commit()
        self.rows, self.problems = reading.rows, tuple(reading.problems)
        for problem in self.problems:
            log.warning("catalog: %s", problem)
        log.info("the catalog was read", extra={"fields": {"rows": self.rows, "files": len(paths)}})

    def close(self) -> None:
        """Nothing is kept open."""


def open_catalog(path: Path, index: Path) -> CatalogSearch:
    """Join a catalog; it is read at the first search. Raises ConfigError when it is not there, or SQLite lacks FTS5."""
    if not path.exists():
        raise ConfigError(f"CAVENDISH_CATALOG={path} is not there",
                          hint="name a CSV file, or a folder of CSV files and pictures")
    if not has_fts5():
        raise ConfigError("this Python's SQLite was built without FTS5, which the catalog needs",
                          hint="use another Python, or leave CAVENDISH_CATALOG out")
    return CatalogSearch(path=path, index=index)


def has_fts5() -> bool:
    """Whether SQLite can make a full-text index."""
    with closing(sqlite3.connect(":memory:")) as memory:
        try:
            memory.execute("create virtual table t using fts5(x)")
        except sqlite3.OperationalError:
            return False
    return True


def words(text: str) -> list[str]:
    """The words that count: folded to lower case without accents, singular, without those that every prompt has.

    Writing without spaces becomes pairs of characters.
    """
    if text.isascii():  # most catalogs, and a third of the time
        return [_singular(word) for word in _WORD.findall(text.lower()) if word not in _STOP]
    folded = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", folded)):
        if _UNSPACED.search(word):
            found += [word[i:i + 2] for i in range(len(word) - 1)] or [word]
        elif word not in _STOP:
            found.append(_singular(word))
    return found


def codes(text: str) -> list[str]:
    """What may be a product's number: words with a digit, without what parts them. AK-17 and ak17 are the same."""
    bare = (re.sub(r"[\W_]", "", word.casefold()) for word in text.split())
    return [c for c in bare if len(c) >= (4 if c.isdigit() else 3) and any(map(str.isdigit, c))]


def _singular(word: str) -> str:
    if word[-1] != "s":
        return word
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _hits(title: str, keys: str, wanted: tuple[str, ...]) -> int:
    """How many words of a title were said, 0 unless they name the product: two, or most of them, or one of its keys."""
    named = set(title.split())
    said = named & set(wanted)
    keyed = set(keys.split()) & set(wanted)
    return len(said) + 2 * len(keyed) if keyed or len(said) >= 2 or 2 * len(said) > len(named) else 0


def _source(row: tuple[str, int, str, str, str, str, str, str]) -> Source:
    file, number, title, text, url, image_url = row[:6]
    place = f"{file}, row {number}" if number else file
    own = f"catalog:{quote(file)}" + (f"#row={number}" if number else "")
    return Source(title=title, url=url or own, snippet=text, image_url=image_url, place=place)


def _stored(row: Row) -> tuple[str | int, ...]:
    return (row.file, row.number, row.title, row.text, row.url, row.image_url, row.picture, " ".join(words(row.title)),
            " ".join(codes(row.keys)), " ".join(words(row.text)))


def _checked(rows: Iterator[Row], check: Check) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % 256 == 0:
            check()
        yield row


def _opened(index: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(index))}?mode=ro", uri=True, timeout=2.0)


def _known(index: Path, seen: str) -> tuple[int, tuple[str, ...]] | None:
    """Rows and problems of an index that was made of exactly these files; None when there is none."""
    if not index.exists():
        return None
    with suppress(sqlite3.Error, KeyError, ValueError), closing(_opened(index)) as rows:
        about = dict(rows.execute("select name, value from about"))
        if about["files"] == seen:
            return int(about["rows"]), tuple(filter(None, about["problems"].split("\n")))
    return None


@contextmanager
def _beside(index: Path) -> Iterator[str]:
    """A new file that takes the place of the index when all went well, and is gone when not."""
    with NamedTemporaryFile(dir=index.parent, prefix=index.name, suffix=".new", delete=False) as made:
        path = Path(made.name)
    try:
        yield str(path)
        path.replace(index)
    finally:
        path.unlink(missing_ok=True)


def _fingerprint(root: Path, paths: list[Path]) -> str:
    """What the files are: names, sizes, times of change."""
    told = [SCHEMA, str(root.resolve())]
    for path in paths:
        with suppress(OSError):
            stat = path.stat()
            told.append(f"{path.relative_to(root)}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogateescape")).hexdigest()
