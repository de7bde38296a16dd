"""Signing a SMEV message: putting a ds:Signature at its place over the element that place names."""

import base64

from lxml import etree

from smev.errors import InputError
from smev.gost.algorithms import DIGEST_URI, SIGNATURE_URI
from smev.gost.backends import provider as default_provider
from smev.gost.provider import Provider, digest
from smev.gost.signer import CheckedSigner, Signer, scheme_for_signing
from smev.signature import places
from smev.signature.octets import canonicalize, covered, parse
from smev.signature.places import Place, Rule
from smev.signature.xmldsig import DS, EXC_C14N
from smev.transform import URI as SMEV_TRANSFORM

_DEFAULT_ID = {
    Place.CALLER: "SIGNED_BY_CALLER",
    Place.SMEV: "SIGNED_BY_SMEV",
    Place.SENDER: "SIGNED_BY_CALLER",
    Place.ROUTING: "SIGNED_ROUTING",
}
# Elements of the parent after which the signature's container stands, by the schemas' sequences.
_BEFORE = frozenset(
    (
        *(
            "SenderProvidedRequestData",
            "SenderProvidedResponseData",
            "MessageTypeSelector",
            "AckTargetMessage",
        ),
        *("Timestamp", "NodeID", "AttachmentContentList", "MessageMetadata", "Request", "Response", "Cancel"),
        *("AsyncProcessingStatusData", "MessagePrimaryContent", "RoutingInformation", "Record", "ReplyTo"),
        *("FSAttachmentsList", "MessageReference"),
    )
)


def sign(
    envelope: bytes,
    signer: Signer,
    place: Place = Place.CALLER,
    *,
    identifier: str | None = None,
    provider: Provider | None = None,
) -> bytes:
    """Return the message with a signature of that place, in UTF-8.

    The personal signature goes first: the caller's covers it. An older signature of the place is replaced.
    The signature is verified with its certificate before the message is returned.

    Args:
        envelope: a SOAP envelope or the bare element of an operation.
        signer: holds the key.
        place: whose signature it is.
        identifier: Id for the signed element; needed when it has none and is business content, whose own
            schema must allow it. Elements of SMEV get a usual one by themselves.
        provider: computes digests; the fastest of this machine by default.

    Raises:
        InputError: not a SMEV message, or nothing in it that this signature could be about.
        UnsupportedError: a key that may only be verified.
        SigningError: the signer failed.
    """
    provider = provider or default_provider()
    root = parse(envelope)
    rule, parent = _find(places.operation(root), place)
    target = places.find_target(rule, parent)
    container = _container(rule, parent)
    reference = _identify(root, target, place, identifier)
    _build(container, reference, target, CheckedSigner(signer, provider), provider)
    signed: bytes = etree.tostring(root, encoding="utf-8")
    return signed


def _find(top: etree._Element, place: Place) -> tuple[Rule, etree._Element]:
    """Return the rule and the parent of the one place in this message where the signature can stand."""
    for rule in places.RULES:
        if rule.place is not place:
            continue
        for element in top.iter(etree.Element):
            path = places.path_below(element, top)
            if path is not None and rule.path.fullmatch(path) and _has_target(rule, element):
                return rule, element
    raise InputError(
        "target-absent", "nothing in this message that a {place} signature is about", place=str(place)
    )


def _has_target(rule: Rule, parent: etree._Element) -> bool:
    return any(places.local(child) in rule.targets for child in parent.iterchildren("{*}*"))


def _identify(root: etree._Element, target: etree._Element, place: Place, wanted: str | None) -> str:
    """Return the Id of the element, giving it one when it has none."""
    present = target.get("Id")
    if present and wanted in (None, present):
        return present
    chosen = wanted or _DEFAULT_ID.get(place)
    if not chosen:
        raise InputError(
            "target-without-id", "the element to sign has no Id: give it one, or name one to be added"
        )
    if any(chosen in (element.get("Id"), element.get("ID")) for element in root.iter(etree.Element)):
        raise InputError("id-duplicate", "the Id {reference!r} stands more than once", reference=chosen)
    target.set("Id", chosen)
    return chosen


def _container(rule: Rule, parent: etree._Element) -> etree._Element:
    """Return the element for the signature, emptied or new, at the position that the schema gives it."""
    held = [child for child in parent.iterchildren("{*}*") if places.local(child) == rule.container]
    if held:
        del held[0][:]
        held[0].text = None
        return held[0]
    namespace = etree.QName(parent).namespace
    container = etree.Element(f"{{{namespace}}}{rule.container}")
    last = [child for child in parent.iterchildren("{*}*") if places.local(child) in _position(rule)][-1]
    container.tail, last.tail = last.tail, None
    last.addnext(container)
    return container


def _position(rule: Rule) -> frozenset[str]:
    return rule.targets if rule.place is Place.PERSONAL else _BEFORE


def _build(
    container: etree._Element, reference: str, target: etree._Element, signer: Signer, provider: Provider
) -> None:
    scheme = scheme_for_signing(signer.certificate)
    value = digest(provider, scheme.digest, covered(target))
    signature = etree.SubElement(container, _ds("Signature"), nsmap={"ds": DS})
    info = etree.SubElement(signature, _ds("SignedInfo"))
    etree.SubElement(info, _ds("CanonicalizationMethod"), Algorithm=EXC_C14N)
    etree.SubElement(info, _ds("SignatureMethod"), Algorithm=SIGNATURE_URI[scheme])
    about = etree.SubElement(info, _ds("Reference"), URI=f"#{reference}")
    transforms = etree.SubElement(about, _ds("Transforms"))
    for uri in (EXC_C14N, SMEV_TRANSFORM):
        etree.SubElement(transforms, _ds("Transform"), Algorithm=uri)
    etree.SubElement(about, _ds("DigestMethod"), Algorithm=DIGEST_URI[scheme.digest])
    etree.SubElement(about, _ds("DigestValue")).text = _base64(value)
    made = signer.sign(canonicalize(info))
    etree.SubElement(signature, _ds("SignatureValue")).text = _base64(made)
    key = etree.SubElement(etree.SubElement(signature, _ds("KeyInfo")), _ds("X509Data"))
    etree.SubElement(key, _ds("X509Certificate")).text = _base64(signer.certificate.raw)


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
