"""Which thing stands where to which: settles the relations of a draft as its things come. It reads no words itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cavendish.catalog import pack
from cavendish.engines.comp.planning import vocabulary
from cavendish.engines.comp.planning.drafts import Draft, Thing
from cavendish.engines.comp.planning.reading import Item

INVERSE = {"on": "under", "under": "on", "left_of": "right_of", "right_of": "left_of", "behind": "in_front_of",
           "in_front_of": "behind", "next_to": "next_to", "above": "under", "inside": "next_to"}
_BETWEEN = frozenset({"word", "det", "number", "color", "size", "skip", "material"})
_TURNED = {"under": "behind", "on": "next_to"}  # what stands under a tree has the tree behind it, not on its head
_PASSIVE = frozenset({"wearing", "inside_of", "held_by", "worn_by", "surrounded_by", "between"})
_BY_TABLES = ("under", "behind", "left_of", "right_of", "in_front_of")
_LOOSE = frozenset({"next_to", "left_of", "right_of", "behind", "in_front_of"})


def relate(work: Draft, at: int) -> None:
    """Settle the open relation with the thing at an index as its target, or let the thing join the figures."""
    if work.relation.startswith("waiting_") and not at:
        return  # "wearing a red skirt" before the girl: the next thing wears it
    if not work.relation:
        _join_figures(work, at)
        return
    kind, work.relation = work.relation, ""
    figures = [f for f in work.figures if f != at] or [i for i in range(len(work.things)) if i != at][:1]
    if kind == "written" or kind.startswith(("post_", "waiting_")):
        relate_back(work, kind, at)
        return
    if kind in _PASSIVE:
        _passive(work, kind, at, figures)
        return
    if kind == "under" and work.things[at].concept in vocabulary.kinds("skies"):
        work.resolved = True
        return  # everything stands under the moon, wherever it stands
    free = [f for f in figures if _frees(work, f, kind) and not circular(work, f, at)]
    for figure in free[:1] if kind == "holding" else free:
        _stand(work, figure, kind, at)
    if not free and figures and work.things[at].relation is None and not circular(work, at, figures[0]):
        _turn(work, at, kind, figures[0])
    if kind not in _LOOSE and kind != "holding":
        work.figures = figures
    work.holder, work.keeps = (free[0] if kind == "holding" and free else -1), kind
    work.resolved = True


def _join_figures(work: Draft, at: int) -> None:
    """Take a thing that no word relates: one more of what stands somewhere, or of what is held."""
    if work.holder >= 0 and work.holder != at and work.last_join() in ("and", "") and work.things[at].relation is None:
        if work.keeps == "holding" and work.last_join() and _held(work.things[at].concept):
            work.things[work.holder].holds.append(at)
            return
        if work.keeps == "between" and work.last_join():
            work.things[at].relation = ("right_of", work.holder)
            work.holder = -1
            return
        if work.keeps == "wearing" and work.things[at].concept in vocabulary.kinds("wearables"):
            work.things[at].relation = ("on", work.holder)
            return
    work.holder = -1
    work.figures = [at] if work.resolved else [f for f in work.figures if f != at] + [at]
    work.resolved = False


def _held(concept: str) -> bool:
    known = pack.concepts().get(concept)
    return known is not None and known.group in ("objects", "food-drink", "activities")


def _passive(work: Draft, kind: str, at: int, figures: list[int]) -> None:
    """Settle what is said from the other side: "an umbrella held by a woman", "a hat worn by a dog", "a bowl full of nuts"."""
    if not figures:
        return
    if kind == "between":
        _flank(work, figures[0], at)
    elif kind == "held_by":
        work.things[at].relation = ("holding", figures[0])
        work.things[at].holds += [f for f in figures[1:] if work.things[f].relation is None]
    elif kind == "surrounded_by":
        work.things[at].relation = ("around", figures[0])
    elif kind == "worn_by":
        work.things[figures[0]].relation = ("on", at)
    elif work.things[at].relation is None:
        work.holder, work.keeps = (figures[0], kind) if kind == "wearing" else (-1, "")
        work.things[at].relation = ("on", figures[0]) if kind == "wearing" else _filled(work, at - 1)
    work.figures = [at] if kind in ("held_by", "worn_by") else work.figures


def _flank(work: Draft, figure: int, at: int) -> None:
    """Put two alike, or one and the next, on both sides of a thing: "a teapot between two cups", "between a cup and a jar"."""
    side = work.things[at]
    side.relation = ("left_of", figure)
    if side.count == 2:
        side.count = 1
        work.things.append(replace(side, relation=("right_of", figure), holds=[]))
    else:
        work.holder, work.keeps = figure, "between"


def _filled(work: Draft, holder: int) -> tuple[str, int]:
    """Return where what a vessel is "of" or "with" stands: in a bowl, on a tray."""
    flat = work.things[max(0, holder)].concept in vocabulary.kinds("flat")
    return ("on" if flat else "inside", max(0, holder))


def _frees(work: Draft, figure: int, kind: str) -> bool:
    """Whether a thing can take one more relation: holding and standing somewhere go together."""
    relation = work.things[figure].relation
    if relation is None or (relation[0] == "holding") != (kind == "holding"):
        return True
    return kind == "holding" and work.things[relation[1]].implied


def _stand(work: Draft, figure: int, kind: str, at: int) -> None:
    thing = work.things[figure]
    if kind == "holding":
        _put_down(work, thing)
    if thing.relation is not None and kind == "holding":
        thing.holds.append(at)
        return
    if thing.relation is not None:
        thing.holds.append(thing.relation[1])
    thing.relation = (kind, at)


def _put_down(work: Draft, thing: Thing) -> None:
    """Let go of what only the noun implied: a waiter who carries a cake carries no plate."""
    if thing.relation is not None and thing.relation[0] == "holding" and work.things[thing.relation[1]].implied:
        thing.relation = None
    thing.holds = [h for h in thing.holds if not work.things[h].implied]


def dropped(work: Draft) -> set[int]:
    """Return what was implied and is held by nobody any more."""
    held = {t.relation[1] for t in work.things if t.relation is not None and t.relation[0] == "holding"}
    held |= {h for t in work.things for h in t.holds}
    return {i for i, t in enumerate(work.things) if t.implied and t.relation is None and i not in held}


def _turn(work: Draft, at: int, kind: str, figure: int) -> None:
    """Say a relation of its target, where the thing itself already stands somewhere: the lamp stands next to the chair."""
    stands = work.things[figure].relation
    if stands is not None and kind in ("on", "inside", "under") and stands[0] in ("on", "inside") \
            and work.things[stands[1]].relation is None and not circular(work, stands[1], at):
        work.things[stands[1]].relation = (kind, at)  # "a bird in a nest on a branch": the nest is on the branch
        return
    if stands is not None and kind in _LOOSE and stands[0] in ("on", "inside", "under") and stands[1] != at:
        figure = stands[1]
    work.things[at].relation = (_TURNED.get(kind) or INVERSE.get(kind, "next_to"), figure)


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


def _has_before(work: Draft, kind: str) -> bool:
    """Settle holding and wearing whose verb comes last: "एक औरत छाता पकड़े हुए" says woman, umbrella, holding."""
    if len(work.things) < 2 or not _is_person(work, -2) or _is_person(work, -1) or work.things[-2].relation is not None:
        return False
    at = len(work.things) - 1
    if kind == "holding":
        work.things[at - 1].relation = (kind, at)
    else:
        work.things[at].relation = ("on", at - 1)
    return True


def _is_person(work: Draft, at: int) -> bool:
    known = pack.concepts().get(work.things[at].concept)
    return known is not None and known.group == "people-body"


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
    elif item.value in vocabulary.kinds("seats") and joined.value == "in":
        work.relation = "on"  # "en un sofá", "in a chair"
    elif item.value in vocabulary.kinds("containers") and joined.value == "in":
        work.relation = "inside"


def post(work: Draft, item: Item) -> None:
    """Relations that follow their target: "table on, cup" and "cup, table on" both put the cup on the table."""
    if item.value in ("holding", "wearing"):
        if not _has_before(work, item.value):
            work.relation = "waiting_" + item.value if work.things else ""
        return
    if work.last() == "setting" and item.value in _BY_TABLES and work.before[-1].value == "desk":
        work.looks["setting"] = "room"  # "मेज के नीचे": under a table there must be a table
        work.things.append(Thing(work.before[-1].text, "prop-table"))
        work.relation = f"post_{item.value}"
        return
    if work.last() == "setting" or not work.things:
        return
    target = len(work.things) - 1
    earlier = [i for i in range(target) if work.things[i].relation is None and not circular(work, i, target)]
    if earlier and not item.text.endswith(("の", "의", "있는", "ki")):  # these say it of what comes next
        holder = next((i for i, t in enumerate(work.things) if t.relation == ("holding", earlier[-1])), -1)
        _stand(work, holder if holder >= 0 else earlier[-1], item.value, target)
    else:
        work.relation = f"post_{item.value}"


def refer(work: Draft, whom: str) -> None:
    """Settle the open relation with what a pronoun means: "with two cows behind him", "a hammer and a wrench beside it"."""
    kind, work.relation = work.relation, ""
    earlier, group = list(range(work.since)), list(range(work.since, len(work.things)))
    if not earlier:
        earlier, group = group[:1], group[1:]
    if not any(_means(work, i, whom) for i in earlier) and any(_means(work, i, whom) for i in group):
        target = next(i for i in group if _means(work, i, whom))
        group = [i for i in group if i > target]
    else:
        target = next((i for i in earlier if _means(work, i, whom)), earlier[0] if earlier else -1)
    if target < 0 or kind.startswith(("post_", "waiting_")):
        return
    kind = "on" if kind in ("wearing", "written") else kind
    if kind == "holding":  # "a dog with a ball in its mouth"
        _carry(work, target, group)
        return
    for figure in group:
        if work.things[figure].relation is None and not circular(work, figure, target):
            work.things[figure].relation = (kind, target)


def _carry(work: Draft, target: int, group: list[int]) -> None:
    thing = work.things[target]
    for figure in group:
        if work.things[figure].relation is None and not circular(work, target, figure):
            if thing.relation is None:
                thing.relation = ("holding", figure)
            elif figure not in thing.holds and thing.relation != ("holding", figure):
                thing.holds.append(figure)


def _means(work: Draft, at: int, whom: str) -> bool:
    """Whether a pronoun can mean a thing: him and her mean people and animals, it means whatever is no person."""
    thing = work.things[at]
    known = pack.concepts().get(thing.concept)
    group = known.group if known else ""
    if whom == "person":
        return group in ("people-body", "animals-nature")
    return group != "people-body" and thing.relation is None if whom == "it" else True


def forget(draft: Draft, gone: Iterable[int]) -> None:
    """Remove things by index; relations and captions that point at them let go."""
    lost = set(gone)
    kept = [i for i in range(len(draft.things)) if i not in lost]
    moved: Mapping[int, int] = {old: new for new, old in enumerate(kept)}
    for thing in draft.things:
        if thing.relation:
            thing.relation = (thing.relation[0], moved[thing.relation[1]]) if thing.relation[1] in moved else None
        thing.holds = [moved[h] for h in thing.holds if h in moved]
    draft.captions = [c for c in draft.captions if c.on < 0 or c.on in moved]
    for caption in draft.captions:
        caption.on = moved.get(caption.on, -1)
    draft.things = [draft.things[i] for i in kept]
