"""XML signatures of the exchange as the stand checks and makes them: strictly, by its own code.

smev.md section 2. Of the library only the GOST primitives are used.
"""

import base64
import binascii

from lxml import etree

from smev.errors import SmevError
from smev.gost import certificate as x509
from smev.gost.algorithms import DIGEST_BY_URI, DIGEST_URI, SCHEME_BY_URI, SIGNATURE_URI, Digest, Scheme
from smev.gost.certificate import Certificate
from smev.gost.provider import Provider, digest
from stand.smev.keys import Pair
from stand.smev.plain import NotSignableError, canonical_octets, signed_octets
from stand.smev.refusal import BusFault, signature_fault
from stand.smev.words import DS, EXC_C14N, SMEV_TRANSFORM, local

_TRANSFORMS = [EXC_C14N, SMEV_TRANSFORM]


def _d(name: str) -> str:
    return f"{{{DS}}}{name}"


def verify(container: etree._Element | None, target: etree._Element, gost: Provider) -> Certificate:
    """Return whose signature a container holds over exactly this element.

    Raises BusFault SignatureVerificationFault with the kind that the exchange's rules name.
    """
    if container is None or len(container) != 1 or container[0].tag != _d("Signature"):
        raise signature_fault("NoSignatureFound", "the element has no signature of its caller")
    signature = container[0]
    info = _one(signature, "SignedInfo")
    reference = _one(info, "Reference")
    _check_reference(reference, target)
    if _algorithm(_one(info, "CanonicalizationMethod")) != EXC_C14N:
        raise _invalid("CanonicalizationMethod is not exc-c14n")
    if [_algorithm(one) for one in _one(reference, "Transforms")] != _TRANSFORMS:
        raise _invalid("the transforms are not exc-c14n and SMEV's, in this order")
    hashing = DIGEST_BY_URI.get(_algorithm(_one(reference, "DigestMethod")))
    scheme = SCHEME_BY_URI.get(_algorithm(_one(info, "SignatureMethod")))
    if hashing in (None, Digest.GOST94) or scheme in (None, Scheme.GOST2001):
        raise _invalid("an algorithm that is not of 2012")
    assert hashing is not None  # noqa: S101 - said above; mypy cannot know
    assert scheme is not None  # noqa: S101
    certificate = _certificate(signature)
    try:
        octets = signed_octets(target)
    except NotSignableError as error:
        raise _invalid(str(error)) from error
    if digest(gost, hashing, octets) != _bytes(_one(reference, "DigestValue")):
        raise _invalid("the digest is of other octets")
    key = certificate.key
    if key is None or key.scheme is not scheme:
        raise _invalid("the certificate's key does not go with the algorithm")
    value = digest(gost, scheme.digest, canonical_octets(info))
    if not gost.verify(key, value, _bytes(_one(signature, "SignatureValue"))):
        raise _invalid("the signature is not of this certificate's key")
    return certificate


def sign(container: etree._Element, target: etree._Element, pair: Pair) -> None:
    """Put a signature over an element (which bears an Id, in the same document) into its container."""
    scheme = pair.key.scheme
    signature = etree.SubElement(container, _d("Signature"), nsmap={"ds": DS})
    info = etree.SubElement(signature, _d("SignedInfo"))
    etree.SubElement(info, _d("CanonicalizationMethod"), Algorithm=EXC_C14N)
    etree.SubElement(info, _d("SignatureMethod"), Algorithm=SIGNATURE_URI[scheme])
    reference = etree.SubElement(info, _d("Reference"), URI=f"#{target.get('Id')}")
    transforms = etree.SubElement(reference, _d("Transforms"))
    for algorithm in _TRANSFORMS:
        etree.SubElement(transforms, _d("Transform"), Algorithm=algorithm)
    etree.SubElement(reference, _d("DigestMethod"), Algorithm=DIGEST_URI[scheme.digest])
    value = digest(pair.gost, scheme.digest, signed_octets(target))
    etree.SubElement(reference, _d("DigestValue")).text = base64.b64encode(value).decode()
    octets = pair.gost.sign(pair.key, digest(pair.gost, scheme.digest, canonical_octets(info)))
    told = base64.b64encode(octets).decode()
    etree.SubElement(signature, _d("SignatureValue")).text = told
    data = etree.SubElement(etree.SubElement(signature, _d("KeyInfo")), _d("X509Data"))
    shown = base64.b64encode(pair.certificate.raw).decode()
    etree.SubElement(data, _d("X509Certificate")).text = shown


def spoil(container: etree._Element) -> None:
    """Break a signature that was made (a fault): it is still well-formed and verifies no more."""
    value = next(container.iter(_d("SignatureValue")))
    octets = bytearray(base64.b64decode(value.text or ""))
    octets[0] ^= 1
    value.text = base64.b64encode(octets).decode()


def _check_reference(reference: etree._Element, target: etree._Element) -> None:
    named = target.get("Id")
    if not named or reference.get("URI") != f"#{named}":
        raise signature_fault(
            "IncorrectSignatureTarget", f"the signature is not of {local(target.tag)}: {reference.get('URI')}"
        )
    everywhere = target.getroottree().getroot().iter(etree.Element)
    same = [one for one in everywhere if named in (one.get("Id"), one.get("ID"), one.get("id"))]
    if len(same) != 1:
        raise signature_fault("IncorrectSignatureTarget", f"{len(same)} elements bear the Id {named}")


def _one(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(_d(name))
    if len(found) != 1:
        raise _invalid(f"{len(found)} elements {name} where one should be")
    return found[0]


def _algorithm(element: etree._Element) -> str:
    return element.get("Algorithm") or ""


def _bytes(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise _invalid(f"{local(element.tag)} is not base64") from None


def _certificate(signature: etree._Element) -> Certificate:
    found = list(signature.iter(_d("X509Certificate")))
    if len(found) != 1:
        raise _invalid(f"{len(found)} certificates where one should be")
    try:
        return x509.load(_bytes(found[0]))
    except SmevError as error:
        raise _invalid(f"the certificate cannot be read: {error}") from error


def _invalid(reason: str) -> BusFault:
    return signature_fault("SignatureIsInvalid", reason)
