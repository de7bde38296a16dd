"""Reading one ds:Signature strictly: the shape that SMEV prescribes, anything else is named and refused.

Source: W3C XML Signature Syntax and Processing 1.1; SMEV's profile as in protocols and real messages.
"""

import base64
import binascii
from dataclasses import dataclass

from lxml import etree

from smev.errors import InputError, UnsupportedError
from smev.gost import certificate as x509
from smev.gost.algorithms import DIGEST_BY_URI, SCHEME_BY_URI, Digest, Scheme
from smev.gost.certificate import Certificate
from smev.transform import URI as SMEV_TRANSFORM

DS = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_TRANSFORMS = ([EXC_C14N, SMEV_TRANSFORM], [SMEV_TRANSFORM])
_MAX_CERTIFICATES = 8


@dataclass(frozen=True, slots=True)
class XmlSignature:
    """What a ds:Signature says."""

    signed_info: etree._Element
    reference: str  # the Id, without "#"
    digest: Digest
    digest_value: bytes
    scheme: Scheme
    value: bytes
    certificates: tuple[Certificate, ...]


def read(signature: etree._Element) -> XmlSignature:
    """Return the parts of a signature. Raises InputError and UnsupportedError."""
    info = _only(signature, "SignedInfo")
    if not _children(signature) or _children(signature)[0] is not info:
        raise InputError(
            "signature-malformed", "broken signature: {reason}", reason="SignedInfo does not come first"
        )
    method = _only(info, "CanonicalizationMethod")
    if _algorithm(method) != EXC_C14N or len(method):
        raise UnsupportedError(
            "canonicalization", "canonicalization {uri} is not SMEV's", uri=_algorithm(method)
        )
    scheme_uri = _algorithm(_only(info, "SignatureMethod"))
    if scheme_uri not in SCHEME_BY_URI:
        raise UnsupportedError("signature-algorithm", "unknown signature algorithm {uri}", uri=scheme_uri)
    reference = _only(info, "Reference")
    digest_uri = _algorithm(_only(reference, "DigestMethod"))
    if digest_uri not in DIGEST_BY_URI:
        raise UnsupportedError("digest-algorithm", "unknown digest algorithm {name}", name=digest_uri)
    _check_transforms(reference)
    return XmlSignature(
        signed_info=info,
        reference=_identifier(reference),
        digest=DIGEST_BY_URI[digest_uri],
        digest_value=decode(_only(reference, "DigestValue")),
        scheme=SCHEME_BY_URI[scheme_uri],
        value=decode(_only(signature, "SignatureValue")),
        certificates=_certificates(signature),
    )


def scheme_name(signature: etree._Element) -> str:
    """Return the signature algorithm for a report, also of a signature that cannot be read."""
    method = signature.find(f"{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod")
    uri = "" if method is None else _algorithm(method)
    return str(SCHEME_BY_URI.get(uri, uri))


def decode(element: etree._Element) -> bytes:
    """Return base64 text as bytes; only the one canonical spelling passes, so that no bit can hide.

    Raises InputError.
    """
    text = "".join((element.text or "").split())
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if not value or len(element) or base64.b64encode(value).decode() != text:
        name = etree.QName(element).localname
        raise InputError("base64-malformed", "broken base64 in {name}", name=name)
    return value


def _children(parent: etree._Element) -> list[etree._Element]:
    return list(parent.iterchildren("{*}*"))


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = list(parent.iterchildren(f"{{{DS}}}{name}"))
    if len(found) != 1:
        reason = f"{len(found)} elements {name}, not one"
        raise InputError("signature-malformed", "broken signature: {reason}", reason=reason)
    return found[0]


def _algorithm(method: etree._Element) -> str:
    return method.get("Algorithm", "")


def _check_transforms(reference: etree._Element) -> None:
    holder = reference.find(f"{{{DS}}}Transforms")
    uris = [] if holder is None else [_algorithm(one) for one in _children(holder)]
    if uris not in _TRANSFORMS:
        raise UnsupportedError("transforms", "the transforms are not SMEV's: {uris}", uris=" ".join(uris))


def _identifier(reference: etree._Element) -> str:
    uri = reference.get("URI", "")
    if not uri.startswith("#") or len(uri) < 2 or uri.startswith("#xpointer("):
        raise UnsupportedError(
            "reference", "the reference {uri!r} does not name an Id of this message", uri=uri
        )
    return uri[1:]


def _certificates(signature: etree._Element) -> tuple[Certificate, ...]:
    held = signature.findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    if not held:
        raise InputError("certificate-absent", "the signature carries no certificate")
    if len(held) > _MAX_CERTIFICATES:
        raise InputError(
            "signature-malformed", "broken signature: {reason}", reason=f"{len(held)} certificates"
        )
    return tuple(x509.load(decode(one)) for one in held)
