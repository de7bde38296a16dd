"""Taking content out of the store when it is old: words and files go, that there was a message stays.

What is left (key, MessageIDs, times, states) keeps the promises: a key is sent once, a message that comes
again is known, an answer finds its request.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from smev.client.files import unwritable
from smev.client.store import telling
from smev.client.store.database import Database, text

_BATCH = 200
_FRESH = timedelta(days=7)  # a file that is being adopted, or fetched in parts, has no row yet
_SENT = (  # what still has to go, or waits for a person, is left whole
    "state IN ('delivered', 'rejected', 'cancelled') AND lease = '' AND created < ? AND fields <> ''"
)
_CAME = "acknowledged IS NOT NULL AND received < ? AND length(raw) > 0"
_HANDLED = " AND (handled IS NOT NULL OR problem <> '' OR kind NOT IN ('Request', 'Response'))"
_TAPE = "at < ?"

_Empty = Callable[[sqlite3.Connection, str, str, str], tuple[int, list[Path]]]


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was, or would be, taken out."""

    sent: int  # messages of ours
    received: int
    tape: int  # envelopes as they passed
    files: int


class Pruning:
    """Empties old rows and deletes their files."""

    def __init__(self, database: Database, files: Path) -> None:
        self._database, self._folder = database, files

    def due(self, before: datetime, *, unhandled: bool = False) -> Pruned:
        """Count what `prune` would take out."""
        at, came = text(before), _came(unhandled=unhandled)
        files = self._database.rows(
            "SELECT count(*) AS number FROM (SELECT f.path FROM outgoing_file f JOIN outgoing USING (key)"  # noqa: S608
            f" WHERE {_SENT} UNION ALL SELECT f.path FROM incoming_file f JOIN incoming USING (message_id)"
            f" WHERE {came} AND f.path IS NOT NULL)",
            at,
            at,
        )[0]["number"]
        return Pruned(
            self._count("outgoing", _SENT, at), self._count("incoming", came, at),
            self._count("tape", _TAPE, at), files,
        )  # fmt: skip

    def _count(self, table: str, where: str, at: str) -> int:
        rows = self._database.rows(f"SELECT count(*) AS number FROM {table} WHERE {where}", at)  # noqa: S608
        return int(rows[0]["number"])

    def prune(self, before: datetime, now: datetime, *, unhandled: bool = False) -> Pruned:
        """Take out the content of what ended before a moment; `unhandled`: also what nobody handled.

        A transaction per batch, its files after it: a process that dies leaves files that no row names, and
        they go with the next run. Raises SetupError.
        """
        at, stamp = text(before), text(now)
        sent = self._all(self._empty_sent, _SENT, at, stamp)
        came = self._all(self._empty_came, _came(unhandled=unhandled), at, stamp)
        with self._database.change() as held:
            tape = held.execute(f"DELETE FROM tape WHERE {_TAPE}", (at,)).rowcount  # noqa: S608
        self._database.settle()
        left = sum(map(_remove, self._strays(now - _FRESH)))
        return Pruned(sent[0], came[0], tape, sent[1] + came[1] + left)

    def _all(self, empty: _Empty, where: str, at: str, now: str) -> tuple[int, int]:
        count = files = 0
        while True:
            with self._database.change() as held:
                done, paths = empty(held, where, at, now)
            files += sum(map(_remove, paths))
            count += done
            if done < _BATCH:
                return count, files

    @staticmethod
    def _empty_sent(held: sqlite3.Connection, where: str, at: str, _now: str) -> tuple[int, list[Path]]:
        query = f"SELECT key FROM outgoing WHERE {where} LIMIT {_BATCH}"  # noqa: S608
        keys = [row["key"] for row in held.execute(query, (at,))]
        paths = []
        for key in keys:
            rows = held.execute("DELETE FROM outgoing_file WHERE key = ? RETURNING path", (key,))
            paths += [Path(row["path"]) for row in rows.fetchall()]
            held.execute("UPDATE outgoing SET body = x'', fields = '', receipt = NULL WHERE key = ?", (key,))
        return len(keys), paths

    @staticmethod
    def _empty_came(held: sqlite3.Connection, where: str, at: str, now: str) -> tuple[int, list[Path]]:
        query = f"SELECT message_id, told FROM incoming WHERE {where} LIMIT {_BATCH}"  # noqa: S608
        rows = held.execute(query, (at,)).fetchall()
        paths = []
        for row in rows:
            told = telling.pack(replace(telling.unpack(row["told"]), body=None))
            files = held.execute(
                "SELECT path FROM incoming_file WHERE message_id = ? AND path IS NOT NULL",
                (row["message_id"],),
            )
            paths += [Path(one["path"]) for one in files.fetchall()]
            held.execute(
                "UPDATE incoming_file SET path = NULL, name = '' WHERE message_id = ?", (row["message_id"],)
            )
            held.execute(
                "UPDATE incoming SET raw = x'', told = ?, handled = coalesce(handled, ?)"
                " WHERE message_id = ?",
                (told, now, row["message_id"]),
            )
        return len(rows), paths

    def _strays(self, before: datetime) -> Iterator[Path]:
        """Yield old files that no row names."""
        named = {
            row["path"]
            for table in ("outgoing_file", "incoming_file")
            for row in self._database.rows(f"SELECT path FROM {table} WHERE path IS NOT NULL")  # noqa: S608
        }
        for path in self._folder.rglob("*"):
            if path.is_file() and str(path) not in named and path.stat().st_mtime < before.timestamp():
                yield path


def _came(*, unhandled: bool) -> str:
    return _CAME if unhandled else _CAME + _HANDLED


def _remove(path: Path) -> bool:
    """Delete a file and the folder it was alone in; tell whether it was there. Raises SetupError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unwritable(path, error) from error
    with suppress(OSError):  # others are in it still
        path.parent.rmdir()
    return True
