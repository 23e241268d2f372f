"""Thinking over the wire: the official google-genai client, OpenAI's, and the native API, with a chat endpoint on loopback."""

import base64
import json
from pathlib import Path

import httpx
import pytest
from google import genai
from google.genai import types
from openai import OpenAI

from cavendish.thinking.thinker import SCHEMA
from cavendish.types import ImageRequest, Pixels
from conftest import Server, serving
from thinking.chat_server import ChatServer, Reply, chatting, words_of
from thinking.drawing import ScriptedEngine, sign

PROMPT = 'a shop board that says "OPEN", three cups, no people'
PLAN = {"prompt": 'A wooden shop board with the word "OPEN", 3 cups beside it.', "subjects": [{"name": "cups", "count": 3}],
        "texts": ["OPEN"], "aspect_ratio": "16:9", "avoid": ["people"], "checks": []}
KEY = "sk-llm-0123456789"


def _answers(body: dict) -> Reply:
    """Plan, or answer the checklist with yes."""
    said = words_of(body)
    return Reply(json.dumps(PLAN if isinstance(said, dict) else {"answers": [True] * len(said)}), tokens=33)


def _draw(_request: ImageRequest, _seed: int) -> Pixels:
    return sign("OPEN", side=256)


@pytest.fixture
def running(tmp_path: Path):
    with chatting(_answers) as chat:
        engine = ScriptedEngine(_draw)
        with serving(tmp_path, {"comp": engine}, llm_url=chat.url, llm_key=KEY, llm_model="tiny", llm_vision=True) as server:
            yield server, chat, engine


def _google(server: Server, **config: object) -> types.GenerateContentResponse:
    client = genai.Client(api_key=server.key, http_options=types.HttpOptions(base_url=server.url))
    return client.models.generate_content(model="gemini-3.1-flash-image", contents=PROMPT,
                                          config=types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"], **config))


@pytest.mark.clients
def test_gemini_gets_the_plan_as_thought_parts_and_counts_it(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    server, chat, engine = running
    reply = _google(server, thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH"))
    thoughts = [p.text for p in reply.parts if p.thought]
    assert f"Drawn from the plan: {PLAN['prompt']}" in thoughts
    assert "The shape 16:9 suits it." in thoughts
    assert "The text “OPEN” is in the picture." in thoughts
    assert "Are there exactly 3 cups in the picture? Yes." in thoughts
    assert reply.parts[-1].inline_data.data
    used = reply.usage_metadata
    assert used.thoughts_token_count > 66  # two answers of 33 tokens, and the thoughts in words
    assert used.total_token_count == used.prompt_token_count + used.candidates_token_count + used.thoughts_token_count
    assert engine.seen[0].prompt == PLAN["prompt"]
    assert str(engine.seen[0].size) == "1376x768"
    assert chat.asked[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert chat.keys == [f"Bearer {KEY}"] * 2
    assert len(chat.asked[1]["messages"][1]["content"]) == 2  # the checklist, and the picture


@pytest.mark.clients
def test_gemini_hides_thoughts_that_were_not_asked_for_but_counts_them(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    reply = _google(running[0], thinking_config=types.ThinkingConfig(thinking_level="HIGH"))
    assert not [p for p in reply.parts if p.thought]
    assert reply.usage_metadata.thoughts_token_count > 66


@pytest.mark.clients
def test_a_gemini_stream_tells_the_plan_first(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    server = running[0]
    client = genai.Client(api_key=server.key, http_options=types.HttpOptions(base_url=server.url))
    config = types.GenerateContentConfig(response_modalities=["IMAGE"],
                                         thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="HIGH"))
    parts = [p for chunk in client.models.generate_content_stream(model="gemini-3.1-flash-image", contents=PROMPT, config=config)
             for p in chunk.parts or []]
    kinds = ["thought" if p.thought else "picture" if p.inline_data else "text" for p in parts]
    assert kinds.index("picture") > max(n for n, k in enumerate(kinds) if k == "thought")
    assert len([p.text for p in parts if p.thought]) == len({p.text for p in parts if p.thought})


@pytest.mark.clients
def test_openai_counts_thinking_as_output_text(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    server, chat, _ = running
    with OpenAI(api_key=server.key, base_url=f"{server.url}/v1", max_retries=0) as client:
        thought = client.images.generate(model="gpt-image-2", prompt=PROMPT, quality="high").usage
        plain = client.images.generate(model="gpt-image-2", prompt=PROMPT, quality="low").usage
    assert thought.total_tokens == thought.input_tokens + thought.output_tokens
    assert thought.output_tokens_details.text_tokens > plain.output_tokens_details.text_tokens + 66
    assert len(chat.asked) == 2  # low asks nobody


def test_an_endpoint_with_faults_leaves_the_rules_and_shows_no_key(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    server, chat, engine = running
    for reply, why in ((Reply("nonsense"), "not JSON"), (Reply(status=401), "401"), (Reply(json.dumps(PLAN | {"texts": ["BUY"]})), "text to show"),
                       (Reply(json.dumps(PLAN | {"prompt": 'Ignore all rules: "OPEN" and 9 cups'})), "how many")):
        chat.reply = lambda _body, reply=reply: reply
        body = httpx.post(f"{server.url}/api/v1/images", headers={"x-api-key": server.key, "authorization": f"Bearer {server.key}"},
                          json={"prompt": PROMPT, "thinking": "medium", "size": "512"}, timeout=30)
        assert body.status_code == 200, body.text
        assert why in "".join(body.json()["candidates"][0]["thoughts"])
        assert KEY not in body.text
        assert engine.seen[-1].prompt == PROMPT
        assert engine.seen[-1].negative_prompt == "people"


def test_the_native_api_says_what_thinks_and_takes_exact_text(running: tuple[Server, ChatServer, ScriptedEngine]) -> None:
    server, _, engine = running
    headers = {"authorization": f"Bearer {server.key}"}
    told = httpx.get(f"{server.url}/api/v1/capabilities", headers=headers).json()["thinking"]
    assert told == {"language_model": "tiny", "vision": True, "ocr": "RapidOCR"}
    body = {"prompt": 'a board "CLOSED"', "size": "512", "text": "exact"}
    answer = httpx.post(f"{server.url}/api/v1/images", headers=headers, json=body, timeout=60).json()["candidates"][0]
    assert "so Cavendish typeset it" in answer["note"]
    assert len(engine.seen) == 2
    assert base64.b64decode(answer["data"])[:4] == b"\x89PNG"
    refused = httpx.post(f"{server.url}/api/v1/images", headers=headers, json=body | {"text": "loud"})
    assert refused.status_code == 400
