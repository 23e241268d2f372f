"""klein's text encoder as a language model: greedy, between steps, on the weights that the network reads."""

import threading
from dataclasses import replace

import pytest
import torch

from cavendish.catalog.weights import weights
from cavendish.engines.diffusers.engine import DiffusionEngine
from cavendish.engines.diffusers.klein import Klein
from cavendish.engines.diffusers.speaking import Speaker
from cavendish.engines.diffusers.zimage import ZImage
from cavendish.engines.fake import FAKE
from cavendish.errors import Cancelled, EngineFailed, EngineUnavailable, Unsupported
from cavendish.thinking.language import NoAnswer, Question
from cavendish.thinking.local import LocalModel
from cavendish.types import ImageRequest, Size
from engines.diffusers import tiny


def _klein(speaks: bool = True) -> tuple[Klein, object]:
    pipe = tiny.klein_pipe()
    family = Klein(pipe, weights("klein-4b"), replace(tiny.CPU, speaks=speaks), text_layers=tiny.TEXT_LAYERS)
    if family._speaker is not None:
        family._speaker = replace(family._speaker, limit=6)  # random weights never end by themselves
    return family, pipe


def _greedy(pipe, words: str, count: int) -> list[int]:
    """What the whole network says next, token by token, without a cache."""
    ids = pipe.tokenizer(words, return_tensors="pt")["input_ids"]
    start = ids.shape[1]
    with torch.inference_mode():
        for _ in range(count):
            ids = torch.cat([ids, pipe.text_encoder(input_ids=ids).logits[:, -1:].argmax(-1)], dim=1)
    return ids[0, start:].tolist()


def test_it_says_what_the_whole_network_says() -> None:
    family, pipe = _klein()
    with torch.inference_mode():
        text, tokens = family.say("red", "cat", threading.Event())
    expected = _greedy(pipe, "<s> red <s> cat ", 6)
    assert tokens == 6
    assert text == pipe.tokenizer.decode(expected, skip_special_tokens=True)


def test_a_drawing_is_the_same_with_a_speaking_encoder() -> None:
    request = ImageRequest(prompt="a red mug", size=Size(64, 64), seed=3, steps=2)
    pictures = []
    for speaks in (False, True):
        engine = DiffusionEngine(FAKE, _klein(speaks)[0])
        try:
            if speaks:
                assert engine.speak("red", "cat", lambda: None)[1] > 0
            pictures.append(bytes(next(iter(engine.generate(request, lambda *_a, **_k: None))).pixels.data))
        finally:
            engine.close()
    assert pictures[0] == pictures[1]


def test_who_leaves_ends_the_generation() -> None:
    engine = DiffusionEngine(FAKE, _klein()[0])
    seen: list[threading.Event] = []
    begun, ended = threading.Event(), threading.Event()

    def work(stopped: threading.Event) -> int:
        seen.append(stopped)
        begun.set()
        assert stopped.wait(10)
        ended.set()
        return 1

    def check() -> None:
        if begun.is_set():
            raise Cancelled("left", hint="")

    try:
        with pytest.raises(Cancelled):
            engine._batcher.ask(work, check)
        assert ended.wait(10)
        assert engine.speak("red", "cat", lambda: None)[1] > 0  # the device lives on
    finally:
        engine.close()
    with pytest.raises(EngineUnavailable):
        engine.speak("red", "cat", lambda: None)


def test_a_stopped_generation_is_short() -> None:
    _, pipe = _klein()
    stopped = threading.Event()
    stopped.set()
    assert Speaker.of(pipe.text_encoder, pipe.tokenizer).say("red", "cat", stopped)[1] <= 1


def test_what_fails_on_the_device_is_an_error_of_the_one_who_asked() -> None:
    engine = DiffusionEngine(FAKE, _klein()[0])

    def fail(_stopped: threading.Event) -> None:
        raise ValueError("boom")

    try:
        with pytest.raises(EngineFailed):
            engine._batcher.ask(fail, lambda: None)
    finally:
        engine.close()


def test_encoders_that_do_not_speak_say_so() -> None:
    engine = DiffusionEngine(FAKE, ZImage(tiny.zimage_pipe(), weights("z-image-turbo"), tiny.CPU))
    quiet = DiffusionEngine(FAKE, _klein(speaks=False)[0])
    try:
        for one in (engine, quiet):
            with pytest.raises(Unsupported):
                one.speak("red", "cat", lambda: None)
        model = LocalModel("quiet", lambda: quiet)
        with pytest.raises(NoAnswer, match="loaded to draw"):
            model.answer(Question(system="", user="", schema={}), lambda: None)
    finally:
        engine.close()
        quiet.close()
    with pytest.raises(Unsupported):
        Speaker.of(tiny.zimage_pipe().text_encoder, tiny.tokenizer())


def test_the_local_model_reads_json_out_of_its_words() -> None:
    class Spoken:
        def speak(self, system, user, check):
            assert '"type": "object"' in system
            return '<think></think>{"a": 1}', 9

    said = LocalModel("spoken", Spoken).answer(Question(system="Plan.", user="cat", schema={"type": "object"}), lambda: None)
    assert (said.value, said.tokens) == ({"a": 1}, 9)
