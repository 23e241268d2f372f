"""`generateContent` body -> ImageRequest. The wire's names stop here. Pure: no I/O, no clock, nothing random.

Vendor extras (mask, negativePrompt, steps, guidanceScale, seed, textLayers, partialImages, background, bitDepth, maskFeather)
are read under `generationConfig.imageConfig` and under a top-level `cavendish` object, which wins.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cavendish.api import edge
from cavendish.api.gemini import tools, turns
from cavendish.api.gemini.schema import camel, read, schema
from cavendish.catalog.models import ModelCard, catalog
from cavendish.errors import InvalidValue, Unsupported
from cavendish.thinking.conversation import Sent
from cavendish.types import ImageRequest, Mask, OutputSpec, TextLayer, Thinking

MEDIUM_FROM, HIGH_FROM = 2_048, 8_192  # thinking budgets (tokens) from which planning is MEDIUM and HIGH
_LEVELS = {"MINIMAL": Thinking.MINIMAL, "LOW": Thinking.MINIMAL, "MEDIUM": Thinking.MEDIUM, "HIGH": Thinking.HIGH,
           "XHIGH": Thinking.HIGH, "THINKING_LEVEL_UNSPECIFIED": Thinking.MINIMAL}
_WORDS = ("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE", "THIRTEEN",
          "FOURTEEN", "FIFTEEN", "SIXTEEN", "SEVENTEEN", "EIGHTEEN", "NINETEEN", "TWENTY", "TWENTY_ONE")
_NUMBER = {word: str(i) for i, word in enumerate(_WORDS, start=1)}
_TIERS = {"512": "512", "512PX": "512", "0.5K": "512", "1K": "1K", "2K": "2K", "4K": "4K", "IMAGE_SIZE_FIVE_TWELVE": "512",
          "IMAGE_SIZE_ONE_K": "1K", "IMAGE_SIZE_TWO_K": "2K", "IMAGE_SIZE_FOUR_K": "4K"}
_OPEN = ("", "auto", "ASPECT_RATIO_UNSPECIFIED", "IMAGE_SIZE_UNSPECIFIED")
_PRESETS = ("image/jpg", "image/jpeg")
_PEOPLE = {"person_generation": "PERSON_GENERATION_UNSPECIFIED", "prominent_people": "PROMINENT_PEOPLE_UNSPECIFIED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request, and how its answer is to be shown."""

    request: ImageRequest = field(repr=False)
    modalities: tuple[str, ...] = ("TEXT", "IMAGE")  # order of the answer's parts
    include_thoughts: bool = False


def parse(body: bytes, model: str, default_mime: str = "image/png") -> Call:
    """Read a body for a model. Raises InvalidRequest leaves in the vendor's words, UnknownModel."""
    return parse_fields(read("GenerateContentRequest", edge.json_object(body)), model, default_mime)


def parse_fields(data: dict[str, Any], model: str, default_mime: str = "image/png") -> Call:
    """Read a request that `schema.read` has checked."""
    card = catalog().model(model)
    config = data.get("generation_config", {})
    search, other_tools = tools.read(data.get("tools", []))
    refuse(data | {"tools": other_tools}, card)
    modalities = _modalities(config, card)
    image = _image(config)
    extras = {**image, **data.get("cavendish", {})}
    spoken = turns.read(data.get("contents", []), masked="mask" in extras)
    thoughts = config.get("thinking_config", {})
    include_thoughts = bool(thoughts.get("include_thoughts", False))
    request = ImageRequest(
        prompt=spoken.prompt, model=card.id, references=spoken.references, history=spoken.history,
        mask=_mask(extras, spoken.mask), system=_system(data.get("system_instruction", {})),
        aspect_ratio=_ratio(image.get("aspect_ratio", "")), tier=_tier(image.get("image_size", "")),
        seed=_seed(config, extras), count=config.get("candidate_count", 1), thinking=_thinking(thoughts),
        safety=_safety(data.get("safety_settings", []), image), output=_output(image, extras, default_mime),
        text_layers=tuple(map(_layer, extras.get("text_layers", ()))), negative_prompt=extras.get("negative_prompt", ""),
        steps=extras.get("steps"), guidance_scale=extras.get("guidance_scale"),
        partial_images=_partials(extras, include_thoughts), search=search)
    if request.aspect_ratio or request.tier:
        card.size(request.aspect_ratio or "1:1", request.tier or card.default_tier)
    return Call(request=request, modalities=modalities, include_thoughts=include_thoughts)


def refuse(data: Mapping[str, Any], card: ModelCard) -> None:
    """Raise Unsupported for what no model here does, InvalidValue for numbers out of range."""
    config = data.get("generation_config", {})
    for rule in schema().refused:
        owner, _, name = rule["path"].rpartition(".")
        if (config if owner else data).get(name):
            raise Unsupported(f"{rule['message']}: models/{card.id}", field=rule["path"], hint=rule["hint"])
    if config.get("response_mime_type", "text/plain") not in ("", "text/plain"):
        raise Unsupported(f"JSON mode is not enabled for models/{card.id}", field="generation_config.response_mime_type",
                          hint="leave responseMimeType out; pictures have imageOutputOptions.mimeType")
    for name, (low, high) in schema().ranges.items():
        if name in config and not low <= config[name] <= high:
            raise InvalidValue(f"{camel(name)} {config[name]:g} is out of range", field=f"generation_config.{name}",
                               hint=f"use {low} to {high}")


def _modalities(config: Mapping[str, Any], card: ModelCard) -> tuple[str, ...]:
    asked = tuple(m for m in dict.fromkeys(config.get("response_modalities", ())) if m != "MODALITY_UNSPECIFIED")
    if not asked:
        return ("TEXT", "IMAGE")
    if "IMAGE" not in asked or not set(asked) <= {"TEXT", "IMAGE"}:
        raise Unsupported(
            f"The requested combination of response modalities ({', '.join(asked)}) is not supported by the model. "
            f"models/{card.id} accepts the following combination of response modalities:\n* TEXT, IMAGE\n* IMAGE\n",
            field="generation_config.response_modalities", hint='ask for ["TEXT", "IMAGE"] or ["IMAGE"]')
    return asked


def _image(config: Mapping[str, Any]) -> dict[str, Any]:
    """Merge every place for picture settings; imageConfig, the canonical one, wins over responseFormat."""
    merged: dict[str, Any] = {}
    for entry in config.get("response_format", ()):
        if entry.get("type", "image") == "image":
            merged |= {k: v for k, v in entry.items() if k not in ("image", "text")} | entry.get("image", {})
    if merged.get("delivery", "inline").upper() not in ("INLINE", "DELIVERY_UNSPECIFIED"):
        raise Unsupported("delivery by URI is not supported", field="generation_config.response_format",
                          hint="read the picture from inlineData")
    merged |= config.get("image_config", {})
    options = merged.get("image_output_options", {})
    mime = options.get("mime_type") or merged.get("output_mime_type") or merged.get("mime_type") or ""
    quality = options.get("compression_quality", merged.get("output_compression_quality"))
    return merged | {"mime_type": mime.lower(), "quality": quality}


def _ratio(text: str) -> str | None:
    """Read `16:9`, `ASPECT_RATIO_SIXTEEN_BY_NINE` or nothing."""
    if text in _OPEN:
        return None
    words = re.fullmatch(r"ASPECT_RATIO_([A-Z_]+)_BY_([A-Z_]+)", text.upper())
    if words and words[1] in _NUMBER and words[2] in _NUMBER:
        return f"{_NUMBER[words[1]]}:{_NUMBER[words[2]]}"
    return text.strip()


def _tier(text: str) -> str | None:
    return None if text in _OPEN else _TIERS.get(text.strip().upper(), text)


def _seed(config: Mapping[str, Any], extras: Mapping[str, Any]) -> int | None:
    """Our own seed has 63 bits; the API's int32 maps its negatives to 2^32 + seed, so -1 is 4294967295."""
    if "seed" in extras:
        return int(extras["seed"])
    seed = config.get("seed")
    return None if seed is None else int(seed) & 0xFFFFFFFF


def _thinking(config: Mapping[str, Any]) -> Thinking:
    """Level by name; a budget of -1 is dynamic, else more tokens plan more."""
    budget = config.get("thinking_budget")
    if "thinking_level" in config and budget is not None:
        raise InvalidValue("You can only set only one of thinking budget and thinking level.",
                           field="generation_config.thinking_config", hint="leave one of them out")
    if budget is None:
        return _LEVELS[config.get("thinking_level", "MINIMAL")]
    if budget < -1:
        raise InvalidValue(f"thinkingBudget {budget} is out of range", field="generation_config.thinking_config",
                           hint="use -1 for dynamic, or 0 and more tokens")
    return (Thinking.DYNAMIC if budget == -1 else Thinking.HIGH if budget >= HIGH_FROM
            else Thinking.MEDIUM if budget >= MEDIUM_FROM else Thinking.MINIMAL)


def _safety(settings: list[dict[str, Any]], image: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Pairs of catalog ids: (`dangerous_content`, `block_none`); personGeneration and prominentPeople travel the same way."""
    pairs = [(s["category"].removeprefix("HARM_CATEGORY_").lower(),
              s.get("threshold", "HARM_BLOCK_THRESHOLD_UNSPECIFIED").lower()) for s in settings if "category" in s]
    people = [(name, image[name].lower()) for name, open_ in _PEOPLE.items() if image.get(name, open_) != open_]
    return tuple(dict([*pairs, *people]).items())


def _output(image: Mapping[str, Any], extras: Mapping[str, Any], default_mime: str) -> OutputSpec:
    background, depth = extras.get("background", "auto").lower(), extras.get("bit_depth", 8)
    needs_png = depth == 16 or (background == "transparent" and default_mime == "image/jpeg")
    mime = image["mime_type"] or ("image/png" if needs_png else default_mime)
    quality = {} if image["quality"] is None else {"quality": image["quality"] or 1}  # the API's 0 is our 1
    return OutputSpec(mime="image/jpeg" if mime in _PRESETS else mime, background=background, bit_depth=depth, **quality)


def _mask(extras: Mapping[str, Any], tagged: Sent | None) -> Mask | None:
    """White = repaint. From the extras, else from the part that partMetadata tags as mask."""
    feather = extras.get("mask_feather", 0)
    if "mask" in extras:
        return Mask(data=extras["mask"].get("inline_data", extras["mask"]).get("data", b""), feather_px=feather)
    return Mask(data=tagged.data, url=tagged.url, feather_px=feather) if tagged is not None else None


def _layer(raw: Mapping[str, Any]) -> TextLayer:
    box = raw.get("box")
    if box is not None and len(box) != 4:
        raise InvalidValue("a text box has four numbers", field="text_layers", hint="send [x, y, width, height] from 0 to 1")
    return TextLayer(text=raw.get("text", ""), role=raw.get("role", "headline"), box=tuple(box) if box else None,
                     color=raw.get("color", ""), font=raw.get("font", ""))


def _system(content: Mapping[str, Any]) -> str:
    parts = content.get("parts", [])
    if any("inline_data" in p or "file_data" in p for p in parts):
        raise Unsupported("systemInstruction holds a picture", field="system_instruction", hint="send pictures in contents")
    return "\n".join(p["text"] for p in parts if p.get("text", "").strip())


def _partials(extras: Mapping[str, Any], include_thoughts: bool) -> int:
    wanted = int(extras.get("partial_images", 0))
    if wanted and not include_thoughts:
        raise InvalidValue("partialImages come as thought parts, which this request does not include", field="partial_images",
                           hint="set thinkingConfig.includeThoughts to true and stream")
    return wanted
