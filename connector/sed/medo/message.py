"""One message of the exchange in plain words, as far as this adapter uses it. Immutable; empty = not told."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from connector.sed.medo.words import MessageKind, NoticeKind


@dataclass(frozen=True, slots=True)
class Number:
    """A document's number and date."""

    number: str = ""
    on: date | None = None

    def __bool__(self) -> bool:
        return bool(self.number or self.on)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody of a document: signatory, addressee, correspondent, executor; or a document they wrote."""

    region: str = ""
    organization: str = ""
    person: str = ""
    department: str = ""
    post: str = ""
    contact: str = ""
    num: Number = Number()
    signed: date | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a document to another one."""

    type: str = ""
    uid: UUID | None = None
    id: str = ""
    num: Number = Number()
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause (пункт) of a document."""

    designation: str = ""
    text: str = ""
    deadline: date | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message lists; `name` is a plain file name beside the passport (or in the container)."""

    name: str
    group: str = ""
    description: str = ""
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The card of a document."""

    uid: UUID | None = None
    id: str = ""
    kind: str = ""
    num: Number = Number()
    special_mark: str = ""
    classification: str = ""
    annotation: str = ""
    comment: str = ""
    pages: int | None = None
    signatories: tuple[Party, ...] = ()
    addressees: tuple[Party, ...] = ()
    correspondents: tuple[Party, ...] = ()
    links: tuple[Link, ...] = ()
    clauses: tuple[Clause, ...] = ()
    executor: Party | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification about a document of ours. `kind` is None for one that is not in the closed list."""

    kind: NoticeKind | None
    type: str  # as written
    uid: UUID | None = None
    id: str = ""
    time: datetime | None = None
    foundation: Party = Party()
    clause: Clause | None = None
    num: Number = Number()  # registration, publication
    reason: str = ""
    secretary: Party | None = None
    manager: Party | None = None
    executor: Party | None = None
    signatory: Party | None = None
    report: Party | None = None  # the answer that was sent, as a reference
    text: str = ""  # of «Исполнение»
    reference: Party | None = None
    place: str = ""  # of a publication
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgment:
    """A receipt (квитанция) for a message: not for a document."""

    uid: UUID | None
    time: datetime | None = None
    accepted: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: one of `document`, `notice`, `acknowledgment` is there. Times are UTC."""

    kind: MessageKind
    version: str = ""
    uid: UUID | None = None
    created: datetime | None = None
    source_uid: UUID | None = None
    source: str = ""
    document: Document | None = None
    files: tuple[File, ...] = ()
    notice: Notice | None = None
    acknowledgment: Acknowledgment | None = None
    container: str = ""  # the file name of the zip that holds document and files (2.7, 2.7.1)
