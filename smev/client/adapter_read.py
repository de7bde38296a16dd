"""Answers of the «Типовой адаптер» → the words of the client, read by local names: editions differ.

Source: the adapter's schemas service-adapter/types and types/faults.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from lxml import etree

from smev.client.faults import BusError, FixMessageError, GarbageError, RetryError
from smev.client.words import Incoming, IncomingFile, Queue
from smev.envelope.faults import KINDS, fault
from smev.envelope.words import (
    Body,
    BusinessStatus,
    Content,
    Metadata,
    ProcessingStatus,
    Received,
    Rejection,
)

_METADATA = ("RequestMetadata", "ResponseMetadata", "statusMetadata")


@dataclass(frozen=True, slots=True)
class Found:
    """A message that Find knows of."""

    client_id: str
    message_id: str


def refusal(root: etree._Element) -> BusError | None:
    """Return the error of a SOAP fault, None when the answer is none."""
    found = next(root.iter("{*}Fault"), None)
    if found is None or not found.tag.startswith("{http"):
        return None
    detail = next((one for one in found.iter("{*}SystemFault", "{*}SyncFault", "{*}ValidationFault")), None)
    if detail is None:
        code = _text(found, "faultcode") or _text(found, "Value")
        return fault(
            "", _text(found, "faultstring"), server=code.rpartition(":")[2] in ("Server", "Receiver")
        )
    name = etree.QName(detail).localname
    code, words = _text(detail, "code"), _text(detail, "description")
    if code in KINDS:
        return fault(code, words, server=name != "ValidationFault")
    kind = FixMessageError if name == "ValidationFault" else RetryError
    return kind(code or name, words)


def find_ids(root: etree._Element) -> Iterator[Found]:
    """Yield the messages of a Find's answer."""
    for result in root.iter("{*}QueryResult"):
        metadata = next(result.iter(*(f"{{*}}{name}" for name in _METADATA)), None)
        if metadata is not None:
            yield Found(_text(metadata, "clientId"), _text(result, "MessageId"))


def incoming(queue: Queue, root: etree._Element, raw: bytes, handle: str) -> Incoming | None:
    """Return the message of a Get's answer (or of one result of Find), None when there is none."""
    result = next(root.iter("{*}QueryResult"), None)
    metadata = None if result is None else next(result.iter(*(f"{{*}}{name}" for name in _METADATA)), None)
    if result is None or metadata is None:
        return None
    name = etree.QName(metadata).localname
    body = _status(result, metadata) if name == "statusMetadata" else _body(result, raw)
    message = Received(
        kind={"RequestMetadata": "Request", "ResponseMetadata": "Response"}.get(
            name, "AsyncProcessingStatusData"
        ),
        metadata=Metadata(
            message_id=_text(result, "MessageId") or _text(metadata, "clientId"),
            sender=_text(result, "Sender"),
        ),
        sender_message_id=_text(metadata, "clientId"),
        original_id=_text(metadata, "replyToClientId"),
        reference_id=_text(metadata, "refClientId"),
        transaction_code=_text(result, "TransactionCode"),
        reply_to=_text(result, "ReplyTo"),
        node_id=_text(metadata, "nodeId"),
        end_of_life=_text(metadata, "eol"),
        test=_text(metadata, "testMessage") in ("true", "1"),
        body=body,
    )
    return Incoming(queue=queue, message=message, raw=raw, handle=handle, files=_files(result, raw))


def _status(result: etree._Element, metadata: etree._Element) -> ProcessingStatus:
    broken = next(result.iter("{*}fault"), None)
    return ProcessingStatus(
        original_id=_text(metadata, "originalClientId"),
        category=_text(result, "status"),
        details=_text(result, "details"),
        fault_code="" if broken is None else _text(broken, "code"),
        fault_description="" if broken is None else _text(broken, "description"),
    )


def _body(result: etree._Element, raw: bytes) -> Body | None:
    primary = next(result.iter("{*}MessagePrimaryContent"), None)
    if primary is not None:
        inside = list(primary.iterchildren("{*}*"))
        if len(inside) != 1:
            raise GarbageError(f"{len(inside)} elements of business content", raw[: 1 << 20])
        return Content(etree.tostring(inside[0], encoding="utf-8", with_tail=False))
    if rejects := list(result.iter("{*}rejects")):
        return tuple(Rejection(_text(one, "code"), _text(one, "description")) for one in rejects)
    status = next(result.iter("{*}status"), None)
    if status is None:
        return None
    parameters = {_text(one, "key"): _text(one, "value") for one in status.iterchildren("{*}parameter")}
    return BusinessStatus(_text(status, "code"), _text(status, "description"), parameters)


def _files(result: etree._Element, raw: bytes) -> tuple[IncomingFile, ...]:
    return tuple(_file(one, raw) for one in result.iter("{*}AttachmentHeader"))


def _file(header: etree._Element, raw: bytes) -> IncomingFile:
    """Return a file: its id is told, or is the folder that the adapter put it into."""
    told, signature = _text(header, "filePath"), _text(header, "SignaturePKCS7")
    path = PureWindowsPath(told) if "\\" in told else PurePosixPath(told)
    try:
        cms = base64.b64decode("".join(signature.split()), validate=True) if signature else None
    except ValueError:  # binascii.Error, or letters beyond ASCII
        raise GarbageError("broken base64 in SignaturePKCS7", raw[: 1 << 20]) from None
    return IncomingFile(
        id=_text(header, "Id") or path.parent.name or path.name,
        name=path.name,
        signature=cms,
        location=told,
    )


def _text(parent: etree._Element, name: str) -> str:
    found = next(parent.iter(f"{{*}}{name}"), None)
    found = next(parent.iter(name), None) if found is None else found
    return "".join(map(str, found.itertext())).strip() if found is not None else ""
