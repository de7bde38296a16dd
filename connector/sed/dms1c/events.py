"""Turns what cards, tasks and answer documents of 1С say into events (sed.md section 6). Pure.

1С keeps states, not a history: an object that is read twice tells the same again. So an event's id is made of
what happened (the key, the kind, the object's own data): a repeat bears the same id, news another.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from config.i18n import _
from connector.appeal import AnswerResult, Event, EventKind, Person, RemoteFile
from connector.sed.dms1c.objects import DmObject, is_true
from connector.sed.dms1c.settings import Dms1cSettings
from connector.sed.event_ids import event_id
from connector.sed.people import person

# Within one reading of a card: its number comes first, what closes it last, the rest by its own time.
_FIRST = frozenset({EventKind.REGISTERED})
_LAST = (EventKind.REFUSED, EventKind.REDIRECTED, EventKind.ANSWER, EventKind.CLOSED)
_ORDER = {kind: place for place, kind in enumerate(EventKind)}  # where 1С's clock, of seconds, does not tell
_SIZE = re.compile(r"[0-9]{1,18}")
_LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - by 1С's own clock, as all times here


@dataclass(slots=True)
class Reading:
    """What objects told: events in order, and what was seen but not understood."""

    events: list[Event] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Reader:
    """Reads objects by the settings of one infobase; times without a zone are its own."""

    def __init__(self, settings: Dms1cSettings) -> None:
        self._settings = settings

    def card(self, key: str, card: DmObject, reading: Reading) -> None:
        """Read a card of a message of ours."""
        at = card.moment(self._settings.changed_property)
        number, day = card.text("regNumber"), card.day("regDate")
        if number:
            one = self._event(key, EventKind.REGISTERED, [number, day], _later(card.moment("regDate"), at))
            reading.events.append(replace(one, number=number, document_date=day))
        self._prolongation(key, card, at, reading)
        reading.events += self._closings(key, card, at)

    def tasks(self, key: str, process: str, tasks: Sequence[DmObject], reading: Reading) -> None:
        """Read the tasks of one process about a card: who does it by when, what was done."""
        performers = tuple(filter(None, map(_performer, tasks)))
        first = min(tasks, key=lambda one: one.moment("beginDate") or _LONG_AGO)
        at = first.moment("beginDate")
        manager = first.reference("author")
        if performers:
            assigned = self._event(key, EventKind.EXECUTOR_ASSIGNED, [process], at)
            head = person(manager.name) if manager else None
            reading.events.append(replace(assigned, executors=performers, manager=head))
        words, due = first.text("description"), first.day("dueDate")
        if words or due:
            told = self._event(key, EventKind.RESOLUTION, [process, words, due], at)
            reading.events.append(replace(told, text=words, deadline=due, executors=performers))
        reading.events += [event for task in tasks for event in self._done(key, task)]

    def answer(self, key: str, answer: DmObject, files: Sequence[DmObject], reading: Reading) -> None:
        """Read an outgoing document that answers a card."""
        settings, properties = self._settings, answer.properties
        number, day = answer.text("regNumber"), answer.day("regDate")
        commanded = self._is_commanded(answer)
        result = self._result(answer, reading)
        told = sorted((one.id, one.text("size")) for one in files)
        identity = [answer.id, number, day, commanded, result, told]
        event = self._event(key, EventKind.ANSWER, identity, answer.moment(settings.changed_property))
        author = answer.reference("author") or answer.reference("responsible")
        event = replace(
            event, number=number, document_date=day, commanded=commanded, result=result,
            text=properties.text(settings.answer_text_property) or answer.text("summary"),
            files=tuple(map(_remote, files)), manager=person(author.name) if author else None,
        )  # fmt: skip
        reading.events.append(event)

    def linked_card(self, answer: DmObject) -> str:
        """Return the id of the card that an outgoing document answers, "" when it answers none."""
        link = answer.properties.get(self._settings.answer_link)
        card = link.value if link else None
        return card.id if card else ""

    # -- pieces

    def _prolongation(self, key: str, card: DmObject, at: datetime | None, reading: Reading) -> None:
        name = self._settings.prolong_property
        deadline = card.properties.day(name)
        if deadline is not None:
            event = self._event(key, EventKind.EXTENDED, [deadline], at)
            reading.events.append(replace(event, deadline=deadline))
        elif card.properties.text(name):
            reading.notes.append(
                _("card {number}: «{name}» holds no date").format(
                    number=card.text("regNumber") or card.id, name=name
                )
            )

    def _closings(self, key: str, card: DmObject, at: datetime | None) -> Iterator[Event]:
        settings, properties = self._settings, card.properties
        reason, code = (
            properties.text(settings.refusal_property),
            properties.text(settings.refusal_code_property),
        )
        if reason:
            event = self._event(key, EventKind.REFUSED, [code, reason], at)
            yield replace(event, text=reason, code=code)
        organisation = properties.text(settings.redirect_property)
        if organisation:
            event = self._event(key, EventKind.REDIRECTED, [organisation], at)
            yield replace(event, organisation=organisation)
        state = card.reference("status")
        closed = {name.casefold() for name in settings.closed_states}
        if state is not None and state.name.casefold() in closed:
            yield self._event(key, EventKind.CLOSED, [], at)

    def _done(self, key: str, task: DmObject) -> Iterator[Event]:
        words = task.text("executionComment")
        if is_true(task.text("executed")) and words:
            at = task.moment("endDate") or task.moment("beginDate")
            event = self._event(key, EventKind.PROGRESS, [task.id, words], at)
            who = _performer(task)
            yield replace(event, text=words, executors=(who,) if who else ())

    def _is_commanded(self, answer: DmObject) -> bool:
        """Whether the SED's user ordered the answer to be sent; a draft without a number is no answer."""
        settings = self._settings
        kind = answer.reference("documentType")
        kinds = {name.casefold() for name in settings.answer_types}
        told = is_true(answer.properties.text(settings.answer_property))
        ordered = told or (kind is not None and kind.name.casefold() in kinds)
        return ordered and (bool(answer.text("regNumber")) or not settings.answer_numbered)

    def _result(self, answer: DmObject, reading: Reading) -> AnswerResult:
        name = self._settings.result_property
        word = answer.properties.text(name)
        words = {known.casefold(): result for known, result in self._settings.result_words.items()}
        if word and word.casefold() not in words:
            reading.notes.append(
                _("document {number}: the value of «{name}» is not known").format(
                    number=answer.text("regNumber") or answer.id, name=name
                )
            )
        return words.get(word.casefold(), AnswerResult.UNKNOWN)

    def _event(self, key: str, kind: EventKind, identity: Sequence[object], at: datetime | None) -> Event:
        local = (at or _LONG_AGO).replace(tzinfo=self._settings.zone)
        return Event(id=event_id(key, kind, identity), key=key, kind=kind, at=local.astimezone(UTC))


def in_order(events: Iterable[Event]) -> list[Event]:
    """Return the events of one reading: those of a card in the order that makes sense, each once."""
    once = list({event.id: event for event in events}.values())
    began: Mapping[str, datetime] = _begins(once)
    return sorted(once, key=lambda one: (began[one.key], one.key, _rank(one), one.at, _ORDER[one.kind]))


def _begins(events: Iterable[Event]) -> dict[str, datetime]:
    begins: dict[str, datetime] = {}
    for event in events:
        begins[event.key] = min(event.at, begins.get(event.key, event.at))
    return begins


def _rank(event: Event) -> int:
    if event.kind in _FIRST:
        return 0
    if event.kind not in _LAST:
        return 1
    return 2 if event.kind is EventKind.ANSWER and not event.commanded else 3 + _LAST.index(event.kind)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the moment of a registration; a date alone (midnight) says less than the card's own change."""
    bare = one is not None and (one.hour, one.minute, one.second) == (0, 0, 0)
    return other if one is None or (bare and other is not None) else one


def _performer(task: DmObject) -> Person | None:
    who = task.reference("performer", "user") or task.reference("performer")
    return person(who.name) if who is not None and who.name else None


def _remote(file: DmObject) -> RemoteFile:
    suffix, size = file.text("extension"), file.text("size")
    return RemoteFile(
        ref=file.id,
        name=f"{file.name}.{suffix}" if suffix else file.name,
        size=int(size) if _SIZE.fullmatch(size) else None,
    )
