"""The operations of an edit: each takes a scene and a clause, changes what the clause names, and says what it did."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cavendish.catalog import pack
from cavendish.engines.comp.planning import drafting, edits_copy, edits_patterns, planner, shades, vocabulary, words
from cavendish.engines.comp.planning.clauses import Clause
from cavendish.engines.comp.planning.drafts import Caption, Draft, Thing
from cavendish.engines.comp.planning.reading import read
from cavendish.engines.comp.scene import SIZES, Relation, Scene, SceneText, Subject

_LOOKS = ("setting", "time", "weather", "style", "framing", "background", "surface", "copy_space")


@dataclass(frozen=True, slots=True)
class Step:
    """The scene after one clause; `done` says what changed, `missed` what could not."""

    scene: Scene
    done: tuple[str, ...] = ()
    missed: str = ""


def matches(scene: Scene, thing: Thing, *, colored: bool = False) -> list[Subject]:
    """Return the subjects a thing in the words can mean; `colored`: its colour tells which one."""
    found = [s for s in scene.subjects if _same(s, thing)] or _of_kind(scene, thing)
    exact = [s for s in found if colored and thing.color and s.color == thing.color]
    return exact or found


def _of_kind(scene: Scene, thing: Thing) -> list[Subject]:
    """Return what a general word means: "the animal" the dog, "the flowers" the tulips; of several one, unless a plural."""
    known = pack.concepts()
    kinds = _general().get(words.fold(thing.noun)) or _general().get(f"={thing.concept}", ())
    drawn = [s for s in scene.subjects if s.concept in known] if kinds else []
    found = [s for s in drawn if known[s.concept].subgroup.startswith(tuple(kinds))]
    many = thing.count > 1 or thing.noun.lower().endswith(("s", "en", "们", "たち", "들", "lar", "ler"))
    return found if many else found[:1]


@cache
def _general() -> Mapping[str, tuple[str, ...]]:
    """Return general words, folded, and "=concept" where a drawing stands for its kind -> the subgroups meant."""
    table: Mapping[str, str] = vocabulary.table("edits")["general"]  # type: ignore[assignment]
    return {name if name.startswith("=") else words.fold(name): tuple(kinds.split())
            for kinds, listed in table.items() for name in vocabulary.phrases(str(listed))}


def _same(subject: Subject, thing: Thing) -> bool:
    if thing.concept and subject.concept == thing.concept:
        return True
    mine, said = words.fold(subject.noun), words.fold(thing.noun)
    head = mine.partition(" of ")[0]  # "the bottle" is the bottle of wine
    return mine == said or mine.endswith(" " + said) or said in (head, subject.key) or mine.rstrip("s") == said.rstrip("s")


def _list(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def absent(scene: Scene, name: str) -> Step:
    there = _list([s.noun for s in scene.subjects] + [f"“{t.text}”" for t in scene.texts]) or "nothing but the background"
    return Step(scene, missed=f"there is no {name} in the picture to change; it shows {there}")


def _said(clause: Clause, kind: str) -> bool:
    return any(i.kind == kind for i in clause.draft.reading.items)


def _about_text(clause: Clause) -> bool:
    return any(i.kind == "script" for i in clause.draft.reading.items)


def targets(scene: Scene, clause: Clause, *, colored: bool = False) -> list[Subject]:
    """Return the subjects that a clause is about: those it names, else the main one when it says "it"."""
    named = [s for t in clause.draft.things for s in matches(scene, t, colored=colored)]
    if named or clause.draft.things:
        return list(dict.fromkeys(named))
    return list(scene.subjects[:1])


def put(scene: Scene, clause: Clause) -> Step:
    """"make the mug blue", "make it night", "make it three dogs", "paint the car red"."""
    if clause.old is not None and clause.verb == "write":
        return write(scene, clause)
    if clause.old is not None and (clause.old.draft.things or _about_text(clause.old) or _said(clause.old, "ground")):
        step = exchange(scene, clause)
        if step.scene != scene or clause.verb != "set":
            return step
    done: list[str] = []
    after = _compare(scene, clause, done)
    after = _say_looks(after, clause, done)
    after = _say_text(after, clause, done)
    missed = ""
    for thing in clause.draft.things:
        found = matches(after, thing)
        if found:
            after = _tell(after, found, thing, clause, done)
        elif clause.draft.pronouns and after.subjects:
            after = _become(after, after.subjects[0], thing, done)
        elif clause.verb == "set" and thing.det != "the":
            after = _insert(after, clause, [thing], done)
        else:
            missed = missed or absent(scene, thing.noun).missed
    if not clause.draft.things:
        after = _tell_main(after, clause, done)
    if not done and _about_text(clause) and any(c.startswith("size") for c in clause.compare):
        missed = _TEXT_SIZE
    return Step(after, tuple(done), missed)


def free(scene: Scene, clause: Clause) -> Step:
    """No verb: "darker", "at night", "with a hat", "without the dog"."""
    if clause.draft.removed:
        refused = [Thing(i.text, i.concept or (i.value if i.kind == "concept" else "")) for i in clause.draft.removed]
        return _remove_named(scene, refused, clause)
    known = [t for t in clause.draft.things if matches(scene, t)]
    drawn = any(t.concept for t in clause.draft.things) or clause.whole.lower().startswith(("with ", "and ", "plus "))
    if clause.draft.things and not drawn and not known:
        return Step(scene)
    if clause.draft.things and len(known) < len(clause.draft.things):
        return add(scene, clause)
    if clause.draft.captions and not clause.draft.things:
        return write(scene, clause)
    return put(scene, clause)


def _compare(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    for change in clause.compare:
        if change.startswith("size"):
            scene = resize(scene, clause, 1 if change.endswith("+1") else -1, done)
        elif change.startswith("brightness") and (_said(clause, "ground") or (clause.old and _said(clause.old, "ground"))):
            scene = _adjust(scene, "background_" + change, done, "background ")
        elif change.startswith("blur") and _said(clause, "ground"):
            scene = _adjust(scene, "background_" + change.replace("blur-1", "blur-1.0"), done, "background ")
        elif change.startswith("brightness") and clause.draft.things and not clause.draft.pronouns:
            scene = _shade(scene, clause, "light" if "+" in change else "dark", done)
        else:
            scene = _adjust(scene, change, done)
    return scene


def _adjust(scene: Scene, change: str, done: list[str], what: str = "") -> Scene:
    adjust = planner.adjusted(scene.adjust, [change])
    if adjust != scene.adjust:
        name, up = change.replace("background_", "").rstrip("0123456789.+-"), "+" in change
        done.append(f"{'more' if up else 'less'} {what}{name}")
    return replace(scene, adjust=adjust)


def _shade(scene: Scene, clause: Clause, shade: str, done: list[str]) -> Scene:
    for subject in targets(scene, clause):
        color = shades.blend(subject.color or "#808080", shade)
        scene = scene.with_subject(subject.key, color=color)
        done.append(f"made the {subject.noun} {'lighter' if shade == 'light' else 'darker'}")
    return scene


def resize(scene: Scene, clause: Clause, step: int, done: list[str]) -> Scene:
    if _about_text(clause):
        return scene
    every = not clause.draft.things and any(i.text.lower() in ("all", "everything", "them") for i in clause.draft.reading.items)
    for subject in scene.subjects if every else targets(scene, clause):
        at = min(len(SIZES) - 1, max(0, SIZES.index(subject.size) + step)) if subject.size in SIZES else 2
        if SIZES[at] != subject.size:
            scene = scene.with_subject(subject.key, size=SIZES[at])
            done.append(f"made the {subject.noun} {'bigger' if step > 0 else 'smaller'}")
    return scene


def _say_looks(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    looks = _looks(scene, clause)
    changed = {k: v for k, v in looks.items() if getattr(scene, k) != v}
    done.extend(f"{k.replace('_', ' ')} is now {v.replace('_', ' ')}" for k, v in changed.items() if v)
    if "setting" in looks and scene.background_reference:
        changed["background_reference"] = ""
    scene = scene_with(scene, changed)
    for change in clause.draft.adjusts:
        scene = scene if clause.compare else _adjust(scene, change.split()[0], done)
    return scene


def scene_with(scene: Scene, changed: Mapping[str, Any]) -> Scene:
    """Return the scene with some fields changed."""
    return replace(scene, **changed)


def _looks(scene: Scene, clause: Clause) -> dict[str, str]:
    """Return the scene's fields that a clause sets."""
    looks = {k: v for k, v in clause.draft.looks.items() if k in _LOOKS and v}
    weak = clause.draft.looks.get("weak") == "weak"
    stormy = looks.get("setting") == "sky" and looks.keys() & {"time", "weather"}
    if weak and (stormy or (clause.compare and clause.old is None)):  # "the sky stormy", "the table darker": no new place
        looks = {k: v for k, v in looks.items() if k not in ("setting", "surface")}
    if _said(clause, "ground") and not clause.compare and clause.draft.colors[-1:]:
        looks.setdefault("background", clause.draft.colors[-1])
    if looks.get("copy_space", "left") not in ("left", "right", "top", "bottom"):
        looks["copy_space"] = "left"
    if "setting" in looks:  # a new place brings its own colours
        looks = {"background": "", "surface": ""} | looks
    return looks


def _say_text(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    """"make the text red", "make the headline “…”"."""
    if not _about_text(clause) or clause.draft.captions:
        return _set_texts(scene, clause.draft.captions, clause, done) if clause.draft.captions else scene
    color = next(iter(clause.draft.colors), "")
    region = next(iter(clause.draft.regions), "")
    chosen = _texts_meant(scene, clause)
    for text in chosen:
        changed = replace(text, color=color or text.color, region=region or text.region)
        if changed != text:
            scene = replace(scene, texts=tuple(changed if t.key == text.key else t for t in scene.texts))
            done.append(f"changed the text “{text.text}”")
    return scene


def _texts_meant(scene: Scene, clause: Clause) -> list[SceneText]:
    roles = [i.value for i in clause.draft.reading.items if i.kind == "script"]
    said = {i.text.lower() for i in clause.draft.reading.items}
    exact = [t for t in scene.texts if t.role in roles and "text" not in said]
    return exact or list(scene.texts)


def _tell(scene: Scene, found: list[Subject], thing: Thing, clause: Clause, done: list[str]) -> Scene:
    """Give subjects what the words now say of them: colour, size, material, count, place."""
    for subject in found:
        facts: dict[str, object] = {n: getattr(thing, n) for n in ("color", "size", "material", "region") if getattr(thing, n)}
        if thing.counted:
            facts["count"] = thing.count
        if "region" in facts:
            facts["relation"] = None
        facts = {k: v for k, v in facts.items() if getattr(subject, k) != v}
        if clause.compare and "size" in facts:
            del facts["size"]
        if facts:
            scene = scene.with_subject(subject.key, **facts)
            done.append(f"the {subject.noun} has a new " + _list(sorted(facts)))
    return scene


def _tell_main(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    """Colours, sizes and counts said of "it" are said of the main subject."""
    if not scene.subjects or _about_text(clause) or _said(clause, "ground"):
        return scene
    counts = [int(i.value) for i in clause.draft.reading.items if i.kind == "number" and i.value.isdigit() and int(i.value)]
    said = clause.draft
    thing = Thing("it", color=next(iter(said.colors), ""), count=min(60, *counts[:1], 60), counted=bool(counts),
                  size="" if clause.compare else next(iter(said.sizes), ""), region=next(iter(said.regions), ""))
    material = next((i.text for i in clause.draft.reading.items if i.kind == "material"), "")
    thing.material = material
    used_up = clause.draft.looks.get("surface") == material or clause.draft.looks.get("background") == thing.color
    every = any(i.text.lower() in ("all", "everything", "them", "both") for i in clause.draft.reading.items)
    meant = list(scene.subjects) if every else [scene.subjects[0]]
    return scene if used_up and (material or thing.color) else _tell(scene, meant, thing, clause, done)


def _become(scene: Scene, subject: Subject, thing: Thing, done: list[str]) -> Scene:
    """Put another thing in a subject's place: key, place and relations stay."""
    count = thing.count if thing.counted or thing.count > 1 else 1 if thing.det == "a" else subject.count
    after = scene.with_subject(subject.key, noun=thing.noun, concept=planner.drawn(thing.concept), reference="", count=count,
                               color=thing.color, material=thing.material, size=thing.size or subject.size)
    if after != scene:
        done.append(f"replaced the {subject.noun} by {thing.noun}")
    return after


def exchange(scene: Scene, clause: Clause) -> Step:
    """"change the dog to a cat", "replace the background with a beach", "change the headline to “…”"."""
    if clause.old is None:
        return put(scene, clause)
    done: list[str] = []
    old = clause.old
    if _about_text(old) or old.draft.captions or clause.draft.captions:
        return _exchange_text(scene, clause, old)
    if _said(old, "ground") or (not old.draft.things and not old.draft.pronouns):
        after = _say_looks(_compare(scene, clause, done), clause, done)
        after = _ground_color(after, clause, done) if _said(old, "ground") else after
        return Step(after, tuple(done), "" if done else f"“{clause.text[:60]}” is no background that this engine knows")
    found = targets(scene, old, colored=True)
    if not found:
        step = _say_only(scene, clause)
        return step if step.done else absent(scene, old.draft.things[0].noun)
    after = scene
    for thing in clause.draft.things[:1]:
        same = matches(after, thing)
        plain = same and same[0].key == found[0].key
        after = _tell(after, found, thing, clause, done) if plain else _become(after, found[0], thing, done)
    if len(clause.draft.things) > 1:
        after = _insert(after, clause, clause.draft.things[1:], done)
    if not clause.draft.things:
        after = _tell_found(after, found, clause, done)
        after = _say_looks(after, clause, done) if not done else after
    return Step(after, tuple(done), "" if done else f"“{clause.text[:60]}” is not something that it can become")


def _say_only(scene: Scene, clause: Clause) -> Step:
    done: list[str] = []
    return Step(_say_looks(scene, clause, done), tuple(done))


def _tell_found(scene: Scene, found: list[Subject], clause: Clause, done: list[str]) -> Scene:
    narrowed = replace(scene, subjects=(found[0], *(s for s in scene.subjects if s.key != found[0].key)))
    told = _tell_main(narrowed, clause, done).find(found[0].key)
    return replace(scene, subjects=tuple(told if told and s.key == told.key else s for s in scene.subjects))


def _ground_color(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    color = next(iter(clause.draft.colors), "") or next((t.color for t in clause.draft.things if t.color), "")
    if not color or color == scene.background or "background" in clause.draft.looks:
        return scene
    done.append("background has a new colour")
    setting = scene.setting if scene.setting in ("studio", "plain", "room") else "studio"
    return replace(scene, background=color, setting=setting)


def _exchange_text(scene: Scene, clause: Clause, old: Clause) -> Step:
    done: list[str] = []
    quoted = [c.text for c in old.draft.captions]
    meant = [t for t in scene.texts if t.text in quoted] if quoted else _texts_meant(scene, old)
    carried = [t for s in targets(scene, old) for t in scene.texts if t.on == s.key] if old.draft.things else []
    chosen = (carried or meant)[:1]
    if not chosen:
        return absent(scene, "such text")
    if edits_copy.names_language(clause.text):
        return Step(scene, missed=edits_copy.WANTED)
    new = clause.draft.captions[0].text if clause.draft.captions else "" if _styled(clause) else unquoted(clause)
    color = "" if new and not clause.draft.captions else next(iter(clause.draft.colors), "")
    if not (new or color):
        return Step(scene, missed=_TEXT_SIZE if clause.compare or clause.draft.sizes else "say the new text in quotation marks")
    text = replace(chosen[0], text=new[:planner.MAX_TEXT_CHARS] or chosen[0].text, color=color or chosen[0].color)
    if text != chosen[0]:
        done.append(f"the text “{chosen[0].text}” is now “{text.text}”" if new else "the text has a new colour")
    return Step(replace(scene, texts=tuple(text if t.key == text.key else t for t in scene.texts)), tuple(done))


def remove(scene: Scene, clause: Clause) -> Step:
    """"remove the hat", "remove the text", "remove the background", "remove one dog"."""
    _, found, kept = clause.text.partition(" except ")
    if found:
        spared = {s.key for t in drafting.draft(read(kept, clause.draft.lang)).things for s in matches(scene, t)}
        gone = [s for s in scene.subjects if s.key not in spared]
        for subject in gone if spared else ():
            scene = scene.without(subject.key)
        if spared and gone:
            return Step(scene, tuple(f"removed the {s.noun}" for s in gone))
    return _remove_named(scene, clause.draft.things, clause)


def _remove_named(scene: Scene, things: list[Thing], clause: Clause) -> Step:
    done: list[str] = []
    after, missed = scene, ""
    for thing in things:
        found = matches(after, thing, colored=True)
        text = _about_text(clause) or thing.noun.lower() in ("text", "texts", "words", "headline")
        if not found and not text:
            missed = missed or absent(scene, thing.noun).missed
        for subject in found:
            one = thing.counted and thing.count < subject.count
            after = after.with_subject(subject.key, count=subject.count - thing.count) if one else after.without(subject.key)
            done.append(f"removed {thing.count} of the {subject.noun}" if one else f"removed the {subject.noun}")
    if _about_text(clause) or clause.draft.captions:
        quoted = {c.text for c in clause.draft.captions}
        gone = [t for t in _texts_meant(after, clause) if not quoted or t.text in quoted]
        done.extend(f"removed the text “{t.text}”" for t in gone)
        after = replace(after, texts=tuple(t for t in after.texts if t not in gone))
    after = _remove_looks(after, clause, done)
    if not done and clause.draft.pronouns and after.subjects and not things:
        done.append(f"removed the {after.subjects[0].noun}")
        after = after.without(after.subjects[0].key)
    return Step(after, tuple(done), missed if missed or done else absent(scene, "such thing").missed)


def _remove_looks(scene: Scene, clause: Clause, done: list[str]) -> Scene:
    """Take away weather ("the rain"), blur, or the background as such."""
    if _said(clause, "ground") or clause.draft.looks.get("setting"):
        if (scene.setting, scene.background) != ("studio", ""):
            done.append("removed the background")
        return replace(scene, setting="studio", background="", surface="", background_reference="")
    if clause.draft.looks.get("weather") == scene.weather and scene.weather != "clear":
        done.append(f"removed the {scene.weather}")
        return replace(scene, weather="clear")
    if any(i.text.lower() in ("blur", "blurriness", "bokeh") for i in clause.draft.reading.items):
        done.append("removed the blur")
        return replace(scene, adjust=replace(scene.adjust, blur=0.0, background_blur=0.0))
    return scene


def add(scene: Scene, clause: Clause) -> Step:
    """"add a red balloon top left", "add rain", "add the text “SALE”", "give the dog a hat"."""
    done: list[str] = []
    after = scene
    if clause.draft.things:
        after = _insert(after, clause, clause.draft.things, done)
    else:
        after = _say_looks(_compare(after, clause, done), clause, done)
    after = _set_texts(after, clause.draft.captions, clause, done, new=True)
    missed = "" if done else f"“{clause.text[:60]}” is not something that this engine can add"
    return Step(after, tuple(done), missed)


def duplicate(scene: Scene, clause: Clause) -> Step:
    """"duplicate the dog": twice as many of it."""
    found = targets(scene, clause)
    if not found:
        return absent(scene, clause.draft.things[0].noun if clause.draft.things else "subject")
    for subject in found:
        scene = scene.with_subject(subject.key, count=min(60, subject.count * 2))
    return Step(scene, tuple(f"doubled the {s.noun}" for s in found))


def place(scene: Scene, clause: Clause) -> Step:
    """"pon al perro en la playa" moves what is there, "pon un gato en la playa" adds what is not."""
    first = next(iter(clause.draft.things), None)
    there = first is not None and bool(matches(scene, first)) and not first.counted and first.det != "a"
    return move(scene, clause) if there else add(scene, clause)


def give(scene: Scene, clause: Clause) -> Step:
    """"give the dog a hat", "give it sunglasses": the new thing is put on the old one."""
    for owner, gift in _owner_and_gift(clause):
        found = [s for t in owner.things for s in matches(scene, t)] or (list(scene.subjects[:1]) if owner.pronouns else [])
        if found and gift.things:
            done: list[str] = []
            after = _insert(scene, replace(clause, draft=gift), gift.things, done)
            new = next((s for s in after.subjects if scene.find(s.key) is None), None)
            if new is not None:
                after = after.with_subject(new.key, relation=Relation(kind="on", target=found[0].key))
            return Step(after, tuple(done))
    return put(scene, clause)


def _owner_and_gift(clause: Clause) -> Iterator[tuple[Draft, Draft]]:
    """Yield whom and what the words may name: as the sentence says, else cut at each word."""
    if clause.old is not None:
        yield clause.old.draft, clause.draft
        return
    said = clause.text.split()
    for at in range(1, len(said)):
        parts = (" ".join(said[:at]), " ".join(said[at:]))
        owner, gift = (drafting.draft(read(part, clause.draft.lang)) for part in parts)
        yield owner, gift


def _insert(scene: Scene, clause: Clause, things: list[Thing], done: list[str]) -> Scene:
    """Add things; those already there only serve as what the new ones stand by. Weather said along applies."""
    keys: list[str] = []
    drafted = clause.draft.things
    for thing in drafted:
        old = matches(scene, thing)
        serves = bool(old) and (thing.det == "the" or thing not in things or _is_target(drafted, thing))
        keys.append(old[0].key if serves else "")
    for at, thing in enumerate(drafted):
        if keys[at]:
            continue
        taken = [s.key for s in scene.subjects] + [t.key for t in scene.texts] + [k for k in keys if k]
        keys[at] = planner.key_for(thing.noun, taken)
        scene = replace(scene, subjects=(*scene.subjects, _new(thing, keys[at])))
        done.append(f"added {thing.count if thing.count > 1 else 'a'} {thing.noun}")
    return _relate(scene, clause, keys)


def _is_target(drafted: list[Thing], thing: Thing) -> bool:
    at = next(i for i, t in enumerate(drafted) if t is thing)
    return any(t.relation and t.relation[1] == at for t in drafted)


def _new(thing: Thing, key: str) -> Subject:
    return Subject(key=key, noun=thing.noun, concept=planner.drawn(thing.concept), count=thing.count, color=thing.color,
                   size=thing.size or "normal", material=thing.material, region=thing.region)


def _relate(scene: Scene, clause: Clause, keys: list[str]) -> Scene:
    before = {k for k, t in zip(keys, clause.draft.things, strict=True) if t.det == "the"}
    for at, thing in enumerate(clause.draft.things):
        subject = scene.find(keys[at])
        wearer = next((k for k in keys if k in before and k != keys[at]), "")
        if subject is not None and not thing.relation and wearer and thing.concept in vocabulary.kinds("wearables"):
            scene = scene.with_subject(subject.key, relation=Relation(kind="on", target=wearer))
        if subject is not None and thing.relation and keys[thing.relation[1]] != subject.key:
            scene = scene.with_subject(subject.key, relation=Relation(kind=thing.relation[0], target=keys[thing.relation[1]]))
    if clause.draft.relation and keys and clause.draft.pronouns and scene.subjects[0].key != keys[-1]:
        scene = scene.with_subject(keys[-1], relation=Relation(kind=clause.draft.relation, target=scene.subjects[0].key))
    return scene


def _set_texts(scene: Scene, captions: list[Caption], clause: Clause, done: list[str], *, new: bool = False) -> Scene:
    """Put quoted words into the scene: instead of the text of the same role, or as a new text."""
    for caption in captions:
        same = [] if new else [t for t in scene.texts if t.role == caption.role] or list(scene.texts[:1])
        if same:
            text = replace(same[0], text=caption.text[:planner.MAX_TEXT_CHARS], color=caption.color or same[0].color)
            scene = replace(scene, texts=tuple(text if t.key == text.key else t for t in scene.texts))
            done.append(f"the text is now “{text.text}”")
            continue
        carrier = clause.draft.things[caption.on] if 0 <= caption.on < len(clause.draft.things) else None
        on = next((s.key for s in matches(scene, carrier)), "") if carrier else ""
        key = planner.key_for("text", [s.key for s in scene.subjects] + [t.key for t in scene.texts])
        role = caption.role or ("label" if on else "headline" if not scene.texts else "body")
        region = caption.region or next(iter(clause.draft.regions), "")
        scene = replace(scene, texts=(*scene.texts, SceneText(
            key=key, text=caption.text[:planner.MAX_TEXT_CHARS], role=role, on=on, color=caption.color, region=region)))
        done.append(f"added the text “{caption.text}”")
    return scene


_STYLING = frozenset({"color", "shade", "size", "region", "det", "skip", "adjust", "mark", "relation", "join", "pronoun",
                      "says"})
_TEXT_SIZE = "the size of words follows the layout and cannot be said; their colour, place and wording can"


def _styled(clause: Clause) -> bool:
    """Whether the words say how a text looks ("bright red", "bigger"), and none of its words."""
    if clause.text.isupper() and len(clause.text) > 1:
        return False
    return bool(clause.compare) or all(i.kind in _STYLING for i in clause.draft.reading.items)


def unquoted(clause: Clause) -> str:
    """Return words that are meant to be set, as they were typed, though nobody put them in quotation marks."""
    found = re.findall(r"\w+", clause.text)
    typed = re.search(r"\W+".join(map(re.escape, found)) + r"[!?%…！？]*", clause.whole) if found else None
    return (typed[0] if typed else clause.text).strip(" .:,“”\"'")


def write(scene: Scene, clause: Clause) -> Step:
    """"write “X” at the top", "the headline should say “X”", "the headline should say X"."""
    done: list[str] = []
    captions = clause.draft.captions
    if not captions:
        region, words_only = edits_patterns.place(clause.text, clause.draft.lang)
        text = unquoted(replace(clause, text=words_only))
        if not text or edits_copy.names_language(text):
            return Step(scene, missed=edits_copy.WANTED if text else "say the new text in quotation marks")
        captions = [Caption(text, region=region or next(iter(clause.draft.regions), ""))]
    return Step(_set_texts(scene, captions, clause, done, new=clause.whole.lower().startswith(("write", "print", "caption"))),
                tuple(done))


def move(scene: Scene, clause: Clause) -> Step:
    """"move the dog to the left", "put it on a beach", "put a hat on the dog"."""
    things = clause.draft.things
    known = [t for t in things if matches(scene, t)]
    if things and not matches(scene, things[0]) and not clause.draft.pronouns:
        return add(scene, clause) if things[0].det != "the" else absent(scene, things[0].noun)
    if things and things[0].det == "a" and not clause.draft.pronouns:
        return add(scene, clause)
    done: list[str] = []
    after = _say_text(_say_looks(scene, clause, done), clause, done) if not known or clause.draft.looks else scene
    subject = matches(after, things[0])[0] if known and not clause.draft.pronouns else next(iter(after.subjects), None)
    if subject is None or _about_text(clause):
        return Step(after, tuple(done), "" if done else absent(scene, "subject").missed)
    region = next(iter(clause.draft.regions), "") or (known[0].region if known else "")
    others = things[1:] if not clause.draft.pronouns else things
    relation = things[0].relation if known and not clause.draft.pronouns else None
    if region and not others:
        after = after.with_subject(subject.key, region=region, relation=None)
    elif others and (relation or clause.draft.pronouns):
        after = _insert(after, clause, others, done)
        target = next((s.key for s in matches(after, others[0]) if s.key != subject.key), "")
        read_kind = next((i.value for i in clause.draft.reading.items if i.kind == "relation"), "next_to")
        kind = relation[0] if relation else read_kind
        kind = "on" if kind == "wearing" else kind
        after = after.with_subject(subject.key, relation=Relation(kind=kind, target=target), region="") if target else after
    if after.find(subject.key) != subject:
        done.append(f"moved the {subject.noun}")
    return Step(after, tuple(done), "" if done else f"say where the {subject.noun} should go, as “to the left”")
