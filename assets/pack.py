"""Pack art, names and fonts from node_modules into one small folder: `pack.py NODE_MODULES OUT STAMP`.

The build hook runs it. `cavendish.catalog.pack` reads what it writes:

    head.json          format, stamp, revision, credit, package versions, the list of fonts
    names.msgpack.zst  facts by concept name
    art.msgpack        a zstd dictionary, and (offset, length) in art.bin by concept name
    art.bin            the SVG files, each compressed alone with the dictionary, so that one costs one
    fonts/*.ttf.zst    TrueType files
    licenses/*.txt     one text per package
"""

import hashlib
import json
import sys
from pathlib import Path

import msgpack
import zstandard
from pack_art import SET, build_art
from pack_fonts import build_fonts
from pack_names import build_names

HERE = Path(__file__).parent
FORMAT = 2  # cavendish.catalog.pack.FORMAT reads this one
DICTIONARY_BYTES = 131_072


def write_pack(modules: Path, out: Path, stamp: str) -> None:
    """Write the whole pack into the empty folder `out`; head.json comes last, so that half a pack is none."""
    art = build_art(modules)
    write_art(art, out)
    packer = zstandard.ZstdCompressor(level=19)
    names = build_names(modules, art)
    (out / "names.msgpack.zst").write_bytes(packer.compress(msgpack.packb(names)))
    fonts = write_fonts(modules, out / "fonts")
    licences = write_licences(modules, out / "licenses")
    head = {"format": FORMAT, "stamp": stamp, "revision": digest(out), "credit": credit(fonts), "fonts": fonts,
            "licences": licences}
    (out / "head.json").write_text(json.dumps(head, ensure_ascii=False, indent=1), encoding="utf-8")


def write_art(art: dict[str, bytes], out: Path) -> None:
    """Write art.bin and art.msgpack."""
    dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, list(art.values())[::2])
    packer = zstandard.ZstdCompressor(level=19, dict_data=dictionary)
    spans, offset = {}, 0
    with (out / "art.bin").open("wb") as file:
        for name, svg in art.items():
            packed = packer.compress(svg)
            file.write(packed)
            spans[name] = (offset, len(packed))
            offset += len(packed)
    (out / "art.msgpack").write_bytes(msgpack.packb({"dictionary": dictionary.as_bytes(), "spans": spans}))


def write_fonts(modules: Path, out: Path) -> list[dict]:
    """Write the fonts; return their facts with `file` added."""
    out.mkdir()
    listed = []
    for facts, data in build_fonts(modules):
        name = f"{facts['family'].replace(' ', '')}-{facts['weight']}.ttf.zst"
        (out / name).write_bytes(data)
        listed.append(facts | {"file": name})
    return listed


def write_licences(modules: Path, out: Path) -> list[dict]:
    """Write each package's licence text; return package, version, licence and file. The icon set ships no text of its own."""
    out.mkdir()
    wanted, listed = json.loads((HERE / "package.json").read_text())["dependencies"], []
    for package in wanted:
        about = json.loads((modules / package / "package.json").read_text())
        source = HERE / "licenses" / "fluent-emoji.txt" if package == SET else modules / package / "LICENSE"
        name = package.removeprefix("@").replace("/", "-") + ".txt"
        (out / name).write_bytes(source.read_bytes())
        listed.append({"package": package, "version": about["version"], "licence": about["license"], "file": name})
    return listed


def credit(fonts: list[dict]) -> str:
    """One line for pictures' metadata and the about page."""
    families = ", ".join(dict.fromkeys(font["family"] for font in fonts))
    names = "Unicode CLDR (Unicode-3.0), emojibase (MIT)"
    return f"Art: Fluent Emoji by Microsoft (MIT). Names: {names}. Fonts: {families} (OFL-1.1)."


def digest(folder: Path) -> str:
    """sha256 over names and contents of every file, 16 hex digits."""
    total = hashlib.sha256()
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        total.update(file.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]


if __name__ == "__main__":
    write_pack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
