"""Thinking before drawing: the rules alone, a language model's plan, and everything that makes it fall back."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from cavendish.catalog.models import catalog
from cavendish.engines.fake import FAKE
from cavendish.errors import Blocked, Cancelled
from cavendish.thinking.language import NoAnswer, Question, Said
from cavendish.thinking.thinker import Thinker, Thought
from cavendish.types import ImageRequest, Pixels, Reference, ReferenceRole, Size, TextLayer, Thinking

TRAINED = replace(FAKE, trained=True)
CARD = catalog().model("flash")
GOOD = {"prompt": 'A shop front with the sign "OPEN", 3 red cups on a table.', "subjects": [{"name": "red cups", "count": 3}],
        "texts": ["OPEN"], "aspect_ratio": "3:2", "avoid": ["people"], "checks": ["Is there a shop front?"]}
WORDS = 'a shop with a sign "OPEN" and three red cups'


class Model:
    """Answers what it is given."""

    name, vision = "scripted", False

    def __init__(self, value: dict | NoAnswer) -> None:
        self.value, self.questions = value, []

    def answer(self, question: Question, check: Callable[[], None]) -> Said:
        self.questions.append(question)
        check()
        if isinstance(self.value, NoAnswer):
            raise self.value
        return Said(value=self.value, tokens=40)

    def close(self) -> None:
        self.closed = True


def _think(prompt: str = WORDS, model: Model | None = None, profile=TRAINED, admit=lambda _r: None, **fields) -> Thought:
    request = ImageRequest(**({"prompt": prompt, "thinking": Thinking.MEDIUM} | fields))
    return Thinker(model).think(request, catalog().model(request.model), profile, lambda: None, admit)


def test_rules_alone_read_shape_text_counts_and_negatives() -> None:
    thought = _think('16:9 banner: "OPEN", three red cups, no people', thinking=Thinking.MINIMAL)
    assert (thought.aspect_ratio, thought.reading.texts, thought.avoid) == ("16:9", ("OPEN",), ("people",))
    assert thought.checks == ("Are there exactly 3 red cups in the picture?", "Is the picture free of people?")
    assert thought.told[0] == "The words ask for the shape 16:9."


@pytest.mark.parametrize("fixed", [{"size": Size(512, 512)}, {"aspect_ratio": "1:1"},
                                   {"references": (Reference(data=b"x", role=ReferenceRole.BASE),)}])
def test_what_the_caller_fixed_stands(fixed: dict) -> None:
    assert _think("a cat in 16:9", **fixed).aspect_ratio == ""


def test_a_shape_that_the_model_lacks_becomes_the_nearest_and_is_said() -> None:
    thought = _think("a street, 5:3")
    assert thought.aspect_ratio == "16:9"
    assert "nearest" in thought.told[0]


def test_a_good_plan_is_used() -> None:
    model = Model(GOOD)
    thought = _think(model=model)
    assert (thought.prompt, thought.aspect_ratio, thought.tokens) == (GOOD["prompt"], "3:2", 40)
    assert any(GOOD["prompt"] in t for t in thought.told)
    assert "Is there a shop front?" in thought.checks
    request = ImageRequest(prompt=WORDS, negative_prompt="fog")
    assert thought.for_engine(request, TRAINED).prompt == GOOD["prompt"]
    assert thought.for_engine(request, TRAINED).negative_prompt == "fog, people"
    assert thought.for_engine(request, replace(TRAINED, negative_prompt=False)).negative_prompt == "fog"
    assert thought.for_engine(request, FAKE) == request


def test_a_shape_in_the_words_beats_the_models() -> None:
    assert _think(WORDS + ", 16:9", Model(GOOD)).aspect_ratio == "16:9"


@pytest.mark.parametrize(("change", "why"), [
    ({"texts": []}, "text to show"), ({"texts": ["OPEN", "SALE"]}, "text to show"),
    ({"prompt": "A shop with three red cups."}, "drops a quoted"), ({"prompt": 'A shop "OPEN", 3 red cups, "BUY NOW"'}, "adds a quoted"),
    ({"prompt": 'A shop "OPEN" with 5 red cups'}, "how many"), ({"subjects": [{"name": "red cups", "count": 4}]}, "how many"),
    ({"prompt": 'A shop "OPEN"', "subjects": []}, "drops the red cups"), ({"prompt": ""}, "fields"), ({"prompt": "x" * 5_000}, "fields"),
    ({"aspect_ratio": None}, "fields"), ({"extra": 1}, "fields"), ({"subjects": "cups"}, "fields"), ({"checks": ["?"] * 9}, "fields"),
    ({"subjects": [{"name": "cups", "count": 0}]}, "fields"), ({"avoid": [1]}, "fields")])
def test_a_bad_plan_falls_back_to_the_rules_and_says_so(change: dict, why: str) -> None:
    thought = _think(model=Model(GOOD | change))
    assert thought.prompt == ""
    assert thought.reading.texts == ("OPEN",)
    assert "was not used" in thought.told[-1]
    assert why in thought.told[-1]


def test_no_answer_falls_back() -> None:
    thought = _think(model=Model(NoAnswer("it did not answer within 5 s")))
    assert thought.told[-1] == "The language model's plan was not used: it did not answer within 5 s."


def test_words_that_policy_refuses_fall_back() -> None:
    def admit(request: ImageRequest) -> None:
        assert request.prompt.split("\n") == [GOOD["prompt"], *GOOD["checks"]]
        raise Blocked("no")

    thought = _think(model=Model(GOOD), admit=admit)
    assert thought.prompt == ""
    assert "policy" in thought.told[-1]


def test_a_shape_that_does_not_exist_is_left_out() -> None:
    assert _think(model=Model(GOOD | {"aspect_ratio": "7:3"})).aspect_ratio == ""


@pytest.mark.parametrize(("fields", "asked"), [
    ({"thinking": Thinking.MINIMAL}, 0), ({"thinking": Thinking.MEDIUM}, 1), ({"thinking": Thinking.HIGH}, 1),
    ({"thinking": Thinking.DYNAMIC}, 1), ({"thinking": Thinking.DYNAMIC, "prompt": "a dog"}, 0), ({"profile": FAKE}, 0)])
def test_who_is_asked_when(fields: dict, asked: int) -> None:
    model = Model(GOOD)
    _think(**({"model": model} | fields))
    assert len(model.questions) == asked


def test_the_words_travel_as_data_and_the_same_words_are_asked_once() -> None:
    model = Model(GOOD)
    thinker, request = Thinker(model), ImageRequest(prompt=WORDS, thinking=Thinking.HIGH)
    thoughts = [thinker.think(request, CARD, TRAINED, lambda: None, lambda _r: None) for _ in range(2)]
    assert len(model.questions) == 1
    assert WORDS not in model.questions[0].system
    assert thoughts[0].prompt == thoughts[1].prompt
    assert [t.tokens for t in thoughts] == [40, 0]
    thinker.close()
    assert model.closed


def test_text_layers_are_texts_to_show() -> None:
    thought = _think("a shop", text_layers=(TextLayer(text="HELLO"),))
    assert thought.reading.texts == ("HELLO",)


def test_a_model_that_sees_is_shown_the_input_pictures() -> None:
    model = Model(GOOD)
    model.vision = True
    pixels = Pixels(width=1, height=1, channels=3, data=bytes(3))
    _think(model=model, references=(Reference(data=b"x", role=ReferenceRole.BASE, pixels=pixels),))
    assert model.questions[0].pictures == (pixels,)


def test_a_stopped_run_stops_the_thinking() -> None:
    stop = threading.Event()
    stop.set()

    def check() -> None:
        if stop.is_set():
            raise Cancelled("stopped", hint="")

    with pytest.raises(Cancelled):
        Thinker(Model(GOOD)).think(ImageRequest(prompt=WORDS, thinking=Thinking.HIGH), CARD, TRAINED, check, lambda _r: None)
