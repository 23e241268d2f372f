"""Finish: a raw picture -> the file that leaves. Exact pixels, encode, label, in this order."""

from dataclasses import dataclass

from cavendish.engines.base import EngineProfile
from cavendish.imaging import codec, resize
from cavendish.trust import labels
from cavendish.types import Asset, OutputSpec, Picture, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSpec:
    """What every candidate of one run shares."""

    size: Size
    output: OutputSpec
    engine: EngineProfile
    request_digest: str
    credit: str = ""


def finish(picture: Picture, spec: FinishSpec) -> Asset:
    """Return the encoded, labelled file of a picture that has pixels. Raises ValueError for one that has none."""
    if picture.pixels is None:
        raise ValueError(f"nothing to finish: {picture.finish_reason}")
    exact = picture.pixels if picture.pixels.size == spec.size else resize.fit(picture.pixels, spec.size)
    asset = codec.encode(exact, spec.output)
    return labels.label(asset, labels.LabelFacts(
        engine_name=spec.engine.name, engine_id=spec.engine.id, revision=spec.engine.revision, seed=picture.seed,
        source_type=labels.source_type(spec.engine.trained, picture.edited_base), credit=spec.credit,
        request_digest=spec.request_digest))
