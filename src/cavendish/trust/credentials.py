"""Content credentials (C2PA): sign the file that leaves, with c2pa-python. The last step that may change a byte.

No Context of ours may use the network: a default one fetches addresses named inside a stranger's picture. The one exception
is the time-stamp authority that the installation configured. A manifest that cannot be read, or that would make the file too
large, is kept by its hash instead: it never fails the picture, and the new manifest says so.
"""

import io
import logging
import queue
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cavendish.errors import ConfigError
from cavendish.trust.certificates import CLAIM_SIGNING, Chain
from cavendish.trust.credentials_claim import PARENT, Claim, Input, definition, embeds, ingredient
from cavendish.types import Asset

log = logging.getLogger("cavendish.credentials")

SIGNABLE = frozenset({"image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff", "image/jxl"})
MAX_STORE_BYTES = 1 << 20  # of all manifests in one file
MAX_MANIFESTS = 32
TSA_PAUSE_S = 60.0  # after a silence the authority is left alone for so long (policy degrade)
TSA_TRIES = 6       # policy delay
_EKUS = ("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9", "1.3.6.1.4.1.311.76.59.1.9",
         CLAIM_SIGNING)  # email, documents, time-stamps, OCSP, Microsoft's and C2PA's claim signing


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamps:
    """An RFC 3161 authority. `policy` degrade: one try of `timeout_s`, then none for a minute; delay: several tries."""

    url: str
    timeout_s: float = 5.0
    policy: str = "degrade"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed file, its manifest store, and what is worth saying: inputs left out, no time-stamp."""

    asset: Asset
    manifest: bytes = field(repr=False)
    notes: tuple[str, ...] = ()


def sealed_settings(anchors: bytes, hosts: tuple[str, ...] = ()) -> dict[str, Any]:
    """The settings of every Context: no thumbnails, no network but `hosts`, no surprises on reading."""
    return {
        "version": 1,
        "builder": {"thumbnail": {"enabled": False}, "created_assertion_labels": ["c2pa.ingredient", "c2pa.ingredient.v3"],
                    "actions": {kind: {"enabled": False} for kind in ("auto_created_action", "auto_opened_action",
                                                                      "auto_placed_action")}},
        "core": {"allowed_network_hosts": list(hosts), "max_decompressed_manifest_size_in_mb": 8},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
        "trust": {"trust_config": "\n".join(_EKUS)} | ({"trust_anchors": anchors.decode()} if anchors else {})}


class Credentials:
    """Signs with one chain. Safe from many threads: the native code works without the interpreter's lock."""

    def __init__(self, chain: Chain, stamps: TimeStamps | None = None) -> None:
        self.chain = chain
        self._stamps = stamps
        self._lock = threading.Lock()
        self._contexts: dict[bool, Any] = {}
        self._ask_again_at = 0.0

    def __repr__(self) -> str:
        return f"Credentials({self.chain.subject!r})"

    def check(self) -> None:
        """Raise ConfigError when the C2PA library refuses this chain."""
        import c2pa

        from cavendish.imaging import codec
        from cavendish.types import OutputSpec, Pixels

        probe = codec.encode(Pixels(width=1, height=1, channels=3, data=b"\0\0\0"), OutputSpec())
        claim = Claim(engine_id="check", engine_name="check", revision="1", seed=0, request_digest="", prompt="",
                      source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia")
        try:
            self._sign(probe, claim, frozenset(), stamped=False)
        except c2pa.C2paError as exc:
            raise ConfigError(f"the credentials cannot sign: {str(exc)[:200]}",
                              hint="docs/provenance.md says what the certificate must be; CAVENDISH_CREDENTIALS=off signs "
                                   "nothing") from exc

    def sign(self, asset: Asset, claim: Claim) -> Signed:
        """Sign a file. Its pixels and its labels stay; the manifest is added.

        Raises ValueError for other formats, ConfigError when the chain cannot sign any more (its certificate has ended).
        """
        if asset.mime not in SIGNABLE:
            raise ValueError(f"{asset.mime} cannot hold a manifest")
        found, left_out = self._fitting(asset, claim)
        notes: list[str] = []
        kept_out = [claim.inputs[i].role for i in sorted(left_out) if claim.inputs[i].has_manifest]
        if kept_out:
            notes.append(f"the credentials of {', '.join(kept_out)} are named by hash: unreadable, or too large together")
        if self._stamps is not None and not found.stamped:
            notes.append("the time-stamp authority did not answer: signed without a time-stamp")
        for note in notes:
            log.warning(note)
        return Signed(asset=replace(asset, data=found.data), manifest=found.manifest, notes=tuple(notes))

    def _fitting(self, asset: Asset, claim: Claim) -> "tuple[_Made, frozenset[int]]":
        """Sign with as many of the inputs' manifests as can be read and fit; return what was left out, too."""
        every = frozenset(range(len(claim.inputs)))
        others = frozenset(i for i in every if claim.inputs[i].relationship != PARENT)
        left_out: frozenset[int] = frozenset()
        while True:
            try:
                found = self._stamped(asset, claim, left_out)
            except _UnreadableInput as exc:
                left_out |= exc.indexes
                continue
            if left_out == every or (len(found.manifest) <= MAX_STORE_BYTES and manifests_in(found.manifest) <= MAX_MANIFESTS):
                return found, left_out
            left_out = every if others <= left_out else left_out | others  # the parent goes last

    def _sign(self, asset: Asset, claim: Claim, left_out: frozenset[int], *, stamped: bool) -> "_Made":
        import c2pa

        builder = c2pa.Builder(definition(claim, left_out), self._context(stamped=stamped))
        try:
            for i, given in enumerate(claim.inputs):
                if embeds(claim, i, left_out):
                    _add(builder, given, i)
            out = io.BytesIO()
            manifest = builder.sign(asset.mime, io.BytesIO(asset.data), out)
        except c2pa.C2paError as exc:
            if self.chain.not_after <= datetime.now(UTC):
                raise ConfigError(f"the certificate for content credentials ended on {self.chain.not_after:%Y-%m-%d}",
                                  hint="replace it and restart; one that was made here is renewed at start") from exc
            kept = frozenset(i for i in range(len(claim.inputs)) if embeds(claim, i, left_out))
            if stamped or not kept:
                raise  # stamped: it may be the authority; signing without it follows, and tells
            log.info("signing with the inputs' manifests failed", extra={"fields": {"reason": str(exc)[:200]}})
            raise _UnreadableInput(kept) from exc
        finally:
            builder.close()
        return _Made(data=out.getvalue(), manifest=bytes(manifest), stamped=stamped)

    def _stamped(self, asset: Asset, claim: Claim, left_out: frozenset[int]) -> "_Made":
        """Sign with a time-stamp when an authority is configured and answers, else without."""
        asked = self._stamps if self._ask_again_at <= time.monotonic() else None
        if asked is not None:
            tries = (self._in_time(asset, claim, left_out, asked.timeout_s)
                     for _ in range(TSA_TRIES if asked.policy == "delay" else 1))
            found = next(filter(None, tries), None)
            if found is not None:
                return found
        plain = self._sign(asset, claim, left_out, stamped=False)  # raises when an input was to blame, and not the authority
        if asked is not None and asked.policy == "degrade":
            self._ask_again_at = time.monotonic() + TSA_PAUSE_S
        return plain

    def _in_time(self, asset: Asset, claim: Claim, left_out: frozenset[int], timeout_s: float) -> "_Made | None":
        """Sign on a thread of its own: the native request gives up after half a minute only, and cannot be cancelled."""
        import c2pa

        done: queue.SimpleQueue[_Made | _UnreadableInput | None] = queue.SimpleQueue()

        def work() -> None:
            try:
                done.put(self._sign(asset, claim, left_out, stamped=True))
            except _UnreadableInput as exc:
                done.put(exc)
            except c2pa.C2paError as exc:
                log.info("no time-stamp", extra={"fields": {"reason": str(exc)[:200]}})
                done.put(None)

        threading.Thread(target=work, daemon=True, name="time-stamp").start()
        try:
            found = done.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(found, _UnreadableInput):
            raise found
        return found

    def _context(self, *, stamped: bool) -> Any:  # noqa: ANN401  c2pa has no types
        import c2pa

        with self._lock:
            if stamped not in self._contexts:
                stamps = self._stamps if stamped else None
                info = c2pa.C2paSignerInfo(self.chain.alg, self.chain.certificates, self.chain.key,
                                           stamps.url if stamps else None)
                settings = sealed_settings(self.chain.root, (stamps.host,) if stamps else ())
                self._contexts[stamped] = c2pa.Context.from_dict(settings, c2pa.Signer.from_info(info))
            return self._contexts[stamped]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    data: bytes
    manifest: bytes
    stamped: bool


class _UnreadableInput(Exception):
    def __init__(self, indexes: frozenset[int]) -> None:
        super().__init__(indexes)
        self.indexes = indexes


def _add(builder: Any, given: Input, index: int) -> None:  # noqa: ANN401  c2pa has no types
    import c2pa

    try:
        builder.add_ingredient(ingredient(given, index), given.mime, io.BytesIO(given.data))
    except c2pa.C2paError as exc:
        log.info("an input's manifest cannot be read", extra={"fields": {"reason": str(exc)[:200]}})
        raise _UnreadableInput(frozenset({index})) from exc


def manifests_in(store: bytes) -> int:
    """Count the manifests of a store: the `jumb` boxes inside the outermost one (ISO 19566-5)."""
    at, found = 8 + int.from_bytes(store[8:12], "big"), 0  # the outer box's header, then its description box
    while at + 8 <= len(store):
        length = int.from_bytes(store[at:at + 4], "big")
        if length < 8:
            break
        found += store[at + 4:at + 8] == b"jumb"
        at += length
    return found
