"""What scenes must hold, over many prompts; and that any text gives a scene."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.catalog import pack
from cavendish.engines.comp import vocabulary
from cavendish.engines.comp.planner import plan
from cavendish.engines.comp.scene import Scene
from cavendish.types import ImageRequest, Reference, ReferenceRole, TextLayer

CASES = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text(encoding="utf-8"))["prompt"]
LOOKS = ("setting", "time", "weather", "style", "framing", "copy_space", "surface")
pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")


def read(prompt: str, **more: object) -> Scene:
    return plan(ImageRequest(prompt=prompt, **more))


def hexed(name: str) -> str:
    return vocabulary.hexes()[name]


def called(scene: Scene, key: str) -> set[str]:
    subject = scene.find(key)
    return {subject.concept, subject.noun.lower()} if subject else set()


def has_thing(scene: Scene, wanted: str) -> bool:
    words = wanted.split()
    count = int(words.pop(0)) if words[0].isdigit() else 0
    text = " ".join(words)
    if "card:" in text:
        colors, _, noun = text.partition("card:")
        return any(s.noun.lower() == noun and not s.concept and (not colors or s.color == hexed(colors.strip())) for s in scene.subjects)
    *color, concept = words
    return any(s.concept == concept and (not color or s.color == hexed(" ".join(color))) and s.count == (count or 1)
               for s in scene.subjects)


def missing(scene: Scene, case: dict) -> list[str]:
    """Return the facts of a case that its scene does not hold."""
    out = [f"{k}: {getattr(scene, k)} is not {case[k]}" for k in LOOKS if k in case and getattr(scene, k) != case[k]]
    out += [f"no {t} in {[(s.count, s.color, s.concept or s.noun) for s in scene.subjects]}" for t in case.get("things", ())
            if not has_thing(scene, t)]
    if "things" in case and len(scene.subjects) != len(case["things"]):
        out.append(f"{len(scene.subjects)} subjects {[s.noun for s in scene.subjects]}")
    for line in case.get("relations", ()):
        kind = next(w for w in line.split() if w in ("on", "under", "inside", "holding", "behind", "above") or "_" in w)
        first, last = (p.strip() for p in line.split(f" {kind} ", 1))
        if not any(s.relation and s.relation.kind == kind and first in called(scene, s.key) and last in called(scene, s.relation.target)
                   for s in scene.subjects):
            out.append(f"not {line}: {[(s.key, s.relation) for s in scene.subjects]}")
    for line in case.get("texts", ()):
        words, role, carrier = line.split("|")
        if not any(t.text == words and role in ("", t.role) and (not carrier or carrier in called(scene, t.on)) for t in scene.texts):
            out.append(f"no text {line} in {scene.texts}")
    for line in case.get("regions", ()):
        concept, region = line.split()
        if not any(s.concept == concept and s.region == region for s in scene.subjects):
            out.append(f"not {line}")
    if "background" in case and scene.background != hexed(case["background"]):
        out.append(f"background {scene.background}")
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"][:50])
def test_a_scene_holds_the_facts_of_its_prompt(case):
    assert missing(read(case["text"]), case) == []
