"""What the other side must be able to do in a test, and how the relay reads an adapter."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

from connector.appeal import Event, key_uuid
from connector.sed import Sed
from connector.sed.testing.appeals import Store, an_appeal

DAY, LATER = date(2024, 3, 4), date(2024, 4, 30)


@dataclass
class Received:
    """What lies at the peer under a key: how many cards, and the last one's files by hash."""

    cards: int
    files: dict[str, str] = field(default_factory=dict)  # name → sha256


class Peer(Protocol):
    """The other side, made to act. Every `tell` verb makes the SED say something about a card."""

    def sed(self) -> Sed:
        """Return a new adapter over the same peer and state: what a restarted process would have."""

    def received(self, key: str) -> Received:
        """Let the SED take what was handed over, return what it holds under a key."""

    def register(self, key: str, number: str, day: date) -> None:
        """Register the card under a number."""

    def refuse(self, key: str, code: str, text: str) -> str | None:
        """Refuse registration; return the code that must come where the SED has a list of its own."""
        ...

    def assign(self, key: str, executor: str, text: str, deadline: date) -> None:
        """Assign an executor («Фамилия И.О.») by a resolution with a text and a deadline."""

    def prolong(self, key: str, deadline: date) -> None:
        """Give the card a later deadline."""

    def redirect(self, key: str, organisation: str) -> None:
        """Send the card on to another organisation."""

    def answer(
        self, key: str, text: str, files: dict[str, bytes], *, commanded: bool, solved: bool, number: str
    ) -> None:
        """Answer; `commanded` = the SED's user told it to leave, otherwise it is a draft."""

    def repeat(self) -> None:
        """Say the last thing again, as a peer does that got no confirmation."""

    def lose_connection_after_commit(self) -> AbstractContextManager[None]:
        """Let a registration inside fail although the peer has (or will have) it."""

    def lose_connection_before_commit(self) -> AbstractContextManager[None]:
        """Let a registration inside fail before the peer has anything."""


@runtime_checkable
class Guarded(Protocol):
    """A peer that knows passwords."""

    def stranger(self) -> Sed:
        """Return an adapter whose password is wrong."""
        ...


@runtime_checkable
class Belated(Protocol):
    """A peer whose changes are read by a time or a number, which may be committed out of their order."""

    def register_late(self, key: str, number: str, day: date) -> None:
        """Register the card under a time or number that lies before what was read already."""


def hand_over(sed: Sed, peer: Peer, platform_id: str) -> str:
    """Give the SED a message without files and let it take it; return its key."""
    appeal = an_appeal(platform_id)
    sed.register(appeal, (), Store().open)
    peer.received(appeal.key)
    return appeal.key


def drain(sed: Sed, cursor: str = "", limit: int = 100) -> tuple[list[Event], str, list[str]]:
    """Read as the relay does: store, commit, acknowledge, next page. Return events, cursor, notes."""
    events: list[Event] = []
    notes: list[str] = []
    for _page in range(1000):
        page = sed.changes(cursor, limit)
        events += page.events
        notes += page.notes
        sed.acknowledge(page.receipts)
        cursor = page.cursor
        if not page.more:
            return events, cursor, notes
    raise AssertionError("the pages never end")


def of(events: Iterable[Event], key: str) -> list[Event]:
    """Return the events of one message: by its key, or by the UUID where the SED echoes only that."""
    return [event for event in events if event.key in {key, str(key_uuid(key))}]


def unique(events: Iterable[Event]) -> list[Event]:
    """Drop repeats by id, as the journal does: what came first under an id is what it is."""
    found: dict[str, Event] = {}
    for event in events:
        found.setdefault(event.id, event)
    return list(found.values())
