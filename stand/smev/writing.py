"""The bus's answers as XML of a version, signed by the bus, with the sender's signature where it survives."""

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count

from lxml import etree

from stand.smev import dsig, trees
from stand.smev.keys import Pair
from stand.smev.parcels import AsyncStatus, Parcel, Progress, System
from stand.smev.words import NAMES, SOAP, VERSION_OF, XOP, Names, local, space

Login = tuple[str, str, str, str]  # uuid, user, password, file name


class Writer:
    """Writes answers of one version; `pair` is the bus's own."""

    def __init__(self, version: str, pair: Pair, now: datetime) -> None:
        self.names: Names = NAMES[version]
        self.version = version
        self._pair = pair
        self._now = now

    # ---- answers

    def sent(self, operation: str, parcel: Parcel, status: str) -> etree._Element:
        """Return SendRequestResponse or SendResponseResponse."""
        root = self._root(f"{operation}Response")
        metadata = self._metadata(root, parcel, status)
        metadata.set("Id", "SIGNED_BY_SMEV")
        self._sign(root, metadata)
        return root

    def handed(self, operation: str, parcel: Parcel | None, logins: Iterable[Login] = ()) -> etree._Element:
        """Return GetRequestResponse or GetResponseResponse; without a parcel the queue is empty."""
        root = self._root(f"{operation}Response")
        if parcel is None:
            return root
        kind = "Request" if parcel.kind == "REQUEST" else "Response"
        message = self._t(root, f"{kind}Message")
        inner = self._t(message, kind)
        if kind == "Response":
            self._t(inner, "OriginalMessageId", parcel.original_id)
            if parcel.transaction_code and self.version != "1.1":
                self._t(inner, "OriginalTransactionCode", parcel.transaction_code)
        provided = self._provided(inner, parcel)
        taken = {one.get("Id") for one in provided.iter(etree.Element)}
        inner.set("Id", next(name for name in _free_ids() if name not in taken))
        self._metadata(
            inner, parcel, "messageIsDelivered" if self.version != "1.1" else "responseIsDelivered"
        )
        self._logins(inner, tuple(logins))
        if kind == "Request":
            self._t(inner, "ReplyTo", parcel.reply_to)
        self._sender_signature(inner, provided, parcel)
        if parcel.inline:
            self._contents(message, parcel)
        self._sign(message, inner)
        return root

    def word(self, status: AsyncStatus | None) -> etree._Element:
        """Return GetStatusResponse."""
        root = self._root("GetStatusResponse")
        if status is not None:
            message = self._t(root, "SmevAsyncProcessingMessage")
            data = self._t(message, "AsyncProcessingStatusData")
            data.set("Id", "SIGNED_BY_SMEV")
            self._async(data, status)
            self._sign(message, data)
        return root

    def statistics(self, rows: Iterable[tuple[str, int]]) -> etree._Element:
        """Return GetIncomingQueueStatisticsResponse."""
        root = self._root("GetIncomingQueueStatisticsResponse")
        for name, waiting in rows:
            self._t(root, "QueueStatistics").attrib.update(
                {"queueName": name, "pendingMessageNumber": str(waiting)}
            )
        return root

    def acknowledged(self) -> etree._Element:
        """Return AckResponse."""
        return self._root("AckResponse")

    # ---- parts

    def _root(self, name: str) -> etree._Element:
        spaces = {None: self.names.basic, "ns2": self.names.types, "ns3": self.names.faults}
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
        body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
        return trees.add(body, self.names.t(name), spaces)

    def _t(self, parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
        element = etree.SubElement(parent, self.names.t(name))
        element.text = text
        return element

    def _b(self, parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
        element = etree.SubElement(parent, self.names.b(name))
        element.text = text
        return element

    def _sign(self, parent: etree._Element, target: etree._Element) -> None:
        dsig.sign(self._t(parent, "SMEVSignature"), target, self._pair)

    def _metadata(self, parent: etree._Element, parcel: Parcel, status: str) -> etree._Element:
        old = self.version == "1.1"
        metadata = self._t(parent, "MessageMetadata")
        self._t(metadata, "MessageId", parcel.id)
        self._t(metadata, "MessageType", parcel.kind)
        self._party(metadata, "Sender", parcel.sender)
        self._t(metadata, "SendingTimestamp", _moment(parcel.sent))
        if old:
            self._t(metadata, "DestinationName", "unknown")
        self._party(metadata, "Recipient", parcel.recipient)
        if old:
            extra = self._t(metadata, "SupplementaryData")
            self._t(extra, "DetectedContentTypeName", "not detected")
            self._t(extra, "InteractionType", "NotDetected")
        if status.endswith("Delivered"):
            self._t(metadata, "DeliveryTimestamp", _moment(self._now))
        self._t(metadata, "Status", "requestIsQueued" if old and status == "responseIsQueued" else status)
        return metadata

    def _party(self, parent: etree._Element, name: str, system: System) -> None:
        element = self._t(parent, name)
        self._t(element, "Mnemonic", system.mnemonic)
        self._t(element, "HumanReadableName", system.name)

    def _provided(self, parent: etree._Element, parcel: Parcel) -> etree._Element:
        if parcel.provided:
            provided = translated(etree.fromstring(parcel.provided), self.names)
            parent.append(provided)
            return provided
        name = "Request" if parcel.kind == "REQUEST" else "Response"
        provided = self._t(parent, f"SenderProvided{name}Data")
        provided.set("Id", "SIGNED_BY_CALLER")
        self._t(provided, "MessageID", parcel.id)
        if parcel.kind == "RESPONSE":
            self._t(provided, "To", parcel.reply_to)
        else:
            self._request_fields(provided, parcel)
        self._body(provided, parcel)
        if parcel.test:
            self._t(provided, "TestMessage")
        return provided

    def _request_fields(self, provided: etree._Element, parcel: Parcel) -> None:
        for name, text in (
            ("ReferenceMessageID", parcel.reference_id),
            ("TransactionCode", parcel.transaction_code),
            ("NodeID", parcel.node_id),
            ("EOL", _moment(parcel.eol) if parcel.eol else ""),
        ):
            if text:
                self._t(provided, name, text)

    def _body(self, provided: etree._Element, parcel: Parcel) -> None:
        body = parcel.body
        if isinstance(body, bytes):
            self._b(provided, "MessagePrimaryContent").append(etree.fromstring(body))
            self._headers(provided, parcel)
        elif isinstance(body, AsyncStatus):
            self._async(provided, body)
        elif isinstance(body, Progress):
            element = self._t(provided, "RequestStatus")
            self._t(element, "StatusCode", str(body.code))
            for key, value in body.parameters:
                parameter = self._t(element, "StatusParameter")
                self._t(parameter, "Key", key)
                self._t(parameter, "Value", value)
            self._t(element, "StatusDescription", body.description)
        else:
            for one in body:
                element = self._t(provided, "RequestRejected")
                self._t(element, "RejectionReasonCode", one.code)
                self._t(element, "RejectionReasonDescription", one.description)

    def _headers(self, provided: etree._Element, parcel: Parcel) -> None:
        if parcel.inline:
            headers = self._b(provided, "AttachmentHeaderList")
            for one in parcel.inline:
                header = self._b(headers, "AttachmentHeader")
                self._b(header, "contentId", one.content_id)
                self._b(header, "MimeType", one.mime_type)
                self._cms(header, one.signature)
        if parcel.files:
            headers = self._b(provided, "RefAttachmentHeaderList")
            for file in parcel.files:
                header = self._b(headers, "RefAttachmentHeader")
                self._b(header, "uuid", file.uuid)
                if self.version != "1.1":
                    self._b(header, "FileName", file.name)
                self._b(header, "Hash", file.digest)
                self._b(header, "MimeType", file.mime_type)
                self._cms(header, file.signature)

    def _cms(self, header: etree._Element, signature: bytes | None) -> None:
        if signature is not None:
            self._b(header, "SignaturePKCS7", base64.b64encode(signature).decode())

    def _async(self, parent: etree._Element, status: AsyncStatus) -> None:
        element = self._t(parent, "AsyncProcessingStatus")
        self._t(element, "OriginalMessageId", status.original_id)
        old = self.version == "1.1" and status.category == "responseIsRejectedBySmev"  # 1.1 has no such word
        self._t(element, "StatusCategory", "requestIsRejectedBySmev" if old else status.category)
        if status.details:
            self._t(element, "StatusDetails", status.details)
        if status.code:
            fault = self._t(element, "SmevFault")
            self._b(fault, "Code", status.code)
            self._b(fault, "Description", status.description)

    def _logins(self, parent: etree._Element, logins: tuple[Login, ...]) -> None:
        if not logins:
            return
        rows = self._b(parent, "FSAttachmentsList")
        for login in logins:
            row = self._b(rows, "FSAttachment")
            for name, text in zip(("uuid", "UserName", "Password", "FileName"), login, strict=True):
                self._b(row, name, text)

    def _contents(self, parent: etree._Element, parcel: Parcel) -> None:
        rows = self._b(parent, "AttachmentContentList")
        for one in parcel.inline:
            row = self._b(rows, "AttachmentContent")
            self._b(row, "Id", one.content_id)
            include = etree.SubElement(self._b(row, "Content"), f"{{{XOP}}}Include", nsmap={"xop": XOP})
            include.set("href", f"cid:{one.content_id}")

    def _sender_signature(self, parent: etree._Element, provided: etree._Element, parcel: Parcel) -> None:
        """Pass the sender's signature on; it does not survive another version than it was made for."""
        if parcel.sender.pair is not None and not parcel.provided:
            dsig.sign(self._t(parent, "SenderInformationSystemSignature"), provided, parcel.sender.pair)
        elif parcel.signature and parcel.version == self.version:
            container = self._t(parent, "SenderInformationSystemSignature")
            container.append(etree.fromstring(parcel.signature)[0])


def translated(element: etree._Element, names: Names) -> etree._Element:
    """Return an element of the exchange with the namespaces of another version; its contents stay."""
    version = VERSION_OF[space(element.tag)]
    if version == names.version:
        return element
    old = NAMES[version]
    spaces = {old.types: names.types, old.basic: names.basic}
    copy = etree.Element(
        f"{{{spaces[space(element.tag)]}}}{local(element.tag)}", nsmap={"t": names.types, "b": names.basic}
    )
    _copy(element, copy, spaces)
    if names.version == "1.1":
        for extra in [*copy.iter(names.b("FileName")), *copy.iter(names.b("NamespaceUri"))]:
            parent = extra.getparent()
            if parent is not None and local(parent.tag).endswith("Header"):
                parent.remove(extra)
    return copy


def _copy(source: etree._Element, target: etree._Element, spaces: dict[str, str]) -> None:
    target.attrib.update(source.attrib)
    target.text, target.tail = source.text, source.tail
    for child in source.iterchildren(etree.Element):
        renamed = spaces.get(space(child.tag))
        if renamed is None:
            target.append(etree.fromstring(etree.tostring(child, with_tail=False)))
        else:
            _copy(child, etree.SubElement(target, f"{{{renamed}}}{local(child.tag)}"), spaces)


def octets(element: etree._Element) -> bytes:
    """Return the whole envelope that an answer is in."""
    written: bytes = etree.tostring(element.getroottree(), encoding="utf-8")
    return written


def _free_ids() -> Iterator[str]:
    """Yield names for the bus's own Id: two elements with one Id would be a forged message."""
    yield "SIGNED_BY_SMEV"
    yield from (f"SIGNED_BY_SMEV_{number}" for number in count(1))


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
