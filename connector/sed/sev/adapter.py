"""ДЕЛО over the СЭВ folder exchange as a `connector.sed.Sed`."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO

from config.i18n import speaking
from connector.errors import ConnectorError
from connector.peer import Health
from connector.sed import ChangePage
from connector.sed.attachments import folder_troubles
from connector.sed.carrier import FolderExchange
from connector.sed.passport import BrokenMessageError
from connector.sed.queue import FolderQueue, Page, Reading
from connector.sed.sev.health import examine
from connector.sed.sev.incoming import Incoming, IncompleteError, Slip
from connector.sed.sev.memory import CardMemory
from connector.sed.sev.outgoing import Outgoing
from connector.sed.sev.reports import read_events
from connector.sed.sev.settings import SevSettings
from connector.sed.waiting import Settling


class SevSed(FolderExchange):
    """One ДЕЛО behind its exchange folders. Safe to use from several threads; touches no file until used.

    The folder is the queue: `changes` shows what lies there until `acknowledge` moves it away.
    """

    _settings: SevSettings
    _outgoing: Outgoing
    _exchange = "СЭВ"

    def __init__(self, settings: SevSettings, *, clock: Callable[[], datetime] | None = None) -> None:
        self._settings = settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._outgoing = Outgoing(settings)
        self._incoming = Incoming(settings, Settling(settings.settle))
        self._memory = CardMemory(settings, self._outgoing)
        self._lock = threading.Lock()
        self._queue: FolderQueue[Slip] = FolderQueue(lambda slip: (slip.envelope, slip.folder))
        self._swept = False

    def check(self) -> Health:
        """Look at the folders, change nothing."""
        return examine(self._settings)

    # -- what the SED tells

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return the events of the complete messages that wait, by the time of their messages.

        A message is never split, so a page may exceed `limit` by the events of its only message. What
        cannot be read is a note, and its receipt sets it aside.
        """
        with self._lock, folder_troubles(self._settings.folder_in):
            return self._queue.page(self._incoming.slips(), cursor, limit, self._read)

    def _read(self, slip: Slip, page: Page[Slip]) -> bool:
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

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named, also after its message was moved to done."""
        with folder_troubles(self._settings.folder_in):
            try:
                return self._incoming.open_path(ref).open("rb")
            except FileNotFoundError:  # moved to done between the look and the opening
                return self._incoming.open_path(ref).open("rb")

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Move messages to done, unreadable ones to broken. One that cannot be moved stops no other."""
        first: OSError | ConnectorError | None = None
        with self._lock, folder_troubles(self._settings.folder_in):
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
