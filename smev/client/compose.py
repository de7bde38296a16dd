"""From a message to the envelope that carries it: which files go inside, which beside, and their headers."""

import re
from collections.abc import Sequence

from smev.client.files import SignedFile
from smev.client.ftp import safe_name
from smev.client.mtom import Part
from smev.client.words import Outgoing, Request, Response
from smev.envelope import send_request, send_response
from smev.envelope.words import (
    Attachment,
    Content,
    FileReference,
    OutgoingRequest,
    OutgoingResponse,
    Version,
)
from smev.errors import InputError
from smev.signature import places
from smev.signature.octets import parse

MAX_INSIDE = 4 << 20
"""Bytes of all files inside one message: the bus takes envelopes of 5 MB."""

_MIME = re.compile(r"(text|image|audio|video|application)/[a-zA-Z0-9.+-]*")
_NOT_NAMED = "application/octet-stream"  # of a type that the schema has no place for (message/rfc822)


def divide(
    files: Sequence[SignedFile], largest_inside: int
) -> tuple[tuple[SignedFile, ...], tuple[SignedFile, ...]]:
    """Return the files that go inside the message and those that go to the file store, smallest inside."""
    inside: list[SignedFile] = []
    room = MAX_INSIDE
    for one in sorted(files, key=lambda file: file.size):
        if one.size <= min(largest_inside, room):
            room -= one.size
            inside.append(one)
    return tuple(one for one in files if one in inside), tuple(one for one in files if one not in inside)


def envelope(
    version: Version, message: Outgoing, inside: Sequence[SignedFile], beside: Sequence[SignedFile]
) -> bytes:
    """Return the unsigned envelope. Raises InputError naming the field that is wrong."""
    if isinstance(message, Response):
        return send_response(version, _response(message, inside, beside))
    return send_request(version, _request(message, inside, beside))


def _request(message: Request, inside: Sequence[SignedFile], beside: Sequence[SignedFile]) -> OutgoingRequest:
    return OutgoingRequest(
        message_id=message.message_id,
        content=_content(message.content, inside, beside),
        reference_id=message.reference_id,
        transaction_code=message.transaction_code,
        node_id=message.node_id,
        end_of_life=message.end_of_life,
        test=message.test,
    )


def _response(
    message: Response, inside: Sequence[SignedFile], beside: Sequence[SignedFile]
) -> OutgoingResponse:
    if isinstance(message.body, bytes):
        return OutgoingResponse(message.message_id, message.reply_to, _content(message.body, inside, beside))
    if message.files:
        raise InputError(
            "envelope-field", "{name}: {reason}", name="files", reason="a status or a rejection carries none"
        )
    return OutgoingResponse(message.message_id, message.reply_to, message.body)


def _content(xml: bytes, inside: Sequence[SignedFile], beside: Sequence[SignedFile]) -> Content:
    return Content(
        xml,
        tuple(Attachment(content_id(one), _mime(one), one.signature) for one in inside),
        tuple(
            FileReference(one.file.uuid, one.digest, _mime(one), one.signature, store_name(one))
            for one in beside
        ),
    )


def _mime(one: SignedFile) -> str:
    return one.file.mime_type if _MIME.fullmatch(one.file.mime_type) else _NOT_NAMED


def store_name(one: SignedFile) -> str:
    """Return the name of a file in the file store, the one that its header tells."""
    return safe_name(one.file.name)


def content_id(one: SignedFile) -> str:
    """Return the id of an inline file: an XML name, so it cannot start with a digit of the uuid."""
    return f"file-{one.file.uuid}"


def parts(inside: Sequence[SignedFile]) -> tuple[Part, ...]:
    """Return what goes into the package beside the envelope."""
    return tuple(Part(content_id(one), _mime(one), one.file.path) for one in inside)


def has_content(message: Outgoing) -> bool:
    """Tell whether there is business content that an official could sign."""
    return isinstance(message, Request) or isinstance(message.body, bytes)


def identify(signed: bytes) -> tuple[str, str]:
    """Return (operation, MessageID) of an envelope that is to be sent as it is. Raises InputError."""
    top = places.operation(parse(signed))
    operation = places.local(top)
    data = next(
        (one for one in top.iterchildren("{*}*") if places.local(one).startswith("SenderProvided")), None
    )
    found = None if data is None else data.findtext("{*}MessageID")
    if operation not in ("SendRequestRequest", "SendResponseRequest") or not found:
        raise InputError("as-is", "{name} is nothing that can be sent as it is", name=operation)
    return operation.removesuffix("Request"), found.strip()
