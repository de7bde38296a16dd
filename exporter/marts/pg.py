"""The mart for many readers: PostgreSQL. The batch goes in by COPY of the very bytes of its file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from config.i18n import _
from exporter.marts import MartError, Take, statements
from exporter.marts.ahead import Ahead
from exporter.marts.schema import KEY, SPOOL_KINDS
from exporter.marts.sql import Rows, SqlMart

_CHUNK = 1 << 18
_LOCK = 0x5ED11_4A27  # of our loads, in the database's own table of locks

_OWN_KEY = (  # whether the key is there and ours to remake: the tables may be another role's
    "SELECT 1 FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid "
    "WHERE conrelid = 'fact'::regclass AND conname = 'fact_pkey' AND pg_has_role(relowner, 'USAGE')"
)


class PostgresMart(SqlMart):
    """A PostgreSQL database."""

    dialect = "postgresql"
    has_doubles = statements.MAY_HAVE_DOUBLES

    def __init__(self, conninfo: str) -> None:
        """Connect. Raises MartError."""
        try:
            import psycopg
        except ImportError as error:
            raise MartError(
                _("PostgreSQL needs the extra `postgres`: pip install sedlink[postgres]")
            ) from error
        self._error, self._double = psycopg.Error, psycopg.errors.UniqueViolation
        self._ahead: Ahead | None = None
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(
                conninfo, autocommit=True, options="-c timezone=UTC -c work_mem=128MB"
            )
        except psycopg.Error as error:
            raise MartError(_("the mart cannot be reached: {reason}").format(reason=_line(error))) from error

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        query = statement.replace("?", "%s")
        try:
            cursor = self._connection.execute(query, tuple(parameters) or None)
            return cursor.fetchall() if cursor.description else []
        except self._error as error:
            raise MartError(_line(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the advisory lock; commit the block whole or not at all."""
        if self._ahead is not None:
            self._ahead.finish()
        try:
            with self._connection.transaction():
                self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                yield
        except self._error as error:
            raise MartError(_line(error)) from error

    def copy_in(self, table: str, kinds: dict[str, str], path: Path) -> None:
        """Stream the file."""
        command = _copy(table, kinds, header=True)
        try:
            with path.open("rb") as stream, self._connection.cursor().copy(command) as copy:
                while chunk := stream.read(_CHUNK):
                    copy.write(chunk)
        except self._error as error:
            raise MartError(_line(error)) from error

    @contextmanager
    def ahead(self) -> Iterator[Take]:
        """Let the server parse what has been read while the source is read on."""
        self._make_staged()
        command = _copy("staged", SPOOL_KINDS, header=False)
        with Ahead(lambda lines: self._send(command, lines)) as opened:
            self._ahead = opened
            try:
                yield opened.take
            finally:
                self._ahead = None

    def _send(self, command: str, lines: bytes) -> None:
        try:
            with self._connection.cursor().copy(command) as copy:
                copy.write(lines)
        except self._error as error:
            raise MartError(_line(error)) from error

    def _stage_facts(self, path: Path) -> None:
        if self._ahead is None:  # else the lines are there already
            super()._stage_facts(path)

    def staged(self, table: str) -> None:
        """Let the planner know how large the batch is: a temporary table is never analysed by itself."""
        if self.run("SELECT 1 FROM fact LIMIT 1"):  # else there is nothing to plan for
            self.run(f"ANALYZE {table} ({', '.join(KEY)})")

    def fill(self, at: datetime, number: int) -> int:
        """Make the key after the rows: sorting them once is cheaper than finding each one's place.

        The key itself says whether a key came twice, which few batches have: they pay by a second try.
        """
        if not self.run(_OWN_KEY):
            return super().fill(at, number)
        self.run("ALTER TABLE fact DROP CONSTRAINT fact_pkey")
        try:
            with self._connection.transaction():
                self._fill_and_key(at, number)
        except MartError as error:
            if not isinstance(error.__cause__, self._double):
                raise
        else:
            return 0
        doubled = self.drop_doubles()
        self._fill_and_key(at, number)
        return doubled

    def _fill_and_key(self, at: datetime, number: int) -> None:
        self.run(statements.INSERT_ALL, (at, number))
        self.run(f"ALTER TABLE fact ADD PRIMARY KEY ({', '.join(KEY)})")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _copy(table: str, kinds: dict[str, str], *, header: bool) -> str:
    texts = ", ".join(name for name, kind in kinds.items() if kind == "text")
    return (
        f"COPY {table} FROM STDIN (FORMAT csv, HEADER {header}, DELIMITER E'\\x1f', FORCE_NOT_NULL ({texts}))"
    )


def _line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
