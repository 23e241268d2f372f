"""Verify: any picture -> what it says of its origin, what this installation knows of it, and one sentence for people.

Three witnesses: the content credentials (whole or broken, signer known or not), the watermark (looked up among the ids
issued here, accepted only when the picture looks like the one it was issued for), and the labels (a claim, no proof). It costs
nothing, needs no network, and looks at one bounded file at a time.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cavendish.imaging import header, intake
from cavendish.imaging.intake import InProcess, Intake
from cavendish.store.rows import Issued, Rows
from cavendish.trust import labels, receipt
from cavendish.trust.credentials_read import ELSEWHERE, INVALID, NONE, TRUSTED, VALID, CredentialReader, CredentialReport
from cavendish.trust.receipt import Receipt, ReceiptCheck
from cavendish.trust.watermark.base import Watermarker
from cavendish.trust.watermark.fingerprint import same_picture
from cavendish.types import Pixels

MADE_HERE, VOUCHED, CLAIMED, UNKNOWN, ALTERED = "made_here", "vouched", "claimed", "unknown", "altered"
_SOURCES = {labels.TRAINED: "made by a trained model", labels.ALGORITHMIC: "made by an algorithm without training data",
            labels.EDITED: "a picture changed by rules", labels.EDITED_BY_TRAINED: "a picture changed by a trained model",
            labels.COMPOSITE: "put together with synthetic elements"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReport:
    """`answer`: present, absent, cannot_tell; off when this installation looks for none. `issued`: the id was given out here;
    `alike`: to a picture that looks like this one. Only both together prove anything: a mark can be copied."""

    answer: str
    mark_id: str = ""  # hex
    issued: bool = False
    alike: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Everything found. `status`: made_here (proved), vouched (credentials of a trusted signer), claimed (credentials of an
    unknown signer, or labels), unknown (nothing found, which proves nothing), altered (something here is contradicted)."""

    status: str
    sentence: str
    mime: str
    size: str
    sha256: str
    credentials: CredentialReport
    watermark: MarkReport
    labels: dict[str, str] = field(default_factory=dict)
    record: Issued | None = None
    receipt: ReceiptCheck | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain values for JSON: no binary fields."""
        seen, found = self.credentials, self.record
        plain = {name: getattr(seen, name) for name in ("state", "signer", "generator", "inputs", "stamped", "soft_binding")}
        return {
            "status": self.status, "verdict": self.sentence, "mime": self.mime, "size": self.size, "sha256": self.sha256,
            "credentials": plain | {"actions": list(seen.actions), "source_types": list(seen.source_types),
                                    "failures": list(seen.failures), "generation": seen.generation},
            "watermark": {"answer": self.watermark.answer, "id": self.watermark.mark_id, "issued_here": self.watermark.issued,
                          "looks_alike": self.watermark.alike},
            "labels": self.labels,
            "record": found and {"engine": found.engine, "revision": found.revision, "seed": found.seed,
                                 "request_digest": found.request_digest, "file": found.asset_digest, "manifest": found.manifest,
                                 "created": datetime.fromtimestamp(found.created_s, UTC).isoformat()},
            "receipt": self.receipt and {"holds": self.receipt.holds, "moved_px": self.receipt.moved_px,
                                         "worst": self.receipt.worst, "why": self.receipt.why}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a masked edit is checked against: the original file, and the receipt and mask when the edited file has none."""

    original: bytes = field(repr=False)
    receipt: Receipt | None = None
    mask: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Looks at pictures. Blocking; safe from many threads. Without a watermarker no mark is looked for."""

    rows: Rows
    reader: CredentialReader
    watermarker: Watermarker | None = None
    intake: Intake = field(default_factory=InProcess)
    room: Callable[[int], AbstractContextManager[object]] = nullcontext  # held while input pictures of so many pixels are open

    def verify(self, data: bytes, against: Against | None = None) -> Verdict:
        """Say what a picture is. Raises BadImage or TooLarge for what is no picture that can be opened."""
        files = (data, against.original) if against else (data,)
        with self.room(sum(intake.probe(file).pixels for file in files)):
            return self._verified(data, against)

    def _verified(self, data: bytes, against: Against | None) -> Verdict:
        pixels = self.intake.open_picture(data)
        digest = hashlib.sha256(data).hexdigest()
        credentials = self.reader.read(data)
        record = self.rows.issued_file(digest)
        mark, marked = self._mark(pixels, record)
        found = labels.read_labels(data)
        check = self._receipt(credentials, pixels, against)
        plain = Verdict(status=UNKNOWN, sentence="", mime=_mime(data), size=str(pixels.size), sha256=digest,
                        credentials=credentials, watermark=mark, labels=found, record=record or marked, receipt=check)
        status, sentence = _judged(plain, exact=record is not None)
        return Verdict(**{name: getattr(plain, name) for name in Verdict.__slots__} | {"status": status, "sentence": sentence})

    def _mark(self, pixels: Pixels, record: Issued | None) -> tuple[MarkReport, Issued | None]:
        """Look for a mark, and for a picture issued here that carries it and looks like this one."""
        if record is not None and record.mark_id is not None:  # the file itself is ours: its mark is known, no search is needed
            return MarkReport(answer="present", mark_id=f"{record.mark_id:x}", issued=True, alike=True), record
        if self.watermarker is None:
            return MarkReport(answer="off"), None
        seen = self.watermarker.detect(pixels)
        issued = self.rows.issued_marks(seen.mark_ids)
        alike = next((row for row in issued if row.fingerprint and same_picture(row.fingerprint, pixels)), None)
        named = alike.mark_id if alike else issued[0].mark_id if issued else next(iter(seen.mark_ids), None)
        return MarkReport(answer=seen.answer, mark_id="" if named is None else f"{named:x}", issued=bool(issued),
                          alike=alike is not None), alike

    def _receipt(self, seen: CredentialReport, edited: Pixels, against: Against | None) -> ReceiptCheck | None:
        if against is None:
            return None
        proof = against.receipt or (seen.receipt if seen.state in (VALID, TRUSTED) else None)
        if proof is None:
            return ReceiptCheck(holds=False, why="the picture carries no receipt: give the one that came with it")
        original = self.intake.open_picture(against.original)
        area = self.intake.open_mask(against.mask, original.size) if against.mask else None
        return receipt.check(proof, original, edited, area)


def _mime(data: bytes) -> str:
    return "image/" + header.read(data).kind.lower()


def _judged(seen: Verdict, *, exact: bool) -> tuple[str, str]:
    """Weigh the witnesses. The first rule that fits decides."""
    said, mark = seen.credentials, seen.watermark
    if seen.receipt is not None and not seen.receipt.holds:
        return ALTERED, f"The masked edit cannot be confirmed: {seen.receipt.why}."
    if exact and seen.record is not None:
        return MADE_HERE, f"This installation made this very file: {_made(seen.record)}.{_held(seen)}"
    if mark.issued and mark.alike and seen.record is not None:
        return MADE_HERE, (f"This installation made this picture, known by its watermark: {_made(seen.record)}; the file has "
                           f"been saved or changed since.{_credential_words(said)}{_held(seen)}")
    if said.state == INVALID:
        return ALTERED, ("The content credentials do not fit: the file was changed after it was signed, or they are "
                         f"broken{_codes(said)}.")
    if mark.issued:
        return ALTERED, ("It carries a watermark issued here, but for a picture that looks different: it may have been changed "
                         "heavily, or the mark was copied; this proves nothing.")
    if said.state == TRUSTED:
        return VOUCHED, f"{_signer(said)} vouches for it{_kinds(said)}; the file is as it was signed.{_held(seen)}"
    if said.state == VALID:
        return CLAIMED, (f"{_signer(said)} signed it{_kinds(said)} and the file is as it was signed, but that signer is not "
                         f"trusted here.{_held(seen)}")
    if said.state == ELSEWHERE:
        return CLAIMED, "It names content credentials kept elsewhere, which were not fetched."
    return _unsigned(seen)


def _unsigned(seen: Verdict) -> tuple[str, str]:
    if seen.labels.get("source_type"):
        kind = _SOURCES.get(seen.labels["source_type"], "of a kind not known here")
        return CLAIMED, f"Its label says that it is {kind}; nothing proves the label."
    if seen.watermark.answer == "present":
        return CLAIMED, "It carries a watermark made with this installation's key, but no record of it is kept here."
    if seen.watermark.answer == "cannot_tell":
        return UNKNOWN, "Nothing says where it comes from; whether it carries a watermark cannot be told."
    return UNKNOWN, "Nothing says where it comes from; that does not make it a photograph."


def _made(found: Issued) -> str:
    when = datetime.fromtimestamp(found.created_s, UTC)
    return f"engine {found.engine}, seed {found.seed}, {when:%Y-%m-%d %H:%M} UTC"


def _held(seen: Verdict) -> str:
    if seen.receipt is None:
        return ""
    if seen.receipt.why:
        return f" The receipt fits the original; {seen.receipt.why}, by at most {seen.receipt.worst} of 255."
    return " Outside the mask every pixel is the original's."


def _credential_words(said: CredentialReport) -> str:
    return {NONE: " Its credentials were removed.", INVALID: " Its credentials no longer fit."}.get(said.state, "")


def _signer(said: CredentialReport) -> str:
    return said.signer or "An unnamed signer"


def _kinds(said: CredentialReport) -> str:
    kinds = [_SOURCES[k] for k in said.source_types if k in _SOURCES]
    return f" as {' and '.join(kinds)}" if kinds else ""


def _codes(said: CredentialReport) -> str:
    return f" ({', '.join(said.failures[:3])})" if said.failures else ""
