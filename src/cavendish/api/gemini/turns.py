"""Gemini contents -> turns of a conversation: parts become words and pictures, thoughts and empty texts fall away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from cavendish.api import edge
from cavendish.errors import InvalidValue, Unsupported
from cavendish.thinking.conversation import Conversation, Sent, Turn, merge, reduce
from cavendish.types import ReferenceRole

ROLES = ("mask", *ReferenceRole)
_INLINE = ("", "image/", "application/octet-stream", "binary/octet-stream")
_FOREIGN = ("function_call", "function_response", "executable_code", "code_execution_result", "tool_call", "tool_response")


def read(contents: list[dict[str, Any]], masked: bool = False) -> Conversation:
    """Reduce contents to one request. `masked`: a mask arrives by another way, so a picture to edit is needed.

    Raises InvalidValue (empty, wrong role, not ending with the user), Unsupported (parts that are no words or pictures).
    """
    merged = turns(contents)
    if not merged or not merged[-1].user:
        raise InvalidValue("contents do not end with a user turn" if merged else "contents are empty", field="contents",
                           hint='end with {"role": "user", "parts": [{"text": "what to draw"}]}')
    if merged[-1].foreign:
        raise Unsupported(f"{merged[-1].foreign} parts are not supported by image models", field="contents",
                          hint="send text and images only")
    return reduce(merged, masked)


def turns(contents: list[dict[str, Any]]) -> list[Turn]:
    """Merge consecutive contents of one role. Raises InvalidValue for roles other than user and model."""
    return merge(_content(content, f"contents[{index}]") for index, content in enumerate(contents))


def _content(content: dict[str, Any], path: str) -> Turn:
    role = content.get("role", "user").lower() or "user"
    if role not in ("user", "model"):
        raise InvalidValue("Please use a valid role: user, model.", field=f"{path}.role",
                           hint="put instructions for the whole conversation into systemInstruction")
    return _turn(role == "user", content.get("parts", []), f"{path}.parts")


def _turn(user: bool, parts: list[dict[str, Any]], path: str) -> Turn:
    texts, pictures, foreign = [], [], ""
    for index, part in enumerate(parts):
        if part.get("thought"):
            continue
        foreign = foreign or next((k for k in _FOREIGN if k in part), "")
        if part.get("text", "").strip():
            texts.append(part["text"])
        picture = _picture(part, f"{path}[{index}]")
        if picture is not None:
            pictures.append(picture)
    return Turn(user=user, texts=tuple(texts), pictures=tuple(pictures), foreign=foreign)


def _picture(part: Mapping[str, Any], path: str) -> Sent | None:
    if "inline_data" in part:
        blob = part["inline_data"]
        found = Sent(data=_checked(blob.get("mime_type", ""), blob.get("data", b""), f"{path}.inline_data"))
    elif "file_data" in part:
        found = _from_uri(part["file_data"].get("file_uri", ""), f"{path}.file_data.file_uri")
    else:
        return None
    role = str(part.get("part_metadata", {}).get("role", "")).lower()
    if role and role not in ROLES:
        raise InvalidValue(f"part role {role[:40]!r} is not known", field=f"{path}.part_metadata",
                           hint="use one of " + ", ".join(ROLES))
    return replace(found, signature=part.get("thought_signature", b""), role=role)


def _checked(mime: str, data: bytes, path: str) -> bytes:
    if mime and not mime.lower().startswith(_INLINE[1:]):
        raise Unsupported(f"Unsupported MIME type: {mime[:60]}", field=f"{path}.mime_type",
                          hint="send PNG, JPEG, WebP, AVIF, GIF, TIFF or BMP images")
    if not data:
        raise InvalidValue(f"Unable to process input image: '{path}' holds no data", field=f"{path}.data",
                           hint="send the base64 of an image file")
    return data


def _from_uri(uri: str, path: str) -> Sent:
    """Read a data: URI (RFC 2397), or note an http(s) one. Nothing is fetched here, and nowhere unless it is turned on."""
    if uri[:8].lower().startswith(("http://", "https://")):
        return Sent(url=uri)
    head, comma, payload = uri.partition(",")
    if not head.lower().startswith("data:") or not comma:
        raise Unsupported(f"fileUri {uri[:60]!r} is not readable: this server keeps no files", field=path,
                          hint="send the picture as inlineData or as a data: URI")
    mime, *parameters = head[len("data:"):].lower().split(";")
    if "base64" in parameters:
        return Sent(data=_checked(mime, edge.unb64(unquote_to_bytes(payload).decode("latin-1"), path), path))
    return Sent(data=_checked(mime, unquote_to_bytes(payload), path))
