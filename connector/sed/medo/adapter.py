"""МЭДО over the transport folders as a `connector.sed.Sed`."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

from config.i18n import speaking
from connector.errors import ConnectorError
from connector.peer import Health
from connector.sed import ChangePage
from connector.sed.attachments import folder_troubles
from connector.sed.carrier import FolderExchange
from connector.sed.medo.archive import Archive
from connector.sed.medo.events import read_events
from connector.sed.medo.failures import PREFIX, Failure, Failures
from connector.sed.medo.health import examine
from connector.sed.medo.incoming import Incoming, IncompleteError, Slip
from connector.sed.medo.outgoing import Outgoing
from connector.sed.medo.receipts import Receipts
from connector.sed.medo.settings import MedoSettings
from connector.sed.passport import BrokenMessageError
from connector.sed.queue import FolderQueue, Page, Reading
from connector.sed.waiting import Settling


class MedoSed(FolderExchange):
    """One SED behind the folders of МЭДО. Safe to use from several threads; touches no file until used.

    The folder is the queue: `changes` shows what lies there until `acknowledge` moves it away.
    """

    _settings: MedoSettings
    _outgoing: Outgoing
    _exchange = "МЭДО"

    def __init__(self, settings: MedoSettings, *, clock: Callable[[], datetime] | None = None) -> None:
        self._settings = settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._outgoing = Outgoing(settings)
        self._incoming = Incoming(settings, Settling(settings.settle), self._outgoing.knows)
        self._archive = Archive(settings, self._incoming)
        self._failures = Failures(settings)
        self._receipts = Receipts(settings, self._incoming, self._outgoing, self._clock)
        self._queue: FolderQueue[Slip | Failure] = FolderQueue(_mark)
        self._lock = threading.Lock()

    def check(self) -> Health:
        """Look at the folders, change nothing."""
        return examine(self._settings)

    # ---- what the SED tells

    def changes(self, cursor: str, limit: int) -> ChangePage:
        """Return the events of the complete messages that wait, by the time of their messages.

        What cannot be read is a note, and its receipt sets it aside; what the mail service could not send
        is a note too.
        """
        with self._lock, folder_troubles(self._settings.folder_in), speaking(self._settings.language):
            waiting: list[Slip | Failure] = [*self._failures.waiting(), *self._incoming.slips()]
            return self._queue.page(waiting, cursor, limit, self._read)

    def _read(self, slip: Slip | Failure, page: Page[Slip | Failure]) -> bool:
        """Put a message on the page, unless it is not complete yet. False when the page is full.

        What follows an incomplete message of the same conversation waits with it: order is kept.
        """
        if isinstance(slip, Failure):
            return page.add(slip, Reading(notes=[slip.sentence]), slip.receipt)
        if slip.conversation and slip.conversation in page.held:
            return True
        taken = None
        try:
            taken = self._incoming.take(slip)
            reading = read_events(taken, self._settings, self._outgoing)
        except IncompleteError:
            page.held.add(slip.conversation)
            return True
        except BrokenMessageError as error:
            reading, taken = Reading(notes=[error.sentence]), None
        return page.add(slip, reading, self._archive.receipt(slip, taken))

    def open_file(self, ref: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that an event named, also after its message was moved to done."""
        return self._opened(ref)

    @contextmanager
    def _opened(self, ref: str) -> Iterator[BinaryIO]:
        with folder_troubles(self._settings.folder_in), self._archive.opened(ref) as file:
            yield file

    def acknowledge(self, receipts: Iterable[str]) -> None:
        """Send receipts, move messages to done, unreadable ones to broken. One trouble stops no other."""
        first: OSError | ConnectorError | None = None
        with self._lock, folder_troubles(self._settings.folder_in):
            for receipt in receipts:
                try:
                    self._put_away(receipt)
                except (OSError, ConnectorError) as error:
                    first = first or error
            if first:
                raise first

    def _put_away(self, receipt: str) -> None:
        if receipt.startswith(f"{PREFIX}/"):
            self._failures.acknowledge(receipt)
            return
        folder = self._archive.waiting(receipt)
        if folder:
            self._receipts.send(folder, read=receipt.startswith("done/"))
        self._archive.put_away(receipt)


def _mark(slip: Slip | Failure) -> str:
    return slip.receipt if isinstance(slip, Failure) else slip.folder
