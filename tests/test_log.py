"""Logs: one JSON object a line, no prompts unless allowed, no secrets ever."""

import io
import json
import logging

import pytest

from cavendish import log
from cavendish.settings import Settings

SECRET = "key-of-a-person-123"


@pytest.fixture
def lines():
    """Log into memory; `lines(**settings)` returns a function that parses what was written."""
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    before, level, uvicorn_level = root.handlers[:], root.level, uvicorn.level

    def start(**settings):
        out = io.StringIO()
        log.setup(Settings(api_keys=(SECRET,), **settings), out)
        return lambda: [json.loads(line) for line in out.getvalue().splitlines()]

    yield start
    root.handlers[:] = before
    root.setLevel(level)
    uvicorn.setLevel(uvicorn_level)


def test_a_record_is_one_line_with_its_fields(lines):
    read = lines()
    logging.getLogger("cavendish.access").info("", extra={"fields": {"path": "/v1\nx", "status": 200, "ms": 1.5}})
    (line,) = read()
    assert line["path"] == "/v1\nx"
    assert (line["level"], line["logger"], line["status"], "message" in line) == ("info", "cavendish.access", 200, False)


def test_prompts_stay_out_unless_allowed(lines):
    for allowed in (False, True):
        read = lines(log_prompts=allowed)
        logging.getLogger("x").info("run", extra={"fields": {"prompt": "my secret plan", "size": "1K"}})
        assert (read()[0].get("prompt") == "my secret plan", read()[0]["size"]) == (allowed, "1K")


@pytest.mark.parametrize("text", [f"used {SECRET}", "GET /?token=abcdefgh&x=1", "authorization: Bearer abcdefgh", "?key=abcdefgh"])
def test_secrets_are_hidden_even_with_prompts(lines, text):
    read = lines(log_prompts=True)
    logging.getLogger("x").warning(text, extra={"fields": {"where": text, "api_key": "abcdefgh", "n": 1}})
    (line,) = read()
    assert SECRET not in str(line)
    assert "abcdefgh" not in str(line)
    assert log.HIDDEN in line["where"]


def test_a_traceback_stays_on_the_line_without_secrets(lines):
    read = lines()
    try:
        raise ValueError(f"bad {SECRET}")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert read()[0]["error"].endswith(f"ValueError: bad {log.HIDDEN}")


def test_the_level_of_the_settings_holds(lines):
    read = lines(log_level="warning")
    logging.getLogger("x").info("no")
    logging.getLogger("uvicorn.error").info("no")
    logging.getLogger("x").warning("yes")
    assert [line["message"] for line in read()] == ["yes"]
