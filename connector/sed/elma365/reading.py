"""Rows of ELMA365 → events and cards of ours. Pure.

The state is the message: a row tells everything that was ever so, what was told before under the same ids.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
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
from connector.sed.elma365.query import UPDATED
from connector.sed.elma365.settings import ElmaSettings
from connector.sed.people import person
from connector.sed.rows import UnreadableRowError, moment

Row = Mapping[str, Any]
Statuses = Mapping[int, tuple[str, str]]  # number → code, name
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Fields:
    """A row under our words for its fields."""

    def __init__(self, row: Row, settings: ElmaSettings) -> None:
        self._row = row
        self._settings = settings

    def value(self, word: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return what stands in a field; None where it is left out of the configuration."""
        code = self._settings.fields[word]
        return self._row.get(code) if code else None

    def text(self, word: str) -> str:
        """Return a field's words: a text, a number, the code of a category, the first of several."""
        return _words(self.value(word))

    def ids(self, word: str) -> tuple[str, ...]:
        """Return the ids that a field of files holds, one or several."""
        told = self.value(word)
        found = told if isinstance(told, list) else [told]
        return tuple(one for one in found if isinstance(one, str) and one)

    def day(self, word: str) -> date | None:
        """Return a day. A date without a time of its own is that day wherever it is read."""
        told = self.value(word)
        if told in (None, ""):
            return None
        found = moment(told)
        midnight = _DAY.match(str(told)) and found.time() == datetime.min.time()
        return found.date() if midnight else found.astimezone(self._settings.zone).date()

    @property
    def person(self) -> Person | None:
        """Return the executor: a name in one line, or ELMA365's own field of a full name."""
        told = self.value("executor")
        if isinstance(told, Mapping):
            parts = [str(told.get(name) or "").strip() for name in ("lastname", "firstname", "middlename")]
            return Person(*parts) if any(parts) else None
        return person(told) if isinstance(told, str) and told.strip() else None


def _words(value: object) -> str:
    if isinstance(value, list):
        return _words(value[0]) if value else ""
    if isinstance(value, Mapping):
        return _words(value.get("code"))
    if isinstance(value, bool) or value is None:
        return ""
    return str(value).strip()


def status_of(row: Row, statuses: Statuses) -> tuple[str, str]:
    """Return the code and the name of a row's status; nothing for one that the app does not know."""
    told = row.get("__status")
    number = told.get("status") if isinstance(told, Mapping) else None
    return statuses.get(number, ("", "")) if isinstance(number, int) else ("", "")


def events(row: Row, statuses: Statuses, settings: ElmaSettings) -> tuple[Event, ...]:
    """Return everything that a row tells, in the order in which such things happen; files bear no names yet.

    Raises UnreadableRowError.
    """
    key = str(row.get(settings.fields["key"]) or "")
    if not is_key(key):
        raise UnreadableRowError(_("{field} holds no key of ours").format(field=settings.fields["key"]))
    return tuple(_Teller(key, row, status_of(row, statuses), settings).tell())


class _Teller:
    def __init__(self, key: str, row: Row, status: tuple[str, str], settings: ElmaSettings) -> None:
        self._key = key
        self._row = row
        self._fields = Fields(row, settings)
        self._code, self._status = status
        self._word = settings.statuses.get(self._code, "")
        self._results = settings.result_words

    def tell(self) -> Iterator[Event]:
        fields = self._fields
        if number := fields.text("reg_number"):
            day = self._day("reg_date")
            yield self._event(EventKind.REGISTERED, (number, day), number=number, document_date=day)
        if self._word == "refused":
            code, text = fields.text("refusal_code"), fields.text("refusal_text")
            yield self._event(EventKind.REFUSED, (code, text), code=code, text=text)
        if who := fields.person:
            name = (who.surname, who.name, who.patronymic)
            yield self._event(EventKind.EXECUTOR_ASSIGNED, name, executors=(who,))
        elif users := fields.ids("executor"):  # a reference: who it is, the row does not say
            yield self._event(EventKind.EXECUTOR_ASSIGNED, users)
        if self._word == "progress":
            yield self._event(EventKind.PROGRESS, (self._code,), text=self._status or self._code)
        first, now = self._day("due"), self._day("deadline")
        if first and now and now > first:
            yield self._event(EventKind.EXTENDED, (now,), deadline=now)
        if organisation := fields.text("organisation"):
            yield self._event(EventKind.REDIRECTED, (organisation,), organisation=organisation)
        yield from self._answered()
        if self._word == "closed":
            yield self._event(EventKind.CLOSED, (self._code,), text=self._status or self._code)

    def _answered(self) -> Iterator[Event]:
        """Tell the answer: the clerk's mark is the command, without it the words are a draft."""
        fields = self._fields
        commanded = fields.value("answer_send") is True
        text, number, files = (
            fields.text("answer_text"),
            fields.text("answer_number"),
            fields.ids("answer_files"),
        )
        if not (commanded or text or number or files):
            return
        result = self._results.get(fields.text("answer_result"), AnswerResult.UNKNOWN)
        day = self._day("answer_date")
        what = (commanded, number, day, text, result, *files)
        yield self._event(
            EventKind.ANSWER, what, text=text, number=number, document_date=day, result=result,
            commanded=commanded, files=tuple(RemoteFile(ref=one, name=one) for one in files),
        )  # fmt: skip

    def _event(self, kind: EventKind, what: Sequence[object], **told: Any) -> Event:  # noqa: ANN401 - an Event's own
        words = "\0".join(("elma365", self._key, kind, *(str(one) for one in what)))
        raw = {"__id": self._row["__id"], "status": self._code}
        return Event(
            id=hashlib.sha256(words.encode()).hexdigest(), key=self._key, kind=kind,
            at=moment(self._row[UPDATED]), raw=raw, **told,
        )  # fmt: skip

    def _day(self, word: str) -> date | None:
        try:
            return self._fields.day(word)
        except UnreadableRowError as error:
            raise UnreadableRowError(f"{self._key}, {word}: {error}") from error


# ---- cards for the mart


def ref(row: Row, settings: ElmaSettings) -> CardRef:
    """Return what names a card."""
    fields = Fields(row, settings)
    try:
        day = fields.day("reg_date")
    except UnreadableRowError:
        day = None
    return CardRef(str(row["__id"]), fields.text("reg_number"), day)


def card(row: Row, questions: Sequence[Row], statuses: Statuses, settings: ElmaSettings) -> Card:
    """Return a card with its questions. What cannot be read as a time is left out and named in `unread`."""
    fields = Fields(row, settings)
    unread: dict[str, str] = {}

    def when(word: str) -> datetime | None:
        told = fields.value(word)
        try:
            return moment(told) if told not in (None, "") else None
        except UnreadableRowError:
            unread[settings.fields[word]] = str(told)
            return None

    own = str(fields.value("key") or "")
    changed = moment(row[UPDATED])
    return Card(
        ref=ref(row, settings),
        card_file=settings.card_file,
        questions=tuple(_question(one, changed, status_of(row, statuses)[0], settings) for one in questions),
        received_at=when("created") or moment(row.get("__createdAt") or row[UPDATED]),
        due_at=when("deadline") or when("due"),
        answered_at=when("answer_date") if fields.value("answer_send") is True else None,
        key=own if is_key(own) else "",
        fields={
            name: str(value)
            for name, value in row.items()
            if isinstance(value, str | int | float) and value != ""
        },
        unread=unread,
    )


def _question(one: Row, changed: datetime, status: str, settings: ElmaSettings) -> RubricValue:
    codes = settings.question_fields
    mark = settings.annotations.get("Статус ПОС", "")
    return RubricValue(
        id=str(one["__id"]),
        code=_words(one.get(codes["code"])),
        name=_words(one.get(codes["name"])),
        status=status,
        platform_status=_words(one.get(mark)) if mark else "",
        result=_words(one.get(codes["result"])),
        changed_at=max(changed, moment(one[UPDATED])),
    )
