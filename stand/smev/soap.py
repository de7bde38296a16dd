"""The bus over SOAP: `/smev/{version}/ws`, its WSDL at `?wsdl`, its schemas at `?xsd=`."""

from werkzeug.wrappers import Request, Response

from stand.bodies import read_body
from stand.faults import Fault
from stand.smev import contract, dsig
from stand.smev.exchange import Answer, Exchange
from stand.smev.mime import MAX_BODY, pack, unpack
from stand.smev.reading import Call, read_call
from stand.smev.refusal import BusFault, fault_envelope
from stand.smev.trouble import AFTER, BEFORE, NOTICE, Troubles
from stand.smev.words import VERSIONS
from stand.smev.writing import octets

_XML = "text/xml; charset=utf-8"
_GETS = ("GetRequest", "GetResponse")


class SoapFace:
    """Answers the calls of the exchange."""

    def __init__(self, exchange: Exchange, troubles: Troubles) -> None:
        self._exchange = exchange
        self._troubles = troubles

    def answer(self, request: Request, version: str) -> Response:
        """Answer a request to the address of a version. Raises CutError."""
        if version not in VERSIONS:
            return Response("no such version", 404)
        if request.method == "GET":
            return _describe(request, version)
        if request.method != "POST":
            return Response("POST or GET", 405)
        body = read_body(request, MAX_BODY)
        if body is None:
            return Response("too large", 413)
        try:
            envelope, parts = unpack(request.headers.get("Content-Type", ""), body)
            call = read_call(envelope, version)
            return self._call(call, parts)
        except BusFault as fault:
            self._exchange.bus.ledger.note("smev_fault", name=fault.name, reason=fault.reason)
            return Response(fault_envelope(version, fault), 500, content_type=_XML)

    def _call(self, call: Call, parts: dict[str, bytes]) -> Response:
        name = self._troubles.pick(call.operation, _key(call), _candidates(call))
        broken = self._troubles.before(name)
        if broken is not None:
            return broken
        system = self._exchange.caller(call)
        if name == Fault.LATE_REJECTION:
            answer = self._exchange.reject_later(call, system, parts)
        else:
            answer = self._exchange.do(call, system, parts, shuffled=name == Fault.SHUFFLED)
        empty = call.operation in _GETS and answer.parcel is None
        if empty and self._troubles.nothing_to_spoil(call.operation, name):
            name = ""
        return self._troubles.after(name, self._written(call, answer, name))

    def _written(self, call: Call, answer: Answer, trouble: str) -> Response:
        parcel = answer.parcel
        if trouble == Fault.BAD_SIGNATURE:
            for container in answer.element.iter(call.names.t("SMEVSignature")):
                dsig.spoil(container)
        if trouble == NOTICE and parcel is not None and call.operation == "SendRequest":
            self._exchange.bus.announce(parcel, "requestIsAcceptedBySmev")
        if trouble == Fault.REDELIVERED and parcel is not None and call.operation == "Ack":
            self._exchange.bus.again(parcel)
        inline = parcel.inline if parcel is not None and call.operation in _GETS else ()
        content_type, body = pack(octets(answer.element), inline)
        return Response(body, 200, content_type=content_type)


def _describe(request: Request, version: str) -> Response:
    if "wsdl" in request.args:
        return Response(contract.wsdl_text(version, request.base_url), content_type=_XML)
    part = request.args.get("xsd", "")
    if part in contract.PARTS:
        basic = f"{request.base_url}?xsd=basic"
        return Response(contract.schema_text(version, part, basic=basic), content_type=_XML)
    return Response("add ?wsdl", 404)


def _candidates(call: Call) -> tuple[Fault, ...]:
    kinds = [*BEFORE, *AFTER, Fault.SMEV_FAILURE]
    if call.operation in ("SendRequest", "SendResponse"):
        kinds += [Fault.BAD_SIGNATURE]
    if call.operation == "SendRequest":
        kinds += [Fault.LATE_REJECTION]
    if call.operation in _GETS:
        kinds += [Fault.BAD_SIGNATURE, Fault.SHUFFLED]
    if call.operation == "Ack":
        kinds += [Fault.REDELIVERED]
    return tuple(kinds)


def _key(call: Call) -> str:
    """Return what tells this call from others: its message's id where it has one."""
    target = call.target
    if target is None:
        return ""
    if call.operation == "Ack":
        return (target.text or "").strip()
    return target.findtext(call.names.t("MessageID")) or ""
