"""Nothing lost, nothing doubled, whatever dies: daemons, database, connections, disk, clock.

    python benchmarks/chaos.py [--kills 1000] [--crashes 100] [--daemons 2] [--seed 1] [--database sqlite]

A round is a stand with all its faults (slow, 5xx, cut before and after the commit, doubled, out of order,
expired tokens, garbage, half-written folders), a journal and daemons, each a process. A seeded plan
kills the daemons at random moments and at the named points of `connector.crashpoints`, freezes one beyond its
lease and wakes it again, stops PostgreSQL in immediate mode and starts it, fills the disk of the file store
(a small tmpfs, where we may mount one), sets the daemons' clocks apart by minutes (where libfaketime is
installed). When the stand has heard everything, a last daemon finishes in peace, and the stand's own ledger
judges. Rounds follow each other until the kills are used up. The seed of a failing round is printed: run it
again with `--seed N --rounds 1` (the plan is the same, the operating system's timing is not).
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.relay import ask
from connector.crashpoints import POINTS, VARIABLE
from tests.postgres_server import PostgresServer

LEASE = 4  # seconds
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
DISK = 48  # MB of the small disk
JUDGED = ("lost", "doubled", "out_of_order", "wrong")


@dataclass
class Tally:
    """What was done to the daemons and what came of it, over all rounds."""

    kills: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    messages: int = 0
    rounds: int = 0

    @property
    def killed(self) -> int:
        return sum(self.kills.values())


@dataclass
class Life:
    """One daemon from its start to its death; `dies` is the moment, when it is not a named point."""

    process: subprocess.Popen[bytes]
    point: str
    ear: socket.socket
    spare: float  # seconds it may live after it is ready
    ready: float = 0.0
    frozen_until: float = 0.0


class Chaos:
    """One round."""

    def __init__(self, options: argparse.Namespace, seed: int, tally: Tally, folder: Path) -> None:
        self.options = options
        self.seed = seed
        self.tally = tally
        self.folder = folder
        self.dice = random.Random(seed)
        self.told: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.server: PostgresServer | None = None
        self.lives: list[Life] = []
        self.disk: Path | None = None
        self.disk_full_until = 0.0

    def run(self) -> None:
        """Play the round and judge it."""
        with ExitStack() as stack:
            self.told = stack.enter_context(self.stand())
            database = "sqlite:///sedlink.db"
            if self.options.database == "postgresql":
                self.server = stack.enter_context(PostgresServer(durable=True))
                database = self.server.url(self.server.create())
            self.disk = stack.enter_context(small_disk(self.folder / "disk"))
            self.environment = self.settings(database)
            self.sedlink("db", "upgrade")
            stack.callback(self.end)
            settled = self.storm()
            self.end()
            settled = self.calm() and settled
            self.judge(settled)

    # ---- the parts

    @contextmanager
    def stand(self) -> Iterator[dict[str, Any]]:
        command = [sys.executable, "-m", "cli", "stand", "--json", "--port", "0", "--pace", "0.2"]
        command += ["--seed", str(self.seed), "--messages", str(self.options.messages), "--faults", "all"]
        command += ["--dir", str(self.folder / "stand")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                yield json.loads(process.stdout.readline())
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)

    def settings(self, database: str) -> dict[str, str]:
        polls = {f"SEDLINK__CABINET__{opa_id}__POLL": "1s" for opa_id in self.told["cabinets"]}
        files = {"SEDLINK__JOURNAL__FILES": str(self.disk)} if self.disk else {}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SEDLINK_")},
            "SEDLINK__PLATFORM__CALLS_PER_SECOND": "0",  # the stand takes what comes
            **polls,
            **files,
            "LC_ALL": "C",
            "SEDLINK__SED__DELO__POLL": "1s",
            "SEDLINK__SED__DELO__SETTLE": "0.1",
            "SEDLINK__JOURNAL__DATABASE": database,
            "SEDLINK__JOURNAL__BACKOFF_FIRST": "1s",
            "SEDLINK__JOURNAL__BACKOFF_CAP": "2s",
            "SEDLINK__DAEMON__LEASE": f"{LEASE}s",
            "SEDLINK__DAEMON__WORKERS": "2",
            "SEDLINK__DAEMON__BATCH": "8",
            "SEDLINK__LOG__LEVEL": "error",
        }

    def sedlink(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "cli", *arguments, "--config", str(self.told["config"])]
        result = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if result.returncode not in (0, 1):
            raise SystemExit(f"{arguments}: {result.stderr or result.stdout}")
        return result.stdout

    def begin(self, number: int, *, peaceful: bool = False) -> Life:
        """Start a daemon with a death of its own."""
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.folder / f"notify-{number}"
        path.unlink(missing_ok=True)
        ear.bind(str(path))
        ear.setblocking(False)
        point, spare = "", self.dice.uniform(0.05, 1.5)
        more = {"NOTIFY_SOCKET": str(path)}
        if not peaceful and self.dice.random() < 0.6:
            point, spare = self.dice.choice(sorted(POINTS)), 4.0
            more[VARIABLE] = f"{point}:{self.dice.randint(1, 4)}"
        if not peaceful and self.server and FAKETIME.exists():
            apart = self.dice.choice([0, 0, -170, 170])
            more |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME": f"{apart:+d}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            self.tally.trouble["clocks set apart"] += bool(apart)
        with (self.folder / "daemon.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "run", "--config", str(self.told["config"])],
                env={**self.environment, **more},
                stderr=log,
            )
        return Life(process, point, ear, spare)

    def end(self) -> None:
        """End what still lives."""
        for life in self.lives:
            life.ear.close()
            if life.process.poll() is None:
                life.process.kill()
            life.process.wait()
        self.lives.clear()

    # ---- the storm

    def storm(self) -> bool:
        """Kill and trouble until the stand has heard everything or the round is too long."""
        until = time.monotonic() + self.options.seconds
        looked = 0.0
        while time.monotonic() < until:
            while len(self.lives) < self.options.daemons:
                self.lives.append(self.begin(len(self.lives)))
            for number, life in enumerate(self.lives):
                if self.died(life):
                    life.ear.close()
                    self.lives[number] = self.begin(number)
            self.trouble()
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                if self.state()["settled"]:
                    return True
            time.sleep(0.02)
        return False

    def died(self, life: Life) -> bool:
        """Whether a daemon's life is over; ends it when it is due."""
        now = time.monotonic()
        with suppress(BlockingIOError):
            if life.ear.recv(100) == b"READY=1":
                life.ready = now
        code = life.process.poll()
        if code is not None:
            if code == -signal.SIGKILL:
                self.tally.kills[life.point or "random moment"] += 1
            else:
                what = (
                    "starts refused while the database was away" if code == 5 else f"ended by itself ({code})"
                )
                self.tally.trouble[what] += 1
            return True
        if life.frozen_until:
            if now > life.frozen_until:
                life.process.send_signal(signal.SIGCONT)
                life.frozen_until, life.ready = 0.0, now
            return False
        if life.ready and now > life.ready + life.spare:
            if self.dice.random() < 0.1 and self.options.daemons > 1:
                life.process.send_signal(signal.SIGSTOP)
                life.frozen_until, life.spare = now + LEASE + 2, 2.0
                self.tally.trouble["frozen beyond its lease"] += 1
                return False
            life.point = ""
            life.process.kill()
            life.process.wait()
        return False

    def trouble(self) -> None:
        """Crash the database or fill the disk, now and then."""
        now = time.monotonic()
        crashes_left = self.options.crashes > self.tally.trouble["database crashes"]
        if self.server and crashes_left and self.dice.random() < 0.012:
            self.server.crash()
            time.sleep(self.dice.uniform(0, 0.5))
            self.server.restart()
            self.tally.trouble["database crashes"] += 1
        if not self.disk:
            return
        filler = self.disk.parent / "filler"
        if filler.exists() and now > self.disk_full_until:
            filler.unlink()
        elif not filler.exists() and self.dice.random() < 0.004:
            fill(filler)
            self.disk_full_until = now + 1.5
            self.tally.trouble["disk full"] += 1

    def state(self) -> dict[str, Any]:
        return ask(self.told, "state")

    # ---- the verdict

    def calm(self) -> bool:
        """Let one daemon finish in peace; a person retries what was parked by the storm."""
        if self.disk:
            (self.disk.parent / "filler").unlink(missing_ok=True)
        until = time.monotonic() + self.options.seconds
        self.lives.append(self.begin(0, peaceful=True))
        while time.monotonic() < until:
            if parked := json.loads(self.sedlink("dead", "list", "--json")):
                self.tally.trouble["parked, retried by a person"] += len(parked)
                self.sedlink("dead", "retry", "--all")
            counts = json.loads(self.sedlink("status", "--json"))["counts"]
            if self.state()["settled"] and counts["waiting"] == 0:
                self.lives[0].process.terminate()
                self.lives[0].process.wait()
                return True
            time.sleep(0.5)
        return False

    def judge(self, settled: bool) -> None:
        parked = [
            f"{d['platform_id']}/{d['round']}" for d in json.loads(self.sedlink("dead", "list", "--json"))
        ]
        found = ask(self.told, f"reconciliation?parked={quote(','.join(parked))}")
        wrong = {what: len(found[what]) for what in JUDGED}
        wrong["pending"] = len(found["pending"])
        wrong["not settled"] = not settled
        wrong["parked"] = len(parked)
        wrong["counts differ"] = self.counts_differ(found)
        wrong["orphan files"] = self.orphans()
        for what, count in wrong.items():
            self.tally.found[what] += count
        self.tally.messages += found["received"]
        self.tally.rounds += 1
        if any(wrong.values()):
            told = ", ".join(f"{what} {count}" for what, count in wrong.items() if count)
            self.tally.failing.append(f"seed {self.seed}: {told}")
            print(f"  seed {self.seed}: {told}; kept in {self.folder}", flush=True)

    def counts_differ(self, found: dict[str, Any]) -> int:
        """How far sedlink's own account is from the stand's: received = every state together, and theirs."""
        counts = json.loads(self.sedlink("status", "--json"))["counts"]
        return abs(counts["received"] - sum(counts["by_state"].values())) + abs(
            counts["received"] - found["received"]
        )

    def orphans(self) -> int:
        """How far the store is from what the journal names, once it was swept: files too many or too few."""
        from sqlalchemy import create_engine, text

        from connector.journal.journal import Journal

        files = self.disk or Path(self.told["config"]).parent / "files"
        url = self.environment["SEDLINK__JOURNAL__DATABASE"].replace("postgresql://", "postgresql+psycopg://")
        if url.startswith("sqlite:///sedlink.db"):
            url = f"sqlite:///{Path(self.told['config']).parent / 'sedlink.db'}"
        with Journal.open(url, files=files, max_file_size=1 << 30) as journal:
            journal.sweep_files(timedelta(minutes=-10))  # of daemons whose clocks were ahead, too
        engine = create_engine(url)
        with engine.connect() as connection:
            names = connection.scalars(
                text("SELECT DISTINCT sha256 FROM attachment WHERE sha256 IS NOT NULL")
            )
            named = set(names)
        engine.dispose()
        there = {path.parent.name + path.name for path in files.rglob("*") if path.is_file()}
        return len(named ^ there)


@contextmanager
def small_disk(place: Path) -> Iterator[Path | None]:
    """Mount a small tmpfs and return a folder on it; None where we may not."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        (place / "files").mkdir()
        yield place / "files"
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(path: Path) -> None:
    """Take all the space that is left."""
    with suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1 << 16))


def report(tally: Tally, options: argparse.Namespace, seconds: float) -> None:
    print(f"\n{tally.rounds} rounds from seed {options.seed}, {tally.messages} messages, {seconds:.0f} s")
    print(f"kills {tally.killed}")
    for name, count in sorted(tally.kills.items()):
        print(f"  {count:>5} {name}")
    for name, count in sorted(tally.trouble.items()):
        print(f"{name} {count}")
    print("found: " + ", ".join(f"{what} {count}" for what, count in tally.found.items()))
    never = sorted(set(POINTS) - set(tally.kills))
    if never:
        print("points that killed nobody: " + ", ".join(never))
    for line in tally.failing:
        print(f"FAILED {line}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--crashes", type=int, default=100, help="of the database, at the most")
    parser.add_argument("--daemons", type=int, default=2)
    parser.add_argument("--messages", type=int, default=60, help="a round")
    parser.add_argument("--rounds", type=int, default=10_000, help="at the most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=180, help="a round, at the most")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    options = parser.parse_args()
    tally, begun = Tally(), time.monotonic()
    for number in range(options.rounds):
        if tally.killed >= options.kills:
            break
        folder = Path(tempfile.mkdtemp(prefix="sedlink-chaos-"))
        Chaos(options, options.seed + number, tally, folder).run()
        if not (tally.failing and f"seed {options.seed + number}:" in tally.failing[-1]):
            subprocess.run(["rm", "-rf", str(folder)], check=False)
        print(f"round {number + 1}: {tally.killed} kills, {dict(tally.trouble)}", flush=True)
    report(tally, options, time.monotonic() - begun)
    raise SystemExit(1 if tally.failing else 0)


if __name__ == "__main__":
    main()
