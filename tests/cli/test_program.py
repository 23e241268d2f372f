"""The program as a shell sees it: help, start-up, exit codes, signals."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from cavendish import __version__
from cavendish.cli import COMMANDS, cli, exits
from cavendish.errors import leaves

PROGRAM = (sys.executable, "-c", "from cavendish.cli import main; main()")
HEAVY = ("numpy", "skia", "sqlalchemy", "starlette", "uvicorn", "rich", "PIL", "pyvips", "pydantic")


def run(*args: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([*PROGRAM, *args], capture_output=True, text=True, timeout=60, **more)


def test_help_imports_nothing_heavy():
    code = ("import sys; from cavendish.cli import cli; sys.argv[1:] = ['--help']\n"
            "try: cli.main()\nexcept SystemExit: pass\n"
            f"print([m for m in {HEAVY!r} if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert "Draw pictures from words." in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_arguments_show_the_help():
    done = run()
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    assert "130  interrupted" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_lists_and_help_agree(name):
    command = cli.get_command(None, name)
    assert (command.name, command.short_help) == (name, COMMANDS[name])
    assert "--json" in CliRunner().invoke(cli, [name, "--help"]).output


def test_version():
    assert run("version").stdout.startswith(f"cavendish {__version__} ")
    assert json.loads(run("version", "--json").stdout)["cavendish"] == __version__


def test_a_misspelt_command_is_answered_with_the_nearest():
    done = run("generat", "x")
    assert done.returncode == 2
    assert done.stderr == "error: there is no command 'generat', did you mean 'generate'?\nhint: see `cavendish --help`\n"


def test_errors_are_json_when_json_was_asked():
    done = run("version", "--json", "--nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    error = json.loads(done.stderr)["error"]
    assert (error["code"], error["exit_code"], error["hint"]) == ("usage", 2, "see `cavendish version --help`")


def test_a_wrong_setting_is_a_configuration_error():
    done = run("doctor", env=os.environ | {"CAVENDISH_QUEUE_SIZ": "1"})
    assert done.returncode == exits.CONFIG
    assert "did you mean CAVENDISH_QUEUE_SIZE?" in done.stderr


@pytest.mark.parametrize("leaf", tuple(leaves()), ids=lambda kind: kind.__name__)
def test_every_error_has_a_documented_code(leaf):
    assert exits.code_of(leaf("x")) in set(exits.MEANINGS) - {exits.OK, exits.DEFECT}


SLOW = """
import sys
from cavendish.cli import cli
from cavendish.engines.fake import FakeEngine
print("ready", file=sys.stderr, flush=True)
cli.main(["generate", "a puppy", "-o", "p.png", "--size", "512"], obj={"comp": FakeEngine(delay_s=2)})
"""


def test_ctrl_c_ends_the_run_cleanly(tmp_path):
    done = subprocess.Popen([sys.executable, "-c", SLOW], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background shell ignores it
                            env=os.environ | {"CAVENDISH_DATA": str(tmp_path / "data")})
    assert done.stderr.readline() == "ready\n"
    deadline = time.monotonic() + 30
    while not (tmp_path / "data" / "cavendish.db").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)  # into the engine's step
    done.send_signal(signal.SIGINT)
    _, told = done.communicate(timeout=30)
    assert (done.returncode, told.strip()) == (exits.INTERRUPTED, "error: interrupted")
    assert not (tmp_path / "p.png").exists()


STEPS = """
import sys
from dataclasses import replace
from cavendish.cli import cli
from cavendish.engines.fake import FakeEngine
class Slow(FakeEngine):
    def generate(self, request, on_step):
        return FakeEngine(delay_s=0.15).generate(replace(request, steps=4), on_step)
cli.main(["generate", "a puppy", "-o", "p.png", "--size", "512", "--force", *sys.argv[1:]], obj={"comp": Slow()})
"""


def _on_terminal(folder, *args: str, **environ: str) -> str:
    """Run with stderr on a pseudo-terminal; return what it showed."""
    ours, theirs = pty.openpty()
    env = os.environ | {"CAVENDISH_DATA": str(folder), "TERM": "xterm-256color", "COLUMNS": "80"} | environ
    subprocess.run([sys.executable, "-c", STEPS, *args], cwd=folder, stderr=theirs, stdout=subprocess.DEVNULL, env=env, timeout=60)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # Linux: the other side is closed
            part = b""
        if not part:
            os.close(ours)
            return shown.decode()
        shown += part


def test_a_terminal_shows_a_bar(tmp_path):
    shown = _on_terminal(tmp_path)
    assert "drawing" in shown
    assert "50%" in shown
    assert "\x1b[3" in shown or "\x1b[9" in shown  # a colour


def test_no_color_is_respected(tmp_path):
    shown = _on_terminal(tmp_path, NO_COLOR="1")
    assert "50%" in shown
    assert "\x1b[3" not in shown
    assert "\x1b[9" not in shown


def test_json_shows_no_bar(tmp_path):
    assert "drawing" not in _on_terminal(tmp_path, "--json")
