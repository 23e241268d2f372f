"""Where a picture plays when its words name no place: a castle in a meadow, a ship at sea, a mug in the studio."""

from collections.abc import Mapping
from functools import cache

from cavendish.catalog import pack
from cavendish.engines.comp.planning import vocabulary
from cavendish.engines.comp.planning.drafts import Draft, Thing
from cavendish.engines.comp.planning.words import phrase

_GIVEN = ("setting", "background", "surface", "background_image")
_OUTDOOR_HOURS = ("sunset", "golden_hour", "dawn", "dusk", "night")
_SIGHTS = ("sky",)  # what is seen from anywhere says least about the place
_FALLS = ("rain", "snow", "storm", "fog", "cloudy")


def place(draft: Draft) -> str:
    """Return a setting of scene.py for what stands in the picture, "" where the studio is right or a place was said."""
    if any(draft.looks.get(k) for k in _GIVEN) or draft.looks.get("style") == "blueprint" or not draft.things:
        return ""
    if draft.looks.get("framing") == "top_down" or _for_studio(draft):
        return ""
    found = [h for t in draft.things if (h := _own(t)) and not _served(draft, t)]
    if _is_product(draft):
        found = [h for h in found if h == "room"]
    chosen = next((h for h in found if h not in (*_SIGHTS, "studio")), next((h for h in found if h != "studio"), ""))
    if not chosen and not any(h == "studio" for h in found[:1]):
        chosen = _opened(draft)
    return _in_snow(draft, chosen)


def _in_snow(draft: Draft, chosen: str) -> str:
    falls = draft.looks.get("weather") == "snow"
    return str(_table("open")["snow"]) if falls and chosen in ("meadow", "street", "beach") else chosen


def _for_studio(draft: Draft) -> bool:
    """Whether the words ask for a product shot, a sticker or a mark."""
    said = _phrases("studio", "words")
    return any(phrase(i.text) in said for i in draft.reading.items if i.text.isascii())


def _own(thing: Thing) -> str:
    """Return where one thing is at home, "" when nothing is known or a picture shows it."""
    if thing.image >= 0 or thing.size == "tiny" or vocabulary.is_likeness(thing.material):
        return ""
    words = phrase(thing.noun).split(" ") if thing.noun.isascii() else []
    if any(vocabulary.is_likeness(w) for w in words):
        return "studio"
    for start in range(max(0, len(words) - 3), len(words)):
        home = _by("noun").get(" ".join(words[start:]), "")
        if home:
            return home
    known = pack.concepts().get(thing.concept)
    if known is None:
        return _by("concept").get(thing.concept, "")
    if known.name in _phrases("pets", "concepts"):
        return ""
    return _by("concept").get(known.name) or _by("subgroup").get(known.subgroup, "")


def _served(draft: Draft, thing: Thing) -> bool:
    """Whether where a thing lies says more than what it is: a lobster on a plate, a bear in a boat."""
    if thing.relation is None or thing.relation[0] not in ("on", "inside"):
        return False
    target = draft.things[thing.relation[1]]
    known = pack.concepts().get(target.concept)
    return bool(_own(target)) or (known is not None and known.group in ("food-drink", "objects"))


def _is_product(draft: Draft) -> bool:
    """Whether the first thing is a product that stands in no relation to what is at home outdoors."""
    first = draft.things[0]
    known = pack.concepts().get(first.concept)
    home = _own(first)
    if home != "studio" and (known is None or known.group not in ("objects", "food-drink") or home):
        return False
    related = [first.relation[1]] if first.relation else []
    related += [i for i, t in enumerate(draft.things) if t.relation is not None and t.relation[1] == 0]
    return not any(_own(draft.things[i]) not in ("", "studio") for i in related)


def _opened(draft: Draft) -> str:
    """Return where the weather or the hour puts things that are at home nowhere."""
    weather, hour = draft.looks.get("weather", ""), draft.looks.get("time", "")
    known = pack.concepts().get(draft.things[0].concept)
    group = known.group if known else ""
    living = {"people-body": "people", "animals-nature": "animals"}.get(group, "")
    if weather in _FALLS and weather != "cloudy":
        return str(_table("open")[living or "things"])
    if living and (weather or hour in _OUTDOOR_HOURS):
        return str(_table("open")[living])
    return ""


@cache
def _by(kind: str) -> Mapping[str, str]:
    """Return noun, concept or subgroup -> setting."""
    listed = ((phrase(p) if kind == "noun" else p, setting) for setting, text in _table(kind).items()
              for p in vocabulary.phrases(str(text)))
    out: dict[str, str] = {}
    for name, setting in listed:
        out.setdefault(name, setting)
    return out


@cache
def _phrases(kind: str, name: str) -> frozenset[str]:
    return frozenset(phrase(p) if kind == "studio" else p for p in vocabulary.phrases(str(_table(kind)[name])))


def _table(kind: str) -> Mapping[str, object]:
    table: Mapping[str, Mapping[str, object]] = vocabulary.table("habitats")
    return table[kind]
