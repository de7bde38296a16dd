"""Reports on signatures as `sedlink smev verify` shows them: lines for people, values for programs.

The signer's name is personal data: it goes where the user asked for it and to no log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.i18n import _
from smev.errors import SmevError
from smev.gost.certificate import Certificate
from smev.signature import SignatureReport
from smev.wording import explain, verdict


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one file."""

    name: str
    signatures: Sequence[SignatureReport] = ()
    error: SmevError | None = None

    @property
    def ok(self) -> bool:
        """Whether everything in the file holds."""
        return self.error is None and all(one.ok for one in self.signatures)


def plain(report: FileReport) -> dict[str, Any]:
    """Return the report as values for JSON."""
    return {
        "file": report.name,
        "ok": report.ok,
        "error": _plain_error(report.error),
        "signatures": [_plain_signature(one) for one in report.signatures],
    }


def _plain_error(error: SmevError | None) -> dict[str, str] | None:
    return {"code": error.code, "text": explain(error)} if error else None


def _plain_signature(report: SignatureReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "place": str(report.place),
        "reference": report.reference,
        "element": report.element,
        "signer": report.signer,
        "algorithm": report.algorithm,
        "digest_ok": report.digest_ok,
        "signature_ok": report.signature_ok,
        "reformatted": report.reformatted,
        "certificate": _plain_certificate(report.certificate),
        "signing_time": report.signing_time.isoformat() if report.signing_time else None,
        "trusted": report.trusted,
        "trust": report.trust.code if report.trust else None,
        "error": _plain_error(report.error),
    }


def _plain_certificate(held: Certificate | None) -> dict[str, str] | None:
    if held is None:
        return None
    return {
        "subject": held.subject,
        "issuer": held.issuer,
        "serial": f"{held.serial:x}",
        "not_before": held.not_before.isoformat(),
        "not_after": held.not_after.isoformat(),
    }


def lines(report: FileReport, moment: datetime) -> Iterator[str]:
    """Yield the report as lines; dates are judged for the moment."""
    yield f"{report.name}: {_held(report.ok)}"
    if report.error:
        yield f"  {explain(report.error)}"
    for one in report.signatures:
        yield f"  {one.place}: {_held(one.ok)}"
        for label, value in _details(one, moment):
            yield f"    {label}: {value}"


def _details(report: SignatureReport, moment: datetime) -> Iterator[tuple[str, str]]:
    if report.error:
        yield _("error"), explain(report.error)
    if report.reference:
        yield _("about"), f"{report.element.rpartition('}')[2]} #{report.reference}"
    if report.signer:
        yield _("signer"), report.signer
    if report.algorithm:
        yield _("algorithm"), report.algorithm
    yield _("digest"), _held(report.digest_ok)
    yield _("signature"), _held(report.signature_ok)
    if report.reformatted:
        yield _("note"), _("indented after signing; the signature holds without the indentation")
    if report.certificate:
        yield _("certificate"), _dates(report.certificate, moment)
    yield _("trust"), verdict(report.trust)


def _held(value: bool | None) -> str:
    if value is None:
        return _("not checked")
    return _("ok") if value else _("DOES NOT HOLD")


def _dates(held: Certificate, moment: datetime) -> str:
    dates = f"{held.not_before:%Y-%m-%d} … {held.not_after:%Y-%m-%d}"
    return dates if held.valid_at(moment) else _("{dates}, not valid at this moment").format(dates=dates)
