"""Chat completions with images: messages -> ImageRequest, Result -> message.images. Pure.

The rule for which picture is edited is `thinking.conversation`'s, the same as for Gemini contents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pybase64

from cavendish.api import edge
from cavendish.api.openai import fields, parse, pictures
from cavendish.api.openai.forms import Body
from cavendish.catalog.models import Catalog
from cavendish.errors import InvalidValue, TooManyReferences, Unsupported
from cavendish.thinking.conversation import Sent, Turn, merge, reduce
from cavendish.types import MAX_REFERENCES, Candidate, Done, Event, ImageRequest, Reference, Result, Usage

ROLES = ("system", "developer", "user", "assistant")
MESSAGE_FIELDS = frozenset({"role", "content", "images", "name", "refusal", "annotations", "reasoning", "reasoning_content",
                            "reasoning_details", "audio", "tool_calls", "function_call", "id"})  # clients replay all of these
NOT_WORDS = {"input_audio": "sound", "file": "files", "video_url": "video"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCall:
    """A request, and how its answer is to look."""

    request: ImageRequest
    model: str  # the catalogue's spelling
    stream: bool = False
    include_usage: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    role: str
    text: str
    pictures: tuple[Sent, ...]


def read(body: Body, catalog: Catalog, default_format: str = "png") -> ChatCall:
    """Read a body. Raises InvalidRequest leaves and UnknownModel."""
    values = parse.unwrapped(fields.read(body.fields, "chat"))
    if not values.get("model"):
        raise InvalidValue("you must provide a model parameter", field="model", hint="list the models to see their names")
    card = catalog.model(values["model"])
    _check_modalities(values.get("modalities", []))
    turns = tuple(_turn(message, f"messages[{i}]") for i, message in enumerate(values.get("messages", [])))
    asked = next((i for i in reversed(range(len(turns))) if turns[i].role == "user"), None)
    if asked is None or not turns[asked].text.strip():
        raise InvalidValue("the last user message has no words", field="messages", hint="say in words what to draw or change")
    talk = reduce(merge(Turn(user=t.role == "user", texts=(t.text,) if t.text.strip() else (), pictures=t.pictures)
                        for t in turns[:asked + 1] if t.role in ("user", "assistant")))
    references = _limited(talk.references)
    values.setdefault("output_format", default_format)
    request = ImageRequest(
        prompt=talk.prompt, references=references, history=talk.history,
        system="\n".join(t.text for t in turns if t.role in ("system", "developer") and t.text.strip()),
        **parse.common(values, card, references))
    parse.identifier(values)
    return ChatCall(request=request, model=card.id, stream=bool(values.get("stream", False)),
                    include_usage=bool(values.get("stream_options", {}).get("include_usage", False)))


def _check_modalities(asked: list[Any]) -> None:
    """Whatever is asked, a picture comes; words come with it. Raises Unsupported for anything else."""
    other = [m for m in asked if m not in ("image", "text")]
    if other:
        raise Unsupported(f"modality {str(other[0])[:40]!r} is not made here", field="modalities", hint='use ["image", "text"]')


def _turn(message: Any, path: str) -> _Turn:  # noqa: ANN401  any JSON
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise InvalidValue(f"'{path}' is not a message", field=path,
                           hint="write it like {\"role\":\"user\",\"content\":\"…\"}; roles are " + ", ".join(ROLES))
    unknown = next((k for k in message if k not in MESSAGE_FIELDS), None)
    if unknown is not None:
        fields.read({unknown: 0}, "", path=path + ".")  # raises
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise InvalidValue(f"'{path}.content' is neither text nor parts", field=f"{path}.content",
                           hint="send a string or an array")
    words = [_words(part, f"{path}.content[{i}]") for i, part in enumerate(parts)]
    shown = [_picture(part, f"{path}.content[{i}]") for i, part in enumerate(parts) if part["type"] == "image_url"]
    shown += [_picture(part, f"{path}.images[{i}]") for i, part in enumerate(message.get("images") or [])]
    return _Turn(role=message["role"], text="\n".join(w for w in words if w), pictures=tuple(shown))


def _words(part: Any, path: str) -> str:  # noqa: ANN401  any JSON
    """The words of a content part, "" for a picture. Raises InvalidValue, Unsupported."""
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(kind, str) and kind in NOT_WORDS:
        raise Unsupported(f"{NOT_WORDS[kind]} cannot be read here", field=path, hint="send text and image_url parts")
    if kind == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "refusal":
        return ""
    if kind != "image_url":
        raise InvalidValue(f"'{path}' is not understood", field=path,
                           hint='write it like {"type":"text","text":"…"} or {"type":"image_url","image_url":{"url":"data:…"}}')
    return ""


def _picture(part: Any, path: str) -> Sent:  # noqa: ANN401  any JSON
    sent = pictures.one(part, path)
    if not sent.data and not sent.url:
        raise InvalidValue(f"'{path}' is empty", field=path, hint="send the bytes of a PNG, JPEG, WebP or AVIF file")
    signature = part.get("signature") if isinstance(part, dict) else None
    return replace(sent, signature=edge.unb64(signature, f"{path}.signature") if isinstance(signature, str) else b"")


def _limited(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
    if len(references) > MAX_REFERENCES:
        raise TooManyReferences(f"{len(references)} input images were sent", field="messages",
                                hint=f"send at most {MAX_REFERENCES}, the picture to edit included")
    return references


def completion(result: Result, request_id: str) -> dict[str, Any]:
    """The body of a chat completion."""
    choices = [{"index": c.index, "message": {"role": "assistant", **_said(c, result.note)}, "logprobs": None, **_ending(c)}
               for c in result.candidates]
    return _head("chat.completion", request_id, result.created_s, result.model) | {
        "choices": choices, "usage": usage(result.usage), "system_fingerprint": f"{result.engine}/{result.revision}"}


def chunks(item: Event | Result, call: ChatCall, request_id: str, created_s: int) -> bytes:
    """The SSE lines of one event: each picture whole in one delta; with the result how they ended, the usage and [DONE]."""
    head = _head("chat.completion.chunk", request_id, created_s, call.model)

    def chunk(index: int, delta: dict[str, Any], ending: Mapping[str, Any]) -> bytes:
        return _data(head | {"choices": [{"index": index, "delta": delta, "logprobs": None, **ending}]})

    if isinstance(item, Done):
        return chunk(item.candidate.index, {"role": "assistant", **_said(item.candidate, "")}, {"finish_reason": None})
    if not isinstance(item, Result):
        return b""
    said = {"content": " " + item.note} if item.note else {}  # why another engine drew it is known at the end only
    out = [chunk(c.index, said, _ending(c)) for c in item.candidates]
    if call.include_usage:
        out.append(_data(head | {"choices": [], "usage": usage(item.usage)}))
    return b"".join(out) + b"data: [DONE]\n\n"


def failed(body: object) -> bytes:
    """The line that ends a stream that cannot go on. `body` is what errors.render made."""
    return _data(body[0] if isinstance(body, list) else body)


def _head(kind: str, request_id: str, created_s: int, model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-" + request_id.removeprefix("req_"), "object": kind, "created": created_s, "model": model}


def _said(candidate: Candidate, note: str) -> dict[str, Any]:
    """The content, images and refusal of an assistant's message."""
    words = " ".join(n for n in (note, candidate.note) if n)
    if candidate.asset is None:
        return {"content": words, "refusal": candidate.note or f"no picture was made: {candidate.finish_reason}"}
    asset = candidate.asset
    url = orjson.Fragment(b'"data:' + asset.mime.encode() + b";base64," + pybase64.b64encode(asset.data) + b'"')
    image: dict[str, Any] = {"type": "image_url", "image_url": {"url": url}, "index": 0}
    if candidate.signature:
        image["signature"] = edge.b64(candidate.signature)
    return {"content": words, "refusal": None, "images": [image]}


def _ending(candidate: Candidate) -> dict[str, str]:
    refused = candidate.finish_reason in ("safety", "prohibited_content", "recitation")
    return {"finish_reason": "content_filter" if refused else "stop", "native_finish_reason": candidate.finish_reason}


def usage(counted: Usage) -> dict[str, Any]:
    """Chat's token counts; thinking is part of the completion, so that the total adds up."""
    return {
        "prompt_tokens": counted.prompt, "completion_tokens": counted.output + counted.thoughts, "total_tokens": counted.total,
        "prompt_tokens_details": {"text_tokens": counted.prompt_text, "image_tokens": counted.prompt_image},
        "completion_tokens_details": {"reasoning_tokens": counted.thoughts, "image_tokens": counted.output_image,
                                      "text_tokens": counted.output_text},
    }


def _data(value: Mapping[str, Any] | object) -> bytes:
    return b"data: " + edge.dump(value) + b"\n\n"
