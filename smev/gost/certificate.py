"""Certificates: what a signature check and a trust store need of X.509 (RFC 5280, RFC 4491, RFC 9215)."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from smev.errors import InputError, UnsupportedError
from smev.gost import der, keyfile, names, pem
from smev.gost.algorithms import SCHEME_BY_SIGNATURE_OID, Scheme
from smev.gost.keys import PublicKey
from smev.gost.provider import Provider, digest

MAX_SIZE = 65_536  # bytes; real qualified certificates are 1 to 3 KB
_KEY_IDENTIFIER, _KEY_USAGE, _BASIC_CONSTRAINTS = "2.5.29.14", "2.5.29.15", "2.5.29.19"
_DIGITAL_SIGNATURE, _NON_REPUDIATION, _CERT_SIGN = 0x80, 0x40, 0x04


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate; equality is that of the octets."""

    raw: bytes = field(repr=False)
    serial: int = field(compare=False)
    issuer: str = field(compare=False, repr=False)
    subject: str = field(compare=False, repr=False)
    issuer_der: bytes = field(compare=False, repr=False)
    subject_der: bytes = field(compare=False, repr=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    key: PublicKey | None = field(compare=False)  # None: not a GOST key
    key_identifier: bytes = field(compare=False, repr=False)  # empty: the certificate names none
    authority: bool = field(compare=False)  # may sign certificates
    signs: bool = field(compare=False)  # may sign documents
    body: bytes = field(compare=False, repr=False)  # the octets that the issuer signed
    scheme: Scheme | None = field(compare=False)  # None: the issuer's signature is not GOST
    signature: bytes = field(compare=False, repr=False)

    @property
    def public_key(self) -> PublicKey:
        """The GOST key. Raises UnsupportedError when it is another kind."""
        if self.key is None:
            raise UnsupportedError("key-algorithm", "the key is not GOST R 34.10: {oid}", oid="certificate")
        return self.key

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are one."""
        return self.subject_der == self.issuer_der

    def valid_at(self, moment: datetime) -> bool:
        """Tell whether the moment is within the dates, both included."""
        return self.not_before <= moment <= self.not_after

    def signed_by(self, issuer: "Certificate", provider: Provider) -> bool:
        """Tell whether the issuer's key made this certificate's signature."""
        if self.scheme is None or issuer.key is None or issuer.key.scheme is not self.scheme:
            return False
        value = digest(provider, self.scheme.digest, self.body)
        return provider.verify(issuer.key, value, self.signature)


@lru_cache(maxsize=128)
def load(raw: bytes) -> Certificate:
    """Return the certificate of a DER encoding. Raises InputError and UnsupportedError.

    Cached: a bus signs all its messages with one certificate.
    """
    if len(raw) > MAX_SIZE:
        raise InputError("certificate-too-large", "a certificate of {size} bytes", size=len(raw))
    try:
        return _read(der.parse(raw))
    except der.Asn1Error as error:
        raise InputError(
            "certificate-malformed", "malformed certificate: {reason}", reason=str(error)
        ) from error


def load_file(data: bytes) -> list[Certificate]:
    """Return the certificates of a PEM file (any number) or of a DER file (one)."""
    return [load(raw) for raw in pem.load(data, "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")]


def _read(node: der.Node) -> Certificate:
    outer = node.fields()
    body_node = outer.take(der.SEQUENCE)
    scheme = SCHEME_BY_SIGNATURE_OID.get(_algorithm_oid(outer.take(der.SEQUENCE)))
    signature = der.bits(outer.take(der.BIT_STRING))
    body = body_node.fields()
    body.maybe(der.CONTEXT_0)  # version
    serial = der.integer(body.take(der.INTEGER))
    if SCHEME_BY_SIGNATURE_OID.get(_algorithm_oid(body.take(der.SEQUENCE))) is not scheme:
        raise der.Asn1Error("two different signature algorithms")
    issuer, validity, subject = (body.take(der.SEQUENCE) for _field in range(3))
    dates = validity.fields()
    not_before, not_after = der.time(dates.take()), der.time(dates.take())
    key = _key(body.take(der.SEQUENCE))
    extensions = _extensions(body)
    authority, signs = _usage(extensions)
    identifier = extensions.get(_KEY_IDENTIFIER)
    return Certificate(
        raw=node.raw,
        serial=serial,
        issuer=names.show(names.read(issuer)),
        subject=names.show(names.read(subject)),
        issuer_der=issuer.raw,
        subject_der=subject.raw,
        not_before=not_before,
        not_after=not_after,
        key=key,
        key_identifier=der.octets(der.parse(identifier)) if identifier else b"",
        authority=authority,
        signs=signs,
        body=body_node.raw,
        scheme=scheme,
        signature=signature,
    )


def _algorithm_oid(node: der.Node) -> str:
    return der.oid(node.fields().take(der.OID))


def _key(node: der.Node) -> PublicKey | None:
    try:
        return keyfile.public_from_der(node)
    except UnsupportedError:
        return None


def _extensions(body: der.Fields) -> dict[str, bytes]:
    found = {}
    for node in body.rest():
        if node.tag != der.CONTEXT_3:
            continue
        for extension in node.fields(der.CONTEXT_3).take(der.SEQUENCE).children():
            fields = extension.fields()
            dotted = der.oid(fields.take(der.OID))
            fields.maybe(der.BOOLEAN)
            found[dotted] = der.octets(fields.take(der.OCTET_STRING))
    return found


def _usage(extensions: dict[str, bytes]) -> tuple[bool, bool]:
    """Return (may sign certificates, may sign documents) by basicConstraints and keyUsage."""
    authority = signs = True
    if (usage := extensions.get(_KEY_USAGE)) is not None:
        content = der.expect(der.parse(usage), der.BIT_STRING).content
        mask = content[1] if len(content) > 1 else 0
        authority, signs = bool(mask & _CERT_SIGN), bool(mask & (_DIGITAL_SIGNATURE | _NON_REPUDIATION))
    constraints = extensions.get(_BASIC_CONSTRAINTS)
    if constraints is None:
        return False, signs
    flag = der.parse(constraints).fields().maybe(der.BOOLEAN)
    return authority and flag is not None and flag.content != b"\0", signs
