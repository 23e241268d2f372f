"""Golden JSON both ways: bodies as official clients sent them -> requests, and results -> answers.

The bodies in tests/http/gemini/request-*.json were recorded from the SDKs; pictures and signatures are cut to a few bytes.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cavendish import errors as tree
from cavendish.api import edge
from cavendish.api.gemini import errors, render, stream
from cavendish.api.gemini.parse import Call, parse
from cavendish.types import Asset, Candidate, Done, Event, ImageRequest, Partial, Result, Size, Thought, Usage

FOLDER = Path(__file__).parents[2] / "http" / "gemini"
PLAIN = ("prompt", "model", "aspect_ratio", "tier", "seed", "count", "history", "system", "negative_prompt", "steps",
         "guidance_scale", "thinking", "partial_images", "safety")


def goldens(kind: str) -> list[Path]:
    found = sorted(FOLDER.glob(f"{kind}-*.json"))
    assert found
    return found


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def summary(call: Call) -> dict[str, Any]:
    """Everything of a request, as JSON; what has its default is left out."""
    request, default = call.request, ImageRequest(prompt="x")
    shown: dict[str, Any] = {k: getattr(request, k) for k in PLAIN if getattr(request, k) != getattr(default, k)}
    shown["references"] = [f"{r.role}:{r.data.decode()}:{r.signature.decode('latin-1')}" for r in request.references]
    if request.mask:
        shown["mask"] = request.mask.data.decode()
    if request.output != default.output:
        shown["output"] = {k: getattr(request.output, k) for k in ("mime", "quality", "bit_depth", "background")}
    if request.text_layers:
        shown["text_layers"] = [t.text for t in request.text_layers]
    return json.loads(json.dumps(shown | {"modalities": call.modalities, "include_thoughts": call.include_thoughts}))


@pytest.mark.parametrize("path", goldens("request"), ids=lambda p: p.stem)
def test_bodies_become_requests(path: Path) -> None:
    golden = load(path)
    assert summary(parse(orjson.dumps(golden["body"]), golden["model"])) == golden["request"]


def candidate(raw: dict[str, Any]) -> Candidate:
    asset = Asset(data=base64.b64decode(raw["data"]), mime=raw["mime"], size=Size(1, 1)) if "data" in raw else None
    return Candidate(index=raw["index"], seed=raw["seed"], asset=asset, finish_reason=raw.get("finish_reason", "stop"),
                     note=raw.get("note", ""), thoughts=tuple(raw.get("thoughts", ())), signature=raw.get("signature", "").encode())


def made(raw: dict[str, Any]) -> tuple[Result, Call]:
    result = Result(id="Zm9vYmFyYmF6cXV4MTIzNA", model="gemini-3.1-flash-image", engine="comp", revision="1", size=Size(1, 1),
                    aspect_ratio="1:1", candidates=tuple(map(candidate, raw["candidates"])), usage=Usage(**raw["usage"]),
                    note=raw.get("note", ""))
    return result, Call(request=ImageRequest(prompt="a cup"), modalities=tuple(raw.get("modalities", ("TEXT", "IMAGE"))),
                        include_thoughts=raw.get("include_thoughts", False))


@pytest.mark.parametrize("path", goldens("answer"), ids=lambda p: p.stem)
def test_results_become_answers(path: Path) -> None:
    golden = load(path)
    assert orjson.loads(edge.dump(render.render(*made(golden["result"])))) == golden["answer"]


@pytest.mark.parametrize("path", goldens("stream"), ids=lambda p: p.stem)
def test_events_become_streams(path: Path) -> None:
    golden = load(path)
    result, call = made(golden["result"])
    about = errors.Context(model=result.model, response_id=result.id)

    async def events() -> AsyncIterator[Event | Result]:
        for c in result.candidates:
            for t in c.thoughts:
                yield Thought(t)
            if c.asset is not None:
                yield Partial(c.asset, 0, c.index)
            yield Done(c)
        yield result

    async def collect() -> str:
        chunks = stream.chunks(events(), call, about, Usage(prompt_text=2))
        writing = stream.Writing(framing=stream.SSE if golden["sse"] else stream.ARRAY, render_error=lambda e: {})
        return b"".join([p async for p in stream.frames(chunks, writing)]).decode()

    assert asyncio.run(collect()).splitlines() == golden["lines"]


@pytest.mark.parametrize("path", goldens("error"), ids=lambda p: p.stem)
def test_errors_become_answers(path: Path) -> None:
    golden = load(path)
    kind, raw = getattr(tree, golden["error"]["kind"]), {k: v for k, v in golden["error"].items() if k != "kind"}
    if "categories" in raw:
        raw["categories"] = tuple(raw["categories"])
    error = kind(raw.pop("message"), **raw)
    about = errors.context("/v1beta/models/gemini-3.1-flash-image:generateContent")
    assert list(errors.render(error, about)) == [golden["status"], golden["body"], golden["headers"]]
