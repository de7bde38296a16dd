"""When each periodic job is due. Pure: the clock is an argument."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A thing to do again and again: `kind` and `name` say what, `every` how often."""

    kind: str  # intake | track | digest | sweep
    name: str
    every: timedelta = field(compare=False)


class Schedule:
    """Jobs by their next moment. A job is out while it runs, so it never overlaps itself."""

    def __init__(self, jobs: Iterable[Job], now: datetime) -> None:
        jobs = sorted(jobs)
        # Spread the first calls over each job's own period: 300 cabinets do not knock at once.
        self._heap = [
            (now + min(job.every, timedelta(seconds=5)) * place / max(len(jobs), 1), job)
            for place, job in enumerate(jobs)
        ]
        heapq.heapify(self._heap)

    def due(self, now: datetime) -> list[Job]:
        """Take out every job whose moment has come."""
        result = []
        while self._heap and self._heap[0][0] <= now:
            result.append(heapq.heappop(self._heap)[1])
        return result

    def done(self, job: Job, now: datetime) -> None:
        """Put a job back: its next moment is one period from now."""
        heapq.heappush(self._heap, (now + job.every, job))

    def wait(self, now: datetime) -> timedelta:
        """Return how long until the next job is due; a minute when all are out."""
        if not self._heap:
            return timedelta(minutes=1)
        return max(self._heap[0][0] - now, timedelta())
