"""The flow with checks: blanks, misspelt text, checklists, one corrective pass, exact text, what is kept of it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cavendish.app import App, build
from cavendish.engines.fake import FAKE
from cavendish.errors import EngineFailed, Unsupported
from cavendish.imaging.intake import open_picture
from cavendish.imaging.raster import view
from cavendish.settings import Settings
from cavendish.thinking.check import Checker, is_blank
from cavendish.thinking.ocr import RapidReader
from cavendish.thinking.review import SEED_STEP, Reviewer
from cavendish.thinking.spelling import spell
from cavendish.types import ImageRequest, Mask, Pixels, Reference, ReferenceRole, Result, Size, TextLayer, Thinking, Thought
from cavendish.work.run import Stop
from thinking.drawing import TRAINED, Looker, Remembering, ScriptedEngine, flat, sign

SIZE = Size(512, 512)
READER = Remembering(RapidReader())
WORDS = 'a board that says "FRESH BREAD"'


class Flow:
    """An app around one engine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.app = folder, None

    def run(self, engine: ScriptedEngine, reviewer: Reviewer | None = None, events: list | None = None, **fields: object) -> Result:
        with build(Settings(data=self.folder, watermark=False, credentials="off", intake_workers=0), {"comp": engine}) as app:
            self.app: App = app
            service = replace(app.service, reviewer=reviewer or Reviewer(checker=Checker(reader=READER)))
            request = ImageRequest(**({"prompt": WORDS, "model": "comp", "size": SIZE, "seed": 7} | fields))
            return service.generate(request, Stop(60), (events if events is not None else []).append)


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    return Flow(tmp_path)


def _thoughts(result: Result) -> str:
    return "\n".join(result.candidates[0].thoughts)


def _read(result: Result, wanted: str) -> float:
    return spell(wanted, READER.read(open_picture(result.candidates[0].asset.data))).rate


def test_a_blank_picture_is_drawn_again_with_another_seed(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, seed: flat() if seed == 7 else sign("x"))
    candidate = flow.run(engine, prompt="a board").candidates[0]
    assert candidate.finish_reason == "stop"
    assert candidate.seed == 7 + SEED_STEP
    assert [r.seed for r in engine.seen] == [7, 7 + SEED_STEP]
    assert "blank" in "".join(candidate.thoughts)


def test_a_picture_that_stays_blank_does_not_leave(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, _s: flat())
    result = flow.run(engine, prompt="a board")
    assert (result.candidates[0].finish_reason, result.candidates[0].asset) == ("other", None)
    assert "empty picture twice" in result.candidates[0].note
    assert result.usage.output_image == 0
    assert len(engine.seen) == 2


def test_a_plain_ground_may_leave_where_the_words_ask_for_one_or_rules_drew_it(flow: Flow) -> None:
    assert flow.run(ScriptedEngine(lambda _r, _s: flat()), prompt="a solid grey background").candidates[0].asset
    assert flow.run(ScriptedEngine(lambda _r, _s: flat(), replace(FAKE, id="comp")), prompt="a board").candidates[0].asset


@pytest.mark.parametrize(("pixels", "blank"), [
    (flat(64), True), (sign("", 128), False), (Pixels(width=64, height=64, channels=4, data=bytes(64 * 64 * 4)), True),
    (Pixels(width=64, height=64, channels=1, data=bytes(range(64)) * 64), False),
    (Pixels(width=64, height=64, channels=4, data=(b"\xff\xff\xff\x00" * 32 + b"\xff\xff\xff\xff" * 32) * 64), False)])
def test_what_is_blank(pixels: Pixels, blank: bool) -> None:
    assert is_blank(pixels) is blank


def test_misspelt_text_is_told_at_medium_and_mended_by_an_edit_at_high(flow: Flow) -> None:
    def draw(request: ImageRequest, _seed: int) -> Pixels:
        return sign("FRESH BREAD" if request.base is not None else "FRESH BRAED")

    engine = ScriptedEngine(draw)
    told = flow.run(engine, thinking=Thinking.MEDIUM)
    assert "reads “FRESH BRAED”: 20% of its letters are wrong" in _thoughts(told)
    assert len(engine.seen) == 1
    events: list = []
    mended = flow.run(engine, thinking=Thinking.HIGH, events=events)
    assert _read(mended, "FRESH BREAD") == 0
    assert "Corrected by an edit." in _thoughts(mended)
    assert [e.text for e in events if isinstance(e, Thought)] == list(mended.candidates[0].thoughts)
    edit = engine.seen[-1]
    assert 'must read exactly "FRESH BREAD"' in edit.prompt
    assert spell("FRESH BRAED", READER.read(edit.base.pixels)).right
    review = flow.app.rows.review(mended.candidates[0].asset.digest)
    assert review.facts["how"] == "edit"
    assert review.facts["before"]["texts"][0]["error_rate"] == pytest.approx(0.2)
    assert review.facts["after"]["texts"][0]["error_rate"] == 0
    assert spell("FRESH BRAED", READER.read(open_picture(flow.app.service.corrected.get(review.before)))).right
    json.dumps(review.facts)


def test_an_engine_that_does_not_edit_gets_the_best_of_more_seeds(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, seed: sign("FRESH BREAD" if seed == 7 + 2 * SEED_STEP else "FRESH BRAED"),
                            replace(TRAINED, max_references=0))
    result = flow.run(engine, thinking=Thinking.HIGH)
    assert result.candidates[0].seed == 7 + 2 * SEED_STEP
    assert len(engine.seen) == 3  # it stops at the first that passes
    assert "another seed" in _thoughts(result)


def test_a_correction_that_makes_it_worse_is_not_taken(flow: Flow) -> None:
    engine = ScriptedEngine(lambda r, _s: sign("" if r.base is not None else "FRESH BRAED"))
    result = flow.run(engine, thinking=Thinking.HIGH)
    assert _read(result, "FRESH BRAED") == 0
    assert "did not make it better" in _thoughts(result)
    assert flow.app.rows.review(result.candidates[0].asset.digest).before == ""


def test_a_correction_that_fails_leaves_the_first_picture(flow: Flow) -> None:
    def draw(request: ImageRequest, _seed: int) -> Pixels:
        if request.base is not None:
            raise EngineFailed("boom", hint="")
        return sign("FRESH BRAED")

    assert "The corrective pass failed: boom." in _thoughts(flow.run(ScriptedEngine(draw), thinking=Thinking.HIGH))


def test_a_checklist_that_is_not_met_is_mended(flow: Flow) -> None:
    looker = Looker(lambda q: [bool(view(q.pictures[0])[200, 200, 0] > 100)] * len(json.loads(q.user)))
    engine = ScriptedEngine(lambda r, _s: sign("", board=(200, 70, 60) if r.base is not None else (40, 70, 60)))
    reviewer = Reviewer(checker=Checker(model=looker))
    result = flow.run(engine, reviewer, prompt="three red cups, no people", thinking=Thinking.HIGH)
    assert "Are there exactly 3 red cups in the picture? No." in _thoughts(result)
    assert "Are there exactly 3 red cups in the picture? Yes." in _thoughts(result)
    assert "Is the picture free of people?" in engine.seen[-1].prompt
    assert result.candidates[0].thought_tokens == 10
    assert result.usage.thoughts > 10


def test_a_checklist_without_a_good_answer_fails_nothing(flow: Flow) -> None:
    reviewer = Reviewer(checker=Checker(model=Looker(lambda _q: [True])))
    result = flow.run(ScriptedEngine(lambda _r, _s: sign("")), reviewer, prompt="three cups, no dogs", thinking=Thinking.HIGH)
    assert "The checklist was not answered: it did not answer every question." in _thoughts(result)


def test_without_ocr_the_thoughts_say_so_and_exact_text_is_refused(flow: Flow) -> None:
    reviewer, engine = Reviewer(), ScriptedEngine(lambda _r, _s: sign(""))
    assert "no OCR is installed" in _thoughts(flow.run(engine, reviewer, thinking=Thinking.HIGH))
    with pytest.raises(Unsupported, match="OCR"):
        flow.run(engine, reviewer, text="exact")


def test_exact_text_that_is_misspelt_twice_is_typeset(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, _s: sign("FRESH BRAED", lean=0.02))
    result = flow.run(engine, text="exact")
    assert len(engine.seen) == 2
    assert _read(result, "FRESH BREAD") == 0
    assert "so Cavendish typeset it" in result.candidates[0].note
    review = flow.app.rows.review(result.candidates[0].asset.digest)
    assert review.facts["typeset"] == ["“FRESH BREAD” was set in the place of “FRESH BRAED”"]
    assert review.before
    before, after = view(sign("FRESH BRAED", lean=0.02)), view(open_picture(result.candidates[0].asset.data))
    moved = np.abs(before.astype(int) - after).max(axis=2) > 0
    assert not moved[:140].any()
    assert not moved[320:].any()
    ink = after[170:290, 80:430].reshape(-1, 3)
    assert np.linalg.norm(ink - np.array((240, 230, 200)), axis=1).min() < 20  # the old ink


def test_exact_text_that_is_right_is_left_alone(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, _s: sign("FRESH BREAD"))
    result = flow.run(engine, text="exact")
    assert len(engine.seen) == 1
    assert np.array_equal(view(open_picture(result.candidates[0].asset.data)), view(sign("FRESH BREAD")))


def test_exact_text_that_is_missing_goes_into_its_box(flow: Flow) -> None:
    engine = ScriptedEngine(lambda _r, _s: sign("", side=512))
    result = flow.run(engine, prompt="a wall", text="exact", text_layers=(TextLayer(text="HELLO", box=(0.1, 0.7, 0.8, 0.2), color="#ff0000"),))
    pixels = open_picture(result.candidates[0].asset.data)
    found = spell("HELLO", READER.read(pixels))
    assert found.right
    assert 0.68 * 512 < found.lines[0].quad[:, 1].mean() < 0.92 * 512
    assert (view(pixels)[360:460] == (255, 0, 0)).all(axis=2).any()


def test_outside_a_mask_exact_text_moves_nothing(flow: Flow) -> None:
    import io

    from PIL import Image
    base, mask = io.BytesIO(), io.BytesIO()
    Image.fromarray(view(sign("FRESH BRAED"))).save(base, "PNG")
    spot = np.zeros((512, 512), dtype=np.uint8)
    spot[:, :256] = 255
    Image.fromarray(spot).save(mask, "PNG")
    engine = ScriptedEngine(lambda _r, _s: sign("FRESH BRAED"))
    result = flow.run(engine, size=None, text="exact", references=(Reference(data=base.getvalue(), role=ReferenceRole.BASE),),
                      mask=Mask(data=mask.getvalue()))
    after = view(open_picture(result.candidates[0].asset.data))
    assert np.array_equal(after[:, 256:], view(sign("FRESH BRAED"))[:, 256:])


def test_candidates_stay_in_order_and_the_device_is_free_for_the_correction(flow: Flow) -> None:
    drawing = threading.Lock()

    class Device(ScriptedEngine):
        def generate(self, request, on_step):
            assert drawing.acquire(blocking=False)
            try:
                yield from ScriptedEngine.generate(self, request, on_step)
            finally:
                drawing.release()

    engine = Device(lambda r, seed: flat() if seed == 8 and r.count == 3 else sign("x", seed=seed % 100))
    result = flow.run(engine, prompt="a board", count=3)
    assert [c.index for c in result.candidates] == [0, 1, 2]
    assert [c.seed for c in result.candidates] == [7, 8 + SEED_STEP, 9]
