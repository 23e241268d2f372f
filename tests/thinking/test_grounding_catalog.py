"""The user's own catalog: what is found, and what files of every shape do not break."""

import csv
import io
import os
from pathlib import Path

import pytest

from cavendish.errors import Cancelled, ConfigError
from cavendish.thinking import grounding_catalog, grounding_rows
from cavendish.thinking.grounding import NothingFound
from cavendish.thinking.grounding_catalog import CatalogSearch, open_catalog, words
from cavendish.thinking.grounding_rows import Reading

TABLE = """sku,title,colour,price,image,link
AK-17,Aurora kettle,red,"=HYPERLINK(""http://evil.example"",""x"")",pics/aurora.png,https://shop.example/aurora
BL-2,Borealis lamp,brass,12,pics/lamp.png,
CM-3,Red mug,red,5,,javascript:alert(1)
"""
DOT = b"\x89PNG\r\n\x1a\n not looked at here"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "pics").mkdir(parents=True)
    (folder / "products.csv").write_text(TABLE, "utf-8")
    (folder / "pics" / "aurora.png").write_bytes(DOT)
    (folder / "pics" / "Comet-chair_oak.jpg").write_bytes(DOT)
    return folder


def catalog_of(path: Path, tmp_path: Path, **more: object) -> CatalogSearch:
    found = open_catalog(path, tmp_path / "data" / "index.db")
    for name, value in more.items():
        setattr(found, name, value)
    return found


def go_on() -> None:
    """Nothing wants to stop."""


def titles(catalog: CatalogSearch, query: str) -> list[str]:
    return [s.title for s in catalog.search(query, 5, go_on)]


@pytest.mark.parametrize(("query", "found"), [
    ("the Aurora kettle on a kitchen table", ["Aurora kettle"]),
    ("two AURORA KETTLES", ["Aurora kettle"]),
    ("Áuröra kettle", ["Aurora kettle"]),
    ("BL-2 on a desk", ["Borealis lamp"]),
    ("ak17 and 100 mugs", ["Aurora kettle"]),
    ("a comet chair made of oak", ["Comet chair oak"]),
    ("a red car", []),                    # one word of two names nothing
    ("a lamp post in a red street", []),
    ("price 12 brass", []),               # prose alone is no name
    ('" OR * NEAR(', []),                 # the index's own syntax is only words
    ("", []),
])
def test_a_product_is_found_by_its_name_or_number(shop: Path, tmp_path: Path, query: str, found: list[str]) -> None:
    assert titles(catalog_of(shop, tmp_path), query) == found


def test_a_source_says_file_and_row_and_keeps_cells_as_text(shop: Path, tmp_path: Path) -> None:
    catalog = catalog_of(shop, tmp_path)
    (kettle,) = catalog.search("aurora kettle", 5, go_on)
    assert (kettle.place, kettle.url) == ("products.csv, row 2", "https://shop.example/aurora")
    assert kettle.snippet == 'colour: red; price: =HYPERLINK("http://evil.example","x")'
    (mug,) = catalog.search("red mug", 5, go_on)
    assert mug.url == "catalog:products.csv#row=4"  # javascript: is no link
    assert catalog.picture(kettle) == DOT
    assert catalog.picture(mug) is None
    (chair,) = catalog.search("comet chair", 5, go_on)
    assert (chair.place, catalog.picture(chair)) == ("pics/Comet-chair_oak.jpg", DOT)


def test_writing_without_spaces_is_found(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name,色\n富士山の茶碗,青\n東京タワー,赤\n", "utf-8")
    assert titles(catalog_of(path, tmp_path), "机の上の富士山の茶碗") == ["富士山の茶碗"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_export_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["Name", "Größe"], ["Kännchen Blau", "groß; schön, rund"], ["Two\nlines", "x"]])
    path = tmp_path / "p.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    catalog = catalog_of(path, tmp_path)
    (found,) = catalog.search("kannchen blau", 5, go_on)
    assert (found.title, found.snippet) == ("Kännchen Blau", "größe: groß; schön, rund")
    assert titles(catalog, "two lines") == ["Two lines"]


def test_it_is_read_again_when_it_changes_and_only_then(shop: Path, tmp_path: Path) -> None:
    now = [0.0]
    catalog = catalog_of(shop, tmp_path, clock=lambda: now[0])
    assert titles(catalog, "delta fan") == []
    made = catalog.index.stat().st_ino
    now[0] = 10.0
    assert titles(catalog, "aurora kettle") == ["Aurora kettle"]
    assert catalog.index.stat().st_ino == made
    (shop / "products.csv").write_text(TABLE + "DF-4,Delta fan,white,9,,\n", "utf-8")
    assert titles(catalog, "delta fan") == []  # looked at a moment ago
    now[0] = 20.0
    assert titles(catalog, "delta fan") == ["Delta fan"]
    assert catalog.rows == 5
    again = catalog_of(shop, tmp_path)  # another process, the same files: nothing is read
    assert titles(again, "delta fan") == ["Delta fan"]
    assert again.rows == 5
    (shop / "products.csv").unlink()
    now[0] = 30.0
    assert titles(catalog, "delta fan") == []


def test_a_million_columns_and_a_huge_cell_are_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("c," * 1_000_000 + "\nAurora kettle\n")
    (tmp_path / "long.csv").write_text("name,text\nBorealis lamp,fine\nAurora kettle,\"" + "x" * 2_000_000 + "\"\nRed mug,after\n")
    (tmp_path / "rows.csv").write_text("name,text\nGreen vase,fine" + "," * 1_000_000 + "\n")
    catalog = catalog_of(tmp_path, tmp_path)
    assert titles(catalog, "aurora kettle") == []
    assert titles(catalog, "borealis lamp") == ["Borealis lamp"]
    assert titles(catalog, "green vase") == ["Green vase"]
    assert sorted(catalog.problems) == ["long.csv is read up to row 2: field larger than field limit (131072)",
                                        "wide.csv has 1000001 columns; 1 to 256 are read"]


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.csv").open("wb") as big:
        big.write(b"name\n")
        big.truncate(grounding_rows.MAX_CSV_BYTES + 1)  # sparse: 64 MiB on no disk
    (tmp_path / "small.csv").write_text("name\nRed mug\n")
    catalog = catalog_of(tmp_path, tmp_path)
    assert titles(catalog, "red mug") == ["Red mug"]
    assert catalog.problems == ("big.csv is larger than 64 MiB",)


def test_too_many_rows_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding_rows, "MAX_ROWS", 3)
    (tmp_path / "p.csv").write_text("name\n" + "".join(f"Thing number{i}\n" for i in range(9)))
    catalog = catalog_of(tmp_path, tmp_path)
    assert titles(catalog, "thing number2") == ["Thing number2"]
    assert titles(catalog, "thing number7") == []
    assert catalog.problems == ("only the first 3 rows are read",)


@pytest.mark.parametrize("named", ["../secret.png", "/etc/secret.png", "pics/../../secret.png", "pics\\..\\..\\secret.png",
                                   "link.png", "products.csv", "pics", "no.png", "\0.png", "a" * 5_000 + ".png"])
def test_a_row_reaches_no_file_outside_and_none_that_is_no_picture(shop: Path, tmp_path: Path, named: str) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    (shop / "link.png").symlink_to(tmp_path / "secret.png")
    assert grounding_rows.inside(Reading(root=shop), "products.csv", named) == ""
    assert "link.png" not in [p.name for p in grounding_rows.files(shop)[1]]


def test_a_picture_that_becomes_a_link_outside_is_not_handed_out(shop: Path, tmp_path: Path) -> None:
    catalog = catalog_of(shop, tmp_path)
    (kettle,) = catalog.search("aurora kettle", 5, go_on)
    (tmp_path / "secret.png").write_bytes(b"secret")
    (shop / "pics" / "aurora.png").unlink()
    (shop / "pics" / "aurora.png").symlink_to(tmp_path / "secret.png")
    assert catalog.picture(kettle) is None


def test_reading_a_large_catalog_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("name\n" + "Thing one\n" * 2_000)
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Cancelled("stop")

    catalog = catalog_of(tmp_path, tmp_path)
    with pytest.raises(Cancelled):
        catalog.search("thing one", 5, check)
    assert list((tmp_path / "data").iterdir()) == []  # no half index, no rest
    assert titles(catalog, "thing one") == ["Thing one"] * 5


def test_no_files_a_broken_index_and_a_full_disk_are_reasons_not_errors(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFound, match="no CSV file"):
        catalog_of(tmp_path / "empty", tmp_path).search("x y", 5, go_on)
    catalog = catalog_of(shop, tmp_path)
    assert titles(catalog, "red mug")
    catalog.index.write_bytes(b"not a database" * 100)
    with pytest.raises(NothingFound, match="index cannot be read"):
        catalog.search("red mug", 5, go_on)
    assert titles(catalog_of(shop, tmp_path), "red mug") == ["Red mug"]  # the next start makes it anew
    blocked = open_catalog(shop, tmp_path / "data" / "index.db" / "below" / "index.db")
    with pytest.raises(NothingFound, match="cannot be indexed"):
        blocked.search("red mug", 5, go_on)


def test_what_is_missing_is_a_setting_to_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        open_catalog(tmp_path / "none", tmp_path / "index.db")
    monkeypatch.setattr(grounding_catalog, "has_fts5", lambda: False)
    with pytest.raises(ConfigError, match="FTS5"):
        open_catalog(tmp_path, tmp_path / "index.db")


def test_words_fold_plurals_accents_and_drop_what_every_prompt_has() -> None:
    assert words("The GLASSES, boxes and Bus-stops near Café Müller 3") == ["glass", "box", "bus", "stop", "near", "cafe", "muller", "3"]
    assert words("draw a picture of the") == []
    assert words("富士山") == ["富士", "士山"]


def test_names_that_are_no_text_are_skipped(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/bad-\xff-name.png"
    with open(odd, "wb") as file:
        file.write(DOT)
    (tmp_path / "good-name.png").write_bytes(DOT)
    catalog = catalog_of(tmp_path, tmp_path)
    assert titles(catalog, "good name") == ["good name"]
