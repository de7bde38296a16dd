"""The Типовой адаптер: SOAP Send / Get / Find at `/adapter/ws`; it signs, polls and keeps files itself.

`itSystem` is the system's mnemonic. Files lie in the folder that client and adapter share,
`adapter/{itSystem}`: a relative `filePath` starts there, nothing outside is read; received files are in
`in/{MessageId}`, with an absolute `filePath`. An attachment's uuid is `Id`, or the name of its folder when
that is a uuid. Not public, so the stand's own: Get gives a message once (a lost answer is found again by
Find); an empty queue is an empty QueryResult; a repeated clientId is a second message.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

from lxml import etree
from werkzeug.wrappers import Request, Response

from stand.bodies import read_body
from stand.faults import Fault
from stand.smev import adapter_xml as xml
from stand.smev.adapter_xml import Kept, tag
from stand.smev.files import is_uuid
from stand.smev.mailroom import Given, Mailroom
from stand.smev.mime import MAX_BODY, unpack
from stand.smev.parcels import Body, Parcel, System
from stand.smev.reading import from_base64, moment
from stand.smev.refusal import BusFault
from stand.smev.trees import NotXmlError
from stand.smev.trouble import AFTER, BEFORE, Troubles
from stand.smev.words import local

_XML = "text/xml; charset=utf-8"
_OPERATIONS = {"ClientMessage": "Send", "MessageQuery": "Get", "FindMessageQuery": "Find"}
_TRANSIENT = frozenset({"SMEVFailure", "DestinationOverflow"})


class _WrongError(Exception):
    """ValidationFault: what the client must correct."""


class AdapterFace:
    """Answers the adapter's calls. Thread-safe."""

    def __init__(self, mailroom: Mailroom, troubles: Troubles, folder: Path) -> None:
        self._mailroom = mailroom
        self._troubles = troubles
        self._folder = folder.resolve()
        self._sent: dict[tuple[str, str], list[Kept]] = {}  # by system and client id
        self._taken: dict[str, list[Kept]] = {}
        self._client_ids: dict[str, str] = {}  # MessageID = client id
        self._lock = threading.RLock()

    def folder(self, it_system: str) -> Path:
        """Return the folder that a system shares with the adapter."""
        folder = self._folder / it_system
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def answer(self, request: Request) -> Response:
        """Answer a request to the adapter's address. Raises CutError."""
        if request.method == "GET":
            return _describe(request)
        if request.method != "POST":
            return Response("POST or GET", 405)
        body = read_body(request, MAX_BODY)
        if body is None:
            return Response("too large", 413)
        try:
            envelope, _parts = unpack(request.headers.get("Content-Type", ""), body)
            return self._call(*_checked(xml.operation(envelope)))
        except (_WrongError, NotXmlError) as error:
            return Response(xml.fault("ValidationFault", "VALIDATION", str(error)), 500, content_type=_XML)
        except BusFault as fault:
            kind = "SystemFault" if fault.name in _TRANSIENT else "ValidationFault"
            return Response(xml.fault(kind, fault.name, fault.reason), 500, content_type=_XML)

    def _call(self, name: str, element: etree._Element) -> Response:
        system = self._mailroom.system(_said(element, "itSystem"))
        if system is None:
            raise _WrongError("itSystem: not registered with this adapter")
        candidates = [*BEFORE, *AFTER, Fault.SMEV_FAILURE]
        if name == "Send":
            candidates.append(Fault.LATE_REJECTION)
        about = next(element.iter(tag("clientId")), None)
        key = f"{system.mnemonic} {about.text if about is not None else ''}"
        trouble = self._troubles.pick(f"adapter {name}", key, candidates)
        broken = self._troubles.before(trouble)
        if broken is not None:
            return broken
        if name == "Send":
            octets = self._send(system, element, later=trouble == Fault.LATE_REJECTION)
        elif name == "Get":
            kept = self._get(system, element)
            if kept is None and self._troubles.nothing_to_spoil("adapter Get", trouble):
                trouble = ""
            octets = xml.query_result(kept)
        else:
            octets = xml.query_results(self._find(system, element))
        return self._troubles.after(trouble, Response(octets, 200, content_type=_XML))

    # ---- Send

    def _send(self, system: System, element: etree._Element, *, later: bool) -> bytes:
        request = element.find(tag("RequestMessage"))
        if request is not None:
            parcel, client_id = self._request(system, request, later=later)
        else:
            response = element.find(tag("ResponseMessage"))
            assert response is not None  # noqa: S101 - the contract made sure
            parcel, client_id = self._response(system, response)
        if not later:
            self._mailroom.exchange.dispatch(parcel)
        kept = Kept(
            parcel, client_id, self._mailroom.bus.clock(), self._client_ids.get(parcel.original_id, "")
        )
        with self._lock:
            self._client_ids[parcel.id] = client_id
            self._sent.setdefault((system.mnemonic, client_id), []).append(kept)
        return xml.result(system.mnemonic, parcel.id)

    def _request(self, system: System, request: etree._Element, *, later: bool) -> tuple[Parcel, str]:
        metadata, content = request.find(tag("RequestMetadata")), request.find(f".//{tag('content')}")
        assert metadata is not None  # noqa: S101 - the contract made sure
        assert content is not None  # noqa: S101
        parcel = self._mailroom.request(system, _business(content), self._files(system, content), later=later)
        parcel.node_id = _said(metadata, "nodeId")
        parcel.transaction_code = _said(metadata, "TransactionCode")
        parcel.test = _said(metadata, "testMessage") in ("true", "1")
        eol = _said(metadata, "eol")
        parcel.eol = moment(eol) if eol else None
        return parcel, _said(metadata, "clientId")

    def _response(self, system: System, response: etree._Element) -> tuple[Parcel, str]:
        metadata, content = response.find(tag("ResponseMetadata")), response.find(tag("ResponseContent"))
        assert metadata is not None  # noqa: S101 - the contract made sure
        assert content is not None  # noqa: S101
        about = _said(metadata, "replyToClientId")
        asked = [
            one.parcel for one in self._taken.get(system.mnemonic, [])
            if one.client_id == about and one.parcel.kind == "REQUEST"
        ]  # fmt: skip
        if not asked:
            raise _WrongError(f"replyToClientId: no request {about} was taken")
        inner = content.find(tag("content"))
        body: Body
        if inner is not None:
            body, files = _business(inner), self._files(system, inner)
        else:
            body, files = xml.read_progress(content) or xml.read_rejections(content), []
        return self._mailroom.respond(system, asked[0], body, files), _said(metadata, "clientId")

    def _files(self, system: System, content: etree._Element) -> list[Given]:
        home = self.folder(system.mnemonic)
        given = []
        for row in content.iter(tag("AttachmentHeader")):
            told = _said(row, "filePath")
            path = (home / told).resolve()
            if not path.is_relative_to(home) or not path.is_file():
                raise _WrongError(f"filePath: no file {told} in the folder shared with the adapter")
            signature = _said(row, "SignaturePKCS7")
            cms = from_base64(signature) if signature else None
            uuid = _said(row, "Id") or (path.parent.name if is_uuid(path.parent.name) else "")
            given.append(Given(path, path.name, cms, uuid))
        return given

    # ---- Get, Find

    def _get(self, system: System, element: etree._Element) -> Kept | None:
        wanted = element.findtext(f".//{tag('messageTypeCriteria')}")
        node_id = _said(element, "nodeId")
        for kind in (wanted,) if wanted else ("RESPONSE", "REQUEST"):
            parcel = self._mailroom.bus.take(system, kind, node_id=node_id)
            if parcel is not None:
                return self._take(system, parcel)
        return None

    def _take(self, system: System, parcel: Parcel) -> Kept:
        paths = self._mailroom.save(parcel, self.folder(system.mnemonic) / "in" / parcel.id)
        kept = Kept(
            parcel, parcel.id, self._mailroom.bus.clock(), self._client_ids.get(parcel.original_id, ""), paths
        )
        with self._lock:
            self._taken.setdefault(system.mnemonic, []).append(kept)
        self._mailroom.bus.acknowledge(system, parcel.id)
        return kept

    def _find(self, system: System, element: etree._Element) -> Iterator[Kept]:
        with self._lock:
            sent = [
                one for (whose, _id), rows in self._sent.items() if whose == system.mnemonic for one in rows
            ]
            taken = list(self._taken.get(system.mnemonic, []))
        start, end = element.findtext(f".//{tag('from')}"), element.findtext(f".//{tag('to')}")
        if start:
            first, last = moment(start), moment(end) if end else None
            for one in taken:
                if first <= one.at and (last is None or one.at <= last):
                    yield one
            return
        criteria = element.find(f".//{tag('messageClientIdCriteria')}")
        assert criteria is not None  # noqa: S101 - the contract made sure
        client_id, how = _said(criteria, "clientId"), _said(criteria, "clientIdCriteria")
        for one in (*sent, *taken):
            kind = one.parcel.kind
            if how == "GET_RESPONSE_BY_REQUEST_CLIENTID":
                found = kind == "RESPONSE" and one.reply_to_client_id == client_id
            else:
                found = kind == how.split("_")[1] and one.client_id == client_id
            if found:
                yield one


def _describe(request: Request) -> Response:
    if "wsdl" in request.args:
        return Response(xml.text("adapter.wsdl", address=request.base_url), content_type=_XML)
    part = request.args.get("xsd", "")
    if part in ("adapter", "adapter-faults"):
        where = f"{request.base_url}?xsd=adapter-faults"
        return Response(xml.text(f"{part}.xsd", faults=where), content_type=_XML)
    return Response("add ?wsdl", 404)


def _checked(element: etree._Element) -> tuple[str, etree._Element]:
    """Return the operation that an element asks for, and the element. Raises _WrongError."""
    wrong = xml.complaints(element)
    if wrong:
        raise _WrongError("; ".join(one.reason for one in wrong))
    name = _OPERATIONS.get(local(element.tag))
    if name is None:
        raise _WrongError(f"{element.tag}: no such operation")
    return name, element


def _business(content: etree._Element) -> bytes:
    inside = content.find(tag("MessagePrimaryContent"))
    assert inside is not None  # noqa: S101 - the contract made sure
    octets: bytes = etree.tostring(next(inside.iterchildren(etree.Element)), with_tail=False)
    return octets


def _said(element: etree._Element, name: str) -> str:
    return (element.findtext(tag(name)) or "").strip()
