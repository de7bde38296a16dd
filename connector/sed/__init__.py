"""Document-management systems, one module each, behind one Protocol."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Protocol, runtime_checkable

from connector.appeal import Appeal, Card, CardRef, Event, Pending, RubricValue, StoredFile
from connector.peer import Entry, Health


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do; a claim that the conformance suite tries."""

    find_by_key: bool
    async_registration: bool
    push_status: bool = False
    answer_files: bool = True
    exchange: bool = True  # takes messages and tells events; False: cards for the mart only
    cards: bool = False
    card_cursor: bool = False  # cards can be read from a cursor on; each card then bears one
    annotate: bool = False
    dictionaries: tuple[str, ...] = ()
    max_file_size: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Events in the order in which they happened, and the cursor to commit together with them."""

    events: tuple[Event, ...]
    cursor: str
    more: bool
    notes: tuple[str, ...] = ()  # what was seen and could not be read: kept, reported, never dropped
    receipts: tuple[str, ...] = ()  # what to hand to `acknowledge` once everything above is committed


@dataclass(frozen=True, slots=True)
class CardQuery:
    """Which cards the mart wants; an empty field does not restrict.

    A SED may yield more than was asked for by day (open cards always: time alone makes them overdue), never
    less.
    """

    card_files: tuple[str, ...] = ()
    rubric_changed_from: date | None = None  # the day itself included, by the SED's local time
    rubric_changed_to: date | None = None  # excluded
    cursor: str = ""


class OpenFile(Protocol):
    """Opens a stored file of ours for reading, when the adapter is ready to write it."""

    def __call__(self, file: StoredFile, /) -> AbstractContextManager[BinaryIO]:
        """Return the open file."""
        ...


@runtime_checkable
class Closing(Protocol):
    """An adapter that holds connections; one that holds none has no `close`."""

    def close(self) -> None:
        """Let go of them."""
        ...


class Sed(Protocol):
    """A document-management system. Safe to use from several threads.

    Every call may raise RetryableError, AuthError, PermanentError or UnsupportedError; those that change
    something in the SED also OutcomeUnknownError (then `find`, never a plain retry) and ConflictError.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this adapter can do."""
        ...

    def check(self) -> Health:
        """Try the credentials or folders, change nothing."""
        ...

    def find(self, key: str) -> CardRef | Pending | None:
        """Return what the SED has (or was given) under an idempotency key."""
        ...

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Hand the message over, once per `appeal.key`: a repeat returns what the first call returned."""
        ...

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return what happened after the cursor ("" = from the beginning), at least once."""
        ...

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named."""
        ...

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Tell the SED that these were stored (a folder: move to done). Harmless to repeat."""
        ...

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Yield cards for the mart, each with its questions."""
        ...

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Fill fields of a card's question («Выгрузка в витрину ПОС», «Статус ПОС»)."""
        ...

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Yield a dictionary: `rubrics`, `card_files`."""
        ...
