"""Pictures by URL. The resolver is a table and every dial ends on a loopback server: no test can reach anything else."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import trustme

from cavendish import settings
from cavendish.errors import Cancelled, InvalidValue, Unsupported
from cavendish.trust import fetch
from cavendish.trust.fetch import Fetcher, Rules
from cavendish.types import ImageRequest, Mask, Reference, ReferenceRole
from imaging.hostile import picture, saved

PUBLIC, OTHER_PUBLIC = "93.184.216.34", "93.184.216.35"
PNG = saved(picture())
BOTH = Rules(schemes=("https", "http"), seconds=5)


class Names:
    """A resolver: numbers as the C library reads them, names from a table. Each look-up takes the next answer of its row."""

    def __init__(self, **table: object) -> None:
        self.table = {k.replace("_", "."): list(v) for k, v in table.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> tuple[str, ...]:
        self.asked.append(host)
        if ":" in host:
            return (host,)
        with contextlib.suppress(OSError):
            return (socket.inet_ntoa(socket.inet_aton(host)),)
        row = self.table.get(host)
        if row is None:
            raise OSError("no such name")
        answer = row.pop(0) if len(row) > 1 else row[0]
        return (answer,) if isinstance(answer, str) else tuple(answer)


class Site:
    """A loopback server that writes scripted bytes: `pages` maps a request's first line to what is sent."""

    def __init__(self, answer: Callable[[bytes, socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.dialled: list[tuple[str, int]] = []
        self.names: list[str | None] = []
        self._answer, self._tls = answer, tls
        if tls is not None:
            tls.sni_callback = lambda _link, name, _context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def dial(self, address: str, port: int, _seconds: float) -> socket.socket:
        """Stand in for the internet: whatever address was checked, this server answers."""
        self.dialled.append((address, port))
        return socket.create_connection(self._listener.getsockname())

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                threading.Thread(target=self._one, args=(link,), daemon=True).start()

    def _one(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError):
            link = self._tls.wrap_socket(link, server_side=True) if self._tls else link
            with link:
                got = b""
                while b"\r\n\r\n" not in got:
                    got += link.recv(4096)
                self.requests.append(got)
                self._answer(got, link)

    def close(self) -> None:
        self._listener.close()


def ok(body: bytes = PNG, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n" % (len(body), head) + body


def says(data: bytes) -> Callable[[bytes, socket.socket], None]:
    return lambda _request, link: link.sendall(data)


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    with contextlib.ExitStack() as stack:
        def make(answer: object = None, tls: ssl.SSLContext | None = None) -> Site:
            made = Site(answer if callable(answer) else says(ok() if answer is None else answer), tls)
            stack.callback(made.close)
            return made

        yield make


def never(address: str, port: int, _seconds: float) -> socket.socket:
    raise AssertionError(f"dialled {address}:{port}")


def got(fetcher: Fetcher, *urls: str, mask: Mask | None = None) -> list[bytes]:
    """The bytes that a request of these URLs comes to."""
    references = tuple(Reference(url=u, role=ReferenceRole.BASE if i == 0 else ReferenceRole.OBJECT) for i, u in enumerate(urls))
    filled = fetcher.fill(ImageRequest(prompt="x", references=references, mask=mask), lambda: None)
    assert not any(r.url for r in filled.references)
    return [r.data for r in filled.references]


def refusal(fetcher: Fetcher, url: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        got(fetcher, url)
    assert (caught.value.field, caught.value.hint) == ("references", fetch._DATA_URL)
    for secret in ("127.0.0.1", "169.254", "10.0.0", PUBLIC, "body-canary"):
        assert secret not in caught.value.message.replace(fetch._shown(url), "")
    return caught.value


# where it may go

SPELLINGS = (
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.000.000.001", "127.0.0.1.", "0127.0.0.1", "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "%31%32%37.0.0.1", "localhost",
    "LOCALHOST.", "rebound.example", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[::1%25lo]", "[fe80::1%25eth0]", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::]", "169.254.169.254", "metadata.google.internal", "100.100.100.200", "192.0.0.192", "168.63.129.16", "10.0.0.1",
    "172.16.0.1", "192.168.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "user:pw@127.0.0.1", "good.example@127.0.0.1",
    "good.example:80@127.0.0.1", "127.0.0.1\\@good.example", "127.0.0.1:22", "good.example:22", "good.example:8080", "good.example:0",
    "good.example:99999", "good.example:4x3", "", ":80", "[", "[::1", "a..b", "-a.example", "bücher.example", "good.example\r\nX: y",
    "good.example\t", "good.example ", "good_.\0example", "x" * 64 + ".example", "nowhere.example",
)
TABLE = {"localhost": ["127.0.0.1"], "rebound_example": ["10.0.0.7"], "metadata_google_internal": ["169.254.169.254"],
         "good_example": [PUBLIC]}


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_a_private_host_is_ever_dialled(host: str, scheme: str) -> None:
    refusal(Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=never), f"{scheme}://{host}/latest/meta-data")


@pytest.mark.parametrize("location", [
    "http://169.254.169.254/latest", "http://[::1]/", "file:///etc/passwd", "ftp://good.example/", "//127.0.0.1/x", "gopher://x/",
    "https://user:pw@good.example/", "http://good.example:22/", "javascript:alert(1)", "http://rebound.example/"])
def test_a_redirect_is_checked_like_the_first_url(site, location: str) -> None:
    there = site(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 11\r\n\r\nbody-canary" % location.encode())
    refusal(Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=there.dial), "http://good.example/a.png")
    assert there.dialled == [(PUBLIC, 80)]


def test_redirects_lead_on_and_end(site) -> None:
    def answer(request: bytes, link: socket.socket) -> None:
        step = int(request.split(b"/")[1].split()[0])
        link.sendall(ok() if step == 3 else b"HTTP/1.1 301 Moved\r\nLocation: /%d\r\n\r\n" % (step + 1))

    there = site(answer)
    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=there.dial)
    assert got(fetcher, "http://good.example/0") == [PNG]
    assert len(there.requests) == 4
    assert "too often" in refusal(fetcher, "http://good.example/-1").message


def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled(site) -> None:
    there, names = site(), Names(turning_example=[PUBLIC, "127.0.0.1"])  # public first, private ever after
    assert got(Fetcher(rules=BOTH, resolver=names, dial=there.dial), "http://turning.example/a.png") == [PNG]
    assert (names.asked, there.dialled) == (["turning.example"], [(PUBLIC, 80)])
    refusal(Fetcher(rules=BOTH, resolver=names, dial=never), "http://turning.example/a.png")


@pytest.mark.parametrize("answer", [(PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), (PUBLIC, "::1"), ()])
def test_one_private_address_among_public_ones_refuses_the_host(answer: tuple[str, ...]) -> None:
    refusal(Fetcher(rules=BOTH, resolver=Names(mixed_example=[answer]), dial=never), "http://mixed.example/")


def test_the_next_address_is_tried_when_one_does_not_answer(site) -> None:
    there = site()

    def dial(address: str, port: int, seconds: float) -> socket.socket:
        if address == PUBLIC:
            raise ConnectionRefusedError
        return there.dial(address, port, seconds)

    fetcher = Fetcher(rules=BOTH, resolver=Names(two_example=[(PUBLIC, OTHER_PUBLIC)]), dial=dial)
    assert got(fetcher, "http://two.example/") == [PNG]
    assert there.dialled == [(OTHER_PUBLIC, 80)]


def test_private_and_unknown_hosts_are_told_in_the_same_words() -> None:
    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=never)
    told = {refusal(fetcher, f"http://{host}/").message.rpartition(":")[2] for host in ("rebound.example", "nowhere.example")}
    assert told == {" its host cannot be reached from here"}


# what it says and takes

def test_a_request_carries_nothing_but_what_it_must(site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    there = site()
    got(Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=there.dial), "http://Good.Example./a b/ä.png?q=1#part".replace(" ", "%20"))
    lines = there.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /a%20b/%C3%A4.png?q=1 HTTP/1.1"
    assert {line.split(":")[0] for line in lines[1:] if line} == {"Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"}
    assert "Host: good.example" in lines


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _trusting(authority: trustme.CA) -> Callable[[], ssl.SSLContext]:
    def make() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    return make


def test_tls_keeps_the_name_while_the_checked_address_is_dialled(site, authority) -> None:
    there = site(tls=_tls(authority, "good.example"))
    fetcher = Fetcher(rules=replace(BOTH, schemes=("https",)), resolver=Names(**TABLE), dial=there.dial, tls=_trusting(authority))
    assert got(fetcher, "https://good.example/a.png") == [PNG]
    assert (there.dialled, there.names) == ([(PUBLIC, 443)], ["good.example"])


@pytest.mark.parametrize("case", ["another name", "unknown authority", "no tls"])
def test_a_certificate_must_be_good(site, authority, case: str) -> None:
    there = site(tls=None if case == "no tls" else _tls(authority, "evil.example" if case == "another name" else "good.example"))
    if case == "no tls":
        there._one = lambda link: link.sendall(b"220 mail.example\r\n")
    trust = ssl.create_default_context if case == "unknown authority" else _trusting(authority)
    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=there.dial, tls=trust)
    assert "certificate" in refusal(fetcher, "https://good.example/a.png").message
    assert there.requests == []


@pytest.mark.parametrize(("answer", "words"), [
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\nbody-canary", "it answered 404"),
    (b"HTTP/1.1 500 body-canary\r\n\r\n", "it answered 500"),
    (b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\nx", "it answered 206"),
    (ok(b"\x1f\x8bbody", b"Content-Encoding: gzip\r\n"), "compressed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", "too large"),
    (ok(b"x" * 3000), "too large"), (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3000, "too large"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3e8\r\n" + b"x" * 1000 + b"\r\n" + b"7d0\r\n" + b"x" * 2000
     + b"\r\n0\r\n\r\n", "too large"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", "connection failed"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx", "connection failed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "empty"), (b"", "connection failed"), (b"SSH-2.0-body-canary\r\n", "connection failed"),
    (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "connection failed"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000, "connection failed"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 9000, "too large"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_an_answer_that_is_no_picture_is_told_in_our_words(site, answer: bytes, words: str) -> None:
    there = site(answer)
    rules = replace(BOTH, file_bytes=2000, total_bytes=4000)
    assert words in refusal(Fetcher(rules=rules, resolver=Names(**TABLE), dial=there.dial), "http://good.example/").message


@pytest.mark.parametrize("where", ["head", "body", "silence", "look-up", "handshake"])
def test_a_trickle_ends_when_its_time_is_over(site, authority, where: str) -> None:
    def drip(_request: bytes, link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 999\r\n\r\n" if where == "body" else b""))
        for _ in range(200 if where != "silence" else 0):
            link.sendall(b"x")
            time.sleep(0.02)
        time.sleep(4)

    there = site(drip)
    slow = Names(**TABLE)
    resolver = (lambda *_: time.sleep(4) or (PUBLIC,)) if where == "look-up" else slow
    if where == "handshake":
        there._one = lambda link: time.sleep(4) or link.close()  # accepts and says nothing
    start = time.monotonic()
    fetcher = Fetcher(rules=replace(BOTH, seconds=0.3), resolver=resolver, dial=there.dial, tls=_trusting(authority))
    message = refusal(fetcher, ("https" if where == "handshake" else "http") + "://good.example/").message
    assert "too long" in message
    assert time.monotonic() - start < 3


def test_one_budget_holds_for_all_pictures_of_a_request(site) -> None:
    there = site(ok(b"x" * 1500))
    fetcher = Fetcher(rules=replace(BOTH, file_bytes=2000, total_bytes=4000), resolver=Names(**TABLE), dial=there.dial)
    assert [len(data) for data in got(fetcher, *["http://good.example/"] * 2)] == [1500, 1500]
    with pytest.raises(InvalidValue, match="too large"):
        got(fetcher, *["http://good.example/"] * 3)


def test_a_run_that_is_stopped_stops_fetching(site) -> None:
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Cancelled("stopped")

    def drip(_request: bytes, link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        stopped.set()
        link.sendall(b"x")
        time.sleep(0.1)

    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=site(drip).dial)
    request = ImageRequest(prompt="x", references=(Reference(url="http://good.example/"),))
    with pytest.raises(Cancelled):
        fetcher.fill(request, check)


# what is configured

def test_nothing_is_fetched_unless_it_is_turned_on() -> None:
    fetcher = Fetcher(resolver=Names(**TABLE), dial=never)
    with pytest.raises(Unsupported, match="not fetched") as caught:
        got(fetcher, "https://good.example/a.png")
    assert "CAVENDISH_FETCH_URLS=https" in caught.value.hint
    assert settings.Settings().fetch_urls == "off"
    assert fetch.MODES["off"] == ()
    assert tuple(fetch.MODES) == settings.FETCH_MODES


def test_http_needs_a_setting_of_its_own() -> None:
    fetcher = Fetcher(rules=Rules(schemes=fetch.MODES["https"]), resolver=Names(**TABLE), dial=never)
    assert "only https" in refusal(fetcher, "http://good.example/").message


@pytest.mark.parametrize(("host", "passes"), [("good.example", True), ("GOOD.example.", True), ("sub.good.example", False),
                                              ("a.cdn.example", True), ("cdn.example", False), ("evilcdn.example", False),
                                              ("good.example.evil.example", False)])
def test_a_list_of_hosts_is_kept(site, host: str, passes: bool) -> None:
    rules = replace(BOTH, hosts=("good.example", "*.CDN.example"))
    fetcher = Fetcher(rules=rules, resolver=lambda *_: (PUBLIC,), dial=site().dial)
    if passes:
        assert got(fetcher, f"http://{host}/") == [PNG]
    else:
        assert "CAVENDISH_FETCH_HOSTS" in refusal(fetcher, f"http://{host}/").message


def test_a_mask_by_url_keeps_its_rule_about_alpha(site) -> None:
    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=site().dial)
    url = "http://good.example/"
    with pytest.raises(InvalidValue, match="no alpha") as caught:
        got(fetcher, url, mask=Mask(url=url, alpha_marks_edit=True))
    assert caught.value.field == "mask"
    assert got(fetcher, url, mask=Mask(url=url)) == [PNG]


def test_the_systems_own_resolver_and_dialler_work_on_loopback(site) -> None:
    there = site()
    assert "127.0.0.1" in fetch.look_up("localhost", 80)
    port = there._listener.getsockname()[1]
    with fetch.connect("127.0.0.1", port, 2) as link:
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert link.recv(15) == b"HTTP/1.1 200 OK"
    refusal(Fetcher(rules=BOTH), "http://localhost/")


def test_the_fetched_picture_counts_as_if_it_had_been_sent(site) -> None:
    fetcher = Fetcher(rules=BOTH, resolver=Names(**TABLE), dial=site().dial)
    by_url = ImageRequest(prompt="x", references=(Reference(url="http://good.example/"),))
    inline = ImageRequest(prompt="x", references=(Reference(data=PNG),))
    assert fetcher.fill(by_url, lambda: None).digest() == inline.digest() != by_url.digest()
    assert fetcher.fill(inline, lambda: None) is inline
