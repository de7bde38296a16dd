"""Files of messages: the digest and CMS that go with what is sent, and the check of what came."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from smev.client.faults import BrokenFileError
from smev.client.words import IncomingFile, OutgoingFile
from smev.errors import InputError, SetupError, UnsupportedError
from smev.gost import cms
from smev.gost.algorithms import Digest
from smev.gost.certificate import Certificate
from smev.gost.cms import CmsSignature
from smev.gost.provider import Provider, digest
from smev.gost.signer import CheckedSigner, Signer, scheme_for_signing
from smev.gost.trust import TrustStore

_PIECE = 1 << 20
_BY_LENGTH = {32: (Digest.STREEBOG_256, Digest.GOST94), 64: (Digest.STREEBOG_512,)}


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file to be sent with what its header says of it."""

    file: OutgoingFile
    size: int
    digest: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def sign_file(file: OutgoingFile, signer: Signer, provider: Provider, moment: datetime) -> SignedFile:
    """Return the file with its digest and a detached CMS over it.

    Raises SetupError when it cannot be read, SigningError when the signer fails.
    """
    scheme = scheme_for_signing(signer.certificate)
    value = digest(provider, scheme.digest, pieces_of(file.path))
    signature = cms.create(value, CheckedSigner(signer, provider), moment)
    return SignedFile(file, size_of(file.path), value, signature)


def size_of(path: Path) -> int:
    """Return the size in bytes. Raises SetupError."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from error


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces. Raises SetupError."""
    try:
        with path.open("rb") as source:
            while piece := source.read(_PIECE):
                yield piece
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> SetupError:
    """Return the error of a file of this machine that cannot be read."""
    return SetupError(
        "file-unreadable", "cannot read {path}: {reason}", path=str(path), reason=str(error.strerror)
    )


def unwritable(path: Path, error: OSError) -> SetupError:
    """Return the error of a file of this machine that cannot be written: no room, no right."""
    return SetupError(
        "file-unwritable", "cannot write {path}: {reason}", path=str(path), reason=str(error.strerror)
    )


def check(
    file: IncomingFile, pieces: Iterable[bytes], provider: Provider, store: TrustStore | None, at: datetime
) -> None:
    """Compare the bytes with the digest and the CMS that the message promised.

    With a store the signer must be trusted, too. Raises BrokenFileError.
    """
    try:
        signatures, others = _signatures(file)
        values = _digests(file, signatures, provider, pieces)
        if file.digest and file.digest not in values.values():
            raise BrokenFileError(file.name or file.id, "its digest is not the one in the message")
        for signature in signatures:
            _check_signature(file, signature, values[signature.digest], provider)
            if store is not None and signature.certificate is not None:
                verdict = store.check(signature.certificate, others, at, provider)
                if not verdict.trusted:
                    raise BrokenFileError(file.name or file.id, f"its signer is not trusted ({verdict.code})")
    except (InputError, UnsupportedError) as error:
        raise BrokenFileError(file.name or file.id, str(error)) from error


def _signatures(file: IncomingFile) -> tuple[Sequence[CmsSignature], Sequence[Certificate]]:
    if file.signature is None:
        return (), ()
    signed = cms.load(file.signature)
    if not signed.signatures:
        raise BrokenFileError(file.name or file.id, "its CMS has no signers")
    return signed.signatures, signed.certificates


def _digests(
    file: IncomingFile, signatures: Sequence[CmsSignature], provider: Provider, pieces: Iterable[bytes]
) -> dict[Digest, bytes]:
    """Read the bytes once and return their digest by every algorithm that is in question."""
    wanted = {signature.digest for signature in signatures} or set(_BY_LENGTH.get(len(file.digest), ()))
    hashers = {algorithm: provider.hasher(algorithm) for algorithm in wanted}
    for piece in pieces:
        for hasher in hashers.values():
            hasher.update(piece)
    return {algorithm: hasher.digest() for algorithm, hasher in hashers.items()}


def _check_signature(file: IncomingFile, signature: CmsSignature, value: bytes, provider: Provider) -> None:
    if signature.message_digest not in (None, value):
        raise BrokenFileError(file.name or file.id, "its CMS signs other bytes")
    if not signature.verify(provider, value):
        raise BrokenFileError(file.name or file.id, "its CMS signature does not hold")


def settle(part: Path, target: Path) -> None:
    """Put a whole, checked file into its place, safe against a power cut. Raises SetupError."""
    try:
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except OSError as error:
        raise unwritable(target, error) from error
