"""The build hook where npm cannot be reached, and the files that it reads."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ASSETS = Path(__file__).parents[2] / "assets"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("build_hook", ASSETS / "build_hook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")  # the discard port: nothing listens
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))


@pytest.mark.usefixtures("no_npm")
def test_without_npm_the_build_goes_on_and_says_what_is_missing(hook: ModuleType, tmp_path: Path) -> None:
    words = hook.refresh(ASSETS, tmp_path / "_pack")
    assert "ECONNREFUSED" in words
    assert "labelled cards" in words
    assert "install again" in words
    assert not (tmp_path / "_pack").exists()


@pytest.mark.usefixtures("no_npm")
def test_without_npm_an_older_pack_stays(hook: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text('{"stamp": "older"}')
    assert "earlier build stays" in hook.refresh(ASSETS, tmp_path)
    assert (tmp_path / "head.json").exists()


@pytest.mark.usefixtures("no_npm")
def test_a_pack_with_the_right_stamp_needs_no_npm(hook: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "head.json").write_text(json.dumps({"stamp": hook.stamp_of(ASSETS)}))
    assert hook.refresh(ASSETS, tmp_path) == ""


@pytest.mark.parametrize("name", ["package-lock.json", "pack_art.py", "names.toml", "licenses/fluent-emoji.txt"])
def test_the_stamp_follows_every_input(hook: ModuleType, tmp_path: Path, name: str) -> None:
    shutil.copytree(ASSETS, tmp_path / "assets")
    before = hook.stamp_of(tmp_path / "assets")
    with (tmp_path / "assets" / name).open("a", encoding="utf-8") as file:
        file.write(" ")
    assert hook.stamp_of(tmp_path / "assets") != before


def test_the_lock_pins_every_package_by_digest_and_names_no_registry() -> None:
    lock = json.loads((ASSETS / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert [p for p, e in packages.items() if not e["integrity"].startswith("sha512-") or "resolved" in e] == []
    assert lock["packages"][""]["dependencies"] == json.loads((ASSETS / "package.json").read_text())["dependencies"]


def test_a_broken_icon_set_stops_the_pack(tmp_path: Path) -> None:
    icons = tmp_path / "@iconify-json" / "fluent-emoji"
    icons.mkdir(parents=True)
    (icons / "icons.json").write_text(json.dumps({"icons": {"a": {"body": ""}}, "width": 32, "height": 32,
                                                  "aliases": {"b": {"parent": "a", "rotate": 1}}}))
    done = subprocess.run([sys.executable, str(ASSETS / "pack.py"), str(tmp_path), str(tmp_path), "x"], capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 1
    assert "transform that the pack does not know" in done.stderr
