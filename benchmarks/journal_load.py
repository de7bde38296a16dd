"""Years of messages through the journal's own calls: do memory and the time to claim grow, does the size?

    .venv/bin/python benchmarks/journal_load.py [--messages 1000000] [--database sqlite|postgresql]
    .venv/bin/python benchmarks/journal_load.py --retention [--messages 200000] [--keep 20000] [--trace 40000]

A message is listed by page and marked accepted; every `--whole`th goes its whole way: registered, answered
by an event of the SED, the answer sent. Some thousand always wait. Each line tells one stretch: messages a
second, median and p99 of the time to claim a batch, resident memory, size of the database.

`--retention`: the same inflow under a clock that runs with it; whoever is older than the `--keep` newest
messages is purged as the daemon does it daily. Told are the whole size, the bytes a purged message leaves
and what it held before. With `--trace` the second period runs, too: what has been purged for so many messages
is erased, the trail sealed and cut, and the size must stay level. Absolute figures belong to a machine; what
must hold is that lines do not grow.
"""

import argparse
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [str(ROOT), *(one for one in sys.path if Path(one).resolve() != ROOT / "benchmarks")]

from sqlalchemy import create_engine, text  # noqa: E402 - the path above comes first

from connector.appeal import EventKind  # noqa: E402
from connector.journal.journal import Journal  # noqa: E402
from connector.journal.records import Advanced, Outcome, Stage, Work  # noqa: E402
from connector.lifecycle import State  # noqa: E402
from tests.connector.journal.support import Changes, Listed, appeal, event, judge  # noqa: E402
from tests.postgres_server import PostgresServer  # noqa: E402

PAGE = 100
BATCH = 128
CABINETS = 300
BACKLOG = 1000  # messages that wait between two stretches of work: a claim never finds an empty queue
LEASE = timedelta(minutes=5)
STEP = timedelta(seconds=10)  # by which the retention's clock goes on with every page


@dataclass
class Stretch:
    """What one stretch of the run measured."""

    claims: list[float] = field(default_factory=list)  # milliseconds
    begun: float = field(default_factory=time.perf_counter)
    first: int = 0

    def line(self, done: int, database: str, megabytes: float) -> str:
        rate = (done - self.first) / (time.perf_counter() - self.begun)
        p99 = statistics.quantiles(self.claims, n=100)[-1]
        return (
            f"{database:<10} {done:>9} messages  {rate:6.0f}/s  claim median "
            f"{statistics.median(self.claims):5.2f} ms, p99 {p99:6.2f} ms  "
            f"memory {resident():4.0f} MB  database {megabytes:6.0f} MB"
        )


class Run:
    """One journal with messages running through it."""

    def __init__(self, journal: Journal, whole: int, clock: Callable[[], datetime] | None = None) -> None:
        self.journal = journal
        self.whole = whole
        self.stretch = Stretch()
        self.done = 0
        self._listed = itertools.count()
        self._told: deque[tuple[int, str]] = deque()  # registered, not answered yet
        self._pages = itertools.count()
        self._template = replace(appeal(), text="Просим отремонтировать дорогу у школы. " * 20)
        self._clock = clock

    def page(self) -> None:
        """One page of one cabinet's list, then the work that it makes and the SED's answers."""
        number = next(self._pages)
        opa_id = 1 + number % CABINETS
        self.journal.receive(opa_id, [(self._message(opa_id), 1) for _one in range(PAGE)])
        if number * PAGE > BACKLOG:
            self._work(2 * PAGE)
        if len(self._told) >= PAGE:
            answers = tuple(self._answer(*self._told.popleft()) for _one in range(PAGE))
            self.journal.record_events("delo", Changes(answers, str(number)), judge, "sed:delo")
            self._work(PAGE)

    def _message(self, opa_id: int) -> Listed:
        name = str(next(self._listed))
        raw = f'{{"id": {name}, "padding": "{random.Random(name).randbytes(500).hex()}"}}'
        return Listed(name, raw, replace(self._template, opa_id=opa_id, platform_id=name))

    def _answer(self, opa_id: int, platform_id: str):  # noqa: ANN202 - the journal's own word
        words = "Дорога отремонтирована. " * 20
        told = event(f"e{platform_id}", EventKind.ANSWER, platform_id, opa_id=opa_id, text=words)
        return replace(told, at=self._clock() if self._clock else datetime.now(UTC))

    def _work(self, steps: int) -> None:
        while steps > 0:
            begun = time.perf_counter()
            works = self.journal.claim("bench", min(steps, BATCH), LEASE)
            self.stretch.claims.append((time.perf_counter() - begun) * 1000)
            if not works:
                return
            lost = self.journal.finish([self._outcome(work) for work in works])
            if lost:
                raise SystemExit(f"leases lost: {lost}")
            steps -= len(works)

    def _outcome(self, work: Work) -> Outcome:
        if work.stage is Stage.ACCEPT and int(work.platform_id) % self.whole:
            self.done += 1
            return Advanced(work.lease, None, state=State.ACCEPTED, note="accepted")
        if work.stage is Stage.ACCEPT:
            return Advanced(work.lease, Stage.REGISTER, "sed:delo", state=State.ACCEPTED, note="accepted")
        if work.stage is Stage.REGISTER:
            self._told.append((work.opa_id, work.platform_id))
            return Advanced(work.lease, None, state=State.REGISTERED, note="registered")
        self.done += 1
        return Advanced(work.lease, None, note="reply-sent")


def resident() -> float:
    """Return this process's resident memory, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def size_mb(url: str) -> float:
    """Return how large the database is, its log included."""
    if url.startswith("sqlite"):
        base = url.removeprefix("sqlite:///")
        return sum(Path(base + tail).stat().st_size for tail in ("", "-wal")) / (1 << 20)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    return float(found) / (1 << 20)


@contextmanager
def fresh(database: str) -> Iterator[str]:
    """Make an empty, durable database of one kind."""
    if database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="sedlink-load-") as folder:
            yield f"sqlite:///{folder}/journal.db"
        return
    with PostgresServer(durable=True, settings={"max_wal_size": "1GB", "autovacuum_naptime": "5s"}) as server:
        yield server.url(server.create())


def load(database: str, count: int, every: int, whole: int) -> None:
    """Run messages through and tell each stretch, then how the last compares with the second."""
    told: list[tuple[float, float]] = []
    with fresh(database) as url, opened(url) as journal:
        run = Run(journal, whole)
        while run.done < count:
            run.page()
            if run.done - run.stretch.first >= every:
                print(run.stretch.line(run.done, database, size_mb(url)), flush=True)
                told.append((statistics.median(run.stretch.claims), resident()))
                run.stretch = Stretch(first=run.done)
    (claim, memory), (last_claim, last_memory) = told[min(1, len(told) - 1)], told[-1]
    print(
        f"{database}: last stretch to the second: claim ×{last_claim / claim:.2f}, "
        f"memory ×{last_memory / memory:.2f}",
        flush=True,
    )


@contextmanager
def opened(url: str, clock: Callable[[], datetime] | None = None) -> Iterator[Journal]:
    """Make the tables and open the journal."""
    Journal.upgrade(url)
    with (
        tempfile.TemporaryDirectory() as files,
        Journal.open(url, files=Path(files), clock=clock) as journal,
    ):
        yield journal


class RunningClock:
    """A clock that the run itself moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def retain(database: str, count: int, keep: int, trace: int) -> None:
    """Run messages through while the old ones are purged and erased, and tell how the size goes."""
    clock = RunningClock()
    with fresh(database) as url, opened(url, clock) as journal:
        run, purged, sizes = Run(journal, 1, clock), 0, []
        while run.done < count:
            run.page()
            clock.now += STEP
            if run.done - run.stretch.first >= keep:
                begun = time.perf_counter()
                fresh_purge = journal.purge(clock.now - STEP * (keep // PAGE))
                took = time.perf_counter() - begun
                purged += fresh_purge
                told = erase(journal, clock.now - STEP * (trace // PAGE)) if trace else ""
                sizes.append(size_mb(url))
                line = run.stretch.line(run.done, database, sizes[-1])
                print(f"{line}  purged {purged} ({fresh_purge} in {took:.1f} s){told}", flush=True)
                run.stretch = Stretch(first=run.done)
        if trace:
            tell_level(database, sizes, journal, (keep + trace) // keep + 1)
        else:
            tell_growth(database, sizes, keep)


def erase(journal: Journal, before: datetime) -> str:
    """Erase as the daemon does it daily; return what it came to and how long it took."""
    begun = time.perf_counter()
    gone = journal.erase(before)
    return f"  erased {gone.rounds} and {gone.lines} lines in {time.perf_counter() - begun:.1f} s"


def tell_level(database: str, sizes: list[float], journal: Journal, full: int) -> None:
    """Tell how the size went on once both periods were full, and that the trail still proves itself."""
    level, check, counts = sizes[full:] or sizes[-1:], journal.check_seals(), journal.counts()
    print(
        f"{database}: both periods full at {level[0]:.0f} MB, then {min(level):.0f} to {max(level):.0f} MB "
        f"(last to first ×{level[-1] / level[0]:.2f}); received {counts.received}, erased {counts.erased}; "
        f"trail {'proves itself' if check.ok else 'IS BROKEN'} from line {check.cut and check.cut.upto} on",
        flush=True,
    )


def tell_growth(database: str, sizes: list[float], keep: int) -> None:
    """Tell what a message takes while it is kept whole and what it leaves for ever."""
    whole, half = sizes[0] / keep, len(sizes) // 2
    left = (sizes[-1] - sizes[half]) / (keep * (len(sizes) - 1 - half))
    print(
        f"{database}: a message takes {whole * 1024:.2f} KB while it is kept, "
        f"leaves {left * 1024:.2f} KB when purged: ×{left / whole:.2f}",
        flush=True,
    )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=50_000, help="messages in a stretch")
    parser.add_argument("--whole", type=int, default=10, help="every so many goes the whole way")
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--retention", action="store_true")
    parser.add_argument("--keep", type=int, default=20_000, help="messages that retention leaves whole")
    parser.add_argument("--trace", type=int, default=0, help="messages that lie between purge and erasure")
    asked = parser.parse_args()
    for database in [asked.database] if asked.database else ["sqlite", "postgresql"]:
        if asked.retention:
            retain(database, asked.messages, asked.keep, asked.trace)
        else:
            load(database, asked.messages, min(asked.every, asked.messages), asked.whole)


if __name__ == "__main__":
    main()
