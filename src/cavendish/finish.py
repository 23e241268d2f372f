"""Finish: a raw picture -> the file that leaves. Exact pixels, encode, label, in this order."""

from dataclasses import dataclass

from cavendish.engines.base import EngineProfile
from cavendish.imaging import codec, intake, resize
from cavendish.imaging.raster import is_opaque, with_channels
from cavendish.trust import labels
from cavendish.types import Asset, OutputSpec, Picture, Pixels, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSpec:
    """What every candidate of one run shares."""

    size: Size
    output: OutputSpec
    engine: EngineProfile
    request_digest: str
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A file, and the digest of the pixels that somebody who opens it will see ("" for a picture without a state)."""

    asset: Asset
    pixel_digest: str


def finish(picture: Picture, spec: FinishSpec) -> Finished:
    """Encode and label a picture at the exact size; a file that is already what was asked stays as the engine received it.

    Raises ValueError for a picture that has neither pixels nor a file.
    """
    asset, exact = picture.file, None
    if asset is None or not _is_as_asked(asset, spec):
        exact = _exact(picture, spec.size)
        asset = codec.encode(exact, spec.output)
    labelled = labels.label(asset, labels.LabelFacts(
        engine_name=spec.engine.name, engine_id=spec.engine.id, revision=spec.engine.revision, seed=picture.seed,
        source_type=labels.source_type(spec.engine.trained, picture.edited_base), credit=spec.credit,
        request_digest=spec.request_digest))
    return Finished(asset=labelled, pixel_digest=_seen(exact, asset).digest() if picture.state else "")


def _is_as_asked(file: Asset, spec: FinishSpec) -> bool:
    """Whether a file may leave without being decoded: type, size and depth are right, and alpha may stay."""
    output = spec.output
    return (file.mime, file.size, output.bit_depth) == (output.mime, spec.size, 8) and output.background != "opaque"


def _exact(picture: Picture, size: Size) -> Pixels:
    pixels = picture.pixels
    if pixels is None:
        if picture.file is None:
            raise ValueError(f"nothing to finish: {picture.finish_reason}")
        pixels = intake.open_picture(picture.file.data)
    return pixels if pixels.size == size else resize.fit(pixels, size)


def _seen(exact: Pixels | None, asset: Asset) -> Pixels:
    """The pixels that intake reads back: the same where the encoding is lossless, else those of the decoded file."""
    if exact is None or asset.mime != "image/png" or exact.depth != 8:
        return intake.open_picture(asset.data)
    return exact if exact.channels == 4 and not is_opaque(exact) else with_channels(exact, 3)
