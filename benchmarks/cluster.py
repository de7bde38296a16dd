"""Many machines on one PostgreSQL: nothing is done twice whoever sleeps, is cut off or has a wrong clock.

    .venv/bin/python benchmarks/cluster.py [SCENARIO …] [--messages 30] [--seed 1]

throughput  1, 2 and 4 daemons, the same messages; the ratios are bounded by the processors there are
frozen      a daemon is stopped (SIGSTOP) at every named point in turn, longer than its lease; another does
            its work; the first wakes (SIGCONT) and must not act twice
clocks      three daemons, five minutes behind, right, five minutes ahead; then all three clocks jump
cut         a daemon in a network namespace of its own loses its cable in the middle of its work; what it had
            locked is free again soon, another daemon goes on; the cable is back, and it works again (root)
upgrade     a daemon of the first schema (a git worktree) works; the database is upgraded under it; a new one
            joins; both go on; the old one, started again, refuses with a sentence
migration   the upgrade of a full journal (300 000 messages) while others write into it: the longest stop

The judge is the stand's own ledger: lost, doubled, out of order, wrong; and the counts and the file store.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.playground import LEASE, Playground, frozen
from benchmarks.shifted_clock import ShiftedClock, compiler
from benchmarks.stand_process import ROOT, until
from connector.crashpoints import POINTS, VARIABLE
from connector.journal.journal import Journal
from tests.postgres_server import PostgresServer

FIRST_SCHEMA = "3a875fe~1"  # the last commit whose newest migration is 0001
MINUTES = 300  # seconds a clock is wrong by


class Cluster:
    """What every scenario is given, and what came of them."""

    def __init__(self, server: PostgresServer, asked: argparse.Namespace) -> None:
        self.server = server
        self.asked = asked
        self.failed: list[str] = []

    def playground(self, messages: int = 0, **more: object) -> Playground:
        """Make a stand with a fresh, upgraded database."""
        url = self.server.url(self.server.create())
        Journal.upgrade(url)
        return Playground(url, messages=messages or self.asked.messages, seed=self.asked.seed, **more)  # type: ignore[arg-type]

    def verdict(self, name: str, play: Playground, said: str = "") -> None:
        """Judge a playground that has come to rest and print the line."""
        wrong = {what: count for what, count in play.judge(play.settled()).items() if count}
        told = ", ".join(f"{what} {count}" for what, count in wrong.items()) or "lost 0, doubled 0, all zeros"
        print(f"{name:<10} {said + ': ' if said else ''}{told}", flush=True)
        if wrong:
            self.failed.append(name)


def throughput(cluster: Cluster) -> None:
    """Measure the same exchange with 1, 2 and 4 daemons."""
    alone = 0.0
    messages = cluster.asked.messages * 10
    for number in (1, 2, 4):
        with cluster.playground() as play:
            play.ready_daemons(number)
            until(play.settled, "the first messages")
            begun = time.monotonic()
            play.more(messages)
            until(play.settled, "everything told", 1200)
            rate = messages / (time.monotonic() - begun)
            alone = alone or rate
            play.end()
            cluster.verdict(
                "throughput", play, f"{number} daemons, {rate:.1f} messages/s, ×{rate / alone:.2f} of one"
            )


def frozen_at(cluster: Cluster) -> None:
    """Freeze a daemon at every named point in turn."""
    never = []
    with cluster.playground(faults="duplicate_listing") as play:  # or nothing is ever marked again
        for point in sorted(POINTS):
            begun = time.monotonic()
            met = freeze_at(play, point)
            never += [] if met else [point]
            print(f"           {point:<22} {time.monotonic() - begun:5.1f} s", flush=True)
        until(play.settled, "everything told")
        passed = len(POINTS) - len(never)
        said = f"frozen at {passed} of {len(POINTS)} points" + (
            f", not met: {', '.join(never)}" if never else ""
        )
        cluster.verdict("frozen", play, said)


def freeze_at(play: Playground, point: str) -> bool:
    """Freeze one daemon at a point while another does everything; False when it never came there."""
    play.more(6)
    sleeper = play.daemon(**{VARIABLE: f"{point}:1:stop", "SEDLINK__DAEMON__WORKERS": "1"})
    until(lambda: frozen(sleeper) or play.settled(), f"frozen at {point}")
    met = frozen(sleeper)
    other = play.daemon()
    try:
        if met:
            until(play_leases_over(play), "the lease over")
        kept = point.startswith("handover.")  # it stands still in a critical section: that message waits
        until(lambda: len(play.unsettled()) <= kept, f"everything told beside the frozen one at {point}")
    finally:
        sleeper.send_signal(signal.SIGCONT)
    until(play.settled, f"everything told after the frozen one at {point} woke")
    for process in (sleeper, other):  # both finish what they have in hand
        process.terminate()
        process.wait(120)
    return met


def play_leases_over(play: Playground) -> Callable[[], bool]:
    """Return a condition: as much time has passed, by the database's clock, as any lease lasts."""
    begun = play.ask("SELECT extract(epoch FROM clock_timestamp())")
    return lambda: play.ask("SELECT extract(epoch FROM clock_timestamp())") - begun > LEASE + 0.5


def clocks(cluster: Cluster) -> None:
    """Run three daemons by clocks that are minutes apart, then move all of them."""
    if compiler() is None:
        print("clocks     left out: no C compiler to build the shim that moves a clock")
        return
    with cluster.playground() as play:
        made = [ShiftedClock(play.folder, name) for name in ("behind", "right", "ahead")]
        for clock, seconds in zip(made, (-MINUTES, 0, MINUTES), strict=True):
            clock.move(seconds)
            play.daemon(**clock.environment)
        until(lambda: play.ask("SELECT count(*) FROM message WHERE state <> 'received'"), "the first steps")
        for clock, seconds in zip(made, (MINUTES, -MINUTES, -2 * MINUTES), strict=True):
            clock.move(seconds)
        play.more(cluster.asked.messages)
        until(play.settled, "everything told by wrong clocks")
        play.end()
        cluster.verdict("clocks", play, f"±{MINUTES} s apart, then each moved by 300 to 900 s")


def cut(cluster: Cluster) -> None:
    """Cut a host off in the middle of its work and heal it."""
    from benchmarks.far_host import FarHost, Network

    if os.geteuid() or subprocess.run(["which", "ip"], capture_output=True, check=False).returncode:
        print("cut        left out: network namespaces need root and iproute2")
        return
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        guests = (network.near, network.port, network.guests)
        server = stack.enter_context(PostgresServer(durable=True, network=guests))
        database = server.create()
        Journal.upgrade(server.url(database))
        play = stack.enter_context(Playground(server.url(database), messages=cluster.asked.messages))
        far = stack.enter_context(FarHost(network, play))
        far.daemon(server.url_over_network(database))
        until(lambda: play.ask("SELECT count(*) FROM lane WHERE token IS NOT NULL"), "work in the far hand")
        network.cut()
        held = play.ask("SELECT count(*) FROM lane WHERE token IS NOT NULL")
        near = play.daemon()
        done = until(play.settled, "everything told without the far host")
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL"
        gone = until(lambda: not play.ask(sessions), "the far host's sessions ended", 240)
        near.terminate()
        near.wait(60)
        network.heal()
        play.more(6)
        back = until(play.settled, "everything told by the far host after the cut", 300)
        said = (
            f"{held} conversations were in the far hand; "
            f"the other daemon had told everything after {done:.0f} s, "
            f"the database had ended the sessions after {done + gone:.0f} s, "
            f"the far host did six more messages in {back:.0f} s"
        )
        cluster.verdict("cut", play, said)


def upgrade(cluster: Cluster) -> None:
    """Upgrade the database under a working daemon of the first schema."""
    with older(FIRST_SCHEMA) as folder:
        if folder is None:
            print("upgrade    left out: this is no git repository with its history")
            return
        url = cluster.server.url(cluster.server.create())
        with Playground(url, messages=cluster.asked.messages, seed=cluster.asked.seed, pace=0.2) as play:
            del play.environment["SEDLINK__PLATFORM__CALLS_PER_SECOND"]  # the old one does not know it
            play.sedlink("db", "upgrade", folder=folder)
            before = play.ask("SELECT version_num FROM alembic_version")
            old = play.daemon(folder=folder)
            until(
                lambda: play.ask("SELECT count(*) FROM message WHERE state <> 'received'"), "work of the old"
            )
            begun = time.monotonic()
            play.sedlink("db", "upgrade")
            took = time.monotonic() - begun
            after = play.ask("SELECT version_num FROM alembic_version")
            play.daemon()
            play.more(cluster.asked.messages)
            until(play.settled, "everything told by old and new")
            by = play.ask("SELECT count(DISTINCT actor) FROM audit")
            alive = old.poll() is None
            play.end()
            refused = play.sedlink("run", folder=folder, good=range(1, 256))
            sentence = (refused.stderr or refused.stdout).strip().splitlines()[-1][:150]
            cluster.verdict(
                "upgrade", play,
                f"schema {before} → {after} in {took:.1f} s under a working daemon of the old, which "
                f"{'went on' if alive else 'DIED'} ({by} actors); started again it says «{sentence}» "
                f"(exit {refused.returncode})",
            )  # fmt: skip
            if not alive:
                cluster.failed.append("upgrade: the old daemon died")


@contextmanager
def older(commit: str) -> Iterator[Path | None]:
    """Lay out the program of an earlier commit; None without a history."""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "old"
        git = ["git", "-C", str(ROOT), "worktree"]
        add = [*git, "add", "--detach", str(folder), commit]
        if subprocess.run(add, capture_output=True, check=False).returncode:
            yield None
            return
        try:
            for built in ROOT.glob("smev/**/*.so"):  # the compiled parts are not in git
                (folder / built.relative_to(ROOT)).write_bytes(built.read_bytes())
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=False)


def migration(cluster: Cluster) -> None:
    """Upgrade a full journal while others write into it."""
    from benchmarks.migration_load import measure

    for line in measure(cluster.server.url(cluster.server.create()), cluster.asked.full):
        print(f"migration  {line}", flush=True)


SCENARIOS = {
    "frozen": frozen_at,
    "clocks": clocks,
    "cut": cut,
    "upgrade": upgrade,
    "migration": migration,
    "throughput": throughput,
}


def main() -> None:
    """Run the scenarios asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], default=list(SCENARIOS))
    parser.add_argument("--messages", type=int, default=30)
    parser.add_argument("--full", type=int, default=300_000, help="messages of the journal that is migrated")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.messages} messages, {os.cpu_count()} processors", flush=True)
    with PostgresServer(durable=True) as server:
        cluster = Cluster(server, asked)
        for name in asked.scenario:
            try:
                SCENARIOS[name](cluster)
            except TimeoutError as late:
                print(f"{name:<10} FAILED: {late}", flush=True)
                cluster.failed.append(name)
    if cluster.failed:
        raise SystemExit("failed: " + ", ".join(cluster.failed))


if __name__ == "__main__":
    main()
