"""Result and events -> the native API's JSON and server-sent events. Pure; one item in, bytes out."""

import base64
from typing import Any

from cavendish.api import edge
from cavendish.types import Candidate, Done, Event, Partial, Progress, Result, Source, Thought, Usage


def answer(result: Result, *, with_pictures: bool = True) -> dict[str, Any]:
    """The body of a finished call."""
    return {
        "id": result.id, "created": result.created_s, "model": result.model, "engine": result.engine,
        "revision": result.revision, "width": result.size.width, "height": result.size.height,
        "aspect_ratio": result.aspect_ratio, "note": result.note, "request_digest": result.request_digest,
        "queries": list(result.queries), "sources": [source(s) for s in result.sources],
        "candidates": [candidate(c, with_picture=with_pictures) for c in result.candidates], "usage": usage(result.usage)}


def source(found: Source) -> dict[str, str]:
    """Where a fact came from. Text of strangers: show it as text."""
    return {name: getattr(found, name) for name in ("title", "url", "snippet", "image_url", "place")}


def candidate(done: Candidate, *, with_picture: bool = True) -> dict[str, Any]:
    """One candidate; `data` last, so that a reader meets the small things first."""
    plain: dict[str, Any] = {"index": done.index, "seed": done.seed, "finish_reason": done.finish_reason, "note": done.note,
                             "thoughts": list(done.thoughts)}
    if done.asset is None:
        return plain
    if done.receipt is not None:
        plain["receipt"] = dict(done.receipt)
    plain |= {"mime": done.asset.mime, "width": done.asset.size.width, "height": done.asset.size.height,
              "digest": done.asset.digest, "signature": base64.b64encode(done.signature).decode()}
    return plain | {"data": edge.b64(done.asset.data)} if with_picture else plain


def usage(counted: Usage) -> dict[str, int]:
    """Tokens and list price."""
    return {"prompt": counted.prompt, "output": counted.output, "thoughts": counted.thoughts, "total": counted.total,
            "list_price_micros": counted.list_price_micros, "upstream_micros": counted.upstream_micros}


def event(item: Event | Result) -> bytes:
    """One server-sent event. `result` repeats the metadata of every candidate, without the pictures."""
    match item:
        case Thought(text):
            return line("thought", {"text": text})
        case Progress(step, total, index):
            return line("progress", {"index": index, "step": step, "total": total})
        case Partial(asset, number, index):
            return line("partial", {"index": index, "number": number, "mime": asset.mime, "width": asset.size.width,
                                    "height": asset.size.height, "data": edge.b64(asset.data)})
        case Done(done):
            return line("candidate", candidate(done))
        case Result():
            return line("result", answer(item, with_pictures=False))


def line(name: str, value: dict[str, Any]) -> bytes:
    """Write an event."""
    return b"event: " + name.encode() + b"\ndata: " + edge.dump(value) + b"\n\n"
