"""Noun phrases to things: what ends a phrase, what a thing takes from it, and which thing "the dog" already is."""

from cavendish.catalog import pack
from cavendish.engines.comp.planning import relations
from cavendish.engines.comp.planning.drafts import Draft, Phrase, Thing
from cavendish.engines.comp.planning.words import phrase as key_of

MAX_THINGS = 24
MAX_COUNT = 60


def close(work: Draft) -> None:
    """End the noun phrase: unknown words become a thing of their own where a noun must stand."""
    phrase, work.phrase = work.phrase, Phrase()
    if work.negated:
        return
    if phrase.words:
        _unknown(work, phrase)
    elif phrase.thing < 0:
        _loose_modifiers(work, phrase)


def _unknown(work: Draft, phrase: Phrase) -> None:
    if phrase.thing >= 0:
        head = work.things[phrase.thing]
        if phrase.tail and work.lang == "en" and not _verb_like(phrase.words[0], head):
            head.noun, head.concept = " ".join([head.noun, *phrase.words[:2]]), ""
        return
    noun = _head_noun(work, phrase)
    wanted = phrase.started or bool(work.relation) or (not work.things and work.last() != "mark") \
        or (work.last(len(phrase.words) + 1) == "join" and work.lang in ("ja", "zh", "ko"))
    if noun and wanted and not (work.relation and not phrase.started):
        add(work, Thing(noun), phrase)
    else:
        work.unread.extend(phrase.words)


def _head_noun(work: Draft, phrase: Phrase) -> str:
    if work.lang in ("hi", "tr", "ja", "zh", "ko"):
        return phrase.words[-1][:60]
    if work.reading.lexicon.after:
        return phrase.words[0]
    if work.lang == "de":
        return next((w for w in reversed(phrase.words) if w[:1].isupper()), "")
    kept = list(phrase.words)
    while len(kept) > 1 and kept[0].lower().endswith(("ing", "ed", "ly", "ful", "ous", "ive", "less", "ic", "ish", "like")):
        kept.pop(0)
    while kept and kept[-1].lower().endswith(("ing", "ly")) and len(kept[-1]) > 5:
        kept.pop()
    return " ".join(kept[-3:])[:60]


def _verb_like(word: str, head: Thing) -> bool:
    lower = word.lower()
    return lower.endswith(("ing", "ed", "ly")) or (lower.endswith("s") and head.count == 1) or word[:1].isupper()


def _loose_modifiers(work: Draft, phrase: Phrase) -> None:
    """Give a colour, size or material that no head followed to the thing before it, or to the ground ("on white")."""
    if phrase.material and (work.relation in ("on", "next_to") or _is_surface(work, phrase)):
        work.looks.setdefault("surface", " ".join(w for w in (phrase.color, phrase.material) if w))
        work.relation = ""
        return
    if phrase.color:
        _loose_color(work, phrase)
    if phrase.size:
        work.sizes.append(phrase.size)
        if work.things and not work.things[-1].size and not phrase.det:
            work.things[-1].size = phrase.size
    if phrase.material and work.things and not work.things[-1].material:
        work.things[-1].material = phrase.material


def _is_surface(work: Draft, phrase: Phrase) -> bool:
    """Whether a material that stands alone is what things lie on: ", black slate"."""
    made = work.reading.lexicon.senses.get(key_of(phrase.material), {}).get("material")
    return bool(phrase.color and work.things) and not phrase.det and made == "stone"


def _loose_color(work: Draft, phrase: Phrase) -> None:
    latest = work.things[-1] if work.things else None
    if work.last() == "color" and work.relation in ("on", "next_to") and not phrase.det:
        work.looks.setdefault("background", phrase.color)
        work.relation = ""
    elif work.captions and since_quote(work):
        work.captions[-1].color = work.captions[-1].color or phrase.color
    elif latest is not None and not latest.color and work.looks.get("background") != phrase.color:
        latest.color = phrase.color
    work.colors.append(phrase.color)


def since_quote(work: Draft) -> bool:
    """Say whether what is being read follows a quoted text."""
    kinds = [i.kind for i in work.before[-5:]]
    return "quote" in kinds and "concept" not in kinds[kinds.index("quote"):]


def add(work: Draft, thing: Thing, phrase: Phrase) -> None:
    """Put a thing into the draft with what its phrase said, and settle the relation it completes."""
    if len(work.things) >= MAX_THINGS:
        return
    thing.det, thing.color, thing.size, thing.material = phrase.det, phrase.color, phrase.size, phrase.material
    thing.counted, thing.pose, thing.arranged = bool(phrase.count), phrase.pose, phrase.arranged
    thing.count = min(phrase.count or thing.count, MAX_COUNT)
    known = _mentioned(work, thing)
    at = known if known >= 0 else len(work.things)
    if known < 0:
        work.things.append(thing)
        _take_region(work, thing)
    else:
        _tell_more(work.things[known], thing)
        if is_person(thing.concept) and work.things[known].concept in ("", "person"):  # "a violinist: a woman …"
            work.things[known].concept = thing.concept
    work.phrase = Phrase(thing=at)
    relations.relate(work, at)


def _take_region(work: Draft, thing: Thing) -> None:
    if work.regions and len(work.things) == 1 and work.last() != "copy":
        thing.region = work.regions.pop(0)


def _mentioned(work: Draft, thing: Thing) -> int:
    """Return the index of the thing that "the dog" already is, -1 when it is new."""
    if thing.det == "" and not thing.counted and work.before and any(i.text == ":" for i in work.before[-4:]):
        return next((i for i, t in enumerate(work.things) if t.concept and t.concept == thing.concept and not t.color), -1)
    if is_person(thing.concept) and work.things and any(i.value == ":" for i in work.before[-3:]):
        return next((i for i, t in enumerate(work.things) if t.concept == "" or is_person(t.concept)), -1)
    part = next((i for i, t in enumerate(work.things) if t.implied and t.concept and t.concept == thing.concept), -1)
    if part >= 0 and not thing.counted:
        return part  # the backpack of "a hiker with a backpack" is the one that makes a hiker
    if thing.det != "the":
        return -1
    same = [i for i, t in enumerate(work.things) if (t.concept or t.noun) == (thing.concept or thing.noun)]
    return next((i for i in same if not thing.color or thing.color == work.things[i].color), same[0] if len(same) == 1 else -1)


def is_person(concept: str) -> bool:
    """Say whether a drawing shows somebody."""
    known = pack.concepts().get(concept)
    return known is not None and known.group == "people-body"


def _tell_more(old: Thing, new: Thing) -> None:
    for name in ("color", "size", "material"):
        if getattr(new, name) and not getattr(old, name):
            setattr(old, name, getattr(new, name))
