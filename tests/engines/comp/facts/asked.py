"""The measured prompts: what each picture must show, read from the tables beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cavendish.catalog import pack
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.types import Size

HERE = Path(__file__).parent
SIZES = ("512x512", "632x424", "424x632", "600x448", "688x384", "384x688", "464x576")  # ratios of the 512 tier, in turn
LETTERS = {"512x512": "1024x1024", "632x424": "1264x848", "424x632": "848x1264", "600x448": "1200x896", "688x384": "1376x768",
           "384x688": "768x1376", "464x576": "928x1152", "1536x192": "3072x384", "1024x256": "2048x512",
           "256x1024": "512x2048", "192x1536": "384x3072"}  # the same at 1K, for pictures whose words are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One prompt with its facts."""

    text: str
    kind: str
    size: Size
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing that must be seen: any of `names`, `count` of it (0 = any number, -2 = two or more), in a colour ("" = any)."""

    names: tuple[str, ...]
    count: int = 0
    color: str = ""

    def is_in(self, subject: Subject) -> bool:
        """Whether a subject is such a thing."""
        return any(called(name, subject) for name in self.names)


def cases(*files: str) -> list[Case]:
    """Return the prompts of the measured set, or of other files, in their order."""
    out = []
    for file in files or ("english.toml", "languages.toml"):
        for kind, table in tomllib.loads((HERE / file).read_text(encoding="utf-8")).items():
            for raw in table["prompt"]:
                size = raw.get("size", SIZES[len(out) % len(SIZES)])
                facts = {k: v for k, v in raw.items() if k not in ("text", "size")}
                out.append(Case(text=raw["text"], kind=kind, facts=facts,
                                size=Size.parse(LETTERS[size] if "words" in facts else size)))
    return out


def thing(line: str) -> Thing:
    """Read "2 red mug/cup", "2+ lemon", "card:quantum toaster"."""
    first, _, rest = line.partition(" ")
    digits = first.removesuffix("+")
    count = (-int(digits) if first.endswith("+") else int(digits)) if digits.isdigit() else 0
    words = rest if count else line
    if "card:" in words and "/" not in words:
        color, _, noun = words.partition("card:")
        return Thing(names=(f"card:{noun}",), count=count, color=color.strip())
    *color, names = words.split(" ")
    return Thing(names=tuple(names.split("/")), count=count, color=" ".join(color))


def called(name: str, subject: Subject) -> bool:
    """Whether a subject goes by a name of the tables."""
    if name.startswith("card:"):
        return not subject.concept and not subject.reference and fnmatchcase(subject.noun.lower(), name.removeprefix("card:"))
    if name == "@person":
        known = pack.concepts().get(subject.concept)
        return known is not None and known.group == "people-body"
    return fnmatchcase(subject.concept, name)


def those(scene: Scene, names: str) -> list[Subject]:
    """Return the subjects that go by any of "a/b"."""
    return [s for s in scene.subjects if any(called(n, s) for n in names.split("/"))]
