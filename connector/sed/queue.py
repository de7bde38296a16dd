"""A folder as a queue: which of its messages the caller has stored, and whole messages put into pages.

The cursor only tells which pages of this process were stored, so that pages follow one another even when
an acknowledgement fails; any other cursor starts from the beginning.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import uuid4

from connector.appeal import Event
from connector.sed import ChangePage

T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """What a message held: events in order, and what was seen but not understood."""

    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Page(Generic[T]):
    """A page being filled: whole messages, no more events and notes than `limit` unless there is only one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held: set[str] = set()  # conversations whose order forbids to tell more of them now
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.receipts: list[str] = []
        self.slips: list[T] = []

    def add(self, slip: T, reading: Reading, receipt: str) -> bool:
        """Add a message when it fits; False when it does not."""
        size = len(self.events) + len(self.notes)
        if self.slips and size + len(reading.events) + len(reading.notes) > self._limit:
            return False
        self.events += reading.events
        self.notes += reading.notes
        self.receipts.append(receipt)
        self.slips.append(slip)
        return True


class FolderQueue(Generic[T]):
    """Remembers which messages were handed out on which page. `mark` names a message."""

    def __init__(self, mark: Callable[[T], Hashable]) -> None:
        self._mark = mark
        self._instance = uuid4().hex[:12]
        self._page = 0
        self._handed: dict[Hashable, int] = {}

    def waiting(self, slips: Sequence[T], cursor: str) -> tuple[list[T], list[T]]:
        """Return what waits: not yet stored by the caller, and stored but not acknowledged."""
        instance, _dot, number = cursor.partition(".")
        stored = int(number) if instance == self._instance and number.isdecimal() else 0
        present = set(map(self._mark, slips))
        self._handed = {mark: page for mark, page in self._handed.items() if mark in present}
        known = {mark for mark, page in self._handed.items() if page <= stored}
        fresh = [slip for slip in slips if self._mark(slip) not in known]
        return fresh, [slip for slip in slips if self._mark(slip) in known]

    def page(
        self, slips: Sequence[T], cursor: str, limit: int, read: Callable[[T, Page[T]], bool]
    ) -> ChangePage:
        """Fill a page by `read`, which puts a message on it and returns False when it is full."""
        fresh, stored = self.waiting(slips, cursor)
        page: Page[T] = Page(max(limit, 1))
        for number, slip in enumerate((*fresh, *stored)):
            if not read(slip, page):
                return self._handed_out(page, cursor, more=number < len(fresh))
        return self._handed_out(page, cursor, more=False)

    def _handed_out(self, page: Page[T], cursor: str, *, more: bool) -> ChangePage:
        if page.slips:
            self._page += 1
            self._handed |= {self._mark(slip): self._page for slip in page.slips}
            cursor = f"{self._instance}.{self._page}"
        return ChangePage(tuple(page.events), cursor, more, tuple(page.notes), tuple(page.receipts))
