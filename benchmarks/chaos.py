"""Nothing lost, nothing doubled, whatever dies: daemons, database, connections, disk, clock.

    python benchmarks/chaos.py [--kills 1000] [--crashes 100] [--daemons 2] [--seed 1] [--database sqlite]

A round is a stand with all its faults (slow, 5xx, cut before and after the commit, doubled, out of order,
expired tokens, garbage, half-written folders), a journal and daemons, each a process. A seeded plan
(`benchmarks/chaos_plan.py`) kills the daemons at random moments and at the named points of
`connector.crashpoints`, freezes one beyond its lease and wakes it again, stops PostgreSQL in immediate mode
and starts it, fills the disk of the file store and that of the database (small tmpfs, where we may mount
one), moves the daemons' clocks by minutes while they run (where there is a C compiler). When the stand has
heard everything, a last daemon finishes in peace, and the stand's own ledger judges: received = registered +
refused + parked, every reply once and in order, no file too many or too few. Rounds follow each other until
the kills are used up. The seed of a failing round is printed: run it again with `--seed N --rounds 1` (the
plan is the same, the operating system's timing is not).
"""

import argparse
import json
import math
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import chaos_plan
from benchmarks.chaos_plan import Plan, Trouble
from benchmarks.playground import LEASE, Playground, frozen
from benchmarks.shifted_clock import ShiftedClock, compiler
from benchmarks.small_disk import SmallDisk
from benchmarks.stand_process import ask, until
from connector.crashpoints import POINTS, VARIABLE
from connector.journal.journal import Journal
from tests.postgres_server import PostgresServer

FILES_MB = 48  # of the small disk; on SQLite the database lies on it, too
DATABASE_MB = 256  # of PostgreSQL's
SMALL_LOG = {"max_wal_size": "64MB", "min_wal_size": "32MB"}
SQLITE_CLOCKS = (-8, 0, 30, 170)  # one machine, one clock: a lease waits for it to come back where it was


@dataclass
class Tally:
    """What was done to the daemons and what came of it, over all rounds."""

    kills: Counter[str] = field(default_factory=Counter)
    trouble: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)  # of the stand, by kind
    found: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)  # by stage and error, each retried by a person
    failing: list[str] = field(default_factory=list)
    messages: int = 0
    rounds: int = 0

    @property
    def killed(self) -> int:
        return sum(self.kills.values())


@dataclass
class Living:
    """A daemon and the life that was planned for it."""

    process: subprocess.Popen[bytes]
    plan: chaos_plan.Life
    ear: socket.socket
    clock: ShiftedClock | None
    ready: float = 0.0
    frozen_until: float = 0.0
    was_frozen: bool = False
    clock_moved: bool = False
    mortal: bool = True
    at_random: bool = False  # its death was not one at its point


class Round:
    """One round."""

    def __init__(self, options: argparse.Namespace, seed: int, tally: Tally, folder: Path) -> None:
        self.options = options
        self.seed = seed
        self.tally = tally
        self.folder = folder
        plan = Plan(seed)
        self.lives = plan.lives()
        self.crashes = plan.troubles("crash", 2.0, (0.0, 0.5))
        self.full = plan.troubles("disk", 8.0, (0.3, 1.0))
        self.database_full = plan.troubles("database disk", 20.0, (0.2, 0.6))
        self.next: dict[str, Trouble] = {}
        self.ends: dict[str, float] = {}
        self.living: list[Living] = []
        self.server: PostgresServer | None = None
        self.disk: SmallDisk | None = None
        self.database_disk: SmallDisk | None = None
        self.play: Playground
        self.clock: ShiftedClock | None = None  # of the one machine that works on SQLite
        self.begun = 0.0

    def run(self) -> None:
        """Play the round and judge it."""
        with ExitStack() as stack:
            self.disk = stack.enter_context(SmallDisk(self.folder / "disk", FILES_MB))
            url = self.database(stack)
            self.play = stack.enter_context(
                Playground(
                    url,
                    messages=self.options.messages,
                    seed=self.seed,
                    faults="all",
                    pace=0.2,
                    files=self.disk.folder / "files",
                    folder=self.folder,
                )
            )
            self.play.keep = True  # until the disks in it are unmounted
            self.play.environment["SEDLINK__LOG__LEVEL"] = "error"
            Journal.upgrade(url)
            stack.callback(self.end)
            self.storm()
            self.end()
            self.judge(settled=self.calm())

    def database(self, stack: ExitStack) -> str:
        """Make the database where its disk can be filled."""
        if self.options.database == "sqlite":
            assert self.disk
            if compiler():
                self.clock = ShiftedClock(self.folder, "machine")
            return f"sqlite:///{self.disk.folder}/sedlink.db"
        self.database_disk = stack.enter_context(SmallDisk(self.folder / "database", DATABASE_MB))
        for folder in (self.folder, self.database_disk.folder):  # the server is another user
            folder.chmod(0o711)
        place, log = self.database_disk.folder, SMALL_LOG if self.database_disk.mounted else {}
        self.server = stack.enter_context(PostgresServer(durable=True, place=place, settings=log))
        return self.server.url(self.server.create())

    # ---- daemons

    def begin(self, number: int, *, peaceful: bool = False) -> Living:
        """Start a daemon with a life of its own."""
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.folder / f"notify-{number}"
        path.unlink(missing_ok=True)
        ear.bind(str(path))
        ear.setblocking(False)
        plan = next(self.lives)
        peaceful = peaceful or self.tally.killed >= self.options.kills  # enough: let the round come to rest
        more, clock = {"NOTIFY_SOCKET": str(path)}, self.clock
        if not peaceful and plan.point:
            more[VARIABLE] = f"{plan.point}:{plan.arrival}"
        if not peaceful and self.server and compiler():
            clock = ShiftedClock(self.folder, f"clock-{number}")
            clock.move(plan.clock)
            self.tally.trouble["clocks set wrong"] += bool(plan.clock)
        if clock:
            more |= clock.environment
        return Living(self.play.daemon(**more), plan, ear, clock, mortal=not peaceful)

    def end(self) -> None:
        """End what still lives."""
        for one in self.living:
            one.ear.close()
        self.living.clear()
        self.play.end()

    # ---- the storm

    def storm(self) -> None:
        """Kill and trouble until the stand has heard all, the kills are used up or the time is over."""
        self.begun = time.monotonic()
        looked = 0.0
        over = self.begun + self.options.seconds
        while time.monotonic() < over and self.tally.killed < self.options.kills:
            while len(self.living) < self.options.daemons:
                self.living.append(self.begin(len(self.living)))
            for number, one in enumerate(self.living):
                if self.died(one):
                    one.ear.close()
                    self.living[number] = self.begin(number)
            self.trouble()
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                if self.play.settled():
                    return
            time.sleep(0.02)

    def died(self, one: Living) -> bool:
        """Whether a daemon's life is over; ends it when it is due."""
        now = time.monotonic()
        with suppress(BlockingIOError):
            if one.ear.recv(100) == b"READY=1":
                one.ready = now
        if one.process.poll() is not None:
            self.count_death(one)
            return True
        if one.frozen_until:
            if now > one.frozen_until:
                one.process.send_signal(signal.SIGCONT)
                one.frozen_until, one.ready = 0.0, now
            return False
        if one.ready and now > one.ready + 0.5 and not one.clock_moved:
            one.clock_moved = True
            self.move_clock(one)
        if one.mortal and one.ready and now > one.ready + one.plan.spare:
            if one.plan.frozen and not one.was_frozen and self.options.daemons > 1:
                self.freeze(one)
                return False
            one.at_random = True
            one.process.kill()
            one.process.wait()
        return False

    def count_death(self, one: Living) -> None:
        code = one.process.returncode
        if code == -signal.SIGKILL:
            name = "random moment" if one.at_random or not one.plan.point else one.plan.point
            self.tally.kills[name] += 1
        else:
            away = "starts refused while the database was away"
            self.tally.trouble[away if code == 5 else f"ended by itself ({code})"] += 1

    def freeze(self, one: Living) -> None:
        one.process.send_signal(signal.SIGSTOP)
        until(lambda: frozen(one.process) or one.process.poll() is not None, "frozen", 60)
        one.frozen_until, one.was_frozen = time.monotonic() + LEASE + 2, True
        self.tally.trouble["frozen beyond its lease"] += 1

    def move_clock(self, one: Living) -> None:
        """Move a daemon's clock while it works; on SQLite that of the machine, onwards or a little back."""
        if self.clock:
            seconds = SQLITE_CLOCKS[one.plan.clock_moves_to % len(SQLITE_CLOCKS)]
            self.clock.move(self.clock.seconds + seconds)
            self.tally.trouble["clocks moved while at work"] += bool(seconds)
        elif one.clock:
            one.clock.move(one.plan.clock_moves_to)
            self.tally.trouble["clocks moved while at work"] += one.plan.clock_moves_to != one.plan.clock

    # ---- troubles of the whole round

    def due(self, name: str, troubles: Iterator[Trouble]) -> Trouble | None:
        """Return a kind's next trouble when its moment has come."""
        if name not in self.next:
            self.next[name] = next(troubles)
        coming = self.next[name]
        if time.monotonic() < self.begun + coming.at:
            return None
        self.next[name] = next(troubles)
        return coming

    def trouble(self) -> None:
        """Crash the database and fill the disks as planned."""
        if self.server and self.crash_is_due() and (crash := self.due("crash", self.crashes)):
            self.server.crash()
            time.sleep(crash.lasts)
            if self.database_disk:  # it does not start on a full one: whoever starts it makes room
                self.database_disk.empty()
            self.server.restart()
            self.tally.trouble["database crashes"] += 1
        if self.disk:
            self.fill(self.disk, "disk full", self.due("disk", self.full))
        if self.database_disk and self.server:
            if not self.fill(
                self.database_disk, "database's disk full", self.due("database", self.database_full)
            ):
                return
            if not self.server.alive:  # its log had no room: that ends it
                self.tally.trouble["database ended by a full disk"] += 1
                self.server.restart()

    def crash_is_due(self) -> bool:
        """Whether the crashes lag behind the kills; by share, so that a slow machine crashes it no more."""
        share = self.options.crashes * (self.tally.killed + 1) / self.options.kills
        return self.tally.trouble["database crashes"] < math.ceil(share)

    def fill(self, disk: SmallDisk, name: str, full: Trouble | None) -> bool:
        """Fill a disk when that is due, empty it when its time is over; return whether it has room."""
        now = time.monotonic()
        if full and disk.mounted and not disk.full:
            disk.fill()
            self.ends[name] = now + full.lasts
            self.tally.trouble[name] += 1
        elif disk.full and now > self.ends[name]:
            disk.empty()
        return not disk.full

    # ---- the verdict

    def calm(self) -> bool:
        """Let one daemon finish in peace; a person retries what was parked by the storm."""
        for disk in filter(None, (self.disk, self.database_disk)):
            disk.empty()
        if self.server and not self.server.alive:
            self.server.restart()
        deadline = time.monotonic() + self.options.patience
        self.living.append(self.begin(0, peaceful=True))
        while time.monotonic() < deadline:
            if parked := json.loads(self.play.sedlink("dead", "list", "--json").stdout):
                self.tally.trouble["parked, retried by a person"] += len(parked)
                self.tally.parked.update(f"{one['stage']} {one['error_code']}" for one in parked)
                self.play.sedlink("dead", "retry", "--all")
            counts = json.loads(self.play.sedlink("status", "--json").stdout)["counts"]
            if self.play.settled() and counts["waiting"] == 0:
                self.living[0].process.terminate()
                self.living[0].process.wait()
                return True
            time.sleep(0.5)
        return False

    def judge(self, *, settled: bool) -> None:
        wrong = self.play.judge(settled)
        self.tally.faults.update(ask(self.play.told, "state")["faults"])
        self.tally.found.update(wrong)
        self.tally.messages += self.play.received
        self.tally.rounds += 1
        if any(wrong.values()):
            told = ", ".join(f"{what} {count}" for what, count in wrong.items() if count)
            self.tally.failing.append(f"seed {self.seed}: {told}")
            self.play.keep_evidence()
            print(f"  seed {self.seed}: {told}; kept in {self.folder}", flush=True)


def play(options: argparse.Namespace, tally: Tally) -> None:
    """Play rounds until the kills are used up."""
    for number in range(options.rounds):
        if tally.killed >= options.kills:
            break
        folder = Path(tempfile.mkdtemp(prefix="sedlink-chaos-"))
        Round(options, options.seed + number, tally, folder).run()
        if not (tally.failing and f"seed {options.seed + number}:" in tally.failing[-1]):
            shutil.rmtree(folder, ignore_errors=True)
        print(f"round {number + 1}: {tally.killed} kills, {dict(tally.trouble)}", flush=True)


def report(tally: Tally, options: argparse.Namespace, seconds: float) -> None:
    print(f"\n{tally.rounds} rounds from seed {options.seed}, {tally.messages} messages, {seconds:.0f} s")
    print(f"kills {tally.killed}")
    for name, count in sorted(tally.kills.items()):
        print(f"  {count:>5} {name}")
    for name, count in sorted(tally.trouble.items()):
        print(f"{name} {count}")
    if tally.parked:
        print("why they were parked: " + ", ".join(f"{why} {count}" for why, count in tally.parked.items()))
    faults = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.faults.items()))
    print(f"faults of the peers {tally.faults.total()}: {faults}")
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
    parser.add_argument("--seconds", type=float, default=180, help="a storm, at the most")
    parser.add_argument(
        "--patience", type=float, default=600, help="for the calm after it: longer is a failure"
    )
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    options = parser.parse_args()
    for end in (signal.SIGINT, signal.SIGTERM):  # also under nohup: what is mounted and started is taken down
        signal.signal(end, signal.default_int_handler)
    tally, begun = Tally(), time.monotonic()
    try:
        play(options, tally)
    except KeyboardInterrupt:
        report(tally, options, time.monotonic() - begun)
        raise SystemExit(130) from None
    report(tally, options, time.monotonic() - begun)
    raise SystemExit(1 if tally.failing else 0)


if __name__ == "__main__":
    main()
