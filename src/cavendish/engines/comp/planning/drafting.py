"""Items to a draft: things with their own counts, colours and relations, and the look that was said. It knows no requests."""

from collections.abc import Callable, Iterable, Mapping

from cavendish.catalog import pack
from cavendish.engines.comp.planning import relations, shares
from cavendish.engines.comp.planning.drafts import Caption, Draft, Phrase, Thing
from cavendish.engines.comp.planning.reading import Item, Reading
from cavendish.engines.comp.planning.shades import blend

_BESIDE = ("under", "behind", "left_of", "right_of", "in_front_of", "written")  # where a table must be a thing itself
MAX_THINGS = 24
MAX_COUNT = 60
PLURAL = 3  # how many "dogs" are when nobody counted
_BACKED = frozenset({"studio", "plain", "room", "sky"})  # settings whose colour is that of the wall behind


def draft(reading: Reading, *, negated: bool = False) -> Draft:
    """Work through a reading's items, in order."""
    work = Draft(reading, negated)
    for item in shares.share(reading.items):
        _STEPS.get(item.kind, _pass)(work, item)
        work.before.append(item)
    close(work)
    if not negated:
        _settle_space(work)
    return work


def _pass(_work: Draft, _item: Item) -> None:
    """Words in passing change nothing."""


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
    if phrase.color:
        latest = work.things[-1] if work.things else None
        if work.last() == "color" and work.relation in ("on", "next_to") and latest is not None and not phrase.det:
            work.looks.setdefault("background", phrase.color)
            work.relation = ""
        elif work.captions and _since_quote(work):
            work.captions[-1].color = work.captions[-1].color or phrase.color
        elif latest is not None and not latest.color and work.looks.get("background") != phrase.color:
            latest.color = phrase.color
        work.colors.append(phrase.color)
    if phrase.size:
        work.sizes.append(phrase.size)
        if work.things and not work.things[-1].size and not phrase.det:
            work.things[-1].size = phrase.size
    if phrase.material and work.relation in ("on", "next_to"):
        work.looks.setdefault("surface", phrase.material)
        work.relation = ""
    elif phrase.material and work.things and not work.things[-1].material:
        work.things[-1].material = phrase.material


def _since_quote(work: Draft) -> bool:
    kinds = [i.kind for i in work.before[-5:]]
    return "quote" in kinds and "concept" not in kinds[kinds.index("quote"):]


def add(work: Draft, thing: Thing, phrase: Phrase) -> None:
    """Put a thing into the draft with what its phrase said, and settle the relation it completes."""
    if len(work.things) >= MAX_THINGS:
        return
    thing.det, thing.color, thing.size, thing.material = phrase.det, phrase.color, phrase.size, phrase.material
    thing.counted = bool(phrase.count)
    thing.count = min(phrase.count or thing.count, MAX_COUNT)
    known = _mentioned(work, thing)
    at = known if known >= 0 else len(work.things)
    if known < 0:
        work.things.append(thing)
        _take_region(work, thing)
    else:
        _tell_more(work.things[known], thing)
    work.phrase = Phrase(thing=at)
    relations.relate(work, at)


def _take_region(work: Draft, thing: Thing) -> None:
    if work.regions and len(work.things) == 1 and work.last() != "copy":
        thing.region = work.regions.pop(0)


def _mentioned(work: Draft, thing: Thing) -> int:
    """Return the index of the thing that "the dog" already is, -1 when it is new."""
    if thing.det == "" and not thing.counted and work.before and any(i.text == ":" for i in work.before[-4:]):
        return next((i for i, t in enumerate(work.things) if t.concept and t.concept == thing.concept and not t.color), -1)
    if thing.det != "the":
        return -1
    same = [i for i, t in enumerate(work.things) if (t.concept or t.noun) == (thing.concept or thing.noun)]
    return next((i for i in same if not thing.color or thing.color == work.things[i].color), same[0] if len(same) == 1 else -1)


def _tell_more(old: Thing, new: Thing) -> None:
    for name in ("color", "size", "material"):
        if getattr(new, name) and not getattr(old, name):
            setattr(old, name, getattr(new, name))


def _concept(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    if work.phrase.thing >= 0 and work.last() == "concept" and work.lang in ("en", "de"):
        _compound(work, item)
        return
    phrase = work.phrase
    if phrase.words and phrase.thing < 0 and work.reading.lexicon.after:
        phrase.words = []
    if _only_measured(work):  # "a slice of bread"
        _become(work.things[-1], item)
        work.phrase = Phrase(thing=len(work.things) - 1)
        return
    if _made_of(work):  # "a house made of candy"
        made = work.things[-1]
        made.material = made.material or item.text
        work.phrase = Phrase(thing=len(work.things) - 1)
        return
    if _same_again(work, item):
        work.phrase = Phrase(thing=len(work.things) - 1)
        return
    relations.imply(work, item)
    add(work, Thing(item.text, item.value, count=PLURAL if item.plural and not item.value.endswith("s") else 1), phrase)


def _only_measured(work: Draft) -> bool:
    joined = work.last() == "join" and work.before[-1].value == "of" and work.last(2) == "word"
    return bool(joined and work.things and not work.things[-1].concept and work.things[-1].image < 0)


def _made_of(work: Draft) -> bool:
    said = " ".join(i.text.lower() for i in work.before[-3:])
    return bool(work.things) and said.endswith(("made of", "made out of", "made from", "built of", "built from"))


def _same_again(work: Draft, item: Item) -> bool:
    """Whether "of X" only says what the vessel before it is for: "bouteille de parfum", "bowl of ramen"."""
    of = work.last() == "join" and work.before[-1].value == "of"
    return bool(of and work.things and work.last(2) == "concept" and work.things[-1].concept == item.value)


def _become(thing: Thing, item: Item) -> None:
    thing.concept, thing.noun = item.value, item.text
    if item.plural and not thing.counted:
        thing.count = PLURAL


def _compound(work: Draft, item: Item) -> None:
    """Read "coffee machine" by its last noun, "penguin waiter" by its animal."""
    thing = work.things[work.phrase.thing]
    known = pack.concepts()
    groups = [known[c].group if c in known else "" for c in (thing.concept, item.value)]
    thing.noun = f"{thing.noun} {item.text}"[:60]
    if groups != ["animals-nature", "people-body"]:
        thing.concept = item.value
    thing.count = max(thing.count, PLURAL) if item.plural and not thing.counted else thing.count


def _word(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    if work.phrase.thing >= 0 and not work.phrase.words:
        work.phrase.tail = work.last() == "concept"
    if item.text[:1].isalnum() or work.lang not in ("en",):
        work.phrase.words.append(item.text)


def _det(work: Draft, item: Item) -> None:
    if work.lang == "tr" and work.phrase.started:
        return
    if not (work.phrase.count and item.value == "the"):
        close(work)
    work.phrase.det = item.value


def _number(work: Draft, item: Item) -> None:
    try:
        count = int(item.value)
    except ValueError:
        return
    if work.phrase.thing >= 0 or work.phrase.words or work.phrase.color:
        close(work)
    if 0 < count <= 200:
        work.phrase.count = count


def _color(work: Draft, item: Item) -> None:
    color = blend(item.value, work.phrase.shade) if work.phrase.shade else item.value
    work.phrase.shade = ""
    if work.phrase.thing >= 0 and (work.reading.lexicon.after or not work.phrase.started):
        thing = work.things[work.phrase.thing]
        if not thing.color:
            thing.color = color
            return
    if work.reading.lexicon.after and work.last() in ("ground", "setting"):
        work.looks["background" if work.last() == "ground" else "surface"] = color
        return
    if work.phrase.thing >= 0:
        close(work)
    work.phrase.color = work.phrase.color or color


def _shade(work: Draft, item: Item) -> None:
    if work.reading.lexicon.after and work.things and work.things[-1].color and work.last() == "color":
        work.things[-1].color = blend(work.things[-1].color, item.value)
    else:
        work.phrase.shade = item.value


def _modifier(work: Draft, item: Item) -> None:
    value = item.value if item.kind == "size" else item.text
    if work.reading.lexicon.after and work.last() == "setting" and item.kind == "material":
        work.looks.setdefault("surface", value)
        return
    if work.phrase.thing >= 0 and (work.reading.lexicon.after or work.last() == "concept"):
        if not getattr(work.things[work.phrase.thing], item.kind):
            setattr(work.things[work.phrase.thing], item.kind, value)
        return
    if not getattr(work.phrase, item.kind):
        setattr(work.phrase, item.kind, value)


def _mark(work: Draft, item: Item) -> None:
    if item.value == "-" or (item.value == "+" and not work.things):
        return
    close(work)
    work.negated = False
    if item.value in ".;!?":
        work.relation, work.role = "", ""
        work.resolved = True
    elif item.value in ",:":
        work.relation = ""


def _join(work: Draft, item: Item) -> None:
    if item.value == "and" and work.phrase.color and work.phrase.thing < 0 and not work.phrase.words:
        return  # "red and white": the phrase goes on
    negated = work.negated
    close(work)
    work.negated = negated and item.value in ("and", "of")


def _relation(work: Draft, item: Item) -> None:
    close(work)
    work.negated = False
    if work.reading.lexicon.post or (work.lang == "zh" and not _zh_forward(item)):
        relations.post(work, item)
        return
    written = work.captions and work.last() in ("quote", "skip", "script", "part")
    if written and work.captions[-1].on < 0 and item.value in ("on", "inside", "above", "under"):
        work.relation = "written"
        return
    work.relation = item.value if work.things or work.lang != "zh" else f"waiting_{item.value}"


def _zh_forward(item: Item) -> bool:
    return item.value in ("holding", "wearing")


def _setting(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    phrase = work.phrase
    if work.relation in _BESIDE and item.value in ("desk", "kitchen"):
        work.looks.setdefault("setting", "room" if item.value == "desk" else item.value)
        add(work, Thing(item.text, item.concept), phrase)
        return
    if phrase.thing >= 0 and not item.located:
        phrase = Phrase()
    if "setting" not in work.looks or (item.located and work.looks.get("weak")):
        work.looks["setting"] = item.value
        work.looks["weak"] = "" if item.located else "weak"
    dressed = phrase.color or phrase.material
    if dressed and item.value in _BACKED and phrase.color:
        work.looks.setdefault("background", phrase.color)
    elif dressed:
        work.looks.setdefault("surface", dressed)
    work.phrase = Phrase(det=phrase.det, count=phrase.count) if not item.located else Phrase()
    if work.relation != "written":
        work.relation = ""


def _look(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    value, _, light = item.value.partition(" ")  # "morning light" is a time and a warmth: "day warmth+0.25"
    if item.kind == "style" and work.looks.get("style") == "photorealistic":
        work.looks["style"] = value
    work.looks.setdefault(item.kind, value)
    if light and light not in work.adjusts:
        work.adjusts.append(light)
    if item.kind in ("time", "weather"):
        work.relation = "" if work.relation in ("next_to", "on", "under", "in_front_of", "above") else work.relation
        work.phrase = Phrase() if work.phrase.thing < 0 and not work.phrase.words else work.phrase


def _adjust(work: Draft, item: Item) -> None:
    if not work.negated and item.value not in work.adjusts:
        work.adjusts.append(item.value)


def _region(work: Draft, item: Item) -> None:
    """A place in the picture: of the empty space, of a text, of the thing before it, or of the one to come."""
    copy = any(i.kind == "copy" for i in work.before[-4:])
    if copy or (work.last(1) == "mark" and work.last(2) == "copy"):
        work.looks["copy_space"] = item.value.split("_")[0] if item.value != "center" else "top"
    elif work.captions and (_since_quote(work)):
        work.captions[-1].region = item.value
    elif work.things and work.last() != "mark":
        close(work)
        work.things[-1].region = work.things[-1].region or item.value
        work.regions.append(item.value)
    else:
        work.regions.append(item.value)


def _copy(work: Draft, _item: Item) -> None:
    close(work)
    work.negated = False
    work.looks.setdefault("copy_space", work.regions.pop() if work.regions and not work.things else "auto")


def _ground(work: Draft, item: Item) -> None:
    phrase, work.phrase = work.phrase, Phrase()
    if work.negated:
        work.removed.append(item)
        return
    work.relation = ""
    if phrase.color:
        work.looks.setdefault("background", phrase.color)
    if any(i.text.lower() in ("solid", "plain", "flat", "simple", "clean", "blank", "empty") for i in work.before[-4:]):
        work.looks.setdefault("setting", "plain")
    if work.things and work.things[-1].image >= 0 and any(i.kind == "image" for i in work.before[-4:]):
        work.looks["background_image"] = str(work.things.pop().image)
        work.figures = [f for f in work.figures if f < len(work.things)]


def _part(work: Draft, _item: Item) -> None:
    work.phrase = Phrase(thing=work.phrase.thing)
    if work.relation in ("holding", "wearing", "on", "next_to", "written"):
        work.relation = ""


def _negation(work: Draft, _item: Item) -> None:
    close(work)
    work.negated = True
    work.relation = ""


def _script(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    phrase = work.phrase
    if work.captions and _since_quote(work) and work.last() in ("color", "skip", "size", "style", "join", "script"):
        work.captions[-1].color = work.captions[-1].color or phrase.color
        work.captions[-1].role = work.captions[-1].role or item.value
        work.phrase = Phrase(thing=phrase.thing)
        return
    work.role = item.value if work.role in ("", "headline") or item.value != "headline" else work.role
    work.role_color = phrase.color
    if item.value == "sign":
        add(work, Thing(item.text, "placard" if "placard" in pack.concepts() else ""), phrase)
        work.things[-1].color = work.things[-1].color or phrase.color
    else:
        work.phrase = Phrase(thing=phrase.thing)
        if work.relation in ("holding", "next_to"):
            work.relation = ""


def _says(work: Draft, _item: Item) -> None:
    close(work)
    work.role = work.role or "says"


def _quote(work: Draft, item: Item) -> None:
    color = work.role_color or (work.phrase.color if work.phrase.thing < 0 else "")
    work.phrase = Phrase(thing=work.phrase.thing) if work.phrase.thing >= 0 else Phrase()
    if work.negated:
        work.removed.append(item)
        return
    role, carrier = work.role, -1
    latest = len(work.things) - 1
    if role == "sign":
        carrier = next((i for i in range(latest, -1, -1) if work.things[i].concept == "placard"), -1)
    elif role == "label":
        carrier = latest
    elif role == "says" and latest >= 0:
        carrier = latest if _written_on(work.things[latest]) else -1
        role = "label" if carrier >= 0 else ""
    work.captions.append(Caption(item.value, "" if role == "says" else role, carrier, color))
    work.role = work.role_color = ""


def _written_on(thing: Thing) -> bool:
    concept = pack.concepts().get(thing.concept)
    return concept is None or concept.group in ("objects", "food-drink", "travel-places", "activities")


def _image(work: Draft, item: Item) -> None:
    number = int(item.value)
    before = work.before[-1] if work.before else None
    joined = before is not None and (before.kind == "join" and before.value in ("of", "in", "with"))
    styled = any("style" in i.text.lower() or "look" in i.text.lower() for i in work.before[-3:] if i.kind in PASSING_KINDS)
    if styled:
        work.looks["style_image"] = str(number)
    elif joined and work.last(2) in ("setting", "ground"):
        work.looks["background_image"] = str(number)
    elif joined and work.things and work.last(2) in ("concept", "word", "skip", "part") and work.things[-1].image < 0 \
            and work.before[-1].value != "with":
        work.things[-1].image = number
        work.phrase = Phrase(thing=len(work.things) - 1)
        return
    else:
        add(work, Thing(f"image {number or 'last'}", image=number), work.phrase)
        return
    work.phrase, work.relation = Phrase(), ""


PASSING_KINDS = ("skip", "frame", "style")


def _pronoun(work: Draft, _item: Item) -> None:
    work.pronouns += 1
    if not work.relation:
        return
    kind, work.relation = work.relation, ""
    targets = [i for i in range(len(work.things)) if i not in work.figures[-1:]]
    if targets and work.figures and work.things[work.figures[-1]].relation is None:
        kind = "on" if kind in ("wearing", "written") else kind
        if not relations.circular(work, work.figures[-1], targets[0]):
            work.things[work.figures[-1]].relation = (kind, targets[0])


def _settle_space(work: Draft) -> None:
    """Choose a side for empty space that was asked for without one."""
    if work.looks.get("copy_space") == "auto":
        work.looks["copy_space"] = "right" if any(t.region == "left" for t in work.things) else "left"


Step = Callable[[Draft, Item], None]
_STEPS: Mapping[str, Step] = {
    "concept": _concept, "word": _word, "det": _det, "number": _number, "color": _color, "shade": _shade, "size": _modifier,
    "material": _modifier, "mark": _mark, "join": _join, "relation": _relation, "setting": _setting, "time": _look,
    "weather": _look, "style": _look, "framing": _look, "adjust": _adjust, "region": _region, "copy": _copy,
    "ground": _ground, "part": _part, "negation": _negation, "script": _script, "says": _says, "quote": _quote,
    "image": _image, "pronoun": _pronoun,
}


def names(items: Iterable[Item]) -> frozenset[str]:
    """Return concepts and words of items, for matching what is not wanted."""
    return frozenset(v for i in items for v in (i.concept or i.value, i.text.lower()) if v)
