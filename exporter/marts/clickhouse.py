"""The mart for those who outgrow one machine: ClickHouse, over its HTTP interface or embedded (chdb).

There are no transactions, so a batch goes in three steps: its rows are made ready in tables of its own, its
line in the ledger says so, and one ATTACH makes all of them visible. What was killed before the line is
begun anew; what was killed after it is carried to its end by the next load. Rows order themselves by
version (clickhouse_sql.py), so that no lock is needed for the newest to win.
"""

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.i18n import _
from exporter.marts import (
    Batch,
    BatchKind,
    BatchState,
    Difference,
    MartError,
    Spooled,
    Take,
    Tally,
    statements,
)
from exporter.marts import clickhouse_sql as sql
from exporter.marts.ahead import Ahead
from exporter.marts.schema import QUARANTINE_KINDS, SPOOL_KINDS
from exporter.marts.sql import Rows, SqlMart, day_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_READ = {  # how it reads the spool's files
    "format_csv_delimiter": "\x1f",
    "format_csv_allow_single_quotes": 0,
    "date_time_input_format": "best_effort",
}

_SETTINGS = {"join_use_nulls": 0}  # what the statements rely on, whatever the server's profile says


class ClickHouseMart(SqlMart):
    """A database of a ClickHouse server; `options` are those of `clickhouse_connect.get_client`."""

    dialect = "clickhouse"
    day = "toDate({})"

    def __init__(self, options: Mapping[str, Any], database: str) -> None:
        """Connect. Raises MartError."""
        self._connection, self._error = connect(options, database)
        self._ahead: Ahead | None = None
        self._token = ""  # names the tables of the load at work
        self._ready = ""  # the token of a batch whose line says that it is ready

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement."""
        query = statement.replace("?", "%s")
        try:
            if query.lstrip().upper().startswith(("SELECT", "WITH")):
                return [tuple(row) for row in self._connection.query(query, list(parameters)).result_rows]
            self._connection.command(query, list(parameters) or None)
        except self._error as error:
            raise MartError(_line(error)) from error
        return []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """There is none; what lines were sent ahead are there before anything else is done."""
        if self._ahead is not None:
            self._ahead.finish()
        yield

    def copy_in(self, table: str, kinds: dict[str, str], path: Path) -> None:
        """Stream the file."""
        with path.open("rb") as stream:
            self._insert(table, list(kinds), stream, header=True)

    @contextmanager
    def ahead(self) -> Iterator[Take]:
        """Let the server parse what has been read while the source is read on."""
        self._make_own()
        token, table, names = self._token, f"staged_{self._token}", list(SPOOL_KINDS)
        try:
            with Ahead(lambda lines: self._send(table, names, lines)) as opened:
                self._ahead = opened
                yield opened.take
        finally:
            self._ahead = None
            if self._ready != token:  # else a batch waits for them
                self._drop(token)

    def prepare(self) -> None:
        """Create what is missing, drop what dead loads left."""
        for statement in sql.TABLES:
            self.run(statement)
        for (name,) in self.run(sql.LEFT_BEHIND):
            self.run(f"DROP TABLE IF EXISTS {name}")

    def begin(self, source: str, as_of: datetime, kind: BatchKind = BatchKind.LOAD) -> Batch:
        """Carry to its end what was ready, then open a batch or take over the one that was left open."""
        for own_id, token in self.run(sql.READY, (source, str(kind))):
            [batch] = self._batches("WHERE id = ?", (own_id,))
            self._carry(batch, token)
        found = self._batches(
            "WHERE source = ? AND kind = ? AND state = 'open' ORDER BY number LIMIT 1", (source, str(kind))
        )
        if not found:
            return self._new(source, as_of, kind)
        batch = replace(found[0], as_of=as_of)
        self._write(batch)
        return batch

    def publish(self, batch: Batch, spooled: Spooled) -> Batch:
        """Make the rows ready, say so in the ledger, make them visible all at once."""
        with self.transaction():
            batch = self._still_open(batch)
            self._stage(spooled)
            doubled, token = self.drop_doubles(), self._token
            at = self.moment(batch.as_of)
            rows, inserted, updated, unchanged, newer = map(int, self.run(sql.count(token), (at, at))[0])
            if newer:
                self.run(sql.prepare_rows(token), (at, batch.number, at, at))
            ready = replace(
                batch,
                hash=spooled.hash,
                rows=spooled.rows,
                inserted=inserted,
                updated=updated,
                unchanged=unchanged,
                stale=rows - inserted - updated - unchanged,
                doubled=doubled,
                refused=spooled.refused,
            )
            self._write(ready, token)
            self._ready = token
            return self._carry(ready, token)

    def hold(self, batch: Batch, spooled: Spooled) -> Batch:
        """Keep the refused rows in the quarantine and publish nothing."""
        done = replace(
            batch, state=BatchState.HELD, hash=spooled.hash, rows=spooled.rows, refused=spooled.refused
        )
        with self.transaction():
            if self._ahead is None:
                self._make_own()
            self._stage_refused(spooled)
            self._put_aside(self._token, batch.number)
            self._write(done)
            self._drop(self._token)
        return done

    def compare(self, source: str, spooled: Spooled, limit: int) -> tuple[list[Tally], list[Difference]]:
        """Count both sides and name what differs; the mart is not changed."""
        self._stage(spooled)
        token = self._token
        counted = self.run(statements.tallies(self.day, sql.newest(token)), (source,))
        differing = self.run(sql.differences(token), (source, limit))
        self._drop(token)
        tallies = [Tally(day_of(row[0]), row[1], row[2], int(row[3]), int(row[4])) for row in counted]
        return tallies, [Difference(*row) for row in differing]

    def moment(self, value: datetime) -> str:
        """Return the instant as ClickHouse compares it with its own; UTC."""
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def close(self) -> None:
        """Close the connection."""
        with suppress(self._error):
            self._connection.close()

    def _carry(self, batch: Batch, token: str) -> Batch:
        """Bring a batch that is ready to its end; harmless to repeat at any point."""
        if self.run(sql.EXISTS, (f"coming_{token}",)):
            if self.run(f"SELECT 1 FROM coming_{token} LIMIT 1"):  # noqa: S608 - our own name
                self.run(sql.carry(token))
            self.run(sql.release(f"staged_{token}"))
            self._put_aside(token, batch.number)
        done = replace(batch, state=BatchState.PUBLISHED)
        self._write(done)
        self._drop(token)
        return done

    def _put_aside(self, token: str, number: int) -> None:
        self.run(sql.refuse(token), (number,))

    def drop_doubles(self) -> int:
        """Count them: what makes rows visible takes the newest state of a key by itself."""
        return int(self.run(sql.doubled(self._token))[0][0])

    def _stage(self, spooled: Spooled) -> None:
        if self._ahead is None:
            self._make_own()
            self.copy_in(f"staged_{self._token}", SPOOL_KINDS, spooled.facts)
        self._stage_refused(spooled)

    def _stage_refused(self, spooled: Spooled) -> None:
        self.copy_in(f"refused_{self._token}", QUARANTINE_KINDS, spooled.quarantine)

    def _make_own(self) -> None:
        """Make this load's tables under a name of their own: a ready batch may wait under the last one."""
        self._token = uuid.uuid4().hex
        for statement in sql.staging(self._token).values():
            self.run(statement)

    def _drop(self, token: str) -> None:
        for name in sql.staging(token):
            self.run(f"DROP TABLE IF EXISTS {name}")

    def _write(self, batch: Batch, ready: str = "") -> None:
        self.run(sql.WRITE_BATCH, [*self._values(batch), ready])

    def _send(self, table: str, names: list[str], lines: bytes) -> None:
        self._insert(table, names, lines, header=False)

    def _insert(self, table: str, names: list[str], data: Any, *, header: bool) -> None:  # noqa: ANN401 - stream or bytes
        settings = {**_READ, "input_format_csv_skip_first_lines": int(header)}
        try:
            self._connection.raw_insert(
                table, column_names=names, insert_block=data, fmt="CSV", settings=settings
            )
        except self._error as error:
            raise MartError(_line(error)) from error


def connect(options: Mapping[str, Any], database: str) -> "tuple[Client, type[Exception]]":
    """Open a client in a database, made if it is missing; and what the client raises. Raises MartError."""
    try:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ClickHouseError
    except ImportError as error:
        raise MartError(
            _("ClickHouse needs the extra `clickhouse`: pip install sedlink[clickhouse]")
        ) from error
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())  # it raises what it logs
    try:
        client = clickhouse_connect.get_client(settings=_SETTINGS, **options)
        try:
            known = client.query("SELECT 1 FROM system.databases WHERE name = %s", [database]).result_rows
            if not known:
                client.command(f"CREATE DATABASE IF NOT EXISTS `{database}`")
            client.database = database
        except BaseException:
            client.close()
            raise
    except ImportError as error:
        raise MartError(_("the embedded ClickHouse needs the package chdb: pip install chdb")) from error
    except ClickHouseError as error:
        raise MartError(_("the mart cannot be reached: {reason}").format(reason=_line(error))) from error
    return client, ClickHouseError


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:400]
