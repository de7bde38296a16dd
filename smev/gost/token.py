"""Signing by a token over PKCS#11 (Rutoken, JaCarta, an HSM …): the key never leaves it.

The digest is computed here and the token signs it: CKM_GOSTR3410 for 256 bits (PKCS#11 v2.40, section 2.45)
and, for 512 bits, the mechanism that the makers of Russian tokens agreed on in TC 26. The standard writes
s‖r big-endian (RFC 4491); a token that writes it otherwise is recognized by its first signature, because
every arrangement is verified with the certificate.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, ClassVar

from smev.errors import SetupError, SigningError, SmevError
from smev.gost import certificate as x509
from smev.gost.algorithms import Scheme
from smev.gost.certificate import Certificate
from smev.gost.provider import Provider, digest
from smev.gost.signer import scheme_for_signing
from smev.gost.token_uri import TokenKey

if TYPE_CHECKING:
    from pkcs11 import Session
    from pkcs11.types import SignMixin

Pin = Callable[[], str]
Arrangement = Callable[[bytes], bytes]

MECHANISMS = {Scheme.GOST2012_256: 0x1201, Scheme.GOST2012_512: 0xD4321006}  # CKM_GOSTR3410, …_512


def _halves(value: bytes) -> tuple[bytes, bytes]:
    return value[: len(value) // 2], value[len(value) // 2 :]


ARRANGEMENTS: dict[str, Arrangement] = {
    "s‖r": bytes,  # as the standard has it
    "backwards": lambda value: value[::-1],
    "r‖s": lambda value: b"".join(reversed(_halves(value))),
    "halves backwards": lambda value: b"".join(half[::-1] for half in _halves(value)),
}


class TokenSigner:
    """Signs with a key of a token. Thread-safe; a token that was pulled out and put back is found again.

    Args:
        key: which one.
        pin: gives the PIN when the token is logged in to; None: the token needs none.
        provider: computes digests and verifies what the token answers.
        certificate: of the key; None: the token's own, the one with the key's CKA_ID.

    Raises:
        SetupError: the library, the module, the token, its key, certificate or mechanism is absent, or the
            PIN is not right. A PIN that was refused is not tried again: that would lock the token.
    """

    _lock: ClassVar[RLock] = RLock()  # the library starts modules without telling them of threads

    def __init__(
        self, key: TokenKey, pin: Pin | None, provider: Provider, certificate: Certificate | None = None
    ) -> None:
        if find_spec("pkcs11") is None:
            raise SetupError("token-library", "tokens need the extra pkcs11: pip install sedlink[pkcs11]")
        self._place, self._ask, self._provider = key, pin, provider
        self._pin: str | None = None
        self._refused: SetupError | None = None
        self._session: Session | None = None
        self._arrange: Arrangement | None = None
        with self._lock:
            held = self._opened()
            self.certificate = certificate or self._own_certificate(held)
            self._scheme = scheme_for_signing(self.certificate)
            self._check_mechanism()

    def sign(self, octets: bytes) -> bytes:
        """Return s‖r. Raises SetupError without the token, SigningError when it fails or signs otherwise."""
        value = digest(self._provider, self._scheme.digest, octets)
        with self._lock:
            try:
                answer = self._signed(value)
            except SmevError:
                if self._session is None:
                    raise
                self._close()  # pulled out and put back, or asleep: once more from the beginning
                answer = self._signed(value)
        if self._arrange is None:
            self._arrange = self._find_arrangement(value, answer)
        return self._arrange(answer)

    def _signed(self, value: bytes) -> bytes:
        from smev.gost import cryptoki

        key = self._opened()
        with self._pin_once():
            return cryptoki.sign(key, MECHANISMS[self._scheme], value, self._pin, self._place)

    def _opened(self) -> "SignMixin":
        from smev.gost import cryptoki

        if self._refused is not None:
            raise self._refused
        if self._session is None:
            self._pin = self._ask() if self._ask else None
            with self._pin_once():
                self._session = cryptoki.open_session(self._place, self._pin)
            self._key = cryptoki.find_key(self._session, self._place)
        return self._key

    @contextmanager
    def _pin_once(self) -> Iterator[None]:
        try:
            yield
        except SetupError as error:
            if error.code == "token-pin":
                self._refused = error
            raise

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _own_certificate(self, key: "SignMixin") -> Certificate:
        from smev.gost import cryptoki

        assert self._session is not None  # noqa: S101 - `_opened` made it
        found = cryptoki.certificates(self._session, key, self._place)
        if len(found) != 1:
            raise SetupError(
                "token-certificate",
                "the token holds {count} certificates for this key: name the certificate's file",
                count=len(found),
            )
        return x509.load_file(found[0])[0]

    def _check_mechanism(self) -> None:
        from smev.gost import cryptoki

        assert self._session is not None  # noqa: S101 - `_opened` made it
        wanted = MECHANISMS[self._scheme]
        if wanted not in cryptoki.mechanisms(self._session, self._place):
            raise SetupError(
                "token-mechanism",
                "the token cannot sign by {scheme}: it has no mechanism {mechanism}",
                scheme=str(self._scheme),
                mechanism=f"{wanted:#x}",
            )

    def _find_arrangement(self, value: bytes, answer: bytes) -> Arrangement:
        for arrange in ARRANGEMENTS.values():
            if self._provider.verify(self.certificate.public_key, value, arrange(answer)):
                return arrange
        raise SigningError(
            "signature-foreign",
            "the signer's answer does not verify with its certificate: another key or another byte order",
        )
