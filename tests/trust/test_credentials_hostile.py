"""Uploads and authorities that mean harm: nothing is fetched, nothing fails the picture, nothing hangs."""

import io
import struct
import time
import zlib
from collections.abc import Iterator

import c2pa
import numpy as np
import pytest

from cavendish.trust import credentials as signing
from cavendish.trust.certificates import Chain
from cavendish.trust.credentials import Credentials, TimeStamps, sealed_settings
from cavendish.trust.credentials_claim import PARENT, Input, definition
from cavendish.trust.credentials_read import ELSEWHERE, INVALID, NONE, TRUSTED, CredentialReader
from trust.authority import Authority, listening
from trust.conftest import claim, picture


def _parent(data: bytes) -> Input:
    return Input(data=data, role="base", relationship=PARENT)


def _remote(chain: Chain, url: str, mime: str, *, embedded: bool) -> bytes:
    """A file whose XMP names a manifest at `url`; with `embedded` it holds one, too."""
    info = c2pa.C2paSignerInfo(chain.alg, chain.certificates, chain.key, None)
    builder = c2pa.Builder(definition(claim()), c2pa.Context.from_dict(sealed_settings(chain.root), c2pa.Signer.from_info(info)))
    if not embedded:
        builder.set_no_embed()
    builder.set_remote_url(url)
    out = io.BytesIO()
    builder.sign(mime, io.BytesIO(picture(mime).data), out)
    return out.getvalue()


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    with listening(b"") as found:
        yield found


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("embedded", [False, True])
def test_an_address_inside_an_upload_is_never_visited(mime: str, embedded: bool, chain: Chain, credentials: Credentials,
                                                      reader: CredentialReader, trap: tuple[str, list[str]]):
    url, seen = trap
    upload = _remote(chain, f"{url}/manifest.c2pa", mime, embedded=embedded)
    report = reader.read(upload)
    signed = credentials.sign(picture(), claim(inputs=(_parent(upload),))).asset
    assert seen == []
    assert report.state == (TRUSTED if embedded else ELSEWHERE)
    told = reader.crjson(signed.data, "image/png")[1]["manifests"][0]["assertions"]["org.cavendish.generation"]["inputs"][0]
    assert told["manifest"].startswith("kept" if embedded else "elsewhere")


def test_the_trap_would_have_been_sprung(chain: Chain, trap: tuple[str, list[str]]):
    """The library's own defaults do visit the address: without this the test above could not fail."""
    url, seen = trap
    upload = _remote(chain, f"{url}/manifest.c2pa", "image/png", embedded=False)
    with pytest.raises(c2pa.C2paError):
        c2pa.Reader("image/png", io.BytesIO(upload), context=c2pa.Context())
    assert seen


def _store(data: bytes) -> tuple[int, int]:
    """Where the manifest chunk of a PNG lies."""
    at = data.index(b"caBX")
    return at + 4, at + 4 + int.from_bytes(data[at - 4:at], "big")


def _mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Bit flips, wrong lengths, cuts and repeats inside the manifest store."""
    noise, (start, end) = np.random.default_rng(seed), _store(data)
    for number in range(count):
        broken = bytearray(data)
        at = int(noise.integers(start, end - 8))
        match number % 4:
            case 0:
                broken[at] ^= 1 << int(noise.integers(0, 8))
            case 1:
                broken[at:at + 4] = bytes(noise.integers(0, 256, 4, dtype=np.uint8))
            case 2:
                broken[at:at + 4] = b"\xff\xff\xff\xff"
            case 3:
                step = int(noise.integers(8, 400))
                broken[at:at + step] = broken[start:start + step]
        yield bytes(broken[:end + 4000])


def _survive(upload: bytes, credentials: Credentials, reader: CredentialReader) -> str:
    signed = credentials.sign(picture(), claim(inputs=(_parent(upload),)))
    assert reader.read(signed.asset.data).state == TRUSTED
    return reader.read(upload).state


def test_a_broken_manifest_in_an_upload_never_fails_the_picture(credentials: Credentials, reader: CredentialReader):
    upload = credentials.sign(picture(), claim()).asset.data
    states = {_survive(mutant, credentials, reader) for mutant in _mutants(upload, 60, seed=1)}
    assert INVALID in states
    assert states <= {INVALID, TRUSTED, NONE}  # a flip in padding changes nothing


@pytest.mark.heavy
def test_thousands_of_broken_manifests_never_fail_the_picture(credentials: Credentials, reader: CredentialReader):
    first = credentials.sign(picture(), claim())
    upload = credentials.sign(picture(), claim(inputs=(_parent(first.asset.data),))).asset.data
    slowest = 0.0
    for mutant in _mutants(upload, 8000, seed=2):
        start = time.perf_counter()
        _survive(mutant, credentials, reader)
        slowest = max(slowest, time.perf_counter() - start)
    print(f"slowest {slowest * 1e3:.0f} ms")


@pytest.mark.parametrize("tail", [b"jumb", b"jumb" * 1000, b"\0\0\0\x10jumb\0\0\0\x08jumd", b"\xff\xff\xff\xffjumb"])
def test_bytes_that_only_look_like_a_manifest_are_no_manifest(tail: bytes, credentials: Credentials, reader: CredentialReader):
    assert _survive(picture().data + tail, credentials, reader) in (NONE, INVALID)


def test_a_changed_or_transplanted_picture_is_invalid(credentials: Credentials, reader: CredentialReader):
    signed = credentials.sign(picture(), claim()).asset.data
    start, end = _store(signed)
    other = picture(seed=9).data
    transplanted = other[:33] + signed[start - 8:end + 4] + other[33:]
    changed = bytearray(signed)
    changed[-60] ^= 1
    for data in (transplanted, bytes(changed), signed + b"more"):
        report = reader.read(data)
        assert (report.state, report.failures) == (INVALID, ("assertion.dataHash.mismatch",))


def test_a_manifest_with_huge_or_strange_words_is_repeated_in_small(chain: Chain, reader: CredentialReader):
    info = c2pa.C2paSignerInfo(chain.alg, chain.certificates, chain.key, None)
    said = definition(claim())
    said["assertions"][1]["data"] |= {"engine": "\x1b[31m" + "x" * 500_000, "seed": ["no", "string"]}
    said["assertions"].append({"label": "org.cavendish.masked-edit", "created": True, "data": {"mask": 7, "size": "9999999x1"}})
    builder = c2pa.Builder(said, c2pa.Context.from_dict(sealed_settings(chain.root), c2pa.Signer.from_info(info)))
    out = io.BytesIO()
    builder.sign("image/png", io.BytesIO(picture().data), out)
    report = reader.read(out.getvalue())
    assert report.state == TRUSTED
    assert max(len(v) for v in report.generation.values()) <= 200
    assert "seed" not in report.generation
    assert "\x1b" not in report.generation["engine"]
    assert report.receipt is None


def test_a_time_stamp_of_an_authority_is_in_the_file(chain: Chain, reader: CredentialReader):
    with listening(Authority()) as (url, seen):
        signed = Credentials(chain, TimeStamps(url=f"{url}/tsa")).sign(picture(), claim())
    assert seen == ["POST /tsa"]
    assert signed.notes == ()
    report = reader.read(signed.asset.data)
    assert (report.state, report.stamped) == (TRUSTED, True)
    results = reader.crjson(signed.asset.data, "image/png")[1]["manifests"][0]["validationResults"]
    assert "timeStamp.validated" in {r["code"] for r in results["success"]}


@pytest.mark.parametrize("reply", [b"no", None], ids=["refuses", "keeps silent"])
def test_an_authority_that_does_not_answer_never_fails_the_picture(reply: bytes | None, chain: Chain, reader: CredentialReader):
    with listening(reply) as (url, seen):
        signer = Credentials(chain, TimeStamps(url=url, timeout_s=0.2))
        start = time.perf_counter()
        first = signer.sign(picture(), claim())
        waited = time.perf_counter() - start
        signer.sign(picture(), claim())  # it is left alone for a while now
        assert len(seen) == 1
    assert waited < 2
    assert "without a time-stamp" in first.notes[0]
    report = reader.read(first.asset.data)
    assert (report.state, report.stamped) == (TRUSTED, False)


def test_an_authority_that_is_away_is_asked_again_when_pictures_may_wait(chain: Chain, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(signing, "TSA_TRIES", 3)
    with listening(b"no") as (url, seen):
        signer = Credentials(chain, TimeStamps(url=url, timeout_s=0.2, policy="delay"))
        signer.sign(picture(), claim())
        assert len(seen) == 3
        signer.sign(picture(), claim())
        assert len(seen) == 6


def test_an_authority_with_nobody_at_its_address_is_no_error(chain: Chain):
    with listening(b"") as (url, _):
        gone = url
    assert Credentials(chain, TimeStamps(url=gone, timeout_s=1)).sign(picture(), claim()).notes


def _boxes(store: bytes) -> list:
    """A manifest store as nested lists of [kind, content]."""
    found, at = [], 0
    while at < len(store):
        size, kind = struct.unpack_from(">I4s", store, at)
        body = store[at + 8:at + size]
        found.append([kind, _boxes(body) if kind == b"jumb" else body])
        at += size
    return found


def _packed(boxes: list) -> bytes:
    bodies = ((kind, _packed(body) if isinstance(body, list) else body) for kind, body in boxes)
    return b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in bodies)


def _cbor(boxes: list) -> Iterator[list]:
    for box in boxes:
        if box[0] == b"cbor":
            yield box
        elif isinstance(box[1], list):
            yield from _cbor(box[1])


@pytest.mark.parametrize("bomb", [b"\x81" * 200_000 + b"\0", b"\xa1\0" * 100_000 + b"\0", b"\x5b" + b"\x7f" * 8, b"\x9b" + b"\x7f" * 8],
                         ids=["deep arrays", "deep maps", "endless bytes", "endless array"])
def test_bombs_inside_a_manifest_are_read_as_broken(bomb: bytes, credentials: Credentials, reader: CredentialReader):
    """In its claim, its assertions and its signature, one after the other."""
    whole = credentials.sign(picture(), claim()).asset.data
    start, end = _store(whole)
    count = len(list(_cbor(_boxes(whole[start:end]))))
    assert count >= 5
    for number in range(count):
        tree = _boxes(whole[start:end])
        list(_cbor(tree))[number][1] = bomb
        chunk = b"caBX" + _packed(tree)
        upload = whole[:start - 8] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[end + 4:]
        assert _survive(upload, credentials, reader) == INVALID


def test_a_bomb_in_an_upload_does_not_silence_the_authority(chain: Chain, reader: CredentialReader, credentials: Credentials):
    whole = credentials.sign(picture(), claim()).asset.data
    start, end = _store(whole)
    with listening(Authority()) as (url, _):
        for number in range(len(list(_cbor(_boxes(whole[start:end]))))):
            tree = _boxes(whole[start:end])
            list(_cbor(tree))[number][1] = b"\x5b" + b"\x7f" * 8
            chunk = b"caBX" + _packed(tree)
            upload = whole[:start - 8] + struct.pack(">I", len(chunk) - 4) + chunk + bytes(4) + whole[end + 4:]
            signed = Credentials(chain, TimeStamps(url=url)).sign(picture(), claim(inputs=(_parent(upload),)))
            report = reader.read(signed.asset.data)
            assert (report.state, report.stamped) == (TRUSTED, True)
