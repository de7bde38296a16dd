"""The journal: every part of the durable record behind one object."""

import random
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from connector.journal.audit import Trail
from connector.journal.channels import Channels
from connector.journal.clock import DatabaseClock, utc_now
from connector.journal.dead import DeadLetters
from connector.journal.engine import Database
from connector.journal.erasure import Erasure
from connector.journal.events import Events
from connector.journal.files import FileStore
from connector.journal.horizon import Horizon
from connector.journal.inbox import Inbox
from connector.journal.lanes import Lanes
from connector.journal.part import Context, PausePolicy, RetryPolicy, acting
from connector.journal.queries import Queries
from connector.journal.ratings import Ratings
from connector.journal.reports import SweptFiles
from connector.journal.retention import Retention
from connector.journal.schema import REVISION, attachment
from connector.journal.turns import Turns
from connector.journal.upgrade import require_current, revision, upgrade

__all__ = ["Journal", "PausePolicy", "RetryPolicy", "acting"]

MAX_FILE_SIZE = 200 * 1024 * 1024  # bytes


class Journal(
    Inbox, Lanes, Channels, Events, Trail, DeadLetters, Queries, Ratings, Retention, Erasure, Horizon, Turns
):
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
        db = Database(url)
        try:
            require_current(db)
            context = Context(
                db=db,
                clock=clock or (DatabaseClock(db) if db.postgres else utc_now),
                actor=actor,
                retry=retry or RetryPolicy(),
                pause=pause or PausePolicy(),
                rng=rng or random.Random(),  # noqa: S311 - jitter, not a secret
            )
            return cls(context, FileStore(files, max_size=max_file_size))
        except BaseException:
            db.close()
            raise

    @staticmethod
    def upgrade(url: str) -> str:
        """Create the tables or bring them up to date; return the revision. Harmless to repeat."""
        with closing(Database(url)) as db:
            return upgrade(db)

    @staticmethod
    def revision(url: str) -> str:
        """Return the database's revision, empty when it has no tables. Raises UnavailableError."""
        with closing(Database(url)) as db:
            return revision(db)

    @staticmethod
    def is_current(url: str) -> bool:
        """Whether the database is at this program's revision."""
        return Journal.revision(url) == REVISION

    @property
    def clock(self) -> Callable[[], datetime]:
        """The clock by which leases run: whoever compares with `Lease.until` must use it."""
        return self._context.clock

    def sweep_files(self, older_than: timedelta) -> SweptFiles:
        """Remove files that no message names and that nobody touched for so long."""
        return self.files.sweep(self._now() - older_than, self._named_files)

    def _named_files(self, begin: str) -> set[str]:
        """Return the digests in use that begin with these digits."""
        digest = attachment.c.sha256
        query = select(digest).where(digest >= begin, digest < f"{begin}g").distinct()  # "g" is past "f"
        return self._db.read(lambda connection: set(connection.scalars(query)))

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
