"""CPU and memory of fetching one picture from an upstream: our call against the vendors' SDKs. `python bench/remote.py`.

A child process on loopback answers with one canned picture of --mb MB, so only the client's own work is counted. The floor is
reading the socket, one JSON pass and one base64 pass.
"""

import argparse
import base64
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

SERVER = """
import http.server, sys
body = sys.stdin.buffer.read()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def answer(vendor: str, mb: float) -> bytes:
    from cavendish.imaging import codec
    from cavendish.types import OutputSpec, Pixels

    side = int((mb * 1e6 / 3) ** 0.5)
    import numpy as np
    rows = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)  # noise: as many bytes as samples
    data = codec.encode(Pixels(width=side, height=side, channels=3, data=rows.tobytes()), OutputSpec()).data
    text = base64.b64encode(data).decode()
    if vendor == "google":
        return json.dumps({"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": text}}],
                                                       "role": "model"}, "finishReason": "STOP"}]}).encode()
    return json.dumps({"created": 1, "data": [{"b64_json": text}]}).encode()


def ours(vendor: str, port: int) -> Callable[[], int]:
    from cavendish.catalog.models import catalog
    from cavendish.engines.remote import engines
    from cavendish.types import ImageRequest, Size

    url = f"http://127.0.0.1:{port}" + ("/v1" if vendor == "openai" else "")
    model = catalog().model("gemini-3.1-flash-image" if vendor == "google" else "gpt-image-2")
    engine = getattr(engines, vendor)(engines.Upstream(url, "k" * 20), model)
    request = ImageRequest(prompt="x", size=Size(1024, 1024), seed=1)
    return lambda: len(next(iter(list(engine.generate(request, lambda *_a, **_k: None)))).file.data)


def sdk(vendor: str, port: int) -> Callable[[], int]:
    if vendor == "google":
        from google import genai

        client = genai.Client(api_key="k" * 20, http_options={"base_url": f"http://127.0.0.1:{port}"})
        return lambda: len(client.models.generate_content(model="gemini-3.1-flash-image", contents="x")
                           .candidates[0].content.parts[0].inline_data.data)
    from openai import OpenAI

    client = OpenAI(api_key="k" * 20, base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
    return lambda: len(base64.b64decode(client.images.generate(model="gpt-image-2", prompt="x").data[0].b64_json))


def measure(vendor: str, kind: str, port: int, rounds: int) -> None:
    before = time.process_time()
    call = {"ours": ours, "sdk": sdk}[kind](vendor, port)
    size = call()
    first = time.process_time() - before
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        call()
        spent.append(time.process_time() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"mb": size / 1e6, "cpu_ms": sorted(spent)[len(spent) // 2] * 1e3, "first_ms": first * 1e3,
                      "peak_mb": peak}))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--mb", type=float, default=10)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--one", nargs=3, metavar=("VENDOR", "KIND", "PORT"))
    asked = options.parse_args()
    if asked.one:
        return measure(asked.one[0], asked.one[1], int(asked.one[2]), asked.rounds)
    print(f"{'':14} {'CPU per call':>13} {'import + first':>15} {'peak memory':>12}")
    for vendor in ("google", "openai"):
        server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            server.stdin.write(answer(vendor, asked.mb))
            server.stdin.close()
            port = server.stdout.readline().decode().strip()
            found = {}
            for kind in ("ours", "sdk"):
                line = subprocess.run([sys.executable, __file__, "--one", vendor, kind, port, "--rounds", str(asked.rounds)],
                                      check=True, capture_output=True, text=True).stdout
                found[kind] = json.loads(line)
                one = found[kind]
                print(f"{vendor + ' ' + kind:14} {one['cpu_ms']:>10.1f} ms {one['first_ms']:>12.0f} ms "
                      f"{one['peak_mb']:>9.0f} MB")
            print(f"{'':14} {found['sdk']['cpu_ms'] / found['ours']['cpu_ms']:>11.1f} x")
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
