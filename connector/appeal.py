"""The domain words, immutable: what a citizen wrote, what the SED did with it, what goes back.

Times are timezone-aware UTC. Text is as received. Nothing here imports anything of ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

# Never changes: cards of every installation are found again by ids made from it.
_KEY_NAMESPACE = UUID("5f0c6a1e-9a4b-5d6f-8c6e-2d1b7f3a9e40")
_KEY = re.compile(r"pos:\d+:[^:\s]+:\d+")


class ItemKind(StrEnum):
    """Whether an item lies under Federal Law 59; the word shown to people is a setting."""

    MESSAGE = "message"  # by the platform's own rules: exactly one question
    APPEAL = "appeal"  # under 59-ФЗ: one question or more


@dataclass(frozen=True, slots=True)
class Cabinet:
    """A cabinet of the platform (ЛКО): one organisation's account there."""

    opa_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Category:
    """Where the platform put a message: категория / подкатегория / факт, with the platform's ids."""

    subject_id: int | None = None
    subject: str = ""
    subsubject_id: int | None = None
    subsubject: str = ""
    fact_id: int | None = None
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an item. `code` is the national classifier's code once it is known."""

    ordinal: int  # from 1
    text: str
    category: Category
    code: str = ""
    code_why: str = ""  # mapping version and rule address, for the trail


@dataclass(frozen=True, slots=True)
class Person:
    """A natural person as the platform gives one; any part may be empty."""

    surname: str = ""
    name: str = ""
    patronymic: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wrote: a person, for a legal entity its representative and `organisation`."""

    person: Person
    post_address: str = ""
    reply_by_post: bool = False
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message on the platform. `id` is the platform's UUID, the last segment of its URL."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the content-addressed store: `sha256` in lower-case hex names its bytes."""

    sha256: str
    size: int  # bytes
    name: str
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Territory:
    """Where the trouble is; the mart's axis. Codes are empty where the platform gave none."""

    region_id: str = ""
    region: str = ""
    oktmo: str = ""
    fias_id: str = ""
    municipality: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Appeal:
    """A citizen's message or appeal in one of its rounds (round 1, then one more for every rework)."""

    opa_id: int
    platform_id: str
    round: int
    kind: ItemKind
    text: str
    questions: tuple[Question, ...]
    applicant: Applicant
    created_at: datetime
    due_at: datetime
    number: str = ""  # the platform's registration number
    numbered_at: datetime | None = None
    fast_track: bool = False
    collective: bool = False
    confidential: bool = False
    channel: str = ""
    co_applicants: tuple[Applicant, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    territory: Territory = field(default_factory=Territory)
    rework_comment: str = ""

    @property
    def key(self) -> str:
        """The idempotency key under which a SED registers this round, once."""
        return conversation_key(self.opa_id, self.platform_id, self.round)


def conversation_key(opa_id: int, platform_id: str, round_: int) -> str:
    """Return `pos:{opaId}:{message}:{round}`."""
    return f"pos:{opa_id}:{platform_id}:{round_}"


def is_key(text: str) -> bool:
    """Whether a SED's text, all of it, is an idempotency key."""
    return _KEY.fullmatch(text) is not None


def key_uuid(key: str) -> UUID:
    """Return the UUID that stands for an idempotency key where a SED's ids must be UUIDs (СЭВ, МЭДО)."""
    return uuid5(_KEY_NAMESPACE, key)


@dataclass(frozen=True, slots=True)
class CardRef:
    """A card (РК) in a SED: its id there, and the number and date once it is registered."""

    id: str
    number: str = ""
    registered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A SED took the message but tells the card's number later, by an event."""

    receipt: str  # what to name when asking the SED's people about it


class EventKind(StrEnum):
    """What happens to a card in a SED: a closed list."""

    ACKNOWLEDGED = "acknowledged"  # the SED took delivery
    REGISTERED = "registered"
    REFUSED = "refused"
    EXECUTOR_ASSIGNED = "executor_assigned"
    RESOLUTION = "resolution"
    PROGRESS = "progress"
    REDIRECTED = "redirected"
    EXTENDED = "extended"
    ANSWER = "answer"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that still lies in the SED; `ref` is what `Sed.open_file` takes."""

    ref: str
    name: str
    size: int | None = None  # bytes, when the SED says
    media_type: str = "application/octet-stream"


class AnswerResult(StrEnum):
    """How the matter of a question ended, when the SED says so."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a SED. Its id is a stable hash, so that a repeat is harmless."""

    id: str
    key: str  # the idempotency key of its message, or `str(key_uuid(key))` where the SED echoes only that
    kind: EventKind
    at: datetime  # when it happened there, UTC
    number: str = ""  # of the card (registered) or of the answer document (answer)
    document_date: date | None = None
    text: str = ""
    code: str = ""  # reason of a refusal
    organisation: str = ""  # redirected: to whom
    deadline: date | None = None
    executors: tuple[Person, ...] = ()
    manager: Person | None = None
    files: tuple[RemoteFile, ...] = ()
    result: AnswerResult = AnswerResult.UNKNOWN
    commanded: bool = False  # answer: the SED's user explicitly ordered it to be sent
    raw: Mapping[str, object] = field(default_factory=dict)  # what was read, for the engineer


class ReplyKind(StrEnum):
    """What a reply tells the citizen; `final` ones close the round."""

    INTERIM = "interim"
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    POSTPONED = "postponed"

    @property
    def final(self) -> bool:
        """Whether nothing may follow it in the same round."""
        return self in (ReplyKind.SOLVED, ReplyKind.NOT_SOLVED, ReplyKind.REJECTED, ReplyKind.FORWARDED)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes to the platform about one round of a message. `status` and `status_text` are its words."""

    opa_id: int
    platform_id: str
    round: int
    event_id: str  # with the round: the key of this reply
    kind: ReplyKind
    status: str
    status_text: str
    text: str = ""
    comment: str = ""
    executor: Person | None = None
    manager: Person | None = None
    card_number: str = ""
    card_date: date | None = None
    outgoing_number: str = ""
    outgoing_date: date | None = None
    postponed_to: date | None = None
    forwarded_to: str = ""
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, slots=True)
class RubricValue:
    """One question of a card as the SED keeps it: the mart's row."""

    id: str
    code: str
    name: str = ""
    status: str = ""  # «Статус ССТУ» or the SED's own word
    platform_status: str = ""  # «Статус ПОС»
    result: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card as read for the mart."""

    ref: CardRef
    card_file: str  # картотека
    questions: tuple[RubricValue, ...]
    received_at: datetime | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    key: str = ""  # empty for cards that did not come from the platform
    fields: Mapping[str, str] = field(default_factory=dict)  # everything else, by the SED's names
    cursor: str = ""  # reading may go on after this card; empty where the SED has no order of changes
    unread: Mapping[str, str] = field(
        default_factory=dict
    )  # what could not be read: name → what stands there
