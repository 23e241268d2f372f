"""`cavendish models`: lists, pulls from a hub on loopback, paths, removal."""

import json

import pytest

from cavendish.catalog.weights import weights
from cavendish.cli import exits
from store.fake_hub import COMMIT, FakeHub


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    made = FakeHub({"model_index.json": b"{}", "transformer/model.safetensors": b"t" * 9000}, repo=weights("klein-4b").repo)
    monkeypatch.setenv("CAVENDISH_HUB", made.url)
    yield made
    made.shutdown()
    made.server_close()


def test_the_list_names_open_weights_and_their_licences(cavendish):
    listed = json.loads(cavendish("models", "list", "--json").stdout)
    rows = {r["id"]: r for r in listed["weights"]}
    assert rows["klein-4b"]["licence"] == "Apache-2.0"
    assert not rows["klein-9b"]["commercial_use"]
    assert not any(r["installed"] for r in rows.values())
    assert {r["id"] for r in listed["models"]} >= {"flash", "pro", "comp"}
    assert cavendish("models", "list").stdout == cavendish("models").stdout


def test_pull_path_and_remove(cavendish, hub, tmp_path):
    pulled = json.loads(cavendish("models", "pull", "flash", "--json").stdout)
    assert pulled["commits"] == {"main": COMMIT}
    folder = cavendish("models", "path", "flash").stdout.strip()
    assert folder == str(tmp_path / "data" / "models" / "klein-4b")
    assert next(r for r in json.loads(cavendish("models", "--json").stdout)["weights"] if r["id"] == "klein-4b")["installed"]
    assert cavendish("models", "remove", "klein-4b").stdout.endswith("GB freed\n")
    assert cavendish("models", "path", "flash").exit_code != 0


def test_a_pull_says_what_it_fetches_and_under_which_licence(cavendish, hub):
    told = cavendish("models", "pull", "klein-4b")
    assert "licence Apache-2.0" in told.stderr
    assert "transformer/model.safetensors" in told.stderr


def test_a_licence_must_be_accepted(cavendish, hub):
    refused = cavendish("models", "pull", "klein-9b")
    assert refused.exit_code == exits.CONFIG
    assert "--accept-licence" in refused.stderr
    assert hub.asked == []


def test_a_wrong_name_suggests_the_near_one(cavendish, hub):
    assert "klein-4b" in cavendish("models", "pull", "klein-4").stderr
