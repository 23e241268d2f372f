"""Bodies of the image routes -> Call. OpenAI's names stop here. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cavendish.api.openai import fields, pictures
from cavendish.api.openai.forms import Body
from cavendish.catalog.models import Catalog, ModelCard
from cavendish.errors import InvalidValue, TooLarge, Unsupported
from cavendish.trust import policy
from cavendish.types import ImageRequest, OutputSpec, Reference, Size, Thinking

DEFAULT_MODEL = "gpt-image-2.6-sunburst"  # OpenAI's own default, openai-python 3.52.0
VARIATION_MODEL = "dall-e-2"
VARIATION_PROMPT = "a variation of this picture"  # the route takes no words
EVENTS = {"generations": "image_generation", "edits": "image_edit", "variations": "image_edit"}
MAX_N = {"dall-e-3": 1}
MAX_NAME_CHARS = 512  # user, safety_identifier
MIMES = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "jpg": "image/jpeg", "avif": "image/avif"}
NOT_RASTER = {"gif": "animated output", "svg": "vector output"}
STYLES = {"vivid": "", "natural": "a realistic, natural look"}  # DALL-E 3's words; vivid is its default
TIER_SPELLINGS = {"0.5K": "512", "512PX": "512", "512P": "512"}

# quality -> what the answer reports, how much planning and checking it pays for. The size never changes.
QUALITIES = {
    "auto": ("medium", Thinking.MEDIUM), "low": ("low", Thinking.MINIMAL), "medium": ("medium", Thinking.MEDIUM),
    "high": ("high", Thinking.HIGH), "xhigh": ("xhigh", Thinking.HIGH), "max": ("max", Thinking.HIGH),
    "standard": ("standard", Thinking.MEDIUM), "hd": ("hd", Thinking.HIGH),
}
EFFORTS = {"none": Thinking.MINIMAL, "minimal": Thinking.MINIMAL, "low": Thinking.MINIMAL, "medium": Thinking.MEDIUM,
           "high": Thinking.HIGH, "xhigh": Thinking.HIGH, "max": Thinking.HIGH, "dynamic": Thinking.DYNAMIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, and how its answer is to look."""

    request: ImageRequest
    event: str = "image_generation"  # first word of stream events
    quality: str = "medium"
    urls: bool = False
    stream: bool = False
    revised: bool = False            # entries carry revised_prompt
    safety_identifier: str = ""


def parse(body: Body, route: str, catalog: Catalog) -> Call:
    """Read `generations`, `edits` or `variations`. Raises InvalidRequest leaves and UnknownModel."""
    values = unwrapped(fields.read(body.fields, route, form=body.form), form=body.form)
    card = catalog.model(values.get("model") or (VARIATION_MODEL if route == "variations" else DEFAULT_MODEL))
    references = _references(values, route)
    values.setdefault("quality", "auto")
    stream = bool(values.get("stream", False))
    mask = pictures.mask(values["mask"], values.get("mask_mode", "alpha"), values.get("mask_feather", 0)) \
        if "mask" in values else None
    request = ImageRequest(
        prompt=VARIATION_PROMPT if route == "variations" else prompt(values, card),
        system=STYLES[values.get("style", "vivid")], references=references, mask=mask,
        partial_images=values.get("partial_images", 0) if stream else 0, **common(values, card, references))
    return Call(
        request=request, event=EVENTS[route], quality=QUALITIES[values["quality"]][0], stream=stream,
        urls=values.get("response_format", "url" if card.id.startswith("dall-e") else "b64_json") == "url",
        revised=card.id == "dall-e-3", safety_identifier=identifier(values))


def unwrapped(values: dict[str, Any], *, form: bool = False) -> dict[str, Any]:
    """Fold `extra_body.google`, `google` and `image_config` into the fields beside them."""
    extra = values.pop("extra_body", {})
    unknown = next((k for k in extra if k != "google"), None)
    if unknown is not None:
        fields.read({unknown: 0}, "", path="extra_body.")  # raises: only Google's fields ride here
    ridden = fields.read(extra, "chat", form=form, path="extra_body.").get("google", {})
    google = fields.read(_snake(ridden), "google", form=form, path="extra_body.google.")
    google |= fields.read(_snake(values.pop("google", {})), "google", form=form, path="google.")
    config = _snake(google.pop("image_config", {})) | _snake(values.pop("image_config", {}))
    google["thinking_config"] = fields.read(_snake(google.get("thinking_config", {})), "thinking_config", form=form,
                                            path="thinking_config.")
    values |= google | fields.read(config, "image_config", form=form, path="image_config.")
    return values


def _snake(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Google's fields come in either casing."""
    return {"".join("_" + c.lower() if c.isupper() else c for c in name): value for name, value in raw.items()}


def common(values: Mapping[str, Any], card: ModelCard, references: tuple[Reference, ...]) -> dict[str, Any]:
    """Return the ImageRequest arguments that all routes share."""
    size, ratio, tier = shape(values, card, editing=bool(references))
    return {
        "model": values.get("model") or card.id, "size": size, "aspect_ratio": ratio, "tier": tier,
        "count": count(values, card), "seed": values.get("seed"), "negative_prompt": values.get("negative_prompt", ""),
        "steps": values.get("steps"), "guidance_scale": values.get("guidance_scale"),
        "thinking": thinking(values, card), "safety": safety(values), "output": output(values),
    }


def prompt(values: Mapping[str, Any], card: ModelCard) -> str:
    """Return the words. Raises InvalidValue when there are none, TooLarge over the model's limit."""
    text = values.get("prompt", "")
    if not text.strip():
        raise InvalidValue("you must provide a prompt", field="prompt", hint="describe the image in words")
    if card.vendor == "openai" and len(text) > card.input_token_limit:  # OpenAI counts characters here
        raise TooLarge(f"Invalid 'prompt': string too long, {len(text)} characters", field="prompt",
                       hint=f"send at most {card.input_token_limit} to {card.id}")
    return str(text)


def _references(values: Mapping[str, Any], route: str) -> tuple[Reference, ...]:
    if route == "generations":
        return ()
    if values.get("image") in (None, [], ""):
        raise InvalidValue("you must provide an image", field="image",
                           hint='send it as a multipart file, or as JSON "images":[{"image_url":"data:…"}]')
    found = pictures.references(values["image"])
    if route == "variations" and len(found) > 1:
        raise InvalidValue(f"{len(found)} images were sent", field="image", hint="a variation is made of one image")
    return found


def shape(values: Mapping[str, Any], card: ModelCard, *, editing: bool) -> tuple[Size | None, str | None, str | None]:
    """Return size, ratio and tier. "auto" is the model's default when drawing, and follows the picture when editing."""
    asked = values.get("size") or "auto"
    ratio = values.get("aspect_ratio") or "auto"
    tier = values.get("image_size") or None
    if asked != "auto" and (ratio != "auto" or tier):
        raise InvalidValue("size was sent together with aspect_ratio or image_size", field="size",
                           hint="send either size, or aspect_ratio and image_size")
    if tier:
        tier = TIER_SPELLINGS.get(tier.strip().upper(), tier.strip().upper())
    if ratio != "auto" or tier:
        ratio = ratio.replace(" ", "")
        card.size("1:1" if ratio == "auto" else ratio, tier or card.default_tier)
        return None, None if ratio == "auto" else ratio, tier
    if asked != "auto":
        size = Size.parse(asked)
        card.check_size(size)
        return size, None, None
    return card.named.auto if card.named and not editing else None, None, None


def count(values: Mapping[str, Any], card: ModelCard) -> int:
    """Return how many pictures. Raises InvalidValue over the model's own limit."""
    n = int(values.get("n", 1))
    most = MAX_N.get(card.id, n)
    if n > most:
        raise InvalidValue(f"n={n} is not enabled for {card.id}", field="n", hint=f"use {most}, or another model")
    return n


def thinking(values: Mapping[str, Any], card: ModelCard) -> Thinking:
    """Return how much planning is paid for: what was asked, or the next lower level that the model has."""
    wanted = QUALITIES[values["quality"]][1] if "quality" in values else Thinking.MINIMAL
    if "complexity" in values or "reasoning_effort" in values:
        wanted = EFFORTS[values.get("complexity") or values["reasoning_effort"]]
    level = values.get("thinking_config", {}).get("thinking_level", "").lower()
    if level and level not in EFFORTS:
        raise InvalidValue(f"thinking level {level[:40]!r} is not known", field="thinking_config.thinking_level",
                           hint="use minimal, medium or high")
    wanted = EFFORTS.get(level, wanted)
    order = [Thinking.MINIMAL, Thinking.MEDIUM, Thinking.HIGH]
    if wanted in card.thinking or wanted not in order:
        return wanted if wanted in card.thinking else Thinking.MINIMAL
    return next((t for t in reversed(order[:order.index(wanted)]) if t in card.thinking), Thinking.MINIMAL)


def safety(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return thresholds: moderation "auto" and "low" are the least our policy does; Google's settings name their own."""
    pairs: dict[str, str] = {}
    for i, setting in enumerate(values.get("safety_settings", [])):
        pair = _snake(setting) if isinstance(setting, dict) else {}
        category = str(pair.get("category", "")).lower().removeprefix("harm_category_")
        threshold = str(pair.get("threshold", "")).lower()
        if category not in policy.CATEGORIES or threshold not in policy.THRESHOLDS:
            raise InvalidValue("a safety setting is not understood", field=f"safety_settings[{i}]",
                               hint='write it like {"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}')
        pairs[category] = threshold
    return tuple(sorted(pairs.items()))


def output(values: Mapping[str, Any], default: str = "png") -> OutputSpec:
    """Return how to encode. Raises Unsupported for gif and svg, InvalidValue for what a format cannot do."""
    name = values.get("output_format", default)
    if name in NOT_RASTER:
        raise Unsupported(f"{NOT_RASTER[name]} ({name}) is not made here", field="output_format",
                          hint="use png, webp, jpeg or avif")
    mime = MIMES[name]
    compression = values.get("output_compression")
    if compression is not None and compression < 100 and mime == "image/png":
        raise InvalidValue("Compression less than 100 is not supported for PNG output format", field="output_compression",
                           hint="ask for webp, jpeg or avif, or leave it out")
    background = values.get("background", "auto")
    if compression is None:
        return OutputSpec(mime=mime, background=background)
    return OutputSpec(mime=mime, background=background, quality=max(1, compression))


def identifier(values: Mapping[str, Any]) -> str:
    """Return the effective safety identifier: it wins over `user`. Raises InvalidValue when it is a novel."""
    for name in ("safety_identifier", "user"):
        text = str(values.get(name) or "")
        if len(text) > MAX_NAME_CHARS:
            raise InvalidValue(f"'{name}' has {len(text)} characters", field=name, hint=f"send at most {MAX_NAME_CHARS}")
    return str(values.get("safety_identifier") or values.get("user") or "")
