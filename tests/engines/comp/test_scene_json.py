"""A scene as JSON: what the rules read comes back whole, and what a language model gets wrong is named with its field."""

import json
import tomllib
from pathlib import Path

import pytest

from cavendish.catalog import pack
from cavendish.engines.comp.planning.planner import plan
from cavendish.engines.comp.scene import Scene
from cavendish.errors import InvalidValue
from cavendish.types import ImageRequest

pytestmark = pytest.mark.skipif(not pack.present(), reason="needs the art pack's names")
FACTS = Path(__file__).parent / "facts"


def prompts(most: int) -> list[str]:
    tables = [tomllib.loads((FACTS / f"{name}.toml").read_text(encoding="utf-8")) for name in ("english", "languages")]
    found = [entry["text"] for table in tables for kind in table.values() for entry in kind["prompt"]]
    return found[::max(1, len(found) // most)]


@pytest.mark.parametrize("most", [20, pytest.param(110, marks=pytest.mark.heavy)])
def test_what_is_read_comes_back_whole_from_json(most: int) -> None:
    listed = prompts(most)
    assert len(listed) >= min(most, 100)
    for prompt in listed:
        scene = plan(ImageRequest(prompt=prompt))
        assert Scene.from_json(json.loads(json.dumps(scene.as_json(), ensure_ascii=False))) == scene, prompt


DOG = {"key": "dog", "noun": "dog"}
WRONG = {
    "scene": [], "scene.version": {"version": 99}, "scene.setting": {"setting": "moon base"}, "scene.style": {"style": "cubist"},
    "scene.background": {"background": "pink"},
    "scene.subjects[0].key": {"subjects": [{"noun": "dog"}]},
    "scene.subjects[0].noun": {"subjects": [{"key": "dog", "noun": 3}]},
    "scene.subjects[0].count": {"subjects": [{**DOG, "count": "three"}]},
    "scene.subjects[0].size": {"subjects": [{**DOG, "size": "enormous"}]},
    "scene.subjects[0].color": {"subjects": [{**DOG, "color": "red"}]},
    "scene.subjects[0].region": {"subjects": [{**DOG, "region": "middle"}]},
    "scene.subjects[0].relation.kind": {"subjects": [{**DOG, "relation": {"kind": "near", "target": "x"}}]},
    "scene.subjects[0].relation.target": {"subjects": [{**DOG, "relation": {"kind": "on", "target": "sofa"}}]},
    "scene.subjects": {"subjects": [DOG, DOG]},
    "scene.texts[0].text": {"texts": [{"key": "t"}]},
    "scene.texts[0].role": {"texts": [{"key": "t", "text": "x", "role": "title"}]},
    "scene.texts[0].box": {"texts": [{"key": "t", "text": "x", "box": [0, 1]}]},
    "scene.charts": {"charts": [{"key": "c", "kind": "radar", "values": [1]}]},
}


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_named(field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Scene.from_json(WRONG[field])
    assert caught.value.field == field
    assert caught.value.hint


def test_an_unknown_field_is_named_with_those_that_are_known() -> None:
    with pytest.raises(InvalidValue, match="mood") as caught:
        Scene.from_json({"mood": "happy"})
    assert "setting" in caught.value.hint
