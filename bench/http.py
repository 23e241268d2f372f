"""Requests per second and latency of Cavendish's HTTP path, side by side with LiteLLM's proxy, in one run.

    python bench/http.py [--seconds 2.5] [--sizes 64k,1m,10m] [--connections 1,4,16] [--no-litellm]

Prints a table with ratios; never a timed test. Nothing leaves loopback. LiteLLM is installed on first use, by pip, into the
git-ignored `.venv-litellm`.

What is compared, and how it is kept fair:
- The upstream is a process of its own that answers `POST /v1/images/generations` with one ready-made JSON body: a PNG of
  64 KB, 1 MB or 10 MB of noise in base64. It does no work per request, so what a proxy adds is the proxy's.
- LiteLLM's proxy forwards to it: one worker, uvloop, one key, no database, no callbacks, telemetry off, local price map.
- "Cavendish, own engine" answers the same request from a fake engine whose noise was drawn once. It encodes the PNG and
  writes its label anew for every request: work that LiteLLM does not do.
- "Cavendish, upstream" fetches the picture from the same upstream, reads its header and hands the file on; Cavendish writes
  its label into it. Without a remote engine in the product yet, the engine for that is the thirty lines below; it fetches
  with http.client, which costs 1.5 ms of CPU for a 10 MB picture where httpx costs 12.6.
- Both log one line per request to a file, as they do by default. Every server is one process; the client is another one,
  with blocking sockets, and reads answers into one buffer without parsing them (the first of each is checked whole).
- Closed loop: each connection sends its next request when the last answer is complete. The machine's cores are shared by
  client, proxy and upstream in all rows alike; the CPU time that the server's own process spent per answer hardly depends
  on that and is shown beside. Added latency = p50 through the proxy - p50 of the upstream, same cell.
- Cavendish puts in no watermark and signs nothing here: LiteLLM does neither. bench/provenance.py measures what both cost.
  It does record every picture that leaves, in one transaction each.
- No seed is sent, so that Cavendish's cache of seeded requests plays no part.
"""
# ruff: noqa: E402  the first lines must run before the other imports

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [p for p in sys.path if Path(p).resolve() != HERE]  # this folder holds an `http` that is not the library's
if __name__ == "http":  # a neighbour in this folder wanted the library's
    del sys.modules["http"]
    import http  # noqa: F401  takes the place

import argparse
import base64
import contextlib
import json
import os
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

ROOT = HERE.parent
VENV = ROOT / ".venv-litellm"
SIDES = {"64k": 148, "1m": 592, "10m": 1870}  # square RGB noise of this side makes a PNG of that size
PORT = "--port"
PATH = "/v1/images/generations"
KEY = "sk-bench-0123456789abcdef"  # both proxies ask for it
LIMIT = 600            # requests per cell at most
START_S = 90           # LiteLLM imports for long
QUIET_ENV = {  # LiteLLM: nothing leaves this machine; anything that tried would meet a closed port of loopback
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True", "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "true", "LITELLM_LOCAL_BLOG_POSTS": "true", "DISABLE_ADMIN_UI": "True",
    "LITELLM_MODE": "PRODUCTION", "DO_NOT_TRACK": "1", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost"}


@dataclass(frozen=True)
class Job:
    """What the client does in one cell."""

    port: int
    body: str
    connections: int
    seconds: float
    limit: int = LIMIT


@dataclass(frozen=True)
class Cell:
    """What the client saw."""

    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # of the server's process, per answer


@dataclass(frozen=True)
class Server:
    """A process that answers."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """CPU time so far, 0 where the system does not tell."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return 0.0
        ticks = stat.read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def request_body(label: str) -> str:
    side = SIDES[label]
    return json.dumps({"model": "comp", "prompt": "noise", "size": f"{side}x{side}"})


# ---- the client, in its own process: standard library only ----
def client(job: Job) -> dict:
    times: list[float] = []
    until = time.perf_counter() + job.seconds
    start = time.perf_counter()
    with ThreadPoolExecutor(job.connections) as pool:
        for loop in [pool.submit(_loop, job, until, times) for _ in range(job.connections)]:
            loop.result()
    return {"wall": time.perf_counter() - start, "times": times}


def _loop(job: Job, until: float, times: list[float]) -> None:
    payload = job.body.encode()
    head = (f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1:{job.port}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {KEY}\r\ncontent-length: {len(payload)}\r\n\r\n").encode()
    buffer = memoryview(bytearray(1 << 20))
    with socket.create_connection(("127.0.0.1", job.port), timeout=60) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.perf_counter() < until and len(times) < job.limit:
            begin = time.perf_counter()
            link.sendall(head + payload)
            _read_answer(link, buffer)
            times.append(time.perf_counter() - begin)


def _read_answer(link: socket.socket, buffer: memoryview) -> None:
    got = 0
    while (end := bytes(buffer[:got]).find(b"\r\n\r\n")) < 0:
        count = link.recv_into(buffer[got:])
        if not count or got > 60_000:
            raise ConnectionError("the server closed the connection or sent endless headers")
        got += count
    headers = bytes(buffer[:end]).lower()
    if b" 200 " not in headers.split(b"\r\n", 1)[0] + b" ":
        raise ConnectionError(f"not a 200: {bytes(buffer[:got])[:600]!r}")
    length = int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    left = length - (got - end - 4)
    while left > 0:
        count = link.recv_into(buffer)
        if not count:
            raise ConnectionError("the answer was cut")
        left -= count


# ---- the servers, each in its own process ----
def upstream(port: int) -> None:
    """Answer with one of three ready-made bodies."""
    import uvicorn

    bodies = {f"{side}x{side}".encode(): _upstream_body(side) for side in SIDES.values()}

    async def app(scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        asked = b""
        more = True
        while more:
            message = await receive()
            asked += message.get("body", b"")
            more = message.get("more_body", False)
        body = next((b for size, b in bodies.items() if size in asked), b"{}")
        await send({"type": "http.response.start", "status": 200, "headers": [
            (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off", http="httptools",
                timeout_keep_alive=300)


def _upstream_body(side: int) -> bytes:
    from cavendish.imaging import png

    data = base64.b64encode(png.encode(_noise(side))).decode()
    return json.dumps({"created": 1, "data": [{"b64_json": data}]}).encode()


def _noise(side: int):
    import numpy as np

    from cavendish.types import Pixels

    data = np.random.default_rng(side).integers(0, 256, side * side * 3, dtype=np.uint8).tobytes()
    return Pixels(width=side, height=side, channels=3, data=data)


def cavendish(port: int, upstream_port: int) -> None:
    """Run the real `cavendish serve` with a bench engine; `upstream_port` 0 = its own pictures."""
    from cavendish.cli import cli
    from cavendish.engines.fake import FakeEngine

    if upstream_port:
        engine = _upstream_engine(upstream_port)
    else:
        drawn = {side: _noise(side) for side in SIDES.values()}
        engine = FakeEngine(draw=lambda request, _seed: drawn[request.size.width])
    cli.main(["serve", PORT, str(port), "--json"], obj={"comp": engine})


def _upstream_engine(port: int):
    import http.client
    import threading

    import msgspec
    import pybase64

    from cavendish.engines.fake import FAKE
    from cavendish.imaging import intake
    from cavendish.types import Asset, Picture

    class One(msgspec.Struct):
        b64_json: msgspec.Raw

    class Many(msgspec.Struct):
        data: list[One]

    answer = msgspec.json.Decoder(Many)
    local = threading.local()

    class UpstreamEngine:
        """Fetch the picture over HTTP and hand on the file: its header is read, its pixels are not."""

        profile = FAKE

        def generate(self, request, _on_step):
            size, seed = request.complete()
            body = json.dumps({"model": "comp", "prompt": request.prompt, "size": str(size)})
            if not hasattr(local, "link"):
                local.link = http.client.HTTPConnection("127.0.0.1", port)
            local.link.request("POST", PATH, body, {"content-type": "application/json"})
            text = memoryview(answer.decode(local.link.getresponse().read()).data[0].b64_json)[1:-1]
            data = pybase64.b64decode(text, validate=True)
            return [Picture(seed=seed, file=Asset(data=data, mime="image/png", size=intake.probe(data)))]

        def close(self) -> None:
            """The connections end with the process."""

    return UpstreamEngine()


def install_litellm() -> Path:
    """Make LiteLLM's own environment; pip reads its index from its own configuration."""
    program = VENV / "bin" / "litellm"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin" / "pip", "install", "-q", "litellm[proxy]"], check=True)
    return program


def litellm_command(port: int, upstream_port: int, folder: Path) -> list[str]:
    config = folder / "litellm.json"  # JSON is YAML
    config.write_text(json.dumps({
        "model_list": [{"model_name": "comp", "model_info": {"mode": "image_generation"}, "litellm_params": {
            "model": "openai/comp", "api_base": f"http://127.0.0.1:{upstream_port}/v1", "api_key": "sk-none"}}],
        "litellm_settings": {"telemetry": False, "num_retries": 0, "drop_params": False},
        "general_settings": {"background_health_checks": False, "disable_spend_logs": True, "master_key": KEY}}))
    return [str(install_litellm()), "--config", str(config), "--host", "127.0.0.1", PORT, str(port), "--num_workers", "1"]


# ---- the run ----
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(name: str, command: list[str], port: int, folder: Path, **environ: str) -> Iterator[Server]:
    """Start a server, wait until it accepts, stop it afterwards. Its output goes to a file."""
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder,
                                   env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | environ)
        try:
            _wait_for(port, process, folder / f"{name}.log")
            yield Server(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen, output: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise SystemExit(f"a server did not start:\n{output.read_text()[-2000:]}")


def check(name: str, port: int, label: str) -> bytes:
    """Ask once, read the answer whole, and return the picture. It is a PNG of the size asked, whoever answered."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", request_body(label).encode(), {
        "content-type": "application/json", "authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        data = base64.b64decode(json.load(answer)["data"][0]["b64_json"])
    side = int.from_bytes(data[16:20], "big")
    if data[:4] != b"\x89PNG" or side != SIDES[label]:
        raise SystemExit(f"{name} answered with another picture: {data[:24]!r}")
    return data


def measure(server: Server, job: Job) -> Cell:
    spent = server.cpu_s()
    command = [sys.executable, __file__, "--role", "client", "--job", json.dumps(job.__dict__)]
    seen = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    times = sorted(seen["times"])
    return Cell(len(times) / seen["wall"], statistics.median(times) * 1e3, times[int(len(times) * 0.99)] * 1e3,
                (server.cpu_s() - spent) / len(times) * 1e3)


def compare(servers: dict[str, Server], options: argparse.Namespace) -> None:
    for label in options.sizes.split(","):
        sent = {name: len(check(name, server.port, label)) for name, server in servers.items()}
        print(f"\n{label}: " + ", ".join(f"{name} {size:,} bytes" for name, size in sent.items()))
        print(f"  {'conn':>4} {'server':22} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'added ms':>9} {'CPU ms':>7} "
              f"{'req/s vs LiteLLM':>17} {'added vs LiteLLM':>17}")
        for connections in map(int, options.connections.split(",")):
            cells = {name: measure(server, Job(server.port, request_body(label), connections, options.seconds))
                     for name, server in servers.items()}
            _print_cells(cells, connections)


def _print_cells(cells: dict[str, Cell], connections: int) -> None:
    direct, theirs = cells["upstream"], cells.get("LiteLLM")
    for name, cell in cells.items():
        added = cell.p50_ms - direct.p50_ms
        line = f"  {connections:>4} {name:22} {cell.per_second:8.1f} {cell.p50_ms:8.1f} {cell.p99_ms:8.1f}"
        if name != "upstream":
            line += f" {added:9.1f} {cell.cpu_ms:7.1f}"
        if theirs is not None and name.startswith("Cavendish"):
            their_added = theirs.p50_ms - direct.p50_ms
            line += f" {cell.per_second / theirs.per_second:16.1f}x {added / their_added:16.2f}x"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.5, help="per cell")
    parser.add_argument("--sizes", default=",".join(SIDES))
    parser.add_argument("--connections", default="1,4,16")
    parser.add_argument("--no-litellm", action="store_true")
    parser.add_argument("--role", choices=("client", "upstream", "cavendish"), help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument(PORT, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--source", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    roles = {"client": lambda: print(json.dumps(client(Job(**json.loads(options.job))))),
             "upstream": lambda: upstream(options.port), "cavendish": lambda: cavendish(options.port, options.source)}
    roles.get(options.role, lambda: orchestrate(options))()


def orchestrate(options: argparse.Namespace) -> None:
    own = [sys.executable, __file__, "--role"]
    python = sys.version.split()[0]
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, Python {python}, {options.seconds:g} s per cell")
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)

        def start(role: str, command: list[str], **environ: str) -> Server:
            return stack.enter_context(running(role, command, int(command[command.index(PORT) + 1]), folder, **environ))

        direct = start("upstream", [*own, "upstream", PORT, str(free_port())])
        servers = {"upstream": direct}
        for key, source in (("Cavendish, own engine", 0), ("Cavendish, upstream", direct.port)):
            servers[key] = start(key, [*own, "cavendish", PORT, str(free_port()), "--source", str(source)],
                                 CAVENDISH_DATA=str(folder / key), CAVENDISH_API_KEYS=KEY, CAVENDISH_WATERMARK="off",
                                 CAVENDISH_CREDENTIALS="off")
        if not options.no_litellm:
            servers["LiteLLM"] = start("litellm", litellm_command(free_port(), direct.port, folder), **QUIET_ENV)
        compare(servers, options)


if __name__ == "__main__":
    main()
