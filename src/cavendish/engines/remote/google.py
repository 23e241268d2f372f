"""Google's Gemini API as an upstream: ImageRequest -> generateContent, its answers -> pictures. Pure.

Sources: the wire notes of 2026-11-21; google-genai 3.4.0 types. One call draws one candidate, because the API refuses
candidateCount above 1. It has no mask: the mask goes along as a picture, and finish lays the result inside it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
import pybase64

from cavendish.catalog.models import ModelCard
from cavendish.engines.base import EngineProfile
from cavendish.engines.remote import wording
from cavendish.engines.remote.dialect import BadAnswer, Failure
from cavendish.engines.remote.transport import Answer, Message
from cavendish.errors import Blocked, CavendishError, EngineFailed, EngineUnavailable, RateLimited, Unsupported
from cavendish.types import ImageRequest, Picture, Size, Thinking, Usage

VERSION = "v1beta"
MAX_REFERENCES = 14
CONCURRENCY = 8
FINISH = {"IMAGE_SAFETY": "safety", "SAFETY": "safety", "PROHIBITED_CONTENT": "prohibited_content", "BLOCKLIST": "safety",
          "IMAGE_PROHIBITED_CONTENT": "prohibited_content", "RECITATION": "recitation", "IMAGE_RECITATION": "recitation",
          "SPII": "safety", "NO_IMAGE": "no_image", "STOP": "no_image", "MAX_TOKENS": "no_image"}
_THINKS = ("gemini-3.1", "gemini-nano-banana-2")  # models that take a thinkingLevel
_MASK_WORDS = "The last image is a mask: change only what is white in it."


class Google:
    """The dialect of one model of the Gemini API. `secret` is kept out of everything that is said."""

    def __init__(self, card: ModelCard, secret: str = "") -> None:
        self._card = card
        self._secret = secret
        self.profile = EngineProfile(
            id="google", name=f"Google {card.display_name}", revision=card.id, licence="Gemini API terms of service",
            trained=True, max_references=MAX_REFERENCES, marks="SynthID", holds_seeds=False, concurrency=CONCURRENCY,
            needs="CAVENDISH_GOOGLE_API_KEY")

    def messages(self, request: ImageRequest) -> list[Message]:
        """One generateContent call for each candidate."""
        size, seed = request.complete()
        parts = [{"text": wording.prompt(request) + (f"\n{_MASK_WORDS}" if request.mask is not None else "")}]
        parts += [_inline(wording.upload(r)) for r in wording.ordered(request)]
        if request.mask is not None and request.mask.pixels is not None:
            parts.append(_inline(wording.Upload(wording.mask_png(request.mask.pixels, alpha_marks_edit=False), "image/png")))
        fixed: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
        if request.system:
            fixed["systemInstruction"] = {"parts": [{"text": request.system}]}
        if request.safety:
            fixed["safetySettings"] = [{"category": f"HARM_CATEGORY_{c.upper()}", "threshold": t.upper()}
                                       for c, t in request.safety if t.startswith(("block_", "off"))]
        config = {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": self._image_config(size), **self._thinking(request)}
        path = f"/{VERSION}/models/{self._card.id}:generateContent"
        return [Message(path=path, body=orjson.dumps(fixed | {"generationConfig": config | {"seed": (seed + i) & 0x7FFFFFFF}}))
                for i in range(request.count)]

    def _image_config(self, size: Size) -> dict[str, str]:
        """The ratio nearest in shape, and the smallest size with at least as many pixels, else the largest."""
        ratio = self._card.nearest_ratio(size)
        row = self._card.table[ratio]
        tiers = [t for t in self._card.tiers if t in row]
        enough = [t for t in tiers if row[t].width >= size.width and row[t].height >= size.height]
        config = {"aspectRatio": ratio}
        return config | {"imageSize": (enough or tiers[-1:])[0]} if len(tiers) > 1 else config

    def _thinking(self, request: ImageRequest) -> dict[str, Any]:
        high = request.thinking is Thinking.HIGH and self._card.id.startswith(_THINKS)
        return {"thinkingConfig": {"thinkingLevel": "high"}} if high else {}

    def pictures(self, body: bytes, request: ImageRequest, first: int) -> list[Picture]:
        """Read one answer. The last picture that is not a thought counts; without one the reason does."""
        answer = _object(body)
        seed = request.complete()[1] + first
        feedback = answer.get("promptFeedback") or {}
        if feedback.get("blockReason"):
            raise _blocked(feedback)
        candidates = answer.get("candidates") or [{}]
        candidate = candidates[0]
        parts = [p for p in (candidate.get("content") or {}).get("parts") or [] if not p.get("thought")]
        data = [p["inlineData"]["data"] for p in parts if "inlineData" in p]
        cost = self._cost(answer.get("usageMetadata") or {})
        if data:
            return [Picture(seed=seed, file=wording.picture_file(data[-1]), upstream_micros=cost)]
        said = " ".join(p["text"] for p in parts if p.get("text"))
        reason = candidate.get("finishReason", "")
        if not reason and not said:
            raise BadAnswer("it holds no candidate")
        note = wording.quoted(candidate.get("finishMessage") or said or f"no picture came ({reason})", self._secret)
        return [Picture(seed=seed, finish_reason=FINISH.get(reason, "other"), note=f"{self.profile.name}: {note}",
                        upstream_micros=cost)]

    def _cost(self, used: Mapping[str, Any]) -> int:
        """List price of the tokens that Google says it counted, in micro-dollars."""
        prompt, output = _by_modality(used, "promptTokensDetails"), _by_modality(used, "candidatesTokensDetails")
        counted = Usage(
            prompt_text=prompt.get("TEXT", int(used.get("promptTokenCount", 0)) - prompt.get("IMAGE", 0)),
            prompt_image=prompt.get("IMAGE", 0), thoughts=int(used.get("thoughtsTokenCount", 0)),
            output_image=output.get("IMAGE", int(used.get("candidatesTokenCount", 0)) - output.get("TEXT", 0)),
            output_text=output.get("TEXT", 0))
        return self._card.price.of(counted)

    def failure(self, answer: Answer) -> Failure:
        """Map Google's errors: what a repeat may mend, and what the caller or the operator must."""
        status, error = answer.status, _error(answer.body)
        said = wording.quoted(error.get("message") or f"HTTP {status}", self._secret)
        details = [d for d in error.get("details") or [] if isinstance(d, dict)]
        wait_s = max((_seconds(d.get("retryDelay", "")) for d in details), default=0.0)
        name = self.profile.name
        bad_key = any(d.get("reason") == "API_KEY_INVALID" for d in details)
        if status == 429:
            return Failure(error=RateLimited(f"{name} is at its limit: {said}", retry_after_s=wait_s or None,
                                             hint="come back later, or raise the quota at Google"), again=True, wait_s=wait_s)
        if status >= 500 or status == 408:
            return Failure(error=EngineFailed(f"{name} failed ({status}): {said}", hint="try again"), again=True, wait_s=wait_s,
                           counts=True)
        if bad_key or status in (401, 403, 404) or status < 400:
            checks = {404: "check CAVENDISH_GOOGLE_MODEL"} if not bad_key else {}
            hint = "check CAVENDISH_GOOGLE_BASE_URL" if status < 400 else checks.get(status, "check CAVENDISH_GOOGLE_API_KEY")
            return Failure(error=EngineUnavailable(f"{name} refused this server ({status}): {said}", hint=hint))
        return Failure(error=_refused(name, status, said))


def _refused(name: str, status: int, said: str) -> CavendishError:
    return Unsupported(f"{name} refused the request ({status}): {said}", hint="change what it names")


def _inline(picture: wording.Upload) -> dict[str, Any]:
    return {"inlineData": {"mimeType": picture.mime, "data": pybase64.b64encode(picture.data).decode()}}


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadAnswer("it is no JSON") from exc
    if not isinstance(answer, dict):
        raise BadAnswer("it is no JSON object")
    return answer


def _error(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    found = found[0] if isinstance(found, list) and found else found
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {}


def _blocked(feedback: Mapping[str, Any]) -> Blocked:
    ratings = [r for r in feedback.get("safetyRatings") or [] if r.get("blocked")]
    categories = tuple(str(r.get("category", "")).removeprefix("HARM_CATEGORY_").lower() for r in ratings)
    reason = feedback["blockReason"]
    said = wording.quoted(feedback.get("blockReasonMessage") or reason)
    found = categories or (("prohibited_content",) if reason == "PROHIBITED_CONTENT" else ())
    return Blocked(f"Google refused the prompt ({reason}): {said}", categories=found, hint="change these words")


def _by_modality(used: Mapping[str, Any], name: str) -> dict[str, int]:
    return {d["modality"]: int(d.get("tokenCount", 0)) for d in used.get(name) or [] if "modality" in d}


def _seconds(text: str) -> float:
    """Read a protobuf duration, `13.2s`; 0 for anything else."""
    try:
        return max(0.0, float(str(text).removesuffix("s")))
    except ValueError:
        return 0.0
