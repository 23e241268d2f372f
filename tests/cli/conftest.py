"""A command line with a fake engine, in this process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cavendish.cli import cli
from cavendish.engines.fake import FakeEngine


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def cavendish(engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in an empty folder; the comp engine is the fake one, unless `obj=None` asks for the installed ones."""
    monkeypatch.setenv("CAVENDISH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CAVENDISH_WATERMARK", "off")  # 0.1 s a picture; tests of the watermark turn it on
    monkeypatch.setenv("CAVENDISH_INTAKE_WORKERS", "0")  # a process for every test would be slow
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return lambda *args, **more: CliRunner().invoke(cli, args, **{"obj": {"comp": engine}} | more)


@pytest.fixture
def as_json() -> Callable[[Result], dict]:
    """Read the one JSON object that a command printed."""
    def read(result: Result) -> dict:
        assert result.stdout.count("\n") == 1, result.output
        return json.loads(result.stdout)

    return read
