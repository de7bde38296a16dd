"""What every part of the journal stands on: the database, the clock, chance and the limits."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.journal.engine import Database

_actor: ContextVar[str | None] = ContextVar("journal_actor", default=None)


@contextmanager
def acting(name: str) -> Iterator[None]:
    """Write the audit trail under a person's name inside a block (of this thread or task)."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)


def _step(base: timedelta, cap: timedelta, count: int) -> timedelta:
    return min(cap, base * (1 << min(count - 1, 20)))  # bounded: a timedelta is


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How an item waits after a failure: full jitter over an exponential step, then it is parked."""

    base: timedelta = timedelta(seconds=20)
    cap: timedelta = timedelta(hours=1)
    attempts: int = 12

    def delay(self, attempt: int, rng: random.Random) -> timedelta:
        """Return how long to wait after an attempt (1 = the first)."""
        return _step(self.base, self.cap, attempt) * rng.random()


@dataclass(frozen=True, slots=True)
class PausePolicy:
    """How a channel pauses after failures in a row, and how long before a mail says so."""

    base: timedelta = timedelta(seconds=5)
    cap: timedelta = timedelta(minutes=10)
    grace: timedelta = timedelta(minutes=5)

    def pause(self, failures: int, rng: random.Random) -> timedelta:
        """Return the pause: half of it fixed, so that a closed way is never hammered, half by chance."""
        return _step(self.base, self.cap, failures) * (0.5 + rng.random() / 2)


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every part of one journal."""

    db: Database
    clock: Callable[[], datetime]
    actor: str = "daemon"
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    pause: PausePolicy = field(default_factory=PausePolicy)
    rng: random.Random = field(default_factory=random.Random)


class Part:
    """One part of the journal; `Journal` is all of them over one context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._db = context.db

    def _now(self) -> datetime:
        return self._context.clock()

    def _who(self) -> str:
        return _actor.get() or self._context.actor
