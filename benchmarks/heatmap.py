"""What the heat map costs over many facts, beside a bare SQL of the same sums in the same engine.

    .venv/bin/python benchmarks/heatmap.py [--rows 12000000] [--rounds 3] [--json]

`sums`: sedlink's statement of everything that adds up (finest cells and all eight roll-ups) beside one bare
GROUP BY territory, category, kind with the same counts. `medians`: sedlink's medians of days and ratings
for all roll-ups beside bare statements of the same. `page`: from cells to the finished page.
The two of a pair run in turns: a ratio is the median of the pairs', by the clock and by processor time, which
says what the work costs where the machine is busy with others. Absolute figures belong to a machine.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [str(ROOT), *(one for one in sys.path if Path(one).resolve() != ROOT / "benchmarks")]

import duckdb  # noqa: E402 - the path above comes first

from exporter.heatmap.engine import MEMORY, DuckEngine  # noqa: E402
from exporter.heatmap.layout import load_layout, tiles  # noqa: E402
from exporter.heatmap.metrics import METRICS, MetricName  # noqa: E402
from exporter.heatmap.page import page  # noqa: E402
from exporter.heatmap.query import Scope, count, medians, sums  # noqa: E402
from exporter.heatmap.view import View  # noqa: E402
from exporter.marts.schema import KINDS, columns_ddl  # noqa: E402

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
_MADE = """
INSERT INTO fact BY NAME
SELECT 'list' AS source, n::VARCHAR AS card, '1' AS question, n AS version, 101 + n % 40 AS cabinet,
    place.oktmo AS region, place.name AS region_name, 'Категория ' || (hash(n * 3) % 33) AS category,
    CASE WHEN n % 3 = 0 THEN 'appeal' ELSE 'message' END AS kind,
    TIMESTAMP '2024-01-01' + to_seconds((hash(n * 5) % 68000000)::BIGINT) AS received_at,
    received_at + INTERVAL 30 DAY AS due_at,
    CASE WHEN n % 10 < 9 THEN received_at + to_seconds((hash(n * 7) % 3456000)::BIGINT) END AS answered_at,
    n % 6 = 0 AS overdue, n % 8 = 0 AS repeated, n % 8 <> 0 AS new,
    CASE WHEN n % 5 = 0 THEN 1 + hash(n * 11) % 5 END AS rating, false AS deleted
FROM range(?) AS made(n) JOIN place ON place.spot = hash(n) % 89
"""
_BARE = """
SELECT region, category, kind, max(region_name), count(*),
    count(CASE WHEN overdue AND answered_at IS NOT NULL THEN 1 END),
    count(CASE WHEN overdue AND answered_at IS NULL THEN 1 END),
    count(CASE WHEN due_at < ? AND overdue IS NOT NULL THEN 1 END),
    count(CASE WHEN due_at < ? AND overdue THEN 1 END), count(CASE WHEN repeated THEN 1 END),
    count(CASE WHEN new THEN 1 END), count(answered_at),
    count(CASE WHEN answered_at >= received_at THEN 1 END),
    sum(CASE WHEN answered_at >= received_at
        THEN epoch_us(answered_at) - epoch_us(received_at) END) / 86400e6,
    count(rating)
FROM fact WHERE NOT deleted GROUP BY region, category, kind
"""
_BARE_MEDIANS = """
SELECT {names}
    median(CASE WHEN answered_at >= received_at
        THEN (epoch_us(answered_at) - epoch_us(received_at)) / 86400e6 END),
    median(rating)
FROM fact WHERE NOT deleted {group}
"""


def make(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    connection.execute(f"CREATE TABLE fact ({columns_ddl(KINDS, 'duckdb')})")
    connection.execute("CREATE TEMP TABLE place (spot BIGINT, oktmo VARCHAR, name VARCHAR)")
    places = [(at, place.oktmo, place.name) for at, place in enumerate(load_layout(None))]
    connection.executemany("INSERT INTO place VALUES (?, ?, ?)", places)
    connection.execute(_MADE, [rows])


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long the work took by the clock and by processor time."""
    start, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - spent


def paired(name: str, rounds: int, bare: Callable[[], object], own: Callable[[], object]) -> dict[str, float]:
    """Run both in turns; return the best times and the medians of the ratios."""
    pairs = [(taken(bare), taken(own)) for _round in range(rounds)]
    return {
        f"bare_{name}": min(wall for (wall, _cpu), _own in pairs),
        name: min(wall for _bare, (wall, _cpu) in pairs),
        f"{name}_ratio": median(own[0] / bare[0] for bare, own in pairs),
        f"{name}_cpu_ratio": median(own[1] / bare[1] for bare, own in pairs),
    }


def bare_medians(engine: DuckEngine) -> None:
    for kept in product((True, False), repeat=3):
        names = [name for name, keep in zip(("region", "category", "kind"), kept, strict=True) if keep]
        group = f"GROUP BY {', '.join(names)}" if names else ""
        engine.rows(_BARE_MEDIANS.format(names="".join(f"{name}, " for name in names), group=group))


def own_medians(engine: DuckEngine, scope: Scope) -> None:
    for statement, parameters in medians(engine, scope):
        engine.rows(statement, parameters)


def measure(path: Path, rows: int, rounds: int) -> dict[str, float]:
    with duckdb.connect(str(path)) as writing:
        make(writing, rows)
    settings = {"memory_limit": MEMORY, "preserve_insertion_order": False}
    with duckdb.connect(str(path), read_only=True, config=settings) as connection:
        engine = DuckEngine(connection, duckdb.Error)
        scope = Scope(by="region", as_of=AS_OF, zone=ZoneInfo("Europe/Moscow"))
        ripe = engine.moment(scope.start(AS_OF.astimezone(scope.zone).date()))
        bare_sums = partial(engine.rows, _BARE, (ripe, ripe))
        told = paired("sums", rounds, bare_sums, lambda: engine.rows(*sums(engine, scope)))
        told |= paired("medians", rounds, partial(bare_medians, engine), partial(own_medians, engine, scope))
        heat = count(engine, scope)
    view = View(heat, scope, METRICS[MetricName.COUNT], tiles(heat, load_layout(None)), None, "benchmark", ())
    told["page"] = min(taken(lambda: page(view))[0] for _round in range(rounds))
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return told


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=12_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder) / "mart.duckdb", given.rows, given.rounds)
    if given.json:
        print(json.dumps({"rows": given.rows, **told}))
        return
    print(f"{given.rows:,} facts")
    for name, value in told.items():
        print(f"{name:>17}  {value:10.3f}")


if __name__ == "__main__":
    main()
