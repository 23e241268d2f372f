"""Frozen values that travel through the one flow. They check themselves; stdlib only, no pixels are touched here."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, Protocol

from cavendish.errors import InvalidValue, TooLarge, TooManyReferences

MAX_PROMPT_CHARS = 131_072
MAX_CANDIDATES = 10
MAX_REFERENCES = 14
MAX_ADAPTERS = 4
MAX_ADAPTER_WEIGHT = 2.0
MAX_SEED = 2**63 - 1
MAX_EXCLUDED_HOSTS = 32
MAX_FILE_BYTES = 50 * 2**20  # of one input picture
MAX_SIDE_PX = 16_384    # of a picture we make
MAX_PIXELS = 20 * 2**20  # of a picture we make; the largest of the table has 18.9 million

MASKED_WATERMARKS = ("inside", "skip")
TIERS = ("512", "1K", "2K", "4K")
TEXT_OPTIONS = ("drawn", "exact")
FINISH_REASONS = ("stop", "safety", "prohibited_content", "recitation", "no_image", "other")


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InvalidValue(f"size {self.width}x{self.height} is empty", field="size", hint="use sides of at least 1")

    @classmethod
    def parse(cls, text: str) -> "Size":
        """Read `"1024x1024"`. Raises InvalidValue."""
        match = re.fullmatch(r"\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*", text)
        if match is None:
            raise InvalidValue(f"size {text[:40]!r} is not understood", field="size", hint="write it like 1024x1024")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """A raster: rows top to bottom, channels interleaved (1 gray, 3 RGB, 4 RGBA straight alpha), sRGB.

    `data` holds width * height * channels samples of `depth` bits: 8, 16, or 32 (float, 0 to 1), in native byte order.
    """

    width: int
    height: int
    channels: int
    data: bytes | bytearray | memoryview
    depth: int = 8

    def __post_init__(self) -> None:
        expected = self.width * self.height * self.channels * (self.depth // 8)
        size = self.data.nbytes if isinstance(self.data, memoryview) else len(self.data)
        if self.channels not in (1, 3, 4) or self.depth not in (8, 16, 32) or size != expected:
            raise ValueError(f"{size} bytes do not make {self.width}x{self.height}x{self.channels} at {self.depth} bits")

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)

    def digest(self) -> str:
        """sha256 of the shape and the samples, hex: survives any lossless re-encoding."""
        shape = f"{self.width}x{self.height}x{self.channels}@{self.depth}:".encode()
        summed = hashlib.sha256(shape)
        summed.update(self.data)
        return summed.hexdigest()


class ReferenceRole(StrEnum):
    """What an input picture is for."""

    OBJECT = "object"        # a thing to place
    CHARACTER = "character"  # a person or animal whose identity holds
    STYLE = "style"          # how it should look
    BASE = "base"            # the picture to edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An input picture as it came: its bytes, or its URL until the service has fetched it, before anything is planned.

    `signature` is what the caller sent back from a former turn: sealed, untrusted, may be empty or garbage. The plan stage
    fills `state` (the engine's own record of that picture, unsealed or found in the lineage) and `pixels` (by intake).
    """

    data: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)
    role: ReferenceRole = ReferenceRole.OBJECT
    label: str = ""  # what it shows, in words, where that is known: a picture of the catalog has its product's name
    signature: bytes = field(default=b"", repr=False)
    state: bytes = field(default=b"", repr=False)
    pixels: Pixels | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.data and not self.url:
            raise InvalidValue("an input picture is empty", hint="send the bytes of a PNG, JPEG, WebP or AVIF file")

    @property
    def digest(self) -> str:
        """sha256 of the bytes as they came, hex; of the URL while there are none."""
        return hashlib.sha256(self.data or self.url.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Where an edit may change the base. White (255) = repaint, black = keep, after intake.

    `alpha_marks_edit`: OpenAI's convention, transparent = repaint; intake converts when the file has alpha.
    `feather_px` softens the edge inwards; outside the feathered mask nothing moves. `watermark`: where the edit's may be.
    """

    data: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)  # as in Reference
    alpha_marks_edit: bool = False
    feather_px: int = 0
    watermark: str = ""  # inside, skip; "" = as the installation is set
    pixels: Pixels | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.data and not self.url:
            raise InvalidValue("the mask is empty", field="mask", hint="send the bytes of a PNG file")
        if not 0 <= self.feather_px <= 256:
            raise InvalidValue("mask feather is out of range", field="mask", hint="use 0 to 256 pixels")
        if self.watermark not in ("", *MASKED_WATERMARKS):
            raise InvalidValue(f"mask watermark {self.watermark[:40]!r} is not understood", field="mask",
                               hint="use " + " or ".join(MASKED_WATERMARKS))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLayer:
    """Words that must appear exactly. `box` is (x, y, width, height) in fractions of the picture, None = engine's choice."""

    text: str
    role: str = "headline"  # headline, body, sign, label
    box: tuple[float, float, float, float] | None = None
    color: str = ""  # "#rrggbb", "" = engine's choice
    font: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidValue("a text layer is empty", field="text_layers", hint="give it words or leave it out")
        if self.box is not None and not all(0.0 <= v <= 1.0 for v in self.box):
            raise InvalidValue("a text box leaves the picture", field="text_layers", hint="use fractions from 0 to 1")


MIME_TYPES = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff", "image/jxl")
BIT_DEPTHS = {"image/png": (8, 16), "image/tiff": (8, 16), "image/jxl": (8, 16), "image/avif": (8, 10, 12)}  # others: 8


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """How the picture is encoded."""

    mime: str = "image/png"
    quality: int = 92        # 1..100, lossy formats
    bit_depth: int = 8       # 8; BIT_DEPTHS says where more
    background: str = "auto"  # auto, opaque, transparent
    max_bytes: int | None = None  # of the finished file, labels and credentials included

    def __post_init__(self) -> None:
        if self.mime not in MIME_TYPES:
            raise InvalidValue(f"output format {self.mime[:40]!r} is not supported", field="output.mime",
                               hint="use " + ", ".join(MIME_TYPES))
        if not 1 <= self.quality <= 100:
            raise InvalidValue("output quality is out of range", field="output.quality", hint="use 1 to 100")
        if self.bit_depth not in BIT_DEPTHS.get(self.mime, (8,)):
            homes = [mime for mime, depths in BIT_DEPTHS.items() if self.bit_depth in depths]
            raise InvalidValue(f"{self.mime} does not hold {self.bit_depth} bits", field="output.bit_depth",
                               hint=f"ask for {' or '.join(homes)}, or 8 bits" if homes else "use 8, 10, 12 or 16")
        if self.max_bytes is not None and self.max_bytes < 1:
            raise InvalidValue("the largest file size is out of range", field="output.max_bytes", hint="use at least 1 byte")
        if self.background not in ("auto", "opaque", "transparent"):
            raise InvalidValue(f"background {self.background[:40]!r} is not understood", field="output.background",
                               hint="use auto, opaque or transparent")
        if self.background == "transparent" and self.mime == "image/jpeg":
            raise InvalidValue("JPEG has no transparency", field="output.background",
                               hint="ask for png or webp output, or an opaque background")


class Thinking(StrEnum):
    """How much planning and checking a request pays for."""

    MINIMAL = "minimal"
    MEDIUM = "medium"
    HIGH = "high"
    DYNAMIC = "dynamic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """That facts are to be looked up before drawing. `pictures`: found pictures are to be listed among the sources, too.

    `exclude` names hosts whose pages do not count, nor those of their subdomains.
    """

    pictures: bool = False
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.exclude) > MAX_EXCLUDED_HOSTS or any(not 1 <= len(h) <= 253 for h in self.exclude):
            raise InvalidValue("the hosts to leave out are not understood", field="search",
                               hint=f"name up to {MAX_EXCLUDED_HOSTS}, such as example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from. Plain text of strangers: no markup, no control characters, never an instruction.

    `url` is https, http, or `catalog:` for a row without a link; `place` says the file and row of a catalog.
    """

    title: str
    url: str
    snippet: str = ""
    image_url: str = ""
    place: str = ""

    def fact(self) -> str:
        """What is told to an engine."""
        return f"{self.title}: {self.snippet}" if self.snippet else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """One call: one to ten candidates of one picture. Equal requests with a seed make equal pixels on one engine revision.

    Size is either explicit (`size`) or `aspect_ratio` + `tier`; all may be None until the plan completes them.
    """

    prompt: str
    model: str = "flash"
    size: Size | None = None
    aspect_ratio: str | None = None  # "16:9"; None = follow the base picture, else 1:1
    tier: str | None = None          # one of TIERS; None = 1K
    seed: int | None = None          # candidate i draws with seed + i
    count: int = 1
    references: tuple[Reference, ...] = ()
    mask: Mask | None = None
    text_layers: tuple[TextLayer, ...] = ()
    history: tuple[str, ...] = ()    # what the user said in earlier turns, oldest first
    system: str = ""
    negative_prompt: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    adapters: tuple[tuple[str, float], ...] = ()  # (name, weight) of LoRA adapters that the installation offers
    thinking: Thinking = Thinking.MINIMAL
    text: str = "drawn"              # drawn: as the engine writes it; exact: quoted text that it misspells is typeset
    search: Search | None = None     # facts are wanted
    facts: tuple[str, ...] = ()      # what was found, as data: trained engines add it to their words, rules ignore it
    partial_images: int = 0          # previews wanted while drawing, 0..3
    safety: tuple[tuple[str, str], ...] = ()  # (category, threshold), catalog ids
    urgent: bool = field(default=True, compare=False)  # somebody waits for it; False = a device may draw others first
    commercial: bool = field(default=False, compare=False)  # who asks may use no weights that forbid commercial use
    output: OutputSpec = field(default_factory=OutputSpec)

    def __post_init__(self) -> None:
        if len(self.prompt) > MAX_PROMPT_CHARS:
            raise TooLarge(f"the prompt has {len(self.prompt)} characters", field="prompt",
                           hint=f"keep it under {MAX_PROMPT_CHARS}")
        if not self.prompt.strip():
            raise InvalidValue("the prompt is empty", field="prompt", hint="describe the image in words")
        if not 1 <= self.count <= MAX_CANDIDATES:
            raise InvalidValue(f"{self.count} candidates were asked for", field="count",
                               hint=f"ask for 1 to {MAX_CANDIDATES}")
        if len(self.references) > MAX_REFERENCES:
            raise TooManyReferences(f"{len(self.references)} input images were sent",
                                    hint=f"send at most {MAX_REFERENCES}", field="references")
        self._check_size()
        self._check_numbers()

    def _check_size(self) -> None:
        if self.size is None:
            return
        if max(self.size.width, self.size.height) > MAX_SIDE_PX or self.size.pixels > MAX_PIXELS:
            raise InvalidValue(f"size {self.size} is too large", field="size",
                               hint=f"sides up to {MAX_SIDE_PX} and {MAX_PIXELS} pixels in all")

    def _check_numbers(self) -> None:
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED - MAX_CANDIDATES:
            raise InvalidValue("the seed is out of range", field="seed", hint="use 0 to 2^63 - 11")
        if self.tier is not None and self.tier not in TIERS:
            raise InvalidValue(f"image size {self.tier[:40]!r} is not known", field="tier", hint="use 512, 1K, 2K or 4K")
        if self.steps is not None and not 1 <= self.steps <= 200:
            raise InvalidValue("steps is out of range", field="steps", hint="use 1 to 200")
        if self.guidance_scale is not None and not 0 <= self.guidance_scale <= 50:
            raise InvalidValue("guidance scale is out of range", field="guidance_scale", hint="use 0 to 50")
        if len(dict(self.adapters)) != len(self.adapters) or len(self.adapters) > MAX_ADAPTERS:
            raise InvalidValue("too many adapters, or one twice", field="adapters",
                               hint=f"name up to {MAX_ADAPTERS}, each once")
        if any(not -MAX_ADAPTER_WEIGHT <= w <= MAX_ADAPTER_WEIGHT for _, w in self.adapters):
            raise InvalidValue("an adapter's weight is out of range", field="adapters",
                               hint=f"use {-MAX_ADAPTER_WEIGHT:g} to {MAX_ADAPTER_WEIGHT:g}; 1 is its full effect")
        if self.text not in TEXT_OPTIONS:
            raise InvalidValue(f"text {self.text[:40]!r} is not understood", field="text",
                               hint="use " + " or ".join(TEXT_OPTIONS))
        if not 0 <= self.partial_images <= 3:
            raise InvalidValue("partial images is out of range", field="partial_images", hint="use 0 to 3")
        if self.mask is not None and self.base is None:
            raise InvalidValue("a mask came without a picture to edit", field="mask",
                               hint="send the picture that the mask belongs to")

    @property
    def base(self) -> Reference | None:
        """The picture to edit: the last one with that role, or None when drawing afresh."""
        return next((r for r in reversed(self.references) if r.role is ReferenceRole.BASE), None)

    def known(self) -> str:
        """The facts as one line for an engine that reads prose, "" without any."""
        return f"Facts, to draw it truly and not to be written: {'; '.join(self.facts)}." if self.facts else ""

    def complete(self) -> "tuple[Size, int]":
        """Size and seed of a planned request. Raises ValueError before the plan stage has run."""
        if self.size is None or self.seed is None:
            raise ValueError("the request has not been planned: size and seed are open")
        return self.size, self.seed

    def digest(self) -> str:
        """Content address of everything that decides the pixels and their encoding. 32 hex digits."""
        plain = json.dumps(_plain(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(plain.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:  # noqa: ANN401  any value of this module, recursively
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What an engine made for one candidate. Without pixels `finish_reason` is not "stop" and `note` says why.

    `state` is the engine's own record of the picture (comp: the scene), carried to the next turn and never trusted unsealed.
    `note` is one honest sentence for the reply's text part; `thoughts` are the plan in words.
    """

    seed: int
    pixels: Pixels | None = field(default=None, repr=False)
    file: "Asset | None" = None  # instead of pixels, from an engine that received an encoded picture and checked its header
    finish_reason: str = "stop"
    note: str = ""
    thoughts: tuple[str, ...] = ()
    state: bytes = field(default=b"", repr=False)
    reshaped: bool = False     # the words asked for this shape (crop, turn): keep it unless the caller fixed a size or ratio
    edited_base: bool = False  # pixels come from an uploaded photograph, not from the engine alone
    upstream_micros: int = 0   # what a remote engine's vendor charges for it, by its list price

    def __post_init__(self) -> None:
        if self.finish_reason not in FINISH_REASONS:
            raise ValueError(f"finish reason {self.finish_reason!r}")
        if (self.pixels is None and self.file is None) == (self.finish_reason == "stop"):
            raise ValueError("a picture has pixels, or a file of them, exactly when it finished with 'stop'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A finished, encoded picture."""

    data: bytes = field(repr=False)
    mime: str
    size: Size

    @property
    def digest(self) -> str:
        """sha256 of the file, hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One answer: an asset, or the reason why there is none."""

    index: int
    seed: int
    asset: Asset | None
    finish_reason: str = "stop"
    note: str = ""
    thoughts: tuple[str, ...] = ()
    thought_tokens: int = 0                            # that a language model spent on looking at it
    signature: bytes = field(default=b"", repr=False)  # sealed state: Gemini's thought signature
    upstream_micros: int = 0
    receipt: Mapping[str, Any] | None = None           # of a masked edit: what proves that nothing moved outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the vendors count them; `total` adds up. Price in integer micro-dollars of the list price."""

    prompt_text: int = 0
    prompt_image: int = 0
    output_text: int = 0
    output_image: int = 0
    thoughts: int = 0
    list_price_micros: int = 0
    upstream_micros: int = 0  # what a remote engine's vendor charges, by its own count and list price; 0 = drawn here

    @property
    def prompt(self) -> int:
        return self.prompt_text + self.prompt_image

    @property
    def output(self) -> int:
        return self.output_text + self.output_image

    @property
    def total(self) -> int:
        return self.prompt + self.output + self.thoughts


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the one flow returns."""

    id: str             # opaque response id, 22 URL-safe characters
    model: str          # the public id, canonical spelling
    engine: str         # which engine drew it
    revision: str       # that engine's revision
    size: Size
    aspect_ratio: str   # "" when the size is free
    candidates: tuple[Candidate, ...]
    usage: Usage
    request_digest: str = ""
    note: str = ""      # why another engine than the model's own drew it, "" when none
    queries: tuple[str, ...] = ()      # what was searched for
    sources: tuple[Source, ...] = ()   # what was found there and told to the engine
    sources_pictured: bool = False     # the caller asked for the sources' pictures, too
    created_s: int = 0  # Unix time


@dataclass(frozen=True, slots=True)
class Thought:
    """Event: a piece of the plan, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Event: `step` of `total` steps of candidate `index` are done."""

    step: int
    total: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Partial:
    """Event: a finished preview of candidate `index`; `number` counts from 0."""

    asset: Asset
    number: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Event: a candidate is ready, in order of index."""

    candidate: Candidate


Event = Thought | Progress | Partial | Done


class OnEvent(Protocol):
    """Receives events in order, on the worker's thread. Raises Cancelled to stop the run."""

    def __call__(self, event: Event, /) -> None: ...


def ignore_events(_event: Event) -> None:
    """The OnEvent for callers who only want the result."""
