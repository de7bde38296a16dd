"""Whoever holds a private key: in memory here, elsewhere a token or a certified product."""

from typing import Protocol

from smev.errors import InputError, SetupError, SigningError, UnsupportedError
from smev.gost.algorithms import Scheme
from smev.gost.certificate import Certificate
from smev.gost.keys import PrivateKey
from smev.gost.provider import Provider, digest


class Signer(Protocol):
    """Makes signatures with one key, whose certificate it shows."""

    @property
    def certificate(self) -> Certificate:
        """The certificate of the key."""

    def sign(self, octets: bytes) -> bytes:
        """Return s‖r over the digest of the octets, the digest being that of the key's scheme.

        Raises SigningError when the key, the token or the command fails.
        """


class KeySigner:
    """Signs with a key in memory. Raises SetupError when key and certificate do not belong together."""

    def __init__(self, key: PrivateKey, certificate: Certificate, provider: Provider) -> None:
        public, shown = key.public(), certificate.public_key
        if (public.curve, public.x, public.y, public.scheme) != (shown.curve, shown.x, shown.y, shown.scheme):
            raise SetupError("key-mismatch", "the private key is not the one of the certificate")
        scheme_for_signing(certificate)
        self._key, self._provider = key, provider
        self.certificate = certificate

    def sign(self, octets: bytes) -> bytes:
        """Return s‖r."""
        value = digest(self._provider, self._key.scheme.digest, octets)
        return self._provider.sign(self._key, value)


class CheckedSigner:
    """Verifies every signature of another signer before it leaves: a wrong key or byte order shows."""

    def __init__(self, inner: Signer, provider: Provider) -> None:
        scheme_for_signing(inner.certificate)
        self._inner, self._provider = inner, provider
        self.certificate = inner.certificate

    def sign(self, octets: bytes) -> bytes:
        """Return s‖r. Raises SigningError when it does not verify with the certificate."""
        signature = self._inner.sign(octets)
        key = self.certificate.public_key
        if not self._provider.verify(key, digest(self._provider, key.scheme.digest, octets), signature):
            raise SigningError(
                "signature-foreign",
                "the signer's answer does not verify with its certificate: another key or another byte order",
            )
        return signature


def scheme_for_signing(certificate: Certificate) -> Scheme:
    """Return the scheme of the certificate's key. Raises UnsupportedError for one that is only verified."""
    scheme = certificate.public_key.scheme
    if scheme is Scheme.GOST2001:
        raise UnsupportedError(
            "scheme-retired", "GOST R 34.10-2001 is verified here, never made: use a 2012 key"
        )
    if not certificate.signs:
        raise InputError("certificate-usage", "the certificate's key usage does not allow signatures")
    return scheme
