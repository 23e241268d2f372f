"""Events -> chunks -> bytes, in the only forms that every official client reads.

Order: thoughts, then each candidate's text and its picture whole in one event, then one closing chunk with the reasons.
Every chunk has content with at least one part, else the clients' chats drop the turn. SSE carries `data: {…}` lines and
nothing else: no comments, no `event:`, no `[DONE]`; blank lines are the keep-alive. Without alt=sse it is a JSON array.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from cavendish.api import edge
from cavendish.api.gemini import render
from cavendish.api.gemini.errors import Context
from cavendish.api.gemini.parse import Call
from cavendish.errors import CavendishError
from cavendish.types import Candidate, Done, Event, Partial, Result, Thought, Usage

Chunk = dict[str, Any]
KEEP_ALIVE = b"\r\n"


async def chunks(events: AsyncIterator[Event | Result], call: Call, about: Context, prompt: Usage) -> AsyncIterator[Chunk]:
    """Turn a run's events into chunks. `prompt` counts the input side until the result knows better."""
    shown: set[int] = set()

    def chunk(candidates: list[Chunk], used: Usage = prompt) -> Chunk:
        return {"candidates": candidates, "usageMetadata": render.usage(used), "modelVersion": about.model,
                "responseId": about.response_id}

    async for event in events:
        for part, index in _thoughts(event, call):
            yield chunk([_piece(part, index)])
        ready = event.candidates if isinstance(event, Result) else (event.candidate,) if isinstance(event, Done) else ()
        for candidate in ready:
            if candidate.index not in shown:
                shown.add(candidate.index)
                for part in render.parts(candidate, call, candidate.note):
                    yield chunk([_piece(part, candidate.index)])
        if isinstance(event, Result):
            note = f" {event.note}" if event.note and "TEXT" in call.modalities else ""
            yield chunk([_closing(c, note) for c in event.candidates], event.usage)


async def soon(opening: Awaitable[AsyncIterator[Event | Result]],
               silence_s: float) -> tuple[AsyncIterator[Event | Result], bool]:
    """Wait for a run's first event, so that early errors come before a 200; after `silence_s` go on without it.

    Returns the events and whether they are late.
    """
    task = asyncio.ensure_future(opening)
    try:
        await asyncio.wait((task,), timeout=silence_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    return (task.result(), False) if task.done() else (_later(task), True)


async def _later(opening: Awaitable[AsyncIterator[Event | Result]]) -> AsyncIterator[Event | Result]:
    async for event in await opening:
        yield event


def _thoughts(event: Event | Result, call: Call) -> list[tuple[Chunk, int]]:
    if call.include_thoughts and isinstance(event, Thought):
        return [(render.thought(event.text), 0)]
    if call.include_thoughts and isinstance(event, Partial):
        return [(render.picture(event.asset), event.index)]
    return []


def _piece(part: Chunk, index: int) -> Chunk:
    return {"content": {"parts": [part], "role": "model"}, "index": index}


def _closing(candidate: Candidate, note: str) -> Chunk:
    return {"content": {"parts": [{"text": note}], "role": "model"}, **render.ending(candidate)}


def one(body: Chunk) -> AsyncIterator[Chunk]:
    """A stream of one chunk: the answer to a refused prompt."""
    async def only() -> AsyncIterator[Chunk]:
        yield body

    return only()


async def frames(items: AsyncIterator[Chunk], sse: bool, render_error: Callable[[CavendishError], Chunk],
                 show: Callable[[Chunk], Chunk] = lambda c: c) -> AsyncIterator[bytes]:
    """Write chunks as SSE events or as the pieces of a JSON array. An error ends the stream as its last item."""
    before, between, after, end = (b"data: ", b"data: ", b"\r\n\r\n", b"") if sse else (b"[", b",\r\n", b"", b"]")
    opening = before
    async for item in _caught(items, render_error):
        yield opening + edge.dump(show(item)) + after
        opening = between
    if end:
        yield end if opening is between else before + end


async def _caught(items: AsyncIterator[Chunk], render_error: Callable[[CavendishError], Chunk]) -> AsyncIterator[Chunk]:
    try:
        async for item in items:
            yield item
    except CavendishError as exc:
        yield render_error(exc)


async def kept_alive(pieces: AsyncIterator[bytes], silence_s: float, late: bool = False) -> AsyncIterator[bytes]:
    """Pass pieces on; send a blank line after each `silence_s` without one, and at once when they are late already."""
    if late:
        yield KEEP_ALIVE
    task: asyncio.Future[bytes | None] | None = None
    try:
        while True:
            task = asyncio.ensure_future(anext(pieces, None))
            while not (await asyncio.wait((task,), timeout=silence_s))[0]:
                yield KEEP_ALIVE
            piece = task.result()
            if piece is None:
                return
            yield piece
    finally:
        if task is not None and not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
