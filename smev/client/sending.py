"""Sending what the outbox holds: every attempt under the same MessageID, every error by its next step."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from smev.client.faults import NextStep, UnknownOutcomeError
from smev.client.lease import kept
from smev.client.policy import AUTOMATIC, Policy, in_doubt, step_of
from smev.client.store import OutboxEntry, Store
from smev.client.transport import Transport
from smev.client.words import Outgoing, Receipt
from smev.envelope.identifier import new_message_id
from smev.errors import InputError, SmevError, UnsupportedError

_RENEWALS = 3  # of the id or the end of life, in one go


@dataclass(frozen=True, slots=True)
class Sent:
    """What an attempt led to; `error` is None when the peer has the message."""

    entry: OutboxEntry
    error: SmevError | None = None


class Sender:
    """Sends messages of a store over a transport. Thread-safe.

    Args:
        store: keeps the messages.
        transport: carries them.
        clock: tells the time, with its offset.
        policy: how patient to be.
        chance: a number from 0 to 1, spreads the pauses.
        new_id: makes a MessageID for a moment.
    """

    def __init__(
        self,
        store: Store,
        transport: Transport,
        clock: Callable[[], datetime],
        policy: Policy,
        *,
        chance: Callable[[], float] = random.random,
        new_id: Callable[[datetime], str] = new_message_id,
    ) -> None:
        self._store, self._transport, self._clock, self._policy = store, transport, clock, policy
        self._chance, self._new_id = chance, new_id
        self.one_per_id: bool = getattr(transport, "one_per_id", True)

    def submit(self, message: Outgoing, key: str = "") -> OutboxEntry:
        """Keep a message, with copies of its files, to be sent. A known key: the message is that one.

        Raises SetupError when a file cannot be read or the store has no room.
        """
        known = self._store.outbox.find(key or message.message_id)
        if known is not None:
            return known
        adopted = replace(message, files=tuple(map(self._store.adopt, message.files)))
        return self._store.outbox.put(key or message.message_id, adopted, self._clock())

    def submit_as_is(self, envelope: bytes, key: str = "") -> OutboxEntry:
        """Keep a signed envelope to be sent octet by octet.

        Raises InputError when it is nothing to send, or a message with its MessageID is kept by another key.
        """
        from smev.client.compose import identify

        _operation, message_id = identify(envelope)
        known = self._store.outbox.find(message_id)
        if known is not None and known.key != (key or message_id):
            raise InputError(
                "as-is-known", "{id} is kept as {key} already: send that one", id=message_id, key=known.key
            )
        return self._store.outbox.put(key or message_id, envelope, self._clock(), message_id=message_id)

    def send_due(self, limit: int = 1000) -> Iterator[Sent]:
        """Send what is due, yielding what came of each; a failure of one does not stop the others."""
        for _number in range(limit):
            now = self._clock()
            entry = self._store.outbox.claim(now, now + self._policy.lease)
            if entry is None:
                return
            yield self._attempt(entry)

    def send(self, key: str) -> Sent:
        """Send one message now, due or not. One that is not queued, or is being sent, is left as it is.

        Raises KeyError.
        """
        now = self._clock()
        entry = self._store.outbox.claim(now, now + self._policy.lease, key)
        return Sent(self._store.outbox.get(key)) if entry is None else self._attempt(entry)

    def _attempt(self, entry: OutboxEntry) -> Sent:
        error: SmevError | None = None
        if entry.doubt and not self.one_per_id:
            return self._failed(entry, UnknownOutcomeError("an earlier attempt was not finished"))
        for _number in range(_RENEWALS):
            try:
                receipt = self._carry(entry.key)
            except SmevError as failure:
                error = failure
                if not self._renewed(entry, failure):
                    break
            else:
                self._store.outbox.delivered(entry.key, receipt, self._clock())
                return Sent(self._store.outbox.get(entry.key))
        return self._failed(entry, error) if error else Sent(entry)

    def _carry(self, key: str) -> Receipt:
        lease, outbox = self._policy.lease, self._store.outbox
        with kept(lambda: outbox.extend(key, self._clock() + lease), lease.total_seconds() / 3):
            return self._given(outbox.message(key))

    def _given(self, message: Outgoing | bytes) -> Receipt:
        if not isinstance(message, bytes):
            return self._transport.send(message)
        as_is: Callable[[bytes], Receipt] | None = getattr(self._transport, "send_as_is", None)
        if as_is is None:
            raise UnsupportedError(
                "as-is-absent", "{transport} sends no envelopes as they are", transport=self._transport.name
            )
        return as_is(message)

    def _renewed(self, entry: OutboxEntry, error: SmevError) -> bool:
        """Change what the bus wants changed by rule; return whether to try again at once."""
        now, outbox = self._clock(), self._store.outbox
        step = NextStep.LOOK if entry.kind == "as-is" else step_of(error, doubt=entry.doubt)
        if step is NextStep.NEW_ID:
            outbox.renew(entry.key, self._new_id(now), now, str(error))
        elif step is NextStep.LATER_DEADLINE and entry.kind == "request":
            outbox.prolong(entry.key, now + self._policy.end_of_life, now)
        else:
            return False
        return True

    def _failed(self, entry: OutboxEntry, error: SmevError) -> Sent:
        now, doubt = self._clock(), in_doubt(error)
        step = step_of(error, doubt=entry.doubt, one_per_id=self.one_per_id)
        again = step in AUTOMATIC
        self._store.outbox.failed(
            entry.key,
            now,
            step=step,
            error=error,
            due=now + self._policy.pause(entry.attempts, self._chance) if again else None,
            doubt=doubt,
        )
        return Sent(self._store.outbox.get(entry.key), error)
