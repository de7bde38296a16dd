"""The upgrade of a full journal while others write into it: how long does it take, how long do they stand?"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

import connector.journal
from benchmarks.full_journal import Size, fill
from connector.journal.clock import utc_now
from connector.journal.engine import Database
from connector.journal.files import FileStore
from connector.journal.journal import Journal
from connector.journal.part import Context
from connector.journal.records import Released
from tests.connector.journal.support import listed

LEASE = timedelta(minutes=5)
MIGRATIONS = Path(connector.journal.__file__).parent / "migrations"


class Writer(threading.Thread):
    """Receives, claims and finishes without a pause, and keeps the time of every round of it.

    It is opened past the check of the revision, as a daemon is that was started before the upgrade; nothing
    of what it does needs a table or a column that is younger than the first schema.
    """

    def __init__(self, url: str, files: Path, number: int) -> None:
        super().__init__()
        self._db = Database(url)
        self._journal = Journal(Context(self._db, utc_now), FileStore(files, max_size=1 << 20))
        self._number = number
        self.rounds: list[tuple[float, float]] = []  # when it began, how long it took
        self.failure: Exception | None = None
        self.stop = threading.Event()
        self._news = threading.Condition()
        self._over = False

    def run(self) -> None:
        """Write until told to stop."""
        count = 0
        try:
            while not self.stop.is_set():
                begun = time.perf_counter()
                name = f"new-{self._number}-{count}"
                self._journal.receive(7, [(listed(name), 1)])
                works = self._journal.claim(f"writer-{self._number}", 8, LEASE)
                self._journal.finish([Released(work.lease) for work in works])
                with self._news:
                    self.rounds.append((begun, time.perf_counter() - begun))
                    self._news.notify_all()
                count += 1
        except Exception as failure:  # noqa: BLE001 - told by the one who measures
            self.failure = failure
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()
            self._db.close()

    def wait(self, rounds: int) -> None:
        """Wait until so many rounds are done, or until it has failed."""
        with self._news:
            self._news.wait_for(lambda: self._over or len(self.rounds) >= rounds)


def measure(url: str, messages: int) -> Iterator[str]:
    """Yield lines that tell what an upgrade from the first schema did to two writers."""
    with closing(Database(url)) as db:
        db.write(_first_schema)
    fill(url, Size(done=messages, ready=messages // 6, followers=messages // 15))
    with tempfile.TemporaryDirectory() as files:
        writers = [Writer(url, Path(files), number) for number in range(2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.wait(20)
        begun = time.perf_counter()
        revision = Journal.upgrade(url)
        ended = time.perf_counter()
        after = [len(writer.rounds) + 20 for writer in writers]
        for writer, rounds in zip(writers, after, strict=True):
            writer.wait(rounds)
        for writer in writers:
            writer.stop.set()
            writer.join()
    for writer in writers:
        if writer.failure:
            raise SystemExit(f"a writer failed: {writer.failure!r}")
    before = [took for writer in writers for at, took in writer.rounds if at + took < begun]
    during = [took for writer in writers for at, took in writer.rounds if at + took >= begun and at <= ended]
    yield (
        f"0001 → {revision} with {messages} messages in {ended - begun:.1f} s; a writer's round took "
        f"{statistics.median(before) * 1000:.0f} ms before, at the worst {max(during):.1f} s meanwhile; "
        "none failed"
    )


def _first_schema(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    connection.execute(text("SELECT 1"))
    command.upgrade(config, "0001")
