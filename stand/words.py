"""The stand's own words, immutable: cabinets, messages, files, and what clerks are going to decide.

Nothing here knows a wire format. Times are timezone-aware UTC.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from stand import blobs


@dataclass(frozen=True, slots=True)
class Cabinet:
    """A cabinet (ЛКО) of the stand's platform, with the id and password that sedlink must show."""

    opa_id: int
    name: str
    client_id: str
    secret: str
    region_id: int  # in the platform's dictionary
    region_guid: str  # in a message
    region: str


@dataclass(frozen=True)
class FileSpec:
    """A file as a recipe: the same recipe always gives the same bytes, so nothing is kept in memory."""

    name: str
    kind: blobs.Kind
    size: int  # bytes
    seed: str

    def content(self) -> bytes:
        """Return the file's bytes."""
        return blobs.make(self.kind, self.size, self.seed)

    @cached_property
    def sha256(self) -> str:
        """The digest of the bytes, lower-case hex."""
        return hashlib.sha256(self.content()).hexdigest()

    @property
    def media_type(self) -> str:
        """The media type that goes with the kind of file."""
        return blobs.MEDIA_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Message:
    """What a citizen wrote: the platform's JSON without `attachments`, and the files."""

    id: int
    opa_id: int
    number: str
    wire: str  # one JSON object; a text, because ten thousand of them are kept
    files: tuple[tuple[str, FileSpec], ...] = ()  # the platform's id (UUID) of each file


@dataclass(frozen=True, slots=True)
class Official:
    """A clerk, an executor or a head of the stand's SED: an artificial person."""

    surname: str
    name: str
    patronymic: str
    post: str
    email: str = ""
    phone: str = ""

    @property
    def full_name(self) -> str:
        """Surname, name and patronymic in one line."""
        return f"{self.surname} {self.name} {self.patronymic}".strip()


class DecisionKind(StrEnum):
    """What a clerk does with a card."""

    REGISTER = "register"
    ASSIGN = "assign"  # a resolution with an executor and a control date
    PROGRESS = "progress"  # an executor's report on the way
    PROLONG = "prolong"  # the control date moves
    REDIRECT = "redirect"  # to another organisation; ends the round
    REFUSE = "refuse"  # refusal of registration; ends the round
    DRAFT = "draft"  # an answer document without the command: must not leave
    ANSWER = "answer"  # an answer document with the command; ends the round


class Kind(StrEnum):
    """What the platform is told, as the stand tells replies apart."""

    REGISTERED = "interim.registered"
    ASSIGNED = "interim.assigned"
    OTHER = "interim.other"
    POSTPONED = "postponed"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    REJECTED = "rejected"
    FORWARDED = "forwarded"

    @property
    def final(self) -> bool:
        """Whether it ends the round."""
        return self in (Kind.SOLVED, Kind.NOT_SOLVED, Kind.REJECTED, Kind.FORWARDED)

    @property
    def interim(self) -> bool:
        """Whether it is an interim status (a postponement is counted apart)."""
        return self in (Kind.REGISTERED, Kind.ASSIGNED, Kind.OTHER)


_EXPECTED = {
    DecisionKind.REGISTER: Kind.REGISTERED,
    DecisionKind.ASSIGN: Kind.ASSIGNED,
    DecisionKind.PROLONG: Kind.POSTPONED,
    DecisionKind.REDIRECT: Kind.FORWARDED,
    DecisionKind.REFUSE: Kind.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of a clerk; which fields are filled depends on the kind."""

    kind: DecisionKind
    at: datetime | None = None  # when it happened there; None = when the stand's clerk gets to it
    text: str = ""
    number: str = ""  # of the card (register) or of the answer document (draft, answer)
    deadline: date | None = None
    organisation: str = ""
    code: int = 0  # of a refusal
    executors: tuple[Official, ...] = ()
    manager: Official | None = None
    files: tuple[FileSpec, ...] = ()
    solved: bool = True

    @property
    def expects(self) -> Kind | None:
        """What the platform must be told because of it; None = nothing."""
        if self.kind is DecisionKind.ANSWER:
            return Kind.SOLVED if self.solved else Kind.NOT_SOLVED
        return _EXPECTED.get(self.kind)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a message: what the clerks decide, then what the citizen makes of the answer."""

    decisions: tuple[Decision, ...]
    comment: str = ""  # «вернуть на доработку»: why the citizen opened this round; empty for the first
    rating: int | None = None  # 1..5, given after the final answer


@dataclass(frozen=True, slots=True)
class Case:
    """A message and everything that is going to happen to it."""

    message: Message
    rounds: tuple[Round, ...] = field(default_factory=tuple)


def round_id(message_id: int, round_: int) -> str:
    """Return the stand's name of one round of a message: `1001/1`."""
    return f"{message_id}/{round_}"


def decision_id(message_id: int, round_: int, step: int) -> str:
    """Return the stand's name of one decision: `1001/1#2` (steps count from 1)."""
    return f"{message_id}/{round_}#{step}"
