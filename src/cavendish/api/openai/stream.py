"""Events of a run -> the SSE lines of OpenAI's image streams. Pure; one item in, bytes out."""

from typing import Any

from cavendish.api import edge
from cavendish.api.openai import errors, render
from cavendish.api.openai.parse import Call
from cavendish.types import Event, Partial, Progress, Result, Usage


def encode(item: Event | Result, call: Call, created_s: int) -> bytes:
    """Previews and progress as they come; the finished pictures with the result, since only then the usage is known."""
    if isinstance(item, Partial):
        size = item.asset.size if call.request.size is None else call.request.size
        return line(f"{call.event}.partial_image", {
            "b64_json": edge.b64(item.asset.data), "partial_image_index": item.number, "created_at": created_s,
            **({"image_index": item.index} if call.request.count > 1 else {}),
            **render.looks(call, str(size), item.asset.mime)})
    if isinstance(item, Progress):
        return f": step {item.step} of {item.total}\n\n".encode()  # a comment: parsers skip it, proxies see life
    return completed(item, call) if isinstance(item, Result) else b""


def completed(result: Result, call: Call) -> bytes:
    """One event for each picture. Their usages add up to the whole: the first carries the input. Raises Blocked without any."""
    drawn = [(c, c.asset) for c in result.candidates if c.asset is not None]
    if not drawn:
        raise errors.no_picture(result)
    out = bytearray()
    for number, (candidate, asset) in enumerate(drawn):
        out += line(f"{call.event}.completed", {
            "b64_json": edge.b64(asset.data), "created_at": result.created_s,
            **({"image_index": candidate.index} if call.request.count > 1 else {}),
            **render.looks(call, str(asset.size), asset.mime),
            **({"safety_identifier": call.safety_identifier} if call.safety_identifier else {}),
            "usage": render.usage(_share(result.usage, number, len(drawn)))})
    return bytes(out)


def _share(whole: Usage, number: int, parts: int) -> Usage:
    def cut(tokens: int) -> int:
        return tokens * (number + 1) // parts - tokens * number // parts

    first = number == 0
    return Usage(prompt_text=whole.prompt_text if first else 0, prompt_image=whole.prompt_image if first else 0,
                 output_text=cut(whole.output_text), output_image=cut(whole.output_image), thoughts=cut(whole.thoughts))


def line(kind: str, value: dict[str, Any]) -> bytes:
    """One named event."""
    return b"event: " + kind.encode() + b"\ndata: " + edge.dump({"type": kind, **value}) + b"\n\n"


def failed(body: object) -> bytes:
    """The event that ends a stream that cannot go on. `body` is what errors.render made."""
    plain = body[0] if isinstance(body, list) else body
    return b"event: error\ndata: " + edge.dump({"type": "error", **(plain if isinstance(plain, dict) else {})}) + b"\n\n"
