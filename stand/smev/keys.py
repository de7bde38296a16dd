"""Test keys and certificates, made afresh at every start: an authority, the bus, each information system.

They are worth nothing outside a run of the stand. What a client needs is written into a folder: its key
and certificate, the bus's certificate and the authority's, as PEM files.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from smev.gost import issue, keyfile, pem
from smev.gost.algorithms import Scheme
from smev.gost.backends import provider
from smev.gost.certificate import Certificate
from smev.gost.keys import PrivateKey
from smev.gost.provider import Provider
from smev.gost.signer import KeySigner

_VALID = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its certificate."""

    key: PrivateKey
    certificate: Certificate
    gost: Provider

    def signer(self) -> KeySigner:
        """Return who signs with it."""
        return KeySigner(self.key, self.certificate, self.gost)


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """Where an information system finds its key and the certificates that it may trust."""

    key: Path  # PKCS#8, mode 600
    certificate: Path
    authority: Path
    bus: Path


class Authority:
    """The stand's own certification authority."""

    def __init__(self, clock: Callable[[], datetime], gost: Provider | None = None) -> None:
        self._clock = clock
        self.gost = gost or provider()
        self._key = issue.new_key()
        self._name = issue.name(CN="Test authority of the sedlink stand", O="sedlink stand")
        self.certificate = self._certify(self._key, self._name, authority=True)

    def issue(
        self,
        common_name: str,
        *,
        scheme: Scheme = Scheme.GOST2012_256,
        dates: tuple[datetime, datetime] | None = None,
    ) -> Pair:
        """Return a new key with a certificate; `dates` makes one that is over or yet to begin."""
        key = issue.new_key(scheme)
        name = issue.name(CN=common_name, O="sedlink stand")
        return Pair(key, self._certify(key, name, dates=dates), self.gost)

    def _certify(
        self,
        key: PrivateKey,
        name: bytes,
        *,
        authority: bool = False,
        dates: tuple[datetime, datetime] | None = None,
    ) -> Certificate:
        now = self._clock().replace(microsecond=0)
        return issue.certify(
            key.public(), name, self._key, self._name, self.gost,
            dates=dates or (now - timedelta(days=1), now + _VALID),
            serial=secrets.randbits(63) + 1, authority=authority,
        )  # fmt: skip


def write_client(folder: Path, name: str, own: Pair, bus: Certificate, authority: Certificate) -> ClientFiles:
    """Write what an information system needs into a folder; the key's file is for its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = ClientFiles(
        folder / f"{name}-key.pem", folder / f"{name}.pem", folder / "authority.pem", folder / "smev.pem"
    )
    files.key.touch(mode=0o600)
    files.key.write_bytes(pem.dump("PRIVATE KEY", keyfile.private_to_der(own.key)))
    for path, certificate in (
        (files.certificate, own.certificate),
        (files.authority, authority),
        (files.bus, bus),
    ):
        path.write_bytes(pem.dump("CERTIFICATE", certificate.raw))
    return files
