"""The one interface behind which every implementation of GOST stands, and the choice among them.

A Provider computes with keys that are in memory. A key that never leaves a token, or that only a
certified product may touch, signs through `smev.gost.signer.Signer` instead.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Protocol

from smev.errors import SetupError
from smev.gost.algorithms import Digest
from smev.gost.keys import PrivateKey, PublicKey


class Hasher(Protocol):
    """A hash being computed."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def digest(self) -> bytes:
        """Return the value over everything added so far."""


class Provider(Protocol):
    """GOST digests and signatures. Signatures are s‖r big-endian, as in CMS and XML (RFC 4491, RFC 9215)."""

    @property
    def name(self) -> str:
        """The word by which settings choose it."""

    def hasher(self, algorithm: Digest) -> Hasher:
        """Start a digest."""

    def sign(self, key: PrivateKey, digest: bytes) -> bytes:
        """Return s‖r over a digest, which is read little-endian as a number."""

    def verify(self, key: PublicKey, digest: bytes, signature: bytes) -> bool:
        """Tell whether s‖r is the key's signature of the digest; anything malformed is simply False."""


def digest(provider: Provider, algorithm: Digest, data: bytes | Iterable[bytes]) -> bytes:
    """Return the digest of bytes, or of pieces that come one after another."""
    hasher = provider.hasher(algorithm)
    for piece in (data,) if isinstance(data, bytes) else data:
        hasher.update(piece)
    return hasher.digest()


def _openssl() -> Provider:
    from smev.gost.openssl import OpenSslProvider

    return OpenSslProvider()


def _python() -> Provider:
    from smev.gost.pure import PureProvider

    return PureProvider()


PROVIDERS: dict[str, Callable[[], Provider]] = {"openssl": _openssl, "python": _python}


@cache
def provider(name: str = "auto") -> Provider:
    """Return the implementation of that name: "openssl", "python", or "auto", the first that works here.

    Raises SetupError when the name is unknown or this machine lacks what it needs.
    """
    if name == "auto":
        return _first()
    if name not in PROVIDERS:
        raise SetupError(
            "backend-unknown",
            "unknown GOST backend {name!r}: use one of {known}",
            name=name,
            known=", ".join(("auto", *PROVIDERS)),
        )
    return PROVIDERS[name]()


def _first() -> Provider:
    for make in PROVIDERS.values():
        try:
            return make()
        except SetupError:
            continue
    raise SetupError("backend-absent", "no GOST backend works on this machine")
