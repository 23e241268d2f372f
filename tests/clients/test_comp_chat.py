"""Six turns of chat with the official client on the embedded engine: each turn changes what was asked and nothing else."""

import io
from itertools import pairwise

import numpy as np
import pytest
from google import genai
from google.genai import types
from PIL import Image

from conftest import KEY

TURNS = ["a red apple and a blue car on a beach", "make it night", "change the apple to a banana", "remove the car",
         "add the headline “GOOD NIGHT”", "make it a watercolor"]


@pytest.fixture
def chat(server):
    client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=server.url))
    config = types.GenerateContentConfig(seed=11, image_config=types.ImageConfig(aspect_ratio="4:3", image_size="512"))
    yield client.chats.create(model="gemini-3.1-flash-image", config=config)
    client.close()


def _picture(reply: types.GenerateContentResponse) -> np.ndarray:
    part = next(p for p in reply.parts if p.inline_data)
    return np.asarray(Image.open(io.BytesIO(part.inline_data.data)).convert("RGB"), dtype=np.int16)


@pytest.mark.clients
def test_six_turns_change_what_was_asked(chat) -> None:
    replies = [chat.send_message(turn) for turn in TURNS]
    pictures, notes = [_picture(r) for r in replies], [r.text for r in replies]
    assert {p.shape for p in pictures} == {(448, 600, 3)}
    assert all("comp" in note for note in notes)
    words = ("apple", "night", "banana", "car", "GOOD NIGHT", "watercolor")
    assert [w for w, note in zip(words, notes, strict=True) if w.lower() not in note.lower()] == []
    moved = [np.abs(a - b).max(axis=2) > 24 for a, b in pairwise(pictures)]
    assert moved[0].mean() > 0.5  # night changes all
    assert 0.005 < moved[1].mean() < 0.2  # one thing for another
    assert 0.005 < moved[2].mean() < 0.35  # one thing gone
    assert pictures[1].mean() < pictures[0].mean() * 0.75


@pytest.mark.clients
def test_what_cannot_be_done_is_said_and_no_picture_pretends(chat) -> None:
    chat.send_message("a red apple on a desk")
    reply = chat.send_message("translate the text into Klingon")
    assert not [p for p in reply.parts or [] if p.inline_data]
    assert reply.candidates[0].finish_reason == types.FinishReason.NO_IMAGE
    assert "translat" in reply.text.lower()
