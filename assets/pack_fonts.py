"""Make TrueType files of the fontsource slices: read WOFF2, cut weights, join slices."""

import io
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.varLib import instancer

HERE = Path(__file__).parent
DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "HVAR", "VVAR", "MVAR", "vhea", "vmtx", "prep", "gasp")


def build_fonts(modules: Path) -> Iterator[tuple[dict, bytes]]:
    """Yield (facts, TrueType bytes) per face and cut. `modules` is the node_modules folder."""
    for spec in tomllib.loads((HERE / "fonts.toml").read_text())["font"]:
        files = slice_files(modules / spec["package"], spec.get("slices"))
        facts = {key: spec[key] for key in ("family", "role", "scripts", "package")}
        if "weights" in spec:
            for weight in spec["weights"]:
                yield facts | {"weights": [weight, weight]}, saved(cut(files, weight))
            continue
        font = open_slice(files[0]) if len(files) == 1 else join_outlines(files)
        axis = next(a for a in font["fvar"].axes if a.axisTag == "wght")
        yield facts | {"weights": [int(axis.minValue), int(axis.maxValue)]}, saved(font)


def slice_files(package: Path, slices: list[str] | None) -> list[Path]:
    """List the upright `wght` files of a package, in the order of `slices`, or all of them by name."""
    files = {f.name.removeprefix(f"{package.name}-").removesuffix("-wght-normal.woff2"): f
             for f in sorted((package / "files").glob("*-wght-normal.woff2"))}
    return list(files.values()) if slices is None else [files[name] for name in slices]


def open_slice(path: Path) -> TTFont:
    """Open a WOFF2 file as a plain TrueType font; timestamps stay as they are, so that builds repeat."""
    font = TTFont(path, recalcTimestamp=False)
    font.flavor = None
    return font


def saved(font: TTFont) -> bytes:
    """The font's bytes."""
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def cut(files: list[Path], weight: int) -> TTFont:
    """One static weight of all slices, joined with their layout tables."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number, path in enumerate(files):
            part = instancer.instantiateVariableFont(open_slice(path), {"wght": weight}, updateFontNames=False)
            parts.append(str(Path(folder) / f"{number}.ttf"))
            part.save(parts[-1])
        options = Options()
        options.drop_tables = ["STAT", "avar", "DSIG", "prep", "gasp"]
        font = Merger(options).merge(parts)
    font.recalcTimestamp = False
    font["head"].modified = font["head"].created
    font["OS/2"].usWeightClass = weight
    return font


def join_outlines(files: list[Path]) -> TTFont:
    """One variable font of many slices: outlines, advances, variations and the character map; the rest is dropped.

    A glyph of a later slice comes in under a new name; the first slice to have a character wins.
    """
    font = open_slice(files[0])
    gvar, glyf, hmtx = font["gvar"], font["glyf"], font["hmtx"]
    gvar.variations = {name: gvar.variations[name] for name in font.getGlyphOrder()}
    order, cmap = list(font.getGlyphOrder()), dict(font.getBestCmap())
    for number, path in enumerate(files[1:], 1):
        part = open_slice(path)
        names = {old: f"s{number}.{old}" for old in part.getGlyphOrder()}
        wanted = closure(part, {g for c, g in part.getBestCmap().items() if c not in cmap})
        for old in (n for n in part.getGlyphOrder() if n in wanted):
            glyph = part["glyf"][old]
            for component in glyph.components if glyph.isComposite() else ():
                component.glyphName = names[component.glyphName]
            glyf.glyphs[names[old]] = glyph
            hmtx.metrics[names[old]] = part["hmtx"][old]
            gvar.variations[names[old]] = part["gvar"].variations[old]
            order.append(names[old])
        cmap |= {c: names[g] for c, g in part.getBestCmap().items() if c not in cmap}
    return reduced(font, order, cmap)


def closure(font: TTFont, glyphs: set[str]) -> set[str]:
    """The glyphs and every glyph that they are composed of."""
    wanted, queue = set(glyphs), list(glyphs)
    while queue:
        glyph = font["glyf"][queue.pop()]
        fresh = {c.glyphName for c in glyph.components} - wanted if glyph.isComposite() else set()
        wanted |= fresh
        queue.extend(fresh)
    return wanted


def reduced(font: TTFont, order: list[str], cmap: dict[int, str]) -> TTFont:
    """Set the joined glyphs and characters, and drop the tables that spoke of the first slice only."""
    for tag in DROPPED:
        if tag in font:
            del font[tag]
    font.setGlyphOrder(order)
    font["glyf"].glyphOrder = order
    tables = []
    for form, platform, encoding in ((4, 3, 1), (12, 3, 10)):
        table = CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language = platform, encoding, 0
        table.cmap = {c: g for c, g in cmap.items() if form == 12 or c <= 0xFFFF}
        tables.append(table)
    font["cmap"].tables = tables
    font["post"].formatType = 3.0
    return font
