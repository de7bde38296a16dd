"""What each operation of the bus does with a call: checks first, then the queues, then the signed answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from stand.smev import contract, dsig
from stand.smev.bus import Bus
from stand.smev.files import BadFileError, FileStore
from stand.smev.parcels import Inline, InStore, MessageType, Parcel, System
from stand.smev.reading import Call, Header, headers, moment, take_contents
from stand.smev.refusal import BusFault, invalid_content
from stand.smev.trees import line_of
from stand.smev.words import MAX_INLINE, local, space
from stand.smev.writing import Writer


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers: the operation's element in its envelope, the parcel it is about."""

    element: etree._Element
    parcel: Parcel | None = None


class Exchange:
    """The operations of the bus over its queues and its file store."""

    def __init__(self, bus: Bus, files: FileStore) -> None:
        self.bus = bus
        self.files = files
        self._gost = bus.authority.gost

    def caller(self, call: Call) -> System:
        """Return who calls, by a signature over the right element. Raises BusFault."""
        target = call.target
        if target is None:
            raise invalid_content([(line_of(call.element), "what must be signed is not there")])
        return self.bus.system_of(dsig.verify(call.signature, target, self._gost))

    def do(self, call: Call, system: System, parts: Mapping[str, bytes], *, shuffled: bool = False) -> Answer:
        """Carry out a call of a known system; `shuffled` hands out a later message. Raises BusFault."""
        contents = take_contents(call, parts)
        wrong = contract.complaints(call.version, call.element)
        if wrong:
            raise invalid_content([(one.line, one.reason) for one in wrong])
        write = Writer(call.version, self.bus.own, self.bus.clock())
        match call.operation:
            case "SendRequest":
                return self._send_request(call, system, contents, write)
            case "SendResponse":
                return self._send_response(call, system, contents, write)
            case "GetRequest" | "GetResponse":
                return self._get(call, system, write, shuffled=shuffled)
            case "GetStatus":
                return Answer(write.word(self.bus.word(system)))
            case "Ack":
                return self._acknowledge(call, system, write)
        return Answer(write.statistics(self.bus.statistics(system)))

    def reject_later(self, call: Call, system: System, parts: Mapping[str, bytes]) -> Answer:
        """Take a request and reject it afterwards, as when a part of the bus fails. Raises BusFault."""
        data = _data(call)
        root = _content_root(call, data)
        parcel = self._parcel(call, system, data, take_contents(call, parts))
        self.bus.check_id(parcel.id)
        message_type = self.bus.type_of((space(root.tag), local(root.tag))) if root is not None else None
        if message_type is not None:
            parcel.recipient = self.bus.system(message_type.provider)
        parcel.node_id = data.findtext(call.names.t("NodeID")) or ""
        self.bus.reject(
            parcel, "SMEVFailure", "asked for by the fault plan: the bus failed after it answered"
        )
        write = Writer(call.version, self.bus.own, self.bus.clock())
        return Answer(write.sent("SendRequest", parcel, "requestIsQueued"), parcel)

    # ---- sending

    def _send_request(self, call: Call, system: System, contents: dict[str, bytes], write: Writer) -> Answer:
        data = _data(call)
        root = _content_root(call, data)
        assert root is not None  # noqa: S101 - the schema made sure
        message_type = self.bus.type_of((space(root.tag), local(root.tag)))
        if message_type is None:
            detail = {"RootElementLocalName": local(root.tag), "RootElementNamespaceURI": space(root.tag)}
            raise BusFault("BusinessDataTypeIsNotSupported", f"{root.tag} is not registered", detail)
        _check_content(message_type, root)
        parcel = self._parcel(call, system, data, contents)
        parcel.recipient = self.bus.system(message_type.provider)
        names = call.names
        parcel.reference_id = data.findtext(names.t("ReferenceMessageID")) or ""
        parcel.transaction_code = data.findtext(names.t("TransactionCode")) or ""
        parcel.node_id = data.findtext(names.t("NodeID")) or ""
        parcel.test = data.find(names.t("TestMessage")) is not None
        eol = data.findtext(names.t("EOL"))
        parcel.eol = moment(eol) if eol else None
        self.dispatch(parcel)
        return Answer(write.sent("SendRequest", parcel, "requestIsQueued"), parcel)

    def _send_response(self, call: Call, system: System, contents: dict[str, bytes], write: Writer) -> Answer:
        data = _data(call)
        to = data.findtext(call.names.t("To")) or ""
        request = self.bus.request_by(to)
        if request.recipient.mnemonic != system.mnemonic:
            raise BusFault("AccessDenied", "the request was not sent to this system")
        root = _content_root(call, data)
        message_type = self.bus.type_of(request.root)
        if root is not None and message_type is not None:
            if (space(root.tag), local(root.tag)) != (message_type.namespace, message_type.response):
                raise BusFault("IncorrectResponseContentType", f"{root.tag} is not the answer to the request")
            _check_content(message_type, root)
        parcel = self._parcel(call, system, data, contents)
        parcel = replace(
            parcel, kind="RESPONSE", recipient=request.sender, original_id=request.id, reply_to=to,
            root=self.bus.answer_root(request),
            transaction_code=request.transaction_code, node_id=request.node_id,
        )  # fmt: skip
        self.dispatch(parcel)
        return Answer(write.sent("SendResponse", parcel, "responseIsQueued"), parcel)

    def dispatch(self, parcel: Parcel) -> None:
        """Take a message: into the queue when its files are sound, else a late rejection. Raises BusFault."""
        try:
            self._check_files(parcel)
        except BadFileError as error:
            self.bus.check_id(parcel.id)
            self.bus.reject(parcel, "AttachmentContentMiscoordination", str(error))
            return
        self.bus.send(parcel)

    def _check_files(self, parcel: Parcel) -> None:
        for one in parcel.inline:
            if one.signature is not None:
                self.files.check_cms(one.signature, one.body, one.content_id)
        for file in parcel.files:
            self.files.check(file)

    def _parcel(self, call: Call, system: System, data: etree._Element, contents: dict[str, bytes]) -> Parcel:
        names = call.names
        root = _content_root(call, data)
        self._check_personal(call, data, root)
        inline = _inline(headers(call, data, "AttachmentHeader"), contents)
        signature = call.signature
        return Parcel(
            id=data.findtext(names.t("MessageID")) or "",
            kind="REQUEST",
            sender=system,
            recipient=system,
            body=etree.tostring(root, with_tail=False) if root is not None else b"",
            sent=self.bus.clock(),
            version=call.version,
            provided=etree.tostring(data, with_tail=False),
            signature=etree.tostring(signature, with_tail=False) if signature is not None else b"",
            root=(space(root.tag), local(root.tag)) if root is not None else ("", ""),
            inline=inline,
            files=tuple(map(self._stored, headers(call, data, "RefAttachmentHeader"))),
        )

    def _stored(self, header: Header) -> InStore:
        path = self.files.find(header.identifier)
        missing = self.files.incoming / "missing"
        name = header.file_name or (path.name if path else "content")
        return InStore(
            header.identifier, name, header.mime_type, header.digest, path or missing, header.signature
        )

    def _check_personal(self, call: Call, data: etree._Element, root: etree._Element | None) -> None:
        container = data.find(call.names.t("PersonalSignature"))
        if container is not None and root is not None:
            dsig.verify(container, root, self._gost)

    # ---- taking

    def _get(self, call: Call, system: System, write: Writer, *, shuffled: bool) -> Answer:
        kind = "REQUEST" if call.operation == "GetRequest" else "RESPONSE"
        selector = call.target
        assert selector is not None  # noqa: S101 - `caller` made sure
        names = call.names
        space_, name = (
            selector.findtext(names.b("NamespaceURI")),
            selector.findtext(names.b("RootElementLocalName")),
        )
        root = (space_, name) if space_ and name else None
        node_id = selector.findtext(names.b("NodeID")) or ""
        root = self._expected(root, kind)
        parcel = self.bus.take(system, kind, root=root, node_id=node_id, last=shuffled)
        logins = self.files.open_for(parcel) if parcel else []
        return Answer(write.handed(call.operation, parcel, logins), parcel)

    def _expected(self, root: tuple[str, str] | None, kind: str) -> tuple[str, str] | None:
        """Return the root by which a queue is searched. An answer is asked for by its request's type too."""
        if root is None:
            return None
        message_type = self.bus.type_of(root)
        if message_type is not None and kind == "RESPONSE":
            return message_type.namespace, message_type.response
        return root

    def _acknowledge(self, call: Call, system: System, write: Writer) -> Answer:
        target = call.target
        assert target is not None  # noqa: S101 - `caller` made sure
        accepted = target.get("accepted", "true") in ("true", "1")
        parcel = self.bus.acknowledge(system, (target.text or "").strip(), accepted=accepted)
        if parcel is not None and accepted:
            self.files.close_for(parcel)
        return Answer(write.acknowledged(), parcel)


def _data(call: Call) -> etree._Element:
    data = call.target
    assert data is not None  # noqa: S101 - `caller` made sure
    return data


def _content_root(call: Call, data: etree._Element) -> etree._Element | None:
    content = data.find(call.names.b("MessagePrimaryContent"))
    return next(content.iterchildren(etree.Element), None) if content is not None else None


def _check_content(message_type: MessageType, root: etree._Element) -> None:
    if message_type.schema is not None:
        wrong = contract.validate(message_type.schema, root)
        if wrong:
            raise invalid_content([(one.line, one.reason) for one in wrong])


def _inline(rows: list[Header], contents: dict[str, bytes]) -> tuple[Inline, ...]:
    """Join headers and contents. Raises BusFault when they do not go together."""
    names = [row.identifier for row in rows]
    if sorted(names) != sorted(contents):
        raise BusFault("AttachmentContentMiscoordination", "headers and contents of attachments differ")
    size = sum(map(len, contents.values()))
    if size > MAX_INLINE:
        detail = {"PermittedTotalAttachmentSize": str(MAX_INLINE), "RealTotalAttachmentSize": str(size)}
        raise BusFault("AttachmentSizeLimitExceeded", "the attachments are too large", detail)
    return tuple(
        Inline(row.identifier, row.mime_type, contents[row.identifier], row.signature) for row in rows
    )
