"""A language model behind any OpenAI-compatible chat endpoint: vLLM, llama.cpp, Ollama, SGLang, or a vendor.

Nothing here is asked unless the settings name an endpoint.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cavendish.engines.remote.transport import Abort, Answer, Message, Timeouts, Transport, Unreachable
from cavendish.errors import Cancelled
from cavendish.imaging import codec, resize
from cavendish.imaging.raster import with_channels, with_depth
from cavendish.thinking.language import NoAnswer, Question, Said, parse_object
from cavendish.types import OutputSpec, Pixels, Size

MAX_ANSWER_BYTES = 256 * 1024
MAX_ANSWER_TOKENS = 2_048
PICTURE_SIDE_PX = 1_024  # pictures are shown to a model at this size at most
POLL_S = 0.05
CHARS_PER_TOKEN = 4      # where an endpoint does not count
_PARALLEL = 8
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_NO_FORMAT = frozenset({400, 404, 415, 422, 501})  # what servers say to a response_format they do not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a question may take in all, and the pauses between its attempts, in seconds."""

    most_s: float = 30.0
    pauses_s: tuple[float, ...] = (0.5, 2.0)
    longest_pause_s: float = 10.0  # of what a server asks for


class _Function(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Function
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


@dataclass(slots=True)
class ChatModel:
    """A model behind POST {base}/chat/completions. The key lives in a header that no repr and no error shows."""

    name: str
    transport: Transport = field(repr=False)
    vision: bool = False
    patience: Patience = Patience()
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_PARALLEL, "language"), repr=False)
    formats: tuple[str, ...] = ("json_schema", "json_object", "")  # the first that the server has taken comes first

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        """Ask, with bounded repeats. Raises NoAnswer; what `check` raises."""
        abort = Abort()
        until = time.monotonic() + self.patience.most_s
        future = self.threads.submit(self._asked, question, abort)
        try:
            while not wait((future,), timeout=POLL_S).done:
                check()
                if time.monotonic() > until:
                    raise NoAnswer(f"it did not answer within {self.patience.most_s:g} s")
            return future.result()
        finally:
            abort.stop()
            future.cancel()

    def close(self) -> None:
        """Let the threads and connections go."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.transport.close()

    def _asked(self, question: Question, abort: Abort) -> Said:
        """One question in every format that the server may know, each with its repeats. Raises NoAnswer."""
        shown = [_data_url(p) for p in question.pictures] if self.vision else []
        for form in self.formats:
            answer = self._posted(_body(self.name, question, shown, form), abort)
            if answer.status in _NO_FORMAT and form:
                continue
            if answer.status != 200:
                raise NoAnswer(f"it answered with status {answer.status}")
            said = _read(answer.body)
            self.formats = (form, *(f for f in self.formats if f != form))
            return said
        raise NoAnswer("it takes no format that we know")

    def _posted(self, body: bytes, abort: Abort) -> Answer:
        """Post until a whole answer comes that is worth reading. Raises NoAnswer."""
        pauses = iter(self.patience.pauses_s)
        while True:
            try:
                answer = self.transport.post(Message(path="/chat/completions", body=body), abort)
                problem = f"it answered with status {answer.status}"
                if answer.status not in _AGAIN:
                    return answer
                asked_s = _seconds(answer.headers.get("retry-after", ""))
            except Unreachable as exc:
                if not exc.again:
                    raise NoAnswer(exc.why) from None
                problem, asked_s = exc.why, 0.0
            except Cancelled:
                raise NoAnswer("it was stopped") from None
            pause = next(pauses, None)
            if pause is None or asked_s > self.patience.longest_pause_s:
                raise NoAnswer(problem)
            abort.pause(max(pause, asked_s))


def chat_model(url: str, key: str, model: str, *, vision: bool, timeout_s: float) -> ChatModel:
    """Join a chat endpoint by its base URL (with /v1). Raises ConfigError for what is no URL."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    transport = Transport(url, headers, Timeouts(connect_s=min(10.0, timeout_s), read_s=timeout_s), pool=_PARALLEL,
                          max_bytes=MAX_ANSWER_BYTES)
    return ChatModel(name=model, transport=transport, vision=vision, patience=Patience(most_s=timeout_s))


def _body(model: str, question: Question, shown: list[str], form: str) -> bytes:
    schema = json.dumps(question.schema, ensure_ascii=False)
    plain = f"{question.system}\nAnswer with one JSON object of this schema: {schema}"
    system = question.system if form == "json_schema" else plain
    content: Any = question.user
    if shown:
        content = [{"type": "text", "text": question.user}, *({"type": "image_url", "image_url": {"url": u}} for u in shown)]
    body: dict[str, Any] = {"model": model, "temperature": 0, "max_tokens": MAX_ANSWER_TOKENS, "stream": False,
                            "messages": [{"role": "system", "content": system}, {"role": "user", "content": content}]}
    if form == "json_schema":
        named = {"name": "answer", "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    elif form:
        body["response_format"] = {"type": form}
    return json.dumps(body, ensure_ascii=False).encode()


def _read(body: bytes) -> Said:
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise NoAnswer("its answer is no chat completion") from None
    if not completion.choices:
        raise NoAnswer("it gave no choice")
    first = completion.choices[0]
    if first.message.refusal or not first.message.content:
        raise NoAnswer("it refused" if first.message.refusal else "its answer is empty")
    if first.finish_reason == "length":
        raise NoAnswer("its answer was cut off")
    counted = completion.usage.completion_tokens if completion.usage else 0
    estimated = len(first.message.content) // CHARS_PER_TOKEN + 1
    return Said(value=parse_object(first.message.content), tokens=counted if 0 < counted <= 1_000_000 else estimated)


def _data_url(pixels: Pixels) -> str:
    """A picture as a JPEG data URL, at most PICTURE_SIDE_PX on its longer side."""
    flat = with_channels(with_depth(pixels, 8), 3)
    shrink = min(1.0, PICTURE_SIDE_PX / max(flat.width, flat.height))
    if shrink < 1:
        flat = resize.scale(flat, Size(max(1, round(flat.width * shrink)), max(1, round(flat.height * shrink))))
    file = codec.encode(flat, OutputSpec(mime="image/jpeg", quality=88))
    return "data:image/jpeg;base64," + base64.b64encode(file.data).decode()


def _seconds(text: str) -> float:
    """A Retry-After in seconds; 0 for a date or nonsense."""
    return float(text) if re.fullmatch(r"\d{1,6}(?:\.\d{1,3})?", text.strip()) else 0.0
