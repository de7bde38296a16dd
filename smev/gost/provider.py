"""The one interface behind which every implementation of GOST stands; `backends` chooses among them.

A Provider computes with keys that are in memory. A key that never leaves a token, or that only a
certified product may touch, signs through `smev.gost.signer.Signer` instead.
"""

from collections.abc import Iterable
from typing import Protocol

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
