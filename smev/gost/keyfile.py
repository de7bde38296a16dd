"""Keys as files and certificates write them: SubjectPublicKeyInfo and PKCS#8.

Sources: RFC 4491 and RFC 9215 (public keys: X‖Y little-endian), RFC 5958 with the GOST forms of the private
number that are met in the wild: a bare little-endian number, one in an OCTET STRING, a big-endian INTEGER,
and a number split by masks (R 1323565.1.023).
"""

from smev.errors import InputError, UnsupportedError
from smev.gost import der, pem
from smev.gost import der_write as write
from smev.gost.algorithms import DIGEST_OID, KEY_OID, SCHEME_BY_KEY_OID, Scheme
from smev.gost.curves import CURVE_BY_OID
from smev.gost.keys import PrivateKey, PublicKey

# RFC 9215 section 4.1: beside these names and the old CryptoPro ones the digest is named too.
_WITH_DIGEST = {"1.2.643.7.1.2.1.2.0", "1.2.643.7.1.2.1.2.1", "1.2.643.7.1.2.1.2.2"}


def _algorithm(node: der.Node) -> tuple[Scheme, str]:
    """Return the scheme and the curve's identifier of an AlgorithmIdentifier."""
    fields = node.fields()
    key_oid = der.oid(fields.take(der.OID))
    if key_oid not in SCHEME_BY_KEY_OID:
        raise UnsupportedError("key-algorithm", "the key is not GOST R 34.10: {oid}", oid=key_oid)
    scheme = SCHEME_BY_KEY_OID[key_oid]
    curve_oid = der.oid(fields.take(der.SEQUENCE).fields().take(der.OID))
    curve = CURVE_BY_OID.get(curve_oid)
    if curve is None or curve.size != scheme.size:
        raise UnsupportedError("key-parameters", "unknown parameters of a GOST key: {oid}", oid=curve_oid)
    return scheme, curve_oid


def _algorithm_der(scheme: Scheme, curve_oid: str) -> bytes:
    parameters = write.oid(curve_oid)
    if scheme is Scheme.GOST2001:
        parameters += write.oid("1.2.643.2.2.30.1")  # the CryptoPro substitution of 34.11-94
    elif curve_oid in _WITH_DIGEST or not curve_oid.startswith("1.2.643.7."):
        parameters += write.oid(DIGEST_OID[scheme.digest])
    return write.sequence(write.oid(KEY_OID[scheme]), write.sequence(parameters))


def public_from_der(node: der.Node) -> PublicKey:
    """Return the key of a SubjectPublicKeyInfo. Raises InputError and UnsupportedError."""
    fields = node.fields()
    scheme, curve_oid = _algorithm(fields.take(der.SEQUENCE))
    point = der.octets(der.parse(der.bits(fields.take(der.BIT_STRING))))
    size = scheme.size
    if len(point) != 2 * size:
        raise InputError(
            "key-malformed", "broken key: {reason}", reason=f"{len(point)} bytes in a public key"
        )
    x, y = int.from_bytes(point[:size], "little"), int.from_bytes(point[size:], "little")
    try:
        return PublicKey(scheme, curve_oid, x, y)
    except ValueError as error:
        raise InputError("key-malformed", "broken key: {reason}", reason=str(error)) from None


def public_to_der(key: PublicKey) -> bytes:
    """Return the SubjectPublicKeyInfo."""
    size = key.scheme.size
    point = key.x.to_bytes(size, "little") + key.y.to_bytes(size, "little")
    return write.sequence(_algorithm_der(key.scheme, key.curve_oid), write.bits(write.octets(point)))


def load_private(data: bytes) -> PrivateKey:
    """Return the key of a PKCS#8 file, PEM or DER, not encrypted. Raises InputError, UnsupportedError."""
    if b"BEGIN ENCRYPTED PRIVATE KEY" in data:
        raise UnsupportedError(
            "key-encrypted", "the private key is under a password: take the password off first"
        )
    fields = der.parse(pem.load(data, "PRIVATE KEY")[0]).fields()
    der.integer(fields.take(der.INTEGER))
    scheme, curve_oid = _algorithm(fields.take(der.SEQUENCE))
    number = _number(der.octets(fields.take(der.OCTET_STRING)), scheme, CURVE_BY_OID[curve_oid].q)
    try:
        return PrivateKey(scheme, curve_oid, number)
    except ValueError as error:
        raise InputError("key-malformed", "broken key: {reason}", reason=str(error)) from None


def _number(content: bytes, scheme: Scheme, q: int) -> int:
    size = scheme.size
    if len(content) % size:  # not bare: wrapped once more
        node = der.parse(content)
        if node.tag == der.INTEGER:
            return der.integer(node)
        content = der.octets(node)
    if not content or len(content) % size:
        raise InputError(
            "key-malformed", "broken key: {reason}", reason=f"{len(content)} bytes in a private key"
        )
    number = int.from_bytes(content[:size], "little")
    for start in range(size, len(content), size):  # the masks of a masked number
        number = number * int.from_bytes(content[start : start + size], "little") % q
    return number


def private_to_der(key: PrivateKey) -> bytes:
    """Return the PKCS#8 form, not encrypted."""
    number = write.octets(key.d.to_bytes(key.scheme.size, "little"))
    return write.sequence(write.integer(0), _algorithm_der(key.scheme, key.curve_oid), write.octets(number))
