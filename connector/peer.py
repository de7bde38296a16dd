"""What every peer's Protocol shares: the health of a connection and the rows of a dictionary."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is, whether it is fine, and a sentence for a person."""

    what: str
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` found. It never raises: what is wrong is a finding."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether everything that was looked at is fine."""
        return all(finding.ok for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a platform's or a SED's dictionary."""

    id: str
    name: str
    parent_id: str = ""
    deleted: bool = False
