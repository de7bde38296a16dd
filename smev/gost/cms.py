"""CMS signatures beside their content ("PKCS#7 detached"), as attachments of SMEV messages carry them.

Read as BER, indefinite lengths included; written as DER. Sources: RFC 5652, RFC 4490, RFC 9215 section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from smev.errors import InputError, UnsupportedError
from smev.gost import certificate as x509
from smev.gost import der
from smev.gost import der_write as write
from smev.gost.algorithms import DIGEST_BY_OID, DIGEST_OID, KEY_OID, SIGNATURE_OID, Digest
from smev.gost.certificate import Certificate
from smev.gost.provider import Provider, digest
from smev.gost.signer import Signer, scheme_for_signing

MAX_SIZE = 1_048_576  # bytes; a real one with a chain of certificates has 3 to 20 KB
_SIGNED_DATA, _DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"


@dataclass(frozen=True, slots=True)
class CmsSignature:
    """One signer's part. Without signed attributes `message_digest` is None: content alone is signed."""

    certificate: Certificate | None  # None: not among the certificates that came with it
    digest: Digest
    message_digest: bytes | None
    signing_time: datetime | None
    signed: bytes = field(repr=False)  # the octets under the signature, empty without signed attributes
    value: bytes = field(repr=False)
    algorithm_oid: str

    def verify(self, provider: Provider, content_digest: bytes | None = None) -> bool:
        """Tell whether the signature holds; without signed attributes the content's digest is needed.

        Raises InputError when no certificate came with it, UnsupportedError when its key is not GOST or
        does not go with the algorithm that the signature names.
        """
        if self.certificate is None:
            raise InputError("certificate-absent", "the signer's certificate did not come with the signature")
        key = self.certificate.public_key
        if self.algorithm_oid not in (SIGNATURE_OID[key.scheme], KEY_OID[key.scheme]):
            raise UnsupportedError(
                "algorithm-mismatch",
                "the certificate's key does not go with {scheme}",
                scheme=self.algorithm_oid,
            )
        value = digest(provider, self.digest, self.signed) if self.signed else content_digest
        return value is not None and provider.verify(key, value, self.value)


@dataclass(frozen=True, slots=True)
class SignedData:
    """A CMS SignedData: its signers and all the certificates that came with it."""

    signatures: tuple[CmsSignature, ...]
    certificates: tuple[Certificate, ...]


def load(data: bytes) -> SignedData:
    """Return what a DER or BER encoding holds. Raises InputError and UnsupportedError."""
    if len(data) > MAX_SIZE:
        raise InputError("cms-too-large", "a signature of {size} bytes", size=len(data))
    try:
        return _read(der.parse(data))
    except der.Asn1Error as error:
        raise InputError("cms-malformed", "malformed CMS: {reason}", reason=str(error)) from error


def _read(node: der.Node) -> SignedData:
    outer = node.fields()
    kind = der.oid(outer.take(der.OID))
    if kind != _SIGNED_DATA:
        raise UnsupportedError("cms-kind", "CMS of type {oid} is not a signature", oid=kind)
    fields = outer.take(der.CONTEXT_0).fields(der.CONTEXT_0).take(der.SEQUENCE).fields()
    der.integer(fields.take(der.INTEGER))
    fields.take(der.SET)  # digest algorithms: each signer repeats its own
    fields.take(der.SEQUENCE)  # the content's type; a detached signature has no content
    bag = fields.maybe(der.CONTEXT_0)
    fields.maybe(der.CONTEXT_1)  # revocation lists
    certificates = tuple(_certificates(bag)) if bag else ()
    signers = fields.take(der.SET).children()
    return SignedData(tuple(_signer(one, certificates) for one in signers), certificates)


def _certificates(bag: der.Node) -> Iterable[Certificate]:
    for node in bag.children():
        if node.tag == der.SEQUENCE:  # attribute certificates and other kinds have other tags
            yield x509.load(node.raw)


def _signer(node: der.Node, certificates: tuple[Certificate, ...]) -> CmsSignature:
    fields = node.fields()
    der.integer(fields.take(der.INTEGER))
    certificate = _find(fields.take(der.SEQUENCE, 0x80), certificates)
    algorithm = der.oid(fields.take(der.SEQUENCE).fields().take(der.OID))
    if algorithm not in DIGEST_BY_OID:
        raise UnsupportedError("digest-algorithm", "unknown digest algorithm {name}", name=algorithm)
    attributes = fields.maybe(der.CONTEXT_0)
    signature_oid = der.oid(fields.take(der.SEQUENCE).fields().take(der.OID))
    found = _attributes(attributes) if attributes else {}
    moment = found.get(_SIGNING_TIME)
    message_digest = found.get(_MESSAGE_DIGEST)
    if attributes and message_digest is None:
        raise der.Asn1Error("signed attributes without a message digest")
    return CmsSignature(
        certificate=certificate,
        digest=DIGEST_BY_OID[algorithm],
        message_digest=der.octets(message_digest) if message_digest else None,
        signing_time=der.time(moment) if moment else None,
        signed=write.tlv(der.SET, *map(_definite, attributes.children())) if attributes else b"",
        value=der.octets(fields.take(der.OCTET_STRING)),
        algorithm_oid=signature_oid,
    )


def _find(identifier: der.Node, certificates: tuple[Certificate, ...]) -> Certificate | None:
    """Return the certificate that issuer and serial number name, or that has the key identifier."""
    if identifier.tag != der.SEQUENCE:
        named = (one for one in certificates if one.key_identifier == identifier.content)
        return next(named, None)
    fields = identifier.fields()
    issuer, serial = fields.take(der.SEQUENCE).raw, der.integer(fields.take(der.INTEGER))
    named = (one for one in certificates if (one.issuer_der, one.serial) == (issuer, serial))
    return next(named, None)


def _attributes(node: der.Node) -> dict[str, der.Node]:
    found: dict[str, der.Node] = {}
    for attribute in node.children():
        fields = attribute.fields()
        dotted = der.oid(fields.take(der.OID))
        if dotted in found:
            raise der.Asn1Error(f"signed attribute {dotted} stands twice")
        found[dotted] = fields.take(der.SET).fields(der.SET).take()
    return found


def _definite(node: der.Node) -> bytes:
    """Return the element with definite lengths, as the signer saw it when it signed."""
    if node.tag & 0x20:
        return write.tlv(node.tag, *map(_definite, node.children()))
    return write.tlv(node.tag, node.content)


def create(content_digest: bytes, signer: Signer, moment: datetime) -> bytes:
    """Return a detached signature over content whose digest (of the key's scheme) is given. DER.

    Raises SigningError when the signer fails.
    """
    certificate = signer.certificate
    scheme = scheme_for_signing(certificate)
    hashing = write.sequence(write.oid(DIGEST_OID[scheme.digest]))
    attributes = sorted(
        write.sequence(write.oid(kind), write.tlv(der.SET, value))
        for kind, value in (
            (_CONTENT_TYPE, write.oid(_DATA)),
            (_SIGNING_TIME, write.time(moment)),
            (_MESSAGE_DIGEST, write.octets(content_digest)),
        )
    )
    signature = signer.sign(write.tlv(der.SET, *attributes))
    info = write.sequence(
        write.integer(1),
        write.sequence(certificate.issuer_der, write.integer(certificate.serial)),
        hashing,
        write.tlv(der.CONTEXT_0, *attributes),
        write.sequence(write.oid(SIGNATURE_OID[scheme])),
        write.octets(signature),
    )
    data = write.sequence(
        write.integer(1),
        write.set_of(hashing),
        write.sequence(write.oid(_DATA)),
        write.tlv(der.CONTEXT_0, certificate.raw),
        write.set_of(info),
    )
    return write.sequence(write.oid(_SIGNED_DATA), write.tlv(der.CONTEXT_0, data))
