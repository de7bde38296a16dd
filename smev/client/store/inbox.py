"""Messages that came: kept as received, each once however often it comes, with the files that came along."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from smev.client.store import telling, troubles
from smev.client.store.database import Database, moment, text
from smev.client.words import Incoming, Queue
from smev.envelope.words import Received
from smev.errors import SmevError


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a message; `path` is None while it is not here, `error` says why."""

    position: int
    id: str
    name: str
    mime_type: str
    path: Path | None
    error: SmevError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """A message that came and what was done about it. Times are UTC."""

    message_id: str
    queue: Queue
    kind: str
    original_id: str
    key: str | None
    test: bool
    final: bool
    handle: str
    raw: bytes = field(repr=False)
    message: Received = field(repr=False)
    problem: SmevError | None
    received: datetime
    times: int
    complete: datetime | None
    acknowledged: datetime | None
    accepted: bool | None
    forced: bool
    handled: datetime | None
    files: tuple[StoredFile, ...] = ()


_COLUMNS = tuple(
    {"message": "told"}.get(name, name) for name in InboxEntry.__dataclass_fields__ if name != "files"
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM incoming"  # noqa: S608 - names of columns


class Inbox:
    """The table of messages that came."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, incoming: Incoming, now: datetime, key: str | None) -> InboxEntry:
        """Keep a message, or count that it came again. `key` is of the message of ours that it is about."""
        with self._database.change() as held:
            known = held.execute(
                "SELECT problem FROM incoming WHERE message_id = ?", (incoming.message_id,)
            ).fetchone()
            if known is not None and known["problem"] and not incoming.problem:
                held.execute("DELETE FROM incoming WHERE message_id = ?", (incoming.message_id,))
                known = None  # what could not be trusted came anew, and now it can be
            if known is None:
                _insert(held, incoming, text(now), key)
            else:
                held.execute(
                    "UPDATE incoming SET times = times + 1, handle = ? WHERE message_id = ?",
                    (incoming.handle, incoming.message_id),
                )
        return self.get(incoming.message_id)

    def get(self, message_id: str) -> InboxEntry:
        """Return the message. Raises KeyError."""
        found = self._entries(f"{_SELECT} WHERE message_id = ?", message_id)
        if not found:
            raise KeyError(message_id)
        return found[0]

    def find(self, message_id: str) -> InboxEntry | None:
        """Return the message, None when it never came."""
        return next(iter(self._entries(f"{_SELECT} WHERE message_id = ?", message_id)), None)

    def about(self, key: str) -> list[InboxEntry]:
        """Return what came about a message of ours, oldest first."""
        return self._entries(f"{_SELECT} WHERE key = ? ORDER BY received, rowid", key)

    def file_here(self, message_id: str, position: int, path: Path) -> None:
        """Note that a file is here, whole and checked."""
        self._file(message_id, position, str(path), None)

    def file_broken(self, message_id: str, position: int, error: SmevError) -> None:
        """Note why a file is not here."""
        self._file(message_id, position, None, error)

    def _file(self, message_id: str, position: int, path: str | None, error: SmevError | None) -> None:
        with self._database.change() as held:
            held.execute(
                "UPDATE incoming_file SET path = ?, error = ? WHERE message_id = ? AND position = ?",
                (path, troubles.pack(error), message_id, position),
            )

    def complete(self, message_id: str, now: datetime) -> None:
        """Note that everything of the message is here: it may be acknowledged and read."""
        self._stamp("complete", message_id, now)

    def force(self, message_id: str, now: datetime) -> None:
        """Note that the message has to do without the files that are not here: nobody asks for them."""
        self._stamp("complete", message_id, now)
        with self._database.change() as held:
            held.execute("UPDATE incoming SET forced = 1 WHERE message_id = ?", (message_id,))

    def acknowledged(self, message_id: str, now: datetime, *, accepted: bool) -> None:
        """Note that the message was acknowledged."""
        with self._database.change() as held:
            held.execute(
                "UPDATE incoming SET acknowledged = ?, accepted = ? WHERE message_id = ?",
                (text(now), accepted, message_id),
            )

    def handled(self, message_id: str, now: datetime) -> None:
        """Note that whoever reads the inbox is done with the message."""
        self._stamp("handled", message_id, now)

    def replay(self, message_id: str, message: Received) -> None:
        """Give the message, as it was understood anew, to whoever reads the inbox once more."""
        with self._database.change() as held:
            held.execute(
                "UPDATE incoming SET handled = NULL, told = ? WHERE message_id = ?",
                (telling.pack(message), message_id),
            )

    def waiting(self, queue: Queue | None = None, limit: int = 1000) -> list[InboxEntry]:
        """Return whole, trusted messages that nobody has handled yet, oldest first."""
        return self._entries(
            f"{_SELECT} WHERE handled IS NULL AND complete IS NOT NULL AND problem = ''"
            " AND (? IS NULL OR queue = ?) ORDER BY received, rowid LIMIT ?",
            queue,
            queue,
            limit,
        )

    def unacknowledged(self) -> list[InboxEntry]:
        """Return messages that are whole, or not to be trusted, and not acknowledged yet."""
        return self._entries(
            f"{_SELECT} WHERE acknowledged IS NULL AND (complete IS NOT NULL OR problem <> '')"
            " ORDER BY received, rowid"
        )

    def latest(self, limit: int = 1000, *, incomplete: bool = False) -> list[InboxEntry]:
        """Return the latest messages, newest first; `incomplete`: only those whose files are not all here."""
        wanted = " WHERE complete IS NULL AND problem = '' AND acknowledged IS NULL" if incomplete else ""
        return self._entries(f"{_SELECT}{wanted} ORDER BY received DESC, rowid DESC LIMIT ?", limit)

    def counts(self) -> Mapping[str, int]:
        """Return the number of messages: all, and those that wait for something."""
        return self._database.rows(
            "SELECT count(*) AS received, count(*) FILTER (WHERE acknowledged IS NULL) AS unacknowledged,"
            " count(*) FILTER (WHERE handled IS NULL AND complete IS NOT NULL AND problem = '') AS waiting,"
            " count(*) FILTER (WHERE complete IS NULL AND problem = '' AND acknowledged IS NULL)"
            " AS incomplete,"
            " count(*) FILTER (WHERE problem <> '') AS distrusted, coalesce(sum(times - 1), 0) AS repeated"
            " FROM incoming"
        )[0]

    def _stamp(self, column: str, message_id: str, now: datetime) -> None:
        with self._database.change() as held:
            held.execute(
                f"UPDATE incoming SET {column} = coalesce({column}, ?) WHERE message_id = ?",  # noqa: S608
                (text(now), message_id),
            )

    def _entries(self, query: str, *values: object) -> list[InboxEntry]:
        rows = self._database.rows(query, *values)
        return [_entry(row, self._files(row["message_id"])) for row in rows]

    def _files(self, message_id: str) -> tuple[StoredFile, ...]:
        rows = self._database.rows(
            "SELECT position, id, name, mime_type, path, error FROM incoming_file"
            " WHERE message_id = ? ORDER BY position",
            message_id,
        )
        return tuple(
            StoredFile(
                **row
                | {
                    "path": None if row["path"] is None else Path(row["path"]),
                    "error": troubles.unpack(row["error"]),
                }
            )
            for row in rows
        )


def _insert(held: sqlite3.Connection, incoming: Incoming, at: str, key: str | None) -> None:
    message, problem, told = incoming.message, troubles.pack(incoming.problem), telling.pack(incoming.message)
    held.execute(
        "INSERT INTO incoming (message_id, queue, kind, original_id, key, test, final, handle, raw, told,"
        " problem, received) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(incoming.message_id, incoming.queue, message.kind, incoming.original_id, key),
            *(message.test, incoming.final, incoming.handle, incoming.raw, told, problem, at),
        ),
    )
    held.executemany(
        "INSERT INTO incoming_file (message_id, position, id, name, mime_type) VALUES (?, ?, ?, ?, ?)",
        [
            (incoming.message_id, number, one.id, one.name, one.mime_type)
            for number, one in enumerate(incoming.files)
        ],
    )


def _entry(row: Mapping[str, Any], files: Sequence[StoredFile]) -> InboxEntry:
    values = {name: row[name] for name in _COLUMNS if name != "told"}
    values["message"] = telling.unpack(row["told"])
    for name in ("received", "complete", "acknowledged", "handled"):
        values[name] = None if row[name] is None else moment(row[name])
    for name in ("test", "final", "forced"):
        values[name] = bool(row[name])
    values["accepted"] = None if row["accepted"] is None else bool(row["accepted"])
    values |= {"queue": Queue(row["queue"]), "problem": troubles.unpack(row["problem"])}
    return InboxEntry(**values, files=tuple(files))
