"""Verifying all signatures of a SMEV message, those of its attachments included."""

from datetime import UTC, datetime

from smev.gost.backends import provider as default_provider
from smev.gost.provider import Provider
from smev.gost.trust import TrustStore
from smev.signature.attachments import attachment_reports
from smev.signature.octets import parse
from smev.signature.report import SignatureReport
from smev.signature.verification import Verification


def verify(
    envelope: bytes,
    *,
    store: TrustStore | None = None,
    at: datetime | None = None,
    provider: Provider | None = None,
) -> list[SignatureReport]:
    """Return a report for every signature of a message, and for every one that should be there and is not.

    Args:
        envelope: the message as it came: a SOAP envelope or the bare element of an operation.
        store: trusted certificates; without it nothing is said about trust.
        at: the moment for which trust is judged; now by default.
        provider: computes; the fastest of this machine by default.

    Raises:
        InputError: the message is not safe, well-formed XML of SMEV's namespaces.
        SetupError: no provider works here.
    """
    root = parse(envelope)
    check = Verification(root, provider or default_provider(), store, at or datetime.now(UTC))
    return [*check.reports(), *check.missing(), *attachment_reports(check)]
