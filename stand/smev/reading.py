"""Calls of the bus as they come: a safe envelope, its operation, what the caller provided, its files."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from stand.smev import trees
from stand.smev.mime import cid
from stand.smev.refusal import BusFault, invalid_content, signature_fault
from stand.smev.words import (
    MAX_ENVELOPE,
    NAMES,
    ONLY_IN_1_1,
    SIGNED,
    SOAP,
    VERSION_OF,
    XOP,
    Names,
    local,
    space,
)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that somebody asks for."""

    version: str
    operation: str
    element: etree._Element

    @property
    def names(self) -> Names:
        """The tags of its version."""
        return NAMES[self.version]

    @property
    def target(self) -> etree._Element | None:
        """What its caller must have signed."""
        wanted = SIGNED[self.operation]
        return next((one for one in self.element if local(one.tag) == wanted), None)

    @property
    def signature(self) -> etree._Element | None:
        """The container of its caller's signature."""
        return self.element.find(self.names.t("CallerInformationSystemSignature"))


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an attachment says."""

    identifier: str  # contentId or uuid
    mime_type: str
    signature: bytes | None
    digest: str = ""
    file_name: str = ""


def read_call(octets: bytes, version: str) -> Call:
    """Return the call in an envelope sent to the address of a version. Raises BusFault."""
    if len(octets) > MAX_ENVELOPE:
        raise invalid_content([(0, f"the envelope has {len(octets)} bytes, {MAX_ENVELOPE} are allowed")])
    try:
        root = trees.parse(octets)
    except trees.NotXmlError as error:
        raise invalid_content([(error.line, str(error))]) from error
    if root.tag != f"{{{SOAP}}}Envelope":
        raise signature_fault("PoorSOAPEnvelopeFormat", "the root element is not soap:Envelope")
    parts = list(trees.children(root))
    if [local(one.tag) for one in parts] != ["Header", "Body"]:
        raise signature_fault(
            "PoorSOAPEnvelopeFormat", "soap:Header and soap:Body must stand in the envelope"
        )
    inside = list(trees.children(parts[1]))
    if len(inside) != 1:
        raise invalid_content([(trees.line_of(parts[1]), "soap:Body must hold one element")])
    return _call_of(inside[0], version)


def _call_of(element: etree._Element, version: str) -> Call:
    told, name = VERSION_OF.get(space(element.tag), ""), local(element.tag)
    operation = name.removesuffix("Request")
    known = operation in SIGNED and (version == "1.1" or operation not in ONLY_IN_1_1)
    if told != version or f"{operation}Request" != name or not known:
        reason = f"{element.tag} is not an operation of version {version}"
        raise invalid_content([(trees.line_of(element), reason)])
    return Call(version, operation, element)


def take_contents(call: Call, parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the bytes of the inline files by their Id, and empty their places. Raises BusFault."""
    found: dict[str, bytes] = {}
    for row in call.element.iter(call.names.b("AttachmentContent")):
        content = row.find(call.names.b("Content"))
        identifier = (row.findtext(call.names.b("Id")) or "").strip()
        if content is None:
            continue
        include = content.find(f"{{{XOP}}}Include")
        if include is not None:
            part = cid(include.get("href") or "")
            if part not in parts:
                raise BusFault("AttachmentContentMiscoordination", f"no part of the package is {part}")
            found[identifier] = parts[part]
            content.remove(include)
        else:
            found[identifier] = from_base64(content.text or "")
            content.text = ""
    return found


def headers(call: Call, data: etree._Element, name: str) -> list[Header]:
    """Return the headers of the attachments: AttachmentHeader or RefAttachmentHeader."""
    names = call.names
    identifier = "contentId" if name == "AttachmentHeader" else "uuid"
    found = []
    for row in data.iterfind(f"{names.b(name + 'List')}/{names.b(name)}"):
        signature = row.findtext(names.b("SignaturePKCS7"))
        found.append(
            Header(
                row.findtext(names.b(identifier)) or "",
                row.findtext(names.b("MimeType")) or "",
                from_base64(signature) if signature else None,
                row.findtext(names.b("Hash")) or "",
                row.findtext(names.b("FileName")) or "",
            )
        )
    return found


def moment(text: str) -> datetime:
    """Return an xs:dateTime; one without an offset is taken for UTC. Raises BusFault."""
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        raise invalid_content([(0, f"{text} is not a time")]) from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def from_base64(text: str) -> bytes:
    """Return the bytes of a base64Binary. Raises BusFault."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid_content([(0, "broken base64")]) from None
