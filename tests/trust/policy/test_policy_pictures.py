"""Policy on pictures: a real ONNX model built here, its JSON, and the flow that refuses without a charge."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from cavendish.app import build
from cavendish.engines.base import EngineProfile
from cavendish.engines.fake import FAKE, FakeEngine
from cavendish.errors import ConfigError, EngineFailed
from cavendish.imaging import codec
from cavendish.imaging.raster import wrap
from cavendish.settings import Settings
from cavendish.trust.policy.pictures import judge, open_classifier
from cavendish.types import Asset, Done, ImageRequest, OutputSpec, Partial, Picture, Pixels, Size
from cavendish.work.run import Stop

pytest.importorskip("onnxruntime")

COMP = EngineProfile(**{f: getattr(FAKE, f) for f in FAKE.__slots__} | {"id": "comp"})
CARD = {"name": "colours", "labels": [{"name": "red", "category": "image_dangerous_content"}, "green",
                                      {"name": "blue", "category": "image_sexually_explicit"}],
        "width": 8, "height": 8, "mean": [0, 0, 0], "std": [1, 1, 1], "activation": "none"}


def _field(number: int, value: bytes | int) -> bytes:
    """One protobuf field."""
    def varint(n: int) -> bytes:
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def _tensor_of(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_field(1, _field(1, d)) for d in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, dims)))


def mean_colour_model(side: int = 8) -> bytes:
    """ONNX: GlobalAveragePool then Flatten, so that the scores are the mean red, green and blue."""
    pool = _field(1, b"x") + _field(2, b"m") + _field(4, b"GlobalAveragePool")
    flat = _field(1, b"m") + _field(2, b"y") + _field(4, b"Flatten")
    graph = (_field(1, pool) + _field(1, flat) + _field(2, b"g") + _field(11, _tensor_of("x", (1, 3, side, side)))
             + _field(12, _tensor_of("y", (1, 3))))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 13))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "colours.onnx"
    path.write_bytes(mean_colour_model())
    path.with_suffix(".json").write_text(json.dumps(CARD))
    return path


def _flat(color: tuple[int, ...], dtype: type = np.uint8) -> Pixels:
    return wrap(np.full((32, 48, len(color)), color, dtype=dtype))


def test_it_sees_what_the_model_sees(model: Path) -> None:
    scores = open_classifier(model).classify(_flat((255, 255, 51)))
    assert scores == pytest.approx({"image_dangerous_content": 1.0, "image_sexually_explicit": 0.2}, abs=0.01)


@pytest.mark.parametrize(("pixels", "band"), [
    (_flat((255, 0, 0)), "high"), (_flat((65535, 0, 0), np.uint16), "high"), (_flat((255, 0, 0, 255)), "high"),
    (_flat((255, 0, 0, 0)), "high"), (_flat((0, 200, 0)), None), (_flat((130, 0, 0)), None), (_flat((200,)), None)])
def test_only_high_is_refused_unless_asked(model: Path, pixels: Pixels, band: str | None) -> None:
    verdict = judge(pixels, open_classifier(model), ())
    assert (verdict.band if verdict else None) == band


def test_thresholds_of_the_request_decide(model: Path) -> None:
    classifier = open_classifier(model)
    half, red = _flat((140, 0, 0)), _flat((255, 0, 0))
    assert judge(half, classifier, (("image_dangerous_content", "block_medium_and_above"),)).band == "medium"
    assert judge(half, classifier, (("dangerous_content", "block_medium_and_above"),)).band == "medium"
    assert judge(red, classifier, (("dangerous_content", "block_none"),)) is None
    assert judge(red, classifier, (("image_dangerous_content", "block_only_high"), ("dangerous_content", "off"))).band == "high"


def test_softmax_and_sigmoid(model: Path) -> None:
    for activation, expected in (("softmax", np.e / (np.e + 2)), ("sigmoid", 1 / (1 + np.exp(-1)))):
        model.with_suffix(".json").write_text(json.dumps(CARD | {"activation": activation}))
        scores = open_classifier(model).classify(_flat((255, 0, 0)))
        assert scores["image_dangerous_content"] == pytest.approx(expected, abs=1e-3)


def test_a_label_too_many_is_told(model: Path) -> None:
    model.with_suffix(".json").write_text(json.dumps(CARD | {"labels": [*CARD["labels"], "more"]}))
    with pytest.raises(EngineFailed, match="3 scores for 4 labels"):
        open_classifier(model).classify(_flat((1, 2, 3)))


@pytest.mark.parametrize(("change", "said"), [
    ({"labels": ["a", "b"]}, "no label has a category"), ({"activation": "relu"}, "activation must be"),
    ({"layout": "CHW"}, "layout must be"), ({"std": [1, 0, 1]}, "std must not hold 0"), ({"mean": [1, 2]}, "colours.json is wrong"),
    ({"bands": {"low": 0.9}}, "bands must rise"), ({"labels": [{"category": "gore"}]}, "category gore is not one of"),
    ({"width": 100_000}, "at most 4096"), ({"width": None}, "colours.json is wrong")])
def test_a_wrong_card_is_told(model: Path, change: dict[str, object], said: str) -> None:
    model.with_suffix(".json").write_text(json.dumps(CARD | change))
    with pytest.raises(ConfigError, match=said):
        open_classifier(model)


def test_missing_and_broken_files_are_told(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        open_classifier(tmp_path / "none.onnx")
    model.write_bytes(b"not a model" + struct.pack("<I", 7))
    with pytest.raises(ConfigError, match="not a model"):
        open_classifier(model)


def _red(request: ImageRequest, seed: int) -> Pixels:
    """Red for odd seeds, green for even ones."""
    size, _ = request.complete()
    color = (255, 0, 0) if seed % 2 else (0, 200, 0)
    return wrap(np.full((size.height, size.width, 3), color, dtype=np.uint8))


def test_a_refused_picture_is_neither_finished_nor_charged(model: Path, tmp_path: Path) -> None:
    events: list[object] = []
    engine = FakeEngine(profile=COMP, draw=_red)
    with build(Settings(data=tmp_path, picture_classifier=str(model)), {"comp": engine}) as app:
        request = ImageRequest(prompt="x", model="comp", seed=1, size=Size(64, 64), count=2, partial_images=1)
        result = app.service.generate(request, Stop(60), events.append)
        alone = app.service.generate(ImageRequest(prompt="x", model="gemini-3-pro-image", seed=3), Stop(60))
    assert [c.finish_reason for c in result.candidates] == ["safety", "stop"]
    assert result.candidates[0].asset is None
    assert "colours sees image_dangerous_content at 1.00 (high)" in result.candidates[0].note
    assert (alone.usage.output, alone.usage.list_price_micros) == (0, 0)
    assert [type(e) for e in events if isinstance(e, Partial | Done)] == [Done, Done]  # the preview was red, too


def test_a_file_from_an_engine_is_looked_at_too(model: Path, tmp_path: Path) -> None:
    class Sends(FakeEngine):
        def generate(self, request, on_step):
            return [Picture(seed=1, file=codec.encode(_red(request, 1), OutputSpec()))]

    with build(Settings(data=tmp_path, picture_classifier=str(model)), {"comp": Sends(profile=COMP)}) as app:
        result = app.service.generate(ImageRequest(prompt="x", model="comp", size=Size(64, 64)), Stop(60))
    assert result.candidates[0].finish_reason == "safety"


def test_safety_off_looks_at_nothing_and_refuses_bound_licences(model: Path, tmp_path: Path) -> None:
    engine = FakeEngine(profile=COMP, draw=_red)
    with build(Settings(data=tmp_path, picture_classifier=str(model), safety=False), {"comp": engine}) as app:
        made = app.service.generate(ImageRequest(prompt="porn", model="comp", seed=1, size=Size(64, 64)), Stop(60))
    assert isinstance(made.candidates[0].asset, Asset)
    bound = EngineProfile(**{f: getattr(COMP, f) for f in COMP.__slots__} | {"requires_safety": True, "licence": "Filters-1.0"})
    with pytest.raises(ConfigError, match=r"comp \(Filters-1.0\) asks for content filters") as caught, \
            build(Settings(data=tmp_path, safety=False), {"comp": FakeEngine(profile=bound)}):
        pass
    assert "CAVENDISH_SAFETY=on" in caught.value.hint
    with build(Settings(data=tmp_path), {"comp": FakeEngine(profile=bound)}) as app:
        assert "comp" in app.registry.engines


def test_without_a_model_nothing_looks_at_pictures_and_the_server_says_so(serve, tmp_path: Path) -> None:
    import httpx

    server = serve({"comp": FakeEngine(profile=COMP)})
    policy = httpx.get(f"{server.url}/api/v1/capabilities", headers={"authorization": f"Bearer {server.key}"}).json()["policy"]
    assert (policy["enabled"], policy["words"], policy["pictures"]) == (True, True, False)
    assert policy["picture_classifier"] == "no picture classifier is installed"


def test_each_dialect_tells_a_refused_picture_in_its_own_words(serve, model: Path) -> None:
    import httpx

    server = serve({"comp": FakeEngine(profile=COMP, draw=lambda r, s: _red(r, 1))}, picture_classifier=str(model))
    google = httpx.post(f"{server.url}/v1beta/models/gemini-3.1-flash-image:generateContent", headers={"x-goog-api-key": server.key},
                        json={"contents": [{"parts": [{"text": "a wall"}]}]})
    found = google.json()["candidates"][0]
    assert (google.status_code, found["finishReason"], found.get("content")) == (200, "IMAGE_SAFETY", None)
    assert "image_dangerous_content" in found["finishMessage"]
    openai = httpx.post(f"{server.url}/v1/images/generations", headers={"authorization": f"Bearer {server.key}"},
                        json={"model": "gpt-image-2", "prompt": "a wall"})
    error = openai.json()["error"]
    assert (openai.status_code, error["code"], error["moderation_details"]["moderation_stage"]) == (400, "moderation_blocked", "output")
    assert "image_dangerous_content" in error["message"]
