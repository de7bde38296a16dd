"""Turns messages of the exchange into events (sed.md sections 2 and 6). Pure but for what `Memory` remembers.

An event's id is made of what happened (the document, the kind, the notice's own data), never of the message
that tells it: a repeat bears the same id.
"""

import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from config.i18n import _
from connector.appeal import AnswerResult, Event, EventKind, Person, RemoteFile, is_key, key_uuid
from connector.sed.event_ids import event_id
from connector.sed.medo.archive import file_ref
from connector.sed.medo.incoming import Taken, label, time_of
from connector.sed.medo.message import Document, File, Notice, Party
from connector.sed.medo.settings import MedoSettings
from connector.sed.medo.words import MessageKind, NoticeKind, reason_code
from connector.sed.names import safe_file_name
from connector.sed.passport import BrokenMessageError, is_true, read_date
from connector.sed.people import person
from connector.sed.queue import Reading

_OUR_DESIGNATION = re.compile(
    r"\d{4}(\.\d{4}){3,4}|\D+ \d{1,3}"
)  # of a clause that we wrote: a code, «Вопрос 1»


class Memory(Protocol):
    """What a single message cannot tell: which documents are ours and what was told with them."""

    def knows(self, uid: UUID) -> bool:
        """Whether a document of this UUID was handed over here."""
        ...

    def due(self, uid: UUID) -> str:
        """Return the due date (ISO) that was told with a document, empty when not known."""
        ...

    def by_message(self, uid: UUID) -> UUID | None:
        """Return the document that a message of ours carried."""
        ...

    def by_number(self, number: str) -> UUID | None:
        """Return the document that went under a number; None when none did or several."""
        ...


def read_events(taken: Taken, settings: MedoSettings, memory: Memory) -> Reading:
    """Return the events of a message. Raises BrokenMessageError when it tells of no document of ours."""
    reader = _Reader(taken, settings, memory)
    message = taken.message
    if message.kind is MessageKind.ACKNOWLEDGMENT:
        reader.acknowledgment()
    elif message.notice:
        reader.notice(message.notice)
    elif message.document:
        reader.answer(message.document)
    return reader.reading


class _Reader:
    def __init__(self, taken: Taken, settings: MedoSettings, memory: Memory) -> None:
        self._taken = taken
        self._settings = settings
        self._memory = memory
        self._at = time_of(taken.message) or taken.arrived
        self._uid = self._correlate()
        self.reading = Reading()

    # ---- whose message it is

    def _correlate(self) -> UUID:
        """Return our document's UUID: one that we know ourselves, else the first that is named as ours."""
        named = list(dict.fromkeys(self._candidates()))
        if not named:
            sentence = _("{place}: it is about no document of ours: no id or number of one is in it").format(
                place=label(self._taken.place)
            )
            raise BrokenMessageError(sentence, field="uid")
        return next((uid for uid in named if self._memory.knows(uid)), named[0])

    def _candidates(self) -> Iterator[UUID]:
        message = self._taken.message
        if message.acknowledgment:
            yield from self._found(
                message.acknowledgment.uid and self._memory.by_message(message.acknowledgment.uid)
            )
        if message.notice:
            yield from self._named(
                message.notice.uid, message.notice.id, message.notice.foundation.num.number
            )
        for link in message.document.links if message.document else ():
            uid = link.uid if link.uid and self._memory.knows(link.uid) else None
            yield from self._named(uid, link.id, link.num.number)

    def _named(self, uid: UUID | None, local_id: str, number: str) -> Iterator[UUID]:
        if is_key(local_id):
            yield key_uuid(local_id)
        yield from self._found(uid)
        yield from self._found(self._memory.by_number(number))

    @staticmethod
    def _found(uid: UUID | None) -> Iterator[UUID]:
        if uid is not None:
            yield uid

    # ---- acknowledgments and notifications

    def acknowledgment(self) -> None:
        """A receipt: the SED took delivery, or could not."""
        told = self._taken.message.acknowledgment
        if told is None:
            return
        if told.accepted:
            self._add(self._event(EventKind.ACKNOWLEDGED, [], told.time))
            return
        self._not_taken(told.comment or "—", ["receipt", told.comment], told.time)

    def notice(self, notice: Notice) -> None:
        """A notification: by its element, which the type only names."""
        readers: Mapping[NoticeKind, Callable[[Notice], None]] = {
            NoticeKind.REGISTERED: self._registered,
            NoticeKind.REFUSED: self._refused,
            NoticeKind.EXECUTOR_ASSIGNED: self._executor,
            NoticeKind.REPORT_PREPARED: self._prepared,
            NoticeKind.REPORT_SENT: self._sent,
            NoticeKind.COURSE_CHANGED: self._course,
            NoticeKind.PUBLISHED: self._published,
        }
        if notice.kind is None:
            self._note(_("a notification of type {type} is not known").format(type=notice.type or "—"))
            return
        readers[notice.kind](notice)

    def _registered(self, notice: Notice) -> None:
        num = notice.num
        if not num.number:
            self._note(_("it tells of a registration without the number"))
        event = self._event(EventKind.REGISTERED, [num.number, num.on], notice.time)
        self._add(replace(event, number=num.number, document_date=num.on))

    def _refused(self, notice: Notice) -> None:
        code = reason_code(notice.reason)
        if notice.reason.casefold() in {one.casefold() for one in self._settings.technical_reasons}:
            self._not_taken(notice.reason, ["refused", notice.reason, notice.comment], notice.time)
            return
        if not code:
            self._note(_("the reason of refusal is in no list of the format: see the event"))
        words = ". ".join(filter(None, (notice.reason, notice.comment)))
        event = self._event(EventKind.REFUSED, [notice.reason, notice.comment], notice.time)
        self._add(replace(event, code=code, text=words))

    def _executor(self, notice: Notice) -> None:
        who = _people(notice.executor)
        clause = notice.clause
        told = bool(clause and clause.text and not _OUR_DESIGNATION.fullmatch(clause.designation))
        deadline = clause.deadline if clause else None
        words = clause.text if clause and told else notice.comment
        manager = next(iter(_people(notice.manager) or _people(notice.secretary)), None)
        names = [_name(one) for one in who]
        event = self._event(EventKind.EXECUTOR_ASSIGNED, [names, words, deadline], notice.time)
        event = replace(event, text=words, executors=who, manager=manager, deadline=deadline)
        self._add(event)
        if clause and told:
            resolution = self._event(EventKind.RESOLUTION, [names, words, deadline], notice.time)
            self._add(replace(resolution, text=words, executors=who, manager=manager, deadline=deadline))

    def _prepared(self, notice: Notice) -> None:
        words = _("The answer is prepared and given for signature: {whom}").format(
            whom=_described(notice.signatory)
        )
        self._progress(words, notice, ["prepared", _described(notice.signatory)])

    def _sent(self, notice: Notice) -> None:
        num = notice.report.num if notice.report else notice.num
        words = _("The answer was sent: № {number}, {date}").format(
            number=num.number or "—", date=f"{num.on:%d.%m.%Y}" if num.on else "—"
        )
        self._progress(words, notice, ["sent", num.number, num.on])

    def _published(self, notice: Notice) -> None:
        words = _("Published: {place}, № {number}").format(
            place=notice.place or "—", number=notice.num.number or "—"
        )
        self._progress(words, notice, ["published", notice.place, notice.num.number])

    def _course(self, notice: Notice) -> None:
        """«Исполнение»: a redirection by configured words, a later date of a clause, else progress."""
        whom = notice.reference.organization if notice.reference else ""
        if whom and self._is_redirection(notice.text):
            event = self._event(EventKind.REDIRECTED, [whom, notice.text], notice.time)
            self._add(replace(event, organisation=whom, text=notice.text))
            return
        deadline = notice.clause.deadline if notice.clause else None
        if deadline and self._is_later(deadline):
            event = self._event(EventKind.EXTENDED, [deadline], notice.time)
            self._add(replace(event, deadline=deadline, text=notice.text))
            return
        self._progress(". ".join(filter(None, (notice.text, notice.comment))), notice, ["course"])

    def _is_redirection(self, words: str) -> bool:
        return words.strip().casefold().startswith(tuple(w.casefold() for w in self._settings.redirect_words))

    def _is_later(self, deadline: date) -> bool:
        first = read_date(self._memory.due(self._uid))
        return first is not None and deadline > first

    def _progress(self, words: str, notice: Notice, identity: Sequence[object]) -> None:
        told = [*identity, words, notice.time.isoformat() if notice.time else ""]
        event = self._event(EventKind.PROGRESS, told, notice.time)
        self._add(replace(event, text=words, executors=_people(notice.executor)))

    def _not_taken(self, why: str, identity: Sequence[object], at: datetime | None) -> None:
        """A fault of the exchange is no refusal: a person must look, the citizen by default hears nothing.

        Why stands in the event alone: notes go into logs and mails, and somebody's words may name people.
        """
        words = _("The SED did not take the message: {why}").format(why=why)
        self._add(replace(self._event(EventKind.PROGRESS, identity, at), text=words))
        self._note(_("not taken by the SED, the event tells why: a person must look"))

    # ---- answers

    def answer(self, document: Document) -> None:
        """A document that is linked to ours is an answer; it is final only when it says so."""
        fields = _fields(document.comment)
        commanded = self._is_commanded(document, fields)
        result = self._result(fields.get(self._settings.result_field.casefold(), ""))
        files = tuple(map(self._file, self._taken.message.files))
        num = document.num
        held = [(file.name, file.size) for file in files]
        identity = [str(document.uid or ""), num.number, num.on, commanded, result, held]
        words = fields.get(self._settings.answer_text_field.casefold(), "")
        event = replace(
            self._event(EventKind.ANSWER, identity, None),
            number=num.number, document_date=num.on, files=files, result=result, commanded=commanded,
            text=words or document.annotation,
            manager=next((one for party in document.signatories for one in _people(party)), None),
            executors=_people(document.executor),
        )  # fmt: skip
        self._add(event)

    def _is_commanded(self, document: Document, fields: Mapping[str, str]) -> bool:
        settings = self._settings
        marked = document.special_mark.casefold() == settings.answer_field.casefold()
        flag = is_true(fields.get(settings.answer_field.casefold(), ""))
        kinds = {kind.casefold() for kind in settings.answer_kinds}
        types = {kind.casefold() for kind in settings.answer_link_types}
        linked = any(link.type.casefold() in types for link in document.links)
        return marked or flag or document.kind.casefold() in kinds or linked

    def _result(self, word: str) -> AnswerResult:
        words = {name.casefold(): result for name, result in self._settings.result_words.items()}
        if word and word.casefold() not in words:
            self._note(_("the value of field «{name}» is not known").format(name=self._settings.result_field))
        return words.get(word.casefold(), AnswerResult.UNKNOWN)

    def _file(self, file: File) -> RemoteFile:
        name = safe_file_name(file.name)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return RemoteFile(file_ref(self._taken, file.name), name, self._taken.sizes.get(file.name), kind)

    # ---- common

    def _event(self, kind: EventKind, identity: Sequence[object], at: datetime | None) -> Event:
        message = self._taken.message
        raw = {
            "message_type": str(message.kind),
            "message_uid": str(message.uid or ""),
            "message_version": message.version,
            "message_folder": self._taken.place,
        }
        return Event(
            id=event_id(self._uid, kind, identity), key=str(self._uid), kind=kind, at=at or self._at, raw=raw
        )

    def _add(self, event: Event) -> None:
        self.reading.events.append(event)

    def _note(self, words: str) -> None:
        self.reading.notes.append(f"~{self._taken.digest}: {words}")


def _people(party: Party | None) -> tuple[Person, ...]:
    """Return the person of a party; a department alone stands for itself."""
    if party is None or not (party.person or party.department):
        return ()
    if not party.person:
        return (Person(surname=party.department, phone=party.contact),)
    return (person(party.person, phone=party.contact),)


def _name(one: Person) -> str:
    return f"{one.surname} {one.name} {one.patronymic}"


def _described(party: Party | None) -> str:
    if party is None:
        return "—"
    return ", ".join(filter(None, (party.department, party.person, party.post))) or party.organization or "—"


def _fields(comment: str) -> dict[str, str]:
    """Return what lines `name: value` of a comment say, by name in lower case; others go on."""
    fields: dict[str, str] = {}
    current = ""
    for line in comment.splitlines():
        name, colon, value = line.partition(":")
        if colon and len(name) < 60:
            current = name.strip().casefold()
            fields[current] = value.strip()
        elif current:
            fields[current] += f"\n{line.strip()}"
    return {name: value.strip() for name, value in fields.items()}
