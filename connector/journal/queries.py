"""What operators, metrics and the exporter ask of the journal."""

from collections.abc import Collection, Iterator
from datetime import datetime

from connector.journal.part import Part
from connector.journal.records import QueueDepth, StoredRound
from connector.journal.reports import Counts, OldestAge
from connector.lifecycle import State


class Queries(Part):
    """Read-only questions; none holds a lock that work would wait for."""

    def depths(self) -> list[QueueDepth]:
        """Return, per cabinet and channel, what waits, is in work and is parked."""
        raise NotImplementedError

    def counts(self, opa_id: int | None = None) -> Counts:
        """Return the numbers of the reconciliation, of one cabinet or of all."""
        raise NotImplementedError

    def oldest(self) -> list[OldestAge]:
        """Return how long the oldest round of each cabinet and unfinished state has been there."""
        raise NotImplementedError

    def rounds(
        self,
        *,
        opa_ids: Collection[int] = (),
        states: Collection[State] = (),
        changed_from: datetime | None = None,
    ) -> Iterator[StoredRound]:
        """Yield rounds in the order of receipt, streamed; an empty condition does not restrict."""
        raise NotImplementedError
