"""The journal: every part of the durable record behind one object."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from connector.journal.audit import Trail
from connector.journal.channels import Channels
from connector.journal.dead import DeadLetters
from connector.journal.events import Events
from connector.journal.files import FileStore
from connector.journal.inbox import Inbox
from connector.journal.lanes import Lanes
from connector.journal.part import Context, PausePolicy, RetryPolicy, acting
from connector.journal.queries import Queries
from connector.journal.reports import SweptFiles

__all__ = ["Journal", "PausePolicy", "RetryPolicy", "acting"]

MAX_FILE_SIZE = 200 * 1024 * 1024  # bytes


class Journal(Inbox, Lanes, Channels, Events, Trail, DeadLetters, Queries):
    """The durable record. Every method is safe to call from several threads."""

    files: FileStore

    def __init__(self, context: Context, files: FileStore) -> None:
        super().__init__(context)
        self.files = files

    @classmethod
    def open(
        cls,
        url: str,
        *,
        files: Path,
        clock: Callable[[], datetime] | None = None,
        max_file_size: int = MAX_FILE_SIZE,
        actor: str = "daemon",
        retry: RetryPolicy | None = None,
        pause: PausePolicy | None = None,
        rng: random.Random | None = None,
    ) -> Self:
        """Open a journal that is up to date.

        `url`: `sqlite:///PATH` or `postgresql://…`. `clock`: UTC; by default the machine's, on PostgreSQL
        the database's, so that the leases of several hosts agree. Raises NotUpgradedError,
        NewerDatabaseError or UnavailableError, each with what to do.
        """
        raise NotImplementedError

    @staticmethod
    def upgrade(url: str) -> str:
        """Create the tables or bring them up to date; return the revision. Harmless to repeat."""
        raise NotImplementedError

    @staticmethod
    def revision(url: str) -> str:
        """Return the database's revision, empty when it has no tables. Raises UnavailableError."""
        raise NotImplementedError

    @staticmethod
    def is_current(url: str) -> bool:
        """Whether the database is at this program's revision."""
        raise NotImplementedError

    @property
    def clock(self) -> Callable[[], datetime]:
        """The clock by which leases run: whoever compares with `Lease.until` must use it."""
        return self._context.clock

    def sweep_files(self, older_than: timedelta) -> SweptFiles:
        """Remove files that no message names and that nobody touched for so long."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
