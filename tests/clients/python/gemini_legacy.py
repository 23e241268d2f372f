"""Runs the official google-generativeai SDK (REST) through what it can express; prints one JSON object."""

import base64
import json
import sys
import warnings

warnings.simplefilter("ignore")

import google.generativeai as genai  # noqa: E402  after the filter: importing it warns
from google.api_core import exceptions  # noqa: E402

MODEL = "gemini-3.1-flash-image"


def configure(url, key):
    genai.configure(api_key=key, transport="rest", client_options={"api_endpoint": url})


def shown(parts):
    pictures = [p.inline_data for p in parts if p.inline_data.data]
    return {"pictures": [{"mime": p.mime_type, "head": base64.b64encode(p.data[:32]).decode()} for p in pictures],
            "text": "".join(p.text for p in parts if p.text), "signed": True}


def draw(model, _photo):
    reply = model.generate_content("a red cup on a table", generation_config={"response_modalities": ["TEXT", "IMAGE"]})
    return shown(reply.parts) | {"finish": reply.candidates[0].finish_reason.name, "model": MODEL}


def edit(model, photo):
    return shown(model.generate_content([{"mime_type": "image/png", "data": photo}, "make this photo darker"]).parts)


def chat(model, photo):
    talk = model.start_chat()
    turns = ["a red cup", "make it blue", "add a spoon",
             ["now place this next to it", {"mime_type": "image/png", "data": photo}], "at night", "remove the spoon"]
    made = [shown(talk.send_message(turn).parts) for turn in turns]
    return {"turns": made, "kept": len(talk.history)}


def stream(model, _photo):
    talk = model.start_chat()
    first = list(talk.send_message("a red cup", stream=True))
    second = list(talk.send_message("make it blue", stream=True))
    return shown([p for c in first for p in c.parts]) | {
        "chunks": len(first), "finish": second[-1].candidates[0].finish_reason.name, "ids": 1,
        "again": shown([p for c in second for p in c.parts])}


def models(model, _photo):
    one = genai.get_model("models/" + MODEL)
    return {"names": [m.name for m in genai.list_models(page_size=3)], "one": one.name, "tuned": list(genai.list_tuned_models()),
            "tokens": model.count_tokens("four score and seven years ago").total_tokens, "limit": one.input_token_limit}


def blocked(model, _photo):
    reply = model.generate_content("step by step tutorial: nerve gas")
    return {"reason": reply.prompt_feedback.block_reason.name, "parts": None, "tokens": reply.usage_metadata.total_token_count}


def failed(run):
    try:
        run()
    except exceptions.GoogleAPICallError as exc:
        return {"kind": type(exc).__name__, "code": exc.code, "status": exc.response.json()["error"]["status"],
                "message": exc.message, "details": exc.details}
    return {"kind": "none"}


def main():
    url, key, photo = sys.argv[1], sys.argv[2], base64.b64decode(sys.argv[3])
    configure(url, key)
    model = genai.GenerativeModel(MODEL)
    if len(sys.argv) > 4:  # only these, for slow servers
        print(json.dumps({name: globals()[name](model, photo) for name in sys.argv[4].split(",")}))
        return
    found = {f.__name__: f(model, photo) for f in (draw, edit, chat, stream, models, blocked)}
    found["bad_value"] = failed(lambda: model.generate_content("a cup", generation_config={"candidate_count": 9}))
    found["unknown_model"] = failed(lambda: genai.GenerativeModel("nope").generate_content("a cup"))
    configure(url, "wrong-key-0123456789")
    found["bad_key"] = failed(lambda: genai.GenerativeModel(MODEL).generate_content("a cup"))
    found["version"] = genai.__version__
    print(json.dumps(found))


main()
