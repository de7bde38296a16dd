"""A mart in an SQL engine: what PostgreSQL, DuckDB and SQLite do alike. The engines are modules beside.

The merge runs under the engine's own lock on the mart, so that two loads never work at once.
"""

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from exporter.marts import Batch, BatchKind, BatchState, Difference, Refused, Spooled, Take, Tally, statements
from exporter.marts.schema import BATCH_KINDS, QUARANTINE_KINDS, SPOOL_KINDS, columns_ddl, tables

Rows = list[tuple[Any, ...]]
_BATCH = ", ".join(BATCH_KINDS)


class SqlMart(ABC):
    """The Mart protocol over an engine that knows how to run a statement and to stage a CSV file."""

    dialect: str
    day = "CAST({} AS DATE)"
    has_doubles = statements.HAS_DOUBLES

    @abstractmethod
    def run(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """Run one statement, `?` for parameters; return its rows. Raises MartError."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Hold the mart's lock for a block that commits whole or not at all."""

    @abstractmethod
    def copy_in(self, table: str, kinds: dict[str, str], path: Path) -> None:
        """Fill a temporary table from a CSV file with a header; an empty cell is NULL but in texts."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the mart."""

    def staged(self, table: str) -> None:  # noqa: B027 - most engines need nothing
        """Do what the engine wants to know about a table that was just filled."""

    def fill(self, at: Any, number: int) -> int:  # noqa: ANN401 - the driver's instant
        """Bring what is staged into an empty `fact`; return how many older states of a key were left out."""
        doubled = self.drop_doubles()
        self.run(statements.INSERT_ALL, (at, number))
        return doubled

    def drop_doubles(self) -> int:
        """Leave the newest state of every key in what is staged; return how many others there were."""
        if not self.run(self.has_doubles):
            return 0
        before = self.run("SELECT count(*) FROM staged")[0][0]
        self.run(statements.DOUBLES)
        return int(before - self.run("SELECT count(*) FROM staged")[0][0])

    def ahead(self) -> AbstractContextManager[Take | None]:
        """Most engines take the whole file at once, inside this process: nothing is won by haste."""
        return nullcontext()

    def moment(self, value: datetime) -> Any:  # noqa: ANN401 - what the driver takes for an instant
        """Return an instant as the driver wants it."""
        return value

    def prepare(self) -> None:
        """Create what is missing."""
        with self.transaction():
            for statement in tables(self.dialect):
                self.run(statement)

    def begin(self, source: str, as_of: datetime, kind: BatchKind = BatchKind.LOAD) -> Batch:
        """Open a batch, or take over the one that a killed load left open."""
        with self.transaction():
            left = self._batches(
                "WHERE source = ? AND kind = ? AND state = 'open' ORDER BY number LIMIT 1",
                (source, str(kind)),
            )
            if left:
                batch = replace(left[0], as_of=as_of)
                self.run("UPDATE batch SET as_of = ? WHERE number = ?", (self.moment(as_of), batch.number))
                return batch
            return self._new(source, as_of, kind)

    def _new(self, source: str, as_of: datetime, kind: BatchKind) -> Batch:
        number = self.run("SELECT coalesce(max(number), 0) + 1 FROM batch")[0][0]
        batch = Batch(number, str(uuid.uuid4()), source, BatchState.OPEN, "", as_of, kind)
        self._write(batch)
        return batch

    def _still_open(self, batch: Batch) -> Batch:
        """Return the batch, or a new one when a load at the same time took it over and was done first."""
        if self._batches("WHERE number = ? AND state = 'open'", (batch.number,)):
            return batch
        return self._new(batch.source, batch.as_of, batch.kind)

    def publish(self, batch: Batch, spooled: Spooled) -> Batch:
        """Stage, merge and write down the batch in one transaction."""
        with self.transaction():
            batch = self._still_open(batch)
            self._stage(spooled)
            at = self.moment(batch.as_of)
            doubled, rows, inserted, updated, unchanged = self._merge(at, batch.number)
            self.run(statements.RELEASE)
            self._quarantine(batch.number)
            done = replace(
                batch,
                state=BatchState.PUBLISHED,
                hash=spooled.hash,
                rows=spooled.rows,
                inserted=inserted,
                updated=updated,
                unchanged=unchanged,
                stale=rows - inserted - updated - unchanged,
                doubled=doubled,
                refused=spooled.refused,
            )
            self._finish(done)
        return done

    def hold(self, batch: Batch, spooled: Spooled) -> Batch:
        """Keep the refused rows in the quarantine and publish nothing."""
        done = replace(
            batch, state=BatchState.HELD, hash=spooled.hash, rows=spooled.rows, refused=spooled.refused
        )
        with self.transaction():
            self._stage_refused(spooled)
            self._quarantine(batch.number)
            self._finish(done)
        return done

    def last(self, source: str) -> Batch | None:
        """Return the youngest published batch that was read from the source itself."""
        found = self._batches(
            "WHERE source = ? AND state = 'published' AND kind = 'load' ORDER BY number DESC LIMIT 1",
            (source,),
        )
        return found[0] if found else None

    def batches(self, limit: int = 50) -> list[Batch]:
        """Return the ledger, the youngest first."""
        return self._batches("ORDER BY number DESC LIMIT ?", (limit,))

    def quarantined(self, source: str = "") -> Iterator[Refused]:
        """Yield the rows that wait for a correction."""
        columns = ", ".join((*QUARANTINE_KINDS, "batch"))
        rows = self.run(
            f"SELECT {columns} FROM quarantine WHERE ? IN ('', source) ORDER BY source, card, question",  # noqa: S608
            (source,),
        )
        for row in rows:
            named = dict(zip((*QUARANTINE_KINDS, "batch"), row, strict=True))
            reasons, fact = json.loads(named.pop("reasons")), json.loads(named.pop("fact"))
            yield Refused(**named, reasons=reasons, fact=fact)

    def compare(self, source: str, spooled: Spooled, limit: int) -> tuple[list[Tally], list[Difference]]:
        """Count both sides and name what differs; the mart is not changed."""
        with self.transaction():
            self._stage(spooled)
            self.drop_doubles()
            counted = self.run(statements.tallies(self.day), (source,))
            differing = self.run(statements.DIFFERENCES, (source, limit))
        tallies = [Tally(day_of(row[0]), row[1], row[2], int(row[3]), int(row[4])) for row in counted]
        return tallies, [Difference(*row) for row in differing]

    def _merge(self, at: Any, number: int) -> tuple[int, int, int, int, int]:  # noqa: ANN401 - the driver's
        """Bring what is staged into `fact`; return how many were doubled, came, are new, changed, stayed."""
        if not self.run("SELECT 1 FROM fact LIMIT 1"):
            doubled = self.fill(at, number)
            rows = int(self.run("SELECT count(*) FROM staged")[0][0])
            return doubled, rows, rows, 0, 0
        doubled = self.drop_doubles()
        counts = self.run(statements.COUNT, (at, at))[0]
        rows, inserted, updated, unchanged, newer = (int(count or 0) for count in counts)
        if newer:
            self.run(statements.UPDATE, (at, number, at))
        if inserted:
            self.run(statements.INSERT, (at, number))
        return doubled, rows, inserted, updated, unchanged

    def _stage(self, spooled: Spooled) -> None:
        """Bring the batch into temporary tables."""
        self._stage_facts(spooled.facts)
        self.staged("staged")
        self._stage_refused(spooled)

    def _stage_facts(self, path: Path) -> None:
        self._make_staged()
        self.copy_in("staged", SPOOL_KINDS, path)

    def _make_staged(self) -> None:
        self.run("DROP TABLE IF EXISTS staged")
        self.run(f"CREATE TEMPORARY TABLE staged ({columns_ddl(SPOOL_KINDS, self.dialect)})")

    def _stage_refused(self, spooled: Spooled) -> None:
        self.run("DROP TABLE IF EXISTS refused")
        self.run(f"CREATE TEMPORARY TABLE refused ({columns_ddl(QUARANTINE_KINDS, self.dialect)})")
        self.copy_in("refused", QUARANTINE_KINDS, spooled.quarantine)

    def _quarantine(self, number: int) -> None:
        self.run(statements.FORGET)
        self.run(statements.QUARANTINE, (number,))

    def _batches(self, rest: str, parameters: Sequence[Any]) -> list[Batch]:
        rows = self.run(f"SELECT {_BATCH} FROM batch {rest}", parameters)  # noqa: S608 - our own words
        return [_batch(dict(zip(BATCH_KINDS, row, strict=True))) for row in rows]

    def _write(self, batch: Batch) -> None:
        marks = ", ".join("?" * len(BATCH_KINDS))
        self.run(f"INSERT INTO batch ({_BATCH}) VALUES ({marks})", self._values(batch))  # noqa: S608 - ours

    def _finish(self, batch: Batch) -> None:
        self.run("DELETE FROM batch WHERE number = ?", (batch.number,))
        self._write(batch)

    def _values(self, batch: Batch) -> list[Any]:
        said = {field.name: getattr(batch, field.name) for field in fields(batch)}
        said.update(as_of=self.moment(batch.as_of), state=str(batch.state), kind=str(batch.kind))
        return [said[name] for name in BATCH_KINDS]


def _batch(said: dict[str, Any]) -> Batch:
    as_of = said.pop("as_of")
    if isinstance(as_of, str):
        as_of = datetime.fromisoformat(as_of)
    as_of = as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)
    return Batch(as_of=as_of, state=BatchState(said.pop("state")), kind=BatchKind(said.pop("kind")), **said)


def day_of(value: Any) -> date | None:  # noqa: ANN401 - as the driver gives it
    """Return a day, however the driver gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value
