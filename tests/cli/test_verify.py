"""`cavendish verify` and `cavendish credentials` as a person uses them."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cavendish.cli import exits
from cavendish.engines.fake import FakeEngine
from cavendish.imaging.raster import wrap


@pytest.fixture
def engine() -> FakeEngine:
    def draw(request, seed):
        size, _ = request.complete()
        across = np.linspace(0, 3, size.width) + seed
        rows = 128 + 60 * np.sin(across[None, :, None] * np.array([3, 5, 7])) * np.cos(np.linspace(0, 9, size.height))[:, None, None]
        return wrap((rows + np.random.default_rng(seed).normal(0, 8, rows.shape)).clip(0, 255).astype(np.uint8))

    return FakeEngine(draw=draw)


@pytest.fixture
def marked(cavendish, monkeypatch):
    """A picture with everything on."""
    monkeypatch.setenv("CAVENDISH_WATERMARK", "on")
    assert cavendish("generate", "a dog", "-o", "dog.png", "--size", "512", "--seed", "4").exit_code == 0
    return Path("dog.png")


def test_a_picture_made_here_is_known_even_as_a_copy(cavendish, as_json, marked):
    Image.open(marked).convert("RGB").resize((426, 426)).save("shot.jpg", quality=80)
    told = cavendish("verify", "dog.png", "shot.jpg")
    assert told.exit_code == exits.OK
    assert "dog.png: This installation made this very file: engine fake, seed 4" in told.stdout
    assert "shot.jpg: This installation made this picture, known by its watermark" in told.stdout
    found = as_json(cavendish("verify", "shot.jpg", "--json"))["files"][0]
    assert (found["status"], found["watermark"]["looks_alike"], found["record"]["seed"], found["exit_code"]) == ("made_here", True, 4, 0)


def test_exit_codes_tell_unknown_from_altered_and_the_worst_wins(cavendish, as_json):
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)).save("noise.png")
    Path("text.txt").write_text("no picture")
    cavendish("generate", "a dog", "-o", "dog.jpg", "--size", "512")
    Path("grown.jpg").write_bytes(Path("dog.jpg").read_bytes().replace(b"Cavendish", b"Cavendisj", 1))
    assert cavendish("verify", "noise.png").exit_code == exits.NO_PROVENANCE
    assert cavendish("verify", "text.txt").exit_code == exits.USAGE
    assert cavendish("verify", "grown.jpg").exit_code == exits.ALTERED
    both = as_json(cavendish("verify", "noise.png", "text.txt", "grown.jpg", "--json"))["files"]
    assert [f["status"] for f in both] == ["unknown", "unreadable", "altered"]
    assert cavendish("verify", "noise.png", "grown.jpg").exit_code == exits.ALTERED
    assert cavendish("verify", "missing.png").exit_code == exits.USAGE


def _masked(cavendish, mime: str) -> dict:
    Image.fromarray(np.random.default_rng(2).integers(0, 256, (512, 512, 3), dtype=np.uint8)).save("photo.png")
    mask = np.zeros((512, 512), np.uint8)
    mask[100:300, 100:300] = 255
    Image.fromarray(mask).save("mask.png")
    done = cavendish("edit", "photo.png", "a dog", "--mask", "mask.png", "--mask-feather", "4", "-o", f"edited.{mime}", "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_masked_edit_is_checked_against_its_original(cavendish):
    told = _masked(cavendish, "png")
    assert "Outside the mask every pixel is the original's." in cavendish("verify", "edited.png", "--against", "photo.png").stdout
    Image.open("edited.png").convert("RGB").save("stripped.png")
    assert cavendish("verify", "stripped.png", "--against", "photo.png").exit_code == exits.ALTERED  # no receipt is left in it
    Path("receipt.json").write_text(json.dumps(told))
    kept = cavendish("verify", "stripped.png", "--against", "photo.png", "--receipt", "receipt.json", "--json")
    found = json.loads(kept.stdout)["files"][0]
    assert found["receipt"] == {"holds": True, "moved_px": 0, "worst": 0, "why": ""}
    Path("receipt.json").write_text("{}")
    assert cavendish("verify", "stripped.png", "--against", "photo.png", "--receipt", "receipt.json").exit_code == exits.USAGE
    assert cavendish("verify", "edited.png", "--mask", "mask.png").exit_code == exits.USAGE
    assert cavendish("verify", "edited.png", "edited.png", "--against", "photo.png").exit_code == exits.USAGE


def test_looking_makes_no_certificate(cavendish, tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save("black.png")
    cavendish("verify", "black.png")
    assert not (tmp_path / "data" / "credentials").exists()


def test_a_certificate_is_made_by_init_and_says_that_it_is_untrusted(cavendish, as_json, tmp_path):
    assert as_json(cavendish("credentials", "show", "--json"))["signing"] is False
    done = cavendish("credentials", "init", "--organisation", "Acme")
    assert done.exit_code == 0
    assert "Acme" in done.stdout
    assert "untrusted" in done.stdout
    shown = as_json(cavendish("credentials", "show", "--json"))
    assert shown == {"signing": True, "signer": "Cavendish (self-made, for development), Acme", "algorithm": "es256", "until": shown["until"],
                     "folder": str(tmp_path / "data" / "credentials"), "development": True}
    again = cavendish("credentials", "init")
    assert again.exit_code == exits.CONFIG
    assert "already" in again.stderr


def test_credentials_may_be_off_or_the_users_own(cavendish, as_json, monkeypatch, tmp_path):
    monkeypatch.setenv("CAVENDISH_CREDENTIALS", "off")
    assert "off" in cavendish("credentials", "show").stdout
    cavendish("generate", "a dog", "-o", "plain.png", "--size", "512")
    assert b"caBX" not in Path("plain.png").read_bytes()
    monkeypatch.setenv("CAVENDISH_CREDENTIALS", str(tmp_path / "none"))
    refused = cavendish("generate", "a dog", "-o", "x.png", "--size", "512")
    assert refused.exit_code == exits.CONFIG
    assert "chain.pem" in refused.stderr
    from cavendish.trust import certificates
    own = tmp_path / "own"
    certificates.make(own, "Acme Press")
    (own / certificates.ISSUER_KEY_FILE).unlink()
    monkeypatch.setenv("CAVENDISH_CREDENTIALS", str(own))
    assert as_json(cavendish("credentials", "show", "--json"))["development"] is False
    assert cavendish("generate", "a dog", "-o", "own.png", "--size", "512").exit_code == 0
    told = as_json(cavendish("verify", "own.png", "--json"))["files"][0]
    assert (told["credentials"]["state"], told["credentials"]["signer"].endswith("Acme Press")) == ("trusted", True)


def test_standard_input_can_be_looked_at(cavendish):
    out = io.BytesIO()
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(out, "PNG")
    assert cavendish("verify", "-", input=out.getvalue()).exit_code == exits.NO_PROVENANCE
