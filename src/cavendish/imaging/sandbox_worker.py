"""The process behind `imaging.sandbox`: opens one picture at a time within its limits. Run as `python -m`, never imported.

Standard input is a socket. Each message names the work and brings two files: the picture's bytes, and where its pixels go.
The process ends when the socket does, so it cannot outlive the server.
"""

import json
import math
import os
import signal
import socket
import time
from typing import Any

from cavendish.errors import BadImage, TooLarge
from cavendish.imaging import intake
from cavendish.imaging.intake import Limits
from cavendish.imaging.sandbox import write_all
from cavendish.types import Pixels, Size

MAX_JOB_BYTES = 4096
OPEN_FILES = 32
NICE = 5  # a third of the server's share of a busy core: strangers' files do not slow down what is drawn
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def main() -> None:
    """Answer until the socket closes."""
    link = socket.socket(fileno=0)
    _confine()
    _say(link, {"ready": True})
    while True:
        job, files = _job(link)
        if not files:
            return
        try:
            _say(link, _answer(job, *files))
        finally:
            for file in files:
                os.close(file)


def _confine() -> None:
    """Set the limits that never change: no core dumps, few files, deaf to the terminal's Ctrl-C, behind the server's work."""
    import resource  # not on Windows, where no worker runs

    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def _job(link: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Read one message and its two files; no files at the end of the socket."""
    text, files, _, _ = socket.recv_fds(link, MAX_JOB_BYTES, 2)
    while text and len(text) < 4 + int.from_bytes(text[:4], "big"):
        more = link.recv(MAX_JOB_BYTES)
        if not more:
            return {}, []
        text += more
    return (json.loads(text[4:]), list(files)) if text else ({}, [])


def _say(link: socket.socket, reply: dict[str, Any]) -> None:
    text = json.dumps(reply).encode()
    link.sendall(len(text).to_bytes(4, "big") + text)


def _answer(job: dict[str, Any], sent: int, returned: int) -> dict[str, Any]:
    """Open the picture, write its pixels, return their shape or the refusal."""
    _allow(job["memory_bytes"], job["cpu_s"])
    try:
        pixels = _opened(job, os.pread(sent, job["bytes"], 0))
        write_all(returned, pixels.data)
    except (BadImage, TooLarge) as exc:
        return {"code": exc.code, "message": exc.message, "hint": exc.hint, "field": exc.field}
    return {"width": pixels.width, "height": pixels.height, "channels": pixels.channels}


def _opened(job: dict[str, Any], data: bytes) -> Pixels:
    limits = Limits(*job["limits"])
    if job["work"] == "mask":
        return intake.open_mask(data, Size(*job["size"]), job["alpha"], limits)
    return intake.open_picture(data, limits)


def _allow(memory_bytes: int, cpu_s: float) -> None:
    """Set what this picture may take on top of what the process has. Past the CPU limit the system ends the process."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + cpu_s), most))
    have = _address_space_bytes()
    if have:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (have + memory_bytes, most))


def _address_space_bytes() -> int:
    """What the process has mapped, 0 where the system does not say (and keeps no such limit)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * PAGE_BYTES
    except OSError:
        return 0


if __name__ == "__main__":
    main()
