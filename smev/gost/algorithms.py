"""Names of the GOST algorithms as the outside world writes them: ASN.1 identifiers and XML signature URIs.

Sources: RFC 4357, RFC 4490, RFC 4491, RFC 7836, RFC 9215; URIs as seen in real SMEV messages.
"""

from enum import StrEnum

CPXMLSEC = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:"
XMLDSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"


class Digest(StrEnum):
    """A hash function."""

    STREEBOG_256 = "streebog-256"  # GOST R 34.11-2012, 256 bits
    STREEBOG_512 = "streebog-512"  # GOST R 34.11-2012, 512 bits
    GOST94 = "gost94"  # GOST R 34.11-94 with the CryptoPro parameter set: verification of old messages only

    @property
    def size(self) -> int:
        """Length of the value, bytes."""
        return 64 if self is Digest.STREEBOG_512 else 32


class Scheme(StrEnum):
    """A kind of key together with its signature algorithm."""

    GOST2012_256 = "gost2012-256"  # GOST R 34.10-2012, 256 bits
    GOST2012_512 = "gost2012-512"  # GOST R 34.10-2012, 512 bits
    GOST2001 = "gost2001"  # GOST R 34.10-2001: verification of old messages only

    @property
    def digest(self) -> Digest:
        """The hash function this signature is always made over."""
        return _DIGEST_OF[self]

    @property
    def size(self) -> int:
        """Length of one number of the key (a coordinate, the private value), bytes."""
        return 64 if self is Scheme.GOST2012_512 else 32


_DIGEST_OF = {
    Scheme.GOST2012_256: Digest.STREEBOG_256,
    Scheme.GOST2012_512: Digest.STREEBOG_512,
    Scheme.GOST2001: Digest.GOST94,
}

DIGEST_OID = {
    Digest.STREEBOG_256: "1.2.643.7.1.1.2.2",
    Digest.STREEBOG_512: "1.2.643.7.1.1.2.3",
    Digest.GOST94: "1.2.643.2.2.9",
}
KEY_OID = {
    Scheme.GOST2012_256: "1.2.643.7.1.1.1.1",
    Scheme.GOST2012_512: "1.2.643.7.1.1.1.2",
    Scheme.GOST2001: "1.2.643.2.2.19",
}
SIGNATURE_OID = {
    Scheme.GOST2012_256: "1.2.643.7.1.1.3.2",
    Scheme.GOST2012_512: "1.2.643.7.1.1.3.3",
    Scheme.GOST2001: "1.2.643.2.2.3",
}
DIGEST_BY_OID = {oid: digest for digest, oid in DIGEST_OID.items()}
SCHEME_BY_KEY_OID = {oid: scheme for scheme, oid in KEY_OID.items()}
SCHEME_BY_SIGNATURE_OID = {oid: scheme for scheme, oid in SIGNATURE_OID.items()}

DIGEST_URI = {
    Digest.STREEBOG_256: CPXMLSEC + "gostr34112012-256",
    Digest.STREEBOG_512: CPXMLSEC + "gostr34112012-512",
    Digest.GOST94: XMLDSIG_MORE + "gostr3411",
}
SIGNATURE_URI = {
    Scheme.GOST2012_256: CPXMLSEC + "gostr34102012-gostr34112012-256",
    Scheme.GOST2012_512: CPXMLSEC + "gostr34102012-gostr34112012-512",
    Scheme.GOST2001: XMLDSIG_MORE + "gostr34102001-gostr3411",
}
DIGEST_BY_URI = {uri: digest for digest, uri in DIGEST_URI.items()} | {CPXMLSEC + "gostr3411": Digest.GOST94}
SCHEME_BY_URI = {uri: scheme for scheme, uri in SIGNATURE_URI.items()} | {
    CPXMLSEC + "gostr34102001-gostr3411": Scheme.GOST2001
}
