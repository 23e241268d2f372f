"""A local folder as `flash`: the whole flow, from settings to a signed file."""

import base64

import httpx
import pytest

from cavendish.app import build
from cavendish.errors import ConfigError, EngineUnavailable, Forbidden
from cavendish.imaging.intake import open_picture
from cavendish.parts.engines import open_weights
from cavendish.settings import Settings
from cavendish.types import ImageRequest, Size
from cavendish.work.run import Stop
from engines.diffusers import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("klein")
    tiny.zimage_pipe().save_pretrained(made)
    return made


def settings(tmp_path, folder, **more):
    return Settings(data=tmp_path, flash=f"z-image-turbo={folder}", device="cpu", watermark=False, intake_workers=0, **more)


def test_the_model_flash_draws_with_the_folder_and_its_file_says_so(tmp_path, folder):
    with build(settings(tmp_path, folder)) as app:
        request = ImageRequest(prompt="a cat", model="flash", tier="512", seed=4, steps=2)
        made = app.service.generate(request, Stop(60))
        again = app.service.generate(request, Stop(60))
    assert made.engine == "flash"
    assert made.note == ""
    assert made.revision != "not loaded"
    first, second = (open_picture(m.candidates[0].asset.data) for m in (made, again))
    assert first.size == Size(512, 512)
    assert first.digest() == second.digest()
    assert b"trainedAlgorithmicMedia" in made.candidates[0].asset.data


def test_a_gemini_client_gets_it_under_its_own_model_name(serve, folder):
    server = serve(None, flash=f"z-image-turbo={folder}", device="cpu")
    url = f"{server.url}/v1beta/models/gemini-3.1-flash-image:generateContent"
    body = {"contents": [{"parts": [{"text": "a cat"}]}], "generationConfig": {"imageConfig": {"imageSize": "512"}}}
    answer = httpx.post(url, json=body, headers={"x-goog-api-key": server.key}, timeout=60).json()
    parts = answer["candidates"][0]["content"]["parts"]
    picture = next(p["inlineData"]["data"] for p in parts if "inlineData" in p)
    assert open_picture(base64.b64decode(picture)).size == Size(512, 512)
    assert not any("layout comp" in p.get("text", "") for p in parts)


def test_weights_that_forbid_commercial_use_refuse_a_commercial_caller(tmp_path, folder):
    with (build(Settings(data=tmp_path, flash=f"klein-9b={folder}", device="cpu", intake_workers=0)) as app,
          pytest.raises(Forbidden, match="FLUX Non-Commercial")):
        app.service.generate(ImageRequest(prompt="a cat", model="flash", commercial=True), Stop(60))


def test_settings_that_name_nothing_say_so(tmp_path, folder):
    with pytest.raises(EngineUnavailable, match="klein-4b is not installed"):
        open_weights(Settings(data=tmp_path, flash="klein-4b"))
    with pytest.raises(ConfigError, match=r"no model_index\.json"):
        open_weights(Settings(data=tmp_path, flash=f"klein-4b={tmp_path}"))
    assert open_weights(Settings(data=tmp_path)) == []
