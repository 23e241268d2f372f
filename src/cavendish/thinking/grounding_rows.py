"""CSV files and pictures of a catalog -> rows. The files are the user's, and still hostile: exports come in every shape.

A cell is text and never a formula. Limits are facts below; what passes them is left out, and `problems` says so.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cavendish.thinking.grounding_text import MAX_TITLE_CHARS, link, plain
from cavendish.types import MAX_FILE_BYTES

MAX_CSV_BYTES = 64 * 2**20   # of one file
MAX_FILES = 2_000            # of a folder that are looked at
MAX_ROWS = 200_000           # of the whole catalog
MAX_COLUMNS = 256
MAX_CELL_CHARS = 131_072     # what the csv module takes
MAX_TEXT_CHARS = 2_000       # of one row that are kept
MAX_PROBLEMS = 20
CSV_TYPES = (".csv", ".tsv")
PICTURE_TYPES = (".png", ".jpg", ".jpeg", ".webp", ".avif")

TITLES = ("title", "name", "product", "product_name", "product_title", "item", "label", "titel", "nom", "nombre", "bezeichnung")
KEYS = ("sku", "id", "item_id", "product_id", "ean", "gtin", "mpn", "upc", "article", "article_number", "artikelnummer", "code",
        "handle")
LINKS = ("link", "url", "href", "page", "product_url")
PICTURES = ("image", "image_link", "image_url", "image_src", "picture", "photo", "bild", "file", "image_file")
_BOMS: Mapping[bytes, str] = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
                              codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One product. `file` is relative to the catalog, `number` counts from 1 as a spreadsheet does (0 = a picture alone).

    `picture` is a file inside the catalog, "" without one; `url` and `image_url` are http(s) or "".
    """

    file: str
    number: int
    title: str
    keys: str = ""
    text: str = ""
    url: str = ""
    image_url: str = ""
    picture: str = ""


@dataclass(slots=True)
class Reading:
    """The files being read, and what was left out and why."""

    root: Path
    problems: list[str] = field(default_factory=list)
    rows: int = 0

    def problem(self, text: str) -> None:
        """Note what was left out."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def files(path: Path) -> tuple[Path, list[Path]]:
    """The catalog's folder and its files: CSV first, then pictures, each sorted. Links that lead outside do not count."""
    if path.is_file():
        return path.parent, [path]
    root = path.resolve()
    found: list[Path] = []
    for number, entry in enumerate(path.rglob("*")):
        if number >= 10 * MAX_FILES or len(found) >= MAX_FILES:
            break
        known = entry.suffix.lower() in (*CSV_TYPES, *PICTURE_TYPES) and _nameable(entry)
        if known and entry.resolve().is_relative_to(root) and entry.is_file():
            found.append(entry)
    return path, sorted(found, key=lambda p: (p.suffix.lower() not in CSV_TYPES, str(p)))


def rows(reading: Reading, paths: Iterable[Path]) -> Iterator[Row]:
    """Every row of every file; then a row for each picture that no row names."""
    named: set[str] = set()
    for path in paths:
        relative = str(path.relative_to(reading.root))
        found = table(reading, path, relative) if path.suffix.lower() in CSV_TYPES else _alone(relative, named)
        for row in found:
            if reading.rows >= MAX_ROWS:
                reading.problem(f"only the first {MAX_ROWS} rows are read")
                return
            reading.rows += 1
            named.add(row.picture)
            yield row


def _nameable(path: Path) -> bool:
    """Whether a name is text: the file system takes any bytes."""
    return str(path).encode("utf-8", "replace").decode() == str(path)


def _alone(relative: str, named: set[str]) -> Iterator[Row]:
    if relative not in named:
        title = plain(Path(relative).stem.replace("-", " ").replace("_", " "), MAX_TITLE_CHARS)
        if title:
            yield Row(file=relative, number=0, title=title, picture=relative)


def table(reading: Reading, path: Path, relative: str) -> Iterator[Row]:
    """The rows of one CSV file. What cannot be read is told and left out; the rows before it count."""
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            reading.problem(f"{relative} is larger than {MAX_CSV_BYTES >> 20} MiB")
            return
        text = decoded(path.read_bytes())
    except OSError as exc:
        reading.problem(f"{relative} cannot be read: {exc.strerror}")
        return
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text))
    number = 0
    try:
        first = next(cells, [])
        if not 0 < len(first) <= MAX_COLUMNS:
            reading.problem(f"{relative} has {len(first)} columns; 1 to {MAX_COLUMNS} are read")
            return
        number, header = 1, [_name(c) for c in first]
        for number, record in enumerate(cells, start=2):
            row = _row(reading, relative, number, dict(zip(header, record[:MAX_COLUMNS], strict=False)))
            if row is not None:
                yield row
    except csv.Error as exc:
        reading.problem(f"{relative} is read up to row {number}: {exc}")


def decoded(data: bytes) -> str:
    """Text of a file: by its byte order mark, else UTF-8, else Windows-1252, which decodes anything."""
    for mark, encoding in sorted(_BOMS.items(), key=lambda m: -len(m[0])):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    wide = next((e for e, odd in (("utf-16-le", 1), ("utf-16-be", 0)) if data[odd:200:2].count(0) > len(data[:200]) // 4), "")
    if wide:  # no mark, but every other byte is zero
        return data.decode(wide, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def delimiter(text: str) -> str:
    """What parts the cells of the first line, outside quotation marks."""
    line = text[:65_536].partition("\n")[0]
    bare = "".join(part for i, part in enumerate(line.split('"')) if i % 2 == 0)
    return max(",;\t|", key=bare.count)


def _name(cell: str) -> str:
    return plain(cell, 60).lower().replace(" ", "_").replace("-", "_")


def _row(reading: Reading, relative: str, number: int, cells: Mapping[str, str]) -> Row | None:
    filled = {k: v for k, v in cells.items() if v.strip()}
    titled = next((k for k in TITLES if k in filled), next(iter(filled), ""))
    title = plain(filled.get(titled, ""), MAX_TITLE_CHARS)
    if not title:
        return None
    special = {titled, *KEYS, *LINKS, *PICTURES}
    facts = "; ".join(f"{k.replace('_', ' ')}: {plain(v, 500)}" for k, v in filled.items() if k and k not in special)
    image = next((filled[k].strip() for k in PICTURES if k in filled), "")
    return Row(file=relative, number=number, title=title, text=plain(facts, MAX_TEXT_CHARS),
               keys=" ".join(plain(filled[k], 80) for k in KEYS if k in filled),
               url=next(filter(None, (link(filled[k].strip()) for k in LINKS if k in filled)), ""),
               image_url=link(image), picture="" if link(image) else inside(reading, relative, image))


def inside(reading: Reading, relative: str, name: str) -> str:
    """The picture that a row names, relative to the catalog; "" unless it is a file of a known type inside of it."""
    if not name or len(name) > 1_000 or "\0" in name or Path(name).suffix.lower() not in PICTURE_TYPES:
        return ""
    home = reading.root.resolve()
    for folder in (reading.root / Path(relative).parent, reading.root):
        try:
            path = (folder / name.replace("\\", "/")).resolve()
            if path.is_relative_to(home) and path.is_file() and path.stat().st_size <= MAX_FILE_BYTES and _nameable(path):
                return str(path.relative_to(home))
        except OSError:
            continue
    return ""
