"""Result -> the answer of the image routes. Pure."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from cavendish.api import edge
from cavendish.api.openai import errors
from cavendish.api.openai.parse import Call
from cavendish.types import Asset, Candidate, Result, Usage

UrlOf = Callable[[Asset], str]


def images(result: Result, call: Call, url_of: UrlOf) -> dict[str, Any]:
    """The body of an ImagesResponse: the candidates that have a picture. Raises Blocked when none has."""
    drawn = [(c, c.asset) for c in result.candidates if c.asset is not None]
    if not drawn:
        raise errors.no_picture(result)
    body: dict[str, Any] = {
        "created": result.created_s,
        **looks(call, str(drawn[0][1].size), drawn[0][1].mime),
        "data": [_entry(c, asset, call, url_of) for c, asset in drawn],
        "usage": usage(result.usage),
    }
    return body | ({"safety_identifier": call.safety_identifier} if call.safety_identifier else {})


def looks(call: Call, size: str, mime: str) -> dict[str, str]:
    """The fields that answers and stream events share."""
    return {"background": "transparent" if call.request.output.background == "transparent" else "opaque",
            "output_format": mime.removeprefix("image/"), "quality": call.quality, "size": size}


def _entry(candidate: Candidate, asset: Asset, call: Call, url_of: UrlOf) -> dict[str, Any]:
    where = {"url": url_of(asset)} if call.urls else {"b64_json": edge.b64(asset.data)}
    return where | ({"revised_prompt": candidate.note or call.request.prompt} if call.revised else {})


def usage(counted: Usage) -> dict[str, Any]:
    """OpenAI's token counts; thinking counts as output text, so that the parts add up."""
    text = counted.output_text + counted.thoughts
    return {
        "input_tokens": counted.prompt,
        "input_tokens_details": {"text_tokens": counted.prompt_text, "image_tokens": counted.prompt_image},
        "output_tokens": text + counted.output_image,
        "output_tokens_details": {"text_tokens": text, "image_tokens": counted.output_image},
        "total_tokens": counted.total,
    }


def headers(result: Result) -> dict[str, str]:
    """What OpenAI's bodies have no room for: who drew it, with which seeds, and what there is to know."""
    notes = " ".join(dict.fromkeys(n for n in (result.note, *(c.note for c in result.candidates)) if n))
    found = {"x-cavendish-engine": f"{result.engine}/{result.revision}", "x-cavendish-digest": result.request_digest,
             "x-cavendish-seed": ",".join(str(c.seed) for c in result.candidates),
             "x-cavendish-note": quote(notes[:1000], safe=" ,.;:!?()'/=+-")}
    return {name: value for name, value in found.items() if value}
