"""openai-python, unmodified, against a running server: only base_url and the key are ours."""

import asyncio
import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image

from clients.openai_inputs import BLOCKED, hole, opened, photo
from conftest import BAD_KEY, Server

pytestmark = pytest.mark.clients


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with OpenAI(api_key=server.key, base_url=f"{server.url}/v1", max_retries=0) as made:
        yield made


@pytest.fixture
def google(server: Server) -> Iterator[OpenAI]:
    with OpenAI(api_key=server.key, base_url=f"{server.url}/v1beta/openai/", max_retries=0) as made:
        yield made


def test_draw(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-2", prompt="a puppy on the beach", size="1536x1024", quality="high")
    assert answer.data is not None
    assert opened(answer.data[0].b64_json).size == (1536, 1024)
    assert (answer.size, answer.quality, answer.output_format, answer.background) == ("1536x1024", "high", "png", "opaque")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_draw_with_headers(client: OpenAI) -> None:
    raw = client.images.with_raw_response.generate(model="gpt-image-1", prompt="a puppy", extra_body={"seed": 7})
    assert raw.request_id
    assert raw.headers["x-request-id"] == raw.request_id
    assert raw.headers["x-cavendish-seed"] == "7"
    assert raw.headers["openai-version"] == "2020-10-01"
    assert int(raw.headers["openai-processing-ms"]) >= 0


def test_a_seed_holds_and_candidates_differ(client: OpenAI) -> None:
    ask: dict[str, Any] = {"model": "flash", "prompt": "a red car", "n": 2, "extra_body": {"seed": 5}}
    first, second = (client.images.generate(**ask) for _ in range(2))
    assert [d.b64_json for d in first.data or []] == [d.b64_json for d in second.data or []]
    assert (first.data or [])[0].b64_json != (first.data or [])[1].b64_json


def test_a_legal_free_size(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-2", prompt="a lighthouse at dusk", size="3840x2160")
    assert opened((answer.data or [])[0].b64_json).size == (3840, 2160)


def test_our_extras_by_extra_body(client: OpenAI) -> None:
    answer = client.images.generate(model="gemini-3-pro-image", prompt="a lighthouse",
                                    extra_body={"aspect_ratio": "21:9", "image_size": "2K"})
    assert opened((answer.data or [])[0].b64_json).size == (3168, 1344)


@pytest.mark.parametrize("kind", ["png", "webp", "jpeg"])
def test_output_formats(client: OpenAI, kind: Any) -> None:
    compression = {} if kind == "png" else {"output_compression": 60}
    answer = client.images.generate(model="gpt-image-1", prompt="a cup", output_format=kind, **compression)
    assert opened((answer.data or [])[0].b64_json).format == kind.upper()
    assert answer.output_format == kind


def test_avif_is_ours(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-1", prompt="a cup", extra_body={"output_format": "avif"})
    assert opened((answer.data or [])[0].b64_json).format == "AVIF"


def test_a_transparent_background(client: OpenAI) -> None:
    answer = client.images.generate(model="gpt-image-2", prompt="a cup", background="transparent", output_format="webp")
    assert opened((answer.data or [])[0].b64_json).mode == "RGBA"
    assert answer.background == "transparent"


def test_a_url_is_served_without_a_key(client: OpenAI) -> None:
    answer = client.images.generate(model="dall-e-3", prompt="a puppy", response_format="url", quality="hd", style="vivid")
    assert answer.data is not None
    served = httpx.get(answer.data[0].url or "")
    assert served.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(served.content)).size == (1024, 1024)
    assert answer.data[0].revised_prompt
    assert httpx.get((answer.data[0].url or "")[:-2] + "xx").status_code == 404


def test_a_stream_with_partial_images(client: OpenAI) -> None:
    events = list(client.images.generate(model="gpt-image-1", prompt="a puppy", stream=True, partial_images=2))
    kinds = [e.type for e in events]
    assert kinds[-1] == "image_generation.completed"
    assert set(kinds[:-1]) == {"image_generation.partial_image"}
    assert [e.partial_image_index for e in events[:-1]] == list(range(len(events) - 1))
    assert all(opened(e.b64_json).size == (1024, 1024) for e in events[-1:])
    assert events[-1].usage.total_tokens > 0


def test_a_stream_of_two_pictures(client: OpenAI) -> None:
    events = list(client.images.generate(model="gpt-image-1", prompt="a puppy", stream=True, n=2))
    assert [e.type for e in events] == ["image_generation.completed"] * 2


def test_async_draw_and_stream(server: Server) -> None:
    async def both() -> tuple[Any, list[str]]:
        async with AsyncOpenAI(api_key=server.key, base_url=f"{server.url}/v1", max_retries=0) as client:
            answer = await client.images.generate(model="gpt-image-1", prompt="a puppy")
            events = await client.images.generate(model="gpt-image-1", prompt="a puppy", stream=True)
            return answer, [e.type async for e in events]

    answer, kinds = asyncio.run(both())
    assert opened(answer.data[0].b64_json).size == (1024, 1024)
    assert kinds == ["image_generation.completed"]


def test_edit_one_picture(client: OpenAI) -> None:
    drawn = client.images.generate(model="gpt-image-1", prompt="a puppy in a meadow", extra_body={"seed": 3})
    before = base64.b64decode((drawn.data or [])[0].b64_json or "")
    answer = client.images.edit(model="gpt-image-1", image=io.BytesIO(before), prompt="make it night")
    after = opened((answer.data or [])[0].b64_json)
    assert after.size == (1024, 1024)
    assert after.tobytes() != opened((drawn.data or [])[0].b64_json).tobytes()


def test_edit_several_pictures(client: OpenAI) -> None:
    answer = client.images.edit(model="gpt-image-2", image=[photo(), ("logo.jpg", photo((9, 9, 9), kind="JPEG"), "image/jpeg")],
                                prompt="make it brighter", size="1024x1024")
    assert opened((answer.data or [])[0].b64_json).size == (1024, 1024)


def test_edit_under_a_mask_keeps_the_rest(client: OpenAI) -> None:
    before, box = photo(), (64, 64, 192, 192)
    answer = client.images.edit(model="gpt-image-1", image=before, mask=hole((512, 512), box), prompt="make it brighter")
    after, base = opened((answer.data or [])[0].b64_json).convert("RGB"), Image.open(io.BytesIO(before))
    assert after.size == base.size
    changed = [(x, y) for x in range(0, 512, 8) for y in range(0, 512, 8) if after.getpixel((x, y)) != base.getpixel((x, y))]
    assert changed
    assert all(box[0] <= x < box[2] and box[1] <= y < box[3] for x, y in changed)


def test_edit_as_a_stream(client: OpenAI) -> None:
    events = list(client.images.edit(model="gpt-image-1", image=photo(), prompt="make it brighter", stream=True))
    assert [e.type for e in events] == ["image_edit.completed"]


def test_edit_with_form_extras(client: OpenAI) -> None:
    raw = client.images.with_raw_response.edit(model="flash", image=photo(), prompt="make it brighter", n=1,
                                               extra_body={"seed": 11, "aspect_ratio": "16:9", "image_size": "512"})
    assert raw.headers["x-cavendish-seed"] == "11"
    assert opened((raw.parse().data or [])[0].b64_json).size == (688, 384)


def test_variation(client: OpenAI) -> None:
    drawn = client.images.generate(model="dall-e-2", prompt="a puppy", size="512x512", response_format="b64_json")
    picture = base64.b64decode((drawn.data or [])[0].b64_json or "")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        answer = client.images.create_variation(image=picture, n=2, size="512x512", response_format="b64_json")
    assert [opened(d.b64_json).size for d in answer.data or []] == [(512, 512)] * 2


def test_variation_of_a_photograph_needs_a_model_with_weights(client: OpenAI) -> None:
    with pytest.warns(DeprecationWarning, match="deprecated"), pytest.raises(openai.BadRequestError) as caught:
        client.images.create_variation(image=photo(), response_format="b64_json")
    assert caught.value.code == "no_image"


def test_list_models(client: OpenAI) -> None:
    names = {m.id for m in client.models.list()}
    assert {"gpt-image-2", "gpt-image-1", "dall-e-3", "flash", "gemini-3-pro-image"} <= names
    assert client.models.retrieve("gpt-image-2").owned_by == "openai"


def test_models_cannot_be_deleted(client: OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError, match="cannot be deleted"):
        client.models.delete("gpt-image-2")


def test_a_blocked_prompt(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-2", prompt=BLOCKED)
    assert (caught.value.code, caught.value.type) == ("moderation_blocked", "image_generation_user_error")
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_a_blocked_prompt_in_a_stream_is_told_before_it(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError):
        client.images.generate(model="gpt-image-2", prompt=BLOCKED, stream=True)


def test_a_bad_key(server: Server) -> None:
    with OpenAI(api_key=BAD_KEY, base_url=f"{server.url}/v1") as client, pytest.raises(openai.AuthenticationError) as caught:
        client.images.generate(model="gpt-image-2", prompt="a puppy")
    assert caught.value.code == "invalid_api_key"


def test_an_unknown_model(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(model="gpt-image-99", prompt="a puppy")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("size", ["1000x1000", "0x0", "99999x16", "wide"])
def test_a_bad_size(client: OpenAI, size: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model="gpt-image-2", prompt="a puppy", size=size)
    assert (caught.value.code, caught.value.param) == ("invalid_value", "size")


def test_an_unknown_parameter(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'sharpness'") as caught:
        client.images.generate(model="gpt-image-2", prompt="a puppy", extra_body={"sharpness": 1})
    assert caught.value.code == "unknown_parameter"


def test_a_chat_of_six_turns(client: OpenAI) -> None:
    says = ["a puppy in a meadow", "make it night", "add a red ball", "remove the ball", "make the puppy blue", "make it day"]
    messages: list[Any] = []
    seen: list[str] = []
    for words in says:
        messages.append({"role": "user", "content": words})
        answer = client.chat.completions.create(model="gemini-3.1-flash-image", messages=messages, seed=4,
                                                modalities=["image", "text"])  # type: ignore[list-item]
        message = answer.choices[0].message
        assert answer.choices[0].finish_reason == "stop"
        messages.append(message.model_dump(exclude_none=True))
        seen.append(message.images[0]["image_url"]["url"])  # type: ignore[attr-defined]
    assert len(set(seen)) == 6
    assert {opened(url.partition(",")[2]).size for url in seen} == {(1024, 1024)}


def test_a_chat_with_a_picture_and_a_shape(client: OpenAI) -> None:
    url = "data:image/png;base64," + base64.b64encode(photo()).decode()
    answer = client.chat.completions.create(
        model="flash", extra_body={"image_config": {"aspect_ratio": "16:9", "image_size": "1K"}},
        messages=[{"role": "user", "content": [{"type": "text", "text": "make it brighter"},
                                               {"type": "image_url", "image_url": {"url": url}}]}])
    images = answer.choices[0].message.images  # type: ignore[attr-defined]
    assert opened(images[0]["image_url"]["url"].partition(",")[2]).size == (1376, 768)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_chat_stream(client: OpenAI) -> None:
    stream = client.chat.completions.create(model="flash", stream=True, stream_options={"include_usage": True},
                                            messages=[{"role": "user", "content": "a puppy"}])
    chunks = list(stream)
    pictures = [i for c in chunks if c.choices for i in getattr(c.choices[0].delta, "images", None) or []]
    assert opened(pictures[0]["image_url"]["url"].partition(",")[2]).size == (1024, 1024)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert len({c.id for c in chunks}) == 1


def test_googles_prefix_draws_several(google: OpenAI) -> None:
    answer = google.images.generate(
        model="gemini-3.1-flash-image", prompt="a puppy", n=2, response_format="b64_json",
        extra_body={"extra_body": {"google": {"image_config": {"aspect_ratio": "16:9", "image_size": "512"}}}})
    assert [opened(d.b64_json).size for d in answer.data or []] == [(688, 384)] * 2


def test_googles_prefix_lists_models_and_chats(google: OpenAI) -> None:
    assert "gemini-3-pro-image" in {m.id for m in google.models.list()}
    assert google.models.retrieve("gemini-3-pro-image").id == "gemini-3-pro-image"
    answer = google.chat.completions.create(model="gemini-3-pro-image", messages=[{"role": "user", "content": "a puppy"}])
    assert answer.choices[0].message.images  # type: ignore[attr-defined]


def test_googles_prefix_wraps_errors_in_a_list(google: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        google.images.generate(model="gemini-3-pro-image", prompt="a puppy", size="1x1")
    assert caught.value.response.json()[0]["error"]["status"] == "INVALID_ARGUMENT"


def test_vertex_chat(server: Server) -> None:
    base = f"{server.url}/v1beta1/projects/p/locations/global/endpoints/openapi"
    with OpenAI(api_key=server.key, base_url=base) as client:
        answer = client.chat.completions.create(model="google/gemini-3-pro-image", messages=[{"role": "user", "content": "a cup"}])
    assert answer.choices[0].message.images  # type: ignore[attr-defined]


def test_a_crop_reports_the_size_that_came(client: OpenAI) -> None:
    answer = client.images.edit(model="flash", image=photo(size=(640, 480)), prompt="crop it to a square")
    assert answer.size == "{}x{}".format(*opened((answer.data or [])[0].b64_json).size)
