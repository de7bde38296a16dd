"""A question and its answer over a bus that answers later: correlated, durable, shared by all cabinets.

Whoever waits takes turns at the queue: one thread reads it, stores each answer for its request, commits and
acknowledges; the others are told. No thread of its own: what nobody waits for stays in the bus's queue, and
what came while nobody waited lies in the store until it is asked for again.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from config.i18n import _
from connector.errors import ConnectorError, PendingError, RetryableError
from connector.platform.smev.arrival import Arrivals, Fate
from connector.platform.smev.failures import Purpose, from_bus, lost
from connector.platform.smev.store import KEPT, Answer, RequestStore, SentFile, Stored
from smev.client.faults import (
    AlreadySentError,
    BusError,
    GoneError,
    NextStep,
    NotSentError,
    next_step,
)
from smev.client.policy import in_doubt
from smev.client.transport import Transport
from smev.client.words import OutgoingFile, Queue, Request
from smev.envelope.identifier import new_message_id
from smev.envelope.words import Selector
from smev.errors import SmevError
from smev.wording import explain

log = logging.getLogger(__name__)

_SOON = 0.25  # seconds: sooner than this no platform answers over a bus
_FIND_AFTER = 5  # empty looks into the queue
_PRUNE_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: `key` is what it is for; the same key finds a question that is on its way already."""

    key: str
    opa_id: int
    content: bytes
    purpose: Purpose
    files: tuple[SentFile, ...] = ()
    fresh: float = 900.0  # seconds for which an answer that came while nobody waited is still good


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the exchange is, in seconds."""

    poll: float = 5.0  # between two looks into an empty queue
    patience: float = 5.0  # how long a caller is kept waiting before it is told to come again
    answer_within: float = 86_400.0  # after that no answer is expected: the request's end of life


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and the request that it is about: to be `taken` when it was used."""

    message_id: str
    answer: Answer


@dataclass(slots=True)
class _Queue:
    """Who reads the bus's queue now, and when it may be looked into again."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    news: threading.Condition = field(default_factory=threading.Condition)
    empty_until: float = 0.0
    empty_looks: int = 0  # in a row, since something was sent or came
    trouble: ConnectorError | None = None  # why it could not be read the last time


class Exchange:
    """Questions and answers of one information system of SMEV. Thread-safe; processes may share it."""

    def __init__(
        self,
        store: RequestStore,
        transport: Transport,
        *,
        spool: Path,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
        selector: Selector | None = None,
        node_id: str | None = None,
        alone: bool = False,
        repeat_safe: bool = True,
    ) -> None:
        """Wire it. `selector` narrows the queue where the information system serves other programs too.

        `alone`: nobody else reads the queue. `repeat_safe`: the peer holds one message for one id.
        """
        self.store, self.transport = store, transport
        self.spool = spool
        self.pace = pace or Pace()
        self.clock = clock
        self._alone, self._repeat_safe = alone, repeat_safe
        self._selector, self._node_id = selector, node_id
        self._queue = _Queue()
        self._arrivals = Arrivals(store, transport, spool, clock, alone=alone)
        self._find_at: dict[str, float] = {}
        self._pruned: datetime | None = None
        self._closed = False

    def close(self) -> None:
        """Let go of the bus and the database; harmless to repeat."""
        if not self._closed:
            self._closed = True
            self.transport.close()
            self.store.close()

    def ask(self, ask: Ask, *, patience: float | None = None) -> Given:
        """Return the answer, sending the question if it is not on its way.

        Raises PendingError when the answer is not there after `patience` seconds, and what `from_bus` and
        `lost` give.
        """
        stored, fresh = self._begun(ask)
        if not stored.answer:
            stored = self._sent(stored, ask, fresh=fresh)
            stored = self._awaited(stored, ask.purpose, self.pace.patience if patience is None else patience)
        if stored.answer is None:
            raise AssertionError("an awaited request has an answer")
        return Given(stored.id, stored.answer)

    def taken(self, given: Given) -> None:
        """Tell that an answer was used: the next question of its key is a new one."""
        self.store.taken(given.message_id)
        self._find_at.pop(given.message_id, None)
        shutil.rmtree(self.spool / given.message_id, ignore_errors=True)

    # ---- sending

    def _begun(self, ask: Ask) -> tuple[Stored, bool]:
        """Return the live request of the key and whether it is a new one.

        What is old news is dropped, never what changed something.
        """
        new = self._new(ask)
        stored = self.store.begin(new)
        now = self.clock()
        old = stored.answered_at is not None and now - stored.answered_at > timedelta(seconds=ask.fresh)
        if stored.answer and old and not ask.purpose.changing:
            self.taken(Given(stored.id, stored.answer))
            stored = self.store.begin(new)
        return stored, stored.id == new.id

    def _new(self, ask: Ask) -> Stored:
        now = self.clock()
        return Stored(
            new_message_id(now), ask.key, ask.opa_id, "open", ask.content, ask.files, now,
            tried=True, sent=False, answered_at=None, answer=None,
        )  # fmt: skip

    def _sent(self, stored: Stored, ask: Ask, *, fresh: bool) -> Stored:
        """Send what the bus has not confirmed. The same MessageID every time: the bus holds one."""
        if self.clock() > stored.created_at + timedelta(seconds=self.pace.answer_within):
            raise self._given_up(stored, ask.purpose, _("no answer came in the time set by answer_within"))
        if stored.sent:
            return stored
        if stored.tried and not fresh and ask.purpose.changing and not self._repeat_safe:
            raise self._given_up(stored, ask.purpose, _("an earlier attempt broke off"))
        try:
            if not stored.tried:
                self.store.trying(stored.id, self.clock())
            receipt = self.transport.send(self._message(stored))
            self.store.sent(stored.id, receipt.reference, self.clock())
        except AlreadySentError:
            self.store.sent(stored.id, "", self.clock())
        except SmevError as error:
            raise self._not_sent(stored, ask.purpose, error, fresh=fresh) from error
        self._queue.empty_looks = 0  # an answer may come soon
        self._queue.empty_until = min(self._queue.empty_until, time.monotonic() + self._pause())
        return replace(stored, tried=True, sent=True)

    def _not_sent(self, stored: Stored, purpose: Purpose, error: SmevError, *, fresh: bool) -> Exception:
        step = next_step(error)
        if isinstance(error, NotSentError | BusError):
            self.store.untried(stored.id)
        elif in_doubt(error) and purpose.changing and not self._repeat_safe:
            return self._given_up(stored, purpose, explain(error))
        if step is NextStep.RETRY or step in (NextStep.ACCESS, NextStep.SETUP):
            return from_bus(error, purpose)  # it stays as it is and goes when the way is open again
        if step in (NextStep.NEW_ID, NextStep.LATER_DEADLINE) and stored.tried and not fresh:
            return self._given_up(stored, purpose, _("it is too old to be sent again"))
        self.store.failed(stored.id, str(error))
        return from_bus(error, purpose)

    def _given_up(self, stored: Stored, purpose: Purpose, why: str) -> Exception:
        self.store.failed(stored.id, why)
        return lost(purpose, why)

    def _message(self, stored: Stored) -> Request:
        files = tuple(
            OutgoingFile(uuid=one.uuid, name=one.name, mime_type=one.mime_type, path=Path(one.path))
            for one in stored.files
        )
        return Request(
            message_id=stored.id,
            content=stored.content,
            files=files,
            node_id=self._node_id,
            end_of_life=stored.created_at + timedelta(seconds=self.pace.answer_within),
        )

    # ---- waiting

    def _awaited(self, stored: Stored, purpose: Purpose, patience: float) -> Stored:
        until = time.monotonic() + patience
        while True:
            self._look(purpose)
            if self._alone:  # such peers have names of their own for our requests
                self.store.adopt(stored.id, self.clock())
            found = self.store.get(stored.id)
            if found.answer or self._found(stored, purpose):
                return self.store.get(stored.id)
            left = until - time.monotonic()
            if left <= 0:
                raise self._queue.trouble or self._pending(stored, purpose)
            with self._queue.news:
                self._queue.news.wait(min(left, max(self._queue.empty_until - time.monotonic(), 0.01)))

    def _found(self, stored: Stored, purpose: Purpose) -> bool:
        """Look an answer up that may have been taken and lost, where the peer offers it, ever more seldom."""
        find = getattr(self.transport, "find", None)
        now = time.monotonic()
        if find is None or now < self._find_at.setdefault(stored.id, now + _FIND_AFTER * self.pace.poll):
            return False
        age = (self.clock() - stored.created_at).total_seconds()
        self._find_at[stored.id] = now + max(_FIND_AFTER * self.pace.poll, age / 2)
        try:
            fates = [self._arrivals.keep(message) for message in find(stored.id)]
        except SmevError as error:
            raise from_bus(error, purpose) from error
        return Fate.OURS in fates and self.store.get(stored.id).answer is not None

    def _pending(self, stored: Stored, purpose: Purpose) -> PendingError:
        """Ask again soon at first, more and more seldom as the answer lets itself be waited for."""
        age = (self.clock() - stored.created_at).total_seconds()
        return PendingError(
            _("{what}: the platform has not answered over SMEV yet").format(what=purpose.what),
            after=min(max(self.pace.poll, age / 4), 60.0),
        )

    def _look(self, purpose: Purpose) -> None:
        """Empty the queue if it is this thread's turn and not too early.

        A queue that cannot be read now is tried again while there is patience: what was sent is not lost.
        """
        if time.monotonic() < self._queue.empty_until or not self._queue.turn.acquire(blocking=False):
            return
        try:
            self._queue.empty_looks += 1
            while self._one_message(purpose):
                self._queue.empty_looks = 0
                self._tell()
            self._queue.trouble = None
            self._prune()
        except RetryableError as error:
            self._queue.trouble = error
        finally:
            self._queue.empty_until = time.monotonic() + self._pause()
            self._queue.turn.release()
            self._tell()

    def _pause(self) -> float:
        """Return for how long an empty queue is left alone: shortly after a question, then ever longer."""
        return min(self.pace.poll, _SOON * (1 << min(self._queue.empty_looks, 16)))

    def _tell(self) -> None:
        with self._queue.news:
            self._queue.news.notify_all()

    def _one_message(self, purpose: Purpose) -> bool:
        """Take one message: store, commit, then acknowledge. Returns whether there was one to take."""
        try:
            message = self.transport.receive(Queue.RESPONSES, self._selector)
            if message is None:
                return False
            found = self._arrivals.keep(message)
            if found is not Fate.OURS:
                return found is Fate.STRANGER
            with suppress(GoneError):  # too late: it comes again and is known
                self.transport.acknowledge(message.handle, accepted=message.problem is None)
        except SmevError as error:
            raise from_bus(error, purpose) from error
        return True

    def _prune(self) -> None:
        now = self.clock()
        if self._pruned is None or now - self._pruned > _PRUNE_EVERY:
            self._pruned = now
            self.store.prune(now)
            sweep(self.spool, (now - KEPT).timestamp())


def sweep(spool: Path, before: float) -> None:
    """Remove files of requests that ended long ago and were never fetched from the spool."""
    for folder in spool.iterdir() if spool.exists() else ():
        if folder.is_dir() and folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
