"""Writing envelopes strictly by the schemas, without signatures: `smev.signature.sign` puts those in.

Sources: types and types/basic of versions 1.1, 1.2 and 1.3.
"""

import base64
import re
from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from smev.envelope.words import (
    Attachment,
    BusinessStatus,
    Content,
    FileReference,
    OutgoingRequest,
    OutgoingResponse,
    Rejected,
    Rejection,
    Selector,
    Version,
)
from smev.errors import InputError
from smev.signature.octets import parse

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XOP = "http://www.w3.org/2004/08/xop/include"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIME = re.compile(r"(text|image|audio|video|application)/[a-zA-Z0-9.+-]*")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Writer:
    """Elements of one version, checked as they are written."""

    def __init__(self, version: Version, operation: str) -> None:
        self.version = version
        names = {"s": SOAP, "t": version.types, "b": version.basic}
        self._envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap=names)
        etree.SubElement(self._envelope, f"{{{SOAP}}}Header")  # empty, as every real client writes it
        body = etree.SubElement(self._envelope, f"{{{SOAP}}}Body")
        self.operation = etree.SubElement(body, f"{{{version.types}}}{operation}")

    def types(
        self, parent: etree._Element, name: str, text: str | None = None, limit: int = 0
    ) -> etree._Element:
        """Add an element of the namespace of messages."""
        return self._add(parent, f"{{{self.version.types}}}{name}", text, limit)

    def basic(
        self, parent: etree._Element, name: str, text: str | None = None, limit: int = 0
    ) -> etree._Element:
        """Add an element of the namespace of basic types."""
        return self._add(parent, f"{{{self.version.basic}}}{name}", text, limit)

    def _add(self, parent: etree._Element, tag: str, text: str | None, limit: int) -> etree._Element:
        element = etree.SubElement(parent, tag)
        if text is not None:
            name = etree.QName(tag).localname
            if limit and len(text) > limit:
                raise _wrong(name, f"{len(text)} characters, {limit} are allowed")
            if _NOT_XML.search(text):
                raise _wrong(name, "a character that XML cannot hold")
            element.text = text
        return element

    def octets(self) -> bytes:
        """Return the envelope."""
        written: bytes = etree.tostring(self._envelope, encoding="utf-8")
        return written


def send_request(version: Version, request: OutgoingRequest) -> bytes:
    """Return a SendRequestRequest. Raises InputError naming the field that the schema would refuse."""
    write = _Writer(version, "SendRequestRequest")
    data = write.types(write.operation, "SenderProvidedRequestData")
    data.set("Id", "SIGNED_BY_CALLER")
    write.types(data, "MessageID", _uuid("MessageID", request.message_id))
    if request.reference_id is not None:
        write.types(data, "ReferenceMessageID", _uuid("ReferenceMessageID", request.reference_id))
    if request.transaction_code is not None:
        write.types(data, "TransactionCode", request.transaction_code, 1500)
    if request.node_id is not None:
        write.types(data, "NodeID", request.node_id, 50)
    if request.end_of_life is not None:
        write.types(data, "EOL", moment_text("EOL", request.end_of_life))
    _content(write, data, request.content)
    if request.test:
        write.types(data, "TestMessage")
    _inline(write, request.content.attachments)
    return write.octets()


def send_response(version: Version, response: OutgoingResponse) -> bytes:
    """Return a SendResponseRequest. Raises InputError naming the field that the schema would refuse."""
    write = _Writer(version, "SendResponseRequest")
    data = write.types(write.operation, "SenderProvidedResponseData")
    data.set("Id", "SIGNED_BY_CALLER")
    write.types(data, "MessageID", _uuid("MessageID", response.message_id))
    write.types(data, "To", response.to, 4000)
    body = response.body
    if isinstance(body, Content):
        _content(write, data, body)
        _inline(write, body.attachments)
    elif isinstance(body, BusinessStatus):
        _status(write, data, body)
    else:
        _rejections(write, data, body)
    return write.octets()


def get_request(version: Version, moment: datetime, selector: Selector | None = None) -> bytes:
    """Return a GetRequestRequest: take a request from the queue that the certificate names."""
    return _get("GetRequestRequest", version, moment, selector or Selector())


def get_response(version: Version, moment: datetime, selector: Selector | None = None) -> bytes:
    """Return a GetResponseRequest: take an answer to one of our requests."""
    return _get("GetResponseRequest", version, moment, selector or Selector())


def _get(operation: str, version: Version, moment: datetime, selector: Selector) -> bytes:
    write = _Writer(version, operation)
    element = write.basic(write.operation, "MessageTypeSelector")
    element.set("Id", "SIGNED_BY_CALLER")
    if (selector.namespace is None) != (selector.root is None):
        raise _wrong("MessageTypeSelector", "a namespace and a root element are given together or not at all")
    if selector.namespace is not None and selector.root is not None:
        write.basic(element, "NamespaceURI", selector.namespace)
        write.basic(element, "RootElementLocalName", selector.root)
    write.basic(element, "Timestamp", moment_text("Timestamp", moment))
    if selector.node_id is not None:
        write.basic(element, "NodeID", selector.node_id, 50)
    return write.octets()


def get_status(version: Version, moment: datetime) -> bytes:
    """Return a GetStatusRequest: take a late word of the bus about our messages."""
    write = _Writer(version, "GetStatusRequest")
    _timestamp(write, moment)
    return write.octets()


def queue_statistics(moment: datetime, node_id: str | None = None) -> bytes:
    """Return a GetIncomingQueueStatisticsRequest, which only version 1.1 has."""
    write = _Writer(Version.V1_1, "GetIncomingQueueStatisticsRequest")
    if node_id is not None:
        write.types(write.operation, "NodeID", node_id, 50)
    _timestamp(write, moment)
    return write.octets()


def ack(version: Version, message_id: str, *, accepted: bool = True) -> bytes:
    """Return an AckRequest for MessageMetadata/MessageId; `accepted` false: the bus's signature was bad."""
    write = _Writer(version, "AckRequest")
    target = write.basic(write.operation, "AckTargetMessage", _uuid("AckTargetMessage", message_id))
    target.set("Id", "SIGNED_BY_CALLER")
    target.set("accepted", "true" if accepted else "false")
    return write.octets()


def moment_text(name: str, moment: datetime) -> str:
    """Return an xs:dateTime with the offset. Raises InputError for a time without one."""
    if moment.tzinfo is None:
        raise _wrong(name, "a time without an offset from UTC")
    return moment.isoformat(timespec="milliseconds")


def _timestamp(write: _Writer, moment: datetime) -> None:
    element = write.basic(write.operation, "Timestamp", moment_text("Timestamp", moment))
    element.set("Id", "SIGNED_BY_CALLER")


def _content(write: _Writer, data: etree._Element, content: Content) -> None:
    root = parse(content.xml)
    if etree.QName(root).namespace in (None, write.version.basic):
        raise _wrong("MessagePrimaryContent", "the business content needs a namespace of its own")
    write.basic(data, "MessagePrimaryContent").append(root)
    if content.attachments:
        headers = write.basic(data, "AttachmentHeaderList")
        for attachment in content.attachments:
            _header(write, headers, attachment)
    if content.files:
        headers = write.basic(data, "RefAttachmentHeaderList")
        for file in content.files:
            _reference(write, headers, file)


def _header(write: _Writer, parent: etree._Element, attachment: Attachment) -> None:
    header = write.basic(parent, "AttachmentHeader")
    write.basic(header, "contentId", attachment.content_id)
    write.basic(header, "MimeType", _mime(attachment.mime_type))
    if attachment.signature is not None:
        write.basic(header, "SignaturePKCS7", _base64(attachment.signature))


def _reference(write: _Writer, parent: etree._Element, file: FileReference) -> None:
    header = write.basic(parent, "RefAttachmentHeader")
    write.basic(header, "uuid", _uuid("uuid", file.uuid))
    if file.file_name is not None and write.version is not Version.V1_1:
        write.basic(header, "FileName", file.file_name)
    write.basic(header, "Hash", _base64(file.digest))
    write.basic(header, "MimeType", _mime(file.mime_type))
    if file.signature is not None:
        write.basic(header, "SignaturePKCS7", _base64(file.signature))


def _inline(write: _Writer, attachments: Iterable[Attachment]) -> None:
    """Write where the bytes of inline files are: in parts of the MIME package beside the envelope (XOP)."""
    contents: etree._Element | None = None
    for attachment in attachments:
        if contents is None:
            contents = write.basic(write.operation, "AttachmentContentList")
        content = write.basic(contents, "AttachmentContent")
        write.basic(content, "Id", attachment.content_id)
        include = etree.SubElement(write.basic(content, "Content"), f"{{{XOP}}}Include", nsmap={"xop": XOP})
        include.set("href", f"cid:{attachment.content_id}")


def _rejections(write: _Writer, data: etree._Element, rejections: tuple[Rejection, ...]) -> None:
    if not rejections:
        raise _wrong("RequestRejected", "no reason is given")
    for rejection in rejections:
        if rejection.code not in list(Rejected):
            raise _wrong("RejectionReasonCode", f"{rejection.code} is not one of {', '.join(Rejected)}")
        element = write.types(data, "RequestRejected")
        write.types(element, "RejectionReasonCode", rejection.code)
        write.types(element, "RejectionReasonDescription", rejection.description, 4000)


def _status(write: _Writer, data: etree._Element, status: BusinessStatus) -> None:
    if not re.fullmatch(r"-?[0-9]{1,9}", status.code):
        raise _wrong("StatusCode", f"{status.code} is not a whole number")
    element = write.types(data, "RequestStatus")
    write.types(element, "StatusCode", status.code)
    for key, value in status.parameters.items():
        parameter = write.types(element, "StatusParameter")
        write.types(parameter, "Key", key)
        write.types(parameter, "Value", value)
    write.types(element, "StatusDescription", status.description, 4000)


def _uuid(name: str, value: str) -> str:
    if not _UUID.fullmatch(value):
        raise _wrong(name, f"{value} is not a UUID in lower case")
    return value


def _mime(value: str) -> str:
    if not _MIME.fullmatch(value):
        raise _wrong("MimeType", f"{value} is not a type that SMEV knows")
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _wrong(name: str, reason: str) -> InputError:
    return InputError("envelope-field", "{name}: {reason}", name=name, reason=reason)
