"""Policy on pictures: what an open-weight classifier sees in the pixels, judged by the same categories and thresholds.

None is installed by default: weights are the user's choice and licence. An ONNX model comes with a JSON file beside it, named
like it with `.json` for `.onnx`:

    {"name": "nsfw-384", "labels": ["normal", {"name": "nsfw", "category": "image_sexually_explicit"}],
     "width": 384, "height": 384, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "layout": "NCHW", "activation": "softmax",
     "bands": {"low": 0.2, "medium": 0.5, "high": 0.8}}

Models of transformers become such a file by `optimum-cli export onnx`.
"""

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cavendish.errors import ConfigError, EngineFailed
from cavendish.imaging import intake, resize
from cavendish.imaging.raster import view, with_channels
from cavendish.trust.policy.rules import CATEGORIES, DEFAULT_THRESHOLD, reaches
from cavendish.types import Picture, Pixels, Size

BANDS: Mapping[str, float] = {"low": 0.2, "medium": 0.5, "high": 0.8}  # least probability of each word, ours
ACTIVATIONS = ("softmax", "sigmoid", "none")
_PLAIN = "image_"  # "image_sexually_explicit" follows the setting of "sexually_explicit" unless it has its own


class PictureClassifier(Protocol):
    """Says how likely a picture is of each category. Safe from many threads."""

    @property
    def name(self) -> str: ...

    @property
    def bands(self) -> Mapping[str, float]: ...

    def classify(self, pixels: Pixels) -> Mapping[str, float]:
        """Category -> probability from 0 to 1. Raises EngineFailed when the model cannot answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a picture is refused."""

    category: str
    probability: float
    band: str
    classifier: str

    def sentence(self) -> str:
        """For the caller: what was found, by what, how sure, and what to do."""
        return (f"The picture was refused: {self.classifier} sees {self.category} at {self.probability:.2f} ({self.band}). "
                "It was not charged. Say it in other words, or send safety settings that allow the category.")


def judge(pixels: Pixels, classifier: PictureClassifier, safety: tuple[tuple[str, str], ...]) -> Verdict | None:
    """The likeliest category that the thresholds refuse, None for a picture that may leave."""
    thresholds = dict(safety)
    refused = []
    for category, probability in classifier.classify(pixels).items():
        band = next((b for b in ("high", "medium", "low") if probability >= classifier.bands[b]), "negligible")
        threshold = thresholds.get(category, thresholds.get(category.removeprefix(_PLAIN), DEFAULT_THRESHOLD))
        if reaches(band, threshold):
            refused.append(Verdict(category=category, probability=probability, band=band, classifier=classifier.name))
    return max(refused, key=lambda verdict: verdict.probability, default=None)


def screened(picture: Picture, classifier: PictureClassifier | None, safety: tuple[tuple[str, str], ...]) -> Picture:
    """The picture, or the reason in its place when the classifier refuses it. A picture that has neither passes."""
    if classifier is None or picture.finish_reason != "stop":
        return picture
    pixels = picture.pixels
    if pixels is None and picture.file is not None:
        pixels = intake.open_picture(picture.file.data)
    verdict = judge(pixels, classifier, safety) if pixels is not None else None
    if verdict is not None:
        return Picture(seed=picture.seed, finish_reason="safety", note=verdict.sentence(),
                       upstream_micros=picture.upstream_micros)
    return replace(picture, pixels=pixels)  # a file that was opened here is not opened again


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The JSON beside a model: what goes in, what comes out."""

    name: str
    categories: tuple[str, ...]  # one for each output, "" = innocent
    size: Size
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    channels_last: bool
    activation: str
    bands: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OnnxClassifier:
    """An image classifier in ONNX: one float32 picture in, one row of scores out."""

    card: Card
    session: Any = field(repr=False)  # onnxruntime.InferenceSession

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def bands(self) -> Mapping[str, float]:
        return self.card.bands

    def classify(self, pixels: Pixels) -> Mapping[str, float]:
        scores = np.asarray(self.session.run(None, {self.session.get_inputs()[0].name: _tensor(pixels, self.card)})[0])
        row = _activated(scores.reshape(-1).astype(np.float64), self.card.activation)
        if row.size != len(self.card.categories) or not np.isfinite(row).all():
            labels = len(self.card.categories)
            raise EngineFailed(f"the picture classifier {self.name} gave {row.size} scores for {labels} labels",
                               hint="mend the JSON beside the model: one label for each output")
        found: dict[str, float] = {}
        for category, score in zip(self.card.categories, row, strict=True):
            if category:
                found[category] = max(float(score), found.get(category, 0.0))
        return found


def open_classifier(path: Path) -> OnnxClassifier:
    """Load a model and its JSON. Raises ConfigError saying what is missing or wrong."""
    name = f"CAVENDISH_PICTURE_CLASSIFIER={path}"
    if importlib.util.find_spec("onnxruntime") is None:
        raise ConfigError(f"{name} needs onnxruntime", hint="pip install 'cavendish[classify]'")
    beside = path.with_suffix(".json")
    try:
        raw = json.loads(beside.read_text("utf-8"))
        card = read_card(raw, path.stem)
        model = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{name}: {Path(exc.filename or path).name} cannot be read",
                          hint="put the model and a .json of the same name in one folder") from exc
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ConfigError(f"{name}: {beside.name} is wrong: {exc}", hint="docs/safety.md shows an example") from exc
    return OnnxClassifier(card, _session(model, name))


def _session(model: bytes, name: str) -> Any:  # noqa: ANN401  onnxruntime has no types
    import onnxruntime  # heavy: only who configured a classifier pays for it
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(model, options, providers=onnxruntime.get_available_providers())
    except (state.Fail, state.InvalidProtobuf, state.InvalidGraph, state.InvalidArgument, state.NotImplemented) as exc:
        raise ConfigError(f"{name} is not a model that onnxruntime can run: {str(exc)[:200]}",
                          hint="export it to ONNX again") from exc
    if len(session.get_inputs()) != 1:
        raise ConfigError(f"{name} takes {len(session.get_inputs())} inputs", hint="use a classifier that takes one picture")
    return session


def read_card(raw: dict[str, Any], stem: str) -> Card:
    """Check the JSON of a classifier. Raises ValueError, KeyError or TypeError in words that say what is wrong."""
    labels = tuple(label if isinstance(label, dict) else {"name": label} for label in raw["labels"])
    categories = tuple(str(label.get("category", "")) for label in labels)
    unknown = sorted(set(categories) - {"", *CATEGORIES})
    bands = {**BANDS, **raw.get("bands", {})}
    card = Card(name=str(raw.get("name", stem)), categories=categories, size=Size(int(raw["width"]), int(raw["height"])),
                mean=_three(raw, "mean"), std=_three(raw, "std"), channels_last=raw.get("layout", "NCHW") == "NHWC",
                activation=raw.get("activation", "softmax"), bands=bands)
    problems = {
        f"category {', '.join(unknown)} is not one of {', '.join(CATEGORIES)}": bool(unknown),
        "no label has a category, so nothing could be refused": not any(categories),
        "activation must be softmax, sigmoid or none": card.activation not in ACTIVATIONS,
        "layout must be NCHW or NHWC": raw.get("layout", "NCHW") not in ("NCHW", "NHWC"),
        "width and height must be at most 4096": max(card.size.width, card.size.height) > 4096,
        "std must not hold 0": 0 in card.std,
        "bands must rise: low, medium, high from 0 to 1": set(bands) != set(BANDS) or not (
            0 < bands["low"] <= bands["medium"] <= bands["high"] <= 1),
    }
    for problem, wrong in problems.items():
        if wrong:
            raise ValueError(problem)
    return card


def _three(raw: dict[str, Any], key: str) -> tuple[float, float, float]:
    first, second, third = (float(v) for v in raw[key])
    return first, second, third


def _tensor(pixels: Pixels, card: Card) -> npt.NDArray[np.float32]:
    """Squeeze the whole picture to the model's size (nothing is cropped away), scale to 0..1, normalise, add the batch axis."""
    small = resize.scale(with_channels(pixels, 3), card.size)
    full = np.float32(255 if small.depth == 8 else 65535)
    rows = (view(small).astype(np.float32) / full - np.array(card.mean, np.float32)) / np.array(card.std, np.float32)
    return np.ascontiguousarray((rows if card.channels_last else rows.transpose(2, 0, 1))[None])


def _activated(scores: npt.NDArray[np.float64], activation: str) -> npt.NDArray[np.float64]:
    if activation == "softmax":
        raised = np.exp(scores - scores.max())
        return np.asarray(raised / raised.sum())
    return 1 / (1 + np.exp(-scores)) if activation == "sigmoid" else scores
