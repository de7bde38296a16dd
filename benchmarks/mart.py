"""What loading a mart costs: sedlink beside psql \\copy and others, one PostgreSQL, one run, ratios.

    .venv/bin/python benchmarks/mart.py [--rows 1000000] [--json] [--pairs 5]
    PYTHONPATH=/tmp/peers …  # a folder with dlt, pandas, pyarrow, adbc-driver-postgresql, psycopg2-binary

The server is the embedded one of the tests with fsync on. A fact has 14 filled columns; peers load exactly
these into a table of 14 columns, sedlink keeps all of a fact's columns, so psql is also given sedlink's own
file. A peer that cannot be imported is named as absent. Slow peers load a part of the rows; rates compare.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import psycopg  # noqa: E402 - after the path

from benchmarks.measured import Results  # noqa: E402
from exporter.fact import Fact  # noqa: E402
from exporter.load import load  # noqa: E402
from exporter.marts import Spooled  # noqa: E402
from exporter.marts.registry import open_mart  # noqa: E402
from exporter.marts.schema import SPOOL_KINDS, columns_ddl  # noqa: E402
from exporter.row import Row  # noqa: E402
from exporter.spool import Spool  # noqa: E402
from tests.postgres_server import PostgresServer, binaries  # noqa: E402

COPY_HEAD, WIDE_HEAD = "of \\copy", "of \\copy, all columns"
OURS = "sedlink whole load, by turns"
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
COLUMNS = {
    "card": "text", "question": "text", "cabinet": "bigint", "organisation": "text", "region": "text",
    "municipality": "text", "category": "text", "code": "text", "received_at": "timestamptz",
    "due_at": "timestamptz", "answered_at": "timestamptz", "status": "text", "overdue": "boolean",
    "rating": "bigint",
}  # fmt: skip
SMALL_PART = {"dlt": 20, "pandas.to_sql": 20}  # such a share of the rows is enough to know the rate


@dataclass(frozen=True)
class Made:
    """So many facts, made anew at every reading."""

    count: int
    version: int = 1
    name: str = "bench"

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        for number in range(self.count):
            yield Row(_fact(number, self.version), closed=number % 3 != 0)


@dataclass(frozen=True)
class Ready:
    """Rows made beforehand."""

    made: list[Row]
    name: str = "bench"

    def rows(self) -> Iterator[Row]:
        """Yield the rows."""
        yield from self.made


def _fact(n: int, version: int) -> Fact:
    received = FIRST + timedelta(minutes=n % 500_000)
    due = received + timedelta(days=30)
    answered = received + timedelta(days=n % 45) if n % 3 else None
    return Fact(
        source="bench",
        card=f"card-{n}",
        question="1",
        version=version,
        cabinet=100 + n % 50,
        organisation=f"Администрация {n % 50}",
        region=f"{1 + n % 89:02d}000000",
        municipality=f"округ {n % 2000}",
        category=f"Категория {n % 40}",
        code=f"0005.0005.0056.{n % 1000:04d}",
        received_at=received,
        due_at=due,
        answered_at=answered,
        status="Отправлен ответ заявителю" if answered else "Назначен исполнитель",
        overdue=(answered or AS_OF) > due,
        rating=1 + n % 5 if n % 7 == 0 else None,
    )


class Bench:
    """One server, one set of files."""

    def __init__(self, server: PostgresServer, folder: Path, rows: int) -> None:
        self.server, self.folder, self.rows = server, folder, rows
        self.round = 0
        self.url = server.url(server.create())
        self.results = Results(self.postmaster())
        self.narrow = folder / "narrow.csv"
        with self.narrow.open("w", encoding="utf-8", newline="") as stream:
            out = csv.writer(stream)
            out.writerow(COLUMNS)
            for row in Made(rows).rows():
                out.writerow([_plain(getattr(row.fact, name)) for name in COLUMNS])

    def table(self, name: str) -> None:
        """Make an empty table for a peer."""
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
        self.sql(f"DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({columns}); CHECKPOINT")

    def sql(self, text: str) -> None:
        """Run SQL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(text)

    def postmaster(self) -> int:
        """Return the process whose children serve the connections."""
        with psycopg.connect(self.url) as connection:
            status = Path(f"/proc/{connection.info.backend_pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid"))

    def psql(self, command: str) -> None:
        """Run a psql command."""
        subprocess.run(
            [binaries() / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", command, self.url], check=True
        )

    def sedlink(self) -> None:
        """Measure each stage, then the replay and a correction of one row in a hundred."""
        with Spool(self.folder) as spool, closing(open_mart(self.url)) as mart:
            self.results.time(
                "sedlink rows → file", self.rows, lambda: spool.fill(Made(self.rows).rows(), AS_OF)
            )
            spooled = Spooled(spool.facts, spool.quarantine, spool.hash, spool.written, spool.survey.refused)
            wide = columns_ddl(SPOOL_KINDS, "postgresql")
            for name in ("wide_psql", "wide_own"):
                self.sql(f"CREATE TABLE {name} ({wide}); CHECKPOINT")
            texts = ", ".join(name for name, kind in SPOOL_KINDS.items() if kind == "text")
            how = f"(FORMAT csv, HEADER, DELIMITER E'\\x1f', FORCE_NOT_NULL ({texts}))"
            copy = f"\\copy wide_psql FROM '{spool.facts}' {how}"
            self.results.time("psql \\copy, all columns", self.rows, lambda: self.psql(copy))
            self.sql("CHECKPOINT")
            append = lambda: mart.copy_in("wide_own", SPOOL_KINDS, spool.facts)  # noqa: E731
            self.results.time("sedlink append, all columns", self.rows, append)
            self.sql("DROP TABLE wide_psql, wide_own; CHECKPOINT")
            for name in ("sedlink staging + merge", "sedlink replay"):
                batch = mart.begin("bench", AS_OF)
                done: list[Any] = []
                self.results.time(name, self.rows, lambda b=batch, d=done: d.append(mart.publish(b, spooled)))
                self.results.notes.append(f"{name}: inserted {done[0].inserted}, updated {done[0].updated}")
                self.sql("CHECKPOINT")

    def whole(self) -> None:
        """Measure a load from rows to merged facts."""
        self.sql("DROP TABLE fact, batch, quarantine; CHECKPOINT")
        with closing(open_mart(self.url)) as mart:
            self.results.time(
                "sedlink whole load from rows",
                self.rows,
                lambda: load(mart, Made(self.rows), AS_OF, max_refused=0),
            )

    def pairs(self, count: int) -> None:
        """Measure whole load and dlt by turns: what else the machine does weighs on both alike.

        The rows of both are made before the clock starts: the loads are compared, not this file's invention.
        """
        part = max(1, self.rows // SMALL_PART["dlt"])
        rows, dicts = Ready(list(Made(part).rows())), list(_dicts(part))
        found: dict[str, list[float]] = {"by the clock": [], "by processor time": []}
        for self.round in range(1, count + 1):
            self.sql("DROP TABLE IF EXISTS fact, batch, quarantine; CHECKPOINT")
            with closing(open_mart(self.url)) as mart:
                work = lambda m=mart: load(m, rows, AS_OF, max_refused=0)  # noqa: E731
                self.results.time(OURS, part, work)
            self.results.time("dlt, by turns", part, lambda: dlt_load(self, dicts))
            for how, rates in (("by the clock", self.results.rates), ("by processor time", self.results.cpu)):
                found[how].append(rates[OURS] / rates["dlt, by turns"])
        for how, ratios in found.items():
            told = ", ".join(f"{ratio:.1f}" for ratio in ratios)
            self.results.notes.append(f"whole load / dlt {how}, {part} rows by turns: {told}")

    def peers(self) -> None:
        """Measure whoever is installed."""
        for name, peer in PEERS.items():
            count = max(1, self.rows // SMALL_PART.get(name, 1))
            self.table("peer")
            try:
                self.results.time(name, count, lambda p=peer, n=count: p(self, n))
            except ImportError as error:
                self.results.notes.append(f"{name}: absent ({error.name})")
            except Exception as error:  # noqa: BLE001 - a peer that fails is a line of the result
                self.results.notes.append(f"{name}: failed ({type(error).__name__})")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _dicts(count: int) -> Iterator[dict[str, Any]]:
    for row in Made(count).rows():
        yield {name: getattr(row.fact, name) for name in COLUMNS}


def by_psql(bench: Bench, _count: int) -> None:
    bench.psql(f"\\copy peer FROM '{bench.narrow}' (FORMAT csv, HEADER)")


def by_psycopg(bench: Bench, count: int) -> None:
    command = "COPY peer FROM STDIN (FORMAT binary)"
    names = {"bigint": "int8", "boolean": "bool"}
    with psycopg.connect(bench.url) as connection, connection.cursor().copy(command) as copy:
        copy.set_types([names.get(kind, kind) for kind in COLUMNS.values()])
        for one in _dicts(count):
            copy.write_row(list(one.values()))


def by_duckdb(bench: Bench, _count: int) -> None:
    import duckdb
    import duckdb_extension_postgres_scanner as wheel  # type: ignore[import-not-found]

    # By its path: LOAD by name looks only into the user's own folder, then asks the network. It fits the one
    # version of DuckDB that it was built for.
    extension = next(Path(wheel.__path__[0]).rglob("*.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"ATTACH '{bench.url}' AS pg (TYPE postgres)")
    connection.execute(f"INSERT INTO pg.peer SELECT * FROM read_csv('{bench.narrow}')")


def by_adbc(bench: Bench, _count: int) -> None:
    import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-not-found]
    import pyarrow.csv as arrow_csv  # type: ignore[import-not-found]

    with adbc.connect(bench.url) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("peer_adbc", arrow_csv.open_csv(bench.narrow), mode="create")
        connection.commit()


def by_pandas(bench: Bench, count: int) -> None:
    import pandas as pd  # type: ignore[import-not-found,import-untyped]
    import sqlalchemy as sa

    frame = pd.DataFrame(_dicts(count))
    url = bench.url.replace("postgresql://", "postgresql+psycopg://")
    frame.to_sql("peer_pandas", sa.create_engine(url), index=False, chunksize=10_000)


def by_dlt(bench: Bench, count: int) -> None:
    dlt_load(bench, _dicts(count))


def dlt_load(bench: Bench, rows: Iterable[dict[str, Any]]) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt  # type: ignore[import-not-found]

    dsn = psycopg.conninfo.conninfo_to_dict(bench.url)
    with tempfile.TemporaryDirectory() as home:
        credentials = f"postgresql://postgres:unused@localhost/{dsn['dbname']}?host={dsn['host']}"
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=home,
            destination=dlt.destinations.postgres(credentials),
            dataset_name=f"bench_dlt_{bench.round}",
        )
        key = ["card", "question"]
        pipeline.run(rows, table_name="fact", write_disposition="merge", primary_key=key)


PEERS: dict[str, Callable[[Bench, int], None]] = {
    "psql \\copy": by_psql,
    "psycopg binary COPY": by_psycopg,
    "ADBC": by_adbc,
    "DuckDB postgres extension": by_duckdb,
    "pandas.to_sql": by_pandas,
    "dlt": by_dlt,
}


def memory(url: str, count: int) -> None:
    """Load so many rows and print this process's peak, MB: run as a process of its own."""
    with closing(open_mart(url)) as mart:
        load(mart, Made(count, name=f"bench-{count}"), AS_OF, max_refused=0)
    # not ru_maxrss: that one remembers the process which started this one
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")))


def peaks(bench: Bench) -> dict[str, int]:
    found = {}
    for count in (bench.rows // 10, bench.rows):
        command = [sys.executable, __file__, "--memory-of", bench.url, "--rows", str(count)]
        found[str(count)] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def show(results: Results, memory_of: dict[str, int]) -> None:
    copy, wide = results.rates.get("psql \\copy", 1.0), results.rates.get("psql \\copy, all columns", 1.0)
    cpu_wide = results.cpu.get("psql \\copy, all columns", 1.0)
    print(f"{'':32}{'rows/s':>12}{COPY_HEAD:>10}{WIDE_HEAD:>24}{'by processor time':>20}")
    for name, rate in results.rates.items():
        spent = results.cpu[name] / cpu_wide
        print(f"{name:32}{rate:>12,.0f}{rate / copy:>10.2f}{rate / wide:>24.2f}{spent:>20.2f}")
    if "dlt" in results.rates:
        whole = results.rates["sedlink whole load from rows"]
        print(f"whole load from rows / dlt: {whole / results.rates['dlt']:.1f}")
    print(
        "peak memory of a whole load, MB:",
        ", ".join(f"{rows} rows {peak}" for rows, peak in memory_of.items()),
    )
    for note in results.notes:
        print(note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pairs", type=int, help="only whole load and dlt, so many turns of rows / 20")
    parser.add_argument("--memory-of")
    chosen = parser.parse_args()
    if chosen.memory_of:
        memory(chosen.memory_of, chosen.rows)
        return
    settings = {"max_wal_size": "4GB", "shared_buffers": "128MB"}
    with tempfile.TemporaryDirectory() as folder, PostgresServer(durable=True, settings=settings) as server:
        bench = Bench(server, Path(folder), chosen.rows)
        if chosen.pairs:
            bench.pairs(chosen.pairs)
            print(*bench.results.notes, sep="\n")
            return
        bench.sedlink()
        bench.whole()
        bench.peers()
        memory_of = peaks(bench)
    if chosen.json:
        told = {"rates": bench.results.rates, "cpu": bench.results.cpu, "notes": bench.results.notes}
        print(json.dumps({**told, "memory": memory_of}))
    else:
        show(bench.results, memory_of)


if __name__ == "__main__":
    main()
