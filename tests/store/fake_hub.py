"""The two routes of a model hub that a download uses, on loopback, with faults on demand."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REPO = "someone/small"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub(ThreadingHTTPServer):
    """The two routes of the hub that a download uses. `cut` files end early once; `damaged` ones have a flipped byte."""

    def __init__(self, files, repo=REPO):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.repo, self.cut, self.damaged, self.gated, self.asked = files, repo, set(), set(), False, []
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
            if hub.repo not in path:
                return self.reply(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            siblings = [{"rfilename": n, "size": len(b), **({"lfs": {"sha256": sha(b), "size": len(b), "pointerSize": 9}}
                                                             if n.endswith(".safetensors") else {})}
                        for n, b in hub.files.items()]
            return self.reply(200, json.dumps({"id": hub.repo, "sha": COMMIT, "siblings": siblings}).encode())
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
