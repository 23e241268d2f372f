"""Notes: what was understood and drawn, in honest sentences for the reply's text part."""

from cavendish.engines.comp.planning.charts import without_numbers
from cavendish.engines.comp.planning.vocabulary import color_names
from cavendish.engines.comp.scene import Chart, Relation, Scene, Subject
from cavendish.types import Size

HEAD = "This is a layout comp drawn by Cavendish without an image model"
_PLACES = {
    "studio": "in a studio",
    "plain": "on a plain ground",
    "meadow": "in a meadow",
    "beach": "on a beach",
    "sea": "at sea",
    "mountains": "in the mountains",
    "forest": "in a forest",
    "city": "in a city",
    "street": "in a street",
    "room": "in a room",
    "desk": "on a desk",
    "kitchen": "in a kitchen",
    "snow": "in the snow",
    "desert": "in a desert",
    "space": "in space",
    "moon": "on the ground of a moon",
    "underwater": "under water",
    "sky": "in the sky",
}
_WORDS = {
    "on": "on",
    "under": "under",
    "left_of": "left of",
    "right_of": "right of",
    "behind": "behind",
    "in_front_of": "in front of",
    "inside": "inside",
    "next_to": "next to",
    "above": "above",
    "holding": "holding",
    "around": "around",
}


def drawn(scene: Scene) -> str:
    """Say what a fresh picture shows, what is only a card, and which words were not understood."""
    return " ".join(p for p in (f"{HEAD}: {describe(scene)}.", _cards(scene), _unread(scene)) if p)


def revised(scene: Scene, changes: tuple[str, ...]) -> str:
    """Say what an edit changed."""
    return " ".join(p for p in (f"{HEAD}; changed: {'; '.join(changes)}.", _cards(scene), _unread(scene)) if p)


def edited(changes: tuple[str, ...], missed: str) -> str:
    """Say what was done to a photograph, and what was not."""
    said = f"Edited by Cavendish with image operations, without an image model: {'; '.join(changes)}."
    return f"{said} Not done: {missed.rstrip('.')}." if missed else said


def placed(nouns: tuple[str, ...]) -> str:
    """Say what was drawn onto a photograph."""
    return f"{HEAD}: {_join([_article(n) for n in nouns])} drawn onto your picture, which is otherwise as it was."


def refused(why: str) -> str:
    """Say why there is no picture."""
    reason = why.strip().rstrip(".") or "the words name no change that this engine can make"
    return f"No picture was made: {reason}."


def thoughts(scene: Scene, size: Size) -> tuple[str, ...]:
    """Return the plan in two or three sentences."""
    shape = "a tall" if size.height > size.width * 1.2 else "a wide" if size.width > size.height * 1.2 else "a square"
    framing, time = scene.framing.replace("_", " "), scene.time.replace("_", " ")
    look = f"Style {scene.style}, {framing} framing, light of {time}."
    first = f"I read: {describe(scene)}."
    room = f" and room kept free on the {scene.copy_space}" if scene.copy_space else ""
    return first, f"The layout is composed for {shape} picture of {size}{room}.", look


def describe(scene: Scene) -> str:
    """Return the scene in words."""
    things = _join([*(_charted(c) for c in scene.charts), *(_named(s, scene) for s in scene.subjects)])
    place = "on the background from your picture" if scene.background_reference else _PLACES[scene.setting]
    parts = [f"{things} {place}" if things else f"a view {place}"]
    if scene.time != "day":
        parts.append(f"at {scene.time.replace('_', ' ')}")
    if scene.weather != "clear":
        parts.append(f"in {scene.weather.replace('cloudy', 'cloudy weather')}")
    if scene.style != "photorealistic":
        parts.append(f"as {scene.style} art")
    if scene.texts:
        parts.append("with the words " + _join([f"“{t.text}”" for t in scene.texts]))
    return " ".join(parts)


def _charted(chart: Chart) -> str:
    about = f" “{chart.title}”" if chart.title else ""
    return f"a {chart.kind} chart{about} of the {len(chart.values)} numbers given"


def _named(subject: Subject, scene: Scene) -> str:
    color = color_names().get(subject.color.lower(), subject.color)
    words = ("" if subject.size == "normal" else subject.size, color, subject.material, subject.noun)
    noun = " ".join(w for w in words if w)
    counted = f"{subject.count} {noun}" if subject.count > 1 else _article(noun)
    return counted + _related(subject.relation, scene)


def _related(relation: Relation | None, scene: Scene) -> str:
    target = scene.find(relation.target) if relation else None
    return f" {_WORDS.get(relation.kind, relation.kind)} the {target.noun}" if relation and target else ""


def _article(noun: str) -> str:
    if not noun.isascii() or noun.startswith(("image ", "the ", "a ", "an ")):
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _cards(scene: Scene) -> str:
    nouns = [s.noun for s in scene.subjects if not s.concept and not s.reference]
    if not nouns:
        return ""
    said = f"There is no drawing of {_join(nouns)}: labelled cards (FPO, for position only) hold the place."
    wanting = any(without_numbers(s.noun) for s in scene.subjects if not s.concept and not s.reference)
    return f"{said} A chart is drawn from numbers in the prompt, such as “Q1 10, Q2 15”." if wanting else said


def _unread(scene: Scene) -> str:
    return f"Not understood: {', '.join(scene.unread[:12])}." if scene.unread else ""


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
