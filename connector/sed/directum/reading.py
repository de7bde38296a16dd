"""Rows of OData → events, cards and questions of ours (sed.md 4). Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from config.i18n import _
from connector.appeal import (
    AnswerResult,
    Card,
    CardRef,
    Event,
    EventKind,
    Person,
    RemoteFile,
    RubricValue,
    is_key,
)  # fmt: skip
from connector.sed import rows
from connector.sed.directum.settings import DirectumSettings
from connector.sed.people import person
from connector.sed.rows import UnreadableRowError

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The letter of a card with the versions that can be opened."""

    letter: Row
    files: tuple[RemoteFile, ...]


def moment(value: object) -> datetime | None:
    """Return a time of OData, UTC; None for none. Raises UnreadableRowError."""
    return None if value in (None, "") else rows.moment(value)


def events(row: Row, answer: Answer | None, settings: DirectumSettings) -> tuple[Event, ...]:
    """Return everything that a card tells, in the order in which such things happen.

    The state is the message: what was told before comes again under the same id. Raises UnreadableRowError.
    """
    key = str(row.get(settings.key_field) or "")
    if not is_key(key):
        sentence = _("card {id}: {field} holds no key of ours").format(
            id=row.get("Id"), field=settings.key_field
        )
        raise UnreadableRowError(sentence)
    teller = _Teller(key, row, moment(row.get(settings.modified_field)) or datetime.now(UTC), settings)
    return tuple(teller.tell(answer))


class _Teller:
    def __init__(self, key: str, row: Row, at: datetime, settings: DirectumSettings) -> None:
        self._key = key
        self._row = row
        self._at = at
        self._settings = settings
        self._state = str(row.get("ExecutionState") or "")

    def tell(self, answer: Answer | None) -> Iterator[Event]:
        yield from self._registered()
        yield from self._refused()
        yield from self._assigned()
        yield from self._progress()
        yield from self._extended()
        yield from self._redirected()
        if answer is not None:
            yield self._answered(answer)
        if self._state in self._settings.closed_states:
            yield self._event(EventKind.CLOSED, (self._state,), text=self._state)

    def _event(self, kind: EventKind, what: Sequence[object], **fields: Any) -> Event:  # noqa: ANN401 - an Event's own
        told = "\0".join(("directum", self._key, kind, *(str(one) for one in what)))
        identity = hashlib.sha256(told.encode()).hexdigest()
        raw = {"Id": self._row["Id"], "ExecutionState": self._state}
        return Event(id=identity, key=self._key, kind=kind, at=self._at, raw=raw, **fields)

    def _registered(self) -> Iterator[Event]:
        number = str(self._row.get("RegistrationNumber") or "").strip()
        if number:
            day = self._day("RegistrationDate")
            yield self._event(EventKind.REGISTERED, (number, day), number=number, document_date=day)

    def _refused(self) -> Iterator[Event]:
        if self._state not in self._settings.refused_states:
            return
        text = str(self._row.get(self._settings.refusal_text_field) or "")
        code_field = self._settings.refusal_code_field
        code = str(self._row.get(code_field) or "") if code_field else ""
        yield self._event(EventKind.REFUSED, (self._state,), text=text, code=code)

    def _assigned(self) -> Iterator[Event]:
        assignee = self._row.get("Assignee")
        if isinstance(assignee, Mapping) and assignee.get("Name"):
            who = (assignee.get("Id"), assignee["Name"])
            yield self._event(EventKind.EXECUTOR_ASSIGNED, who, executors=(employee(assignee),))

    def _progress(self) -> Iterator[Event]:
        words = self._settings.progress_states.get(self._state)
        if words:
            yield self._event(EventKind.PROGRESS, (self._state,), text=words)

    def _extended(self) -> Iterator[Event]:
        first, now = self._day("InitialDeadline"), self._day("Deadline")
        if first and now and now > first:
            yield self._event(EventKind.EXTENDED, (now,), deadline=now)

    def _redirected(self) -> Iterator[Event]:
        told = self._row.get("TransferredTo")
        name = str(told.get("Name") or "") if isinstance(told, Mapping) else ""
        if name:
            yield self._event(EventKind.REDIRECTED, (name,), organisation=name)

    def _answered(self, answer: Answer) -> Event:
        letter, settings = answer.letter, self._settings
        number = str(letter.get("RegistrationNumber") or "")
        registered = moment(letter.get("RegistrationDate"))
        text = str(letter.get(settings.answer_text_field) or "")
        result = _result(self._row, settings)
        commanded = settings.commanded(letter)
        refs = [file.ref for file in answer.files]
        what = (letter["Id"], commanded, number, registered, text, result, *refs)
        day = settings.day(registered)
        return self._event(
            EventKind.ANSWER, what, number=number, document_date=day, text=text, result=result,
            commanded=commanded, files=answer.files,
        )  # fmt: skip

    def _day(self, field: str) -> date | None:
        try:
            return self._settings.day(moment(self._row.get(field)))
        except UnreadableRowError as error:
            raise UnreadableRowError(f"{self._key}, {field}: {error}") from error


def employee(row: Row) -> Person:
    """Return an employee as a person."""
    return person(
        str(row.get("Name") or ""), email=str(row.get("Email") or ""), phone=str(row.get("Phone") or "")
    )


def _questions(row: Row) -> list[Row]:
    found = row.get("Questions")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _result(row: Row, settings: DirectumSettings) -> AnswerResult:
    """One question that was not solved makes the answer such; solved only when all that are told are."""
    told = {str(one.get("ReviewResult")) for one in _questions(row) if one.get("ReviewResult")}
    results = {settings.result_words.get(word, AnswerResult.UNKNOWN) for word in told}
    if AnswerResult.NOT_SOLVED in results:
        return AnswerResult.NOT_SOLVED
    return AnswerResult.SOLVED if results == {AnswerResult.SOLVED} else AnswerResult.UNKNOWN


# ---- cards for the mart


def card(row: Row, settings: DirectumSettings) -> Card:
    """Return a card with its questions. A time that cannot be read is left out and kept in `fields`."""
    letter = row.get("AnswerLetter")
    own = row.get(settings.key_field)
    file = row.get(settings.card_file_field)
    fields = {
        name: str(value)
        for name, value in row.items()
        if isinstance(value, str | int | float) and not name.startswith("@") and value != ""
    }
    answered = _lenient(row, "ResponseDate")
    if answered is None and isinstance(letter, Mapping) and letter.get("RegistrationNumber"):
        answered = _lenient(letter, "RegistrationDate")
    return Card(
        ref=CardRef(
            str(row["Id"]), str(row.get("RegistrationNumber") or ""),
            settings.day(_lenient(row, "RegistrationDate")),
        ),
        card_file=str(file.get("Name") or "") if isinstance(file, Mapping) else "",
        questions=tuple(_value(one, row, settings) for one in _questions(row)),
        received_at=_lenient(row, "RequestDate") or _lenient(row, "RegistrationDate"),
        due_at=_lenient(row, "Deadline"),
        answered_at=answered,
        key=own if isinstance(own, str) and is_key(own) else "",
        fields={**fields, **({"repeated": "да"} if row.get("IsRepeated") is True else {})},
    )  # fmt: skip


def _value(one: Row, row: Row, settings: DirectumSettings) -> RubricValue:
    question = one.get("Question")
    known = question if isinstance(question, Mapping) else {}
    platform_status = settings.annotations.get("Статус ПОС", "")
    return RubricValue(
        id=str(one.get("Id", "")),
        code=str(known.get("FullCode") or ""),
        name=str(known.get("Name") or ""),
        status=str(row.get("ExecutionState") or ""),
        platform_status=str(one.get(platform_status) or "") if platform_status else "",
        result=str(one.get("ReviewResult") or ""),
        changed_at=_lenient(row, settings.modified_field),
    )


def _lenient(row: Row, field: str) -> datetime | None:
    try:
        return moment(row.get(field))
    except UnreadableRowError:
        return None
