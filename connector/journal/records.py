"""What goes into the journal and comes out of it: plain values, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.appeal import Appeal, CardRef, Reply, StoredFile
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
    """The step was not tried or met a closed channel: no attempt is spent, the lane is free again."""

    lease: Lease
    unsure: bool = False


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
