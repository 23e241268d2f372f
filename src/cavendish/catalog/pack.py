"""The art pack: drawings by concept name, what they are called in many languages, and fonts.

The build writes it to `cavendish/_pack` (assets/pack.py); a build that could not reach npm has none, and then `present()`
is false, the lists are empty and single things raise ConfigError. Everything is read when first asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgpack
import zstandard

from cavendish.errors import ConfigError, InvalidValue

FORMAT = 2  # what assets/pack.py writes
FOLDER = Path(__file__).parent.parent / "_pack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A thing that there is a drawing of."""

    name: str                                # "dog-face"
    char: str                                # its emoji, without variation selectors (U+FE0F)
    group: str                               # animals-nature, food-drink, objects, travel-places, activities, people-body,
                                             # smileys-emotion, symbols, flags
    subgroup: str                            # animal-mammal, food-fruit, person-role, ...
    label: str                               # English CLDR short name
    labels: Mapping[str, str]                # short name by language ("en", "zh", "zh-Hant", ...)
    keywords: Mapping[str, tuple[str, ...]]  # search words by language, as CLDR spells them


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFile:
    """One face of the pack at one weight: a static TrueType file."""

    family: str
    weight: int               # 400 or 700
    role: str                 # ui, text, display, hand
    scripts: tuple[str, ...]  # ISO 15924
    path: Path                # zstd-compressed; `font_data` opens it


def present() -> bool:
    """Whether this installation has a pack that this version can read."""
    return bool(_head())


def revision() -> str:
    """Digest of the pack's contents, "none" when absent."""
    return str(_head().get("revision", "none"))


def credit() -> str:
    """One line that names the art, the names and the fonts with their licences, "" when absent."""
    return str(_head().get("credit", ""))


@lru_cache(maxsize=1)
def concepts() -> Mapping[str, Concept]:
    """Return every concept by name, sorted by name; empty when the pack is absent."""
    if not present():
        return MappingProxyType({})
    packed = (FOLDER / "names.msgpack.zst").read_bytes()
    raw = msgpack.unpackb(zstandard.ZstdDecompressor().decompress(packed), use_list=False)
    return MappingProxyType({name: Concept(name=name, **facts) for name, facts in raw.items()})


def svg(name: str) -> bytes:
    """Return a concept's drawing: an SVG file of 32 x 32 units.

    Raises ConfigError without a pack, InvalidValue without a drawing of that name.
    """
    if not present():
        raise _absent()
    dictionary, spans = _art()
    if name not in spans:
        raise InvalidValue(f"there is no drawing of {name[:60]!r}", field="scene.subjects.concept",
                           hint="use a name of the art pack, or leave the concept empty for a labelled card")
    offset, length = spans[name]
    with (FOLDER / "art.bin").open("rb") as file:
        file.seek(offset)
        return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(file.read(length))


@lru_cache(maxsize=1)
def font_files() -> tuple[FontFile, ...]:
    """Return the faces, interface and text before display; empty when the pack is absent."""
    return tuple(FontFile(family=f["family"], weight=f["weight"], role=f["role"], scripts=tuple(f["scripts"]),
                          path=FOLDER / "fonts" / f["file"]) for f in _head().get("fonts", ()))


def font_data(family: str, weight: int = 400) -> bytes:
    """Return the TrueType bytes of a family's file nearest to a weight. Not cached: keep the typeface, not the bytes.

    Raises ConfigError without a pack, InvalidValue without such a family.
    """
    if not present():
        raise _absent()
    files = [f for f in font_files() if f.family == family]
    if not files:
        raise InvalidValue(f"there is no font {family[:60]!r}", field="text_layers.font",
                           hint="use one of " + ", ".join(dict.fromkeys(f.family for f in font_files())))
    best = min(files, key=lambda f: abs(f.weight - weight))
    return zstandard.ZstdDecompressor().decompress(best.path.read_bytes())


@lru_cache(maxsize=1)
def licences() -> Mapping[str, str]:
    """Return licence texts by npm package, e.g. "@iconify-json/fluent-emoji 1.2.7 (MIT)"; empty when absent."""
    return MappingProxyType({f"{entry['package']} {entry['version']} ({entry['licence']})":
                             (FOLDER / "licenses" / entry["file"]).read_text(encoding="utf-8")
                             for entry in _head().get("licences", ())})


@lru_cache(maxsize=1)
def _head() -> dict[str, Any]:
    try:
        head: dict[str, Any] = json.loads((FOLDER / "head.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return head if head.get("format") == FORMAT else {}


@lru_cache(maxsize=1)
def _art() -> tuple[zstandard.ZstdCompressionDict, Mapping[str, tuple[int, int]]]:
    raw = msgpack.unpackb((FOLDER / "art.msgpack").read_bytes(), use_list=False)
    dictionary = zstandard.ZstdCompressionDict(raw["dictionary"])
    return dictionary, raw["spans"]


def _absent() -> ConfigError:
    return ConfigError("this installation has no art pack",
                       hint="install Cavendish again on a machine that reaches npm's registry")
