"""The adapter's XML: its contract, what a client sends as values, what it gets."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from lxml import etree

from stand.smev import trees
from stand.smev.contract import Wrong, validate
from stand.smev.parcels import AsyncStatus, Parcel, Progress, Rejected
from stand.smev.words import SOAP, local

TYPES = "urn://x-artefacts-smev-gov-ru/services/service-adapter/types"
FAULTS = f"{TYPES}/faults"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_RETRY = frozenset({"SMEVFailure", "DestinationOverflow"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as the adapter keeps it: the parcel, its client id, where its files are on disk."""

    parcel: Parcel
    client_id: str
    at: datetime
    reply_to_client_id: str = ""
    paths: tuple[tuple[str, str], ...] = ()  # (uuid, path)


def text(name: str, **places: str) -> bytes:
    """Return a file of the contract with its places filled in."""
    content = files("stand.smev").joinpath(f"schemas/{name}").read_text(encoding="utf-8")
    for place, value in places.items():
        content = content.replace(f"{{{place}}}", value)
    return content.encode()


@cache
def _schema() -> etree.XMLSchema:
    return trees.schema(text("adapter.xsd", faults="faults"), lambda _url: text("adapter-faults.xsd"))


def complaints(element: etree._Element) -> list[Wrong]:
    """Return how a message differs from the contract."""
    return validate(_schema(), element)


def tag(name: str) -> str:
    """Return a tag of the adapter's namespace."""
    return f"{{{TYPES}}}{name}"


def fault(name: str, code: str, description: str) -> bytes:
    """Return a SOAP fault: SystemFault or ValidationFault."""
    envelope, body = _envelope()
    told = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(told, "faultcode").text = "soap:Server" if name == "SystemFault" else "soap:Client"
    etree.SubElement(told, "faultstring").text = description
    detail = etree.SubElement(etree.SubElement(told, "detail"), f"{{{FAULTS}}}{name}", nsmap={"f": FAULTS})
    etree.SubElement(detail, f"{{{FAULTS}}}code").text = code
    etree.SubElement(detail, f"{{{FAULTS}}}description").text = description
    return _octets(envelope)


def result(it_system: str, message_id: str) -> bytes:
    """Return MessageResult."""
    envelope, body = _envelope()
    root = trees.add(body, tag("MessageResult"), {None: TYPES})
    _add(root, "itSystem", it_system)
    _add(root, "MessageId", message_id)
    return _octets(envelope)


def query_result(kept: Kept | None) -> bytes:
    """Return QueryResult, empty when there is nothing."""
    envelope, body = _envelope()
    root = trees.add(body, tag("QueryResult"), {None: TYPES, "xsi": _XSI})
    if kept is not None:
        _message(root, kept)
    return _octets(envelope)


def query_results(rows: Iterable[Kept]) -> bytes:
    """Return QueryResultList."""
    envelope, body = _envelope()
    root = trees.add(body, tag("QueryResultList"), {None: TYPES, "xsi": _XSI})
    for kept in rows:
        _message(_add(root, "QueryResult"), kept)
    return _octets(envelope)


def _message(root: etree._Element, kept: Kept) -> None:
    parcel = kept.parcel
    metadata = _add(root, "smevMetadata")
    _add(metadata, "MessageId", parcel.id)
    for name, value in (
        ("ReferenceMessageID", parcel.reference_id),
        ("TransactionCode", parcel.transaction_code),
        ("OriginalMessageID", parcel.original_id),
        ("Sender", parcel.sender.mnemonic),
        ("Recipient", parcel.recipient.mnemonic),
        ("ReplyTo", parcel.reply_to if parcel.kind == "REQUEST" else ""),
    ):
        if value:
            _add(metadata, name, value)
    _add(metadata, "SendingDate", parcel.sent.isoformat(timespec="milliseconds"))
    message = _add(root, "Message")
    if isinstance(parcel.body, AsyncStatus):
        _status(message, kept, parcel.body)
    elif parcel.kind == "REQUEST":
        _request(message, kept)
    else:
        _response(message, kept)


def _request(message: etree._Element, kept: Kept) -> None:
    parcel = kept.parcel
    message.set(f"{{{_XSI}}}type", "RequestMessageType")
    _add(message, "messageType", "RequestMessageType")
    metadata = _add(message, "RequestMetadata")
    _add(metadata, "clientId", kept.client_id)
    if parcel.node_id:
        _add(metadata, "nodeId", parcel.node_id)
    _add(metadata, "testMessage", "true" if parcel.test else "false")
    _content(_add(message, "RequestContent"), kept)


def _response(message: etree._Element, kept: Kept) -> None:
    message.set(f"{{{_XSI}}}type", "ResponseMessageType")
    _add(message, "messageType", "ResponseMessageType")
    metadata = _add(message, "ResponseMetadata")
    _add(metadata, "clientId", kept.client_id)
    _add(metadata, "replyToClientId", kept.reply_to_client_id)
    content, body = _add(message, "ResponseContent"), kept.parcel.body
    if isinstance(body, Progress):
        status = _add(content, "status")
        _add(status, "code", str(body.code))
        _add(status, "description", body.description)
        for key, value in body.parameters:
            parameter = _add(status, "parameter")
            _add(parameter, "key", key)
            _add(parameter, "value", value)
    elif isinstance(body, bytes):
        _content(content, kept)
    elif not isinstance(body, AsyncStatus):
        for one in body:
            row = _add(content, "rejects")
            _add(row, "code", one.code)
            _add(row, "description", one.description)


def _content(parent: etree._Element, kept: Kept) -> None:
    body = kept.parcel.body
    content = _add(parent, "content")
    if isinstance(body, bytes):
        _add(content, "MessagePrimaryContent").append(etree.fromstring(body))
    signatures = {one.content_id: one.signature for one in kept.parcel.inline}
    signatures |= {file.uuid: file.signature for file in kept.parcel.files}
    if kept.paths:
        rows = _add(content, "AttachmentHeaderList")
        for uuid, path in kept.paths:
            row = _add(rows, "AttachmentHeader")
            _add(row, "Id", uuid)
            _add(row, "filePath", path)
            signature = signatures.get(uuid)
            if signature is not None:
                _add(row, "SignaturePKCS7", base64.b64encode(signature).decode())


def _status(message: etree._Element, kept: Kept, status: AsyncStatus) -> None:
    error = bool(status.code)
    kind = "ErrorMessage" if error else "StatusMessage"
    message.set(f"{{{_XSI}}}type", kind)
    _add(message, "messageType", kind)
    metadata = _add(message, "statusMetadata")
    _add(metadata, "clientId", kept.client_id)
    _add(metadata, "originalClientId", kept.reply_to_client_id)
    _add(message, "status", "ERROR" if error else "OTHER")
    _add(message, "details", f"{status.category}: {status.details}")
    _add(message, "timestamp", kept.parcel.sent.isoformat(timespec="milliseconds"))
    if error:
        _add(message, "type", "SERVER" if status.code in _RETRY else "CLIENT")
        told = _add(message, "fault")
        for name, value in (("code", status.code), ("description", status.description)):
            etree.SubElement(told, f"{{{FAULTS}}}{name}").text = value


def read_rejections(content: etree._Element) -> tuple[Rejected, ...]:
    """Return the reasons of a rejection in a ResponseContent."""
    return tuple(
        Rejected(row.findtext(tag("code")) or "", row.findtext(tag("description")) or "")
        for row in content.iterfind(tag("rejects"))
    )


def read_progress(content: etree._Element) -> Progress | None:
    """Return the business status in a ResponseContent."""
    row = content.find(tag("status"))
    if row is None:
        return None
    code = row.findtext(tag("code")) or "0"
    parameters = tuple(
        (one.findtext(tag("key")) or "", one.findtext(tag("value")) or "")
        for one in row.iterfind(tag("parameter"))
    )
    return Progress(int(code) if code.isdigit() else 0, row.findtext(tag("description")) or "", parameters)


def operation(octets: bytes) -> etree._Element:
    """Return the one element of a SOAP body. Raises NotXmlError."""
    root = trees.parse(octets)
    body = root.find(f"{{{SOAP}}}Body")
    inside = [] if body is None else list(trees.children(body))
    if local(root.tag) != "Envelope" or len(inside) != 1:
        raise trees.NotXmlError("not a SOAP envelope with one element in its Body", 0)
    return inside[0]


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _add(parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, tag(name))
    element.text = value
    return element


def _octets(envelope: etree._Element) -> bytes:
    octets: bytes = etree.tostring(envelope, encoding="utf-8")
    return octets
