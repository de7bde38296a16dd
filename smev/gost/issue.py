"""Making test keys and certificates: for the stand, the demonstration and the tests, never for production."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from smev.gost import certificate as x509
from smev.gost import der_write as write
from smev.gost import keyfile, names
from smev.gost.algorithms import SIGNATURE_OID, Scheme
from smev.gost.certificate import Certificate
from smev.gost.curves import CURVE_BY_OID
from smev.gost.keys import PrivateKey, PublicKey
from smev.gost.provider import Provider, digest

DEFAULT_CURVE = {
    Scheme.GOST2012_256: "1.2.643.2.2.36.0",
    Scheme.GOST2012_512: "1.2.643.7.1.2.1.2.1",
    Scheme.GOST2001: "1.2.643.2.2.36.0",
}


def new_key(
    scheme: Scheme = Scheme.GOST2012_256,
    curve_oid: str | None = None,
    randbelow: Callable[[int], int] = secrets.randbelow,
) -> PrivateKey:
    """Return a fresh private key."""
    curve_oid = curve_oid or DEFAULT_CURVE[scheme]
    return PrivateKey(scheme, curve_oid, 1 + randbelow(CURVE_BY_OID[curve_oid].q - 1))


def name(**attributes: str) -> bytes:
    """Return the DER of a Name such as name(CN="Test", O="Example")."""
    return write.sequence(
        *(
            write.set_of(write.sequence(write.oid(names.IDENTIFIER[short]), write.tlv(0x0C, value.encode())))
            for short, value in attributes.items()
        )
    )


def certify(
    key: PublicKey,
    subject: bytes,
    issuer_key: PrivateKey,
    issuer: bytes,
    provider: Provider,
    *,
    dates: tuple[datetime, datetime],
    serial: int = 1,
    authority: bool = False,
) -> Certificate:
    """Return a certificate of the key signed by the issuer (the same name twice: a self-signed one)."""
    algorithm = write.sequence(write.oid(SIGNATURE_OID[issuer_key.scheme]))
    body = write.sequence(
        write.tlv(0xA0, write.integer(2)),
        write.integer(serial),
        algorithm,
        issuer,
        write.sequence(*(write.time(moment) for moment in dates)),
        subject,
        keyfile.public_to_der(key),
        write.tlv(0xA3, write.sequence(*_extensions(key, authority=authority))),
    )
    value = provider.sign(issuer_key, digest(provider, issuer_key.scheme.digest, body))
    return x509.load(write.sequence(body, algorithm, write.bits(value)))


def _extensions(key: PublicKey, *, authority: bool) -> tuple[bytes, bytes, bytes]:
    identifier = hashlib.sha256(keyfile.public_to_der(key)).digest()[:20]
    true = write.tlv(0x01, b"\xff")
    usage = b"\x02\x04" if authority else b"\x06\xc0"  # keyCertSign; digitalSignature and nonRepudiation
    constraints = write.sequence(true) if authority else write.sequence()
    return (
        write.sequence(write.oid("2.5.29.14"), write.octets(write.octets(identifier))),
        write.sequence(write.oid("2.5.29.15"), true, write.octets(write.tlv(0x03, usage))),
        write.sequence(write.oid("2.5.29.19"), true, write.octets(constraints)),
    )
