"""Taking messages from queues: store, bring the files, commit, and only then acknowledge."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smev.client.faults import BrokenFileError, GarbageError, GoneError
from smev.client.store import InboxEntry, Store
from smev.client.transport import Finder, Transport
from smev.client.words import Incoming, Queue
from smev.envelope.faults import fault
from smev.envelope.words import ProcessingStatus, Selector
from smev.errors import SmevError

_SAME = 3  # times that one message may come in one go: more, or unfinished and again, is a peer that is stuck


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that came. `errors`: what keeps it from being whole or acknowledged; it comes again."""

    entry: InboxEntry
    repeated: bool
    errors: tuple[SmevError, ...] = field(default=())


class Taker:
    """Takes messages over a transport into a store. Thread-safe."""

    def __init__(self, store: Store, transport: Transport, clock: Callable[[], datetime]) -> None:
        self._store, self._transport, self._clock = store, transport, clock

    def take(self, queue: Queue, selector: Selector | None = None, limit: int = 10_000) -> Iterator[Taken]:
        """Take messages until the queue is empty, yielding each when it is stored.

        One that cannot be finished does not stop the others, unless the peer goes on giving it.

        Raises the transport's errors when the queue itself cannot be read.
        """
        seen: Counter[str] = Counter()
        for _number in range(limit):
            try:
                incoming = self._transport.receive(queue, selector)
            except GarbageError as error:
                self._store.record("garbage", "in", error.answer)
                raise
            if incoming is None or seen[incoming.message_id] >= _SAME:
                return
            taken = self._keep(incoming)
            seen[incoming.message_id] += _SAME if taken.errors else 1
            yield taken

    def find_lost(self, silence: timedelta, limit: int = 100) -> Iterator[Taken]:
        """Ask for answers to requests that are silent so long, where the peer gives a message out only once.

        An answer that broke on its way from such a peer is in no queue any more. Nothing is asked elsewhere.
        """
        if not isinstance(self._transport, Finder):
            return
        for entry in self._store.outbox.unanswered(self._clock() - silence, limit):
            self._store.outbox.asked_about(entry.key, self._clock())
            for incoming in self._transport.find(entry.message_id):
                if self._store.inbox.find(incoming.message_id) is None:
                    yield self._keep(incoming)

    def acknowledge_pending(self) -> Iterator[Taken]:
        """Acknowledge again what is stored and could not be acknowledged before."""
        for entry in self._store.inbox.unacknowledged():
            errors = self._acknowledge(entry.message_id, entry.handle, accepted=not entry.problem)
            yield Taken(self._store.inbox.get(entry.message_id), repeated=True, errors=errors)

    def acknowledge(self, message_id: str, *, accepted: bool = True, force: bool = False) -> Taken:
        """Acknowledge one stored message; `force`: even if its files are not all here, they never will be.

        Raises KeyError, and ValueError for an incomplete message without force.
        """
        entry = self._store.inbox.get(message_id)
        whole = entry.complete is not None or bool(entry.problem)
        if not (whole or force):
            raise ValueError(message_id)
        if not whole:
            self._store.inbox.force(message_id, self._clock())
        errors = self._acknowledge(message_id, entry.handle, accepted=accepted and not entry.problem)
        return Taken(self._store.inbox.get(message_id), repeated=True, errors=errors)

    def _keep(self, incoming: Incoming) -> Taken:
        now, inbox = self._clock(), self._store.inbox
        ours = self._store.outbox.find(incoming.original_id) if incoming.original_id else None
        entry = inbox.keep(incoming, now, ours.key if ours else None)
        if ours is not None and not incoming.problem:
            self._learn(ours.key, incoming, now)
        errors = () if incoming.problem else self._fetch(incoming, entry)
        if not errors:
            if not incoming.problem:
                inbox.complete(entry.message_id, self._clock())
            good = not entry.problem  # of an earlier copy, if this one came spoilt
            errors = self._acknowledge(entry.message_id, incoming.handle, accepted=good)
        return Taken(inbox.get(entry.message_id), entry.times > 1, errors)

    def _learn(self, key: str, incoming: Incoming, now: datetime) -> None:
        """Note in the outbox what the message says about one of ours; that it came proves it was sent."""
        outbox, body = self._store.outbox, incoming.message.body
        outbox.delivered(key, None, now)
        if isinstance(body, ProcessingStatus):
            reason = fault(body.fault_code, body.fault_description or body.details, server=False)
            outbox.bus_said(key, body.category, now, rejected=reason if body.rejected else None)

    def _fetch(self, incoming: Incoming, entry: InboxEntry) -> tuple[SmevError, ...]:
        """Bring the files that are not here yet; return what went wrong, each file on its own."""
        errors: list[SmevError] = []
        for stored, file in zip(entry.files, incoming.files, strict=False):
            if stored.path is not None or entry.forced:
                continue
            target = self._store.place(entry.message_id, stored.position)
            try:
                self._transport.fetch(file, target)
            except SmevError as error:
                self._store.inbox.file_broken(entry.message_id, stored.position, error)
                errors.append(error)
                if not isinstance(error, BrokenFileError):
                    break  # the store is not to be had: the other files would not come either
            else:
                self._store.inbox.file_here(entry.message_id, stored.position, target)
        return tuple(errors)

    def _acknowledge(self, message_id: str, handle: str, *, accepted: bool) -> tuple[SmevError, ...]:
        try:
            if handle:  # what was found by name waits in no queue
                self._transport.acknowledge(handle, accepted=accepted)
        except GoneError:  # too late or done before: if it comes again it is known and acknowledged again
            pass
        except SmevError as error:
            return (error,)
        self._store.inbox.acknowledged(message_id, self._clock(), accepted=accepted)
        return ()
