"""`sedlink sync`: one pass of everything for cron; a second run beside it exits at once."""

import fcntl
import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.i18n import N_
from config.progress import Progress
from connector.relay.intake import IntakeCount
from connector.relay.relay import WorkCount
from connector.relay.track import TrackCount
from connector.runtime import Runtime


class AlreadyRunningError(Exception):
    """Another pass holds the lock; `pid` is its process, when it could be read."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one pass came to."""

    received: int
    repeated: int
    unreadable: int
    events: int
    replies: int
    steps: int
    failed: int
    paused: tuple[str, ...]  # channels that are closed at the end


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the lock file for a block. Raises AlreadyRunningError; a dead process holds nothing."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError(os.read(descriptor, 20).decode(errors="replace").strip()) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def sync(runtime: Runtime, only: Collection[int] = (), progress: Progress | None = None) -> SyncReport:
    """Do one pass over the cabinets (all, or those named) and their SEDs."""
    progress = progress or Progress("")  # not entered: it shows nothing
    cabinets = [c for opa_id, c in runtime.links.cabinets.items() if not only or opa_id in only]
    with ThreadPoolExecutor(max_workers=runtime.settings.daemon.workers) as pool:
        runtime.wake_held()
        progress.step(N_("asking the platform"))
        taken = sum(pool.map(runtime.relay.intake, [c.opa_id for c in cabinets]), IntakeCount())
        progress.step(N_("handing over and sending"))
        steps, failed = drain(runtime, pool, progress)
        progress.step(N_("asking the SEDs"))
        tracked = list(pool.map(runtime.relay.track, sorted({c.sed for c in cabinets})))
        progress.step(N_("handing over and sending"))
        more = drain(runtime, pool, progress)
    runtime.letters.send_due(runtime.journal.clock())
    total = sum(tracked, TrackCount())
    return SyncReport(
        received=taken.new,
        repeated=taken.repeated,
        unreadable=taken.unreadable,
        events=total.events,
        replies=total.replies,
        steps=steps + more[0],
        failed=failed + more[1],
        paused=tuple(state.name for state in runtime.journal.channels() if state.failures),
    )


def drain(runtime: Runtime, pool: ThreadPoolExecutor, progress: Progress) -> tuple[int, int]:
    """Work until nothing is ready; returns how many steps succeeded and failed."""
    steps = failed = 0

    def batch(_worker: int) -> WorkCount:
        count = runtime.relay.work()
        progress.add(count.advanced)
        return count

    while True:
        counts = list(pool.map(batch, range(runtime.settings.daemon.workers)))
        steps += sum(count.advanced for count in counts)
        failed += sum(count.failed for count in counts)
        if not any(count.claimed for count in counts):
            return steps, failed
