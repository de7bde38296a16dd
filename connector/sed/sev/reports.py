"""Turns messages of the SED into events (sed.md sections 1 and 6). Pure but for what `Memory` remembers.

ДЕЛО's reports accumulate: each repeats what earlier ones told. So an event's id is made of what happened
(the key, the kind, the element's own data), never of the message that tells it: a repeat bears the same id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from lxml import etree

from config.i18n import _
from connector.appeal import AnswerResult, Event, EventKind, Person
from connector.sed.event_ids import event_id
from connector.sed.passport import (
    BrokenMessageError,
    attribute,
    child,
    children,
    is_true,
    local_name,
    own_text,
    parts,
    read_date,
    read_time,
    read_uuid,
    text,
)
from connector.sed.queue import Reading
from connector.sed.sev.message import Message
from connector.sed.sev.people import described, official, organisation
from connector.sed.sev.settings import SevSettings


class Memory(Protocol):
    """What a single message cannot tell: which documents are ours, and a card's first due date."""

    def knows(self, name: str) -> bool:
        """Whether a message with this UUID was handed over from here."""
        ...

    def first_deadline(self, name: str, digest: str, told: date | None, *, registers: bool) -> date | None:
        """Return the due date to compare with; None when this very message registers the card and sets it."""
        ...


def read_events(message: Message, sizes: Mapping[str, int], settings: SevSettings, memory: Memory) -> Reading:
    """Return the events of a message; `sizes` are those of its files. Raises BrokenMessageError."""
    reader = _Reader(message, sizes, settings, memory)
    if message.is_report:
        reader.report()
    elif message.kind in {"MainDoc", "AddToDoc"}:
        reader.documents()
    else:
        raise BrokenMessageError(
            _("{place}: a message of type {kind} is not known").format(
                place=message.place, kind=message.kind or "—"
            ),
            field="MessageType",
        )
    return reader.finished()


class _Reader:
    def __init__(
        self, message: Message, sizes: Mapping[str, int], settings: SevSettings, memory: Memory
    ) -> None:
        self._message = message
        self._sizes = sizes
        self._settings = settings
        self._memory = memory
        self._key = self._correlate()
        self._at = message.time or message.arrived
        self._reading = Reading()
        if message.time is None:
            self._note(_("the time in its header cannot be read, the time of reading is used"))

    def finished(self) -> Reading:
        """Return what was read, each event once."""
        once = {event.id: event for event in reversed(self._reading.events)}
        self._reading.events = [event for event in self._reading.events if once.get(event.id) is event]
        if not self._reading.events and not self._reading.notes:
            self._note(_("it tells nothing"))
        return self._reading

    # -- whose message it is

    def _correlate(self) -> UUID:
        """Return our document's UUID: one that we know ourselves, else the first that is named."""
        named = [uuid for uuid in map(read_uuid, self._candidates()) if uuid is not None]
        if not named:
            sentence = _(
                "{place}: no id of a document of ours (ReturnID, InitialDoc@UID) can be read"
            ).format(place=self._message.place)
            raise BrokenMessageError(sentence, field="ReturnID")
        return next((uuid for uuid in named if self._memory.knows(str(uuid))), named[0])

    def _candidates(self) -> Iterator[str]:
        message = self._message
        if not message.is_report:
            yield from _linked_ids(message)
        yield message.return_id
        if message.is_report:
            yield attribute(child(message.root, "Notification", "InitialDoc"), "UID")

    # -- reports

    def report(self) -> None:
        """Read a Report: the notification's parts in their order, then what the cards say."""
        readers: Mapping[str, Callable[[etree._Element], None]] = {
            "InitialDoc": lambda _part: None,
            "Reception": self._reception,
            "Failure": self._failure,
            "Registration": self._registration,
            "Forwarding": self._forwarding,
            "Consideration": self._consideration,
            "Report": self._task_report,
            "Redirection": self._redirection,
        }
        answers = []
        for part in parts(child(self._message.root, "Notification")):
            if local_name(part) == "Answer":
                answers.append(part)
            elif read := readers.get(local_name(part)):
                read(part)
            else:
                self._note(_("a report of kind {kind} is not used").format(kind=local_name(part)))
        cards = list(self._our_cards())
        for card in cards:
            self._extension(card)
        for part in answers:
            self._answer(part)
        for card in cards:
            self._closing(card)

    def _reception(self, part: etree._Element) -> None:
        at = self._time(own_text(part))
        self._add(self._event(EventKind.ACKNOWLEDGED, [], at))

    def _failure(self, part: etree._Element) -> None:
        code, why = attribute(part, "Code"), own_text(part)
        if code in self._settings.technical_failures:
            words = _("The SED did not take the message ({code}): {why}").format(code=code, why=why)
            self._add(replace(self._event(EventKind.PROGRESS, ["failure", code, why]), text=words))
            self._note(_("not taken by the SED, code {code}: a person must look").format(code=code))
            return
        self._add(replace(self._event(EventKind.REFUSED, [code, why]), code=code, text=why))

    def _registration(self, part: etree._Element) -> None:
        card = next(self._our_cards(), None)
        number, day = _registered(card)
        if not number:
            self._note(_("it tells of a registration without the number"))
        at = self._time(attribute(part, "SystemDate"))
        event = self._event(EventKind.REGISTERED, [number, day], at)
        self._add(replace(event, number=number, document_date=day))

    def _forwarding(self, part: etree._Element) -> None:
        contact, when = child(part, "Contact"), text(part, "Date")
        words = _("Forwarded: {whom}").format(whom=described(contact))
        who = official(contact)
        event = self._event(EventKind.PROGRESS, ["forwarding", described(contact), when], self._time(when))
        self._add(replace(event, text=words, executors=(who,) if who else ()))

    def _consideration(self, part: etree._Element) -> None:
        task = self._task(part)
        if task is None:
            return
        executors = _officials(children(task, "Executor"))
        words, deadline = text(task, "Text"), read_date(text(task, "Control", "Deadline"))
        uid = attribute(task, "UID") or attribute(task, "TaskID")
        names = [_name(one) for one in executors]
        told: list[tuple[EventKind, list[object]]] = []
        if executors:
            told.append((EventKind.EXECUTOR_ASSIGNED, [uid, names]))
        told.append((EventKind.RESOLUTION, [uid, names, words, deadline]))
        for kind, identity in told:
            event = replace(self._event(kind, identity), text=words, executors=executors, deadline=deadline)
            self._add(replace(event, manager=official(child(task, "Author", "Contact"))))

    def _task_report(self, part: etree._Element) -> None:
        task = self._task(part)
        if task is None:
            return
        uid = attribute(task, "UID") or attribute(task, "TaskID")
        summary = text(task, "Control", "Summary")
        if summary:
            self._add(replace(self._event(EventKind.PROGRESS, ["summary", uid, summary]), text=summary))
        for one in children(task, "Executor"):
            words, when = text(one, "Text") or text(one, "Status"), text(one, "Date")
            if words or when:
                who, files = _officials([one]), self._message.files(one, self._sizes)
                identity = ["report", uid, *map(_name, who), words, when]
                event = self._event(EventKind.PROGRESS, identity, self._time(when))
                self._add(replace(event, text=words, executors=who, files=files))

    def _task(self, part: etree._Element) -> etree._Element | None:
        task = self._message.task(attribute(part, "TaskID"))
        if task is None:
            self._note(_("it refers to a task that it does not hold"))
        elif is_true(text(task, "IsProject")):
            self._note(_("a draft resolution is not used"))
            return None
        return task

    def _redirection(self, part: etree._Element) -> None:
        """To an organisation it is a redirection; a paper sent to a citizen is only a progress."""
        contact, when = child(part, "Contact"), text(part, "Date")
        at = self._time(when)
        if contact is None:
            words = _("A document was sent to the citizen: {way}").format(way=text(part, "Type") or "—")
            event = self._event(EventKind.PROGRESS, ["sent", when, text(part, "Type")], at)
            self._add(replace(event, text=words))
            return
        whom = organisation(contact)
        event = self._event(EventKind.REDIRECTED, [whom, when], at)
        self._add(replace(event, organisation=whom, text=text(part, "Type")))

    # -- answers

    def _answer(self, part: etree._Element) -> None:
        document = self._message.document(attribute(part, "DocumentID"))
        if document is None:
            sentence = _("{place}: the answer refers to a document that the message does not hold").format(
                place=self._message.place
            )
            raise BrokenMessageError(sentence, field="Answer@DocumentID")
        self._answer_document(document, self._time(text(part, "Date")))

    def documents(self) -> None:
        """Read a DocInfo: its main documents are answers to ours."""
        main = [one for one in self._message.documents() if is_true(attribute(one, "MainDocument"))]
        for document in main or self._message.documents()[:1]:
            self._answer_document(document, None)

    def _answer_document(self, document: etree._Element, at: datetime | None) -> None:
        fields = {
            attribute(one, "Name").casefold(): own_text(one) for one in children(document, "AdditionalField")
        }
        number, day = _registered(document)
        files = self._message.files(document, self._sizes)
        result = self._result(fields.get(self._settings.result_field.casefold(), ""))
        commanded = self._is_commanded(document, fields)
        words = fields.get(self._settings.answer_text_field.casefold(), "")
        uids = [attribute(one, "UID") or attribute(one, "ResourceID") for one in children(document, "File")]
        identity: Sequence[object] = [attribute(document, "UID"), number, day, commanded, result, uids]
        event = replace(
            self._event(EventKind.ANSWER, identity, at),
            number=number, document_date=day, files=files, result=result, commanded=commanded,
            text=words or text(document, "Annotation") or text(document, "Note"),
            manager=next(iter(_officials(children(document, "Author"))), None),
            executors=_officials(children(document, "Writer")),
        )  # fmt: skip
        self._add(event)

    def _is_commanded(self, document: etree._Element, fields: Mapping[str, str]) -> bool:
        groups = {name.casefold() for name in self._settings.answer_groups}
        flag = fields.get(self._settings.answer_field.casefold(), "")
        return is_true(flag) or text(document, "Group").casefold() in groups

    def _result(self, word: str) -> AnswerResult:
        words = {name.casefold(): result for name, result in self._settings.result_words.items()}
        if word and word.casefold() not in words:
            self._note(_("the value of field «{name}» is not known").format(name=self._settings.result_field))
        return words.get(word.casefold(), AnswerResult.UNKNOWN)

    # -- what the card itself says

    def _our_cards(self) -> Iterator[etree._Element]:
        """Yield the card that the registration points to, else the one that bears our UUID."""
        pointed = attribute(child(self._message.root, "Notification", "Registration"), "DocumentID")
        card = self._message.document(pointed) if pointed else None
        if card is None:
            uids = {self._key, *filter(None, map(read_uuid, self._candidates()))}
            ours = (one for one in self._message.documents() if read_uuid(attribute(one, "UID")) in uids)
            card = next(ours, None)
        if card is not None:
            yield card

    def _extension(self, card: etree._Element) -> None:
        """A due date later than the one that the card was registered with (or that we sent) was prolonged."""
        told = read_date(text(card, "Control", "Deadline"))
        registers = child(self._message.root, "Notification", "Registration") is not None
        before = self._memory.first_deadline(str(self._key), self._message.digest, told, registers=registers)
        if told is not None and before is not None and told > before:
            self._add(replace(self._event(EventKind.EXTENDED, [told]), deadline=told))

    def _closing(self, card: etree._Element) -> None:
        control = child(card, "Control")
        if attribute(control, "State") == "EndedControl":
            self._add(self._event(EventKind.CLOSED, [], self._time(text(control, "FactDate"))))

    # -- common

    def _time(self, value: str) -> datetime | None:
        moment = read_time(value, self._settings.zone) if value else None
        if value and moment is None:
            self._note(_("a date or time cannot be read, the message's own is used"))
        return moment

    def _event(self, kind: EventKind, identity: Sequence[object], at: datetime | None = None) -> Event:
        raw = {
            "message_type": self._message.kind,
            "message_time": self._message.time.isoformat() if self._message.time else "",
            "message_folder": self._message.place,
        }
        return Event(
            id=event_id(self._key, kind, identity), key=str(self._key), kind=kind, at=at or self._at, raw=raw
        )

    def _add(self, event: Event) -> None:
        self._reading.events.append(event)

    def _note(self, words: str) -> None:
        self._reading.notes.append(f"{self._message.place}: {words}")


def _officials(holders: Iterable[etree._Element]) -> tuple[Person, ...]:
    """Return the officials of executors, authors or writers, as far as they are named."""
    return tuple(filter(None, (official(child(one, "Contact")) for one in holders)))


def _name(one: Person) -> str:
    return f"{one.surname} {one.name} {one.patronymic}"


def _registered(document: etree._Element | None) -> tuple[str, date | None]:
    return text(document, "RegistrationInfo", "Number"), read_date(text(document, "RegistrationInfo", "Date"))


def _linked_ids(message: Message) -> Iterator[str]:
    """Yield the ids of the documents that a document says it is linked to."""
    for document in message.documents():
        for link in children(document, "Link"):
            yield attribute(message.document(attribute(link, "DocumentID")), "UID")
            for word in (attribute(link, "Description") + " " + attribute(link, "URLString")).split():
                yield word.strip("()[]{}.,;«»")
    for document in message.documents():
        if not is_true(attribute(document, "MainDocument")):
            yield attribute(document, "UID")
