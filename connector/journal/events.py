"""Events of the SEDs: each stored once with the cursor, each at most one reply."""

from collections.abc import Callable, Iterator

from connector.appeal import Event
from connector.journal.part import Part
from connector.journal.records import EventPage, Judgement, RecordedEvents, StoredRound
from connector.journal.reports import NotedEvent

Judge = Callable[[StoredRound, Event], Judgement]


class Events(Part):
    """Records what happened in the SEDs."""

    def cursor(self, name: str) -> str:
        """Return where to go on reading; empty = from the beginning."""
        raise NotImplementedError

    def record_events(self, sed: str, page: EventPage, judge: Judge, cursor_name: str) -> RecordedEvents:
        """Store events, states, replies, notes and the cursor in one transaction; harmless to repeat.

        Orphans recorded earlier whose message is here by now are judged first.
        """
        raise NotImplementedError

    def noted(self, note: str = "") -> Iterator[NotedEvent]:
        """Yield events that changed nothing, oldest first; `note` restricts to one kind (`orphan` …)."""
        raise NotImplementedError
