"""The values of the native API, as pydantic models: what a caller sends, what it gets back. OpenAPI is made from them."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Sent(BaseModel):
    """Base of what a caller sends: a name that is not here is an error, and "7" is not 7."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answered(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReferenceBody(Sent):
    """An input picture."""

    data: str = Field(description="The file (PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP), base64 of either alphabet.")
    role: Literal["object", "character", "style", "base"] = Field(
        default="object",
        description="object: a thing to place; character: someone to keep; style: how it looks; base: edit this one.")
    signature: str = Field(default="", description="The signature that came with the picture, when this server drew it.")


class MaskBody(Sent):
    """Where an edit may change the base."""

    data: str = Field(description="The file, base64. White = repaint, black = keep.")
    alpha_marks_edit: bool = Field(default=False, description="Transparent = repaint, as OpenAI does it.")
    feather_px: int = Field(default=0, description="Soften the edge inwards, 0 to 256 pixels.")
    watermark: Literal["", "inside", "skip"] = Field(
        default="", description='Where the edit\'s watermark may be: inside the mask, or skip it. "": as the server is set.')


class TextLayerBody(Sent):
    """Words that must appear exactly."""

    text: str
    role: Literal["headline", "body", "sign", "label"] = "headline"
    box: tuple[float, float, float, float] | None = Field(
        default=None, description="x, y, width, height as fractions of the picture. Left out: the engine decides.")
    color: str = Field(default="", pattern="^(#[0-9a-fA-F]{6})?$", description='"#rrggbb". Left out: the engine decides.')
    font: str = ""


class OutputBody(Sent):
    """How the picture is encoded."""

    mime: str = Field(default="image/png",
                      description="image/png, image/jpeg, image/webp, image/avif, image/tiff, image/jxl where installed.")
    quality: int = Field(default=92, description="1 to 100, for lossy formats.")
    bit_depth: int = Field(default=8, description="8; 16 for PNG, TIFF and JXL; 10 or 12 for AVIF.")
    background: str = Field(default="auto", description="auto, opaque or transparent.")
    max_bytes: int | None = Field(default=None, description="The file gets the best quality, up to `quality`, that fits.")


class ImageBody(Sent):
    """Draw or edit. Only `prompt` is needed."""

    prompt: str = Field(description="What to draw, or with a base picture, what to change.")
    model: str = Field(default="flash", description="Any id or alias that /api/v1/models lists.")
    aspect_ratio: str | None = Field(default=None, description='"16:9". Left out: the shape of the base picture, else 1:1.')
    size: str | None = Field(default=None, description='"512", "1K", "2K" or "4K"; or exact pixels such as "1024x768".')
    seed: int | None = Field(default=None, description="Candidate i draws with seed + i. Left out: a new one.")
    count: int = Field(default=1, description="How many candidates, 1 to 10.")
    references: tuple[ReferenceBody, ...] = Field(default=(), description="Up to 14 input pictures.")
    mask: MaskBody | None = None
    negative_prompt: str = ""
    text_layers: tuple[TextLayerBody, ...] = ()
    history: tuple[str, ...] = Field(default=(), description="What was asked for in earlier turns, oldest first.")
    system: str = Field(default="", description="Instructions that hold for every turn.")
    steps: int | None = None
    guidance_scale: float | None = None
    adapters: dict[str, float] = Field(default={}, description="LoRA adapters that the model offers: name -> weight, 1 = full.")
    thinking: Literal["minimal", "medium", "high", "dynamic"] = "minimal"
    search: bool = Field(default=False, description="Look facts up first, with the provider that the server is set up with.")
    text: Literal["drawn", "exact"] = Field(
        default="drawn", description="exact: quoted text that the engine misspells twice is typeset by the server. Needs OCR.")
    partial_images: int = Field(default=0, description="Previews wanted while drawing, 0 to 3. Needs `stream`.")
    safety: dict[str, str] = Field(default={}, description="Threshold by category.")
    output: OutputBody = Field(default_factory=OutputBody)
    stream: bool = Field(default=False, description="Answer with server-sent events.")


class VerifyBody(Sent):
    """A picture to look at. Only `data` is needed."""

    data: str = Field(description="The file, base64 of either alphabet.")
    original: str = Field(default="", description="The picture before a masked edit: did anything move outside the mask?")
    receipt: dict[str, Any] | None = Field(default=None, description="The edit's receipt, if the picture's own was stripped.")
    mask: str = Field(default="", description="The mask, when the receipt does not hold it.")


class PictureAnswer(Answered):
    """One candidate. `data` is missing when there is no picture (`finish_reason` and `note` say why) and in `result` events."""

    index: int
    seed: int
    finish_reason: str
    note: str
    thoughts: tuple[str, ...]
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    digest: str | None = Field(default=None, description="sha256 of the file, hex.")
    signature: str | None = Field(default=None, description="Send it back with the picture to edit it.")
    receipt: dict[str, Any] | None = Field(
        default=None, description="Of a masked edit: with it anybody can check that nothing moved outside the mask.")
    data: str | None = Field(default=None, description="The file, base64.")


class UsageAnswer(Answered):
    """Tokens as the vendors count them, and what the model's vendor would have charged by its list price."""

    prompt: int
    output: int
    thoughts: int
    total: int
    list_price_micros: int
    upstream_micros: int = Field(description="What a remote engine's vendor charges, by its own count; 0 = drawn here.")


class SourceAnswer(Answered):
    """Where a fact comes from. All of it is text of strangers."""

    title: str
    url: str = Field(description="http, https, or `catalog:` for a row of the operator's own catalog that has no link.")
    snippet: str
    image_url: str
    place: str = Field(description='File and row of the catalog; "" for a page.')


class ImageAnswer(Answered):
    """What POST /api/v1/images answers."""

    id: str
    created: int
    model: str
    engine: str
    revision: str
    width: int
    height: int
    aspect_ratio: str
    note: str = Field(description='Why another engine than the model\'s own drew it, and what a search came to; "" when none.')
    request_digest: str
    queries: tuple[str, ...] = Field(description="What was searched for, when `search` was asked for and a provider is set up.")
    sources: tuple[SourceAnswer, ...] = Field(description="Where the facts come from that were looked up.")
    candidates: tuple[PictureAnswer, ...]
    usage: UsageAnswer


class CredentialAnswer(Answered):
    """What the content credentials (C2PA) come to."""

    state: Literal["none", "elsewhere", "invalid", "valid", "trusted"] = Field(
        description="elsewhere: a remote manifest is named and was not fetched. invalid: broken, or the file was changed. "
                    "valid: whole, signer unknown here. trusted: whole, and the signer's root is trusted here.")
    signer: str
    generator: str
    inputs: int
    stamped: bool = Field(description="A time-stamp authority signed the time.")
    soft_binding: str = Field(description="alg:value of the watermark that the manifest speaks of.")
    actions: tuple[str, ...]
    source_types: tuple[str, ...]
    failures: tuple[str, ...]
    generation: dict[str, str]


class WatermarkAnswer(Answered):
    """What the invisible watermark says."""

    answer: Literal["present", "absent", "cannot_tell", "off"]
    id: str = Field(description="Hex.")
    issued_here: bool
    looks_alike: bool = Field(description="The picture looks like the one that the id was issued for.")


class RecordAnswer(Answered):
    """What this installation recorded when it made the picture."""

    engine: str
    revision: str
    seed: int
    request_digest: str
    file: str
    manifest: str
    created: str


class ReceiptAnswer(Answered):
    """What comparing with the original found."""

    holds: bool
    moved_px: int
    worst: int = Field(description="The largest difference outside the mask, of 255.")
    why: str


class VerifyAnswer(Answered):
    """What POST /api/v1/verify answers."""

    status: Literal["made_here", "vouched", "claimed", "unknown", "altered"]
    verdict: str = Field(description="One sentence for people.")
    mime: str
    size: str
    sha256: str
    credentials: CredentialAnswer
    watermark: WatermarkAnswer
    labels: dict[str, str]
    record: RecordAnswer | None
    receipt: ReceiptAnswer | None


class ModelAnswer(Answered):
    """One model, and what may be asked of it here and now."""

    id: str
    vendor: str
    display_name: str
    description: str
    aliases: tuple[str, ...]
    engine: str | None = Field(description="The engine that serves it on this machine, null when none does.")
    stand_in: bool = Field(description="That engine is not the model's own.")
    ratios: tuple[str, ...]
    tiers: tuple[str, ...]
    default_tier: str
    pixels: dict[str, dict[str, tuple[int, int]]] = Field(description="Ratio -> tier -> [width, height].")
    free_size: bool = Field(description="Other exact sizes are drawn too.")
    max_references: int
    max_candidates: int
    thinking: tuple[str, ...]
    list_price_micros: dict[str, int] = Field(description="Tier -> list price of one picture, in micro-dollars.")


class ModelsAnswer(Answered):
    """What GET /api/v1/models answers."""

    models: tuple[ModelAnswer, ...]


class EngineAnswer(Answered):
    """What an installed engine can do."""

    id: str
    name: str
    revision: str
    licence: str
    trained: bool
    commercial_use: bool
    max_references: int
    max_candidates: int
    masks: bool
    transparent_background: bool
    negative_prompt: bool
    tuning: tuple[str, ...]
    scripts: tuple[str, ...]
    needs: str
    marks: str = Field(description='A watermark that its pictures carry already; "": they get ours.')


class PolicyAnswer(Answered):
    """Which checks look at a request or a picture. `categories` are what rules exist for."""

    enabled: bool = Field(description="False: only the rules that nothing turns off apply.")
    words: bool
    pictures: bool = Field(description="A classifier looks at every picture and preview before it leaves.")
    picture_classifier: str = Field(description="Its name, or that there is none.")
    categories: tuple[str, ...]
    rules: int
    own_rules: int = Field(description="How many of them this installation added.")


class ProvenanceAnswer(Answered):
    """What a file tells beside its picture."""

    watermark: str = Field(description='The algorithm; "": none is put in.')
    masked_watermark: str
    signer: str = Field(description='Who signs the content credentials; "": nothing is signed.')
    development_certificate: bool = Field(description="The signer is self-made: validators call it untrusted.")


class SearchAnswer(Answered):
    """Who looks facts up for requests that ask for it, in order."""

    providers: tuple[str, ...] = Field(description="Their names; empty: nothing is searched, and answers say so.")
    leaves_machine: bool = Field(description="The words of a prompt are sent to one of them.")


class ThinkingAnswer(Answered):
    """What plans and checks pictures."""

    language_model: str = Field(description='Its name; "": rules alone.')
    vision: bool = Field(description="That model looks at pictures and answers a checklist.")
    ocr: str = Field(description='What reads quoted text back; "": nothing does, and exact text is refused.')


class CapabilitiesAnswer(Answered):
    """What GET /api/v1/capabilities answers."""

    version: str
    engines: tuple[EngineAnswer, ...]
    policy: PolicyAnswer
    provenance: ProvenanceAnswer
    search: SearchAnswer
    thinking: ThinkingAnswer
    key_required: bool = Field(description="Programs must send an API key.")
    max_references: int
    max_candidates: int
    mime_types: tuple[str, ...]


class ProblemAnswer(Answered):
    """RFC 9457 problem+json."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="The request's id, as in the x-request-id header.")
    code: str = Field(description="Name of the error; programs read this.")
    hint: str = Field(description="What to do next.")
    field: str | None = Field(description="Dotted path of the field that is wrong.")
    retryable: bool
    categories: tuple[str, ...] | None = Field(default=None, description="Policy categories, when the words were refused.")
