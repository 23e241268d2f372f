"""What a content credential says of one picture: a C2PA 2.4 manifest definition, pure data.

Actions are those of section 18.15; every assertion carries `created`, since one that we only gathered is not vouched for. The
words of the prompt stay out unless the installation wants them in; their hash lets whoever has the words prove them.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cavendish import __version__
from cavendish.imaging import header
from cavendish.trust.receipt import LABEL as RECEIPT_LABEL
from cavendish.trust.receipt import Receipt

SPEC_VERSION = "2.4.0"  # SemVer, as section 10.2.3.2 asks; readers that check find "2.4" malformed
GENERATION_LABEL = "org.cavendish.generation"
ACTIONS_LABEL, SOFT_BINDING_LABEL = "c2pa.actions.v2", "c2pa.soft-binding"
PARENT, COMPONENT, INPUT = "parentOf", "componentOf", "inputTo"
_MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif", "GIF": "image/gif",
         "TIFF": "image/tiff", "BMP": "image/bmp", "JXL": "image/jxl"}
_REMOTE = b"dcterms:provenance"  # XMP that names a manifest kept elsewhere: recorded, never fetched
_STORE = b"jumb"                 # every embedded manifest store holds this box type


def mime_of(data: bytes) -> str:
    """Return a picture's type by its own bytes. Raises BadImage."""
    return _MIME[header.read(data).kind]


def has_manifest(data: bytes) -> bool:
    """Whether a manifest store may be inside: only then does a C2PA parser see a stranger's bytes."""
    return _STORE in data


def names_remote(data: bytes) -> bool:
    """Whether the file says that its manifest is kept elsewhere."""
    return _REMOTE in data


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A picture that went in, as it came. `relationship` is PARENT, COMPONENT or INPUT."""

    data: bytes = field(repr=False)
    role: str
    relationship: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def mime(self) -> str:
        return mime_of(self.data)

    @property
    def has_manifest(self) -> bool:
        return has_manifest(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftBinding:
    """The watermark in the pixels: which algorithm, and the id it carries."""

    alg: str
    mark_id: int
    bits: int = 48

    @property
    def value(self) -> str:
        return base64.b64encode(self.mark_id.to_bytes((self.bits + 7) // 8, "big")).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Everything that the manifest of one picture says.

    `delivered` is the file as an engine elsewhere sent it, when it came with credentials of its own: it is then the parent, and
    the inputs are what that engine was given. `reworked`: its pixels were changed here.
    """

    engine_id: str
    engine_name: str
    revision: str
    source_type: str      # an IPTC term
    seed: int
    request_digest: str
    prompt: str           # hashed unless `with_prompt`
    with_prompt: bool = False
    inputs: tuple[Input, ...] = ()
    binding: SoftBinding | None = None
    engine_mark: str = ""  # a watermark that the engine put in itself, such as SynthID
    receipt: Receipt | None = None
    delivered: bool = False  # the last input is the engine's own file
    reworked: bool = True


def definition(claim: Claim, left_out: frozenset[int] = frozenset()) -> dict[str, Any]:
    """Return the manifest definition. `left_out`: indexes of inputs whose own manifests did not fit, kept by hash alone."""
    assertions = [(ACTIONS_LABEL, {"actions": list(_actions(claim)), "allActionsIncluded": True}),
                  (GENERATION_LABEL, _generation(claim, left_out))]
    if claim.binding is not None:
        assertions.append((SOFT_BINDING_LABEL, {"alg": claim.binding.alg,
                                                "blocks": [{"scope": {}, "value": claim.binding.value}]}))
    if claim.receipt is not None:
        assertions.append((RECEIPT_LABEL, claim.receipt.as_json()))
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": "Cavendish", "version": __version__, "specVersion": SPEC_VERSION}],
        "assertions": [{"label": label, "created": True, "data": data} for label, data in assertions],
        "ingredients": [ingredient(claim.inputs[i], i) for i in range(len(claim.inputs)) if not embeds(claim, i, left_out)]}


def embeds(claim: Claim, index: int, left_out: frozenset[int]) -> bool:
    """Whether this input is added with its own manifest."""
    return index not in left_out and claim.inputs[index].has_manifest


def ingredient(given: Input, index: int) -> dict[str, Any]:
    """Describe an input. No file name, no thumbnail: what it is for, its type and its hash."""
    return {"label": _label(index), "relationship": given.relationship, "format": given.mime, "title": given.role,
            "description": f"sha256 {given.digest}"}


def _label(index: int) -> str:
    return f"input-{index}"


def _actions(claim: Claim) -> Iterator[dict[str, Any]]:
    agent = {"name": f"Cavendish {claim.engine_name}", "version": claim.revision}
    by_kind = {kind: [_label(i) for i, given in enumerate(claim.inputs) if given.relationship == kind]
               for kind in (PARENT, COMPONENT, INPUT)}
    action = "org.cavendish.generated" if claim.delivered else "c2pa.edited" if by_kind[PARENT] else "c2pa.created"
    made: dict[str, Any] = {"action": action, "softwareAgent": agent, "digitalSourceType": claim.source_type}
    if by_kind[INPUT]:
        made["parameters"] = {"ingredientIds": by_kind[INPUT]}
    placed = [{"action": "c2pa.placed", "parameters": {"ingredientIds": by_kind[COMPONENT]}}] if by_kind[COMPONENT] else []
    if by_kind[PARENT]:
        yield {"action": "c2pa.opened", "parameters": {"ingredientIds": by_kind[PARENT]}}
        yield from placed
        yield made
    else:
        yield made
        yield from placed
    if claim.delivered:
        yield {"action": "c2pa.edited", "digitalSourceType": claim.source_type} if claim.reworked else {
            "action": "c2pa.edited.metadata"}
    if claim.binding is not None or (claim.engine_mark and not claim.delivered):
        yield {"action": "c2pa.watermarked.bound" if claim.binding else "c2pa.watermarked.unbound",
               "softwareAgent": agent if claim.binding else {"name": claim.engine_mark}}


def _generation(claim: Claim, left_out: frozenset[int]) -> dict[str, Any]:
    """Seeds are text: JSON readers lose digits over 2^53."""
    said: dict[str, Any] = {
        "engine": claim.engine_id, "revision": claim.revision, "seed": str(claim.seed), "request_digest": claim.request_digest,
        "prompt_sha256": hashlib.sha256(claim.prompt.encode("utf-8", "surrogatepass")).hexdigest()}
    if claim.with_prompt:
        said["prompt"] = claim.prompt.replace("\0", " ").encode("utf-8", "replace").decode()
    if claim.inputs:
        said["inputs"] = [_told(given, i in left_out) for i, given in enumerate(claim.inputs)]
    return said


def _told(given: Input, left_out: bool) -> dict[str, str]:
    told = {"role": given.role, "relationship": given.relationship, "sha256": given.digest}
    if left_out and given.has_manifest:
        return told | {"manifest": "left out: not readable, or over the size that one file may carry; look it up by the hash"}
    if given.has_manifest:
        return told | {"manifest": "kept"}
    if names_remote(given.data):
        return told | {"manifest": "elsewhere: the file names a remote manifest, which was not fetched"}
    return told
