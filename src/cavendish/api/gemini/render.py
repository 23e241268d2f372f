"""Result -> `generateContent` answer. Pure; camelCase keys and standard base64 only, as the official clients need."""

import hashlib
from typing import Any
from urllib.parse import quote

from cavendish.api import edge
from cavendish.api.gemini import grounded
from cavendish.api.gemini.parse import Call
from cavendish.api.gemini.schema import schema
from cavendish.types import Asset, Candidate, Result, Usage

FINISH = {"stop": "STOP", "safety": "IMAGE_SAFETY", "prohibited_content": "IMAGE_PROHIBITED_CONTENT",
          "recitation": "IMAGE_RECITATION", "no_image": "NO_IMAGE", "other": "IMAGE_OTHER"}
_SILENT = ("safety", "prohibited_content", "recitation")  # blocked pictures say why in finishMessage only
_ENUM_KEYS = {"finishReason": "FinishReason", "blockReason": "BlockReason", "modality": "TokenModality",
              "category": "HarmCategory", "probability": "HarmProbability"}
_TEXT_SIGNATURE_BYTES = 16


def render(result: Result, call: Call) -> dict[str, Any]:
    """The whole answer: every candidate with all its parts."""
    sources = grounded.metadata(result)
    candidates = [_candidate(c, call, result.note) | sources for c in result.candidates]
    return {"candidates": candidates, "usageMetadata": usage(result.usage), "modelVersion": result.model,
            "responseId": result.id}


def headers(result: Result) -> dict[str, str]:
    """What a program may want and the body has no place for. ASCII, percent-encoded where needed."""
    note = " ".join(filter(None, (result.note, *dict.fromkeys(c.note for c in result.candidates))))
    made = {"x-cavendish-engine": result.engine, "x-cavendish-seed": ",".join(str(c.seed) for c in result.candidates),
            "x-cavendish-digest": result.request_digest}
    return made | ({"x-cavendish-note": quote(note, safe=" ,.;:!?'()-/")} if note else {})


def _candidate(candidate: Candidate, call: Call, note: str) -> dict[str, Any]:
    text = " ".join(filter(None, (note, candidate.note)))
    thoughts = [thought(t) for t in candidate.thoughts] if call.include_thoughts else []
    found = [*thoughts, *parts(candidate, call, text)]
    content = {"content": {"parts": found, "role": "model"}} if found else {}
    return content | ending(candidate)


def parts(candidate: Candidate, call: Call, text: str) -> list[dict[str, Any]]:
    """Text and picture in the order of responseModalities; the first text and every picture carry a signature."""
    made = {"TEXT": [_text(text, candidate)] if text and candidate.finish_reason not in _SILENT else [],
            "IMAGE": [picture(candidate.asset, candidate)] if candidate.asset is not None else []}
    return [part for modality in call.modalities for part in made[modality]]


def ending(candidate: Candidate) -> dict[str, Any]:
    """Index and why the candidate ended; one without a picture says so in words."""
    why = {} if candidate.finish_reason == "stop" else {"finishMessage": candidate.note or "No image was made."}
    return {"finishReason": FINISH[candidate.finish_reason], **why, "index": candidate.index}


def thought(text: str) -> dict[str, Any]:
    """A piece of the plan in words."""
    return {"text": text, "thought": True}


def picture(asset: Asset, candidate: Candidate | None = None) -> dict[str, Any]:
    """A picture part: signed when it is a candidate's own, a thought when it is a preview."""
    inline = {"inlineData": {"mimeType": asset.mime, "data": edge.b64(asset.data)}}
    if candidate is None:
        return inline | {"thought": True}
    return inline | {"thoughtSignature": edge.b64(candidate.signature or _mark(asset.data))}


def _text(text: str, candidate: Candidate) -> dict[str, Any]:
    """A text part. Its signature is a short mark: what matters travels with the picture."""
    return {"text": text, "thoughtSignature": edge.b64(_mark(candidate.signature or text.encode()))}


def _mark(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_TEXT_SIGNATURE_BYTES]


def usage(used: Usage) -> dict[str, Any]:
    """Token counts; prompt + candidates + thoughts = total, and details add up to their counts."""
    thoughts = {"thoughtsTokenCount": used.thoughts} if used.thoughts else {}
    return {"promptTokenCount": used.prompt, "candidatesTokenCount": used.output, **thoughts, "totalTokenCount": used.total,
            "promptTokensDetails": details(used.prompt_text, used.prompt_image),
            "candidatesTokensDetails": details(used.output_text, used.output_image)}


def details(text: int, image: int) -> list[dict[str, Any]]:
    """Counts by modality, without zeros."""
    return [{"modality": m, "tokenCount": n} for m, n in (("TEXT", text), ("IMAGE", image)) if n]


def as_integers(value: Any) -> Any:  # noqa: ANN401  any JSON value
    """Replace enum names by their numbers, for `enum-encoding=int`."""
    if isinstance(value, list):
        return [as_integers(v) for v in value]
    if not isinstance(value, dict):
        return value
    enums = schema().enums
    return {k: enums[_ENUM_KEYS[k]].get(v, 0) if k in _ENUM_KEYS else as_integers(v) for k, v in value.items()}
