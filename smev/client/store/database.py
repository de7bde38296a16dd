"""The one SQLite file of the client: its tables, and transactions that are on the disk when they end."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smev.errors import SetupError

_VERSION = 1
_TABLES = """
CREATE TABLE outgoing (
    key TEXT PRIMARY KEY,              -- the caller's word for the message: one word, one message
    message_id TEXT NOT NULL UNIQUE,   -- the one it has now
    kind TEXT NOT NULL,                -- request, response, as-is
    body BLOB NOT NULL,                -- the one business element, or the envelope to send as it is
    fields TEXT NOT NULL,              -- JSON of everything else
    state TEXT NOT NULL,
    doubt INTEGER NOT NULL DEFAULT 0,  -- an attempt under this id may have been delivered
    attempts INTEGER NOT NULL DEFAULT 0,
    due TEXT NOT NULL,
    lease TEXT NOT NULL DEFAULT '',     -- an attempt may be under way until then
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '', -- the peer's own id of it
    bus_status TEXT NOT NULL DEFAULT '',
    step TEXT NOT NULL DEFAULT '',      -- what to do after the last error
    error TEXT NOT NULL DEFAULT '',     -- JSON: code, text, fields
    receipt BLOB
);
CREATE INDEX outgoing_due ON outgoing (state, due);
CREATE INDEX outgoing_reference ON outgoing (reference) WHERE reference <> '';
CREATE TABLE outgoing_id (             -- every MessageID that a message ever had
    message_id TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES outgoing ON DELETE CASCADE,
    since TEXT NOT NULL,
    reason TEXT NOT NULL               -- why the one before was given up
);
CREATE TABLE outgoing_file (
    key TEXT NOT NULL REFERENCES outgoing ON DELETE CASCADE,
    position INTEGER NOT NULL,
    uuid TEXT NOT NULL, name TEXT NOT NULL, mime_type TEXT NOT NULL, path TEXT NOT NULL,
    PRIMARY KEY (key, position)
);
CREATE TABLE incoming (
    message_id TEXT PRIMARY KEY,
    queue TEXT NOT NULL, kind TEXT NOT NULL,
    original_id TEXT NOT NULL,
    key TEXT,                          -- of the message of ours that it is about
    test INTEGER NOT NULL,
    final INTEGER NOT NULL,            -- no interim status: nothing more is to come
    handle TEXT NOT NULL,
    raw BLOB NOT NULL,
    told TEXT NOT NULL,                -- what it says, as it was understood and verified: JSON
    problem TEXT NOT NULL,             -- why it must not be acted upon: JSON as in outgoing.error
    received TEXT NOT NULL,
    times INTEGER NOT NULL DEFAULT 1,  -- how often it came
    complete TEXT,                     -- when all its files were here
    acknowledged TEXT, accepted INTEGER,
    forced INTEGER NOT NULL DEFAULT 0,
    handled TEXT                       -- when whoever reads the inbox was done with it
);
CREATE INDEX incoming_open ON incoming (received) WHERE handled IS NULL;
CREATE INDEX incoming_key ON incoming (key) WHERE key IS NOT NULL;
CREATE TABLE incoming_file (
    message_id TEXT NOT NULL REFERENCES incoming ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT NOT NULL, name TEXT NOT NULL, mime_type TEXT NOT NULL,
    path TEXT, error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message_id, position)
);
CREATE TABLE tape (                    -- octets as they passed
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL, operation TEXT NOT NULL, way TEXT NOT NULL, octets BLOB NOT NULL
);
"""


class Database:
    """A connection that threads share. Every change is one transaction, synced to the disk."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._path = path
        try:
            path.touch(mode=0o600, exist_ok=True)
            self._held = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._held.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                self._held.execute(f"PRAGMA {pragma}")
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        self._create()

    def _create(self) -> None:
        with self.change() as held:
            version = held.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _TABLES.split(";\n"):
                    held.execute(statement)
                held.execute(f"PRAGMA user_version={_VERSION}")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"made by another version of this program ({version})")

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction: committed at its end, undone by an error.

        Raises SetupError when the database fails: no room on the disk, locked for too long.
        """
        with self._lock:
            try:
                self._held.execute("BEGIN IMMEDIATE")
                yield self._held
                self._held.execute("COMMIT")
            except BaseException as error:
                if self._held.in_transaction:  # some failures of the disk end it by themselves
                    self._held.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise self._unusable(error) from error
                raise

    def settle(self) -> None:
        """Bring the log into the file: what was overwritten is not in it any more. Raises SetupError."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return the rows of a query, by names of columns. Raises SetupError."""
        with self._lock:
            try:
                return [dict(row) for row in self._held.execute(query, values)]
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> SetupError:
        return SetupError(
            "store-unusable",
            "the store {path} cannot be used: {reason}",
            path=str(self._path),
            reason=str(error),
        )

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._held.close()


def text(moment: datetime) -> str:
    """Return the moment as the tables hold it: UTC, sortable."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(value: str) -> datetime:
    """Return what `text` wrote."""
    return datetime.fromisoformat(value)
