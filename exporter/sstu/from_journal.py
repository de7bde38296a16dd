"""Appeals of the journal as records. Messages are left out: ССТУ counts appeals under 59-ФЗ.

The journal knows «Дан ответ автору», not whether a matter was supported: that is said only by a SED's cards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from connector.appeal import Appeal, Applicant, Event, EventKind, ItemKind, RemoteFile
from connector.errors import ConnectorError
from connector.journal.journal import Journal
from connector.journal.records import StoredRound
from connector.lifecycle import State
from exporter.sstu.model import Attachment, Fault, Question, Record, Status, Transfer
from exporter.sstu.rules import MOST_BASE64
from mappings.words import same_key

Opened = Callable[[int, str], AbstractContextManager[BinaryIO]]  # cabinet, reference of the file

_KINDS = (EventKind.EXTENDED, EventKind.ANSWER, EventKind.REDIRECTED, EventKind.REFUSED)
_STATUS = {
    State.IN_WORK: Status.IN_WORK,
    State.REGISTERED: Status.IN_WORK,
    State.ANSWERED: Status.ANSWERED,
    State.REFUSED: Status.LEFT_WITHOUT_ANSWER,  # the only word that becomes «Отклонено модератором»
    State.REDIRECTED: Status.TRANSFERRED,
}
_SIGNATURES = (".sig", ".p7s", ".sgn")
_PAGE = 200
_MOST_READ = MOST_BASE64  # bytes: more cannot go in any case


@dataclass(frozen=True, slots=True)
class Bodies:
    """Ids in ССТУ: ours by cabinet or card file, others' by name."""

    own: UUID | None = None
    by_cabinet: Mapping[str, UUID] = field(default_factory=dict)
    others: Mapping[str, UUID] = field(default_factory=dict)  # by same_key of the name

    def of(self, *names: str) -> UUID | None:
        """Return our id under one of these names, else the common one."""
        return next((self.by_cabinet[name] for name in names if name in self.by_cabinet), self.own)


@dataclass(frozen=True, slots=True)
class JournalRecords:
    """Reads the journal. `opened` opens a file of an answer in the cabinet's SED."""

    journal: Journal
    bodies: Bodies
    zone: ZoneInfo
    opened: Opened
    changed_from: datetime | None = None

    def records(self) -> Iterator[tuple[Record, tuple[Fault, ...]]]:
        """Yield every appeal with what was odd about reading it."""
        rounds = self.journal.rounds(changed_from=self.changed_from)
        while page := list(islice(rounds, _PAGE)):
            told: dict[int, list[Event]] = {}
            for message_id, event in self.journal.events_of([one.message_id for one in page], _KINDS):
                told.setdefault(message_id, []).append(event)
            for one in page:
                if one.appeal is None or one.appeal.kind is ItemKind.APPEAL:
                    yield self._record(one, told.get(one.message_id, []))

    def _record(self, one: StoredRound, events: list[Event]) -> tuple[Record, tuple[Fault, ...]]:
        department = self.bodies.of(str(one.opa_id))
        card = f"{one.opa_id}/{one.platform_id}/{one.round}"
        number = one.card.number if one.card else ""
        if one.appeal is None:
            record = Record(
                key=one.key, card=card, department=department, number=number, name="", questions=()
            )
            return record, (Fault("unreadable", ""),)
        faults: list[Fault] = []
        questions = self._questions(one, one.appeal, events, faults)
        applicant = one.appeal.applicant
        record = Record(
            key=one.key, card=card, department=department,
            number=number or (one.appeal.number if not _registered(one.state) else ""),
            name=name_of(applicant), address=applicant.post_address, email=applicant.person.email,
            questions=questions,
        )  # fmt: skip
        return record, tuple(faults)

    def _questions(
        self, one: StoredRound, appeal: Appeal, events: list[Event], faults: list[Fault]
    ) -> tuple[Question, ...]:
        last = {event.kind: event for event in events}
        status = _STATUS.get(one.state, Status.NOT_REGISTERED)
        if EventKind.EXTENDED in last and status is Status.IN_WORK:
            status = Status.IN_WORK_EXTENDED
        ending = last.get({Status.ANSWERED: EventKind.ANSWER}.get(status, EventKind.REFUSED))
        answers = self._answers(one, last[EventKind.ANSWER], faults) if _answered(status, last) else ()
        registered = one.card.registered_on if one.card and status is not Status.NOT_REGISTERED else None
        return tuple(
            Question(
                code=question.code,
                status=status,
                incoming=self._day(appeal.created_at),
                registered=registered,
                responded=self._ended(status, ending, one),
                answers=answers,
                transfer=self._transfer(last.get(EventKind.REDIRECTED)),
            )
            for question in appeal.questions
        )

    def _ended(self, status: Status, event: Event | None, one: StoredRound) -> date | None:
        if status not in (Status.ANSWERED, Status.LEFT_WITHOUT_ANSWER):
            return None
        if event is None:
            return self._day(one.state_since)
        return event.document_date or self._day(event.at)

    def _answers(self, one: StoredRound, event: Event, faults: list[Fault]) -> tuple[Attachment, ...]:
        """Read the answer's files from the SED; a detached signature is no file of its own."""
        files = [file for file in event.files if not file.name.lower().endswith(_SIGNATURES)]
        if len(files) != 1:
            return tuple(Attachment(file.name, b"") for file in files)
        try:
            return (self._read(one.opa_id, files[0]),)
        except (ConnectorError, OSError) as error:
            code = error.code if isinstance(error, ConnectorError) else type(error).__name__
            faults.append(Fault("answer-away", "attachment", code))
            return (Attachment(files[0].name, b" "),)

    def _read(self, opa_id: int, file: RemoteFile) -> Attachment:
        with self.opened(opa_id, file.ref) as stream:
            return Attachment(file.name, stream.read(_MOST_READ))

    def _transfer(self, event: Event | None) -> Transfer | None:
        if event is None:
            return None
        body = self.bodies.others.get(same_key(event.organisation))
        return Transfer(body, event.document_date or self._day(event.at), event.number)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def name_of(applicant: Applicant) -> str:
    """Return the organisation, else surname, name and patronymic."""
    person = applicant.person
    return applicant.organisation or " ".join(
        part for part in (person.surname, person.name, person.patronymic) if part
    )


def _registered(state: State) -> bool:
    return state in _STATUS


def _answered(status: Status, last: Mapping[EventKind, Event]) -> bool:
    return status is Status.ANSWERED and EventKind.ANSWER in last
