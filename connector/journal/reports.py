"""What the journal tells operators, mails and the exporter: plain values, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.journal.records import Stage
from connector.lifecycle import State


class AlertKind(StrEnum):
    """A channel gives at most one alert when it starts to fail and one when it is well again."""

    FAILING = "failing"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Alert:
    """One mail that is due about a channel."""

    channel: str
    kind: AlertKind
    since: datetime  # when it began to fail
    until: datetime | None  # when it was well again
    error_code: str
    sentence: str
    needs_person: bool


@dataclass(frozen=True, slots=True)
class DeadFilter:
    """Which dead letters are meant; an empty field does not restrict, all empty = every one."""

    task_ids: tuple[int, ...] = ()
    opa_ids: tuple[int, ...] = ()
    platform_ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    parked_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The reconciliation: every received round is in exactly one state; erased ones stay counted."""

    received: int
    by_state: Mapping[State, int]
    accepted: int  # rounds confirmed marked accepted
    answered: int  # rounds whose final reply was confirmed sent
    sent: Mapping[str, int]  # replies confirmed sent, by ReplyKind
    parked: Mapping[Stage, int]  # tasks that wait for a person
    dropped: int  # tasks a person gave up, each with a reason in the trail
    waiting: int  # tasks still to be done, parked ones not among them
    orphans: int  # events without a message
    erased: int = 0  # of the received: nothing but their number is left


@dataclass(frozen=True, slots=True)
class Found:
    """One conversation that a search text led to."""

    opa_id: int
    platform_id: str
    rounds: int
    number: str  # the platform's registration number, of the last round
    card_number: str
    state: State


@dataclass(frozen=True, slots=True)
class NotedEvent:
    """An event that changed nothing: late, after the final answer, without a message."""

    sed: str
    event_id: str
    key: str
    kind: str  # an EventKind, or `unreadable` for what no event could be made of
    at: datetime  # when it happened in the SED; for what is unreadable when it was first seen
    recorded_at: datetime
    note: str  # a stable code: orphan | after-final | not-commanded | no-rule | unreadable
    text: str = ""
    platform_id: str = ""  # empty for an orphan
    opa_id: int | None = None


@dataclass(frozen=True, slots=True)
class OldestAge:
    """Where the oldest round of a state stands; for age limits."""

    opa_id: int
    state: State
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took out, or would."""

    lines: int = 0  # of the trail
    conversations: int = 0
    rounds: int = 0
    events: int = 0  # without a message, and what could not be read
    requests: int = 0  # over SMEV, and what came about them

    def __add__(self, other: "Erased") -> "Erased":
        return Erased(
            self.lines + other.lines,
            self.conversations + other.conversations,
            self.rounds + other.rounds,
            self.events + other.events,
            self.requests + other.requests,
        )


@dataclass(frozen=True, slots=True)
class SweptFiles:
    """What the collection of orphaned files removed."""

    removed: int
    bytes: int
    names: tuple[str, ...] = field(default=(), repr=False)  # sha256 of each

    def __add__(self, other: "SweptFiles") -> "SweptFiles":
        return SweptFiles(self.removed + other.removed, self.bytes + other.bytes, self.names + other.names)
