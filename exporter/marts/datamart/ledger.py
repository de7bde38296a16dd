"""What went up and came to which end, in one SQLite file: files, their rows, what the mart holds.

A row counts as held only after its file came to code 3; what a killed run leaves, the next one goes on with.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from config.i18n import _
from exporter.marts import MartError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    id TEXT PRIMARY KEY, target TEXT NOT NULL, operation TEXT NOT NULL, path TEXT NOT NULL,
    bytes INTEGER NOT NULL, rows INTEGER NOT NULL, state TEXT NOT NULL, request_id TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '', parent TEXT NOT NULL DEFAULT '', at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS file_open ON file (target, state);
CREATE TABLE IF NOT EXISTS item (
    file TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (file, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (
    target TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    PRIMARY KEY (target, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
    target TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, reason TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (target, key)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a file."""

    key: str
    fingerprint: str  # "" in a delete
    record: str


@dataclass(frozen=True, slots=True)
class File:
    """A file of one operation. States: made, sent, done, failed, split."""

    id: str
    operation: str  # upload | delete
    path: Path
    bytes: int
    rows: int
    state: str
    request_id: str
    description: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that the mart did not take, and why."""

    key: str
    reason: str
    at: str


class Ledger:
    """The ledger of one target (a mart in one environment). Use as a context manager."""

    def __init__(self, path: Path, target: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._target = target
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise MartError(
                _("the ledger {path} cannot be used: {reason}").format(path=path, reason=error)
            ) from error

    def open_files(self) -> list[File]:
        """Return the files that have not come to an end, the oldest first."""
        return self._files("state IN ('made', 'sent')")

    def failed_files(self) -> list[File]:
        """Return the files that failed as a whole."""
        return self._files("state = 'failed'")

    def add(self, file: File, items: Iterable[Item], *, at: str, parent: str = "") -> None:
        """Write down a file and its rows."""
        with self._whole():
            self._db.execute(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (file.id, self._target, file.operation, str(file.path), file.bytes, file.rows, file.state,
                 file.request_id, file.description, parent, at),
            )  # fmt: skip
            rows = ((file.id, place, one.key, one.fingerprint, one.record) for place, one in enumerate(items))
            self._db.executemany("INSERT INTO item VALUES (?, ?, ?, ?, ?)", rows)

    def sent(self, file: File, request_id: str) -> None:
        """The mart took the file and named a request."""
        self._db.execute("UPDATE file SET state = 'sent', request_id = ? WHERE id = ?", (request_id, file.id))

    def unsent(self, file: File) -> None:
        """The mart knows the request no more: the file goes again."""
        self._db.execute("UPDATE file SET state = 'made', request_id = '' WHERE id = ?", (file.id,))

    def done(self, file: File) -> None:
        """Code 3: the mart holds the rows."""
        with self._whole():
            if file.operation == "delete":
                self._db.execute(
                    "DELETE FROM held WHERE target = ? AND key IN (SELECT key FROM item WHERE file = ?)",
                    (self._target, file.id),
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO held SELECT ?, key, fingerprint FROM item WHERE file = ?",
                    (self._target, file.id),
                )
            self._db.execute(
                "DELETE FROM refused WHERE target = ? AND key IN (SELECT key FROM item WHERE file = ?)",
                (self._target, file.id),
            )
            self._end(file, "done", "")

    def failed(self, file: File, reason: str) -> None:
        """The file failed as a whole: its rows are not held and go again with the next run."""
        with self._whole():
            self._end(file, "failed", reason)

    def refuse(self, file: File, reason: str, at: str) -> None:
        """A file of one row that breaks the control: the row is wrong, the reason is the mart's."""
        with self._whole():
            self._db.execute(
                "INSERT OR REPLACE INTO refused SELECT ?, key, fingerprint, ?, ? FROM item WHERE file = ?",
                (self._target, reason, at, file.id),
            )
            self._end(file, "failed", reason)

    def split(self, file: File) -> None:
        """The file goes again in halves; the halves are in the ledger already."""
        with self._whole():
            self._end(file, "split", "")

    def items(self, file: File) -> list[Item]:
        """Return the rows of a file in their order."""
        rows = self._db.execute(
            "SELECT key, fingerprint, record FROM item WHERE file = ? ORDER BY place", (file.id,)
        )
        return [Item(*row) for row in rows]

    def held(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the fingerprints under which the mart holds these keys."""
        return self._by_key("held", keys)

    def known_wrong(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the fingerprints of these rows that were refused: the same state is not sent again."""
        return self._by_key("refused", keys)

    def refusals(self) -> list[Refusal]:
        """Return the refused rows."""
        rows = self._db.execute(
            "SELECT key, reason, at FROM refused WHERE target = ? ORDER BY key", (self._target,)
        )
        return [Refusal(*row) for row in rows]

    def note_refusal(self, key: str, fingerprint: str, reason: str, at: str) -> None:
        """A row that our own checks keep back."""
        self._db.execute(
            "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?)",
            (self._target, key, fingerprint, reason, at),
        )

    def forget_refusals(self) -> int:
        """Let the refused rows be tried again; return their number."""
        return self._db.execute("DELETE FROM refused WHERE target = ?", (self._target,)).rowcount

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, file: File, state: str, description: str) -> None:
        self._db.execute(
            "UPDATE file SET state = ?, description = ? WHERE id = ?", (state, description, file.id)
        )
        self._db.execute("DELETE FROM item WHERE file = ?", (file.id,))

    def _by_key(self, table: str, keys: Sequence[str]) -> dict[str, str]:
        marks = ", ".join("?" * len(keys))
        rows = self._db.execute(
            f"SELECT key, fingerprint FROM {table} WHERE target = ? AND key IN ({marks})",  # noqa: S608 - our own names
            (self._target, *keys),
        )
        return dict(rows.fetchall())

    def _files(self, where: str) -> list[File]:
        rows = self._db.execute(
            "SELECT id, operation, path, bytes, rows, state, request_id, description FROM file "  # noqa: S608 - our own words
            f"WHERE target = ? AND {where} ORDER BY rowid",
            (self._target,),
        )
        return [File(one[0], one[1], Path(one[2]), *one[3:]) for one in rows]

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
