"""Dead letters: tasks that wait for a person; listed, tried again, dropped, by filter."""

from collections.abc import Iterator

from connector.journal.part import Part
from connector.journal.records import DeadLetter
from connector.journal.reports import DeadFilter


class DeadLetters(Part):
    """What the operator does with parked tasks."""

    def dead(self, which: DeadFilter | None = None) -> Iterator[DeadLetter]:
        """Yield parked tasks, oldest first."""
        raise NotImplementedError

    def retry(self, which: DeadFilter) -> int:
        """Put parked tasks back, due now, their attempts at zero; return how many."""
        raise NotImplementedError

    def drop(self, which: DeadFilter, reason: str, actor: str) -> int:
        """Give parked tasks up for good; their lanes go on with the next. Return how many."""
        raise NotImplementedError
