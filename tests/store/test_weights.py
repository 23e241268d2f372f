"""Pulling weights from a hub on loopback: commits, resuming, damage, licences, room."""

import hashlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cavendish.catalog.weights import weights
from cavendish.errors import ConfigError, EngineUnavailable, Forbidden
from cavendish.store.hub import HuggingFace
from cavendish.store.weights import RECORD, WeightsFolder

REPO = "someone/small"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FACTS = replace(weights("klein-4b"), repo=REPO)


class FakeHub(ThreadingHTTPServer):
    """The two routes of the hub that a download uses. `cut` files end early once; `damaged` ones have a flipped byte."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.cut, self.damaged, self.gated, self.asked = files, set(), set(), False, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def downloads(self):
        return [name for name, method, _ in self.asked if method == "GET" and name in self.files]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        hub, path = self.server, self.path.split("?")[0]
        if hub.gated:
            return self.reply(403, b"{}", {"X-Error-Code": "GatedRepo"})
        if path.startswith("/api/models/"):
            if REPO not in path:
                return self.reply(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            siblings = [{"rfilename": n, "size": len(b), **({"lfs": {"sha256": sha(b), "size": len(b), "pointerSize": 9}}
                                                             if n.endswith(".safetensors") else {})}
                        for n, b in hub.files.items()]
            return self.reply(200, json.dumps({"id": REPO, "sha": COMMIT, "siblings": siblings}).encode())
        name = path.split(f"/resolve/{COMMIT}/")[-1]
        hub.asked.append((name, self.command, self.headers.get("Range")))
        if name not in hub.files:
            return self.reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        return self.send_file(name)

    def send_file(self, name):
        hub, body = self.server, self.server.files[name]
        whole = len(body)
        if name in hub.damaged:
            body = bytes([body[0] ^ 1]) + body[1:]
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        headers = {"ETag": f'"{sha(hub.files[name])}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes",
                   "Content-Range": f"bytes {start}-{whole - 1}/{whole}"}
        sent = body[start:]
        if name in hub.cut and self.command == "GET":
            hub.cut.discard(name)
            sent = sent[:len(sent) // 2]
        self.reply(206 if start else 200, sent, headers, length=whole - start)

    def reply(self, status, body, headers=None, length=None):
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        self.close_connection = length is not None and length != len(body)


def sha(data):
    return hashlib.sha256(data).hexdigest()


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
