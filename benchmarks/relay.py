"""Messages a second through the whole exchange, beside the limit and a job queue.

    python benchmarks/relay.py [--messages 300] [--memory 1000 10000]

Every contestant meets a stand of its own with the same seed, does the same HTTP calls and writes the same
folders, by the same adapters, and is stopped by the clock of the stand: everything told to the platform.

- bare: no journal at all; what is lost when it dies is lost. The limit.
- sedlink: the daemon as a process, SQLite (synchronous=FULL) and PostgreSQL, 1 and 4 workers.
- procrastinate: one job a message and one a reply on PostgreSQL (where it is installed), the same adapters.

`--memory` runs only sedlink on SQLite with each number of messages and prints its peak resident memory.
"""

import argparse
import hashlib
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.stand_process import ask, stand, until
from connector.appeal import Appeal, CardRef, EventKind, Reply, StoredFile, key_uuid


@dataclass(frozen=True)
class Result:
    """One contestant's run."""

    name: str
    messages: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def quick(told: dict[str, Any], database: str, workers: int) -> dict[str, str]:
    """Return what every contestant lays over the stand's configuration."""
    polls = {f"SEDLINK__CABINET__{opa_id}__POLL": "1s" for opa_id in told["cabinets"]}
    return {
        **os.environ,
        "SEDLINK__PLATFORM__CALLS_PER_SECOND": "0",  # the stand takes what comes
        **polls,
        "SEDLINK__SED__DELO__POLL": "1s",
        "SEDLINK__SED__DELO__SETTLE": "0.1",
        "SEDLINK__JOURNAL__DATABASE": database,
        "SEDLINK__DAEMON__WORKERS": str(workers),
        "SEDLINK__LOG__LEVEL": "error",
    }


def peak_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def timed(name: str, messages: int, role: str, workers: int, database: str) -> Result:
    """Run a contestant against a stand until the stand has heard everything, and judge the run."""
    options = ("--pace", "0", "--seed", "1", "--messages", str(messages))
    with tempfile.TemporaryDirectory() as folder, stand(Path(folder), *options) as told:
        config, environment = str(told["config"]), quick(told, database, workers)
        command = [sys.executable, __file__, "--role", role, config]
        if role == "sedlink":
            upgrade = [sys.executable, "-m", "cli", "db", "upgrade", "--config", config]
            subprocess.run(upgrade, check=True, env=environment, stdout=subprocess.DEVNULL)
            command = [sys.executable, "-m", "cli", "run", "--config", config]
        process = subprocess.Popen(command, env=environment)
        try:
            seconds = until(lambda: ask(told, "state")["settled"], name, math.inf, by=process, pause=0.1)
            peak = peak_mb(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        found = ask(told, "reconciliation")
        if not found["exact"]:
            wrong = {what: len(found[what]) for what in ("lost", "doubled", "out_of_order", "wrong")}
            print(f"  {name}: NOT exact: {wrong}")
        return Result(name, found["received"], seconds, peak)


# ---- the same exchange without a journal


class Bare:
    """What a script would do: list, download, accept, write the folder; read reports, upload, send."""

    def __init__(self, config: Path) -> None:
        from config.load import load
        from connector.lifecycle import default_table
        from connector.runtime import build_links

        self.settings = load(config)
        self.links = build_links(self.settings, None)  # type: ignore[arg-type]  # no table, no codes
        self.sed = self.links.seds["delo"]
        self.table = default_table()
        self.seen: set[str] = set()
        self.events: set[str] = set()
        self.cards: dict[str, Any] = {}
        self.rounds: dict[str, Any] = {}
        self.states: dict[str, Any] = {}

    def new(self) -> list[Appeal]:
        """List what was not listed before."""
        found = []
        for cabinet in self.links.cabinets.values():
            for page in cabinet.platform.pages():
                for received in page.messages:
                    appeal = received.appeal
                    assert appeal is not None
                    if received.round_told:
                        appeal = replace(appeal, round=received.round_told)
                    if appeal.key not in self.seen:
                        self.seen.add(appeal.key)
                        found.append(appeal)
        return found

    def hand_over(self, appeal: Appeal) -> None:
        """Bring the files, mark accepted, write the folder."""
        platform = self.links.cabinets[appeal.opa_id].platform
        files, bodies = [], {}
        for attachment in appeal.attachments:
            with platform.download(attachment) as download:
                body = b"".join(download.body)
            digest = hashlib.sha256(body).hexdigest()
            bodies[digest] = body
            files.append(StoredFile(digest, len(body), download.name, download.media_type))
        platform.accept(appeal.platform_id)
        self.rounds[str(key_uuid(appeal.key))] = appeal
        self.sed.register(appeal, tuple(files), lambda stored: BytesIO(bodies[stored.sha256]))

    def replies(self) -> list[Reply]:
        """Read what the SED tells and say what the platform must hear."""
        from connector.lifecycle import State, judge
        from connector.relay.replies import reply_to

        page = self.sed.changes("", 500)
        found = []
        for event in page.events:
            appeal = self.rounds.get(event.key)
            if event.id in self.events or appeal is None:
                continue
            self.events.add(event.id)
            verdict = judge(self.states.get(event.key, State.PENDING), event, self.table)
            self.states[event.key] = verdict.state
            if event.kind is EventKind.REGISTERED:
                self.cards[event.key] = CardRef(event.number, event.number, event.document_date)
            if verdict.rule:
                found.append(
                    reply_to(
                        opa_id=appeal.opa_id, platform_id=appeal.platform_id, round_=appeal.round,
                        card=self.cards.get(event.key), event=event, rule=verdict.rule,
                    )
                )  # fmt: skip
        self.sed.acknowledge(page.receipts)
        return found

    def send(self, replies: list[Reply]) -> None:
        """Send the replies of one conversation, in order."""
        for reply in replies:
            platform = self.links.cabinets[reply.opa_id].platform
            ids = []
            for file in reply.files:
                with self.sed.open_file(file.ref) as stream:
                    body = stream.read()
                stored = StoredFile(hashlib.sha256(body).hexdigest(), len(body), file.name, file.media_type)
                ids.append(platform.upload(stored, BytesIO(body)))
            platform.send(reply, tuple(ids))


def by_conversation(replies: list[Reply]) -> list[list[Reply]]:
    lanes: dict[str, list[Reply]] = {}
    for reply in replies:
        lanes.setdefault(reply.platform_id, []).append(reply)
    return list(lanes.values())


def run_bare(config: Path) -> None:
    bare = Bare(config)
    with ThreadPoolExecutor(bare.settings.daemon.workers) as pool:
        while True:
            list(pool.map(bare.hand_over, bare.new()))
            list(pool.map(bare.send, by_conversation(bare.replies())))


def run_procrastinate(config: Path) -> None:
    """One job a message, one job a conversation's replies; the queue's own worker with the same threads."""
    import asyncio
    import threading

    import procrastinate

    bare = Bare(config)
    parked: dict[int, Any] = {}
    url = bare.settings.journal.database.replace("postgresql+psycopg", "postgresql")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    @app.task(name="hand_over")
    def hand_over(number: int) -> None:
        bare.hand_over(parked.pop(number))

    @app.task(name="send")
    def send(number: int) -> None:
        bare.send(parked.pop(number))

    def feed() -> None:
        number = 0
        sync_app = app.with_connector(procrastinate.SyncPsycopgConnector(conninfo=url))
        with sync_app.open():
            while True:
                work = [("hand_over", one) for one in bare.new()]
                work += [("send", lane) for lane in by_conversation(bare.replies())]
                for name, what in work:
                    number += 1
                    parked[number] = what
                    sync_app.configure_task(name).defer(number=number)

    async def main() -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            threading.Thread(target=feed, daemon=True).start()
            await app.run_worker_async(
                concurrency=bare.settings.daemon.workers, install_signal_handlers=False
            )

    asyncio.run(main())


# ---- the table


def contestants(messages: int, numbers: Sequence[int]) -> Iterator[Result]:
    from importlib.util import find_spec

    from tests.postgres_server import PostgresServer  # the wheel's server, as the tests start it

    sqlite = "sqlite:///sedlink.db"
    for workers in numbers:
        many = f"{workers} workers"
        yield timed(f"bare, {many}", messages, "bare", workers, sqlite)
        yield timed(f"sedlink SQLite, {many}", messages, "sedlink", workers, sqlite)
        with PostgresServer(durable=True) as server:
            url = server.url(server.create())
            yield timed(f"sedlink PostgreSQL, {many}", messages, "sedlink", workers, url)
            if find_spec("procrastinate"):
                url = server.url(server.create())
                yield timed(f"procrastinate, {many}", messages, "procrastinate", workers, url)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 4])
    parser.add_argument("--memory", type=int, nargs="*", default=[])
    parser.add_argument("--role", choices=["bare", "procrastinate"], help=argparse.SUPPRESS)
    parser.add_argument("config", type=Path, nargs="?", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role:
        {"bare": run_bare, "procrastinate": run_procrastinate}[asked.role](asked.config)
        return
    os.environ["LC_ALL"] = "C"
    for messages in asked.memory:
        result = timed("sedlink", messages, "sedlink", 4, "sqlite:///sedlink.db")
        print(f"{messages:>7} messages: {result.rate:6.1f}/s, peak {result.peak_mb:.0f} MB", flush=True)
    if asked.memory:
        return
    limits: dict[str, float] = {}
    for result in contestants(asked.messages, asked.workers):
        workers = result.name.split(", ")[1].split()[0]
        limits.setdefault(workers, result.rate)
        ratio = result.rate / limits[workers]
        line = f"{result.name:<32} {result.rate:7.1f} messages/s  ×{ratio:.2f} of bare"
        print(f"{line}  {result.peak_mb:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
