"""What the native API answers: every picture and event fits its schema, every error leaf has a problem."""

import json
import re
from pathlib import Path

import pytest

from cavendish.api import edge
from cavendish.api.native import cards, problems, render, schema
from cavendish.catalog.models import catalog
from cavendish.engines.fake import FakeEngine
from cavendish.engines.registry import Registry
from cavendish.errors import Blocked, CavendishError, InvalidValue, QueueFull, UnknownModel, leaves
from cavendish.finish import Provenance
from cavendish.trust import policy
from cavendish.types import Asset, Candidate, Done, Partial, Progress, Result, Size, Thought, Usage

ASSET = Asset(data=b"\x89PNG\xff", mime="image/png", size=Size(4, 3))
DRAWN = Candidate(index=0, seed=7, asset=ASSET, note="a comp", thoughts=("a dog",), signature=b"\xfb\xff")
HELD = Candidate(index=1, seed=8, asset=None, finish_reason="safety", note="held back")
RESULT = Result(id="r", model="flash", engine="comp", revision="1", size=Size(4, 3), aspect_ratio="4:3", candidates=(DRAWN, HELD),
                usage=Usage(prompt_text=2, output_image=10, list_price_micros=5), request_digest="d", note="n", created_s=1)


def _events(data: bytes) -> list[tuple[str, dict]]:
    blocks = [b.split("\n") for b in data.decode().split("\n\n") if b]
    return [(name.removeprefix("event: "), json.loads(value.removeprefix("data: "))) for name, value in blocks]


def test_an_answer_fits_its_schema() -> None:
    answer = schema.ImageAnswer.model_validate_json(edge.dump(render.answer(RESULT)))
    assert (answer.candidates[0].data, answer.candidates[0].signature) == ("iVBOR/8=", "+/8=")
    assert (answer.candidates[1].data, answer.candidates[1].finish_reason) == (None, "safety")
    assert answer.usage.total == 12


def test_events_carry_names_and_fit_their_schemas() -> None:
    items = (Thought("a dog"), Progress(1, 4), Partial(ASSET, 0), Done(DRAWN), RESULT)
    events = _events(b"".join(map(render.event, items)))
    assert [name for name, _ in events] == ["thought", "progress", "partial", "candidate", "result"]
    assert events[1][1] == {"index": 0, "step": 1, "total": 4}
    assert schema.PictureAnswer.model_validate_json(json.dumps(events[3][1])).data == "iVBOR/8="
    result = schema.ImageAnswer.model_validate_json(json.dumps(events[4][1]))
    assert [c.data for c in result.candidates] == [None, None]


@pytest.mark.parametrize("kind", sorted(set(leaves()), key=lambda k: k.__name__), ids=lambda k: k.__name__)
def test_every_leaf_is_a_problem(kind: type[CavendishError]) -> None:
    error = UnknownModel("x", hint="do this") if kind is UnknownModel else kind("it broke", hint="do this")
    status, body, _ = problems.render(error, "req_1")
    problem = schema.ProblemAnswer.model_validate_json(json.dumps(body))
    assert 400 <= status < 600
    assert (problem.status, problem.code, problem.hint, problem.instance) == (status, kind.code, "do this", "req_1")
    assert problem.detail == error.message


def test_no_problem_is_without_an_error() -> None:
    assert set(problems.PROBLEMS) == {k.code for k in leaves()}


def test_a_problem_says_when_to_come_back_and_which_words_were_refused() -> None:
    assert problems.render(QueueFull("full", retry_after_s=2.4))[2]["retry-after"] == "2"
    assert problems.render(Blocked("no", categories=("harassment",)))[1]["categories"] == ["harassment"]


def test_inner_names_of_fields_are_told_as_the_api_spells_them() -> None:
    assert problems.render(InvalidValue("no such tier", field="tier"))[1]["field"] == "size"


def test_every_model_is_listed_with_the_pixels_of_the_catalogue() -> None:
    listed = schema.ModelsAnswer.model_validate_json(json.dumps(cards.models(catalog(), Registry({"comp": FakeEngine()}), strict=False)))
    assert [m.id for m in listed.models] == [c.id for c in catalog().cards]
    for model, card in zip(listed.models, catalog().cards, strict=True):
        assert model.pixels == {r: {t: (card.size(r, t).width, card.size(r, t).height) for t in model.tiers} for r in model.ratios}
        assert model.tiers
        assert set(model.list_price_micros) == set(model.tiers)


def test_a_model_says_who_draws_for_it() -> None:
    fake = FakeEngine()
    flash = catalog().model("flash")
    assert cards.model(flash, Registry({"comp": fake}), strict=False) | {"engine": "fake", "stand_in": True} == \
        cards.model(flash, Registry({"comp": fake}), strict=False)
    assert cards.model(flash, Registry({"comp": fake}), strict=True)["engine"] is None


def test_capabilities_fit_their_schema_and_claim_no_check_that_is_not_made() -> None:
    answer = schema.CapabilitiesAnswer.model_validate_json(
        json.dumps(cards.capabilities(Registry({"comp": FakeEngine()}), policy.load(), "", Provenance(), key_required=True)))
    assert answer.engines[0].id == "fake"
    assert answer.policy.words
    assert not answer.policy.pictures
    assert answer.key_required


def test_the_reference_page_names_every_field_event_and_error() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reference" / "native.md").read_text("utf-8")
    models = (schema.ImageBody, schema.ImageAnswer, schema.PictureAnswer, schema.ProblemAnswer)
    names = {name for model in models for name in model.model_fields} | set(problems.PROBLEMS)
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
    for status, codes in re.findall(r"^\| (\d{3}) \| (.*) \|$", text, re.M):
        assert {problems.PROBLEMS[code][0] for code in re.findall(r"`(\w+)`", codes)} == {int(status)}
