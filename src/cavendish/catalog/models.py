"""Model cards, pixel tables and list prices: typed views of models.toml, sizes.toml and prices.toml."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from cavendish.errors import InvalidValue, UnknownModel
from cavendish.types import TIERS, Size, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens (= micro-dollars per token)."""

    input_text: float
    input_image: float
    output_text: float
    output_image: float

    def of(self, usage: Usage) -> int:
        """List price in micro-dollars, rounded up. Thoughts are charged as output text."""
        exact = (usage.prompt_text * self.input_text + usage.prompt_image * self.input_image
                 + (usage.output_text + usage.thoughts) * self.output_text + usage.output_image * self.output_image)
        return math.ceil(exact - 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSizes:
    """The rule for sizes that no table lists."""

    multiple: int
    max_ratio: float
    max_edge: int
    min_pixels: int
    max_pixels: int

    def problem(self, size: Size) -> str:
        """What is wrong with a size, "" when it is fine."""
        wide, narrow = max(size.width, size.height), min(size.width, size.height)
        if size.width % self.multiple or size.height % self.multiple:
            return f"sides that both divide by {self.multiple}"
        if wide > self.max_edge or wide / narrow > self.max_ratio:
            return f"sides up to {self.max_edge} and a ratio between 1:{self.max_ratio:g} and {self.max_ratio:g}:1"
        if not self.min_pixels <= size.pixels <= self.max_pixels:
            return f"between {self.min_pixels} and {self.max_pixels} pixels in all"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSizes:
    """What an OpenAI model accepts as `size`."""

    listed: tuple[Size, ...]
    auto: Size
    free: FreeSizes | None = None

    def follow(self, base: Size) -> Size:
        """The size of an edit that asks for none: the picture's own where the model makes it, else the nearest listed."""
        if base in self.listed or (self.free is not None and not self.free.problem(base)):
            return base

        def distance(size: Size) -> tuple[float, float]:
            shape = math.log(size.width / size.height) - math.log(base.width / base.height)
            return round(abs(shape), 3), abs(math.log(size.pixels / base.pixels))

        return min(self.listed, key=distance)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """One public model: its names, what may be asked of it, and which engines serve it."""

    id: str
    vendor: str                     # cavendish, google, openai
    aliases: tuple[str, ...]
    listed_aliases: tuple[str, ...]  # aliases that lists show as entries of their own
    display_name: str
    description: str
    version: str
    chain: tuple[str, ...]          # engine ids, first available wins
    table: Mapping[str, Mapping[str, Size]]  # ratio -> tier -> size
    named: NamedSizes | None        # OpenAI sizes
    ratios: tuple[str, ...]
    tiers: tuple[str, ...]
    free_size: bool                 # explicit width x height outside the tables
    tokens: Mapping[str, int]       # output tokens per image, by tier
    input_image_tokens: int
    input_token_limit: int
    output_token_limit: int
    thinking: tuple[str, ...]
    price: Price

    @property
    def default_tier(self) -> str:
        return "1K"

    def size(self, ratio: str, tier: str) -> Size:
        """Look up the exact pixels. Raises InvalidValue naming what the model does accept."""
        if ratio not in self.table or ratio not in self.ratios:
            raise InvalidValue(f"aspect ratio {ratio[:20]!r} is not enabled for {self.id}", field="aspect_ratio",
                               hint="use one of " + ", ".join(self.ratios))
        if tier not in self.tiers or tier not in self.table[ratio]:
            raise InvalidValue(f"image size {tier[:20]!r} is not enabled for {self.id}", field="tier",
                               hint="use one of " + ", ".join(self.tiers))
        return self.table[ratio][tier]

    def check_size(self, size: Size) -> None:
        """Raise InvalidValue unless an explicit size is one this model may be asked for."""
        if self.named is not None and size not in self.named.listed:
            listed = ", ".join(map(str, self.named.listed))
            problem = self.named.free.problem(size) if self.named.free else f"it makes {listed}"
            if problem:
                raise InvalidValue(f"size {size} is not enabled for {self.id}", field="size", hint=f"use {problem}"
                                   if self.named.free else f"use one of {listed}")
        if self.named is None and not self.free_size and all(size not in row.values() for row in self.table.values()):
            raise InvalidValue(f"size {size} is not in the table of {self.id}", field="size",
                               hint="give an aspect ratio and an image size instead")

    def nearest_ratio(self, size: Size) -> str:
        """The model's ratio whose shape is nearest to a picture's, by the logarithm of width over height."""
        target = math.log(size.width / size.height)
        return min((r for r in self.ratios if r in self.table), key=lambda r: abs(_log_ratio(r) - target))

    def tier_of(self, size: Size) -> str:
        """The smallest tier with at least a size's pixels, for tokens and price; the largest when none has."""
        squares = {"512": 512**2, "1K": 1024**2, "2K": 2048**2, "4K": 4096**2}
        fitting = [t for t in TIERS if t in self.tokens and squares[t] * 1.3 >= size.pixels]
        return fitting[0] if fitting else list(self.tokens)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All model cards, by every name they ever had."""

    cards: tuple[ModelCard, ...]
    by_name: Mapping[str, ModelCard]
    quality_tokens: Mapping[str, Mapping[Size, int]]  # OpenAI: quality -> size -> tokens

    def model(self, name: str) -> ModelCard:
        """Find a card by id, alias or retired id; case and a `models/` prefix do not matter. Raises UnknownModel."""
        key = name.strip().lower().removeprefix("models/").removeprefix("google/").removeprefix("openai/")
        if key not in self.by_name:
            raise UnknownModel(name, hint="list the models to see the names this server knows")
        return self.by_name[key]

    def tokens_for(self, quality: str, size: Size) -> int:
        """OpenAI output tokens of one image; sizes without an entry scale with area from 1024²."""
        row = self.quality_tokens.get(quality, self.quality_tokens["medium"])
        return row.get(size) or math.ceil(row[Size(1024, 1024)] * size.pixels / 1024**2)


def _log_ratio(ratio: str) -> float:
    width, height = ratio.split(":")
    return math.log(int(width) / int(height))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(files("cavendish.catalog").joinpath(name).read_text("utf-8"))


def _named(raw: dict[str, Any] | None) -> NamedSizes | None:
    if raw is None:
        return None
    free = FreeSizes(**raw["free"]) if "free" in raw else None
    return NamedSizes(listed=tuple(map(Size.parse, raw["listed"])), auto=Size.parse(raw["auto"]), free=free)


def _price(raw: dict[str, Any]) -> Price:
    return Price(**{k: float(raw[k]) for k in ("input_text", "input_image", "output_text", "output_image")})


def _card(entry: dict[str, Any], raw: dict[str, Any], tables: dict[str, Any], prices: dict[str, Any]) -> ModelCard:
    lists = {k: tuple(entry.get(k, ())) for k in ("aliases", "listed_aliases", "chain", "tiers", "thinking")}
    plain = {k: v for k, v in entry.items() if k not in ("sizes", "ratios", "price", *lists)}
    return ModelCard(**{
        "free_size": False, **plain, **lists,
        "table": tables.get(entry["sizes"], tables["gemini-3"]),
        "named": _named(raw["openai_sizes"].get(entry["sizes"])),
        "ratios": tuple(raw["ratio_sets"][entry["ratios"]]),
        "price": _price(prices[entry["price"]]),
    })


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """Load the catalog once. Raises KeyError only when the packed TOML is broken (a test loads it)."""
    raw, sizes, prices = _toml("models.toml"), _toml("sizes.toml"), _toml("prices.toml")
    tables = {name: {ratio: {tier: Size.parse(s) for tier, s in row.items()} for ratio, row in table.items()}
              for name, table in sizes.items() if isinstance(table, dict)}
    cards = [_card(entry, raw, tables, prices) for entry in raw["models"]]
    by_name = {name: card for card in cards for name in (card.id, *card.aliases)}
    quality = {q: {Size.parse(s): n for s, n in row.items()} for q, row in raw["openai_tokens"].items()}
    return Catalog(cards=tuple(cards), by_name=by_name, quality_tokens=quality)
