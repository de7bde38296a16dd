"""What goes into the journal and comes out of it: plain values, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connector.appeal import Appeal, CardRef, Event, Reply, StoredFile
from connector.errors import ItemError
from connector.lifecycle import State


class Stage(StrEnum):
    """What is to be done next with the task at the head of a lane."""

    READ = "read"  # its raw text could not be understood: parked until a person or a new profile helps
    FETCH = "fetch"  # bring its files to the store
    ACCEPT = "accept"  # mark it accepted on the platform
    REGISTER = "register"  # hand it to the SED
    REPLY = "reply"  # send one reply to the platform


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act on one lane until a moment. The token fences: a stale holder's outcome is refused."""

    lane_id: int
    task_id: int
    token: str
    until: datetime  # UTC, by the journal's clock


@dataclass(frozen=True, slots=True)
class Work:
    """One task handed out under a lease, with all that its step needs."""

    lease: Lease
    stage: Stage
    channel: str
    attempt: int  # 1 at the first one
    unsure: bool  # an earlier attempt was begun and left no outcome: look it up before repeating
    opa_id: int
    platform_id: str
    message_id: int
    round: int
    key: str
    state: State
    raw: str
    appeal: Appeal | None
    files: tuple[StoredFile | None, ...]  # by attachment, None while it is not stored yet
    card: CardRef | None
    reply: Reply | None = None
    steps: Mapping[str, str] = field(default_factory=dict)  # remote steps that succeeded, by name


@dataclass(frozen=True, slots=True)
class Advanced:
    """The step succeeded; `stage` is the next one of the same task, None = the task is done."""

    lease: Lease
    stage: Stage | None
    channel: str = ""  # of the next stage
    state: State | None = None  # the round's new state
    appeal: Appeal | None = None  # replaced (read again, or its questions now bear codes)
    files: Mapping[int, StoredFile] = field(default_factory=dict)  # by attachment's place, from 0
    card: CardRef | None = None
    note: str = ""  # for the audit trail
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The step failed for this item: it waits (backoff, full jitter, cap), or is parked."""

    lease: Lease
    error: ItemError
    park: bool  # True: a person must act; False: try again until the attempts are spent
    unsure: bool = False  # the outcome is unknown: the next attempt must look it up


@dataclass(frozen=True, slots=True)
class Released:
    """The step was not tried, met a closed channel or waits for an answer: no attempt is spent.

    The lane is free again `after` that time.
    """

    lease: Lease
    unsure: bool = False
    after: timedelta = timedelta(0)


Outcome = Advanced | Failed | Released


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as the circuit breaker sees it: open for work unless `paused_until` lies ahead."""

    name: str
    failures: int  # in a row
    paused_until: datetime | None
    error_code: str
    sentence: str
    since: datetime | None  # when it began to fail
    last_success: datetime | None
    needs_person: bool  # wrong credentials: paused until they change or a person resumes it


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a conversation's trail."""

    at: datetime
    actor: str  # daemon, sync, or the operator's user name
    what: str  # a stable word: received, filed, accepted, registered, event, reply-sent, parked …
    round: int | None
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked task: why, since when, and what stands behind it in its conversation."""

    task_id: int
    opa_id: int
    platform_id: str
    round: int
    stage: Stage
    error_code: str
    sentence: str
    attempts: int
    parked_at: datetime
    waiting_behind: int


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What `status` shows for one cabinet and channel."""

    opa_id: int
    channel: str
    waiting: int
    in_work: int
    parked: int
    oldest: datetime | None  # when the oldest waiting item was received


@dataclass(frozen=True, slots=True)
class KnownRound:
    """The last round of a message that the journal holds; what `lifecycle.round_of` wants to know."""

    round: int
    state: State
    raw_sha256: str  # of the newest text received for the round
    answered: bool  # a final reply was confirmed sent
    accepted: bool  # it was confirmed marked accepted


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one page of the list came to."""

    new: int
    repeated: tuple[str, ...]  # platform ids already confirmed accepted: to be marked again
    unreadable: int  # of the new ones
    revised: int = 0  # listed again with another text, which was kept


@dataclass(frozen=True, slots=True)
class StoredRound:
    """One round of a message as it stands."""

    message_id: int
    opa_id: int
    platform_id: str
    round: int
    key: str
    state: State
    state_since: datetime
    received_at: datetime
    appeal: Appeal | None
    card: CardRef | None
    answered_at: datetime | None  # when a final reply was confirmed sent


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an event does to its round: the next state, at most one reply, or why it is only a note."""

    state: State
    reply: Reply | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordedEvents:
    """What one page of a SED's changes came to."""

    new: int
    repeated: int
    orphans: int  # of the new ones: no message with their key is known yet
    replies: int


class ReceivedMessage(Protocol):
    """What the inbox needs of `connector.platform.Received`, which lies above the journal."""

    @property
    def platform_id(self) -> str:
        """The message's id on the platform, or `sha256:` and the digest of what could not be read."""
        ...

    @property
    def raw(self) -> str:
        """The message exactly as received."""
        ...

    @property
    def appeal(self) -> Appeal | None:
        """The message as understood; None when it could not be read."""
        ...

    @property
    def problem(self) -> str:
        """What is wrong with it and what to do."""
        ...


class EventPage(Protocol):
    """What the journal needs of `connector.sed.ChangePage`, which lies above it."""

    @property
    def events(self) -> tuple[Event, ...]:
        """The events in the order in which they happened."""
        ...

    @property
    def cursor(self) -> str:
        """Where to go on after this page."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was seen and could not be read."""
        ...
