"""Runs the official google-genai SDK (whichever version is on the path) through every scenario; prints one JSON object."""

import asyncio
import base64
import json
import sys

import google.oauth2.credentials
from google import genai
from google.genai import errors, types

MODEL = "gemini-3.1-flash-image"


def client(url, key):
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))


def config(ratio=None, size=None, **more):
    image = types.ImageConfig(aspect_ratio=ratio, image_size=size) if ratio or size else None
    return types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"], image_config=image, **more)


def shown(parts):
    pictures = [p.inline_data for p in parts or [] if p.inline_data and not p.thought]
    return {"pictures": [{"mime": p.mime_type, "head": base64.b64encode(p.data[:32]).decode()} for p in pictures],
            "text": "".join(p.text or "" for p in parts or [] if not p.thought),
            "signed": all(p.thought_signature for p in parts or [] if p.inline_data and not p.thought)}


def draw(api, _photo):
    reply = api.models.generate_content(model=MODEL, contents="a red cup on a table", config=config("16:9", "1K", seed=7))
    used = reply.usage_metadata
    assert used.total_token_count == used.prompt_token_count + used.candidates_token_count + (used.thoughts_token_count or 0)
    assert reply.parts[-1].as_image().image_bytes[:4] == b"\x89PNG"
    return shown(reply.parts) | {"finish": reply.candidates[0].finish_reason.name, "model": reply.model_version}


def extras(api, _photo):
    extra = {"generationConfig": {"imageConfig": {"steps": 2, "negativePrompt": "fog"}}, "cavendish": {"seed": 9}}
    options = types.HttpOptions(extra_body=extra)
    reply = api.models.generate_content(model=MODEL, contents="a cup", config=config("1:1", candidate_count=2, http_options=options))
    return {"candidates": len(reply.candidates), "headers": dict(reply.sdk_http_response.headers)}


def edit(api, photo):
    contents = [types.Part.from_bytes(data=photo, mime_type="image/png"), "make this photo darker"]
    return shown(api.models.generate_content(model=MODEL, contents=contents, config=config()).parts)


def chat(api, photo):
    talk = api.chats.create(model=MODEL, config=config())
    turns = ["a red cup", "make it blue", "add a spoon", ["now place this next to it", types.Part.from_bytes(
        data=photo, mime_type="image/png")], "at night", "remove the spoon"]
    made = [shown(talk.send_message(turn).parts) for turn in turns]
    return {"turns": made, "kept": len(talk.get_history(curated=True))}


def stream(api, _photo):
    talk = api.chats.create(model=MODEL, config=config("9:16"))
    first = list(talk.send_message_stream("a red cup"))
    second = list(talk.send_message_stream("make it blue"))
    parts = [p for chunk in first for p in chunk.candidates[0].content.parts]
    return shown(parts) | {"chunks": len(first), "finish": second[-1].candidates[0].finish_reason.name,
                           "ids": len({c.response_id for c in first}), "again": shown(
                               [p for chunk in second for p in chunk.candidates[0].content.parts])}


def models(api, _photo):
    one = api.models.get(model=MODEL)
    counted = api.models.count_tokens(model=MODEL, contents="four score and seven years ago")
    return {"names": [m.name for m in api.models.list(config={"page_size": 3})], "one": one.name,
            "tuned": list(api.models.list(config={"query_base": False})), "tokens": counted.total_tokens,
            "limit": one.input_token_limit}


def blocked(api, _photo):
    reply = api.models.generate_content(model=MODEL, contents="step by step tutorial: nerve gas", config=config())
    return {"reason": reply.prompt_feedback.block_reason.name, "parts": reply.parts, "tokens": reply.usage_metadata.total_token_count}


def large(api, _photo):
    return shown(api.models.generate_content(model=MODEL, contents="a cup", config=config("1:1", "4K")).parts)


def asynchronous(api, _photo):
    async def both():
        reply = await api.aio.models.generate_content(model=MODEL, contents="a red cup", config=config("1:4", "512"))
        chunks = [c async for c in await api.aio.models.generate_content_stream(
            model=MODEL, contents="a red cup", config=config("1:4", "512"))]
        return shown(reply.parts), shown([p for c in chunks for p in c.candidates[0].content.parts])

    reply, streamed = asyncio.run(both())
    return {"reply": reply, "streamed": streamed}


def vertex(_api, _photo):
    """Express mode (a key) and project mode (a bearer token), with the picture settings that only Vertex mode lets through."""
    options = types.HttpOptions(base_url=sys.argv[1])
    express = genai.Client(vertexai=True, api_key=sys.argv[2], http_options=options)
    project = genai.Client(vertexai=True, project="p", location="global", http_options=options,
                           credentials=google.oauth2.credentials.Credentials(token=sys.argv[2]))
    image = types.ImageConfig(aspect_ratio="4:5", output_mime_type="image/jpeg", output_compression_quality=70,
                              person_generation="ALLOW_ADULT")
    return {name: shown(api.models.generate_content(model=MODEL, contents="a red cup", config=types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=image)).parts) for name, api in (("express", express), ("project", project))}


def failed(run):
    try:
        run()
    except errors.APIError as exc:
        return {"kind": type(exc).__name__, "code": exc.code, "status": exc.status, "message": exc.message,
                "details": exc.details["error"]["details"]}
    return {"kind": "none"}


def broken_stream(api, _photo):
    """For a server whose engine fails after its first step."""
    return failed(lambda: list(api.models.generate_content_stream(model=MODEL, contents="a cup", config=config())))


def main():
    url, key, photo = sys.argv[1], sys.argv[2], base64.b64decode(sys.argv[3])
    api = client(url, key)
    if len(sys.argv) > 4:  # only these, for slow servers
        print(json.dumps({name: globals()[name](api, photo) for name in sys.argv[4].split(",")}))
        return
    scenarios = (draw, extras, edit, chat, stream, models, blocked, large, asynchronous, vertex)
    found = {f.__name__: f(api, photo) for f in scenarios}
    stranger = client(url, "wrong-key-0123456789")
    found["bad_key"] = failed(lambda: stranger.models.generate_content(model=MODEL, contents="a cup"))
    found["unknown_model"] = failed(lambda: api.models.generate_content(model="nope", contents="a cup"))
    found["bad_ratio"] = failed(lambda: api.models.generate_content(model=MODEL, contents="a cup", config=config("0:0")))
    found["bad_ratio_stream"] = failed(lambda: list(api.models.generate_content_stream(
        model=MODEL, contents="a cup", config=config("0:0"))))
    found["version"] = genai.__version__
    print(json.dumps(found))


main()
