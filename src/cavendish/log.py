"""Logs: one JSON object a line on stderr. Prompts only when the settings say so, secrets never.

A record's own values come as `extra={"fields": {...}}`. They are filtered by name here, so that no caller has to remember.
"""

import json
import logging
import re
import sys
import time
from typing import TextIO

from cavendish.settings import Settings

PROMPT_FIELDS = frozenset({"prompt", "system", "negative_prompt", "history", "text"})
SECRET_FIELDS = frozenset({"authorization", "api_key", "key", "token", "cookie", "secret", "signature"})
_SECRET_TEXT = re.compile(r"(?i)(\b(?:key|token|api_key|cavendish_session)=|\bbearer\s+)[^\s&\"';,]+")
HIDDEN = "…"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON. `secrets` are strings that must not appear anywhere."""

    def __init__(self, *, prompts: bool = False, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._dropped = SECRET_FIELDS if prompts else SECRET_FIELDS | PROMPT_FIELDS
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {"time": f"{clock}.{int(record.msecs):03d}Z", "level": record.levelname.lower(),
                                   "logger": record.name}
        message = record.getMessage()
        if message:
            line["message"] = self._clean(message)
        fields = getattr(record, "fields", {})
        line |= {k: self._clean(v) if isinstance(v, str) else v for k, v in fields.items() if k not in self._dropped}
        if record.exc_info:
            line["error"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _SECRET_TEXT.sub(rf"\g<1>{HIDDEN}", text)


def setup(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log record of the process to `stream`, stderr unless given. For programs, not for libraries."""
    out = logging.StreamHandler(stream or sys.stderr)
    out.setFormatter(JsonLines(prompts=settings.log_prompts, secrets=settings.api_keys))
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(settings.log_level.upper())
    quiet = logging.DEBUG if settings.log_level == "debug" else logging.WARNING
    logging.getLogger("uvicorn").setLevel(quiet)  # its start and stop are told by the command
