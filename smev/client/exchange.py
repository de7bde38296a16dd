"""The client as a program uses it: one store, one transport, everything sent and taken through both."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from smev.client import build
from smev.client.policy import Policy
from smev.client.sending import Sender, Sent
from smev.client.settings import SmevSettings
from smev.client.store import InboxEntry, OutboxEntry, Store
from smev.client.store.outbox import pruned
from smev.client.taking import Taken, Taker
from smev.client.transport import Rereader, Transport
from smev.client.words import OutgoingFile, Queue, Request, Response
from smev.envelope import new_message_id
from smev.envelope.words import BusinessStatus, Rejection, Selector
from smev.errors import InputError

Clock = Callable[[], datetime]
_SILENCE = timedelta(minutes=15)  # of a delivered request, before a lost answer is asked for


class Client:
    """SMEV with a memory: what is given to it is sent once, what comes is kept and given out once.

    Thread-safe. `sender` and `taker` hold the two halves, `store` the record.
    """

    def __init__(
        self,
        store: Store,
        transport: Transport,
        clock: Clock,
        policy: Policy | None = None,
        node_id: str = "",
    ) -> None:
        self.store, self.transport = store, transport
        self._clock, self._node_id = clock, node_id
        self.sender = Sender(store, transport, clock, policy or Policy())
        self.taker = Taker(store, transport, clock)

    def request(
        self,
        content: bytes,
        files: Sequence[tuple[Path, str, str]] = (),
        *,
        key: str = "",
        reference: str | None = None,
        test: bool = False,
    ) -> OutboxEntry:
        """Keep a request to be sent: content, files as (path, name, MIME type).

        The same key is the same request: it is kept and sent once. `reference`: MessageID of the first
        request of a chain.
        """
        known = self.store.outbox.find(key) if key else None
        if known is not None:
            return known
        message = Request(
            message_id=new_message_id(self._clock()),
            content=content,
            files=_files(files),
            reference_id=reference,
            node_id=self._node_id or None,
            test=test,
        )
        return self.sender.submit(message, key)

    def respond(
        self,
        request_id: str,
        body: bytes | tuple[Rejection, ...] | BusinessStatus,
        files: Sequence[tuple[Path, str, str]] = (),
        *,
        key: str = "",
    ) -> OutboxEntry:
        """Keep an answer to a stored request (its MessageId) to be sent.

        Raises InputError when no such request came.
        """
        known = self.store.outbox.find(key) if key else None
        if known is not None:
            return known
        stored = self.store.inbox.find(request_id)
        if stored is None or stored.problem or stored.kind != "Request":
            raise InputError("request-absent", "no request {id} has come", id=request_id)
        request = stored.message
        message = Response(
            message_id=new_message_id(self._clock()),
            reply_to=request.reply_to,
            request_id=request.sender_message_id or request_id,
            body=body,
            files=_files(files),
        )
        return self.sender.submit(message, key)

    def send_due(self) -> Iterator[Sent]:
        """Send what is due."""
        return self.sender.send_due()

    def again(self, key: str, *, new_id: bool = False) -> None:
        """Make a message due at once, under a new MessageID if that is wanted.

        Raises KeyError, and InputError when its content was taken out.
        """
        now = self._clock()
        self.store.outbox.message(key)  # there must be something to send
        if new_id:
            self.store.outbox.renew(key, new_message_id(now), now, "asked for by a person")
        else:
            self.store.outbox.again(key, now, sure=not self.sender.one_per_id)

    def cancel(self, key: str) -> None:
        """Give a message up: it is not sent any more."""
        self.store.outbox.cancel(key, self._clock())

    def take(
        self, queues: Queue | Sequence[Queue], selector: Selector | None = None, limit: int = 10_000
    ) -> Iterator[Taken]:
        """Acknowledge what could not be before, take queues until they are empty, ask for what was lost."""
        yield from self.taker.acknowledge_pending()
        wanted = selector or Selector(node_id=self._node_id or None)
        named = [queues] if isinstance(queues, Queue) else queues
        for queue in named:
            yield from self.taker.take(queue, wanted, limit)
        if Queue.RESPONSES in named:
            yield from self.taker.find_lost(_SILENCE)

    def replay(self, message_id: str) -> InboxEntry:
        """Read a stored message again and give it out once more. Raises KeyError, or what is wrong."""
        entry = self.store.inbox.get(message_id)
        if not entry.raw:
            raise pruned(message_id)
        transport = self.transport
        message = transport.reread(entry.raw) if isinstance(transport, Rereader) else entry.message
        self.store.inbox.replay(message_id, message)
        return self.store.inbox.get(message_id)

    def answers(self, key: str) -> list[InboxEntry]:
        """Return everything that came about a message of ours, oldest first."""
        return self.store.inbox.about(key)

    def close(self) -> None:
        """Let go of the line and the store."""
        self.transport.close()
        self.store.close()


def _files(files: Sequence[tuple[Path, str, str]]) -> tuple[OutgoingFile, ...]:
    return tuple(
        OutgoingFile(uuid=str(uuid4()), name=name, mime_type=mime_type, path=path)
        for path, name, mime_type in files
    )


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@contextmanager
def opened(
    settings: SmevSettings, clock: Clock = utc_now, secret: build.Secret = build.no_secrets
) -> Iterator[Client]:
    """Open the client of the settings for a block; `secret` gives the PIN of a token. Raises SetupError."""
    store = Store(settings.store, clock)
    try:
        made = build.transport(settings, store.record, clock, secret)
        client = Client(store, made, clock, Policy(end_of_life=settings.end_of_life), settings.node_id)
    except BaseException:
        store.close()
        raise
    try:
        yield client
    finally:
        client.close()
