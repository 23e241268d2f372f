"""A change in words, done to a scene: `revise` changes what was named and nothing else, or says why it cannot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cavendish.engines.comp.planning import (
    changes,
    charts,
    charts_edits,
    clauses,
    drafting,
    edits_copy,
    edits_views,
    planner,
    references,
    swaps,
)
from cavendish.engines.comp.planning.changes import Step
from cavendish.engines.comp.planning.clauses import Clause
from cavendish.engines.comp.planning.reading import read
from cavendish.engines.comp.scene import Scene, Subject
from cavendish.types import ImageRequest, ReferenceRole

_FRESH = ("draw", "create", "generate", "imagine", "a photo", "a picture", "an image", "photo of", "picture of", "new picture",
          "new image", "a new", "start over", "paint me", "an illustration", "illustration of", "design")


@dataclass(frozen=True, slots=True)
class Revision:
    """What an edit came to. `changes` says in words what changed; `missed` says why nothing did, "" otherwise."""

    scene: Scene
    changes: tuple[str, ...] = ()
    missed: str = ""


def revise(scene: Scene, request: ImageRequest) -> Revision:
    """Change a scene as the request says. The scene comes back unchanged only together with `missed`."""
    revision = _revise(scene, request)
    return revision if revision.missed else replace(revision, scene=_tinted(scene, revision))


def _tinted(before: Scene, revision: Revision) -> Scene:
    """Let a backdrop that was tinted to go with a subject keep its tint when that subject changes or goes."""
    after = revision.scene
    if after.setting != before.setting or after.background != before.background or "drew a new picture" in revision.changes:
        return after if after.accent == before.accent and not before.accent else replace(after, accent="")
    return after if after.tint == before.tint else replace(after, accent=before.tint or "none")


def _revise(scene: Scene, request: ImageRequest) -> Revision:
    traded = swaps.swap(scene, request.prompt)
    if traded is not None:
        return Revision(traded.scene, traded.done, traded.missed)
    copied = edits_copy.translate(scene, request.prompt)
    if copied is not None:
        return Revision(*copied)
    charted = charts_edits.spoken(scene, request.prompt) if _changes(request.prompt) else None
    if charted is not None:
        return _charted(charted, request)
    asked = clauses.split(request.prompt)
    if _is_new(scene, request, asked):
        fresh = planner.plan(request)
        return Revision(fresh, ("drew a new picture",)) if fresh != scene else Revision(scene, missed=_SAME)
    done: list[str] = []
    missed: list[str] = []
    after = scene
    for clause in asked:
        step = _apply(after, clause)
        after = step.scene
        done.extend(step.done)
        missed.extend(m for m in (step.missed,) if m)
    after, placed = _place(after, request)
    done.extend(placed)
    after, lettered = _letter(after, request)
    done.extend(lettered)
    if after == scene:
        return Revision(scene, missed=missed[0] if missed else _unchanged(request.prompt, done, asked))
    return Revision(after, tuple(dict.fromkeys(done)) + tuple(f"not done: {m}" for m in missed))


def _unchanged(prompt: str, done: list[str], asked: tuple[Clause, ...]) -> str:
    """Say why nothing changed: it already is so, or the words say something of a thing that its drawing cannot show.

    Where no verb of another language was understood, neither is known: it says so.
    """
    if not done and not any(c.verb for c in asked) and read(prompt).lexicon.lang != "en":
        return _FOREIGN
    if done or any(c.draft.looks or c.draft.adjusts for c in asked):
        return _SAME
    things = [t for c in asked for t in c.draft.things]
    told = any(t.color or t.size or t.material or t.counted or t.region or t.relation for t in things)
    if things and not told:
        return f"the drawing of the {things[0].noun} has one pose and one expression: “{asked[0].whole.strip()[:80]}” " \
               "cannot be shown; its colour, size, material, number and place can change, or another thing can stand for it"
    return _SAME if things else _UNREAD


_FOREIGN = ("no change was understood in these words; few verbs are read outside English: say it in English, "
            "or describe the whole picture anew")
_SAME = "the picture already is as the words ask"
_UNREAD = ("the words name no change that this engine can make; say what to add, remove, replace, move, recolour or restyle, "
           "or describe the whole picture anew")


def _charted(charted: tuple[Scene, str, str], request: ImageRequest) -> Revision:
    """Return a scene with new charts, and with what else the words ask for."""
    scene, said, left = charted
    if not left:
        return Revision(scene, (said,))
    more = revise(scene, replace(request, prompt=left))
    done = (f"not done: {more.missed}",) if more.missed else more.changes
    return Revision(scene if more.missed else more.scene, (said, *done))


def _changes(prompt: str) -> bool:
    """Whether a prompt begins with a verb of change, and so does not describe a picture of its own."""
    return not prompt.strip().lower().startswith(_FRESH) and any(c.verb for c in clauses.split(prompt)[:1])


def _apply(scene: Scene, clause: Clause) -> Step:
    charted = charts_edits.apply(scene, clause) if scene.charts else None
    if charted is not None:
        return charted
    return _OPERATIONS.get(clause.verb, changes.free)(scene, clause)


def _is_new(scene: Scene, request: ImageRequest, asked: tuple[Clause, ...]) -> bool:
    """Whether the words describe a whole picture rather than a change to this one."""
    first = request.prompt.strip().lower()
    if first.startswith(("now ", "with ", "and ", "also ", "same ", "without ", "no ")):
        return False
    if any(c.old is not None for c in asked):
        return False
    if not any(c.verb for c in asked) and charts.take(request.prompt).charts:
        return True
    new = [t for c in asked for t in c.draft.things if t.concept and not changes.matches(scene, t)]
    if first.startswith(_FRESH):
        return bool(new) or bool(asked and asked[0].draft.looks)
    if any(c.verb for c in asked):
        return False
    return bool(new) and len(first.split()) >= 3 and not asked[0].draft.pronouns


def _place(scene: Scene, request: ImageRequest) -> tuple[Scene, list[str]]:
    """Put pictures that came with the edit into the scene, when no words have used them yet."""
    shown = {s.reference for s in scene.subjects} | {scene.background_reference, scene.style_reference}
    placeable = (ReferenceRole.OBJECT, ReferenceRole.CHARACTER)
    fresh = [r for r in request.references if r.role in placeable and r.digest not in shown]
    styles = [r for r in request.references if r.role is ReferenceRole.STYLE and r.digest != scene.style_reference]
    said: list[str] = []
    for reference in fresh:
        number = request.references.index(reference) + 1
        key = planner.key_for(f"image {number}", [s.key for s in scene.subjects] + [t.key for t in scene.texts])
        new = Subject(key=key, noun=f"image {number}", reference=reference.digest)
        scene = replace(scene, subjects=(*scene.subjects, new))
        said.append(f"placed image {number}")
    if styles:
        scene = replace(scene, style_reference=references.style(request.references, ""))
        said.append("took the look of the style picture")
    return scene, said


def _letter(scene: Scene, request: ImageRequest) -> tuple[Scene, list[str]]:
    """Set the request's text layers; a layer with the words of a text that is there replaces it."""
    if not request.text_layers:
        return scene, []
    wanted = {layer.text for layer in request.text_layers}
    kept = tuple(t for t in scene.texts if t.text not in wanted)
    blank = drafting.draft(read("."))
    keys = [s.key for s in scene.subjects] + [t.key for t in kept]
    added = planner.texts(blank, request.text_layers, [], taken=keys)
    return replace(scene, texts=kept + added), [f"set the text “{t.text}”" for t in added]


def _keep(scene: Scene, _clause: Clause) -> Step:
    return Step(scene)


def _refuse(scene: Scene, clause: Clause) -> Step:
    first = clause.whole.strip().lower()
    if "undo" in first or "revert" in first:
        return Step(scene, missed="this engine keeps no list of changes to undo; go on from the picture before, or say what to "
                                  "change back")
    return Step(scene, missed=f"this engine cannot do “{clause.whole.strip()[:80]}” to a picture; "
                              "it can add, remove, replace, move, recolour, relight and restyle")


Operation = Callable[[Scene, Clause], Step]
_OPERATIONS: Mapping[str, Operation] = {
    "add": changes.add, "give": changes.give, "place": changes.place, "duplicate": changes.duplicate,
    "remove": changes.remove, "replace": changes.exchange, "set": changes.put,
    "recolor": changes.put,
    "move": changes.move, "write": changes.write, "keep": _keep, "refuse": _refuse,
    "crop": edits_views.crop,
    "zoom_in": edits_views.zoom_in, "zoom_out": edits_views.zoom_out,
    "enlarge": edits_views.enlarge, "shrink": edits_views.shrink,
    "brighten": edits_views.brighten, "darken": edits_views.darken, "blur": edits_views.blur, "sharpen": edits_views.sharpen,
}
