"""Native bodies -> ImageRequest. Pure."""

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cavendish.api import edge
from cavendish.api.native.schema import ImageBody, MaskBody, OutputBody, ReferenceBody, TextLayerBody, VerifyBody
from cavendish.errors import InvalidBody, InvalidRequest, InvalidValue, UnknownField
from cavendish.trust import policy, receipt
from cavendish.types import ImageRequest, Mask, OutputSpec, Reference, ReferenceRole, Search, Size, TextLayer, Thinking
from cavendish.verify import Against

AS_THEY_ARE = ("prompt", "model", "aspect_ratio", "seed", "count", "negative_prompt", "history", "system", "steps",
               "guidance_scale", "partial_images", "text")


B = TypeVar("B", bound=BaseModel)


def read(body: bytes) -> ImageBody:
    """Parse the body of a drawing call. Raises as `read_as`."""
    return read_as(body, ImageBody)


def read_as(body: bytes, kind: type[B]) -> B:
    """Parse a JSON body. Raises InvalidBody, UnknownField or InvalidValue."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as exc:
        raise _problem(exc, kind) from exc


def against(sent: VerifyBody) -> Against | None:
    """Build what a masked edit is compared with, None when no original came. Raises InvalidValue."""
    if not sent.original:
        if sent.mask or sent.receipt is not None:
            raise InvalidValue("a receipt needs the original picture to compare with", field="original", hint="send it, too")
        return None
    proof = None if sent.receipt is None else receipt.parse(sent.receipt)
    if sent.receipt is not None and proof is None:
        raise InvalidValue("this is not a receipt", field="receipt",
                           hint="send the `receipt` that came with the edited picture")
    return Against(original=edge.unb64(sent.original, "original"), receipt=proof, mask=edge.unb64(sent.mask, "mask"))


def request(sent: ImageBody) -> ImageRequest:
    """Build the request. Raises InvalidRequest leaves."""
    size, tier = _size(sent)
    return ImageRequest(
        **{name: getattr(sent, name) for name in AS_THEY_ARE}, size=size, tier=tier, thinking=Thinking(sent.thinking),
        references=tuple(_reference(r, f"references.{i}") for i, r in enumerate(sent.references)),
        mask=_mask(sent.mask) if sent.mask else None, text_layers=tuple(map(_layer, sent.text_layers)),
        adapters=tuple(sorted(sent.adapters.items())), search=Search() if sent.search else None,
        safety=_safety(sent.safety), output=OutputSpec(**sent.output.model_dump()))


def _size(sent: ImageBody) -> tuple[Size | None, str | None]:
    asked = sent.size
    if asked is None or not any(c in asked for c in "xX×"):
        return None, asked.strip().upper() if asked else None
    if sent.aspect_ratio is not None:
        raise InvalidValue("exact pixels were sent together with aspect_ratio", field="size",
                           hint="send either exact pixels, or aspect_ratio with 512, 1K, 2K or 4K")
    return Size.parse(asked), None


def _reference(sent: ReferenceBody, path: str) -> Reference:
    data = edge.unb64(sent.data, f"{path}.data")
    if not data:
        raise InvalidValue("an input picture is empty", field=f"{path}.data", hint="send the whole file, base64 encoded")
    return Reference(data=data, role=ReferenceRole(sent.role), signature=edge.unb64(sent.signature, f"{path}.signature"))


def _mask(sent: MaskBody) -> Mask:
    return Mask(data=edge.unb64(sent.data, "mask.data"), alpha_marks_edit=sent.alpha_marks_edit, feather_px=sent.feather_px,
                watermark=sent.watermark)


def _layer(sent: TextLayerBody) -> TextLayer:
    return TextLayer(**sent.model_dump())


def _safety(sent: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for category, threshold in sent.items():
        if category not in policy.CATEGORIES:
            raise InvalidValue(f"policy category {category[:40]!r} is not known", field="safety",
                               hint="use " + ", ".join(policy.CATEGORIES))
        if threshold not in policy.THRESHOLDS:
            raise InvalidValue(f"policy threshold {threshold[:40]!r} is not known", field=f"safety.{category}",
                               hint="use " + ", ".join(policy.THRESHOLDS))
    return tuple(sorted(sent.items()))


def _problem(exc: ValidationError, kind: type[BaseModel]) -> InvalidRequest:
    """Turn pydantic's first complaint into ours. Values are not repeated: they may be large or private."""
    first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part)[:60] for part in first["loc"])
    if first["type"] == "json_invalid":
        return InvalidBody(f"the body is not JSON: {first['msg'][:120]}", hint="send a JSON object")
    if not path:
        needed = next(name for name, field in kind.model_fields.items() if field.is_required())
        return InvalidBody("the body is not a JSON object", hint=f'send at least {{"{needed}": "…"}}')
    if first["type"] == "extra_forbidden":
        return UnknownField(f"there is no field {path!r}", field=path,
                            hint=_nearest(str(first["loc"][-1]), first["loc"][:-1], kind))
    if first["type"] == "missing":
        return InvalidValue(f"{path} is missing", field=path, hint="add it")
    return InvalidValue(f"{path} is not what it should be", field=path, hint=_plain(first["msg"]))


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:200]


def _nearest(name: str, where: tuple[int | str, ...], kind: type[BaseModel]) -> str:
    homes: Mapping[Any, type[BaseModel]] = {"references": ReferenceBody, "mask": MaskBody, "text_layers": TextLayerBody,
                                            "output": OutputBody}
    names = list(homes[where[0]].model_fields if where else kind.model_fields)
    near = difflib.get_close_matches(name, names, 1)
    return f"did you mean {near[0]!r}?" if near else "use " + ", ".join(names)
