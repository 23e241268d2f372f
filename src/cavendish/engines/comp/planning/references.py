"""Which input picture is which thing: by its number in the words, by "this" and "the product", else added at the end."""

import re
from collections.abc import Sequence

from cavendish.engines.comp.planning.drafts import Draft, Thing
from cavendish.types import Reference, ReferenceRole

_SHOWN = ("this", "these", "attached", "provided", "uploaded", "supplied", "given", "my", "our", "reference", "original")
_GENERIC = frozenset({"product", "products", "object", "objects", "item", "items", "subject", "character", "model", "logo",
                      "person", "brand", "thing", "main subject", "image", "picture", "photo"})


_PICTURE = r"(?:the\s+)?(?:image|picture|photo|img|reference)\s*#?\s*\d{1,2}"
_OWNS = re.compile(rf"\b(?P<image>{_PICTURE})['’]s\s+"
                   r"(?P<what>(?:(?!(?:on|in|onto|into|with|at|and|of|next|behind|under|to|as|for|is)\b)[\w-]+\s?){1,3})", re.I)
_SCENE = re.compile(r"\b(?:in|into|inside|onto|to|within)\s+the\s+(?:scene|setting|room|background|backdrop|place|landscape|"
                    rf"environment|interior|view)\s+(?:of|from|in|shown in)\s+(?P<image>{_PICTURE})", re.I)
_MARK = re.compile(r"\b(?:logo|emblem|badge|print|pattern|sticker|decal|label|artwork|design|graphic)s?\s+(?:from|of|in)\s+"
                   rf"(?:the\s+)?{_PICTURE.removeprefix('(?:the' + chr(92) + 's+)?')}", re.I)


def plainly(prompt: str) -> str:
    """Word what belongs to a picture in one way: "image 1's cup" is the cup from image 1, its scene is the background."""
    said = _OWNS.sub(lambda m: f"the {m['what'].strip()} from {m['image']} ", prompt)
    return _SCENE.sub(lambda m: f"with {m['image']} as background", said)


def printed(prompt: str) -> frozenset[int]:
    """Return the numbers of the pictures that are logos, labels or patterns, to lie on what they are put on."""
    return frozenset(int(re.sub(r"\D", "", m[0])) for m in _MARK.finditer(plainly(prompt)))


def digest(references: Sequence[Reference], number: str) -> str:
    """Return the digest of picture `number` ("1" is the first, "0" the last); "" when there is no such picture."""
    if not number or not references:
        return ""
    index = int(number) - 1
    if index < 0:
        return references[-1].digest
    return references[index].digest if index < len(references) else ""


def style(references: Sequence[Reference], number: str) -> str:
    """Return the digest of the picture whose look was asked for, by its number or by its role."""
    named = digest(references, number)
    return named or next((r.digest for r in references if r.role is ReferenceRole.STYLE), "")


def assign(draft: Draft, references: Sequence[Reference]) -> None:
    """Give every object and character picture a thing in the draft, and forget numbers of pictures that are not there."""
    for thing in draft.things:
        if thing.image > len(references) or (thing.image >= 0 and not references):
            thing.image = -1
    _by_label(draft, references)
    taken = {_index(t.image, references) for t in draft.things if t.image >= 0}
    taken |= {_index(int(draft.looks[k]), references) for k in ("background_image", "style_image") if draft.looks.get(k)}
    spare = [i for i, r in enumerate(references) if i not in taken
             and r.role in (ReferenceRole.OBJECT, ReferenceRole.CHARACTER)]
    for thing, index in zip(_open(draft, len(spare)), list(spare), strict=False):
        thing.image = index + 1
        spare.remove(index)
    draft.things.extend(Thing(f"image {i + 1}", image=i + 1) for i in spare)


def _by_label(draft: Draft, references: Sequence[Reference]) -> None:
    """A picture that says what it shows (of a catalog) is the thing of that name: the kettle is the "Aurora kettle"."""
    shown = {t.image for t in draft.things}
    for number, reference in enumerate(references, start=1):
        named = set(re.findall(r"\w+", reference.label.lower()))
        open_ = [t for t in draft.things if t.image < 0 and not t.counted]
        meant = [t for t in open_ if named.intersection(re.findall(r"\w+", t.noun.lower()))]
        if meant and number not in shown:
            meant[0].image = number


def _index(image: int, references: Sequence[Reference]) -> int:
    return image - 1 if image else len(references) - 1


def _open(draft: Draft, pictures: int) -> list[Thing]:
    """Return the things that a picture must be meant by, in order: "this dog", "the attached bottle", "the product"."""
    said = [i.text.lower() for i in draft.reading.items]
    free = [t for t in draft.things if t.image < 0 and not t.counted]
    shown = [t for t in free if _pointed(t, said) or t.noun.lower() in _GENERIC]
    if shown or pictures != 1:
        return shown
    definite = [t for t in free if t.det == "the"]
    return definite[:1]


def _pointed(thing: Thing, said: list[str]) -> bool:
    noun = thing.noun.lower()
    return any(noun == text and set(said[max(0, at - 3):at]) & set(_SHOWN) for at, text in enumerate(said))
