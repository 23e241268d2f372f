"""Read the content credentials of any file, without network, and say what they come to. No word of a stranger is believed."""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cavendish.trust import receipt
from cavendish.trust.credentials import sealed_settings
from cavendish.trust.credentials_claim import (
    ACTIONS_LABEL,
    GENERATION_LABEL,
    SOFT_BINDING_LABEL,
    has_manifest,
    mime_of,
    names_remote,
)
from cavendish.trust.labels import shown
from cavendish.trust.receipt import Receipt

NONE, ELSEWHERE, INVALID, VALID, TRUSTED = "none", "elsewhere", "invalid", "valid", "trusted"
_MAX_WORDS = 200  # of any text that a stranger's manifest makes us repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialReport:
    """`state`: none; elsewhere (a remote manifest is named, and was not fetched); invalid (broken, or the file was changed);
    valid (whole, the signer unknown here); trusted (whole, and the signer's root is trusted here)."""

    state: str = NONE
    signer: str = ""
    generator: str = ""
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    inputs: int = 0
    failures: tuple[str, ...] = ()
    stamped: bool = False
    soft_binding: str = ""  # alg:value
    generation: dict[str, str] = field(default_factory=dict)
    receipt: Receipt | None = None


class CredentialReader:
    """Reads with the roots that this installation trusts. Safe from many threads."""

    def __init__(self, anchors: bytes = b"") -> None:
        self._anchors = anchors
        self._lock = threading.Lock()
        self._contexts: list[Any] = []

    def read(self, data: bytes) -> CredentialReport:
        """Report on a picture of any accepted format. Raises BadImage for other files."""
        mime = mime_of(data)
        if not has_manifest(data):
            return CredentialReport(state=ELSEWHERE if names_remote(data) else NONE)
        found = self.crjson(data, mime)
        if isinstance(found, str):
            return CredentialReport() if not found else CredentialReport(state=INVALID, failures=(_text(found),))
        return _report(*found)

    def crjson(self, data: bytes, mime: str) -> tuple[str, dict[str, Any]] | str:
        """Return the validation state and C2PA's crJSON; the reason when it cannot be read, "" when nothing is there."""
        import c2pa

        try:
            with c2pa.Reader(mime, io.BytesIO(data), context=self._context()) as reader:
                return str(reader.get_validation_state()), json.loads(reader.crjson())
        except c2pa.C2paError.ManifestNotFound:
            return ""
        except (c2pa.C2paError, ValueError) as exc:
            return str(exc) or type(exc).__name__

    def _context(self) -> Any:  # noqa: ANN401  c2pa has no types
        import c2pa

        with self._lock:
            if not self._contexts:
                self._contexts.append(c2pa.Context.from_dict(sealed_settings(self._anchors)))
            return self._contexts[0]


def _report(state: str, crjson: dict[str, Any]) -> CredentialReport:
    active = next(_dicts(crjson.get("manifests")), {})
    assertions = _dict(active.get("assertions"))
    actions = list(_dicts(_dict(assertions.get(ACTIONS_LABEL)).get("actions")))
    signature = _dict(active.get("signature"))
    results = _dict(active.get("validationResults"))
    subject = _dict(_dict(signature.get("certificateInfo")).get("subject"))
    binding = _dict(assertions.get(SOFT_BINDING_LABEL))
    value = _text(next(_dicts(binding.get("blocks")), {}).get("value"))
    return CredentialReport(
        state={"Trusted": TRUSTED, "Valid": VALID}.get(state, INVALID),
        signer=", ".join(dict.fromkeys(filter(None, (_text(subject.get("CN")), _text(subject.get("O")))))),
        generator=_text(_dict(_dict(active.get("claim.v2")).get("claim_generator_info")).get("name")),
        actions=tuple(_text(a.get("action")) for a in actions),
        source_types=tuple(dict.fromkeys(filter(None, (_text(a.get("digitalSourceType")) for a in actions)))),
        inputs=sum(label.startswith("c2pa.ingredient") for label in assertions),
        failures=tuple(_text(f.get("code")) for f in _dicts(results.get("failure"))
                       if f.get("code") != "signingCredential.untrusted"),
        stamped=bool(signature.get("timeStampInfo")),
        soft_binding=f"{_text(binding.get('alg'))}:{value}" if value else "",
        generation={_text(k): _text(v) for k, v in _dict(assertions.get(GENERATION_LABEL)).items() if isinstance(v, str)},
        receipt=receipt.parse(assertions.get(receipt.LABEL)))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> Iterator[dict[str, Any]]:
    return (v for v in value if isinstance(v, dict)) if isinstance(value, list) else iter(())


def _text(value: object) -> str:
    return shown(value[:_MAX_WORDS]) if isinstance(value, str) else ""
