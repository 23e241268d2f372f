"""The one flow over the fake engine: sizes, seeds, states, stand-ins, recall, stop."""

import threading
from pathlib import Path

import numpy as np
import pytest

from cavendish.app import App, build
from cavendish.engines.base import EngineProfile
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import Blocked, Cancelled, DeadlineExceeded, EngineFailed, EngineUnavailable, UnknownModel, Unsupported
from cavendish.imaging.intake import open_picture
from cavendish.settings import Settings
from cavendish.types import Done, ImageRequest, OutputSpec, Partial, Picture, Pixels, Progress, Reference, ReferenceRole, Size
from cavendish.work.run import Stop

COMP = EngineProfile(**{f: getattr(FAKE, f) for f in FAKE.__slots__} | {"id": "comp", "tuning": frozenset()})


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(profile=COMP)


@pytest.fixture
def app(tmp_path: Path, engine: FakeEngine):
    with build(Settings(data=tmp_path, watermark=False), {"comp": engine}) as built:
        yield built


def _generate(app: App, stop: Stop | None = None, **fields: object):
    return app.service.generate(ImageRequest(**({"prompt": "a dog", "model": "comp"} | fields)), stop or Stop(60))


@pytest.mark.parametrize(("ratio", "tier", "size"), [("16:9", "1K", Size(1376, 768)), ("1:8", "512", Size(192, 1536)),
                                                     (None, None, Size(1024, 1024))])
def test_the_file_has_the_size_of_the_table(app: App, ratio: str | None, tier: str | None, size: Size) -> None:
    result = _generate(app, aspect_ratio=ratio, tier=tier)
    assert open_picture(result.candidates[0].asset.data).size == result.size == size


def test_an_engine_that_draws_near_the_size_is_finished_exactly(tmp_path: Path) -> None:
    def near(request: ImageRequest, seed: int) -> Pixels:
        return Pixels(width=100, height=90, channels=3, data=bytes(100 * 90 * 3))

    with build(Settings(data=tmp_path, watermark=False), {"comp": FakeEngine(profile=COMP, draw=near)}) as app:
        assert open_picture(_generate(app).candidates[0].asset.data).size == Size(1024, 1024)


def test_candidates_count_up_from_the_seed(app: App) -> None:
    assert [c.seed for c in _generate(app, seed=7, count=3).candidates] == [7, 8, 9]


def test_without_a_seed_one_is_chosen_and_told(app: App) -> None:
    seeds = {_generate(app).candidates[0].seed for _ in range(3)}
    assert len(seeds) == 3


def test_a_seeded_request_is_recalled_and_drawn_once(app: App, engine: FakeEngine) -> None:
    first, second = _generate(app, seed=5), _generate(app, seed=5)
    assert first.candidates == second.candidates
    assert first.id != second.id
    assert len(engine.seen) == 1


def test_equal_requests_at_once_are_joined(tmp_path: Path) -> None:
    engine = FakeEngine(profile=COMP, delay_s=0.3)
    with build(Settings(data=tmp_path, watermark=False), {"comp": engine}) as app:
        futures = [app.pool.submit(lambda: _generate(app, seed=1)) for _ in range(2)]
        results = [f.result(10) for f in futures]
    assert results[0].candidates == results[1].candidates
    assert len(engine.seen) == 1


def test_a_failed_maker_does_not_fail_who_joined(tmp_path: Path) -> None:
    engine = FakeEngine(profile=COMP, delay_s=0.2, fail=EngineFailed("boom", hint="again"))
    with build(Settings(data=tmp_path, watermark=False), {"comp": engine}) as app:
        first = app.pool.submit(lambda: _generate(app, seed=1))
        second = app.pool.submit(lambda: _generate(app, seed=1))
        with pytest.raises(EngineFailed):
            first.result(10)
        with pytest.raises(EngineFailed):
            second.result(10)
    assert len(engine.seen) == 2


def test_a_stand_in_says_so_and_drops_only_what_it_names(app: App, engine: FakeEngine) -> None:
    result = _generate(app, model="gemini-3-pro-image", steps=4)
    assert (result.engine, result.model) == ("comp", "gemini-3-pro-image")
    assert "steps" in result.note
    assert engine.seen[0].steps is None


def test_the_asked_engine_refuses_what_it_cannot_read(app: App) -> None:
    with pytest.raises(Unsupported):
        _generate(app, steps=4)


def test_strict_installations_do_not_stand_in(tmp_path: Path, engine: FakeEngine) -> None:
    with build(Settings(data=tmp_path, strict_models=True), {"comp": engine}) as app, pytest.raises(EngineUnavailable):
        _generate(app, model="flash")


def test_an_unknown_model_is_refused(app: App) -> None:
    with pytest.raises(UnknownModel):
        _generate(app, model="gemini-9-ultra")


def test_a_blocked_prompt_reaches_no_engine(app: App, engine: FakeEngine) -> None:
    with pytest.raises(Blocked):
        _generate(app, prompt="hardcore sex on a table")
    assert engine.seen == []


def test_events_come_in_order(app: App) -> None:
    events: list[object] = []
    app.service.generate(ImageRequest(prompt="x", model="comp", count=2, partial_images=1), Stop(60), events.append)
    assert [type(e) for e in events] == [Progress, Partial, Done, Done]


def test_a_cancelled_run_stops_at_its_next_step(tmp_path: Path) -> None:
    engine = FakeEngine(delay_s=0.05)
    stop = Stop(60)
    with build(Settings(data=tmp_path, watermark=False), {"flash": engine}) as app:
        threading.Timer(0.1, stop.cancel).start()
        with pytest.raises(Cancelled):
            _generate(app, stop, model="flash", steps=100)


def test_a_deadline_ends_a_run(tmp_path: Path) -> None:
    with build(Settings(data=tmp_path, watermark=False), {"flash": FakeEngine(delay_s=0.05)}) as app, pytest.raises(DeadlineExceeded):
        _generate(app, Stop(0.1), model="flash", steps=100)


class OneByOne:
    """An engine that draws its candidates one after the other."""

    profile = COMP

    def __init__(self, made: int) -> None:
        self.made = made

    def generate(self, request: ImageRequest, on_step) -> object:
        for number in range(self.made):
            on_step(number + 1, self.made, index=number)
            yield Picture(seed=number, pixels=Pixels(width=1, height=1, channels=3, data=bytes(3)), thoughts=("one", f"{number}"))

    def close(self) -> None: ...


def test_candidates_are_told_as_they_are_done(tmp_path: Path) -> None:
    events: list[object] = []
    with build(Settings(data=tmp_path, watermark=False), {"comp": OneByOne(2)}) as app:
        app.service.generate(ImageRequest(prompt="x", model="comp", count=2), Stop(60), events.append)
    assert [type(e).__name__ for e in events] == ["Progress", "Thought", "Thought", "Done", "Progress", "Thought", "Done"]


@pytest.mark.parametrize("made", [0, 1, 3])
def test_an_engine_that_miscounts_has_failed(tmp_path: Path, made: int) -> None:
    with build(Settings(data=tmp_path, watermark=False), {"comp": OneByOne(made)}) as app, pytest.raises(EngineFailed):
        _generate(app, count=2)


def test_a_run_that_ends_early_frees_the_device(tmp_path: Path) -> None:
    def leave(event: object) -> None:
        if isinstance(event, Done):
            raise Cancelled("enough", hint="")

    with build(Settings(data=tmp_path, watermark=False), {"comp": OneByOne(2)}) as app:
        with pytest.raises(Cancelled) as kept:  # the error, and its frames, live on
            app.service.generate(ImageRequest(prompt="x", model="comp", count=2), Stop(60), leave)
        assert app.pool.submit(lambda: _generate(app, count=2)).result(10).candidates
        assert kept.value.message == "enough"


class Remembering:
    """An engine whose pictures carry a state, and which sees the state of the base it gets."""

    profile = COMP

    def __init__(self) -> None:
        self.states: list[bytes] = []

    def generate(self, request: ImageRequest, on_step: object) -> list[Picture]:
        size, seed = request.complete()
        self.states.append(request.base.state if request.base else b"")
        noise = np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
        pixels = Pixels(width=size.width, height=size.height, channels=3, data=noise.tobytes())
        return [Picture(seed=seed, pixels=pixels, state=b"scene %d" % seed)]

    def close(self) -> None: ...


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("way", ["signature", "file", "pixels"])
def test_a_state_comes_back_by_signature_by_file_or_by_pixels(tmp_path: Path, way: str, mime: str) -> None:
    from io import BytesIO

    from PIL import Image

    engine = Remembering()
    with build(Settings(data=tmp_path, watermark=False), {"comp": engine}) as app:
        drawn = _generate(app, seed=3, tier="512", output=OutputSpec(mime=mime)).candidates[0]
        reencoded = BytesIO()
        Image.open(BytesIO(drawn.asset.data)).save(reencoded, "PNG")
        data = drawn.asset.data if way == "file" else reencoded.getvalue()
        base = Reference(data=data, role=ReferenceRole.BASE, signature=drawn.signature if way == "signature" else b"junk")
        _generate(app, references=(base,))
    assert engine.states[-1] == b"scene 3"


def test_a_tampered_signature_is_no_state(tmp_path: Path) -> None:
    engine = Remembering()
    with build(Settings(data=tmp_path, watermark=False), {"comp": engine}) as app, build(Settings(data=tmp_path / "other"),
                                                                      {"comp": Remembering()}) as other:
        drawn = _generate(other, seed=3, tier="512").candidates[0]
        broken = drawn.signature[:-1] + bytes([drawn.signature[-1] ^ 1])
        for signature in (drawn.signature, broken):
            base = Reference(data=drawn.asset.data, role=ReferenceRole.BASE, signature=signature)
            _generate(app, references=(base,))
    assert engine.states == [b"", b""]


def test_usage_adds_up_and_is_charged_per_picture(app: App) -> None:
    one, two = _generate(app, model="gemini-3-pro-image"), _generate(app, model="gemini-3-pro-image", count=2)
    assert (one.usage.output_image, two.usage.output_image) == (1120, 2240)
    assert one.usage.list_price_micros >= 134_400


class Turning:
    """An engine that answers with another shape, as a crop or a turn of a photograph does."""

    profile = COMP

    def generate(self, request: ImageRequest, on_step: object) -> list[Picture]:
        pixels = Pixels(width=90, height=160, channels=3, data=bytes(90 * 160 * 3))
        return [Picture(seed=0, pixels=pixels, reshaped=True)]

    def close(self) -> None: ...


@pytest.mark.parametrize(("asked", "size"), [({}, Size(768, 1376)), ({"tier": "512"}, Size(384, 688)),
                                             ({"aspect_ratio": "1:1"}, Size(1024, 1024)), ({"size": Size(64, 48)}, Size(64, 48))])
def test_a_shape_that_the_words_asked_for_is_kept_unless_the_caller_fixed_one(tmp_path: Path, asked: dict, size: Size) -> None:
    with build(Settings(data=tmp_path, watermark=False), {"comp": Turning()}) as app:
        result = _generate(app, **asked)
    assert open_picture(result.candidates[0].asset.data).size == result.size == size
