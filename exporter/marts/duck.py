"""The embedded analytic mart: one DuckDB file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.i18n import _
from exporter.marts import MartError
from exporter.marts.schema import KINDS, TYPES
from exporter.marts.sql import Rows, SqlMart

_MEMORY = "512MB"  # what does not fit goes to the disk beside the file

READ_TYPES = {**{name: TYPES["duckdb"][kind] for name, kind in KINDS.items()}, "fingerprint": "VARCHAR"}
"""Types by which DuckDB reads a file of facts."""


class DuckMart(SqlMart):
    """A DuckDB file; one process at a time has it open for writing, which is its lock."""

    dialect = "duckdb"

    def __init__(self, path: str) -> None:
        """Open or create the file. Raises MartError."""
        try:
            import duckdb
        except ImportError as error:
            raise MartError(_("the DuckDB mart needs the extra `mart`: pip install sedlink[mart]")) from error
        self._error = duckdb.Error
        try:
            self._connection = duckdb.connect(
                path, config={"memory_limit": _MEMORY, "preserve_insertion_order": False}
            )
        except duckdb.Error as error:
            raise MartError(
                _("the mart {path} cannot be opened: {reason}; is another load at work?").format(
                    path=path, reason=_first_line(error)
                )
            ) from error

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        try:
            return self._connection.execute(statement, list(parameters)).fetchall()
        except self._error as error:
            raise MartError(_first_line(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block whole or not at all."""
        self._connection.execute("BEGIN TRANSACTION")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, self._error):
                raise MartError(_first_line(error)) from error
            raise

    def copy_in(self, table: str, kinds: dict[str, str], path: Path) -> None:
        """Read the file inside the engine."""
        types = {name: TYPES["duckdb"][kind] for name, kind in kinds.items()}
        texts = [name for name, kind in kinds.items() if kind == "text"]
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
        self.run(
            f"INSERT INTO {table} SELECT * FROM read_csv(?, header = true, delim = '\x1f', quote = '\"', "  # noqa: S608
            f"escape = '\"', auto_detect = false, columns = {{{columns}}}, "
            f"force_not_null = {texts!r}, max_line_size = 16777216)",
            (str(path),),
        )

    def moment(self, value: datetime) -> datetime:
        """DuckDB keeps instants as UTC without a zone."""
        return value.astimezone(UTC).replace(tzinfo=None)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except self._error:  # the engine has rolled back by itself: nothing is left to undo
            return


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
