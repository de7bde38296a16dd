"""Rows of a SELECT, a question each, into cards; a card's rows stand one after another. Pure, streamed."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from config.i18n import _
from connector.appeal import Card, CardRef, RubricValue
from connector.peer import Finding
from connector.sed.sqlview.values import ValueProblemError, as_day, as_moment, as_text

REQUIRED = ("card", "question", "code", "received_at")
# Columns of our own names; every other column becomes a field of the card under its own name.
TIMES = {
    "received_at": False,
    "due_at": True,
    "answered_at": False,
    "changed_at": False,
}  # True: end of a day
KNOWN = (
    *REQUIRED, "number", "registered_on", "card_file", "key", "name", "status", "platform_status", "result",
    "due_at", "answered_at", "changed_at", "cursor", "mart",
)  # fmt: skip
MART_FIELD = "Выгрузка в витрину ПОС"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a SELECT is what."""

    columns: tuple[str, ...]  # our names where they are ours, else the SELECT's own
    zone: ZoneInfo

    @classmethod
    def of(cls, columns: Iterable[str], zone: ZoneInfo) -> "Layout":
        """Read the names as the database gives them; the case of ours does not matter."""
        return cls(tuple(low if (low := one.lower()) in KNOWN else one for one in columns), zone)

    def missing(self) -> list[str]:
        """Say which required columns are not there, with what may have been meant."""
        return [_missing(name, self.columns) for name in REQUIRED if name not in self.columns]

    def row(self, values: Sequence[Any]) -> Row:
        """Return a row by names."""
        return dict(zip(self.columns, values, strict=True))

    def cards(self, rows: Iterable[Sequence[Any]]) -> Iterator[Card]:
        """Yield a card when its last row was read; only one card is held at a time."""
        held: list[Row] = []
        for values in rows:
            row = self.row(values)
            if held and as_text(row["card"]) != as_text(held[0]["card"]):
                yield self.card(held)
                held = []
            held.append(row)
        if held:
            yield self.card(held)

    def card(self, rows: list[Row]) -> Card:
        """Make a card of its rows; what stands on the card is read from the first one."""
        first = rows[0]
        reader = Reading(self.zone)
        ref = CardRef(
            as_text(first["card"]), as_text(first.get("number")), reader.day(first, "registered_on")
        )
        return Card(
            ref,
            as_text(first.get("card_file")),
            tuple(reader.question(row) for row in rows if as_text(row["question"]) or as_text(row["code"])),
            received_at=reader.moment(first, "received_at"),
            due_at=reader.moment(first, "due_at"),
            answered_at=reader.moment(first, "answered_at"),
            key=as_text(first.get("key")),
            fields=self._fields(first),
            cursor=as_text(rows[-1].get("cursor")),
            unread=reader.unread,
        )

    def _fields(self, row: Row) -> dict[str, str]:
        own = {name: as_text(value) for name, value in row.items() if name not in KNOWN}
        if mart := as_text(row.get("mart")):
            own[MART_FIELD] = mart
        return {name: value for name, value in own.items() if value}


class Reading:
    """Reads values of one card; what cannot be read is kept by its column and never stops the card."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.unread: dict[str, str] = {}

    def moment(self, row: Row, name: str) -> Any:  # noqa: ANN401 - datetime or None
        """Return the instant of a column."""
        return self._told(name, lambda: as_moment(row.get(name), self._zone, end_of_day=TIMES[name]))

    def day(self, row: Row, name: str) -> Any:  # noqa: ANN401 - date or None
        """Return the day of a column."""
        return self._told(name, lambda: as_day(row.get(name), self._zone))

    def question(self, row: Row) -> RubricValue:
        """Return the question of a row."""
        return RubricValue(
            as_text(row["question"]) or as_text(row["code"]),
            as_text(row["code"]),
            name=as_text(row.get("name")),
            status=as_text(row.get("status")),
            platform_status=as_text(row.get("platform_status")),
            result=as_text(row.get("result")),
            changed_at=self.moment(row, "changed_at"),
        )

    def _told(self, name: str, read: Callable[[], Any]) -> Any:  # noqa: ANN401 - as the reader gives it
        try:
            return read()
        except ValueProblemError as odd:
            self.unread[name] = str(odd)[:60]
            return None


def looked_at(layout: Layout, rows: Iterable[Sequence[Any]]) -> Iterator[Finding]:
    """Try the first rows: every column of a wrong type is named with the value that shows it."""
    seen: dict[str, str] = {}
    count = 0
    for count, values in enumerate(rows, start=1):
        row, reader = layout.row(values), Reading(layout.zone)
        for name in (*TIMES, "registered_on"):
            reader.day(row, name) if name == "registered_on" else reader.moment(row, name)
        for name, value in reader.unread.items():
            seen.setdefault(name, _("row {number}: «{value}» is no date").format(number=count, value=value))
        for name in ("card", "question"):
            if not as_text(row.get(name)) and (name == "card" or as_text(row.get("code"))):
                seen.setdefault(name, _("row {number}: is empty").format(number=count))
    for name, sentence in seen.items():
        yield Finding(f"cards.{name}", ok=False, sentence=sentence)
    if not seen:
        sentence = (
            _("{rows} rows were tried, all can be read") if count else _("no row to try: types are not known")
        )
        yield Finding("cards", ok=True, sentence=sentence.format(rows=count))


def _missing(name: str, columns: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, columns, n=1, cutoff=0.6)
    if close:
        return _("there is no column {name}; write: {other} AS {name}").format(name=name, other=close[0])
    return _("there is no column {name}; there are: {others}").format(name=name, others=", ".join(columns))
