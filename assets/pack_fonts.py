"""Make TrueType files of the fontsource slices: read WOFF2, cut weights, join slices."""

import io
import tempfile
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import zstandard
from fontTools.merge import Merger, Options
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.varLib.instancer import OverlapMode, instantiateVariableFont

HERE = Path(__file__).parent
HINTS = ("prep", "gasp", "fpgm", "cvt ", "DSIG", "STAT", "avar")
LAYOUT = ("GSUB", "GPOS", "GDEF", "BASE", "HVAR", "VVAR", "MVAR", "vhea", "vmtx")
BOLD = 700


def build_fonts(modules: Path) -> Iterator[tuple[dict, bytes]]:
    """Yield (facts, compressed TrueType bytes) per face and weight, in the order of fonts.toml.

    `modules` is the node_modules folder.
    """
    table = tomllib.loads((HERE / "fonts.toml").read_text(encoding="utf-8"))
    jobs = [(modules, spec, weight) for spec in table["font"] for weight in table["weights"]]
    with ProcessPoolExecutor() as pool:
        for (_, spec, weight), data in zip(jobs, pool.map(build_font, *zip(*jobs, strict=True)), strict=True):
            yield {key: spec[key] for key in ("family", "role", "scripts", "package")} | {"weight": weight}, data


def build_font(modules: Path, spec: dict, weight: int) -> bytes:
    """One face at one weight, compressed with zstd."""
    files = slice_files(modules / spec["package"], spec.get("slices"))
    font = join_whole(files, weight) if "slices" in spec else join_outlines(files, weight)
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = 0  # so that builds repeat
    rename(font, spec["family"], weight)
    return zstandard.ZstdCompressor(level=19).compress(saved(font))


def slice_files(package: Path, slices: list[str] | None) -> list[Path]:
    """List the upright `wght` files of a package, in the order of `slices`, or all of them by name."""
    files = {f.name.removeprefix(f"{package.name}-").removesuffix("-wght-normal.woff2"): f
             for f in sorted((package / "files").glob("*-wght-normal.woff2"))}
    return list(files.values()) if slices is None else [files[name] for name in slices]


def cut(path: Path, weight: int, dropped: tuple[str, ...]) -> TTFont:
    """Open a slice at one weight, as a plain TrueType font without the `dropped` tables."""
    font = TTFont(path, recalcTimestamp=False)
    font.flavor = None
    for tag in dropped:
        if tag in font:
            del font[tag]
    return instantiateVariableFont(font, {"wght": weight}, inplace=True, overlap=OverlapMode.KEEP_AND_DONT_SET_FLAGS)


def saved(font: TTFont) -> bytes:
    """The font's bytes."""
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def join_whole(files: list[Path], weight: int) -> TTFont:
    """Join slices with their layout tables."""
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for number, path in enumerate(files):
            parts.append(str(Path(folder) / f"{number}.ttf"))
            cut(path, weight, HINTS[:-1]).save(parts[-1])
        options = Options()
        options.drop_tables = [*HINTS]
        return Merger(options).merge(parts)


def join_outlines(files: list[Path], weight: int) -> TTFont:
    """Join many slices: outlines, advances and the character map; the rest is dropped.

    A glyph of a later slice comes in under a new name; the first slice to have a character wins.
    """
    font = cut(files[0], weight, HINTS[:-1] + LAYOUT)
    glyf, hmtx = font["glyf"], font["hmtx"]
    order, cmap = list(font.getGlyphOrder()), dict(font.getBestCmap())
    for number, path in enumerate(files[1:], 1):
        part = cut(path, weight, HINTS[:-1] + LAYOUT)
        names = {old: f"s{number}.{old}" for old in part.getGlyphOrder()}
        fresh = {c: g for c, g in part.getBestCmap().items() if c not in cmap}
        wanted = closure(part, set(fresh.values()))
        for old in (name for name in part.getGlyphOrder() if name in wanted):
            glyph = part["glyf"][old]
            for component in glyph.components if glyph.isComposite() else ():
                component.glyphName = names[component.glyphName]
            glyf.glyphs[names[old]] = glyph
            hmtx.metrics[names[old]] = part["hmtx"][old]
            order.append(names[old])
        cmap |= {c: names[g] for c, g in fresh.items()}
    return with_characters(font, order, cmap)


def closure(font: TTFont, glyphs: set[str]) -> set[str]:
    """The glyphs and every glyph that they are composed of."""
    wanted, queue = set(glyphs), list(glyphs)
    while queue:
        glyph = font["glyf"][queue.pop()]
        fresh = {c.glyphName for c in glyph.components} - wanted if glyph.isComposite() else set()
        wanted |= fresh
        queue.extend(fresh)
    return wanted


def with_characters(font: TTFont, order: list[str], cmap: dict[int, str]) -> TTFont:
    """Set the joined glyphs and characters."""
    font.setGlyphOrder(order)
    font["glyf"].glyphOrder = order
    tables = []
    for form, encoding in ((4, 1), (12, 10)):
        table = CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language = 3, encoding, 0
        table.cmap = {c: g for c, g in cmap.items() if form == 12 or c <= 0xFFFF}
        tables.append(table)
    font["cmap"].tables = tables
    font["post"].formatType = 3.0
    return font


def rename(font: TTFont, family: str, weight: int) -> None:
    """Make the file say its own family and weight: slices still carry the name of the variable face's lightest cut."""
    style, names = ("Bold" if weight >= BOLD else "Regular"), font["name"]
    full = f"{family} {style}"
    for name_id, text in ((1, family), (2, style), (3, full), (4, full), (6, full.replace(" ", "-"))):
        names.setName(text, name_id, 3, 1, 0x409)
    names.names = [n for n in names.names if n.nameID not in (16, 17, 21, 22, 25) and n.platformID == 3]
    font["OS/2"].usWeightClass = weight
    bold = weight >= BOLD
    font["OS/2"].fsSelection = (font["OS/2"].fsSelection & ~0b1100001) | (0b100000 if bold else 0b1000000)
    font["head"].macStyle = 1 if bold else 0
