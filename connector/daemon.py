"""`sedlink run`: schedule, worker threads, signals.

SIGTERM and SIGINT let the step in hand finish, SIGHUP takes a corrected configuration between two steps;
a configuration that cannot be used is told and the good one stays.
"""

import ctypes
import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import FrameType

from connector import systemd
from connector.operator_port import open_port
from connector.runtime import Runtime
from connector.schedule import Job, Schedule

log = logging.getLogger(__name__)

_BEGINNING = datetime.fromtimestamp(0, UTC)
_M_ARENA_MAX = -8  # glibc, mallopt(3)
_ARENAS = 2
IDLE = timedelta(seconds=2)  # how long a worker sleeps when nothing is ready and nothing woke it


def _share_arenas() -> None:
    """Let threads share glibc's arenas: one for each keeps its own high-water mark for weeks."""
    with suppress(OSError, AttributeError):  # another C library: it has no such habit
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


class Daemon:
    """Runs the relay until told to stop. `reload` returns a new runtime or raises; the old one goes on."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        reload: Callable[[], Runtime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runtime = runtime
        self._reload = reload
        self._monotonic = monotonic
        self._stop = threading.Event()
        self._hangup = threading.Event()
        self._work = threading.Condition()
        self._tick = threading.Event()  # wakes the scheduler: a job is back, a signal came

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Let every thread finish the step in hand and go."""
        self._stop.set()
        self._tick.set()

    def hang_up(self, *_signal: int | FrameType | None) -> None:
        """Take a new configuration as soon as no step is in hand."""
        self._hangup.set()
        self._tick.set()

    def install_signals(self) -> None:
        """Listen to SIGTERM, SIGINT and SIGHUP (main thread only)."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        signal.signal(signal.SIGHUP, self.hang_up)

    def run(self) -> None:
        """Work until `stop`. Returns when every thread is done."""
        _share_arenas()
        port = open_port(lambda: self._runtime)
        systemd.notify("READY=1")
        while not self._stop.is_set():
            self._serve()
            if self._hangup.is_set() and not self._stop.is_set():
                self._take_new_configuration()
        systemd.notify("STOPPING=1")
        if port:
            port.stop()
        self._runtime.close()

    def _serve(self) -> None:
        """Run schedule and workers with one configuration until a signal."""
        runtime = self._runtime
        workers = [
            threading.Thread(target=self._worker, args=(runtime,), name=f"worker-{number}")
            for number in range(runtime.settings.daemon.workers)
        ]
        with ThreadPoolExecutor(max_workers=max(4, len(workers)), thread_name_prefix="job") as jobs:
            for worker in workers:
                worker.start()
            self._run_schedule(runtime, jobs)
        with self._work:
            self._work.notify_all()
        for worker in workers:
            worker.join()

    def _now(self) -> datetime:
        """The schedule's own time: a wall clock that is set back would hold every job for as long."""
        return _BEGINNING + timedelta(seconds=self._monotonic())

    def _leaving(self) -> bool:
        return self._stop.is_set() or self._hangup.is_set()

    def _run_schedule(self, runtime: Runtime, jobs: ThreadPoolExecutor) -> None:
        schedule = Schedule(runtime.jobs(), self._now())
        guard = threading.Lock()
        watchdog = systemd.watchdog_interval()
        while not self._leaving():
            with guard:
                due = schedule.due(self._now())
            for job in due:
                jobs.submit(self._run_job, runtime, job, schedule, guard)
            with guard:
                wait = schedule.wait(self._now()).total_seconds()
            self._tick.wait(min(wait, watchdog or wait))
            self._tick.clear()
            if watchdog:
                systemd.notify("WATCHDOG=1")

    def _run_job(self, runtime: Runtime, job: Job, schedule: Schedule, guard: threading.Lock) -> None:
        try:
            if not self._leaving() and runtime.run(job):
                with self._work:
                    self._work.notify_all()
        except Exception:
            log.exception("job %s %s failed", job.kind, job.name)
        finally:
            with guard:
                schedule.done(job, self._now())
            self._tick.set()

    def _worker(self, runtime: Runtime) -> None:
        while not self._leaving():
            try:
                busy = runtime.relay.work(stopping=self._leaving).claimed > 0
            except Exception:  # the database is away: everything else waits for it too
                log.exception("worker could not reach the journal")
                busy = False
            if not busy:
                with self._work:
                    if not self._leaving():
                        self._work.wait(IDLE.total_seconds())

    def _take_new_configuration(self) -> None:
        self._hangup.clear()
        systemd.notify("RELOADING=1")
        try:
            fresh = self._reload()
        except Exception:
            log.exception("the new configuration cannot be used; going on with the old one")
        else:
            self._runtime.close()
            self._runtime = fresh
            log.info("new configuration taken: %d cabinets", len(fresh.links.cabinets))
        systemd.notify("READY=1")
