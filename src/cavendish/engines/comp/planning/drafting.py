"""Items to a draft: things with their own counts, colours and relations, and the look that was said. It knows no requests."""

from collections.abc import Callable, Iterable, Mapping

from cavendish.catalog import pack
from cavendish.engines.comp.planning import relations, shares, vocabulary
from cavendish.engines.comp.planning.drafts import Caption, Draft, Phrase, Thing
from cavendish.engines.comp.planning.phrases import MAX_COUNT, MAX_THINGS, add, close, since_quote
from cavendish.engines.comp.planning.reading import Item, Reading
from cavendish.engines.comp.planning.shades import blend
from cavendish.engines.comp.planning.words import phrase as key_of

_BESIDE = ("under", "behind", "left_of", "right_of", "in_front_of", "written")  # where a table must be a thing itself
PLURAL = 3  # how many "dogs" are when nobody counted
_APART = ("above", "behind", "next_to", "in_front_of", "under", "left_of", "right_of")  # what stands apart from a place
_DESCRIBING = frozenset({"det", "color", "size", "shade", "material", "skip"})
_TURKISH_WITH = ("lı", "li", "lu", "lü")
_INDOORS = ("room", "kitchen", "desk", "studio")
STATES = frozenset({"steaming"})  # what a thing does rather than what it is made of; drawn by the same word in all languages
_BACKED = frozenset({"studio", "plain", "room", "sky"})  # settings whose colour is that of the wall behind


def draft(reading: Reading, *, negated: bool = False) -> Draft:
    """Work through a reading's items, in order."""
    work = Draft(reading, negated)
    for item in shares.share(reading.items):
        _pose(work, item)
        _STEPS.get(item.kind, _pass)(work, item)
        work.before.append(item)
    close(work)
    if gone := relations.dropped(work):
        relations.forget(work, gone)
    if not negated:
        _settle_space(work)
    return work


def _pass(_work: Draft, _item: Item) -> None:
    """Words in passing change nothing."""


def _frame(work: Draft, item: Item) -> None:
    """Unknown words before "photograph of" describe the picture and are no thing in it."""
    if item.text.lower().endswith(" of") and work.phrase.thing < 0:
        work.unread.extend(work.phrase.words)
        work.phrase = Phrase()


def _pose(work: Draft, item: Item) -> None:
    """Read what somebody does with the body: "a sleeping cat", "a horse jumping over", "birds flying"."""
    pose = vocabulary.pose(item.text) if item.kind in ("skip", "relation", "join") and work.lang == "en" else ""
    if not pose or work.negated:
        return
    if work.things and (work.phrase.thing >= 0 or item.kind != "skip"):
        work.things[-1].pose = work.things[-1].pose or pose
    else:
        work.phrase.pose = work.phrase.pose or pose


def _concept(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    if work.phrase.thing >= 0 and work.last() == "concept" and work.lang in ("en", "de", "zh"):
        _compound(work, item)
        return
    phrase = work.phrase
    if phrase.words and phrase.thing < 0 and work.reading.lexicon.after:
        phrase.words = []
    if _only_measured(work, item):  # "a slice of bread"
        _become(work.things[-1], item)
        work.things[-1].color = work.things[-1].color or phrase.color
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
    tint = vocabulary.tint(item.value, item.text, work.lang)
    if tint:  # "black cat": a colour that was said colours the thing, whatever the art is called
        phrase.color = phrase.color or tint
    concept = vocabulary.untinted(item.value) if tint else item.value
    before = len(work.things)
    add(work, Thing(item.text, concept, count=_number_of(work, item)), phrase)
    if len(work.things) > before:
        _combine(work, before, item)
    if work.lang == "tr" and item.value in vocabulary.kinds("wearables") and item.text.lower().endswith(_TURKISH_WITH):
        work.relation = "post_wearing"  # "şapkalı bir kadın": a hatted woman


def _number_of(work: Draft, item: Item) -> int:
    """Return how many a noun names when nobody counted: plurals in English, the dual in Arabic."""
    if work.lang == "ar" and item.text.endswith(("ان", "تان")) and key_of(item.text) not in work.reading.lexicon.senses:
        return 2
    paired = any(i.kind == "number" and "pair" in i.text for i in work.before[-4:])
    if paired and item.value in vocabulary.kinds("pairs"):
        work.phrase.count = 1  # a pair of glasses is one drawing
    return PLURAL if item.plural and (item.value.endswith("ss") or not item.value.endswith("s")) else 1


def _combine(work: Draft, at: int, item: Item) -> None:
    """Give a thing what makes it what it is: a violinist is somebody who holds a violin."""
    for said in vocabulary.phrases(item.combined):
        _part_of(work, at, said)


def _part_of(work: Draft, at: int, said: str) -> None:
    """Add one part, said as "holding violin" or "next_to 2 child"."""
    kind, *number, concept = said.split(" ")
    if concept not in pack.concepts() or len(work.things) >= MAX_THINGS:
        return
    thing, other = work.things[at], len(work.things)
    many = int(number[0]) if number else 1
    part = Thing(concept.replace("-", " "), concept, count=thing.count * many, implied=kind in ("holding", "wearing"))
    work.things.append(part)
    if kind == "holding" and thing.relation is None:
        thing.relation = (kind, other)
    elif kind == "holding":
        thing.holds.append(other)
    elif kind == "on" and thing.relation is None:
        thing.relation = (kind, other)
    else:
        part.relation = ("on" if kind == "wearing" else kind, at)


def _only_measured(work: Draft, item: Item) -> bool:
    """Whether "of X" says what is really there: "a slice of bread", "a figurine of a cat"."""
    joined = next((i for i in reversed(work.before[-4:]) if i.kind not in _DESCRIBING), None)
    if joined is None or joined.value != "of" or not work.things or work.things[-1].image >= 0:
        return False
    concept = pack.concepts().get(item.value)
    if key_of(work.things[-1].noun) in vocabulary.kinds("measures") and concept is not None \
            and concept.subgroup in ("drink", "food-sweet", "food-fruit", "food-prepared", "plant-flower"):
        return True
    if vocabulary.is_likeness(work.things[-1].noun):
        work.things[-1].material = work.things[-1].material or work.things[-1].noun
        return True
    return work.last() == "join" and work.last(2) == "word" and not work.things[-1].concept


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
    glue = "" if work.lang == "zh" else " "
    first, thing.noun = thing.noun, f"{thing.noun}{glue}{item.text}"[:60]
    if vocabulary.is_likeness(item.text) and thing.concept:  # an elephant toy is an elephant, as a toy elephant is
        thing.material = thing.material or item.text
    elif groups not in (["animals-nature", "people-body"], ["smileys-emotion", "people-body"]):
        thing.concept = item.value
        thing.material = first if vocabulary.is_likeness(first) else thing.material
    _combine(work, work.phrase.thing, item)
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
    if work.phrase.thing >= 0 and item.counter and not work.things[work.phrase.thing].counted:
        work.things[work.phrase.thing].count, work.things[work.phrase.thing].counted = max(1, min(count, MAX_COUNT)), True
        return
    if work.phrase.thing >= 0 or work.phrase.words or work.phrase.color:
        close(work)
    if 0 < count <= 200:
        work.phrase.count = count
        work.phrase.arranged = vocabulary.arrangement(item.text, work.lang)


def _collective(work: Draft, item: Item) -> None:
    """Read "a camel caravan": many of the thing before it."""
    thing = work.things[work.phrase.thing] if work.phrase.thing >= 0 else work.things[-1]
    thing.count = thing.count if thing.counted and thing.count > 1 else int(item.value)
    thing.noun = f"{thing.noun} {item.text}"[:60]


def _color(work: Draft, item: Item) -> None:
    color = blend(item.value, work.phrase.shade) if work.phrase.shade else item.value
    work.phrase.shade = ""
    ahead = work.reading.lexicon.post or work.lang == "zh"  # there a colour belongs to what comes next
    if work.phrase.thing >= 0 and not ahead and (work.reading.lexicon.after or not work.phrase.started):
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
    value = item.value if item.kind == "size" or item.value in STATES else item.text
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
    work.since = len(work.things)
    work.holder = work.holder if item.value == "," and work.keeps == "wearing" else -1
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
    work.since = len(work.things) if item.value == "with" else work.since
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
    if _is_thing_too(work, item, phrase):
        return
    if phrase.thing >= 0 and not item.located:
        phrase = Phrase()
    if phrase.shade == "dark" and not phrase.color:
        work.adjusts.append("brightness-0.25")
    if {item.value, work.looks.get("setting", "")} == {"mountains", "snow"} or "setting" not in work.looks \
            or (item.located and work.looks.get("weak")):
        work.looks["setting"] = _together(work, item.value)
        work.looks["weak"] = "" if item.located else "weak"
    dressed = " ".join(w for w in (phrase.color, phrase.material) if w) or item.cover
    if dressed and item.value in _BACKED and phrase.color:
        work.looks.setdefault("background", phrase.color)
    elif dressed:
        work.looks.setdefault("surface", dressed)
    work.phrase = Phrase(det=phrase.det, count=phrase.count) if not item.located else Phrase()
    if work.relation != "written":
        work.relation = ""
    _furnish(work, item)


def _together(work: Draft, place: str) -> str:
    """Return the place when another was read before: mountains in the snow are both."""
    if {place, work.looks.get("setting", "")} == {"mountains", "snow"}:
        work.looks.setdefault("surface", "snow")
        return "mountains"
    return place


def _is_thing_too(work: Draft, item: Item, phrase: Phrase) -> bool:
    """Put a place into the picture as a thing where something stands under, behind or on it."""
    if work.relation in _BESIDE and item.value in ("desk", "kitchen"):
        work.looks.setdefault("setting", "room" if item.value == "desk" else item.value)
        add(work, Thing(item.text, item.concept), phrase)
        return True
    drawn_behind = item.plural and item.value == "mountains" and "setting" not in work.looks  # the place shows its peaks
    if drawn_behind or not _stands_apart(work, item):
        return False
    if item.value not in _INDOORS or work.relation == "on":
        work.looks.setdefault("setting", item.value)  # "above the clouds": there must be clouds to be above
    front = "prop-storefront" if key_of(item.text) in vocabulary.kinds("fronts") else ""
    add(work, Thing(item.text, item.concept or front, count=PLURAL if item.plural else 1), phrase)
    return True


def _stands_apart(work: Draft, item: Item) -> bool:
    """Whether a place is a thing that something stands beside, above or on: clouds, a café, a shelf."""
    noun = key_of(item.text)
    if work.relation == "on":
        return noun in vocabulary.kinds("stands")
    named = noun in vocabulary.kinds("fronts") | vocabulary.kinds("stands") or item.concept in vocabulary.kinds("standing")
    return work.relation in _APART and named


def _furnish(work: Draft, item: Item) -> None:
    """Put what a place is known by into the picture: corals into a coral reef, sunflowers onto a sunflower field."""
    count, _, concept = item.combined.partition(" ")
    if concept in pack.concepts() and len(work.things) < MAX_THINGS and all(t.concept != concept for t in work.things):
        work.things.append(Thing(concept.replace("-", " "), concept, count=int(count)))


def _look(work: Draft, item: Item) -> None:
    if work.negated:
        work.removed.append(item)
        return
    value, _, light = item.value.partition(" ")  # "morning light" is a time and a warmth: "day warmth+0.25"
    if item.kind == "style":
        _style(work, value, item.weak or (work.lang != "en" and value in ("flat", "photorealistic")))
    work.looks.setdefault(item.kind, value)
    if light and light not in work.adjusts:
        work.adjusts.append(light)
    if item.kind in ("time", "weather"):
        work.relation = "" if work.relation in ("next_to", "on", "under", "in_front_of", "above") else work.relation
        work.phrase = Phrase() if work.phrase.thing < 0 and not work.phrase.words else work.phrase


def _style(work: Draft, value: str, weak: bool) -> None:
    """Keep the first style that says how it is drawn; "illustration" or "comic" say less than "watercolor" or "noir"."""
    if "style" not in work.looks or (work.looks.get("style_weak") and not weak):
        work.looks["style"], work.looks["style_weak"] = value, "weak" if weak else ""


def _adjust(work: Draft, item: Item) -> None:
    if not work.negated and item.value not in work.adjusts:
        work.adjusts.append(item.value)


def _region(work: Draft, item: Item) -> None:
    """A place in the picture: of the empty space, of a text, of the thing before it, or of the one to come."""
    copy = any(i.kind == "copy" for i in work.before[-4:])
    if copy or (work.last(1) == "mark" and work.last(2) == "copy"):
        work.looks["copy_space"] = item.value.split("_")[0] if item.value != "center" else "top"
    elif work.captions and (since_quote(work)):
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
    tone = phrase.color or vocabulary.table("colours")["grounds"].get(phrase.shade, "")
    if tone:
        work.looks.setdefault("background", str(tone))
    if any(i.text.lower() in ("solid", "plain", "flat", "simple", "clean", "blank", "empty") for i in work.before[-4:]):
        work.looks.setdefault("setting", "plain")
    if work.things and work.things[-1].image >= 0 and any(i.kind == "image" for i in work.before[-4:]):
        work.looks["background_image"] = str(work.things[-1].image)
        relations.forget(work, {len(work.things) - 1})
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
    if work.captions and since_quote(work) and work.last() in ("color", "skip", "size", "style", "join", "script"):
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


def _pronoun(work: Draft, item: Item) -> None:
    work.pronouns += 1
    if work.relation:
        relations.refer(work, item.value)


def _referring(work: Draft, item: Item) -> None:
    """Read "to its left" and "in its mouth": a relation together with whom it means."""
    close(work)
    work.relation = item.value
    relations.refer(work, "any")


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
    "image": _image, "pronoun": _pronoun, "frame": _frame, "collective": _collective,
    "referring": _referring,
}


def names(items: Iterable[Item]) -> frozenset[str]:
    """Return concepts and words of items, for matching what is not wanted."""
    return frozenset(v for i in items for v in (i.concept or i.value, i.text.lower()) if v)
