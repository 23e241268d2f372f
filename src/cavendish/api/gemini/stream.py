"""Events -> chunks -> bytes, in the only forms that every official client reads.

Order: thoughts, then each candidate's text and its picture whole in one event, then one closing chunk with the reasons.
Every chunk has content with at least one part, else the clients' chats drop the turn. SSE carries `data: {…}` lines and
nothing else: no comments, no `event:`, no `[DONE]`, no blank lines. Without alt=sse it is a JSON array.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cavendish.api import edge
from cavendish.api.gemini import grounded, render
from cavendish.api.gemini.errors import Context
from cavendish.api.gemini.parse import Call
from cavendish.errors import CavendishError
from cavendish.types import Candidate, Done, Event, Partial, Result, Thought, Usage

Chunk = dict[str, Any]


async def chunks(events: AsyncIterator[Event | Result], call: Call, about: Context, prompt: Usage) -> AsyncIterator[Chunk]:
    """Turn a run's events into chunks. `prompt` counts the input side until the result knows better."""
    shown: set[int] = set()
    said: set[str] = set()

    def chunk(candidates: list[Chunk], used: Usage = prompt) -> Chunk:
        return {"candidates": candidates, "usageMetadata": render.usage(used), "modelVersion": about.model,
                "responseId": about.response_id}

    async for event in events:
        ready = event.candidates if isinstance(event, Result) else (event.candidate,) if isinstance(event, Done) else ()
        new = [c for c in ready if c.index not in shown]
        shown |= {c.index for c in new}
        for part, index in _thoughts(event, new, said) if call.include_thoughts else ():
            yield chunk([_piece(part, index)])
        for candidate in new:
            for part in render.parts(candidate, call, candidate.note):
                yield chunk([_piece(part, candidate.index)])
        if isinstance(event, Result):
            note = f" {event.note}" if event.note and "TEXT" in call.modalities else ""
            sources = grounded.metadata(event)
            yield chunk([_closing(c, note) | sources for c in event.candidates], event.usage)


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


def _thoughts(event: Event | Result, new: list[Candidate], said: set[str]) -> Iterator[tuple[Chunk, int]]:
    """Thought parts of an event, each once; an answer from memory has them in its candidates only."""
    if isinstance(event, Partial):
        yield render.picture(event.asset), event.index
    texts = [(event.text, 0)] if isinstance(event, Thought) else [(t, c.index) for c in new for t in c.thoughts]
    for text, index in texts:
        if text not in said:
            said.add(text)
            yield render.thought(text), index


def _piece(part: Chunk, index: int) -> Chunk:
    return {"content": {"parts": [part], "role": "model"}, "index": index}


def _closing(candidate: Candidate, note: str) -> Chunk:
    return {"content": {"parts": [{"text": note}], "role": "model"}, **render.ending(candidate)}


def one(body: Chunk) -> AsyncIterator[Chunk]:
    """A stream of one chunk: the answer to a refused prompt."""
    async def only() -> AsyncIterator[Chunk]:
        yield body

    return only()


@dataclass(frozen=True, slots=True)
class Framing:
    """What stands before the first and the other items, after each, and at the end."""

    first: bytes
    between: bytes
    after: bytes
    end: bytes


SSE = Framing(b"data: ", b"data: ", b"\r\n\r\n", b"")
ARRAY = Framing(b"[", b",\r\n", b"", b"]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a stream is written: its framing, how errors and enums are shown, and the silence it fills, in seconds."""

    framing: Framing
    render_error: Callable[[CavendishError], Chunk]
    show: Callable[[Chunk], Chunk] = lambda chunk: chunk
    silence_s: float = 15.0
    late: bool = False  # silent for that long already


async def frames(items: AsyncIterator[Chunk], writing: Writing) -> AsyncIterator[bytes]:
    """Write chunks. An error ends the stream as its last item.

    Silence is filled inside an item: its opening is sent early and spaces follow. Blank lines between items, the usual
    keep-alive, end the streams of both legacy SDKs with an error; spaces before the JSON pass everywhere.
    """
    framing, caught = writing.framing, _caught(items, writing.render_error)
    opening, opened = framing.first, writing.late
    if opened:
        yield opening
    while True:
        async with _pending(caught) as item:
            while not (await asyncio.wait((item,), timeout=writing.silence_s))[0]:
                yield b" " if opened else opening
                opened = True
            chunk = item.result()
        if chunk is None:
            break
        yield (b"" if opened else opening) + edge.dump(writing.show(chunk)) + framing.after
        opening, opened = framing.between, False
    if framing.end:
        yield framing.end if opened or opening is framing.between else framing.first + framing.end


@contextlib.asynccontextmanager
async def _pending(items: AsyncIterator[Chunk]) -> AsyncIterator["asyncio.Future[Chunk | None]"]:
    """The next item as a task, None at the end; cancelled, with its source, when nobody waits for it any more."""
    task = asyncio.ensure_future(anext(items, None))
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _caught(items: AsyncIterator[Chunk], render_error: Callable[[CavendishError], Chunk]) -> AsyncIterator[Chunk]:
    try:
        async for item in items:
            yield item
    except CavendishError as exc:
        yield render_error(exc)
