"""What must be remembered about a cabinet's exports: a small database in the state folder.

`round` holds the rounds that the relay has stored and whether it marked them; `listed` the replies of the
clerk's list. Its write lock is also what keeps two processes from writing one list.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from config.i18n import _
from connector.errors import RetryableError

_SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS round (number TEXT, round INTEGER, accepted INTEGER NOT NULL DEFAULT 0,"
        " PRIMARY KEY (number, round)) WITHOUT ROWID"
    ),
    "CREATE TABLE IF NOT EXISTS listed (key TEXT PRIMARY KEY, look TEXT NOT NULL) WITHOUT ROWID",
)
_PATIENCE = 30  # seconds that one process waits for another


class Memory:
    """The database; every call opens it anew, so that threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for a block; it is committed at its end. Raises RetryableError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN IMMEDIATE")
                for statement in _SCHEMA:
                    database.execute(statement)
                yield database
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise RetryableError(
                _("{path}: the state folder cannot be written to: {error}").format(
                    path=self._path, error=error
                )
            ) from error

    def accepted(self) -> dict[str, int]:
        """Return the last accepted round of every message."""
        with self.locked() as database:
            rows = database.execute("SELECT number, max(round) FROM round WHERE accepted GROUP BY number")
            return dict(rows.fetchall())

    def see(self, rounds: Iterable[tuple[str, int]]) -> None:
        """Remember rounds that the relay has stored."""
        with self.locked() as database:
            database.executemany("INSERT OR IGNORE INTO round (number, round) VALUES (?, ?)", rounds)

    def accept(self, number: str) -> None:
        """Remember that the earliest round not yet marked is: a later one may not be stored by now."""
        with self.locked() as database:
            query = "SELECT min(round) FROM round WHERE number = ? AND NOT accepted"
            (round_,) = database.execute(query, (number,)).fetchone()
            known = database.execute("SELECT 1 FROM round WHERE number = ?", (number,)).fetchone()
            if round_ is not None or not known:
                database.execute("INSERT OR REPLACE INTO round VALUES (?, ?, 1)", (number, round_ or 1))
