"""The faults of the bus as exceptions, and how they are written into SOAP."""

from collections.abc import Mapping

from lxml import etree

from stand.smev import trees
from stand.smev.words import NAMES, SOAP

# faults whose cause is the bus itself, not the caller
_SERVER = frozenset({"SMEVFailure", "DestinationOverflow"})
_BARE = frozenset(
    [
        "AccessDenied",
        "UnknownMessageType",
        "MessageIsAlreadySent",
        "InvalidMessageIdFormat",
        "StaleMessageId",
        "AttachmentContentMiscoordination",
        "SMEVFailure",
        "IncorrectResponseContentType",
        "RecipientIsNotFound",
        "SenderIsNotRegistered",
        "RequestIsNotFound",
        "TargetMessageIsNotFound",
    ]
)


class BusFault(Exception):  # noqa: N818 - a fault is what SOAP calls it
    """The bus refuses an operation. `detail`: the fault's own elements, in order."""

    def __init__(self, name: str, reason: str, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{name}: {reason}")
        self.name, self.reason, self.detail = name, reason, detail or {}


def signature_fault(kind: str, reason: str) -> BusFault:
    """Return a SignatureVerificationFault of a kind."""
    return BusFault("SignatureVerificationFault", reason, {"SignatureVerificationFault": kind})


def invalid_content(reasons: list[tuple[int, str]]) -> BusFault:
    """Return an InvalidContent with its errors, each with the line at which it is."""
    return BusFault("InvalidContent", "; ".join(reason for _line, reason in reasons), {
        f"ValidationError:{line}:{number}": reason for number, (line, reason) in enumerate(reasons)
    })  # fmt: skip


def sample(name: str) -> BusFault:
    """Return a fault of a name, or of a kind of SignatureVerificationFault, with plausible details."""
    if name in _SIGNATURE_KINDS:
        return signature_fault(name, f"asked for by the fault plan: {name}")
    detail = _SAMPLES.get(name, {})
    return BusFault(name, f"asked for by the fault plan: {name}", detail)


_SIGNATURE_KINDS = (
    "PoorSOAPEnvelopeFormat",
    "NoSignatureFound",
    "IncorrectSignatureTarget",
    "SignatureIsInvalid",
    "CertificateIsNotFound",
    "CertificateIsExpired",
)
_SAMPLES: dict[str, dict[str, str]] = {
    "SignatureVerificationFault": {"SignatureVerificationFault": "SignatureIsInvalid"},
    "InvalidContent": {"ValidationError:1:0": "asked for by the fault plan"},
    "BusinessDataTypeIsNotSupported": {
        "RootElementLocalName": "Request",
        "RootElementNamespaceURI": "urn:sedlink-stand:none",
    },
    "AttachmentSizeLimitExceeded": {
        "PermittedTotalAttachmentSize": "5242880",
        "RealTotalAttachmentSize": "9999999",
    },
    "QuoteLimitExceeded": {"RemainedTotalQuoteSize": "0", "RealTotalAttachmentSize": "1000"},
    "DestinationOverflow": {"MessageBrokerAddress": "stand", "DestinationName": "queue"},
}
KNOWN = (*_SIGNATURE_KINDS, *sorted(_BARE | _SAMPLES.keys()), "TransactionCodeInvalid", "EndOfLifeReached",
         "PersonalAccessDenied")  # fmt: skip


def fault_envelope(version: str, fault: BusFault) -> bytes:
    """Return the SOAP envelope of a fault."""
    names = NAMES[version]
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    told = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{SOAP}}}Fault")
    etree.SubElement(told, "faultcode").text = "soap:Server" if fault.name in _SERVER else "soap:Client"
    etree.SubElement(told, "faultstring").text = fault.reason
    spaces = {None: names.basic, "ns2": names.types, "ns3": names.faults}
    element = trees.add(etree.SubElement(told, "detail"), names.f(fault.name), spaces)
    if not (fault.name in _BARE or (fault.name == "EndOfLifeReached" and version == "1.1")):
        etree.SubElement(element, names.b("Description")).text = fault.reason
        for name, value in fault.detail.items():
            tag, _colon, rest = name.partition(":")
            child = etree.SubElement(element, names.f(tag))
            child.text = value
            if rest:
                child.set("errorPosition", rest.partition(":")[0])
    octets: bytes = etree.tostring(envelope, encoding="utf-8")
    return octets
