"""The database's clock: what several hosts agree on when they share one queue."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from connector.journal.engine import Database
from connector.journal.problems import UnavailableError

_REFRESH = 300.0  # seconds; a monotonic clock drifts by less than a millisecond in that time


def utc_now() -> datetime:
    """Return the machine's time, UTC."""
    return datetime.now(UTC)


class DatabaseClock:
    """UTC by the database server, asked now and then and carried on by the machine's monotonic clock.

    A machine whose wall clock is wrong or jumps still agrees with the others about leases.
    """

    def __init__(self, db: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._base = self._ask()

    def __call__(self) -> datetime:
        """Return the moment."""
        elapsed = self._monotonic() - self._base[0]
        if elapsed > _REFRESH and self._guard.acquire(blocking=False):
            try:
                self._base = self._ask()
            except UnavailableError:
                pass  # carried on: whoever needs the database itself will hear that it is away
            finally:
                self._guard.release()
        asked_at, told = self._base  # one read: never halves of two answers
        return told + timedelta(seconds=self._monotonic() - asked_at)

    def _ask(self) -> tuple[float, datetime]:
        before = self._monotonic()
        told = self._db.read(
            lambda connection: connection.execute(select(func.clock_timestamp())).scalar_one()
        )
        return (before + self._monotonic()) / 2, told.astimezone(UTC)
