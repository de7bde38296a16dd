"""From the octets of an answer to what it says: signatures first, and only what they cover is believed."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lxml import etree

from smev.client.faults import GarbageError
from smev.client.mtom import content_id_of
from smev.envelope import read
from smev.envelope.words import Answer, Content, Received
from smev.errors import InputError, SmevError
from smev.gost.provider import Provider
from smev.gost.trust import TrustStore
from smev.signature import Place, SignatureReport, places, verify
from smev.signature.octets import covered, parse
from smev.transform import transform

_KEPT = 1 << 20
_XOP = "{http://www.w3.org/2004/08/xop/include}Include"
_CONTENTS = tuple(
    f"{way}/MessagePrimaryContent"
    for way in (
        "RequestMessage/Request/SenderProvidedRequestData",
        "ResponseMessage/Response/SenderProvidedResponseData",
    )
)


@dataclass(frozen=True, slots=True)
class Understood:
    """An answer and, when the bus's own signature does not hold, why it must not be acted upon."""

    answer: Answer
    problem: SmevError | None = None


def understand(envelope: bytes, provider: Provider, trust: TrustStore | None, at: datetime) -> Understood:
    """Return what an answer says.

    With a store the bus's certificate must be trusted by it.

    Raises:
        BusError: the answer is a fault.
        GarbageError: it is not SMEV's.
    """
    try:
        plain = read(envelope)
        if not isinstance(plain, Received) and not _signed(envelope):
            return Understood(plain)
        reports = verify(envelope, store=trust, at=at, provider=provider)
        ours = [report for report in reports if report.place is Place.SMEV]
        problem = _problem(ours)
        if problem is not None:
            return Understood(plain, problem)
        told = read(ours[0].verified())
    except InputError as error:
        raise GarbageError(str(error), envelope[:_KEPT]) from error
    return Understood(_with_original_content(told, envelope))


def _signed(envelope: bytes) -> bool:
    """Whether the answer is of a kind that the bus signs."""
    return places.REQUIRED.get(places.local(places.operation(parse(envelope)))) is Place.SMEV


def _problem(reports: list[SignatureReport]) -> SmevError | None:
    if not reports:
        return InputError("signature-absent", "no {place} signature", place="smev")
    for report in reports:
        if report.error is not None:
            return report.error
        if not report.ok or not report.octets:
            reason = report.trust.code if report.trust and not report.trust.trusted else "it does not hold"
            return InputError("bus-signature", "the bus's own signature: {reason}", reason=reason)
    return None


def _with_original_content(answer: Answer, envelope: bytes) -> Answer:
    """Put the content as it was written in the place of its signed form, when they are the same.

    The transform renames prefixes, which breaks names inside values (xsi:type="p:Name").
    """
    if not isinstance(answer, Received) or not isinstance(answer.body, Content):
        return answer
    top = places.operation(parse(envelope))
    holders = [
        element
        for element in top.iter("{*}MessagePrimaryContent")
        if places.path_below(element, top) in _CONTENTS
    ]
    children = [child for holder in holders for child in holder.iterchildren("{*}*")]
    if len(children) != 1 or covered(children[0]) != transform(answer.body.xml):
        return answer
    written: bytes = etree.tostring(children[0], encoding="utf-8", with_tail=False)
    return replace(answer, body=replace(answer.body, xml=written))


def inline_contents(envelope: bytes) -> Mapping[str, bytes | str]:
    """Return, by Id, what the message says of its inline files: their bytes, or the Content-ID of a part.

    Only elements AttachmentContent at their place count: an xop:Include elsewhere names nothing.
    Raises GarbageError.
    """
    found: dict[str, bytes | str] = {}
    for element in places.operation(parse(envelope)).iter("{*}AttachmentContent"):
        identifier, content = element.find("{*}Id"), element.find("{*}Content")
        name = "" if identifier is None else (identifier.text or "").strip()
        if not name or content is None or name in found:
            raise GarbageError("an inline file without an Id of its own", envelope[:_KEPT])
        include = content.find(_XOP)
        found[name] = (
            _decoded(content, envelope) if include is None else content_id_of(include.get("href", ""))
        )
    return found


def _decoded(content: etree._Element, envelope: bytes) -> bytes:
    try:
        return base64.b64decode("".join((content.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise GarbageError("broken base64 of an inline file", envelope[:_KEPT]) from None
