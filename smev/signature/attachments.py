"""CMS signatures in the headers of attachments: what can be checked without the attached bytes and with.

The header's Hash is the base64 of the digest that the CMS signs; bytes inline in the message are digested.
"""

import base64
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from smev.errors import InputError, SmevError
from smev.gost import cms
from smev.gost.provider import digest
from smev.signature import places, xmldsig
from smev.signature.places import Place
from smev.signature.report import SignatureReport
from smev.signature.verification import Verification

_HEADERS = ("AttachmentHeader", "RefAttachmentHeader")


def attachment_reports(check: Verification) -> Iterator[SignatureReport]:
    """Yield a report for every signer of every attachment that has a CMS signature in its header."""
    inline = None
    for header in check.top.iter("{*}AttachmentHeader", "{*}RefAttachmentHeader"):
        held = _child(header, "SignaturePKCS7")
        if places.local(header) not in _HEADERS or held is None:
            continue
        if inline is None:
            inline = dict(_inline(check.top))
        yield from _reports(check, header, held, inline)


def _reports(
    check: Verification, header: etree._Element, held: etree._Element, inline: dict[str, etree._Element]
) -> Iterator[SignatureReport]:
    identifier = _child(header, "contentId")
    identifier = _child(header, "uuid") if identifier is None else identifier
    name = "" if identifier is None else (identifier.text or "").strip()
    report = SignatureReport(place=Place.ATTACHMENT, reference=name, element=str(header.tag))
    try:
        signed = cms.load(xmldsig.decode(held))
        if not signed.signatures:
            yield replace(report, error=InputError("cms-unsigned", "the CMS has no signers"))
    except SmevError as error:
        yield replace(report, error=error)
        return
    for signature in signed.signatures:
        found = replace(report, certificate=signature.certificate, signing_time=signature.signing_time)
        try:
            yield check.trusted(
                _check(check, found, signature, _child(header, "Hash"), inline.get(name)), signed.certificates
            )
        except SmevError as error:
            yield replace(found, error=error)


def _check(
    check: Verification,
    report: SignatureReport,
    signature: cms.CmsSignature,
    declared: etree._Element | None,
    content: etree._Element | None,
) -> SignatureReport:
    values = []
    if declared is not None:
        values.append(xmldsig.decode(declared))
    if content is not None:
        values.append(digest(check.provider, signature.digest, _content(content)))
    content_digest = values[0] if values else None
    covered = signature.message_digest or content_digest
    scheme = signature.certificate.key.scheme if signature.certificate and signature.certificate.key else ""
    return replace(
        report,
        algorithm=str(scheme),
        digest_ok=all(value == covered for value in values) if values else None,
        signature_ok=signature.verify(check.provider, content_digest),
    )


def _inline(top: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Yield (Id, Content) of the attachments whose bytes are in the message itself, not beside it (XOP)."""
    for element in top.iter("{*}AttachmentContent"):
        identifier, content = _child(element, "Id"), _child(element, "Content")
        if identifier is not None and content is not None and not len(content):
            yield (identifier.text or "").strip(), content


def _content(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError:  # binascii.Error, or letters beyond ASCII
        raise InputError("base64-malformed", "broken base64 in {name}", name="AttachmentContent") from None


def _child(parent: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in parent.iterchildren("{*}*") if places.local(child) == name), None)
