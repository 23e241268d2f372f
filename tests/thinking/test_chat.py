"""The chat client against a loopback endpoint with faults: bounded repeats, every format, no key in sight, cancellable."""

import json
import threading
import time

import pytest

from cavendish.errors import Cancelled, ConfigError
from cavendish.imaging.intake import open_picture
from cavendish.thinking.chat import ChatModel, Patience, chat_model
from cavendish.thinking.language import NoAnswer, Question, parse_object
from cavendish.types import Pixels
from thinking.chat_server import ChatServer, Reply, chatting

KEY = "sk-secret-0123456789"
QUESTION = Question(system="Answer.", user="?", schema={"type": "object"})


def _model(server: ChatServer, **how: object) -> ChatModel:
    made = chat_model(server.url, KEY, "tiny", vision=bool(how.pop("vision", False)), timeout_s=5.0)
    made.patience = Patience(**({"most_s": 5.0, "pauses_s": (0.01, 0.01)} | how))
    return made


def _answer(model: ChatModel) -> dict:
    return model.answer(QUESTION, lambda: None).value


def test_it_asks_with_a_schema_and_the_key_and_counts_tokens() -> None:
    with chatting(lambda _body: Reply('{"a": 1}')) as server:
        said = _model(server).answer(QUESTION, lambda: None)
    assert (said.value, said.tokens) == ({"a": 1}, 21)
    assert server.keys == [f"Bearer {KEY}"]
    assert server.asked[0]["response_format"]["json_schema"]["schema"] == QUESTION.schema
    assert server.asked[0]["model"] == "tiny"


def test_a_server_without_schemas_gets_plain_json_and_is_remembered() -> None:
    def reply(body: dict) -> Reply:
        return Reply(status=400, content="?") if "response_format" in body else Reply('Sure: ```json\n{"a": 2}\n```')

    with chatting(reply) as server:
        model = _model(server)
        assert _answer(model) == {"a": 2}
        assert len(server.asked) == 3
        assert '{"type": "object"}' in server.asked[2]["messages"][0]["content"]
        assert _answer(model) == {"a": 2}
        assert len(server.asked) == 4


def test_what_is_busy_or_breaks_is_asked_again_but_not_for_ever() -> None:
    replies = [Reply(status=503), Reply(cut=True, content="{}"), Reply('{"a": 3}')]
    with chatting(lambda _body: replies.pop(0)) as server:
        assert _answer(_model(server)) == {"a": 3}
    with chatting(lambda _body: Reply(status=503)) as server:
        with pytest.raises(NoAnswer, match="503"):
            _answer(_model(server))
        assert len(server.asked) == 3


@pytest.mark.parametrize(("reply", "why"), [
    (Reply(status=401), "401"), (Reply("no json"), "not JSON"), (Reply("[1]"), "not JSON"), (Reply('{"a":'), "not JSON"), (Reply(""), "empty"),
    (Reply('{"a": 1}', finish="length"), "cut off"), (Reply(raw=b"<html>"), "no chat completion"), (Reply(raw=b'{"choices": []}'), "no choice"),
    (Reply(raw=b'{"choices": [{"message": {"refusal": "no"}}]}'), "refused"), (Reply(raw=b"[" * 50_000), "no chat completion"),
    (Reply("{" * 60_000), "not JSON"), (Reply(raw=b" " * 3_000_000), "broke"),
    (Reply(status=429, headers={"retry-after": "3600"}), "429")])
def test_what_cannot_be_used_is_said(reply: Reply, why: str) -> None:
    with chatting(lambda _body: reply) as server, pytest.raises(NoAnswer, match=why) as caught:
        _answer(_model(server, pauses_s=()))
    assert KEY not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_an_answer_without_a_count_is_estimated() -> None:
    with chatting(lambda _body: Reply('{"a": 1}', tokens=None)) as server:
        assert _model(server).answer(QUESTION, lambda: None).tokens == 3


def test_its_time_is_bounded_and_it_can_be_left() -> None:
    with chatting(lambda _body: Reply("{}", delay_s=1.0)) as server:
        with pytest.raises(NoAnswer, match=r"0\.1 s"):
            _answer(_model(server, most_s=0.1))
        stop = threading.Event()

        def check() -> None:
            if stop.is_set():
                raise Cancelled("stopped", hint="")

        threading.Timer(0.05, stop.set).start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            _model(server).answer(QUESTION, check)
        assert time.monotonic() - start < 0.9  # it left before the answer came


def test_an_endpoint_that_is_away_is_said() -> None:
    with chatting(lambda _body: Reply("{}")) as server:
        pass
    with pytest.raises(NoAnswer, match="reached"):
        _answer(_model(server))


def test_pictures_are_shown_small_and_only_to_models_that_see() -> None:
    picture = Pixels(width=2048, height=1024, channels=4, data=bytes(2048 * 1024 * 4))
    question = Question(system="", user="look", schema={}, pictures=(picture,))
    with chatting(lambda _body: Reply("{}")) as server:
        _model(server).answer(question, lambda: None)
        _model(server, vision=True).answer(question, lambda: None)
    assert server.asked[0]["messages"][1]["content"] == "look"
    import base64
    url = server.asked[1]["messages"][1]["content"][1]["image_url"]["url"]
    assert open_picture(base64.b64decode(url.partition(",")[2])).size.width == 1024


def test_no_repr_shows_the_key() -> None:
    with chatting(lambda _body: Reply("{}")) as server:
        model = _model(server)
        assert KEY not in repr(model) + repr(vars(model.transport).keys()) + str(model)


def test_a_base_url_is_checked() -> None:
    with pytest.raises(ConfigError):
        chat_model("localhost:8000", "", "m", vision=False, timeout_s=1)


@pytest.mark.parametrize("text", ['<think>{"no": 1}</think> {"a": 1}', 'x {"a": 1} y {"b": 2}', json.dumps({"a": 1})])
def test_the_object_is_found_in_what_was_written(text: str) -> None:
    assert parse_object(text) == {"a": 1}
