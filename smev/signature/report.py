"""What a check of one signature found, in values that a person and a program can use."""

from dataclasses import dataclass, field
from datetime import datetime

from smev.errors import SmevError
from smev.gost.certificate import Certificate
from smev.gost.trust import Verdict
from smev.signature.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """One signature of a message. `ok` is the verdict; the rest says why.

    digest_ok and signature_ok are None when they were not checked: an attachment whose bytes are not in the
    message, or a signature that is the business content's own affair.
    """

    place: Place
    reference: str = ""  # Id of the signed element; contentId or uuid of an attachment
    element: str = ""  # name of the signed element, {namespace}local
    algorithm: str = ""  # "gost2012-256", or the unknown URI as it stands
    digest_ok: bool | None = None
    signature_ok: bool | None = None
    certificate: Certificate | None = None
    signing_time: datetime | None = None  # as the signer claims (attachments only)
    trust: Verdict | None = None  # None: no store was given
    error: SmevError | None = None
    reformatted: bool = (
        False  # holds over SignedInfo without the indentation that somebody put in after signing
    )
    octets: bytes = field(default=b"", repr=False)  # what was digested: the content that the signature covers

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the signature."""
        sound = self.error is None and self.digest_ok is not False and self.signature_ok is not False
        return sound and (self.trust is None or self.trust.trusted)

    @property
    def signer(self) -> str:
        """Subject of the certificate: personal data, never for a log."""
        return self.certificate.subject if self.certificate else ""

    @property
    def trusted(self) -> bool | None:
        """Whether the store trusts the signer; None without a store."""
        return self.trust.trusted if self.trust else None

    def verified(self) -> bytes:
        """Return the octets that the signature covers. Raises the error, ValueError when it does not hold.

        Whoever acts on a message reads it from here: then what was verified is what is used.
        """
        if self.error:
            raise self.error
        if not (self.ok and self.digest_ok and self.signature_ok):
            raise ValueError(f"the {self.place} signature does not hold")
        return self.octets
