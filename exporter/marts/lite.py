"""The smallest mart: one SQLite file, nothing to install."""

import csv
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from config.i18n import _
from exporter.fact import SEPARATOR
from exporter.marts import MartError
from exporter.marts.sql import Rows, SqlMart

_BATCH = 5000

_READ: dict[str, Callable[[str], Any]] = {
    "text": str,
    "time": lambda cell: cell or None,
    "int": lambda cell: int(cell) if cell else None,
    "flag": lambda cell: None if not cell else int(cell == "True"),
}


class LiteMart(SqlMart):
    """An SQLite file in WAL mode; its write lock is the mart's lock."""

    dialect = "sqlite"
    day = "substr({}, 1, 10)"

    def __init__(self, path: str) -> None:
        """Open or create the file. Raises MartError."""
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=60)
            self._connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise MartError(
                _("the mart {path} cannot be opened: {reason}").format(path=path, reason=error)
            ) from error

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            return self._connection.execute(statement, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            raise MartError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block whole or not at all."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise MartError(str(error)) from error
            raise

    def copy_in(self, table: str, kinds: dict[str, str], path: Path) -> None:
        """Insert in batches."""
        read = [_READ[kind] for kind in kinds.values()]
        statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(read))})"  # noqa: S608 - our own names
        with path.open(encoding="utf-8", newline="") as stream:
            lines = csv.reader(stream, delimiter=SEPARATOR)
            next(lines)
            rows = ([one(cell) for one, cell in zip(read, line, strict=True)] for line in lines)
            while batch := list(islice(rows, _BATCH)):
                self._connection.executemany(statement, batch)

    def moment(self, value: datetime) -> str:
        """Return the instant as the spool writes it, so that texts compare as instants do."""
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
