"""Words to scene: reads a request and says, as plain data, what the picture must hold. It draws nothing."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cavendish.catalog import pack
from cavendish.engines.comp.planning import charts, drafting, edits_copy, habitats, references, relations, vocabulary, words
from cavendish.engines.comp.planning.drafts import Draft, Thing
from cavendish.engines.comp.planning.reading import Item, read
from cavendish.engines.comp.scene import PRINTED, REGIONS, TEXT_ROLES, Adjust, Relation, Scene, SceneText, Subject
from cavendish.types import ImageRequest, TextLayer

MAX_TEXT_CHARS = 400
_ADJUST = re.compile(r"([a-z_]+)([+-][0-9.]+)")
_SIDES = ("left", "right", "top", "bottom")
_SETTING_WORDS = ("setting", "time", "weather", "framing", "style")


def plan(request: ImageRequest) -> Scene:
    """Read a request's words, text layers and references into a scene. It always shows something that the words name."""
    words_said = references.plainly(request.prompt) if request.references else request.prompt
    foreign = edits_copy.asked(words_said)
    words_said = edits_copy.without(words_said) if foreign else words_said
    taken = charts.take(words_said)
    draft = drafting.draft(read(taken.rest))
    references.assign(draft, request.references)
    for thing in draft.things:
        if thing.relation and thing.relation[0] in ("on", "wearing") and thing.image in references.printed(request.prompt):
            thing.material = PRINTED
    _drop(draft, draft.removed)
    if request.negative_prompt:
        _drop(draft, drafting.draft(read(request.negative_prompt, draft.lang), negated=True).removed)
    scene = charts.put(compose(draft, request), taken)
    scene = replace(scene, unread=(*scene.unread, edits_copy.UNTRANSLATED)) if foreign else scene
    return scene if _shows(scene, draft) else _fallback(scene, request)


def compose(draft: Draft, request: ImageRequest) -> Scene:
    """Turn a draft into a scene: keys, relations, texts, the look."""
    keys = _keys(draft.things)
    subjects = tuple(_subject(thing, keys, i, request) for i, thing in enumerate(draft.things))
    looks: dict[str, Any] = {k: draft.looks[k] for k in _SETTING_WORDS if draft.looks.get(k)}
    looks |= {"setting": place} if (place := habitats.place(draft)) else {}
    if request.system and "style" not in looks:
        looks |= {k: v for k, v in drafting.draft(read(request.system)).looks.items() if k == "style"}
    return Scene(subjects=subjects, texts=texts(draft, request.text_layers, keys), **looks,
                 background=draft.looks.get("background", ""), surface=draft.looks.get("surface", ""),
                 copy_space=_side(draft.looks.get("copy_space", "")), adjust=adjusted(Adjust(), draft.adjusts),
                 background_reference=references.digest(request.references, draft.looks.get("background_image", "")),
                 style_reference=references.style(request.references, draft.looks.get("style_image", "")),
                 unread=tuple(dict.fromkeys(draft.unread))[:40])


def _side(region: str) -> str:
    return region if region in _SIDES else ""


def _shows(scene: Scene, draft: Draft) -> bool:
    """Whether the scene holds anything of what was said. A place, an hour or a colour alone is a picture too."""
    return bool(scene.subjects or scene.texts or scene.charts or scene.background_reference
                or draft.looks.keys() & {"setting", "time", "weather", "background"})


def _fallback(scene: Scene, request: ImageRequest) -> Scene:
    subject = Subject(key="card", noun=words.shorten(request.prompt, 60) or "?")
    return Scene.from_json(scene.as_json() | {"subjects": [{"key": subject.key, "noun": subject.noun}]})


def key_for(noun: str, taken: Iterable[str]) -> str:
    """Return a key that says what it is and is not taken: "dog", "dog-2"."""
    base = re.sub(r"[\s!-/:-@\[-`{-~]+", "-", words.fold(noun)).strip("-")[:40] or "thing"
    used = set(taken)
    return next(k for k in (base if n == 1 else f"{base}-{n}" for n in range(1, len(used) + 2)) if k not in used)


def drawn(concept: str) -> str:
    """Return the concept when this installation has its drawing, else "": the thing becomes an FPO card."""
    return concept if concept in pack.concepts() or vocabulary.drawn_here(concept) else ""


def _pose(thing: Thing) -> str:
    known = pack.concepts().get(thing.concept)
    return thing.pose if known is not None and known.group in ("people-body", "animals-nature", "smileys-emotion") else ""


def _keys(things: list[Thing]) -> list[str]:
    keys: list[str] = []
    for thing in things:
        keys.append(key_for(thing.noun, keys))
    return keys


def _subject(thing: Thing, keys: list[str], at: int, request: ImageRequest) -> Subject:
    digest = references.digest(request.references, str(thing.image)) if thing.image >= 0 else ""
    relation = Relation(kind=thing.relation[0], target=keys[thing.relation[1]]) if thing.relation else None
    return Subject(key=keys[at], noun=words.shorten(thing.noun, 60), concept="" if digest else drawn(thing.concept),
                   reference=digest, count=thing.count, color=thing.color, size=thing.size or "normal", material=thing.material,
                   relation=relation, region=thing.region if thing.region in REGIONS else "",
                   holds=tuple(keys[h] for h in thing.holds), pose=_pose(thing),
                   arranged=thing.arranged if thing.count > 1 else "")


def texts(draft: Draft, layers: tuple[TextLayer, ...], keys: list[str], taken: Iterable[str] = ()) -> tuple[SceneText, ...]:
    """Return the texts of the prompt and of the request's layers; a text that a layer repeats is the layer's."""
    layered = {" ".join(layer.text.split()).casefold() for layer in layers}
    out: list[SceneText] = []
    used = set(keys) | set(taken)

    def put(base: str, text: SceneText) -> None:
        key = key_for(base, used)
        used.add(key)
        out.append(SceneText(**{**{f: getattr(text, f) for f in SceneText.__slots__}, "key": key}))

    for caption in draft.captions:
        if caption.text.casefold() in layered or not caption.text.strip():
            continue
        role = caption.role if caption.role in TEXT_ROLES else "headline" if not out else "body"
        put("text", SceneText(key="", text=caption.text[:MAX_TEXT_CHARS], role=role, color=caption.color, region=caption.region,
                              on=keys[caption.on] if 0 <= caption.on < len(keys) else ""))
    for layer in layers:
        role = layer.role if layer.role in TEXT_ROLES else "headline"
        put("layer", SceneText(key="", text=layer.text, role=role, color=layer.color, box=layer.box, font=layer.font))
    return tuple(out)


def adjusted(adjust: Adjust, changes: Iterable[str]) -> Adjust:
    """Add changes such as "contrast+0.3 brightness-0.1" to an adjustment, each field kept within its range."""
    values: dict[str, float] = {name: getattr(adjust, name) for name in Adjust.__slots__}
    for change in changes:
        for name, amount in _ADJUST.findall(change):
            low = 0.0 if name in ("blur", "background_blur") else -1.0
            values[name] = round(min(1.0, max(low, values[name] + float(amount))), 3)
    return Adjust(**values)


def _drop(draft: Draft, unwanted: list[Item]) -> None:
    """Take out the things that the words refuse ("without people"), and keep every index right."""
    refused = drafting.names(unwanted)
    if not refused:
        return
    if refused & {"text", "texts", "words", "headline", "letters"}:
        draft.captions = []
    gone = {i for i, thing in enumerate(draft.things) if _refused(thing, refused)}
    for kind in ("setting", "weather", "time"):
        if draft.looks.get(kind) in {i.value for i in unwanted if i.kind == kind}:
            del draft.looks[kind]
    relations.forget(draft, gone)


def _refused(thing: Thing, refused: frozenset[str]) -> bool:
    concept = pack.concepts().get(thing.concept)
    group = concept.group if concept else ""
    general = ("person" in refused and group == "people-body") or ("animal" in refused and group == "animals-nature")
    return general or thing.concept in refused or thing.noun.lower() in refused
