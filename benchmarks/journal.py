"""What the journal costs: the time of a claim in a full journal, and messages per second beside two peers.

    .venv/bin/python benchmarks/journal.py [--only claim|flow] [--database NAME] [--small] [--json]

`claim`: 300 000 tasks done, 50 000 ready in 300 cabinets, one blocked conversation with 20 000 followers.
`flow`: receive (pages of 100) → claim → finish, one stage per message, at batches of 1, 32, 128; beside it,
on the same database with the same durability and the same number of commits, a bare INSERT/UPDATE that
keeps nothing but a status (the limit), and on PostgreSQL `procrastinate` (defer by pages, fetch and finish
one by one: it has no batches there) when it is installed: pip install procrastinate.
Absolute figures belong to a machine and its disk, ratios hold.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [str(ROOT), *(one for one in sys.path if Path(one).resolve() != ROOT / "benchmarks")]

import psycopg  # noqa: E402 - the path above comes first

from benchmarks.full_journal import Size, fill  # noqa: E402
from connector.journal.journal import Journal  # noqa: E402
from connector.journal.records import Advanced, Released  # noqa: E402
from tests.connector.journal.support import Listed, appeal  # noqa: E402
from tests.postgres_server import PostgresServer  # noqa: E402

LEASE = timedelta(minutes=5)
BATCHES = (1, 32, 128)
PAGE = 100
ROUNDS = 300


@dataclass(frozen=True)
class ClaimTime:
    """Milliseconds of one claim in a full journal."""

    database: str
    batch: int
    median_ms: float
    p99_ms: float
    claimed: int


@dataclass(frozen=True)
class Flow:
    """Messages per second through one way of keeping them; `ratio` to the bare one at the same batch."""

    database: str
    way: str
    batch: int
    per_second: float
    ratio: float = 0.0


@contextmanager
def databases(only: str | None) -> Iterator[dict[str, Callable[[], str]]]:
    """Yield makers of fresh database URLs: a file on the disk, a database of a durable server."""
    with tempfile.TemporaryDirectory(prefix="sedlink-bench-") as folder:
        count = iter(range(1000))
        makers = {"sqlite": lambda: f"sqlite:///{folder}/journal{next(count)}.db"}
        if only == "sqlite":
            yield makers
            return
        with PostgresServer(durable=True) as server:
            makers["postgresql"] = lambda: server.url(server.create())
            yield {name: make for name, make in makers.items() if only in (None, name)}


def open_journal(url: str) -> Journal:
    Journal.upgrade(url)
    return Journal.open(url, files=Path(tempfile.gettempdir()) / "sedlink-bench-files")


def claim_times(database: str, url: str, size: Size) -> Iterator[ClaimTime]:
    """Measure claims that are handed back at once, so that each finds the same journal."""
    Journal.upgrade(url)
    fill(url, size)
    with closing(open_journal(url)) as journal:
        for batch in BATCHES:
            times, claimed = [], 0
            for _round in range(ROUNDS):
                begun = time.perf_counter()
                works = journal.claim("bench", batch, LEASE)
                times.append((time.perf_counter() - begun) * 1000)
                claimed += len(works)
                journal.finish([Released(work.lease) for work in works])
            p99 = statistics.quantiles(times, n=100)[-1]
            yield ClaimTime(
                database, batch, round(statistics.median(times), 2), round(p99, 2), claimed // ROUNDS
            )


def messages(count: int) -> list[Listed]:
    template = replace(appeal(), text="Просим отремонтировать дорогу у школы. " * 20)
    raw = json.dumps({"description": template.text, "padding": "x" * 1500}, ensure_ascii=False)
    return [Listed(str(n), raw, replace(template, platform_id=str(n))) for n in range(count)]


def through_journal(url: str, listed: list[Listed], batch: int) -> None:
    with closing(open_journal(url)) as journal:
        for start in range(0, len(listed), PAGE):
            journal.receive(7, [(one, 1) for one in listed[start : start + PAGE]])
        while works := journal.claim("bench", batch, LEASE):
            journal.finish([Advanced(work.lease, None) for work in works])


def bare_sqlite(url: str, listed: list[Listed], batch: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        bare(connection, listed, batch, "BEGIN IMMEDIATE", "?")


def bare_postgresql(url: str, listed: list[Listed], batch: int) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        bare(connection, listed, batch, "BEGIN", "%s")


def bare(connection: sqlite3.Connection, listed: list[Listed], batch: int, begin: str, mark: str) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE queue (id integer PRIMARY KEY, raw text, status integer)")
    cursor.execute("CREATE INDEX ready ON queue (id) WHERE status = 0")
    for start in range(0, len(listed), PAGE):
        cursor.execute(begin)
        rows = [(int(one.platform_id), one.raw) for one in listed[start : start + PAGE]]
        cursor.executemany(f"INSERT INTO queue VALUES ({mark}, {mark}, 0)", rows)
        cursor.execute("COMMIT")
    while True:
        cursor.execute(begin)
        cursor.execute(f"SELECT id, raw FROM queue WHERE status = 0 ORDER BY id LIMIT {batch}")
        ids = [(row[0],) for row in cursor.fetchall()]
        cursor.executemany(f"UPDATE queue SET status = 1 WHERE id = {mark}", ids)
        cursor.execute("COMMIT")
        if not ids:
            return
        cursor.execute(begin)
        cursor.executemany(f"UPDATE queue SET status = 2 WHERE id = {mark}", ids)
        cursor.execute("COMMIT")


def through_procrastinate(url: str, listed: list[Listed], _batch: int) -> None:
    """One worker of concurrency 1; its own defaults otherwise. Batches exist for deferring only."""
    from procrastinate import App, SyncPsycopgConnector
    from procrastinate.jobs import Status

    connector = SyncPsycopgConnector(conninfo=url)
    app = App(connector=connector)

    @app.task(queue="bench", name="accept")
    def accept(raw: str) -> None:
        raise AssertionError(f"fetched and finished below, never run: {len(raw)}")

    with app.open():
        app.schema_manager.apply_schema()
        for start in range(0, len(listed), PAGE):
            accept.batch_defer(*({"raw": one.raw} for one in listed[start : start + PAGE]))
        while row := connector.execute_query_one(
            "SELECT id FROM procrastinate_fetch_job_v2(%(queues)s, NULL)", queues=["bench"]
        ):
            if row["id"] is None:
                return
            connector.execute_query(
                "SELECT procrastinate_finish_job_v1(%(id)s, %(status)s, false)",
                id=row["id"],
                status=Status.SUCCEEDED.value,
            )


def flows(database: str, make: Callable[[], str], count: int) -> Iterator[Flow]:
    limit = bare_sqlite if database == "sqlite" else bare_postgresql
    for batch in BATCHES:
        listed = messages(count if batch > 1 else count // 4)
        base = rate(limit, make(), listed, batch)
        yield Flow(database, "bare INSERT/UPDATE", batch, round(base), 1.0)
        ours = rate(through_journal, make(), listed, batch)
        yield Flow(database, "journal", batch, round(ours), round(ours / base, 2))
        if database == "postgresql" and batch == 1:
            yield from procrastinate_flow(make(), listed, base)


def procrastinate_flow(url: str, listed: list[Listed], base: float) -> Iterator[Flow]:
    try:
        import procrastinate
    except ImportError:
        print("procrastinate is not installed: pip install procrastinate", file=sys.stderr)
        return
    theirs = rate(through_procrastinate, url, listed, 1)
    way = f"procrastinate {procrastinate.__version__}"
    yield Flow("postgresql", way, 1, round(theirs), round(theirs / base, 2))


def rate(way: Callable[[str, list[Listed], int], None], url: str, listed: list[Listed], batch: int) -> float:
    begun = time.perf_counter()
    way(url, listed, batch)
    return len(listed) / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("claim", "flow"))
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--small", action="store_true", help="a tenth of everything, to try the benchmark")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    size = Size().divided(10) if options.small else Size()
    rows: list[ClaimTime | Flow] = []
    with databases(options.database) as makers:
        for database, make in makers.items():
            if options.only != "flow":
                rows += claim_times(database, make(), size)
            if options.only != "claim":
                rows += flows(database, make, 400 if options.small else 4000)
    for row in rows:
        line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(row)}
        print(json.dumps(line) if options.json else "  ".join(f"{k}={v}" for k, v in asdict(row).items()))


if __name__ == "__main__":
    main()
