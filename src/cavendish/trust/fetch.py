"""Fetches pictures that a caller names by URL, so that the caller cannot make us talk to what only we can reach.

Off unless the installation turns it on. The rules, for the first URL and for every redirect (3 at most):
https only (http too where set), ports 80 and 443, no user and password, a host of plain ASCII letters, an allow-list where
there is one; the name is resolved once, every address must be public (`trust.addresses`), and the address that was checked is
the one that is dialled, while TLS and the Host header keep the name. No proxy, no cookies, no credentials, no compression.
One budget of bytes and of seconds holds for all pictures of a request, headers and redirects included.
What an error says tells neither an address nor anything that the other side sent.
"""

import http.client
import io
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urljoin, urlsplit

from cavendish import __version__
from cavendish.errors import InvalidValue, Unsupported
from cavendish.imaging.header import has_alpha
from cavendish.trust.addresses import is_public
from cavendish.types import MAX_FILE_BYTES, ImageRequest, Mask

MODES: Mapping[str, tuple[str, ...]] = {"off": (), "https": ("https",), "http": ("https", "http")}
PORTS = (80, 443)
MAX_REDIRECTS = 3
MAX_URL_CHARS = 4096
HEADER_BYTES = 2**17  # of one answer, before its body
CHUNK_BYTES = 2**16
_REDIRECTS = (301, 302, 303, 307, 308)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_DATA_URL = "send the picture itself, as a data: URL or inline"

Resolver = Callable[[str, int], Sequence[str]]            # host, port -> addresses; OSError when there is none
Dial = Callable[[str, int, float], socket.socket]         # address, port, seconds -> a connected socket
Check = Callable[[], None]                                # raises to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be fetched. No schemes: nothing."""

    schemes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # exact names, or *.example.com for its subdomains; () = any public host
    file_bytes: int = MAX_FILE_BYTES
    total_bytes: int = 2 * MAX_FILE_BYTES
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL that passed the rules leads."""

    scheme: str
    host: str  # as TLS and the Host header name it; IPv6 without brackets
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.scheme == "https" else 80) else f"{name}:{self.port}"


@dataclass(slots=True)
class _Budget:
    """What is left for the pictures of one request. `check` is the run's own stop signal."""

    until: float
    bytes_left: int
    check: Check

    def seconds(self) -> float:
        self.check()
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Refused("it took too long")
        return left

    def spend(self, count: int) -> None:
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise _Refused("it is too large")


class _Refused(Exception):
    """Why a picture was not fetched, in words of ours only."""


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for every address of a host. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address."""
    return socket.create_connection((address, port), seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Turns URLs into bytes by the rules above. Safe from many threads; keeps nothing between calls."""

    rules: Rules = field(default_factory=Rules)
    resolver: Resolver = look_up
    dial: Dial = connect
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def fill(self, request: ImageRequest, check: Check) -> ImageRequest:
        """Return the request with the bytes of every picture that came as a URL.

        Raises Unsupported where fetching is off, InvalidValue for a URL that may not or cannot be fetched, what `check` raises.
        """
        mask = request.mask
        if not any(r.url for r in request.references) and not (mask and mask.url):
            return request
        budget = _Budget(time.monotonic() + self.rules.seconds, self.rules.total_bytes, check)
        references = tuple(replace(r, data=self._told(r.url, "references", budget), url="") if r.url else r
                           for r in request.references)
        if mask is not None and mask.url:
            mask = _with_alpha(replace(mask, data=self._told(mask.url, "mask", budget), url=""))
        return replace(request, references=references, mask=mask)

    def _told(self, url: str, about: str, budget: _Budget) -> bytes:
        if not self.rules.schemes:
            raise Unsupported("picture URLs are not fetched by this server", field=about,
                              hint=f"{_DATA_URL}, or have CAVENDISH_FETCH_URLS=https set")
        try:
            return self._fetch(url, budget)
        except _Refused as exc:
            raise InvalidValue(f"the picture at {_shown(url)} was not fetched: {exc}", field=about, hint=_DATA_URL) from None

    def _fetch(self, url: str, budget: _Budget) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            target = permitted(url, self.rules)
            found = self._answer(target, budget)
            if isinstance(found, bytes):
                return found
            url = urljoin(target.url, found)
        raise _Refused("it redirects too often")

    def _answer(self, target: Target, budget: _Budget) -> bytes | str:
        """Ask once. Returns the picture, or where a redirect leads."""
        try:
            with self._dialled(target, budget) as plain:
                link = self._secured(plain, target, budget)
                with link:
                    return _exchange(_Timed(link, budget), target, self.rules.file_bytes, budget)
        except TimeoutError:
            raise _Refused("it took too long") from None
        except ssl.SSLError:
            raise _Refused("its certificate could not be verified") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise _Refused("the connection failed") from None

    def _dialled(self, target: Target, budget: _Budget) -> socket.socket:
        """Connect to the first address that answers; all of them must be public, so that no mixture gets by."""
        addresses = _within(budget.seconds(), lambda: self.resolver(target.host, target.port))
        if not addresses or not all(map(is_public, addresses)):
            raise _Refused("its host cannot be reached from here")  # the same words: names of private hosts are not told
        for address in addresses[:4]:
            try:
                return self.dial(address, target.port, min(5.0, budget.seconds()))
            except OSError:
                continue
        raise _Refused("its host cannot be reached from here")

    def _secured(self, link: socket.socket, target: Target, budget: _Budget) -> socket.socket:
        link.settimeout(budget.seconds())
        return self.tls().wrap_socket(link, server_hostname=target.host) if target.scheme == "https" else link


def permitted(url: str, rules: Rules) -> Target:
    """Check a URL's words against the rules, before anything is looked up. Raises _Refused."""
    if len(url) > MAX_URL_CHARS or re.search(r"[\x00-\x20\x7f\\]", url):
        raise _Refused("its URL is malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _Refused("its URL is malformed") from None
    if parts.scheme not in rules.schemes:
        raise _Refused(f"only {' and '.join(rules.schemes)} URLs are fetched")
    if "@" in parts.netloc:
        raise _Refused("its URL has a user name in it")
    host = _host(parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.rstrip(":"))
    if rules.hosts and not any(_matches(host, pattern) for pattern in rules.hosts):
        raise _Refused("its host is not on this server's list (CAVENDISH_FETCH_HOSTS)")
    port = port if port is not None else 443 if parts.scheme == "https" else 80
    if port not in PORTS:
        raise _Refused("its port is not 80 or 443")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?") if parts.query else "")
    return Target(parts.scheme, host, port, path)


def _host(text: str) -> str:
    """Return the host in lower case. Of an address only the usual spelling passes: not 127.1, 0x7f.1, 2130706433 or a zone."""
    host = text.lower().removesuffix(".")
    try:
        if host.startswith("[") and host.endswith("]"):
            return str(ipaddress.IPv6Address(host[1:-1])) if "%" not in host else _odd_host()
        if re.fullmatch(r"(0x[0-9a-f]*|\d+)", host.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return _odd_host()
    return host if _HOST.fullmatch(host) else _odd_host()


def _odd_host() -> str:
    raise _Refused("its host is not spelled the usual way (international names are written xn--…)")


def _matches(host: str, pattern: str) -> bool:
    pattern = pattern.lower()
    return host.endswith(pattern[1:]) and host != pattern[1:] if pattern.startswith("*.") else host == pattern


def _shown(url: str) -> str:
    """The host of a URL as the caller wrote it, shortened, for an error: no path, no query, no password."""
    rest = url.partition("://")[2].replace("\\", "/")
    return repr(re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2][:80])


def _with_alpha(mask: Mask) -> Mask:
    if mask.alpha_marks_edit and has_alpha(mask.data) is False:
        raise InvalidValue("the mask has no alpha channel", field="mask",
                           hint="make the area to repaint transparent, or send mask_mode=luminance with that area white")
    return mask


def _within(seconds: float, work: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Look a name up on a thread of its own: the system's resolver has no time limit that we could set."""
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(work())
        except (OSError, UnicodeError):
            answers.put(())

    threading.Thread(target=run, daemon=True, name="cavendish-look-up").start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        raise _Refused("it took too long") from None


def _exchange(link: "_Timed", target: Target, limit: int, budget: _Budget) -> bytes | str:
    """Send one GET and read its answer."""
    call = http.client.HTTPConnection(target.host, target.port)
    call.auto_open = 0  # never dials by itself
    call.sock = link  # what http.client uses of a socket
    call.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", target.authority), ("Accept", "image/*"), ("Accept-Encoding", "identity"),
                        ("User-Agent", f"Cavendish/{__version__}"), ("Connection", "close")):
        call.putheader(name, value)
    call.endheaders()
    answer = call.getresponse()
    if answer.status in _REDIRECTS and answer.headers.get("location"):
        return str(answer.headers["location"])
    if answer.status != 200:
        raise _Refused(f"it answered {answer.status}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise _Refused("it came compressed although that was declined")
    if answer.length is not None and answer.length > limit:
        raise _Refused("it is too large")
    return _body(answer, limit, budget)


def _body(answer: http.client.HTTPResponse, limit: int, budget: _Budget) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read(CHUNK_BYTES):
        size += len(part)
        budget.spend(len(part))
        if size > limit:
            raise _Refused("it is too large")
        parts.append(part)
    if answer.length:  # fewer came than were announced
        raise _Refused("the connection failed")
    if not size:
        raise _Refused("it is empty")
    return b"".join(parts)


@dataclass(slots=True)
class _Timed:
    """As much of a socket as http.client uses, every wait bounded by the budget, so that no trickle outlasts it."""

    link: socket.socket
    budget: _Budget

    def sendall(self, data: bytes) -> None:
        self.link.settimeout(self.budget.seconds())
        self.link.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self.link, self.budget), CHUNK_BYTES)

    def close(self) -> None:
        """The link is closed by who opened it: http.client closes before the body is read."""


class _Reader(io.RawIOBase):
    """Reads a socket within a budget. What is read here counts twice at most: as wire bytes, and as body."""

    def __init__(self, link: socket.socket, budget: _Budget) -> None:
        super().__init__()
        self._link, self._budget = link, budget
        self._wire_left = budget.bytes_left + HEADER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        self._link.settimeout(self._budget.seconds())
        count = self._link.recv_into(buffer)
        self._wire_left -= count
        if self._wire_left < 0:
            raise _Refused("it is too large")
        return count
