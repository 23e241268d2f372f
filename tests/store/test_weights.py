"""Pulling weights from a hub on loopback: commits, resuming, damage, licences, room."""

from dataclasses import replace

import pytest

from cavendish.catalog.weights import weights
from cavendish.errors import ConfigError, EngineUnavailable, Forbidden
from cavendish.store.hub import HuggingFace
from cavendish.store.weights import RECORD, WeightsFolder
from store.fake_hub import COMMIT, REPO, FakeHub, sha

FACTS = replace(weights("klein-4b"), repo=REPO)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    made = FakeHub({"model_index.json": b"{}", "transformer/model.safetensors": bytes(range(256)) * 4096,
                    "vae/model.safetensors": b"v" * 5000, "demo.png": b"png", "old.bin": b"pickle"})
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def folder(tmp_path):
    return WeightsFolder(tmp_path / "models")


def test_a_pull_brings_what_engines_read_and_records_the_commit(hub, folder):
    seen = []
    record = folder.pull(FACTS, HuggingFace(hub.url), on_progress=seen.append)
    place = folder.path("klein-4b") / "main"
    assert (place / "transformer" / "model.safetensors").read_bytes() == hub.files["transformer/model.safetensors"]
    assert not (place / "old.bin").exists()
    assert not (place / "demo.png").exists()
    assert record.commits == {"main": COMMIT}
    assert record.files["main"]["vae/model.safetensors"] == sha(b"v" * 5000)
    assert seen[-1].done == seen[-1].total == sum(len(hub.files[n]) for n in record.files["main"])
    assert [s.done for s in seen] == sorted(s.done for s in seen)
    assert [(f.id, r.revision) for f, _, r in folder.installed()] == [("klein-4b", record.revision)]


def test_a_cut_pull_goes_on_where_it_stopped(hub, folder, monkeypatch):
    hub.cut.add("transformer/model.safetensors")
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda s: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cavendish.store.hub.hf_hub_download", cut_off(hub))
        with pytest.raises(EngineUnavailable, match="did not send"):
            folder.pull(FACTS, HuggingFace(hub.url))
    assert list(folder.installed()) == []
    folder.pull(FACTS, HuggingFace(hub.url))
    assert hub.downloads.count("model_index.json") == 1
    assert (folder.path("klein-4b") / "main/transformer/model.safetensors").stat().st_size == 256 * 4096


def cut_off(hub):
    """Fetch the first file, then lose the connection."""
    from huggingface_hub import hf_hub_download

    def fetch(repo, name, **options):
        if name.endswith(".safetensors"):
            raise ConnectionResetError("gone")
        return hf_hub_download(repo, name, **options)

    return fetch


def test_the_connection_that_breaks_in_a_file_is_taken_up_again(hub, folder, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda s: None)
    hub.files["transformer/model.safetensors"] = bytes(30 * 2**20)  # the library writes pieces of 10 MB
    hub.cut.add("transformer/model.safetensors")
    folder.pull(FACTS, HuggingFace(hub.url))
    ranges = [r for name, method, r in hub.asked if name.startswith("transformer") and method == "GET"]
    assert ranges[-1] not in (None, "bytes=0-")


def test_a_damaged_file_is_thrown_away(hub, folder):
    hub.damaged.add("vae/model.safetensors")
    with pytest.raises(ConfigError, match="arrived damaged"):
        folder.pull(FACTS, HuggingFace(hub.url))
    assert not (folder.root / "klein-4b/main/vae/model.safetensors").exists()
    hub.damaged.clear()
    folder.pull(FACTS, HuggingFace(hub.url))


def test_a_licence_without_commercial_use_must_be_accepted(hub, folder):
    facts = replace(weights("klein-9b"), repo=REPO)
    with pytest.raises(Forbidden, match="FLUX Non-Commercial") as refused:
        folder.pull(facts, HuggingFace(hub.url))
    assert "--accept-licence" in refused.value.hint
    assert hub.asked == []
    assert folder.pull(facts, HuggingFace(hub.url), accept=True).accepted_s > 0


@pytest.mark.parametrize(("change", "error"), [({"repo": "no/such"}, "has no repository no/such"), ({"gated": True}, "accepted its terms")])
def test_the_hubs_refusals_are_told(hub, folder, change, error):
    hub.gated = change.pop("gated", False)
    with pytest.raises((EngineUnavailable, Forbidden), match=error):
        folder.pull(replace(FACTS, **change), HuggingFace(hub.url))


def test_without_room_nothing_is_fetched(hub, folder, monkeypatch):
    monkeypatch.setattr("cavendish.store.weights.shutil.disk_usage", lambda p: type("Usage", (), {"free": 10})())
    with pytest.raises(ConfigError, match="GB are free in"):
        folder.pull(FACTS, HuggingFace(hub.url))
    assert hub.downloads == []


def test_a_file_outside_its_folder_is_refused(hub, folder):
    hub.files["../../evil.safetensors"] = b"x" * 10
    with pytest.raises(ConfigError, match="outside its folder"):
        folder.pull(FACTS, HuggingFace(hub.url))
    assert not list(folder.root.parent.rglob("evil*"))


def test_remove_frees_what_was_there(hub, folder):
    folder.pull(FACTS, HuggingFace(hub.url))
    assert folder.remove("klein-4b") > 256 * 4096
    with pytest.raises(EngineUnavailable, match="is not installed"):
        folder.path("klein-4b")
    with pytest.raises(EngineUnavailable, match="is not installed"):
        folder.remove("klein-4b")


def test_a_broken_record_says_how_to_mend_it(folder):
    (folder.root / "klein-4b").mkdir(parents=True)
    (folder.root / "klein-4b" / RECORD).write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        list(folder.installed())


def test_offline_and_unreachable_hubs_are_told(folder):
    with pytest.raises(EngineUnavailable, match="did not send"):
        folder.pull(FACTS, HuggingFace("http://127.0.0.1:9"))
