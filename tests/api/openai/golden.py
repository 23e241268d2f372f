"""Reads tests/http/openai: bodies as clients send them, requests and answers as they must come out."""

import base64
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from cavendish.types import Asset, Candidate, Result, Size, Usage

FOLDER = Path(__file__).parents[2] / "http" / "openai"
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
DATA_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def load(name: str) -> list[dict[str, Any]]:
    """The cases of one file; "$PNG" in them stands for a one-pixel data: URL."""
    return json.loads((FOLDER / name).read_text("utf-8").replace("$PNG", DATA_URL))


def plain(value: Any) -> Any:
    """A frozen value as JSON, without fields that still have their default."""
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Size):
        return str(value)
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if not _is_default(value, f)}
    return [plain(v) for v in value] if isinstance(value, tuple) else value


def _is_default(value: Any, field: Any) -> bool:
    now = getattr(value, field.name)
    return now == field.default or (callable(field.default_factory) and now == field.default_factory())


def result(**changes: Any) -> Result:
    """A finished call with one tiny picture."""
    asset = Asset(data=PNG, mime="image/png", size=Size(1024, 1024))
    candidate = Candidate(index=0, seed=7, asset=asset, note="Comp drew this.", signature=b"sealed")
    usage = Usage(prompt_text=5, prompt_image=194, output_text=4, output_image=1056, thoughts=3)
    values: dict[str, Any] = {"id": "r" * 22, "model": "gpt-image-2", "engine": "comp", "revision": "1",
                              "size": Size(1024, 1024), "aspect_ratio": "", "candidates": (candidate,), "usage": usage,
                              "request_digest": "d" * 32, "created_s": 1_795_219_200}
    return Result(**(values | changes))


def encoded(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()
