"""What a prompt says, in the making: things, captions, the phrase being read. Values only; `drafting` fills them."""

from dataclasses import dataclass, field

from cavendish.engines.comp.planning.reading import Item, Reading

_WITHIN = frozenset({"det", "number", "color", "size", "shade", "material", "skip"})


@dataclass(slots=True)
class Thing:
    """A subject in the making. `relation` is (kind, index of another thing); `image` counts from 1, 0 = the last, -1 = none."""

    noun: str
    concept: str = ""
    count: int = 1
    color: str = ""
    size: str = ""
    material: str = ""
    relation: tuple[str, int] | None = None
    region: str = ""
    image: int = -1
    det: str = ""
    counted: bool = False
    holds: list[int] = field(default_factory=list)  # what it holds besides `relation`
    pose: str = ""
    arranged: str = ""  # how its copies lie: "stack", "heap", "row", "circle"
    implied: bool = False  # part of what a noun means: the violin of a violinist


@dataclass(slots=True)
class Caption:
    """A text in the making; `on` is the index of the thing that carries it."""

    text: str
    role: str = ""
    on: int = -1
    color: str = ""
    region: str = ""


@dataclass(slots=True)
class Phrase:
    """The noun phrase being read: what was said before its head."""

    det: str = ""
    count: int = 0
    color: str = ""
    size: str = ""
    material: str = ""
    shade: str = ""
    pose: str = ""
    arranged: str = ""
    words: list[str] = field(default_factory=list)
    thing: int = -1      # index of its head, once read
    tail: bool = False   # words came after the head

    @property
    def started(self) -> bool:
        return bool(self.det or self.count or self.color or self.size or self.material)


@dataclass(slots=True)
class Draft:
    """Everything read from a prompt so far."""

    reading: Reading
    negated: bool = False
    things: list[Thing] = field(default_factory=list)
    captions: list[Caption] = field(default_factory=list)
    looks: dict[str, str] = field(default_factory=dict)     # by the scene's own field names
    adjusts: list[str] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    colors: list[str] = field(default_factory=list)         # said of nothing in particular
    sizes: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    pronouns: int = 0
    phrase: Phrase = field(default_factory=Phrase)
    relation: str = ""
    figures: list[int] = field(default_factory=list)
    resolved: bool = False
    since: int = 0       # how many things there were when "with" or a mark began what is being said
    holder: int = -1     # who holds or wears what was just said, -1 = nobody
    keeps: str = ""      # "holding" or "wearing", of the holder
    role: str = ""
    role_color: str = ""
    before: list[Item] = field(default_factory=list)        # items read, the latest last

    def last(self, back: int = 1) -> str:
        """Kind of the item read `back` items ago."""
        return self.before[-back].kind if len(self.before) >= back else ""

    def last_join(self) -> str:
        """Return the joining word of the phrase being read: "and" in "a pizza and a large knife"."""
        passed = (i for i in reversed(self.before[-6:]) if i.kind not in _WITHIN)
        item = next(passed, None)
        return item.value if item is not None and item.kind == "join" else ""

    @property
    def lang(self) -> str:
        return self.reading.lexicon.lang
