"""Reading the bus's answers tolerantly: by local names, whatever edition of the schema the other side has.

A strict reader refuses eight of twenty real answers. Signatures are checked elsewhere: pass in what
`SignatureReport.verified()` returns, and what is read is what was verified.
"""

import base64
import binascii

from lxml import etree

from smev.envelope.faults import BusError, fault
from smev.envelope.words import (
    Accepted,
    Answer,
    Attachment,
    Body,
    BusinessStatus,
    Content,
    Empty,
    FileAccess,
    FileReference,
    Metadata,
    ProcessingStatus,
    Queues,
    Received,
    Rejection,
)
from smev.errors import InputError
from smev.signature import places
from smev.signature.octets import canonicalize, parse

_MESSAGES = ("Request", "Response", "Cancel", "AsyncProcessingStatusData")
_WRAPPERS = ("RequestMessage", "ResponseMessage", "SmevAsyncProcessingMessage")


def read(data: bytes) -> Answer:
    """Return what an answer of the bus says: an envelope, or a verified element of one.

    Raises BusError for a SOAP fault, InputError for what is no answer of SMEV.
    """
    top = places.operation(parse(data))
    name = etree.QName(top).localname
    if name == "Fault":
        raise _fault(top)
    wrapper = _child(top, *_WRAPPERS)
    message = top if name in _MESSAGES else _child(top if wrapper is None else wrapper, *_MESSAGES)
    if message is not None:
        return _received(message)
    metadata = top if name == "MessageMetadata" else _child(top, "MessageMetadata")
    if metadata is not None:
        return Accepted(_metadata(metadata))
    if statistics := _children(top, "QueueStatistics"):
        return Queues(
            {one.get("queueName", ""): _number(one.get("pendingMessageNumber")) for one in statistics}
        )
    if wrapper is None and name.endswith("Response"):
        return Empty(name)
    raise InputError("answer-unknown", "{name} is no answer of SMEV that is known here", name=name)


def _received(message: etree._Element) -> Received:
    kind = etree.QName(message).localname
    data = _child(message, "SenderProvidedRequestData", "SenderProvidedResponseData")
    data = message if data is None else data
    metadata = _child(message, "MessageMetadata")
    access = _child(message, "FSAttachmentsList")
    return Received(
        kind=kind,
        metadata=Metadata() if metadata is None else _metadata(metadata),
        sender_message_id=_text(data, "MessageID"),
        original_id=_text(message, "OriginalMessageId"),
        reference_id=_text(message, "ReferenceMessageID") or _text(data, "ReferenceMessageID"),
        transaction_code=_text(message, "OriginalTransactionCode") or _text(data, "TransactionCode"),
        reply_to=_text(message, "ReplyTo"),
        node_id=_text(data, "NodeID"),
        end_of_life=_text(data, "EOL"),
        test=_child(data, "TestMessage") is not None,
        body=_body(data),
        access=() if access is None else tuple(map(_access, _children(access, "FSAttachment"))),
    )


def _body(data: etree._Element) -> Body | None:
    content = _child(data, "MessagePrimaryContent")
    if content is not None:
        return _content(data, content)
    if rejected := _children(data, "RequestRejected"):
        return tuple(
            Rejection(_text(one, "RejectionReasonCode"), _text(one, "RejectionReasonDescription"))
            for one in rejected
        )
    status = _child(data, "RequestStatus")
    if status is not None:
        pairs = {_text(one, "Key"): _text(one, "Value") for one in _children(status, "StatusParameter")}
        return BusinessStatus(_text(status, "StatusCode"), _text(status, "StatusDescription"), pairs)
    processing = _child(data, "AsyncProcessingStatus")
    return None if processing is None else _processing(processing)


def _processing(element: etree._Element) -> ProcessingStatus:
    smev_fault = _child(element, "SmevFault")
    return ProcessingStatus(
        _text(element, "OriginalMessageId"),
        _text(element, "StatusCategory"),
        _text(element, "StatusDetails"),
        "" if smev_fault is None else _text(smev_fault, "Code"),
        "" if smev_fault is None else _text(smev_fault, "Description"),
    )


def _content(data: etree._Element, holder: etree._Element) -> Content:
    roots = list(holder.iterchildren("{*}*"))
    if len(roots) != 1:
        raise InputError("content-count", "{count} elements of business content, not one", count=len(roots))
    inline, files = _child(data, "AttachmentHeaderList"), _child(data, "RefAttachmentHeaderList")
    return Content(
        canonicalize(roots[0]),
        () if inline is None else tuple(map(_attachment, _children(inline, "AttachmentHeader"))),
        () if files is None else tuple(map(_reference, _children(files, "RefAttachmentHeader"))),
    )


def _attachment(header: etree._Element) -> Attachment:
    return Attachment(_text(header, "contentId"), _text(header, "MimeType"), _bytes(header, "SignaturePKCS7"))


def _reference(header: etree._Element) -> FileReference:
    return FileReference(
        _text(header, "uuid"),
        _bytes(header, "Hash") or b"",
        _text(header, "MimeType"),
        _bytes(header, "SignaturePKCS7"),
        _text(header, "FileName") or None,
    )


def _access(element: etree._Element) -> FileAccess:
    names = ("uuid", "UserName", "Password", "FileName")
    return FileAccess(*(_text(element, name) for name in names))


def _metadata(element: etree._Element) -> Metadata:
    sender, recipient = _child(element, "Sender"), _child(element, "Recipient")
    return Metadata(
        message_id=_text(element, "MessageId"),
        message_type=_text(element, "MessageType"),
        sender="" if sender is None else _text(sender, "Mnemonic"),
        sender_name="" if sender is None else _text(sender, "HumanReadableName"),
        recipient="" if recipient is None else _text(recipient, "Mnemonic"),
        sent=_text(element, "SendingTimestamp"),
        delivered=_text(element, "DeliveryTimestamp"),
        status=_text(element, "Status"),
    )


def _fault(element: etree._Element) -> BusError:
    """Return the error of a SOAP fault, of SOAP 1.1 or 1.2: the detail names SMEV's fault."""
    holder = _child(element, "Code")
    code = _text(element, "faultcode") if holder is None else _text(holder, "Value")
    detail = _child(element, "detail", "Detail")
    inside = [] if detail is None else list(detail.iterchildren("{*}*"))
    name = etree.QName(inside[0]).localname if inside else ""
    texts = [_text(element, "faultstring"), _text(element, "Reason"), *(_words(inside[0]) if inside else ())]
    reason = "; ".join(dict.fromkeys(text for text in texts if text)) or code or "no reason given"
    return fault(name, reason, server=code.rpartition(":")[2] in ("Server", "Receiver"))


def _words(element: etree._Element) -> list[str]:
    return [text.strip() for text in element.itertext() if isinstance(text, str) and text.strip()][:20]


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    return [child for child in parent.iterchildren("{*}*") if etree.QName(child).localname in names]


def _child(parent: etree._Element, *names: str) -> etree._Element | None:
    return next(iter(_children(parent, *names)), None)


def _text(parent: etree._Element, name: str) -> str:
    element = _child(parent, name)
    return "" if element is None else "".join(str(text) for text in element.itertext()).strip()


def _bytes(parent: etree._Element, name: str) -> bytes | None:
    text = _text(parent, name)
    if not text:
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("base64-malformed", "broken base64 in {name}", name=name) from None


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise InputError(
            "number-malformed", "{value!r} is not a number of messages", value=text or ""
        ) from None
