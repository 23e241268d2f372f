"""Which thing stands where to which: settles the relations of a draft as its things come. It reads no words itself."""

from cavendish.catalog import pack
from cavendish.engines.comp.planning import vocabulary
from cavendish.engines.comp.planning.drafts import Draft
from cavendish.engines.comp.planning.reading import Item

INVERSE = {"on": "under", "under": "on", "left_of": "right_of", "right_of": "left_of", "behind": "in_front_of",
           "in_front_of": "behind", "next_to": "next_to", "above": "under", "inside": "next_to"}
_BETWEEN = frozenset({"det", "number", "color", "size", "skip", "material"})
_LOOSE = frozenset({"next_to", "left_of", "right_of", "behind", "in_front_of"})


def relate(work: Draft, at: int) -> None:
    """Settle the open relation with the thing at an index as its target, or let the thing join the figures."""
    if work.relation.startswith("waiting_") and not at:
        return  # "wearing a red skirt" before the girl: the next thing wears it
    if not work.relation:
        work.figures = [at] if work.resolved else [f for f in work.figures if f != at] + [at]
        work.resolved = False
        return
    kind, work.relation = work.relation, ""
    figures = [f for f in work.figures if f != at] or [i for i in range(len(work.things)) if i != at][:1]
    if kind == "written" or kind.startswith(("post_", "waiting_")):
        relate_back(work, kind, at)
        return
    if kind in ("wearing", "inside_of"):
        if figures and work.things[at].relation is None:
            work.things[at].relation = ("on" if kind == "wearing" else "inside", figures[0])
        return
    free = [f for f in figures if work.things[f].relation is None and not circular(work, f, at)]
    for figure in free[:1] if kind == "holding" else free:
        work.things[figure].relation = (kind, at)
    if not free and figures and work.things[at].relation is None and not circular(work, at, figures[0]):
        work.things[at].relation = (INVERSE.get(kind, "next_to"), figures[0])
    if kind not in _LOOSE and kind != "holding":
        work.figures = figures
    work.resolved = True


def relate_back(work: Draft, kind: str, at: int) -> None:
    """Settle what was said before its thing came: a text's carrier, a relation that follows its target."""
    how, _, what = kind.partition("_")
    if how == "written":
        work.captions[-1].on = at
        work.captions[-1].role = work.captions[-1].role or "label"
    elif at and how == "waiting" and what == "holding":
        work.things[at].relation = (what, at - 1)
    elif at and what == "wearing":
        work.things[at - 1].relation = ("on", at)
    elif at:
        work.things[at].relation = (what, at - 1)
    work.figures, work.resolved = [at], True


def circular(work: Draft, start: int, target: int) -> bool:
    seen = set()
    at: int | None = target
    while at is not None and at not in seen:
        if at == start:
            return True
        seen.add(at)
        relation = work.things[at].relation
        at = relation[1] if relation else None
    return False


def imply(work: Draft, item: Item) -> None:
    """Read relations that a small word carries: "bowl of cherries", "vase with tulips", "woman in a dress"."""
    joined = next((i for i in reversed(work.before[-5:]) if i.kind not in _BETWEEN), None)
    if joined is None or joined.kind != "join" or not work.things or work.relation:
        return
    known, holder = pack.concepts(), work.things[-1].concept
    if holder in vocabulary.kinds("containers") and joined.value in ("of", "with"):
        fills = joined.value == "of" or (item.value in known and known[item.value].group in ("animals-nature", "food-drink"))
        work.relation = "inside_of" if fills else ""
    elif item.value in vocabulary.kinds("wearables") and joined.value in ("in", "with") and holder in known:
        work.relation = "wearing" if known[holder].group in ("people-body", "animals-nature") else ""
    elif item.value in vocabulary.kinds("containers") and joined.value == "in":
        work.relation = "inside"


def post(work: Draft, item: Item) -> None:
    """Relations that follow their target: "table on, cup" and "cup, table on" both put the cup on the table."""
    if item.value in ("holding", "wearing"):
        work.relation = "waiting_" + item.value if work.things else ""
        return
    if work.last() == "setting" or not work.things:
        return
    target = len(work.things) - 1
    earlier = [i for i in range(target) if work.things[i].relation is None and not circular(work, i, target)]
    if earlier and not item.text.endswith(("の", "의", "있는", "ki")):  # these say it of what comes next
        work.things[earlier[-1]].relation = (item.value, target)
    else:
        work.relation = f"post_{item.value}"
