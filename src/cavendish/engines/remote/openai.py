"""OpenAI's image routes as an upstream, at OpenAI or at a server that speaks them (vLLM-Omni, SGLang-Diffusion, Xinference).

Sources: the wire notes of 2026-11-21; openai-python 3.52.0 types. Drawing posts JSON to /images/generations; with pictures a
form to /images/edits. OpenAI has no seed; a compatible server is sent one, and steps, scale and the negative prompt, which
such servers read as extra fields.
"""

import email.utils
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import orjson

from cavendish.catalog.models import ModelCard
from cavendish.engines.base import EngineProfile
from cavendish.engines.remote import wording
from cavendish.engines.remote.dialect import BadAnswer, Failure
from cavendish.engines.remote.transport import Answer, Message
from cavendish.errors import Blocked, CavendishError, EngineFailed, EngineUnavailable, RateLimited, Unsupported
from cavendish.types import ImageRequest, Picture, Size, Thinking, Usage

MAX_REFERENCES = 16
CONCURRENCY = 8
QUALITY = {Thinking.MINIMAL: "low", Thinking.MEDIUM: "medium", Thinking.HIGH: "high", Thinking.DYNAMIC: "auto"}
FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/webp": "webp"}
MULTIPLE = 16  # sides that every open-weight model draws
_BLOCKS = ("moderation_blocked", "content_policy_violation")
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAI:
    """The dialect. `card` is OpenAI's own model; None = a compatible server, asked for `model`."""

    profile: EngineProfile
    model: str
    card: ModelCard | None
    secret: str = field(default="", repr=False)

    def messages(self, request: ImageRequest) -> list[Message]:
        """One call for all candidates."""
        fields = self._fields(request)
        if not request.references:
            return [Message(path="/images/generations", body=orjson.dumps(fields))]
        files = [("image[]" if len(request.references) > 1 else "image", wording.upload(r)) for r in wording.ordered(request)]
        if request.mask is not None and request.mask.pixels is not None:
            files.append(("mask", wording.Upload(wording.mask_png(request.mask.pixels, alpha_marks_edit=True), "image/png")))
        boundary = secrets.token_hex(16)
        return [Message(path="/images/edits", body=_form(fields, files, boundary),
                        content_type=f"multipart/form-data; boundary={boundary}")]

    def _fields(self, request: ImageRequest) -> dict[str, Any]:
        size, seed = request.complete()
        words = wording.prompt(request if self.card else _without_negative(request))
        fields: dict[str, Any] = {"model": self.model, "prompt": f"{request.system}\n\n{words}" if request.system else words,
                                  "n": request.count, "size": str(self.size(size))}
        if self.card is None:
            extras = {"seed": seed, "num_inference_steps": request.steps, "guidance_scale": request.guidance_scale,
                      "negative_prompt": request.negative_prompt or None, "response_format": "b64_json"}
            return fields | {k: v for k, v in extras.items() if v is not None}
        fields |= {"quality": QUALITY[request.thinking], "output_format": FORMATS.get(request.output.mime, "png")}
        if request.output.background == "transparent":
            fields |= {"background": "transparent"}
        if fields["output_format"] != "png":
            fields["output_compression"] = request.output.quality
        return fields

    def size(self, wanted: Size) -> Size:
        """The size itself where the upstream makes it, else the nearest that it does."""
        if self.card is None or self.card.named is None:
            return Size(-(-wanted.width // MULTIPLE) * MULTIPLE, -(-wanted.height // MULTIPLE) * MULTIPLE)
        return self.card.named.follow(wanted)

    def pictures(self, body: bytes, request: ImageRequest, first: int) -> list[Picture]:
        """Read one answer with all candidates."""
        try:
            answer = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            raise BadAnswer("it is no JSON") from exc
        data = answer.get("data") if isinstance(answer, dict) else None
        found = [d["b64_json"] for d in data or [] if isinstance(d, dict) and d.get("b64_json")]
        if data and not found:
            raise BadAnswer("its pictures are links, which are not followed")
        if len(found) < request.count:
            raise BadAnswer(f"it holds {len(found)} of {request.count} pictures")
        _, seed = request.complete()
        cost = self._cost(answer.get("usage") or {})
        share, rest = divmod(cost, request.count)
        return [Picture(seed=seed + first + i, file=wording.picture_file(text), upstream_micros=share + (rest if i == 0 else 0))
                for i, text in enumerate(found[:request.count])]

    def _cost(self, used: Mapping[str, Any]) -> int:
        """List price of the tokens that OpenAI says it counted, in micro-dollars; 0 for a server of one's own."""
        if self.card is None:
            return 0
        sent, made = used.get("input_tokens_details") or {}, used.get("output_tokens_details") or {}
        text = int(made.get("text_tokens", 0))
        return self.card.price.of(Usage(
            prompt_text=int(sent.get("text_tokens", 0)), prompt_image=int(sent.get("image_tokens", 0)), output_text=text,
            output_image=int(made.get("image_tokens", int(used.get("output_tokens", 0)) - text))))

    def failure(self, answer: Answer) -> Failure:
        """Map OpenAI's errors: what a repeat may mend, and what the caller or the operator must."""
        error = _error(answer.body)
        said = wording.quoted(error.get("message") or f"HTTP {answer.status}", self.secret)
        code, name, status = str(error.get("code") or ""), self.profile.name, answer.status
        wait_s = asked_s(answer.headers)
        if code in _BLOCKS:
            return _blocked(name, said, error.get("moderation_details") or {})
        if code in _NO_MONEY:
            return Failure(error=EngineUnavailable(f"{name} is not paid for: {said}", hint="add credit at the vendor"))
        if status == 429:
            limited = RateLimited(f"{name} is at its limit: {said}", retry_after_s=wait_s or None,
                                  hint="come back later, or raise the limit at the vendor")
            return Failure(error=limited, again=True, wait_s=wait_s)
        if status >= 500 or status in (408, 409):
            again = answer.headers.get("x-should-retry", "").lower() != "false"
            ill = EngineFailed(f"{name} failed ({status}): {said}", hint="try again")
            return Failure(error=ill, again=again, wait_s=wait_s, counts=True)
        if status in (401, 403, 404) or status < 400:
            checks = {401: "check the API key of this server", 403: "check the API key of this server",
                      404: "check the model's name"}
            hint = checks.get(status, "check the base URL: it leads elsewhere")
            return Failure(error=EngineUnavailable(f"{name} refused this server ({status}): {said}", hint=hint))
        return Failure(error=_refused(name, status, said))


def _refused(name: str, status: int, said: str) -> CavendishError:
    return Unsupported(f"{name} refused the request ({status}): {said}", hint="change what it names")


def _without_negative(request: ImageRequest) -> ImageRequest:
    return replace(request, negative_prompt="")


def hosted(card: ModelCard, secret: str = "") -> OpenAI:
    """OpenAI itself."""
    profile = EngineProfile(
        id="openai", name=f"OpenAI {card.display_name}", revision=card.id, licence="OpenAI terms of use", trained=True,
        max_references=MAX_REFERENCES, transparent_background=card.id != "gpt-image-2", marks="", holds_seeds=False,
        concurrency=CONCURRENCY, needs="CAVENDISH_OPENAI_API_KEY")
    return OpenAI(profile=profile, model=card.id, card=card, secret=secret)


def compatible(model: str, secret: str = "") -> OpenAI:
    """A server of one's own with OpenAI's image routes."""
    profile = EngineProfile(
        id="server", name=f"{model} on our own server", revision=model, licence="that of its model", trained=True,
        max_references=MAX_REFERENCES, holds_seeds=False, concurrency=CONCURRENCY, needs="CAVENDISH_SERVER_URL",
        tuning=frozenset({"steps", "guidance_scale"}))
    return OpenAI(profile=profile, model=model, card=None, secret=secret)


def _form(fields: Mapping[str, Any], files: list[tuple[str, wording.Upload]], boundary: str) -> bytes:
    """Write multipart/form-data; names and types are ours, so nothing needs escaping."""
    parts: list[bytes] = []
    for name, value in fields.items():
        parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()]
    for number, (name, file) in enumerate(files):
        kind = file.mime.removeprefix("image/")
        parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{number}.{kind}"\r\n'
                  f"Content-Type: {file.mime}\r\n\r\n".encode(), file.data, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _error(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    error = found.get("error", found.get("detail")) if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {"message": error} if error else {}


def _blocked(name: str, said: str, details: Mapping[str, Any]) -> Failure:
    """Keep the vendor's reason: a refused prompt is Blocked, a refused picture a candidate without one."""
    found = tuple(str(c) for c in details.get("categories") or ())
    after = details.get("moderation_stage") == "output"
    error = Blocked(f"{name} refused {'the picture' if after else 'the prompt'}: {said}", categories=found,
                    hint="say it in other words")
    return Failure(error=error, refused_pictures=after)


def asked_s(headers: Mapping[str, str]) -> float:
    """Seconds that Retry-After (or retry-after-ms) asks for; a date counts from the answer's own Date; 0 without one."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        until, now = (email.utils.parsedate_tz(headers.get(name, "")) for name in ("retry-after", "date"))
        return max(0.0, email.utils.mktime_tz(until) - email.utils.mktime_tz(now)) if until and now else 0.0
