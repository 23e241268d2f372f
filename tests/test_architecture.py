"""The house as tests: layers, siblings, lightness, budgets."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "cavendish"
LAYERS = ("errors", "types", "catalog", "settings", "log", "imaging", "trust", "engines", "thinking", "store", "ledger", "finish",
          "recall", "verify", "work", "service", "parts", "app", "api", "cli", "web")
SIBLINGS = ("engines/comp", "engines/diffusers", "engines/remote", "api/gemini", "api/openai", "api/native")
PYTHON = sorted(SRC.rglob("*.py"))
FILE_LINES, FUNCTION_LINES, PARAMETERS = 600, 60, 6
BROAD_EXCEPT_HOMES = {"api/middleware.py", "engines/diffusers/batcher.py"}  # the HTTP edge and the device's worker loop


def _home(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{a.name}" for a in node.names]
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names]
    return [name for name in found if name.startswith("cavendish.")]


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def _name(path: Path) -> str:
    return str(path.relative_to(SRC))


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_imports_point_inward(path: Path) -> None:
    if path.parent == SRC and path.stem in ("__init__", "__main__"):
        return
    home = LAYERS.index(_home(path))
    outward = [i for i in _imports(path) if i.split(".")[1] in LAYERS and LAYERS.index(i.split(".")[1]) > home]
    assert outward == []


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_siblings_do_not_know_each_other(path: Path) -> None:
    mine = next((s for s in SIBLINGS if _name(path).startswith(s + "/")), None)
    if mine is None:
        return
    family = mine.split("/")[0]
    others = tuple("cavendish." + s.replace("/", ".") + "." for s in SIBLINGS if s != mine and s.startswith(family))
    assert [i for i in _imports(path) if (i + ".").startswith(others)] == []


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_only_api_is_async(path: Path) -> None:
    found = [f.name for f in _functions(path) if isinstance(f, ast.AsyncFunctionDef)]
    assert _home(path) in ("api", "cli") or found == []


@pytest.mark.parametrize("path", sorted([*PYTHON, *(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]),
                         ids=lambda p: str(p.relative_to(ROOT)))
def test_budgets_hold(path: Path) -> None:
    if "node_modules" in path.parts:
        return
    assert len(path.read_text("utf-8").splitlines()) <= FILE_LINES
    for function in _functions(path):
        assert (function.end_lineno or 0) - function.lineno + 1 <= FUNCTION_LINES, function.name
        names = function.args
        count = len(names.posonlyargs) + len(names.args) + len(names.kwonlyargs)
        assert count <= PARAMETERS + 1 or path.is_relative_to(ROOT / "tests") or _home(path) == "cli", function.name


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_no_globals_and_no_broad_excepts(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Global)]
    broad = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)
             and (n.type is None or getattr(n.type, "id", "") == "Exception")]
    assert _name(path) in BROAD_EXCEPT_HOMES or broad == []


def test_every_layer_is_known() -> None:
    homes = {_home(p) for p in PYTHON} - {"__init__", "__main__"}
    assert homes <= set(LAYERS)


def test_importing_cavendish_is_light() -> None:
    heavy = {"torch", "numpy", "skia", "cv2", "PIL", "starlette", "sqlalchemy", "pydantic"}
    code = f"import sys, cavendish, cavendish.types, cavendish.settings, cavendish.cli; print(*({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def test_importing_anything_starts_no_thread_and_reads_no_setting() -> None:
    rooms = [p for p in PYTHON if find_spec("torch") or "engines/diffusers" not in _name(p)]  # torch is an extra
    modules = [".".join(p.relative_to(SRC.parent).with_suffix("").parts).removesuffix(".__init__") for p in rooms]
    code = ("import importlib, threading\n"
            f"[importlib.import_module(m) for m in {[m for m in modules if not m.endswith('__main__')]!r}]\n"
            "print(threading.active_count())")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         env={"PATH": "/usr/bin:/bin", "CAVENDISH_NONSENSE": "1", "PYTHONPATH": str(SRC.parent)})
    assert out.stdout.strip() == "1"
