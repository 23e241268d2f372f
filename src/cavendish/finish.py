"""Finish: a raw picture -> the file that leaves. Exact pixels, watermark, encode, label, sign, in this order."""

import hashlib
import hmac
import logging
from dataclasses import dataclass, field, replace

from cavendish.engines.base import EngineProfile
from cavendish.imaging import codec, intake, mask, resize
from cavendish.imaging.raster import is_opaque, view, with_channels, with_depth
from cavendish.imaging.upscale import OnTile, Upscaler, enlarge, ignore_tiles
from cavendish.trust import labels, receipt
from cavendish.trust.credentials import SIGNABLE, Credentials
from cavendish.trust.credentials_claim import COMPONENT, INPUT, PARENT, Claim, Input, SoftBinding, has_manifest
from cavendish.trust.receipt import Receipt
from cavendish.trust.watermark.base import Watermarker
from cavendish.trust.watermark.fingerprint import fingerprint
from cavendish.types import Asset, ImageRequest, OutputSpec, Picture, Pixels, Reference, ReferenceRole, Size

log = logging.getLogger("cavendish.finish")

_LOSSLESS = ("image/png", "image/tiff")
_PLACED = (ReferenceRole.OBJECT, ReferenceRole.CHARACTER)
_RESERVE_BYTES = 6_144  # label and credentials of a picture without inputs, when a file size is to be met


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a file tells beside its picture. The default: the label alone.

    `mark_key` decides the ids: the same request here carries the same one. `masked` is where the watermark of a masked edit
    may be (inside, skip). `with_prompt` puts the words into the credentials; otherwise only their hash goes in.
    """

    watermarker: Watermarker | None = None
    mark_key: bytes = field(default=b"", repr=False)
    credentials: Credentials | None = None
    masked: str = "inside"
    with_prompt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSpec:
    """What every candidate of one run shares. `request` is planned: its size, references and mask are open."""

    request: ImageRequest
    engine: EngineProfile
    request_digest: str
    credit: str = ""
    provenance: Provenance = Provenance()
    upscaler: Upscaler | None = None  # None = Lanczos
    on_tile: OnTile = ignore_tiles

    @property
    def size(self) -> Size:
        return self.request.complete()[0]

    @property
    def output(self) -> OutputSpec:
        return self.request.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A file, and what to record of it.

    `pixel_digest` is of the pixels that somebody who opens it will see ("" for a picture without a state), `fingerprint` what
    they look like (b"" without a mark of ours).
    """

    asset: Asset
    pixel_digest: str
    mark_id: int | None = None
    fingerprint: bytes = field(default=b"", repr=False)
    manifest: bytes = field(default=b"", repr=False)
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """The pixels that are encoded."""

    pixels: Pixels
    binding: SoftBinding | None
    receipt: Receipt | None


def finish(picture: Picture, index: int, spec: FinishSpec) -> Finished:
    """Make the file of candidate `index`. A file that is already what was asked, and gets no mark, keeps its pixels' bytes.

    Raises ValueError for a picture that has neither pixels nor a file.
    """
    if picture.file is not None and _may_pass(picture.file, spec):
        told = _tell(picture, spec, picture.file, None)
        if spec.output.max_bytes is None or len(told[0].data) <= spec.output.max_bytes:
            return _finished(picture, told, picture.file, None)
    drawn = _drawn(picture, index, spec)
    asset = codec.encode(drawn.pixels, spec.output, reserve_bytes=_RESERVE_BYTES)
    told = _tell(picture, spec, asset, drawn)
    if spec.output.max_bytes is not None and len(told[0].data) > spec.output.max_bytes:  # the inputs' credentials are large
        asset = codec.encode(drawn.pixels, spec.output, reserve_bytes=len(told[0].data) - len(asset.data) + 256)
        told = _tell(picture, spec, asset, drawn)
    return _finished(picture, told, asset, drawn)


def mark_id(key: bytes, spec: FinishSpec, seed: int, index: int, bits: int) -> int:
    """Return the watermark id of a candidate: the same for the same request, engine, seed and index on one installation."""
    told = "|".join((spec.request_digest, spec.engine.id, spec.engine.revision, str(seed), str(index)))
    return int.from_bytes(hmac.new(key, told.encode(), hashlib.sha256).digest(), "big") >> (256 - bits)


def _may_pass(file: Asset, spec: FinishSpec) -> bool:
    """Whether a file may leave without being decoded: as asked, no mask to hold it to, and no mark to put in."""
    output, kept = spec.output, spec.request.mask is None
    marked = spec.provenance.watermarker is not None and not spec.engine.marks
    as_asked = (file.mime, file.size, output.bit_depth) == (output.mime, spec.size, 8) and output.background != "opaque"
    return as_asked and kept and not marked


def _drawn(picture: Picture, index: int, spec: FinishSpec) -> _Drawn:
    exact = _exact(picture, spec)
    area = _area(spec)
    base = spec.request.base.pixels if spec.request.base is not None else None
    proof = None
    if area is not None and base is not None and base.size == area.size:
        exact = _held(base, exact, area, spec)
        proof = receipt.write(_as_deep(base, exact), exact, area, _feather(spec), exact=_keeps_pixels(exact, spec.output))
    marker, binding = spec.provenance.watermarker, None
    if marker is not None and not spec.engine.marks and (area is None or _masked_watermark(spec) == "inside"):
        number = mark_id(spec.provenance.mark_key, spec, picture.seed, index, marker.bits)
        marked = marker.embed(exact, number, None if area is None else view(area)[..., 0] > 0)
        if marked.readable:
            exact, binding = marked.pixels, SoftBinding(alg=marker.alg, mark_id=number, bits=marker.bits)
        else:  # a mark that cannot be read is a change for nothing
            log.info("no room for a watermark", extra={"fields": {"request_digest": spec.request_digest, "index": index}})
    return _Drawn(pixels=exact, binding=binding, receipt=proof)


def _exact(picture: Picture, spec: FinishSpec) -> Pixels:
    pixels = picture.pixels
    if pixels is None:
        if picture.file is None:
            raise ValueError(f"nothing to finish: {picture.finish_reason}")
        pixels = intake.open_picture(picture.file.data)
    exact = enlarge(pixels, spec.size, spec.upscaler, spec.on_tile)
    return with_depth(exact, 16) if exact.depth == 32 else exact


def _area(spec: FinishSpec) -> Pixels | None:
    """The mask over the finished picture, None without one."""
    if spec.request.mask is None or spec.request.mask.pixels is None:
        return None
    return resize.fit(spec.request.mask.pixels, spec.size, light=False)


def _held(base: Pixels, exact: Pixels, area: Pixels, spec: FinishSpec) -> Pixels:
    """Outside the mask nothing moves, whatever the engine did: where it did, the base is laid over it."""
    under = _as_deep(base, exact)
    if mask.outside_digest(under, area) == mask.outside_digest(exact, area):
        return exact
    return mask.composite(under, exact, area, _feather(spec))


def _as_deep(base: Pixels, exact: Pixels) -> Pixels:
    return with_depth(base, exact.depth)


def _feather(spec: FinishSpec) -> int:
    return spec.request.mask.feather_px if spec.request.mask is not None else 0


def _masked_watermark(spec: FinishSpec) -> str:
    return (spec.request.mask.watermark if spec.request.mask is not None else "") or spec.provenance.masked


def _keeps_pixels(exact: Pixels, output: OutputSpec) -> bool:
    """Whether the file will hold every sample: lossless, no bits cut off, no alpha laid on white."""
    deep_enough = exact.depth <= output.bit_depth
    return output.mime in _LOSSLESS and deep_enough and (output.background != "opaque" or is_opaque(exact))


def _tell(picture: Picture, spec: FinishSpec, asset: Asset, drawn: _Drawn | None) -> tuple[Asset, bytes]:
    """Label and sign; return the file that leaves and its manifest store (b"" unsigned)."""
    kind = labels.source_type(spec.engine.trained, picture.edited_base)
    labelled = labels.label(asset, labels.LabelFacts(
        engine_name=spec.engine.name, engine_id=spec.engine.id, revision=spec.engine.revision, seed=picture.seed,
        source_type=kind, credit=spec.credit, request_digest=spec.request_digest))
    credentials = spec.provenance.credentials
    if credentials is None or labelled.mime not in SIGNABLE:
        return labelled, b""
    signed = credentials.sign(labelled, _claim(picture, spec, kind, drawn))
    return signed.asset, signed.manifest


def _claim(picture: Picture, spec: FinishSpec, kind: str, drawn: _Drawn | None) -> Claim:
    """Say what was done. An engine's file with credentials of its own is the parent of ours, so that they are not lost."""
    inputs = tuple(_input(r, spec) for r in spec.request.references)
    delivered = picture.file is not None and has_manifest(picture.file.data)
    if picture.file is not None and delivered:
        inputs = (*(replace(i, relationship=INPUT) for i in inputs),
                  Input(data=picture.file.data, role="the engine's own file", relationship=PARENT))
    return Claim(
        engine_id=spec.engine.id, engine_name=spec.engine.name, revision=spec.engine.revision, source_type=kind,
        seed=picture.seed, request_digest=spec.request_digest, prompt=spec.request.prompt,
        with_prompt=spec.provenance.with_prompt, engine_mark=spec.engine.marks,
        inputs=inputs, delivered=delivered, reworked=drawn is not None,
        binding=drawn.binding if drawn else None, receipt=drawn.receipt if drawn else None)


def _input(reference: Reference, spec: FinishSpec) -> Input:
    """The picture that is edited is the parent. Rules place objects; a trained model takes everything else as input."""
    if reference is spec.request.base:
        relationship = PARENT
    else:
        relationship = COMPONENT if reference.role in _PLACED and not spec.engine.trained else INPUT
    return Input(data=reference.data, role=reference.role.value, relationship=relationship)


def _finished(picture: Picture, told: tuple[Asset, bytes], asset: Asset, drawn: _Drawn | None) -> Finished:
    exact = drawn.pixels if drawn else None
    plain = Finished(asset=told[0], manifest=told[1], pixel_digest=_seen(exact, asset).digest() if picture.state else "")
    if drawn is None:
        return plain
    plain = replace(plain, receipt=drawn.receipt)
    if drawn.binding is None:
        return plain
    return replace(plain, mark_id=drawn.binding.mark_id, fingerprint=fingerprint(drawn.pixels))


def _seen(exact: Pixels | None, asset: Asset) -> Pixels:
    """The pixels that intake reads back: the same where the encoding is lossless, else those of the decoded file."""
    if exact is None or asset.mime != "image/png" or exact.depth != 8:
        return intake.open_picture(asset.data)
    return exact if exact.channels == 4 and not is_opaque(exact) else with_channels(exact, 3)
