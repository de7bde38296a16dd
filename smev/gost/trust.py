"""The store of certificates an organisation trusts: pinned ones and authorities, checked offline.

Revocation is not looked up (no CRL, no OCSP): an authority that must not be trusted any more is taken out
of the store.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from smev.errors import InputError, SetupError, UnsupportedError
from smev.gost import certificate as x509
from smev.gost.certificate import Certificate
from smev.gost.provider import Provider

MAX_CHAIN = 8  # certificates from the signer to a trusted one
_SUFFIXES = {".pem", ".crt", ".cer", ".der"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a certificate is trusted and the code of the reason.

    Codes: "pinned" (itself in the store), "chain" (an authority of the store signed it), "expired",
    "not-yet-valid", "issuer-expired", "not-for-signing", "unknown-issuer", "forged" (an authority of that
    name is known, and did not sign it).
    """

    trusted: bool
    code: str


class TrustStore:
    """Trusted certificates by subject. The dates of the whole chain are checked for a moment."""

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self._all = frozenset(certificates)
        self._by_subject: dict[str, list[Certificate]] = {}
        for known in sorted(self._all, key=lambda one: one.raw):
            self._by_subject.setdefault(known.subject.casefold(), []).append(known)

    def __len__(self) -> int:
        """Return the number of certificates."""
        return len(self._all)

    def check(
        self, signer: Certificate, others: Sequence[Certificate], at: datetime, provider: Provider
    ) -> Verdict:
        """Return the verdict on a signer's certificate.

        Args:
            signer: the certificate of the signature.
            others: certificates that came with it; they may be links of a chain, never its anchor.
            at: the moment at which all dates must hold.
            provider: verifies the issuers' signatures.
        """
        if not signer.signs:
            return Verdict(trusted=False, code="not-for-signing")
        if not signer.valid_at(at):
            return Verdict(trusted=False, code="expired" if at > signer.not_after else "not-yet-valid")
        if signer in self._all:
            return Verdict(trusted=True, code="pinned")
        return self._climb(signer, tuple(others)[:MAX_CHAIN], at, provider)

    def _climb(
        self, signer: Certificate, others: tuple[Certificate, ...], at: datetime, provider: Provider
    ) -> Verdict:
        """Go up the issuers breadth first, each certificate once, so that crossed chains cost no more."""
        reason, seen, links = "unknown-issuer", {signer}, [signer]
        for _level in range(MAX_CHAIN):
            above: list[Certificate] = []
            for link in links:
                for issuer in self._named(link.issuer.casefold(), others):
                    if issuer in seen or not issuer.authority:
                        continue
                    if not link.signed_by(issuer, provider):
                        reason = "forged"
                    elif not issuer.valid_at(at):
                        reason = "issuer-expired"
                    elif issuer in self._all:
                        return Verdict(trusted=True, code="chain")
                    else:
                        seen.add(issuer)
                        above.append(issuer)
            links = above
        return Verdict(trusted=False, code=reason)

    def _named(self, subject: str, others: tuple[Certificate, ...]) -> list[Certificate]:
        """Return the candidates by name; whether one of them is the issuer, its signature tells.

        Names are compared as text: the same name is often encoded in two ways.
        """
        return [
            *self._by_subject.get(subject, []),
            *(one for one in others if one.subject.casefold() == subject),
        ]


def load_store(paths: Iterable[Path]) -> TrustStore:
    """Return the store of the files, and of the certificate files in the folders (not below them).

    Raises SetupError for a path that is absent or a folder without certificates, InputError naming the file
    that cannot be read as certificates.
    """
    found: list[Certificate] = []
    for path in paths:
        files = (
            sorted(one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES)
            if path.is_dir()
            else [path]
        )
        if not files:
            raise SetupError(
                "store-empty", "no certificates (*.pem, *.crt, *.cer, *.der) in {path}", path=str(path)
            )
        for file in files:
            found += _load(file)
    return TrustStore(found)


def _load(file: Path) -> list[Certificate]:
    try:
        return x509.load_file(file.read_bytes())
    except OSError as error:
        raise SetupError(
            "store-unreadable", "cannot read {path}: {reason}", path=str(file), reason=str(error)
        ) from error
    except (InputError, UnsupportedError) as error:
        raise InputError("store-broken", "{path}: {reason}", path=str(file), reason=str(error)) from error
