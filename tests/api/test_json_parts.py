"""Answers with pictures: the same JSON, without copying a picture into it."""

import json

import httpx

from cavendish.api import edge
from cavendish.engines.fake import FakeEngine


def test_pictures_are_parts_of_their_own():
    big, small = edge.b64(b"\xff" * 3_000), edge.b64(b"x")
    parts = edge.dump_parts({"a": [{"b": big}, "text", {"c": small}], "n": 1})
    assert (parts[1] is big.text, parts[3] is small.text) == (True, True)
    assert json.loads(b"".join(parts)) == {"a": [{"b": big.text.decode()}, "text", {"c": "eA=="}], "n": 1}


def test_json_without_pictures_is_one_part():
    assert edge.dump_parts({"a": "é"}) == ['{"a":"é"}'.encode()]


def test_an_answer_in_parts_says_its_length(serve):
    server = serve(engines={"comp": FakeEngine()})
    answer = httpx.post(server.url + "/v1/images/generations", headers={"authorization": f"Bearer {server.key}"},
                        json={"model": "comp", "prompt": "a cup", "n": 2})
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(answer.json()["data"]) == 2
