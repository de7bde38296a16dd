"""What a message says, as a row holds it, and back: nobody has to read its octets twice, or unverified."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from smev.envelope.words import (
    Attachment,
    Body,
    BusinessStatus,
    Content,
    FileReference,
    Metadata,
    ProcessingStatus,
    Received,
    Rejection,
)

_KINDS: dict[str, type] = {"status": BusinessStatus, "processing": ProcessingStatus}


def pack(message: Received) -> str:
    """Return the message as JSON, without the names and passwords of its files: they are used up."""
    body = message.body
    if isinstance(body, tuple):
        told: Any = {"rejections": [asdict(one) for one in body]}
    else:
        name = next((word for word, kind in _KINDS.items() if isinstance(body, kind)), "content")
        told = None if body is None else {name: asdict(body)}
    plain = asdict(replace(message, body=None, access=()))
    return json.dumps({**plain, "body": told}, ensure_ascii=False, default=_octets)


def unpack(text: str) -> Received:
    """Return what `pack` was given."""
    held: dict[str, Any] = json.loads(text, object_hook=_decoded)
    return Received(
        **held | {"metadata": Metadata(**held["metadata"]), "body": _body(held["body"]), "access": ()}
    )


def _body(held: Mapping[str, Any] | None) -> Body | None:
    if held is None:
        return None
    ((name, value),) = held.items()
    if name == "rejections":
        return tuple(Rejection(**one) for one in value)
    if name == "content":
        attachments = tuple(Attachment(**one) for one in value["attachments"])
        files = tuple(FileReference(**one) for one in value["files"])
        return Content(value["xml"], attachments, files)
    made: Body = _KINDS[name](**value)
    return made


def _octets(value: object) -> dict[str, str]:
    if not isinstance(value, bytes):
        raise TypeError(type(value).__name__)
    return {"~": base64.b64encode(value).decode()}


def _decoded(held: dict[str, Any]) -> object:
    return base64.b64decode(held["~"]) if held.keys() == {"~"} else held
