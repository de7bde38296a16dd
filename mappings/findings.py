"""A finding: what is wrong at which cell and what to do about it, in words chosen when it is shown.

Findings are values, so one list serves the terminal in one language and the sheet «Ошибки» in another.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from config.i18n import _
from mappings.messages import ADVICE, TEXTS


class Severity(StrEnum):
    """An error keeps the file from being applied; a warning asks for a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file: sheet name and cell like C15; empty parts are unknown."""

    file: str = ""
    sheet: str = ""
    cell: str = ""

    def __str__(self) -> str:
        """Show as «sheet!C15», as Excel does, or the file's name where there is no sheet."""
        if self.sheet and self.cell:
            return f"{self.sheet}!{self.cell}"
        return self.sheet or self.cell or self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `kind` is stable (see messages.py); `fields` fill its sentence."""

    kind: str
    place: Place = Place()
    fields: dict[str, object] = field(default_factory=dict)
    severity: Severity = Severity.ERROR

    def text(self) -> str:
        """Say what is wrong in the language of the moment."""
        return _(TEXTS[self.kind]).format(**self.fields)

    def advice(self) -> str:
        """Say what to do in the language of the moment."""
        return _(ADVICE[self.kind]).format(**self.fields)

    def as_dict(self) -> dict[str, str]:
        """Return the finding for `--json`."""
        return {
            "severity": str(self.severity),
            "kind": self.kind,
            "sheet": self.place.sheet,
            "cell": self.place.cell,
            "what": self.text(),
            "advice": self.advice(),
        }


def warning(kind: str, place: Place, **fields: object) -> Finding:
    """Make a warning."""
    return Finding(kind, place, fields, Severity.WARNING)


def error(kind: str, place: Place, **fields: object) -> Finding:
    """Make an error."""
    return Finding(kind, place, fields)
