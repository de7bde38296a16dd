"""ДЕЛО over the СЭВ folder exchange as a `connector.sed.Sed`."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import BinaryIO, NoReturn
from uuid import uuid4

from config.i18n import _, speaking
from connector.appeal import Appeal, Card, CardRef, Event, Pending, RubricValue, StoredFile
from connector.errors import ConnectorError, RetryableError, UnsupportedError
from connector.peer import Entry, Health
from connector.sed import Capabilities, CardQuery, ChangePage, OpenFile
from connector.sed.sev.health import examine
from connector.sed.sev.incoming import Incoming, IncompleteError, Slip
from connector.sed.sev.memory import CardMemory
from connector.sed.sev.outgoing import Outgoing
from connector.sed.sev.passport import BrokenMessageError
from connector.sed.sev.reports import Reading, read_events
from connector.sed.sev.settings import SevSettings
from connector.sed.waiting import Settling


class SevSed:
    """One ДЕЛО behind its exchange folders. Safe to use from several threads; touches no file until used.

    The folder is the queue: `changes` shows what lies there until `acknowledge` moves it away. The cursor
    only tells which pages of this process were stored, so that pages follow one another even when an
    acknowledgement fails; any other cursor starts from the beginning.
    """

    def __init__(self, settings: SevSettings, *, clock: Callable[[], datetime] | None = None) -> None:
        self._settings = settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._outgoing = Outgoing(settings)
        self._incoming = Incoming(settings, Settling(settings.settle))
        self._memory = CardMemory(settings, self._outgoing)
        self._lock = threading.Lock()
        self._instance = uuid4().hex[:12]
        self._page = 0
        self._handed: dict[tuple[str, str], int] = {}
        self._swept = False

    @property
    def capabilities(self) -> Capabilities:
        """What СЭВ can do: registration comes later by a report; cards are not read over it."""
        return Capabilities(
            find_by_key=True, async_registration=True, max_file_size=self._settings.max_file_size
        )

    def check(self) -> Health:
        """Look at the folders, change nothing."""
        return examine(self._settings)

    def find(self, key: str) -> CardRef | Pending | None:
        """Return the receipt of a message that was handed over under a key; its number comes as an event."""
        return self._outgoing.find(key)

    def register(
        self, appeal: Appeal, files: tuple[StoredFile, ...], open_file: OpenFile
    ) -> CardRef | Pending:
        """Hand the message over, once per key. Raises as `connector.sed.Sed` says."""
        return self._outgoing.put(appeal, files, open_file, self._clock())

    # -- what the SED tells

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return the events of the complete messages that wait, by the time of their messages.

        A message is never split, so a page may exceed `limit` by the events of its only message. What
        cannot be read is a note, and its receipt sets it aside.
        """
        with self._lock, self._folder_troubles():
            fresh, stored = self._waiting(cursor)
            page = _Page(max(limit, 1))
            for number, slip in enumerate((*fresh, *stored)):
                if not self._read(slip, page):
                    return self._handed_out(page, cursor, more=number < len(fresh))
            return self._handed_out(page, cursor, more=False)

    def _waiting(self, cursor: str) -> tuple[list[Slip], list[Slip]]:
        """Return what waits: not yet stored by the caller, and stored but not acknowledged."""
        slips = self._incoming.slips()
        instance, _dot, number = cursor.partition(".")
        stored = int(number) if instance == self._instance and number.isdecimal() else 0
        present = {(slip.envelope, slip.folder) for slip in slips}
        self._handed = {mark: page for mark, page in self._handed.items() if mark in present}
        known = {mark for mark, page in self._handed.items() if page <= stored}
        fresh = [slip for slip in slips if (slip.envelope, slip.folder) not in known]
        return fresh, [slip for slip in slips if (slip.envelope, slip.folder) in known]

    def _read(self, slip: Slip, page: "_Page") -> bool:
        """Put a message on the page, unless it is not complete yet. False when the page is full.

        What follows an incomplete message of the same conversation waits with it: order is kept.
        """
        if slip.conversation and slip.conversation in page.held:
            return True
        taken = None
        try:
            taken = self._incoming.take(slip)
            with speaking(self._settings.language):
                reading = read_events(taken.message, taken.sizes, self._settings, self._memory)
        except IncompleteError:
            page.held.add(slip.conversation)
            return True
        except BrokenMessageError as error:
            reading, taken = Reading(notes=[error.sentence]), None
        return page.add(slip, reading, self._incoming.receipt(slip, taken))

    def _handed_out(self, page: "_Page", cursor: str, *, more: bool) -> ChangePage:
        if page.slips:
            self._page += 1
            self._handed |= {(slip.envelope, slip.folder): self._page for slip in page.slips}
            cursor = f"{self._instance}.{self._page}"
        return ChangePage(tuple(page.events), cursor, more, tuple(page.notes), tuple(page.receipts))

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named, also after its message was moved to done."""
        with self._folder_troubles():
            try:
                return self._incoming.open_path(ref).open("rb")
            except FileNotFoundError:  # moved to done between the look and the opening
                return self._incoming.open_path(ref).open("rb")

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Move messages to done, unreadable ones to broken. One that cannot be moved stops no other."""
        first: OSError | ConnectorError | None = None
        with self._lock, self._folder_troubles():
            if not self._swept:
                self._incoming.sweep()
                self._swept = True
            for receipt in receipts:
                try:
                    self._incoming.put_away(receipt)
                except (OSError, ConnectorError) as error:
                    first = first or error
            if first:
                raise first

    # -- what СЭВ does not carry

    def cards(self, query: CardQuery) -> Iterator[Card]:
        """Raise UnsupportedError: СЭВ carries messages, not the card file."""
        del query
        _unsupported(_("reading cards for the mart"))

    def annotate(self, card: CardRef, question: RubricValue, fields: Mapping[str, str]) -> None:
        """Raise UnsupportedError: no way to change fields of a registered card over СЭВ is known to work."""
        del card, question, fields
        _unsupported(_("filling fields of a registered card"))

    def dictionary(self, kind: str) -> Iterator[Entry]:
        """Raise UnsupportedError: СЭВ carries no dictionaries."""
        _unsupported(_("reading the dictionary {kind}").format(kind=kind))

    @contextmanager
    def _folder_troubles(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            sentence = _("the exchange folder {folder} cannot be used: {error}").format(
                folder=error.filename or self._settings.folder_in,
                error=error.strerror or type(error).__name__,
            )
            raise RetryableError(sentence, code="folder") from error


class _Page:
    """A page being filled: whole messages, no more events and notes than `limit` unless there is only one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held: set[str] = set()
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.receipts: list[str] = []
        self.slips: list[Slip] = []

    def add(self, slip: Slip, reading: Reading, receipt: str) -> bool:
        """Add a message when it fits; False when it does not."""
        size = len(self.events) + len(self.notes)
        if self.slips and size + len(reading.events) + len(reading.notes) > self._limit:
            return False
        self.events += reading.events
        self.notes += reading.notes
        self.receipts.append(receipt)
        self.slips.append(slip)
        return True


def _unsupported(what: str) -> NoReturn:
    raise UnsupportedError(_("{what}: the СЭВ exchange does not carry this").format(what=what))
