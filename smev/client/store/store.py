"""A folder with everything durable: the database, the files of messages, and the tape of what passed."""

import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from smev.client.files import unreadable, unwritable
from smev.client.store.database import Database, text
from smev.client.store.inbox import Inbox
from smev.client.store.outbox import Outbox
from smev.client.store.pruning import Pruning
from smev.client.words import OutgoingFile

_UNTAPED = ("GetRequest", "GetResponse", "GetStatus", "GetIncomingQueueStatistics")


class Store:
    """The client's record in one folder, readable by its owner alone. Thread-safe, shared by processes.

    Raises SetupError when the folder cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._files = folder / "files"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._files.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        self._database = Database(folder / "smev.db")
        self.outbox = Outbox(self._database)
        self.inbox = Inbox(self._database)
        self.pruning = Pruning(self._database, self._files)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def adopt(self, file: OutgoingFile) -> OutgoingFile:
        """Copy a file that is to be sent into the store: the original may go or change. Raises SetupError."""
        target = self._files / "out" / file.uuid
        try:
            target.parent.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(file.path, target)
        except FileNotFoundError as error:
            raise unreadable(file.path, error) from error
        except OSError as error:
            raise unwritable(target, error) from error
        return replace(file, path=target)

    def place(self, message_id: str, position: int) -> Path:
        """Return where a file of a message that came goes. The name is ours: a peer's is never a path."""
        folder = self._files / "in" / uuid.uuid5(uuid.NAMESPACE_OID, message_id).hex
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        return folder / str(position)

    def record(self, operation: str, way: str, octets: bytes) -> None:
        """Keep octets that passed. What a queue gave is in the inbox; empty questions are not kept."""
        if operation in _UNTAPED:
            return
        with self._database.change() as held:
            held.execute(
                "INSERT INTO tape (at, operation, way, octets) VALUES (?, ?, ?, ?)",
                (text(self._clock()), operation, way, octets),
            )

    def tape(self, identifier: str = "", limit: int = 100) -> Iterable[tuple[str, str, str, bytes]]:
        """Return (time, operation, way, octets) of what passed, oldest first; of one id when it is given."""
        rows = self._database.rows(
            "SELECT at, operation, way, octets FROM tape WHERE ? = '' OR instr(octets, ?) > 0"
            " ORDER BY id DESC LIMIT ?",
            identifier,
            identifier.encode(),
            limit,
        )
        return [(row["at"], row["operation"], row["way"], row["octets"]) for row in reversed(rows)]
