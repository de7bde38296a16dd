"""What passes between a program and a transport: messages and files as values, whatever the wire is."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from smev.envelope.words import BusinessStatus, ProcessingStatus, Received, Rejection
from smev.errors import SmevError


class Queue(StrEnum):
    """A queue to read from. A transport without a queue of its own for one simply finds it empty."""

    REQUESTS = "requests"  # what others ask of us (GetRequest)
    RESPONSES = "responses"  # answers to our requests, late rejections of them included (GetResponse)
    STATUSES = "statuses"  # late words about our responses (GetStatus)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """A file that goes with a message. `uuid` is given once: a resend goes on with the same upload."""

    uuid: str
    name: str
    mime_type: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to be sent. The same `message_id` every time the same request is sent again.

    `content` is the XML of the one business element. `reference_id` is the first message of a chain.
    """

    message_id: str
    content: bytes = field(repr=False)
    files: tuple[OutgoingFile, ...] = ()
    reference_id: str | None = None
    transaction_code: str | None = None
    node_id: str | None = None
    end_of_life: datetime | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer to a request of others.

    `reply_to` and `request_id` are those of the request as it was received (`Incoming.reply_to`,
    `Incoming.sender_id`): the bus addresses by the first, the adapter by the second.
    `body` is the XML of the one business element, reasons of a rejection, or an interim status.
    """

    message_id: str
    reply_to: str
    request_id: str
    body: bytes | tuple[Rejection, ...] | BusinessStatus = field(repr=False)
    files: tuple[OutgoingFile, ...] = ()


Outgoing = Request | Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The peer has the message. `already`: an earlier attempt of ours had reached it.

    `reference` is the id under which the peer will speak of the message when it is not our MessageID.
    `raw` is the peer's answer as it came.
    """

    message_id: str
    reference: str = ""
    already: bool = False
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file that came with a message; `Transport.fetch` brings it.

    `digest` (GOST, b"" when not told) and `signature` (detached CMS) are what its bytes are checked with.
    A file that came with the envelope is in `data`, or in the temporary file `spool`, which the transport
    deletes when it is closed. Any other waits at `location` (a path of the file store or a URL), to be taken
    with `user` and `password`. One that is nowhere cannot be fetched.
    """

    id: str  # contentId or uuid: unique within its message
    name: str
    mime_type: str = "application/octet-stream"
    digest: bytes = field(default=b"", repr=False)
    signature: bytes | None = field(default=None, repr=False)
    data: bytes | None = field(default=None, repr=False)
    spool: Path | None = None
    location: str = ""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message taken from a queue: what it says, the octets it came in, and its files.

    A late rejection, a provider's refusal and an interim status are ordinary messages: see
    `message.body`. `message.test`: change nothing because of it.

    `handle` is what `Transport.acknowledge` needs; it outlives the process, so an acknowledgement can be
    given later by a new one. `problem` says why the message must not be acted upon (the bus's own signature
    does not hold): store it, acknowledge it with `accepted` false.
    """

    queue: Queue
    message: Received
    raw: bytes = field(repr=False)
    handle: str
    files: tuple[IncomingFile, ...] = ()
    problem: SmevError | None = None

    @property
    def message_id(self) -> str:
        """The bus's id of the message: a message that comes again is known by it.

        A word of GetStatus has none: the message that it is about and what it says stand for it.
        """
        body = self.message.body
        if not self.message.message_id and isinstance(body, ProcessingStatus):
            return f"{body.original_id}/{body.category}"
        return self.message.message_id or self.handle

    @property
    def sender_id(self) -> str:
        """The id that the sender gave it."""
        return self.message.sender_message_id

    @property
    def original_id(self) -> str:
        """The MessageID (or `Receipt.reference`) of the message of ours that this one is about."""
        body = self.message.body
        return self.message.original_id or getattr(body, "original_id", "")

    @property
    def final(self) -> bool:
        """Whether it settles the request that it is about: it is no interim status."""
        body = self.message.body
        return body.rejected if isinstance(body, ProcessingStatus) else not isinstance(body, BusinessStatus)

    @property
    def reply_to(self) -> str:
        """The opaque address to copy into the answer."""
        return self.message.reply_to
