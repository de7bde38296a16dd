"""Which messages of the exchange a source knows, and which it should: the third side of a reconciliation.

The journal's rounds lie in a temporary index on the disk; every row of the source is looked up in it.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Self

from connector.journal.journal import Journal
from connector.journal.records import StoredRound
from connector.lifecycle import State
from exporter.marts import Difference
from exporter.quality import check, defined
from exporter.row import Row
from exporter.sources.journal import NAME, placed

Where = tuple[date | None, int | None, str]  # day (UTC), cabinet, category

_SCHEMA = """
CREATE TABLE round (
    key TEXT PRIMARY KEY, opa INTEGER, platform TEXT, number TEXT, card TEXT, card_number TEXT,
    round INTEGER, at TEXT, registered TEXT, category TEXT, wanted INTEGER, met INTEGER DEFAULT 0)
"""
_BY = ("platform", "number", "card", "card_number")
_IN_A_CARD = {State.REGISTERED, State.IN_WORK, State.ANSWERED, State.REDIRECTED}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rounds a source ought to know."""

    opa_ids: frozenset[int] | None  # None = of the cabinets that it turns out to know any of
    whole: bool  # it holds everything there is; else only the days between its first and its last


class Crosscheck:
    """Told of the rounds, then of the rows; then it says what differs. Use as a context manager."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._index = sqlite3.connect("")  # a private temporary file
        self._index.execute(_SCHEMA)
        for name in _BY:
            self._index.execute(f"CREATE INDEX by_{name} ON round ({name}) WHERE {name} <> ''")
        self.expected: Counter[Where] = Counter()  # rows of the source that come from the platform
        self.found: Counter[Where] = Counter()  # those of them that the journal knows, and its own rounds
        self._strangers: list[Difference] = []
        self._days: tuple[str, str] | None = None

    def learn(self, journal: Journal) -> None:
        """Read the journal's rounds."""
        own = self._scope.opa_ids
        rounds = journal.rounds(opa_ids=own) if own else journal.rounds()
        statement = (
            "INSERT INTO round (key, opa, platform, number, card, card_number, round, at, registered, "
            "category, wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self._index.executemany(statement, map(_columns, rounds))

    def passing(self, rows: Iterable[Row], as_of: datetime, limit: int) -> Iterator[Row]:
        """Yield the rows, each looked up on its way."""
        for row in rows:
            known = self._known(row)
            self._index.executemany("UPDATE round SET met = 1 WHERE key = ?", [(key,) for key in known])
            checked = check(row, as_of)
            if checked.fact is not None and not checked.fact.deleted:
                self._count(row, bool(known))
            if row.message and not known and len(self._strangers) < limit:
                fact = row.fact
                self._strangers.append(Difference("not in journal", fact.source, fact.card, fact.question))
            self._stretch(row)
            yield row

    def differences(self, limit: int) -> list[Difference]:
        """Name what only one of both knows, and count the journal's own."""
        lost = []
        for opa, platform, round_, at, category in self._unmet():
            self.found[_day(at), opa, category] += 1
            lost.append(Difference("only in journal", NAME, f"{opa}/{platform}/{round_}", ""))
        return [*self._strangers, *lost][:limit]

    def _known(self, row: Row) -> list[str]:
        """By the key, by the card, by the platform's number: the first that leads to a round."""
        asked = (
            ("key = ?", (row.message,)),
            ("? <> '' AND (card = ?1 OR card_number = ?1)", (row.fact.card,)),
            ("? <> '' AND (platform = ?1 OR number = ?1)", (row.message,)),
        )
        with closing(self._index.cursor()) as cursor:
            for condition, values in asked:
                query = f"SELECT key FROM round WHERE {condition.replace('?', '?1', 1)}"  # noqa: S608 - ours
                if found := [key for (key,) in cursor.execute(query, values)]:
                    return found
        return []

    def _count(self, row: Row, known: bool) -> None:
        fact = defined(row.fact)
        received = fact.received_at.astimezone(UTC).date() if fact.received_at else None
        where = (received, fact.cabinet, fact.category)
        if row.message or known:
            self.expected[where] += 1
            self.found[where] += known

    def _stretch(self, row: Row) -> None:
        if row.fact.received_at is not None:
            at = row.fact.received_at.astimezone(UTC).isoformat()
            first, last = self._days or (at, at)
            self._days = (min(first, at), max(last, at))

    def _unmet(self) -> Iterator[tuple[int, str, int, str, str]]:
        """Yield the rounds that the source ought to know and does not."""
        known_only = self._scope.opa_ids is None
        cabinets = "AND opa IN (SELECT DISTINCT opa FROM round WHERE met)" if known_only else ""
        query = (
            "SELECT opa, platform, round, at, category FROM round WHERE NOT met AND wanted "  # noqa: S608 - ours
            "AND (?1 OR (at BETWEEN ?2 AND ?3 AND registered BETWEEN ?2 AND ?3)) "
            f"{cabinets} ORDER BY at, key"
        )
        yield from self._index.execute(query, (self._scope.whole, *(self._days or ("", ""))))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.close()


def scope_of(cabinets: Collection[int] | None) -> Scope:
    """Return the scope of a SED with these cabinets, or (None) of a list file."""
    return Scope(None if cabinets is None else frozenset(cabinets), whole=cabinets is not None)


def _columns(one: StoredRound) -> tuple[object, ...]:
    appeal, card = one.appeal, one.card
    category = defined(placed(appeal, appeal.questions[0])).category if appeal and appeal.questions else ""
    created = (appeal.created_at if appeal else one.received_at).astimezone(UTC).isoformat()
    registered = card.registered_on.isoformat() if card and card.registered_on else created
    return (
        one.key, one.opa_id, one.platform_id, appeal.number if appeal else "", card.id if card else "",
        card.number if card else "", one.round, created, registered, category, one.state in _IN_A_CARD,
    )  # fmt: skip


def _day(at: str) -> date:
    return datetime.fromisoformat(at).date()
