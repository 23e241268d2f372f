"""An Intake whose decoders run in worker processes with limits: a bad file fails its own request and nothing else.

A few long-lived workers (`python -m cavendish.imaging.sandbox_worker`, started fresh, never forked off the threaded server).
Each picture has limits of memory, CPU and wall time that grow with the size it claims; a worker is replaced when it crashed,
ran out of time, or has opened JOBS_PER_WORKER pictures. Bytes go out and pixels come back in anonymous files passed over a
socket: the worker writes the pixels once and the server maps them. All but one worker may be busy with giants, so that
pictures of ordinary size are never behind them. A worker ends when its socket does, so none outlives the server.

Linux has every limit. Other Unix systems lack memfd and keep no memory limit that holds; Windows cannot pass files over a
socket, so pictures are opened in the server there (`supported`, `limits_kept`; `cavendish doctor` says it).
"""

import json
import logging
import mmap
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from cavendish.errors import BadImage, InternalError, QueueFull, TooLarge
from cavendish.imaging import intake
from cavendish.imaging.intake import Limits
from cavendish.types import MAX_PIXELS, Pixels, Size

log = logging.getLogger("cavendish.intake")

JOBS_PER_WORKER = 500
START_S = 60.0     # a worker imports numpy and two decoders: 0.3 s, more on a machine under load
WAIT_S = 60.0      # for a free worker
MAX_WAITING = 64
MAX_REPLY_BYTES = 65_536
GIANT_PIXELS = MAX_PIXELS  # nothing we make is larger
# Measured at 49 megapixels: 25 bytes a pixel (lossless WebP with alpha), 0.075 s a megapixel (a converted profile).
MEMORY_BYTES, MEMORY_BYTES_PER_PIXEL = 192 * 2**20, 32
CPU_S, CPU_S_PER_MEGAPIXEL = 2.0, 0.25
WALL_OVER_CPU = 6.0  # on a machine with other work, which goes before (the workers are nice)
_MODULE = "cavendish.imaging.sandbox_worker"
_SEALS = ("F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_SEAL")  # a worker that truncates the file would crash its reader
_REFUSALS = {"bad_image": BadImage, "too_large": TooLarge}


@dataclass(frozen=True, slots=True)
class Budget:
    """What opening one picture may cost."""

    memory_bytes: int
    cpu_s: float

    @classmethod
    def of(cls, size: Size) -> "Budget":
        """Return the budget of a picture that claims this size."""
        return cls(memory_bytes=MEMORY_BYTES + MEMORY_BYTES_PER_PIXEL * size.pixels,
                   cpu_s=CPU_S + CPU_S_PER_MEGAPIXEL * size.pixels / 1e6)

    @property
    def wall_s(self) -> float:
        return self.cpu_s * WALL_OVER_CPU


class _WorkerLost(Exception):
    """The worker ended or was too slow. The message says why, in words for the caller."""


class Sandbox:
    """An Intake over `workers` processes, each started when it is first needed, or all by `start`."""

    def __init__(self, workers: int, limits: Limits = intake.LIMITS) -> None:
        self._limits = limits
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()  # None: a place whose worker is not started yet
        for _ in range(workers):
            self._free.put(None)
        self._workers = workers
        self._giants = threading.BoundedSemaphore(max(1, workers - 1))
        self._places = threading.BoundedSemaphore(workers + MAX_WAITING)
        self._closed = False

    def start(self) -> None:
        """Start every worker now, without waiting until they are ready."""
        places = [self._free.get() for _ in range(self._free.qsize())]
        for place in places:
            self._free.put(place or _Worker())

    def open_picture(self, data: bytes) -> Pixels:
        """As `intake.open_picture`; also raises QueueFull, and InternalError when workers cannot be started."""
        return self._opened(data, {"work": "picture"})

    def open_mask(self, data: bytes, size: Size, alpha_marks_edit: bool = False) -> Pixels:
        """As `intake.open_mask`; also raises QueueFull, and InternalError when workers cannot be started."""
        return self._opened(data, {"work": "mask", "size": [size.width, size.height], "alpha": alpha_marks_edit})

    def close(self) -> None:
        """End the workers. Nothing may be under way."""
        self._closed = True
        with suppress(queue.Empty):
            while True:
                worker = self._free.get_nowait()
                if worker is not None:
                    worker.end()

    def _opened(self, data: bytes, job: dict[str, Any]) -> Pixels:
        claimed = intake.admit(data, self._limits).size
        with self._place(claimed) as free:
            worker = free.take()
            try:
                return worker.open(data, job, self._limits, Budget.of(claimed))
            except _WorkerLost as exc:
                log.warning("a picture ended its worker: %s", exc,
                            extra={"fields": {"claimed": str(claimed), "bytes": len(data)}})
                raise BadImage(f"the picture could not be opened: {exc}",
                               hint="save the file again in an image editor, as an 8-bit PNG or JPEG") from exc

    @contextmanager
    def _place(self, claimed: Size) -> Iterator["_Place"]:
        if not self._places.acquire(blocking=False):
            raise _full()
        giant = claimed.pixels > GIANT_PIXELS
        try:
            if giant and not self._giants.acquire(timeout=WAIT_S):
                raise _full()
            try:
                with self._worker() as place:
                    yield place
            finally:
                if giant:
                    self._giants.release()
        finally:
            self._places.release()

    @contextmanager
    def _worker(self) -> Iterator["_Place"]:
        try:
            place = _Place(self._free.get(timeout=WAIT_S))
        except queue.Empty:
            raise _full() from None
        try:
            yield place
        finally:
            place.renew(self._closed)
            self._free.put(place.worker)


def supported() -> bool:
    """Whether this system can pass files to a worker."""
    return hasattr(socket, "send_fds") and bool(sys.executable)


def limits_kept() -> str:
    """Say which limits hold on this system."""
    if not supported():
        return "none: pictures are opened in the server itself"
    return "memory, CPU and time" if sys.platform == "linux" else "CPU and time, not memory"


def _full() -> QueueFull:
    return QueueFull("too many input pictures are waiting to be opened", hint="try again in 2 s", retry_after_s=2)


@dataclass(slots=True)
class _Place:
    """A place in the pool while one picture has it."""

    worker: "_Worker | None"

    def take(self) -> "_Worker":
        """Return a live worker: one that ended while idle is replaced without a word."""
        if self.worker is None or not self.worker.alive:
            self._end()
            try:
                self.worker = _Worker()
            except OSError as exc:
                self.worker = None
                raise InternalError("no process could be started to open pictures", hint="run `cavendish doctor`") from exc
        return self.worker

    def renew(self, closed: bool) -> None:
        """Replace a worker that ended or is old. The new one imports what it needs while nobody waits."""
        if self.worker is not None and (closed or not self.worker.alive or self.worker.jobs >= JOBS_PER_WORKER):
            self._end()
            self.worker = None
            if not closed:
                with suppress(OSError):  # the next picture tries again, and its caller is told
                    self.worker = _Worker()

    def _end(self) -> None:
        if self.worker is not None:
            self.worker.end()


@dataclass(slots=True)
class _Worker:
    """One process and the socket to it."""

    process: "subprocess.Popen[bytes]" = field(init=False)
    link: socket.socket = field(init=False)
    jobs: int = 0
    ready: bool = False

    def __post_init__(self) -> None:
        self.link, theirs = socket.socketpair()
        try:
            self.process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-P", "-m", _MODULE], stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=_environment(), cwd="/", process_group=0)
        except OSError:
            self.link.close()
            raise
        finally:
            theirs.close()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def open(self, data: bytes, job: dict[str, Any], limits: Limits, budget: Budget) -> Pixels:
        """Have one picture opened. Raises BadImage, TooLarge, InternalError; _WorkerLost, with the process ended."""
        self._await_start()
        self.jobs += 1
        until = time.monotonic() + budget.wall_s
        frame = job | {"bytes": len(data), "limits": [limits.file_bytes, limits.pixels, limits.side_px],
                       "memory_bytes": budget.memory_bytes, "cpu_s": budget.cpu_s}
        sent = _anonymous(len(data))
        try:
            returned = _anonymous(limits.pixels * 4, sealed=True)  # sparse: only what is written takes memory
            try:
                write_all(sent, data)
                return _pixels(self._exchange(frame, (sent, returned), until), returned)
            finally:
                os.close(returned)
        finally:
            os.close(sent)

    def _await_start(self) -> None:
        """Wait for the first word. A worker that never says it is our defect, not the picture's."""
        if self.ready:
            return
        try:
            self._reply(time.monotonic() + START_S)
        except _WorkerLost as exc:
            raise InternalError("the process that opens pictures did not start", hint="run `cavendish doctor`") from exc
        self.ready = True

    def _exchange(self, frame: dict[str, Any], files: tuple[int, int], until: float) -> dict[str, Any]:
        text = json.dumps(frame).encode()
        try:
            self.link.settimeout(max(0.01, until - time.monotonic()))
            socket.send_fds(self.link, [len(text).to_bytes(4, "big") + text], files)
        except OSError:
            raise self._lost("its decoder ended") from None
        return self._reply(until)

    def _reply(self, until: float) -> dict[str, Any]:
        """Read one message: its length in four bytes, then JSON. Raises _WorkerLost."""
        got = b""
        try:
            while len(got) < 4 or len(got) < 4 + int.from_bytes(got[:4], "big"):
                self.link.settimeout(max(0.01, until - time.monotonic()))
                more = self.link.recv(MAX_REPLY_BYTES)
                got += more
                if not more or len(got) > MAX_REPLY_BYTES:
                    raise self._lost("its decoder ended")
            reply = json.loads(got[4:])
        except TimeoutError:
            raise self._lost("it took too long") from None
        except (OSError, ValueError):
            raise self._lost("its decoder ended") from None
        return reply if isinstance(reply, dict) else {}

    def _lost(self, reason: str) -> _WorkerLost:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(0.2 if reason == "its decoder ended" else 0)  # a dying process tells why
        code = self.process.poll()
        self.end()
        if code is not None and code == -getattr(signal, "SIGXCPU", signal.SIGTERM):
            return _WorkerLost("it took too much computing")
        return _WorkerLost(f"its decoder crashed ({signal.Signals(-code).name})" if code is not None and code < 0 else reason)

    def end(self) -> None:
        """Kill the process and close its socket; harmless when both are gone."""
        self.link.close()
        self.process.kill()
        self.process.wait()


def _environment() -> dict[str, str]:
    """What a worker gets to see: how to find our code, one thread a library, none of the server's secrets.

    Without the two malloc thresholds glibc would give every buffer back and fault it in again: a fifth of a 1K PNG's time.
    """
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PATH") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                   "VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8",
                   "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20)}


def _anonymous(size: int, *, sealed: bool = False) -> int:
    """Make a file without a name, in memory where the system can. `sealed`: its size cannot be changed any more."""
    if sys.platform != "linux":
        with tempfile.TemporaryFile() as file:
            made = os.dup(file.fileno())
        os.ftruncate(made, size)
        return made
    import fcntl  # not on Windows, which is never here

    made = os.memfd_create("cavendish-picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(made, size)
    if sealed:
        fcntl.fcntl(made, fcntl.F_ADD_SEALS, sum(getattr(fcntl, name) for name in _SEALS))
    return made


def write_all(file: int, data: bytes | bytearray | memoryview) -> None:
    """Write from the start of a file. Into an anonymous one this costs half of a copy into a fresh mapping (page faults)."""
    rest, at = memoryview(data), 0
    while at < len(rest):
        at += os.pwrite(file, rest[at:], at)


def _pixels(reply: dict[str, Any], file: int) -> Pixels:
    """Map what the worker wrote. The worker has read a stranger's file: nothing it says is taken unchecked."""
    refusal = _REFUSALS.get(str(reply.get("code")))
    if refusal is not None:
        message, hint, about = (str(reply.get(name, ""))[:500] for name in ("message", "hint", "field"))
        raise refusal(message, hint=hint, field=about)
    try:
        width, height, channels = (int(reply[name]) for name in ("width", "height", "channels"))
        if min(width, height) < 1:
            raise ValueError("no pixels")
        mapped = mmap.mmap(file, width * height * channels, access=mmap.ACCESS_READ)
        return Pixels(width=width, height=height, channels=channels, data=memoryview(mapped))
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise BadImage("the picture could not be opened: its decoder gave nonsense",
                       hint="save the file again in an image editor, as an 8-bit PNG or JPEG") from exc
