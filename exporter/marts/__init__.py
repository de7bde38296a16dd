"""Marts: where facts go, one module each, behind one Protocol.

A batch is staged and merged in one transaction together with its line of the ledger: all or nothing. What
was killed at any point is simply run again; what is loaded twice changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

Take = Callable[[bytes], None]  # whole lines of the file of facts


class MartError(Exception):
    """The mart cannot be used; the text says why and what to do."""


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"  # begun; if nobody works on it, the next load takes it over
    PUBLISHED = "published"
    HELD = "held"  # too many of its rows were refused: nothing of it was published


class BatchKind(StrEnum):
    """What a batch was read from."""

    LOAD = "load"  # the source itself: reading goes on after it
    REPLAY = "replay"  # the quarantine: it says nothing about how far the source was read
    PRUNE = "prune"  # tombstones of what the source holds no more: nor does this


@dataclass(frozen=True, slots=True)
class Batch:
    """A line of the ledger."""

    number: int
    id: str  # UUID
    source: str
    state: BatchState
    hash: str  # of the facts as they were sent, sha256
    as_of: datetime  # when overdue was judged
    kind: BatchKind = BatchKind.LOAD
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0  # older than what the mart holds
    doubled: int = 0  # several states of one key in the batch: the newest counts
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Spooled:
    """What a batch brings: two CSV files with headers (spool.py), and what is known of them."""

    facts: Path
    quarantine: Path
    hash: str
    rows: int
    refused: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of the quarantine."""

    source: str
    card: str
    question: str
    cabinet: int | None
    card_file: str
    reasons: Sequence[dict[str, str]]  # code, value, place
    place: str
    link: str
    fact: dict[str, Any]
    batch: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that source and mart do not hold alike."""

    kind: str  # missing (not in the mart) | extra (only there) | different
    source: str
    card: str
    question: str
    version: int = 0  # of the side that is named: the mart's when it is only there
    cabinet: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Facts of one day, cabinet and category, counted on both sides."""

    day: date | None
    cabinet: int | None
    category: str
    in_source: int
    in_mart: int


class Mart(Protocol):
    """A mart. `prepare` first; it creates the tables and is harmless to repeat. Raises MartError."""

    def prepare(self) -> None:
        """Create what is missing."""
        ...

    def begin(self, source: str, as_of: datetime, kind: BatchKind = BatchKind.LOAD) -> Batch:
        """Open a batch, or take over the one that a killed load left open."""
        ...

    def ahead(self) -> AbstractContextManager[Take | None]:
        """Return what takes the lines of the next batch's facts while they are read; None: not wanted.

        A batch that is published inside the block is the one whose lines were given.
        """
        ...

    def publish(self, batch: Batch, spooled: Spooled) -> Batch:
        """Stage, merge and write down the batch in one transaction; return its line with the counts."""
        ...

    def hold(self, batch: Batch, spooled: Spooled) -> Batch:
        """Keep the refused rows in the quarantine and publish nothing."""
        ...

    def last(self, source: str) -> Batch | None:
        """Return the youngest published batch that was read from the source itself."""
        ...

    def batches(self, limit: int = 50) -> list[Batch]:
        """Return the ledger, the youngest first."""
        ...

    def quarantined(self, source: str = "") -> Iterator[Refused]:
        """Yield the rows that wait for a correction."""
        ...

    def compare(self, source: str, spooled: Spooled, limit: int) -> tuple[list[Tally], list[Difference]]:
        """Count source and mart by day, cabinet and category; name what differs, at most `limit`."""
        ...

    def close(self) -> None:
        """Let go of the mart."""
        ...
