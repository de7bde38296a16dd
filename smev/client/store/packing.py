"""Messages of ours as a row holds them, and back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from smev.client.words import Outgoing, OutgoingFile, Request, Response
from smev.envelope.words import BusinessStatus, Rejection

_REQUEST = ("reference_id", "transaction_code", "node_id", "test")


def pack(message: Outgoing | bytes) -> tuple[str, bytes, str]:
    """Return (kind, body, JSON of the rest); octets are an envelope to be sent as it is."""
    if isinstance(message, bytes):
        return "as-is", message, "{}"
    if isinstance(message, Request):
        fields: dict[str, Any] = {name: getattr(message, name) for name in _REQUEST}
        fields["end_of_life"] = message.end_of_life and message.end_of_life.isoformat()
        return "request", message.content, json.dumps(fields)
    fields = {"reply_to": message.reply_to, "request_id": message.request_id}
    if isinstance(message.body, bytes):
        return "response", message.body, json.dumps(fields)
    if isinstance(message.body, BusinessStatus):
        fields["status"] = asdict(message.body)
    else:
        fields["rejections"] = [asdict(one) for one in message.body]
    return "response", b"", json.dumps(fields, ensure_ascii=False)


def unpack(
    kind: str, message_id: str, body: bytes, fields: str, *, files: Iterable[Mapping[str, Any]]
) -> Outgoing | bytes:
    """Return what `pack` was given, under the MessageID of now."""
    held = json.loads(fields)
    if kind == "as-is":
        return body
    attached = tuple(
        OutgoingFile(uuid=one["uuid"], name=one["name"], mime_type=one["mime_type"], path=Path(one["path"]))
        for one in files
    )
    if kind == "request":
        end = held.pop("end_of_life")
        return Request(
            message_id=message_id,
            content=body,
            files=attached,
            end_of_life=datetime.fromisoformat(end) if end else None,
            **held,
        )
    return Response(
        message_id=message_id,
        reply_to=held["reply_to"],
        request_id=held["request_id"],
        body=_body(body, held),
        files=attached,
    )


def _body(body: bytes, held: Mapping[str, Any]) -> bytes | BusinessStatus | tuple[Rejection, ...]:
    if "status" in held:
        return BusinessStatus(**held["status"])
    if "rejections" in held:
        return tuple(Rejection(**one) for one in held["rejections"])
    return body


def with_end_of_life(fields: str, end_of_life: datetime) -> str:
    """Return the fields of a request with another end of life."""
    return json.dumps({**json.loads(fields), "end_of_life": end_of_life.isoformat()})
